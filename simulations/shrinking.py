"""The smallest trace that still shows a violation: fewest customers, keys, commands, and the least amounts.

Theory of operation. A trace is executed with parts left out; commands that are then not possible, or change
nothing, are left out as well, and what follows the violation is cut off. Commands that name an entry by its
position or sequence are made to name the same entry, wherever it lies now. First whole customers and keys go,
then kinds of commands, then pieces of halving size, until no single command can go (delta debugging); then
amounts are lowered to one unit where the violation stays. What comes out is executed once more by
``counterexample.replay``, which judges the clause with every value of its free variables.

Source: A. Zeller, R. Hildebrandt, "Simplifying and isolating failure-inducing input" (2002).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from billproof.invariants.counterexample import Counterexample, replay
from billproof.invariants.explore.search import StepFunction
from billproof.invariants.recorded import START, recorded_domain, recorded_name
from billproof.invariants.theorem import Clause, Transition
from billproof.invariants.theorems import BY_ID
from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.identifiers import NO_SEQUENCE, Amount, CustomerId, Fingerprint, Position, Sequence
from billproof.model.outcomes import Region, Status
from billproof.model.posting import site_of
from billproof.model.state import Entry, KeyName, Request, RowName, State, initial_state
from billproof.simulations.judging.judge import Found, Judge
from billproof.simulations.kernel.versions import versioned

UNIT: Final = Amount(10**12)
"""The amount that others are lowered to."""

SMALL_BOUNDS: Final = (Position(2), Position(4))
"""Values of K that a long story is tried with."""

ROUNDS_MAX: Final = 8
"""How often the whole is gone through; each round but the last makes the trace shorter."""

Label: TypeAlias = tuple[CustomerId, str, int]
"""An entry by its customer, its key, and which of the entries of that key it is."""

_PRESENTED: Final = (
    commands.Present,
    commands.AlterPresented,
    commands.DeletePresented,
    commands.TruncatePresented,
    commands.ReorderPresented,
    commands.ForkPresented,
    commands.ResignPresented,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A command, and the entry that it names by its place."""

    command: Command
    target: Label | None = None


def shrink(
    found: Found, trace: tuple[Command, ...], clause: Clause, *, step: StepFunction, context: Context
) -> Counterexample | None:
    """Return the smallest trace that shows a violation, replayed; None if the whole trace does not show it.

    Args:
        found: The violation.
        trace: The trace of the run; the first ``found.steps`` commands are used, and what was done aside.
        clause: The clause that is violated.
        step: The core under test.
        context: What the run was executed in.
    """
    labelled = _labelled((*trace[: found.steps], *found.aside), step, context)
    kept = _shower(clause, step, context)(labelled)
    if kept is None:
        return None
    for bound in SMALL_BOUNDS:
        # K is a parameter like an amount: a violation that a smaller one shows has a shorter story.
        lower = replace(context, design=replace(context.design, lag_entries_max=bound))
        shown = _shower(clause, step, lower)(kept)
        if bound < context.design.lag_entries_max and shown is not None and len(shown) < len(kept):
            kept, context = shown, lower
            break
    show = _shower(clause, step, context)
    for _ in range(ROUNDS_MAX):
        size = len(kept)
        kept = _without_groups(kept, show)
        kept = _without_pieces(kept, show)
        if len(kept) == size:
            break
    kept = _with_small_amounts(kept, show)
    name = recorded_name(regions=2, lag_entries_max=context.design.lag_entries_max)
    short = tuple(item.command for item in kept)
    domain = recorded_domain(name, short)
    assert domain is not None, f"{name} is no name of a recorded domain"
    return replay(clause, domain, short, step=step, context=context, money=BY_ID[clause.theorem].money)


def is_shown(
    found: Found, trace: tuple[Command, ...], clause: Clause, *, step: StepFunction, context: Context
) -> bool:
    """Tell whether a trace shows a violation when the core alone executes it; arguments as ``shrink``."""
    labelled = tuple(Labelled(command=command) for command in (*trace[: found.steps], *found.aside))
    return _shower(clause, step, context)(labelled) is not None


def clause_of(found: Found) -> Clause:
    """Return the clause that was found violated."""
    return next(item for item in BY_ID[found.theorem].clauses if item.name == found.clause)


_Trace: TypeAlias = tuple[Labelled, ...]
_Show: TypeAlias = Callable[[_Trace], _Trace | None]


def _labelled(trace: Iterable[Command], step: StepFunction, context: Context) -> _Trace:
    state, labelled = _start(), []
    for command in trace:
        labelled.append(Labelled(command=command, target=_target(state, command)))
        state = step(state, command, context).state
    return tuple(labelled)


