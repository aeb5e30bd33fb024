"""A counterexample: replayed on the running code before anybody sees it, told, stored, and replayed again.

``replay`` executes the commands from the initial state of the domain by the step function and judges the
clause on the last transition. An engine's claim that a clause is violated counts only after that.

Choices. "Inevitable after n": the smallest n such that, after n steps, every way of merely letting the
system finish what it has begun (commits of attempts that have read, second writes, shipping, confirming)
passes through a violation. A client, an operator or the adversary may always choose to do nothing more, so
their commands do not count as bound to happen. What has begun is read off the state, not off the domain:
a trace whose amounts were varied has begun what the domain does not list.

Source: ``theorems.md`` on refutations; ``verification.md``, "Rules that keep it sound".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from billproof.invariants.explore.domain import Domain, assignments
from billproof.invariants.explore.search import StepFunction, holds_on, start_of
from billproof.invariants.story import tell
from billproof.invariants.theorem import Clause, Money, Transition
from billproof.model.commands import Charge, Command, Complete, Confirm, Replicate
from billproof.model.containers import FrozenMap
from billproof.model.context import Context
from billproof.model.design import REPAIRED
from billproof.model.identifiers import Amount
from billproof.model.outcomes import Region, Status
from billproof.model.posting import site_of
from billproof.model.state import State, initial_state

FINISHING_STATES_MAX = 400
"""How many states the search for an escape looks at before it says that there may be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """A replayed violation of one clause."""

    theorem: str
    clause: str
    design: str
    domain: str
    commands: tuple[Command, ...]
    steps: tuple[str, ...]
    """Numbered sentences, without the numbers."""
    owed: Amount
    billed: Amount
    currency: str
    inevitable_after: int
    engine: str = "explore"
    """Which engine found it."""
    reasons: tuple[str, ...] = field(default=(), compare=False)
    """Why the order of the steps is what it is, and what contradicts the clause; derived from the rest."""
    removed_by: tuple[str, ...] = field(default=(), compare=False)
    """A smallest set of switches that takes this trace away when they are as in the repaired design; empty
    where none was looked for, or none does."""

    @property
    def remedy(self) -> str:
        """What takes the trace away, in a sentence; empty where nothing is known to."""
        if not self.removed_by:
            return ""
        values = " and ".join(f"{name} = {getattr(REPAIRED, name).value}" for name in self.removed_by)
        return f"With {values}, as in the repaired design, this trace is no violation."


def transitions_of(
    domain: Domain, commands: tuple[Command, ...], step: StepFunction, context: Context
) -> tuple[Transition, ...]:
    """Execute commands from the initial state of a domain and return every transition.

    A clause that the set-up itself violates has the empty trace; then the set-up is what is executed.
    """
    state = start_of(domain, step, context)
    if not commands:
        state, commands = initial_state(regions=domain.regions, period=min(domain.periods)), domain.setup
    transitions: list[Transition] = []
    for command in commands:
        outcome = step(state, command, context)
        transitions.append(Transition(before=state, command=command, outcome=outcome))
        state = outcome.state
    return tuple(transitions)


def violates(clause: Clause, domain: Domain, transition: Transition, context: Context) -> bool:
    """Tell whether a transition violates a clause for some value of its free variables."""
    predicate = clause.invariant.predicate if clause.invariant is not None else clause.step
    return any(not holds_on(clause, transition, context, values) for values in assignments(domain, predicate))


def replay(
    clause: Clause,
    domain: Domain,
    commands: tuple[Command, ...],
    *,
    step: StepFunction,
    context: Context,
    money: Callable[[State], Money],
) -> Counterexample | None:
    """Execute a claimed counterexample; return it with its story, or ``None`` if it is none.

    Args:
        clause: The clause that is claimed to be violated by the last command.
        domain: Where the trace starts and what the free variables range over.
        commands: The trace.
        step: The model under test.
        context: Design with the domain's parameters, and digest oracle.
        money: How the theorem states a violated state as owed and billed.
    """
    transitions = transitions_of(domain, commands, step, context)
    if not transitions or any(item.status == Status.NOT_POSSIBLE for item in transitions):
        return None
    if not violates(clause, domain, transitions[-1], context):
        return None
    stated = money(transitions[-1].after)
    return Counterexample(
        theorem=clause.theorem,
        clause=clause.name,
        design=context.design.name,
        domain=domain.name,
        commands=commands,
        steps=tuple(tell(item.command, item.outcome) for item in transitions),
        owed=stated.owed,
        billed=stated.billed,
        currency="USD",
        inevitable_after=_inevitable_after(clause, domain, transitions, step, context),
    )


def _inevitable_after(
    clause: Clause, domain: Domain, transitions: tuple[Transition, ...], step: StepFunction, context: Context
) -> int:
    for index, transition in enumerate(transitions):
        if not _can_escape(clause, domain, transition.before, step, context):
            return index
    return len(transitions)


def _can_escape(clause: Clause, domain: Domain, start: State, step: StepFunction, context: Context) -> bool:
    """Tell whether the system can finish what it has begun without a violation."""
    seen, stack = {start}, [start]
    while stack:
        if len(seen) > FINISHING_STATES_MAX:
            return True
        state = stack.pop()
        ended = True
        for command in _finishing(domain, state, context):
            outcome = step(state, command, context)
            if outcome.status == Status.NOT_POSSIBLE or outcome.state == state:
                continue
            ended = False
            transition = Transition(before=state, command=command, outcome=outcome)
            if outcome.state not in seen and not violates(clause, domain, transition, context):
                seen.add(outcome.state)
                stack.append(outcome.state)
        if ended:
            return True
    return False


def _finishing(domain: Domain, state: State, context: Context) -> Iterator[Command]:
    """Iterate over what the system does by itself to finish what it has begun in a state."""
    regions = (Region.PRIMARY, Region.STANDBY) if domain.regions > 1 else (Region.PRIMARY,)
    for region in regions:
        attempts = site_of(state, region).attempts
        assert isinstance(attempts, FrozenMap), "engines run on plain containers"
        for attempt, snapshot in attempts.items():
            yield Complete(region=region, attempt=attempt)
            if context.design.reads_before_commit:
                yield Charge(region=region, attempt=attempt, request=snapshot.request)
        if domain.regions > 1:
            yield Replicate(source=region)
            yield Confirm(source=region)
