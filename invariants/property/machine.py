"""A Hypothesis state machine over the running model, judged by the clauses of the theorems at every step.

Theory of operation. A run starts where a world starts. Every rule draws one kind of command and executes it
by ``model.core.step``; commands that are not possible are no steps. The clauses are the very ones that are
explored and proved. A machine that stops at a violation lets Hypothesis shrink it; one that goes on notes it
in its ``Journal``, keeps the trace, and asks about the other clauses in the same run.

Choices: a rule per kind of command, not one rule that draws any. The reason is what users see: Hypothesis
names the rule in the example that it prints, and can leave a whole kind of command out when it shrinks. Which
of the two finds faster was not measured here.

Source: ``verification.md`` "Engines" and pitfall 10.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from hypothesis import event, target
from hypothesis.stateful import RuleBasedStateMachine, rule

from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import StepFunction, start_of
from billproof.invariants.property.strategies import commands
from billproof.invariants.theorem import Clause, Sometimes, Transition
from billproof.model.commands import Acknowledge, Charge, Command
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.outcomes import Status
from billproof.model.portable import PortableError
from billproof.model.posting import site_of
from billproof.model.state import State

Trace: TypeAlias = tuple[Command, ...]
"""Commands from the start of a world."""


class ClauseViolatedError(PortableError, AssertionError):
    """A clause does not hold after a trace: a finding, for Hypothesis to shrink.

    Args:
        clause: The name of the clause.
        trace: The commands from the start of the world.
    """

    def __init__(self, clause: str, trace: Trace) -> None:
        super().__init__(f"{clause} is violated after {', '.join(type(item).__name__ for item in trace)}")
        self.clause = clause
        self.trace = trace


class OutOfTimeError(PortableError):
    """The deadline has passed; not a finding.

    Args:
        executions: How many executions were finished.
    """

    def __init__(self, executions: int) -> None:
        super().__init__(f"out of time after {executions} executions; give more seconds")
        self.executions = executions


@dataclass(frozen=False, slots=True, kw_only=True)
class Journal:
    """What all executions of one world have shown so far."""

    world: Domain
    clauses: tuple[tuple[Clause, tuple[tuple[object, ...], ...]], ...]
    """Each with every assignment of its free variables."""
    sometimes: tuple[Sometimes, ...]
    step: StepFunction
    context: Context
    deadline: float = float("inf")
    """On the clock of ``time.monotonic``."""
    goes_on: bool = False
    """Whether a violation is noted and the run goes on, rather than raised."""
    executions: int = 0
    steps: int = 0
    met: set[str] = field(default_factory=set)
    violations: dict[str, Trace] = field(default_factory=dict)
    """The shortest trace to a violation, by clause."""
    undefined: Trace | None = None
    """A trace after which the model read what is not there: a bug of the model."""


class ModelMachine(RuleBasedStateMachine):
    """One execution; ``machine_for`` gives it its rules."""

    journal: Journal

    def __init__(self) -> None:
        super().__init__()
        journal = self.journal
        self.state: State = start_of(journal.world, journal.step, journal.context)
        self.trace: Trace = ()
        self.seen: set[str] = set()

    def perform(self, command: Command) -> None:
        """Execute a command, judge the step, note what it shows."""
        journal = self.journal
        if time.monotonic() > journal.deadline:
            raise OutOfTimeError(journal.executions)
        aimed = _aimed(self.state, command, journal.context)
        try:
            outcome = journal.step(self.state, aimed, journal.context)
        except UndefinedLookupError:
            journal.undefined = (*self.trace, aimed)
            if not journal.goes_on:
                raise
            return
        if outcome.status == Status.NOT_POSSIBLE or not journal.world.is_within(outcome.state):
            return
        transition = Transition(before=self.state, command=aimed, outcome=outcome)
        self.state, self.trace = outcome.state, (*self.trace, aimed)
        journal.steps += 1
        event(f"{type(aimed).__name__}: {outcome.status.name.lower()}{' again' if outcome.replayed else ''}")
        self._note(transition)

    def teardown(self) -> None:
        """Count the execution and tell Hypothesis how far it came."""
        self.journal.executions += 1
        for name in sorted(self.seen):
            event(f"met: {name}")
        target(float(len(self.seen)), label="sometimes marks met")

    def _note(self, transition: Transition) -> None:
        journal = self.journal
        for mark in journal.sometimes:
            if mark.name not in self.seen and mark.predicate(transition, journal.context):
                self.seen.add(mark.name)
                journal.met.add(mark.name)
        for clause, rows in journal.clauses:
            known = journal.violations.get(clause.name)
            if known is not None and journal.goes_on and len(known) <= len(self.trace):
                continue
            if _holds(clause, rows, transition, journal.context):
                continue
            if known is None or len(self.trace) < len(known):
                journal.violations[clause.name] = self.trace
            if not journal.goes_on:
                raise ClauseViolatedError(clause.name, self.trace)


def machine_for(journal: Journal, *, one_rule: bool = False) -> type[ModelMachine]:
    """Return a machine class whose rules draw the commands of the journal's world.

    Args:
        journal: World, clauses and model; what the executions show is noted there.
        one_rule: Whether one rule draws any command, instead of a rule for each kind.
    """
    world = journal.world
    kinds: dict[str, list[Command]] = {}
    for command in world.commands:
        kinds.setdefault("any" if one_rule else type(command).__name__, []).append(command)
    rules = {
        f"do_{name.lower()}": rule(command=commands(world, tuple(pool)))(_rule(name))
        for name, pool in sorted(kinds.items())
    }
    return type("Machine", (ModelMachine,), {"journal": journal, **rules})


def _holds(
    clause: Clause, rows: tuple[tuple[object, ...], ...], transition: Transition, context: Context
) -> bool:
    if clause.step is not None:
        return all(clause.step(transition, context, *row) for row in rows)
    # A state that has not changed was judged when it was reached.
    if clause.invariant is None or transition.after is transition.before:
        return True
    predicate = clause.invariant.predicate
    return all(predicate(transition.after, context, *row) for row in rows)


def _rule(name: str) -> Callable[[ModelMachine, Command], None]:
    def perform(self: ModelMachine, command: Command) -> None:
        self.perform(command)

    perform.__name__ = f"do_{name.lower()}"
    return perform


def _aimed(state: State, command: Command, context: Context) -> Command:
    """Return a commit of, or a reply to, what its attempt has looked up, where the design looks up first."""
    if not isinstance(command, (Charge, Acknowledge)) or not context.design.reads_before_commit:
        return command
    attempts = site_of(state, command.region).attempts
    if not attempts.contains(command.attempt):
        return command
    return replace(command, request=attempts.get(command.attempt).request)
