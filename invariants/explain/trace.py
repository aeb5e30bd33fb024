"""A counterexample executed once more, with the reads, the writes and the money of every step."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from billproof.invariants.explain.recording import Access, Place, reads_of, recorded_step
from billproof.invariants.explore.domain import Domain, assignments, free_variables
from billproof.invariants.explore.search import StepFunction, holds_on, start_of
from billproof.invariants.story import tell
from billproof.invariants.theorem import Clause, Money, Transition
from billproof.model.commands import Command
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.state import State, initial_state


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedStep:
    """One step of a trace."""

    number: int
    """Counted from 1."""
    command: Command
    sentence: str
    before: State
    access: Access
    money: Money
    """Owed and billed after the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A violation, executed."""

    clause: Clause
    domain: Domain
    context: Context
    steps: tuple[TracedStep, ...]
    free: tuple[tuple[str, object], ...]
    """The first values of the clause's free variables for which it is violated."""
    read: dict[Place, object]
    """What the clause reads for these values, after the last step; before it, where it looks there."""

    def writer_of(self, place: Place, before: int) -> int:
        """Return the last step below ``before`` that changed a place; 0 where the set-up did, or nobody."""
        for step in reversed(self.steps[: before - 1]):
            if any(change.place == place for change in step.access.writes):
                return step.number
        return 0

    def next_writer_of(self, place: Place, after: int) -> int:
        """Return the first step above ``after`` that changed a place; 0 where none did."""
        for step in self.steps[after:]:
            if any(change.place == place for change in step.access.writes):
                return step.number
        return 0


def begin(
    domain: Domain, commands: tuple[Command, ...], step: StepFunction, context: Context
) -> tuple[State, tuple[Command, ...]]:
    """Return where a trace begins and what is executed: the set-up itself, where the trace is empty."""
    if commands:
        return start_of(domain, step, context), commands
    return initial_state(regions=domain.regions, period=min(domain.periods)), domain.setup


def traced(
    clause: Clause,
    domain: Domain,
    commands: tuple[Command, ...],
    *,
    step: StepFunction,
    context: Context,
    money: Callable[[State], Money],
) -> Trace | None:
    """Execute a counterexample and return its trace, or ``None`` where the clause is not violated."""
    state, commands = begin(domain, commands, step, context)
    steps: list[TracedStep] = []
    for number, command in enumerate(commands, 1):
        access = recorded_step(step, state, command, context)
        steps.append(
            TracedStep(
                number=number,
                command=command,
                sentence=tell(command, access.outcome),
                before=state,
                access=access,
                money=money(access.outcome.state),
            )
        )
        state = access.outcome.state
    if not steps:
        return None
    last = steps[-1]
    transition = Transition(before=last.before, command=last.command, outcome=last.access.outcome)
    predicate = clause.invariant.predicate if clause.invariant is not None else clause.step
    for values in assignments(domain, predicate):
        if not holds_on(clause, transition, context, values):
            names = [name for name, _ in free_variables(predicate)]
            return Trace(
                clause=clause,
                domain=domain,
                context=context,
                steps=tuple(steps),
                free=tuple(zip(names, values, strict=True)),
                read=_read_by(clause, transition, context, values),
            )
    return None


def _read_by(
    clause: Clause, transition: Transition, context: Context, values: tuple[object, ...]
) -> dict[Place, object]:
    def after(state: State) -> bool:
        outcome = replace(transition.outcome, state=state)
        shown = Transition(before=transition.before, command=transition.command, outcome=outcome)
        return _judged(clause, shown, context, values)

    def before(state: State) -> bool:
        shown = Transition(before=state, command=transition.command, outcome=transition.outcome)
        return _judged(clause, shown, context, values)

    read = reads_of(after, transition.after)
    if clause.step is not None:
        read = reads_of(before, transition.before) | read
    return read


def _judged(clause: Clause, transition: Transition, context: Context, values: tuple[object, ...]) -> bool:
    try:
        return holds_on(clause, transition, context, values)
    except UndefinedLookupError:
        return False
