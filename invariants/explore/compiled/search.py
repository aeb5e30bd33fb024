"""The compiled search of a named model: breadth first over arrays of packed records, with shortest traces.

Theory of operation. A level is an array of records. Its successors are made action by action, in portions
that fit the cache, sorted, freed of repetitions and of what was visited, and become the next level. Nothing
is stored beside the records themselves: a trace is found backwards, by looking in each level for a record
that leads to the one that is known, and it is executed by the plain functions before it is reported.

Levels are searched whole, counts follow TLC, and with symmetry a canonical record counts for its orbit: all
as in ``breadth_first``, with which every count must agree.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic

import numpy as np

from billproof.invariants.explore.breadth_first import successors, unfolded
from billproof.invariants.explore.compiled.layout import Numbers, Words, joined, size_of, taken
from billproof.invariants.explore.compiled.orbits import Canonical, canonical_of
from billproof.invariants.explore.compiled.stepping import Stepper, stepper_of, weighed
from billproof.invariants.explore.compiled.visited import Visited, distinct, first_of_each
from billproof.invariants.explore.findings import (
    Breach,
    FalseTraceError,
    Limits,
    Progress,
    SearchCounts,
    Stopped,
    steps_of,
)
from billproof.invariants.explore.models.model import Action, Model, S, check_ranges
from billproof.invariants.explore.symmetry import Orbits

PORTION = 1 << 16
"""Records whose successors are made at once."""

BYTES_PER_SUCCESSOR = 40
"""What a successor of one word takes while its portion is worked on, with the copies of it; an estimate."""


@dataclass(frozen=False, slots=True, kw_only=True)
class _Search(Generic[S]):
    """The mutable state of one search."""

    stepper: Stepper[S]
    limits: Limits
    progress: Progress
    canonical: Canonical | None
    visited: Visited = field(default_factory=Visited)
    levels: list[Words] = field(default_factory=list)
    weights: Numbers = field(default_factory=lambda: np.ones(1, dtype=np.int64))
    """How many states each record of the last level stands for."""
    counted: int = 0
    generated: int = 0
    depth: int = 0
    broken: list[tuple[str, Words]] = field(default_factory=list)


def search_compiled(
    model: Model[S], limits: Limits, progress: Progress, *, symmetry: bool = False
) -> SearchCounts:
    """Search a model.

    Args:
        model: What to search.
        limits: When to give up; what was found so far is returned then.
        progress: Told now and then how far it is.
        symmetry: Whether to search one state of each orbit only.

    Raises:
        SymbolicError: A function of the model does what cannot be followed.
        ModelRangeError: A field holds what it was declared not to.
        UnexpectedPathError: A function of the model raises in a state that can be reached.
        FalseSymmetryError: What is declared as interchangeable is not.
    """
    check_ranges(model, model.initial)
    stepper = stepper_of(model)
    run = _Search(
        stepper=stepper,
        limits=limits,
        progress=progress,
        canonical=canonical_of(model, stepper.layout) if symmetry else None,
    )
    stopped = ""
    try:
        run.generated = 1
        _arrive(run, stepper.packed(model.initial))
        while size_of(run.levels[-1]) and not run.broken:
            run.depth += 1
            _arrive(run, _expand_level(run))
    except Stopped as reason:
        stopped = reason.reason
    except KeyboardInterrupt:
        stopped = "interrupted"
    unexpanded = bool(run.levels and size_of(run.levels[-1]))
    return SearchCounts(
        distinct=run.counted,
        generated=run.generated,
        depth=run.depth + (1 if unexpanded and not stopped else 0),
        breach=_breach(run, symmetry=symmetry),
        stopped=stopped,
        canonical=run.visited.count if symmetry else None,
    )


def _arrive(run: _Search[S], words: Words) -> None:
    """Take distinct new records as the next level."""
    if run.canonical is not None:
        words, run.weights = run.canonical(words)
    else:
        run.weights = np.ones(size_of(words), dtype=np.int64)
    run.levels.append(words)
    run.counted += int(run.weights.sum())
    run.visited.add(words)
    run.broken = [(name, taken(words, np.flatnonzero(flags))) for name, flags in run.stepper.broken(words)]


def _expand_level(run: _Search[S]) -> Words:
    level = run.levels[-1]
    parts: list[Words] = []
    for start in range(0, size_of(level), PORTION):
        chosen = slice(start, start + PORTION)
        portion = tuple(word[chosen] for word in level)
        most = len(run.stepper.walks) * size_of(portion) * BYTES_PER_SUCCESSOR * len(level)
        run.limits.check(most)
        run.progress(f"depth {run.depth}, {run.counted:,} distinct, {run.generated:,} generated")
        parts.append(_following(run, portion, run.weights[chosen]))
    if len(parts) == 1:
        return parts[0]
    run.limits.check(2 * sum(part[0].nbytes * len(part) for part in parts))
    return distinct(joined(parts, len(level)))


def _following(run: _Search[S], portion: Words, weights: Numbers) -> Words:
    """Return what follows a portion of the level and was not visited."""
    found = run.stepper.successors(portion)
    run.generated += weighed(found, weights)
    words = distinct(joined([part for part, _ in found], len(portion)))
    if run.canonical is not None:
        words = distinct(run.canonical(words)[0])
    return run.visited.new(words)


def _breach(run: _Search[S], *, symmetry: bool) -> Breach | None:
    if not run.broken:
        return None
    # Of the states of the level, the least: the same one whatever the order of the actions.
    name, words = min(run.broken, key=lambda item: _least(item[1]))
    least = _least(words)
    way = [least]
    for level in reversed(run.levels[:-1]):
        way.append(_before(run, level, way[-1]))
    way.reverse()
    states = [run.stepper.state(tuple(np.array([word], dtype=np.uint64) for word in one), 0) for one in way]
    model = run.stepper.model
    actions = unfolded(model, Orbits(model), states[1:]) if symmetry else _actions(model, states)
    return Breach(invariant=name, steps=steps_of(model, actions, breaks=name))


def _least(words: Words) -> tuple[int, ...]:
    order = first_of_each(words)
    return tuple(int(word[order[0]]) for word in words)


def _before(run: _Search[S], level: Words, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Return a record of a level that leads to a record of the next."""
    for start in range(0, size_of(level), PORTION):
        portion = tuple(word[start : start + PORTION] for word in level)
        for words, origin in run.stepper.successors(portion):
            after = run.canonical(words)[0] if run.canonical is not None else words
            same = np.ones(size_of(after), dtype=np.bool_)
            for word, number in zip(after, wanted, strict=True):
                same &= word == np.uint64(number)
            if same.any():
                here = start + int(origin[int(np.argmax(same))])
                return tuple(int(word[here]) for word in level)
    raise FalseTraceError(run.stepper.model.name, "")


def _actions(model: Model[S], states: list[S]) -> tuple[Action[S], ...]:
    """Return actions that lead from each state to the next, as the plain functions have them."""
    actions: list[Action[S]] = []
    for before, after in pairwise(states):
        found = next((action for action, state in successors(model, before) if state == after), None)
        if found is None:
            raise FalseTraceError(model.name, "")
        actions.append(found)
    return tuple(actions)
