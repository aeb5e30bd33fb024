"""The hand-over from an old billing system: are its events in the ledger, each once and unchanged?

Event by event, exactly: same customer and key, same kind, amount, currency and event time, and each
customer's events in the same order. Every difference has a class, and totals are compared beside it, since
equal totals hide two differences that cancel. From the instant of the hand-over on one system bills: an
event of the old one from there on is a difference even if the new one has it too.

Choices: the documents accept receipts that "match within 0.01 %" (MG-3). Nothing is accepted here: a rate of
differences says nothing about the one customer whose bill is wrong.

Not here: reading files and ledgers (``service.handover``).

Source: rule R1.8; claims MG-3 to MG-5; known-bugs B112 (an import that renumbers, leaves holes or moves
dates).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CurrencyCode,
    CustomerId,
    IdempotencyKey,
    Instant,
)
from billproof.model.outcomes import EntryKind


class DifferenceClass(StrEnum):
    """How an event differs, in order of precedence; one class per event."""

    DUPLICATE = "DUPLICATE"
    """The old system has the key twice: which of the two was billed?"""
    BOTH_BILLERS = "BOTH_BILLERS"
    """The old system has billed an event from the hand-over on."""
    MISSING = "MISSING"
    """The new ledger has no entry under this key."""
    OTHER_CUSTOMER = "OTHER_CUSTOMER"
    """The new ledger has the key under another customer only."""
    REFUSED = "REFUSED"
    """The new ledger has refused what the old system has billed."""
    KIND = "KIND"
    CURRENCY = "CURRENCY"
    AMOUNT = "AMOUNT"
    EVENT_TIME = "EVENT_TIME"
    """Another event time: it may fall into another period."""
    ORDER = "ORDER"
    """It comes before an event that it came after: numbered anew by the import."""
    HOLE = "HOLE"
    """The old system's own numbers leave one out before this event."""
    EXTRA = "EXTRA"
    """The new ledger bills an event from before the hand-over that the old system does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledEvent:
    """One event as one of the systems has billed it."""

    customer: CustomerId
    key: IdempotencyKey
    kind: EntryKind
    amount: Amount
    currency: CurrencyCode
    event_time: Instant
    number: int
    """Its place among its customer's: the old system's number, 0 where it gave none, or the sequence."""
    is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One event that is not the same in both."""

    kind: DifferenceClass
    customer: CustomerId
    key: IdempotencyKey
    old: str
    """What the old system has."""
    new: str
    """What the ledger has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What comparing has come to."""

    compared: int
    """Events of the old system."""
    equal: int
    after_hand_over: int
    """Entries of the ledger from the hand-over on: the new system's own."""
    old_totals: Mapping[CurrencyCode, Amount]
    new_totals: Mapping[CurrencyCode, Amount]
    """Of the entries from before the hand-over, without refused ones."""
    differences: tuple[Difference, ...]


