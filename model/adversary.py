"""The adversary's moves on a ledger that is being presented to a reader.

The committed ledger is untouched: what is edited is what a reader gets to see. Moves that need the
operator's signature use a stolen permission to sign, so their digests are honestly signed; the others leave
the old signature in place. These functions run and are explored; the proof about presented ledgers is by
induction over ``verification.check_link`` and needs none of them.

Source: schedules T3-S1 to T3-S5, T6-S1, T6-S6; issue text "the adversary's moves".
"""

from dataclasses import replace

from billproof.model.commands import (
    AlterPresented,
    DeletePresented,
    ForkPresented,
    Present,
    ReorderPresented,
    ResignPresented,
    TruncatePresented,
)
from billproof.model.containers import FrozenLog, Log
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import CustomerId, Digest, Position
from billproof.model.outcomes import Status
from billproof.model.posting import refuse, site_of
from billproof.model.state import NO_HEAD, Entry, Presented, State


def present(state: State, command: Present, context: Context) -> Outcome:
    """Show the leader's ledger to a reader, every entry with the signature that it was handed out with."""
    del command, context
    if state.presenting:
        return refuse(state, Status.NOT_POSSIBLE)
    shown = tuple(
        Presented(entry=entry, signed=entry.digest) for entry in _items(site_of(state, state.leader).ledger)
    )
    return Outcome(state=replace(state, presenting=True, presented=FrozenLog(shown)), status=Status.DONE)


def alter(state: State, command: AlterPresented, context: Context) -> Outcome:
    """Change amount and event time of one entry and leave its signature."""
    del context
    items = _shown(state)
    if command.position >= len(items):
        return refuse(state, Status.NOT_POSSIBLE)
    item = items[command.position]
    changed = replace(item.entry, amount=command.amount, event_time=command.event_time)
    return _edited(state, _replaced(items, command.position, replace(item, entry=changed)))


def delete(state: State, command: DeletePresented, context: Context) -> Outcome:
    """Remove one entry."""
    del context
    items = _shown(state)
    if command.position >= len(items):
        return refuse(state, Status.NOT_POSSIBLE)
    return _edited(state, items[: command.position] + items[command.position + 1 :])


def truncate(state: State, command: TruncatePresented, context: Context) -> Outcome:
    """Keep only the first entries."""
    del context
    items = _shown(state)
    if command.size >= len(items):
        return refuse(state, Status.NOT_POSSIBLE)
    return _edited(state, items[: command.size])


def reorder(state: State, command: ReorderPresented, context: Context) -> Outcome:
    """Swap an entry with the next one."""
    del context
    items = _shown(state)
    if command.position + 1 >= len(items):
        return refuse(state, Status.NOT_POSSIBLE)
    first, second = items[command.position], items[command.position + 1]
    swapped = _replaced(_replaced(items, command.position, second), Position(command.position + 1), first)
    return _edited(state, swapped)


def fork(state: State, command: ForkPresented, context: Context) -> Outcome:
    """Append a signed twin, with another amount, of the entry at ``position``."""
    items = _shown(state)
    if command.position >= len(items):
        return refuse(state, Status.NOT_POSSIBLE)
    twin = _signed(replace(items[command.position].entry, amount=command.amount), context)
    return _edited(state, (*items, twin))


def resign(state: State, command: ResignPresented, context: Context) -> Outcome:
    """Change one amount, then re-link and re-sign that entry and its customer's later ones."""
    items = _shown(state)
    if command.position >= len(items):
        return refuse(state, Status.NOT_POSSIBLE)
    target = items[command.position].entry
    rewritten: tuple[Presented, ...] = items[: command.position]
    for item in items[command.position :]:
        entry = item.entry
        if entry.customer == target.customer:
            amount = command.amount if len(rewritten) == command.position else entry.amount
            entry = replace(entry, amount=amount, previous=_end(rewritten, entry.customer))
            rewritten = (*rewritten, _signed(entry, context))
        else:
            rewritten = (*rewritten, item)
    return _edited(state, rewritten)


def _items(log: Log[Entry]) -> tuple[Entry, ...]:
    return tuple(log.at(Position(index)) for index in range(log.length))


def _shown(state: State) -> tuple[Presented, ...]:
    return tuple(state.presented.at(Position(index)) for index in range(state.presented.length))


def _replaced(items: tuple[Presented, ...], position: Position, item: Presented) -> tuple[Presented, ...]:
    return (*items[:position], item, *items[position + 1 :])


def _edited(state: State, items: tuple[Presented, ...]) -> Outcome:
    return Outcome(state=replace(state, presented=FrozenLog(items)), status=Status.DONE)


def _signed(entry: Entry, context: Context) -> Presented:
    digest = context.digest(entry)
    return Presented(entry=replace(entry, digest=digest), signed=digest)


def _end(items: tuple[Presented, ...], customer: CustomerId) -> Digest:
    for item in reversed(items):
        if item.entry.customer == customer:
            return item.entry.digest
    return NO_HEAD.digest
