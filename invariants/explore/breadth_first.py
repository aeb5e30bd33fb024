"""The plain search of a named model: breadth first, over the records themselves, with shortest traces.

Theory of operation. The visited set is a dictionary from record to the step that first reached it. Levels
are searched whole: when a state of a level breaks an invariant, the level is completed and the search ends
there, so that the counts do not depend on the order of the actions. Counts follow TLC: the initial state
counts once in ``generated`` and once in ``depth``.

With symmetry the canonical state of each orbit is searched in place of its states. What it stands for is
counted: the sizes of the orbits add up to ``distinct``, and each step counts once for each state of the
orbit it leaves, so that ``generated`` too is that of the full search.

This is the slow path that the compiled search must agree with on every count.
"""

from dataclasses import dataclass, field
from typing import Generic

from billproof.invariants.explore.findings import Breach, Limits, Progress, SearchCounts, Stopped, steps_of
from billproof.invariants.explore.models.model import Action, Model, S, check_ranges, numbers_in
from billproof.invariants.explore.symmetry import FalseSymmetryError, Orbits

_LOOK_EVERY = 1_000
"""States between two looks at the clock and at the memory."""


@dataclass(frozen=False, slots=True, kw_only=True)
class _Search(Generic[S]):
    """The mutable state of one search."""

    model: Model[S]
    limits: Limits
    progress: Progress
    orbits: Orbits[S] | None
    reached: dict[S, tuple[S, Action[S]] | None] = field(default_factory=dict)
    frontier: list[tuple[S, int]] = field(default_factory=list)
    """The states of the level that are not expanded yet, and how many each stands for."""
    distinct: int = 0
    generated: int = 0
    depth: int = 0
    broken: list[tuple[str, S]] = field(default_factory=list)


def search_plainly(
    model: Model[S], limits: Limits, progress: Progress, *, symmetry: bool = False
) -> SearchCounts:
    """Search a model.

    Args:
        model: What to search.
        limits: When to give up; what was found so far is returned then.
        progress: Told now and then how far it is.
        symmetry: Whether to search one state of each orbit only.

    Raises:
        ModelRangeError: A field holds what it was declared not to.
        FalseSymmetryError: What is declared as interchangeable is not.
    """
    run: _Search[S] = _Search(
        model=model, limits=limits, progress=progress, orbits=Orbits(model) if symmetry else None
    )
    stopped = ""
    try:
        run.generated = 1
        _arrive(run, model.initial, None)
        while run.frontier and not run.broken:
            run.depth += 1
            _expand_level(run)
    except Stopped as reason:
        stopped = reason.reason
    except KeyboardInterrupt:
        stopped = "interrupted"
    return SearchCounts(
        distinct=run.distinct,
        generated=run.generated,
        depth=run.depth + (1 if run.frontier and not stopped else 0),
        breach=_breach(run),
        stopped=stopped,
        canonical=len(run.reached) if symmetry else None,
    )


def successors(model: Model[S], state: S) -> list[tuple[Action[S], S]]:
    """Return every step that a state allows."""
    return [
        (action, action.do(state, action.argument))
        for action in model.actions
        if action.can(state, action.argument)
    ]


def broken_invariants(model: Model[S], state: S) -> list[str]:
    """Return the names of the invariants that a state breaks, in their order."""
    return [
        invariant.name
        for invariant in model.invariants
        if not all(invariant.holds(state, argument) for argument in invariant.arguments)
    ]


def _expand_level(run: _Search[S]) -> None:
    level, run.frontier = run.frontier, []
    for number, (state, weight) in enumerate(level):
        if number % _LOOK_EVERY == 0:
            run.limits.check()
            run.progress(f"depth {run.depth}, {run.distinct:,} distinct, {run.generated:,} generated")
        for action, following in successors(run.model, state):
            run.generated += weight
            if following not in run.reached:
                _arrive(run, following, (state, action))


def _arrive(run: _Search[S], state: S, by: "tuple[S, Action[S]] | None") -> None:
    weight = 1
    if run.orbits is not None:
        state, weight = run.orbits.representative(state)
        if state in run.reached:
            return
    check_ranges(run.model, state)
    run.reached[state] = by
    run.distinct += weight
    run.frontier.append((state, weight))
    run.broken.extend((name, state) for name in broken_invariants(run.model, state))


def _breach(run: _Search[S]) -> Breach | None:
    if not run.broken:
        return None
    # Of the states of the level, the least: the same one whatever the order of the actions.
    name, state = min(run.broken, key=lambda item: numbers_in(run.model, item[1]))
    way: list[tuple[Action[S], S]] = []
    here = state
    while (arrived := run.reached[here]) is not None:
        way.append((arrived[1], here))
        here = arrived[0]
    way.reverse()
    actions = tuple(action for action, _ in way)
    if run.orbits is not None:
        actions = unfolded(run.model, run.orbits, [state for _, state in way])
    return Breach(invariant=name, steps=steps_of(run.model, actions, breaks=name))


def unfolded(model: Model[S], orbits: Orbits[S], way: list[S]) -> tuple[Action[S], ...]:
    """Return actions that lead through the orbits of these states; a search stores only one state of each."""
    actions: list[Action[S]] = []
    here = model.initial
    for wanted in way:
        for action, following in successors(model, here):
            if orbits.representative(following)[0] == wanted:
                actions.append(action)
                here = following
                break
        else:
            raise FalseSymmetryError(model.name, f"no step leads from {here} into the orbit of {wanted}")
    return tuple(actions)