def compare_events(
    old: Iterable[BilledEvent], new: Iterable[BilledEvent], hand_over: Instant | None
) -> Comparison:
    """Compare what two systems have billed.

    Args:
        old: The old system's events, in its order.
        new: The ledger's entries with a key, in log order.
        hand_over: From when on the new system bills; None where nothing was billed by the new one alone.
    """
    ledger: dict[tuple[CustomerId, IdempotencyKey], BilledEvent] = {}
    owners: dict[IdempotencyKey, CustomerId] = {}
    new_totals: Counter[CurrencyCode] = Counter()
    later = 0
    for event in new:
        ledger[(event.customer, event.key)] = event
        owners[event.key] = event.customer
        if hand_over is not None and event.event_time >= hand_over:
            later += 1
        elif not event.is_refused:
            new_totals[event.currency] += _billed(event)
    differences: list[Difference] = []
    old_totals: Counter[CurrencyCode] = Counter()
    seen: set[tuple[CustomerId, IdempotencyKey]] = set()
    last: dict[CustomerId, tuple[int, int]] = {}
    compared = 0
    for event in old:
        compared += 1
        old_totals[event.currency] += _billed(event)
        name = (event.customer, event.key)
        found = ledger.get(name)
        difference = _difference(event, found, owners.get(event.key), hand_over)
        if name in seen:
            difference = _differs(DifferenceClass.DUPLICATE, event, "twice", "once at most")
        # Always asked, since it remembers where the event was.
        moved = _moved(event, found, last)
        difference = difference or moved
        seen.add(name)
        if difference is not None:
            differences.append(difference)
    equal = compared - len(differences)
    for name, event in ledger.items():
        is_before = hand_over is None or event.event_time < hand_over
        if name not in seen and is_before and not event.is_refused:
            differences.append(_differs(DifferenceClass.EXTRA, event, "nothing", _shown(event)))
    return Comparison(
        compared=compared,
        equal=equal,
        after_hand_over=later,
        old_totals={currency: Amount(total) for currency, total in old_totals.items()},
        new_totals={currency: Amount(total) for currency, total in new_totals.items()},
        differences=tuple(differences),
    )


def _difference(
    old: BilledEvent, new: BilledEvent | None, owner: CustomerId | None, hand_over: Instant | None
) -> Difference | None:
    """Return how the ledger's entry under a key differs from the old system's event, or None."""
    if hand_over is not None and old.event_time >= hand_over:
        return _differs(DifferenceClass.BOTH_BILLERS, old, _shown(old), "the biller from the hand-over on")
    if new is None:
        if owner is not None:
            return _differs(DifferenceClass.OTHER_CUSTOMER, old, old.customer, owner)
        return _differs(DifferenceClass.MISSING, old, _shown(old), "nothing")
    if new.is_refused:
        return _differs(DifferenceClass.REFUSED, old, _shown(old), "a refusal")
    if new.kind != old.kind:
        return _differs(DifferenceClass.KIND, old, old.kind.name.lower(), new.kind.name.lower())
    if new.currency != old.currency:
        return _differs(DifferenceClass.CURRENCY, old, old.currency, new.currency)
    if new.amount != old.amount:
        return _differs(DifferenceClass.AMOUNT, old, f"{old.amount} units", f"{new.amount} units")
    if new.event_time != old.event_time:
        return _differs(DifferenceClass.EVENT_TIME, old, f"{old.event_time} us", f"{new.event_time} us")
    return None


def _moved(
    old: BilledEvent, new: BilledEvent | None, last: dict[CustomerId, tuple[int, int]]
) -> Difference | None:
    """Return how an event has moved among its customer's, or None, and remember its place."""
    if old.number == NO_SEQUENCE:
        return None
    old_before, new_before = last.get(old.customer, (0, 0))
    if new is None:
        last[old.customer] = (max(old.number, old_before), new_before)
        return None
    last[old.customer] = (max(old.number, old_before), max(new.number, new_before))
    if (old.number > old_before) != (new.number > new_before):
        places = (f"number {old.number} after {old_before}", f"seq {new.number} after {new_before}")
        return _differs(DifferenceClass.ORDER, old, *places)
    if old_before and old.number > old_before + 1:
        return _differs(
            DifferenceClass.HOLE, old, f"number {old.number} after {old_before}", f"seq {new.number}"
        )
    return None


def _billed(event: BilledEvent) -> int:
    """Return what an event adds to a bill, in units."""
    if event.kind in (EntryKind.DEBIT, EntryKind.ADJUSTMENT):
        return event.amount
    return -event.amount if event.kind in (EntryKind.REFUND, EntryKind.CREDIT) else 0


def _differs(kind: DifferenceClass, event: BilledEvent, old: str, new: str) -> Difference:
    return Difference(kind=kind, customer=event.customer, key=event.key, old=old, new=new)


def _shown(event: BilledEvent) -> str:
    return f"{event.kind.name.lower()} of {event.amount} units {event.currency}"