def _shower(clause: Clause, step: StepFunction, context: Context) -> _Show:
    """Return what executes a trace and returns the part of it that shows a violation, or None."""

    def show(trace: _Trace) -> _Trace | None:
        judge = Judge(context, clauses=(clause,), marks=False)
        state = _start()
        done: list[Labelled] = []
        for item in trace:
            command = _aimed(state, item)
            if command is None:
                continue
            try:
                outcome = step(state, command, context)
            except UndefinedLookupError:
                return None
            if outcome.status == Status.NOT_POSSIBLE:
                continue
            transition = Transition(before=state, command=command, outcome=outcome)
            if isinstance(command, _PRESENTED):
                judge.look_aside((transition,), len(done) + 1)
            else:
                judge.look(transition, len(done) + 1)
            if judge.found:
                return (*done, replace(item, command=command))
            if outcome.state != state:
                done.append(replace(item, command=command))
            state = outcome.state
        return None

    return show


def _without_groups(trace: _Trace, show: _Show) -> _Trace:
    """Leave out whole customers, whole keys, whole kinds of commands."""
    for group in (_customer_group, _key_group, _kind_group):
        for value in dict.fromkeys(group(item.command) for item in trace):
            if value:
                shorter = show(tuple(item for item in trace if group(item.command) != value))
                trace = shorter or trace
    return trace


def _without_pieces(trace: _Trace, show: _Show) -> _Trace:
    """Leave out pieces, from half of the trace down to single commands, the last ones first."""
    size = max(1, len(trace) // 2)
    while size:
        at = len(trace) - size
        while at > -size:
            shorter = show((*trace[: max(at, 0)], *trace[at + size :]))
            trace = shorter or trace
            at = min(at, len(trace)) - size
        size //= 2
    return trace


def _with_small_amounts(trace: _Trace, show: _Show) -> _Trace:
    """Lower the amounts of one key after the other to one unit, where the violation stays."""
    for key in dict.fromkeys(_key_group(item.command) for item in trace):
        if not key:
            continue
        smaller = tuple(
            replace(item, command=_lowered(item.command)) if _key_group(item.command) == key else item
            for item in trace
        )
        shown = show(smaller)
        if shown is not None and len(shown) <= len(trace):
            trace = shown
    return trace


def _lowered(command: Command) -> Command:
    request = getattr(command, "request", None)
    if not isinstance(request, Request) or request.amount <= UNIT:
        return command
    smaller = replace(request, amount=UNIT, fingerprint=Fingerprint(f"{request.key}:1"))
    # Every command that has a request is a record with that field, which the type checker cannot see.
    return replace(command, request=smaller)  # type: ignore[arg-type]


def _customer_group(command: Command) -> str:
    for part in (getattr(command, "request", None), getattr(command, "name", None)):
        if isinstance(part, (Request, KeyName, RowName)):
            return part.customer
    return str(getattr(command, "customer", ""))


def _key_group(command: Command) -> str:
    for part in (getattr(command, "request", None), getattr(command, "name", None)):
        if isinstance(part, (Request, KeyName)):
            return f"{part.customer} {part.key}"
    return ""


def _kind_group(command: Command) -> str:
    return type(command).__name__


def _start() -> State:
    return versioned(initial_state(regions=2, period=START))


def _target(state: State, command: Command) -> Label | None:
    """Return the entry that a command names by its place."""
    if isinstance(command, commands.Refund):
        site = site_of(state, command.region)
        for index in range(site.ledger.length):
            entry = site.ledger.at(Position(index))
            if (entry.customer, entry.sequence) == (command.request.customer, command.request.refers_to):
                return _label(state, command.region, Position(index))
        return None
    if isinstance(command, commands.TruncatePresented):
        return _label(state, state.leader, Position(command.size - 1))
    position = getattr(command, "position", None)
    if not isinstance(position, int):
        return None
    return _label(state, getattr(command, "region", state.leader), Position(position))


def _label(state: State, region: Region, position: Position) -> Label | None:
    ledger = site_of(state, region).ledger
    if not 0 <= position < ledger.length:
        return None
    entry = ledger.at(position)
    before = [ledger.at(Position(index)) for index in range(position)]
    return entry.customer, entry.key, sum(1 for other in before if _is_of(other, entry.customer, entry.key))


def _is_of(entry: Entry, customer: CustomerId, key: str) -> bool:
    return entry.customer == customer and entry.key == key


def _aimed(state: State, item: Labelled) -> Command | None:
    """Return the command, made to name the same entry wherever it lies now; None if it is not there."""
    command = item.command
    if item.target is None:
        return command
    region = getattr(command, "region", state.leader)
    ledger = site_of(state, region).ledger
    customer, key, number = item.target
    places = [index for index in range(ledger.length) if _is_of(ledger.at(Position(index)), customer, key)]
    if number >= len(places):
        return None
    place = Position(places[number])
    if isinstance(command, commands.Refund):
        sequence = ledger.at(place).sequence if command.request.refers_to else NO_SEQUENCE
        return replace(command, request=replace(command.request, refers_to=Sequence(sequence)))
    if isinstance(command, commands.TruncatePresented):
        return replace(command, size=Position(place + 1))
    # Every command that names a position is a record with that field, which the type checker cannot see.
    return replace(command, position=place)  # type: ignore[arg-type]
