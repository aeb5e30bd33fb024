"""Breadth-first search of ``step`` over a domain: every state, every transition, shortest traces.

Theory of operation. States are hashable records, so the visited set is a dictionary from state to the
transition that first reached it; the first violation of a clause met in breadth-first order has a shortest
trace. A clause that is violated is not looked at again; the search ends when the frontier is empty
(complete), when every clause is violated, or at a limit (not complete, hence nothing is said to hold).

Source: ``verification.md`` "Engines"; Stateright's explorer and TLC are the models.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from billproof.invariants.explore.domain import Domain, assignments
from billproof.invariants.explore.relabelling import Quotient
from billproof.invariants.explore.symmetry import FalseSymmetryError
from billproof.invariants.theorem import Clause, Invariant, Sometimes, Transition
from billproof.model.commands import Command, Complete, LookUp
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context, Outcome
from billproof.model.outcomes import Status
from billproof.model.portable import PortableError
from billproof.model.state import State, initial_state

StepFunction: TypeAlias = Callable[[State, Command, Context], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where a search gives up; giving up is INCONCLUSIVE."""

    states_max: int = 60_000
    deadline: float = float("inf")
    """On the clock of ``time.monotonic``."""
    states_refuted: float = float("inf")
    """Where a search gives up in which every theorem that it was asked about is refuted."""
    stop_at_first: bool = False
    """Whether the first violation of any clause ends the search, which is then not complete."""
    watch: Callable[[int, int], bool] | None = None
    """Told states and transitions before each expansion; answers whether to go on."""

    def is_reached(self, states: int, transitions: int) -> bool:
        """Tell whether the search is to give up here."""
        if states > self.states_max or time.monotonic() > self.deadline:
            return True
        return self.watch is not None and not self.watch(states, transitions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A clause that does not hold, with a shortest trace from the initial state of the domain."""

    clause: str
    commands: tuple[Command, ...]


class UndefinedStepError(PortableError):
    """The model read a value that is not there: a bug of the model, found by a search.

    Args:
        domain: Where.
        commands: A shortest trace from the initial state of the domain.
        problem: What was undefined.
    """

    def __init__(self, domain: str, commands: tuple[Command, ...], problem: str) -> None:
        names = ", ".join(type(command).__name__ for command in commands)
        super().__init__(f"domain {domain}: {problem} after {names}")
        self.domain = domain
        self.commands = commands
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """What a search found."""

    domain: str
    states: int
    transitions: int
    depth: int
    complete: bool
    violations: dict[str, Violation]
    """By clause name."""
    met: frozenset[str]
    """The sometimes marks that some transition showed."""
    seconds: float
    canonical: int | None = None
    """With symmetry, the states that were searched; ``states`` and ``transitions`` count their orbits."""


@dataclass(frozen=False, slots=True, kw_only=True)
class _Search:
    """The mutable state of one search."""

    domain: Domain
    step: StepFunction
    context: Context
    invariants: list[tuple[Clause, tuple[tuple[object, ...], ...]]]
    steps: list[tuple[Clause, tuple[tuple[object, ...], ...]]]
    sometimes: list[Sometimes]
    quotient: Quotient | None = None
    reached: dict[State, tuple[State, Command] | None] = field(default_factory=dict)
    starts: list[State] = field(default_factory=list)
    weights: dict[State, int] = field(default_factory=dict)
    """With symmetry, how many states each searched one stands for."""
    violations: dict[str, Violation] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    transitions: int = 0
    theorems: frozenset[str] = frozenset()
    """What the clauses belong to."""
    refuted: set[str] = field(default_factory=set)
    """The theorems of which a clause is violated."""


def start_of(domain: Domain, step: StepFunction, context: Context) -> State:
    """Return the initial state of a domain: its set-up, executed.

    Look-ups and second writes of the set-up are for designs that have them; others pass over them.

    Raises:
        UndefinedStepError: A set-up command had no effect, or read what is not there: the system under test
            cannot even begin.
    """
    state = initial_state(regions=domain.regions, period=min(domain.periods))
    for index, command in enumerate(domain.setup, 1):
        try:
            outcome = step(state, command, context)
        except UndefinedLookupError as error:
            raise UndefinedStepError(domain.name, domain.setup[:index], str(error)) from error
        if outcome.status == Status.NOT_POSSIBLE and not isinstance(command, (LookUp, Complete)):
            raise UndefinedStepError(domain.name, domain.setup[:index], "the set-up is not possible")
        state = outcome.state
    return state


def search(
    domain: Domain,
    clauses: tuple[Clause, ...],
    sometimes: tuple[Sometimes, ...],
    *,
    step: StepFunction,
    context: Context,
    limits: Limits,
    quotient: Quotient | None = None,
    starts: Callable[[State], tuple[State, ...]] = lambda state: (state,),
) -> SearchResult:
    """Search a domain and judge clauses on every state and transition.

    Args:
        domain: The small world.
        clauses: What to judge.
        sometimes: What to look out for.
        step: The model under test.
        context: Design, with the parameters of the domain, and digest oracle.
        limits: When to give up.
        quotient: Searches one state of each orbit, and counts the orbits.
        starts: Makes the initial states from that of the domain.

    Raises:
        UndefinedStepError: The model read what is not there.
        FalseSymmetryError: What the quotient takes for interchangeable is not.
    """
    started = time.monotonic()
    run = _Search(
        domain=domain,
        step=step,
        context=context,
        invariants=[
            (clause, tuple(assignments(domain, clause.invariant.predicate)))
            for clause in clauses
            if clause.invariant is not None
        ],
        steps=[
            (clause, tuple(assignments(domain, clause.step))) for clause in clauses if clause.step is not None
        ],
        sometimes=list(sometimes),
        quotient=quotient,
        theorems=frozenset(clause.theorem for clause in clauses),
    )
    frontier: list[State] = []
    for start in starts(start_of(domain, step, context)):
        run.starts.append(start)
        _arrive(run, start, None, frontier)
    depth, complete = _expand_levels(run, frontier, limits)
    return SearchResult(
        domain=domain.name,
        states=len(run.reached) if quotient is None else sum(run.weights.values()),
        transitions=run.transitions,
        depth=depth,
        complete=complete,
        violations=run.violations,
        met=frozenset(run.met),
        seconds=time.monotonic() - started,
        canonical=None if quotient is None else len(run.reached),
    )


def _expand_levels(run: _Search, frontier: list[State], limits: Limits) -> tuple[int, bool]:
    """Search level by level; return how many there were, and whether the search was complete."""
    depth, complete = 0, True
    while frontier and complete and depth < run.domain.moves_max and (run.invariants or run.steps):
        following: list[State] = []
        for state in frontier:
            if _is_enough(run, limits):
                complete = False
                break
            following.extend(_expand(run, state))
        frontier = following
        depth += 1 if frontier else 0
    return depth, complete


def _is_enough(run: _Search, limits: Limits) -> bool:
    found = limits.stop_at_first and bool(run.violations)
    refuted = len(run.reached) > limits.states_refuted and run.theorems <= run.refuted
    return found or refuted or limits.is_reached(len(run.reached), run.transitions)


def holds_on(clause: Clause, transition: Transition, context: Context, values: tuple[object, ...]) -> bool:
    """Tell whether a clause holds after a transition, for one assignment of its free variables."""
    if clause.invariant is not None:
        return holds_in(clause.invariant, transition.after, context, values)
    if clause.step is None:
        raise ValueError(f"clause {clause.name} has neither an invariant nor a step predicate")
    try:
        return bool(clause.step(transition, context, *values))
    except UndefinedLookupError:
        return False


def holds_in(invariant: Invariant, state: State, context: Context, values: tuple[object, ...]) -> bool:
    """Tell whether an invariant holds in a state, for one assignment of its free variables.

    One that reads what is not there does not hold, as a proof of it has an obligation that it is there.
    """
    try:
        return bool(invariant.predicate(state, context, *values))
    except UndefinedLookupError:
        return False


def _expand(run: _Search, state: State) -> list[State]:
    following: list[State] = []
    if run.quotient is not None:
        run.quotient.check(state)
    for command in run.domain.commands:
        try:
            outcome = run.step(state, command, run.context)
        except UndefinedLookupError as error:
            raise UndefinedStepError(run.domain.name, (*_path(run, state), command), str(error)) from error
        if outcome.status == Status.NOT_POSSIBLE or not run.domain.is_within(outcome.state):
            continue
        run.transitions += run.weights.get(state, 1)
        transition = Transition(before=state, command=command, outcome=outcome)
        _judge_transition(run, transition)
        _arrive(run, outcome.state, (state, command), following)
    return following


def _arrive(run: _Search, state: State, by: tuple[State, Command] | None, following: list[State]) -> None:
    if state in run.reached:
        return
    if run.quotient is not None:
        state, weight = run.quotient.representative(state)
        if state in run.reached:
            return
        run.weights[state] = weight
    run.reached[state] = by
    _judge_state(run, state)
    following.append(state)


def _judge_state(run: _Search, state: State) -> None:
    for clause, values in list(run.invariants):
        if clause.invariant is None:
            continue
        if not all(holds_in(clause.invariant, state, run.context, row) for row in values):
            run.invariants = [item for item in run.invariants if item[0] is not clause]
            run.violations[clause.name] = Violation(clause=clause.name, commands=_path(run, state))
            run.refuted.add(clause.theorem)


def _judge_transition(run: _Search, transition: Transition) -> None:
    for clause, values in list(run.steps):
        if clause.step is None:
            continue
        if not all(holds_on(clause, transition, run.context, row) for row in values):
            run.steps = [item for item in run.steps if item[0] is not clause]
            commands = (*_path(run, transition.before), transition.command)
            run.violations[clause.name] = Violation(clause=clause.name, commands=commands)
            run.refuted.add(clause.theorem)
    for mark in list(run.sometimes):
        if _is_shown(mark, transition, run.context):
            run.met.add(mark.name)
            run.sometimes.remove(mark)


def _is_shown(mark: Sometimes, transition: Transition, context: Context) -> bool:
    try:
        return mark.predicate(transition, context)
    except UndefinedLookupError:
        return False


def _path(run: _Search, state: State) -> tuple[Command, ...]:
    way: list[tuple[State, Command | None]] = []
    arrived = run.reached[state]
    while arrived is not None:
        way.append((state, arrived[1]))
        state = arrived[0]
        arrived = run.reached[state]
    way.reverse()
    if run.quotient is None:
        return tuple(command for _, command in way if command is not None)
    return _unfolded(run, run.quotient, state, [wanted for wanted, _ in way])


def _unfolded(run: _Search, quotient: Quotient, first: State, way: list[State]) -> tuple[Command, ...]:
    """Return commands that lead from an initial state through the orbits of these states."""
    here = next(start for start in run.starts if quotient.representative(start)[0] == first)
    commands: list[Command] = []
    for wanted in way:
        for command in run.domain.commands:
            outcome = run.step(here, command, run.context)
            if quotient.representative(outcome.state)[0] == wanted:
                commands.append(command)
                here = outcome.state
                break
        else:
            raise FalseSymmetryError(run.domain.name, "no command leads from an orbit into the next")
    return tuple(commands)
