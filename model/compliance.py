"""What the compliance governor says of one customer: its state is a fold of the audit log, its table decides.

The table is that of the repaired design (``governors.compliance``): a request for erasure shreds the key; one
under a legal hold is kept, and the end of the hold carries it out. What is entered about a customer after an
erasure begins anew, since it has to be erasable too.

Not here: shredding, and where data lie (``service.personal``).

Source: ``system.md`` sections 2 and 8; RE-02, R20; XH-04.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from billproof.model.audit_log import AuditAction, AuditEntry
from billproof.model.governors.compliance import MACHINES, Action, Event, State
from billproof.model.governors.machine import compiled
from billproof.model.identifiers import CustomerId

_TABLE: Final = compiled(next(machine for machine in MACHINES if machine.reading == "repaired"))

_EVENTS: Final = {
    AuditAction.LEGAL_HOLD_SET: Event.LEGAL_HOLD_PLACED,
    AuditAction.LEGAL_HOLD_RELEASE: Event.LEGAL_HOLD_LIFTED,
    AuditAction.ERASE: Event.ERASURE_REQUESTED,
}


class ErasureDecision(StrEnum):
    """What comes of a request for erasure, or of the end of a legal hold."""

    ERASE = "ERASE"
    LEGAL_HOLD = "LEGAL_HOLD"
    """A legal hold lies on the customer, and wins; the request is carried out when the hold ends."""
    NOTHING_LEFT = "NOTHING_LEFT"
    """There is nothing to erase."""


_BEGINNING: Final = (AuditAction.PERSONAL_SET, AuditAction.LEGAL_HOLD_SET)
"""What begins anew after an erasure."""

_TAKEN: Final = ("done", ErasureDecision.LEGAL_HOLD.value)
"""The results of entries that count: done, or taken down for the end of a hold."""


def compliance_state(customer: CustomerId, log: Iterable[AuditEntry], *, has_data: bool) -> State:
    """Return the state of a customer's personal data.

    Law: it is ``ERASED`` only if nothing is kept.

    Args:
        customer: Whose data.
        log: The audit log, from its first entry on.
        has_data: Whether anything that an erasure takes away is kept now. A log that says "erased" does not
            outweigh data that lie there: an erasure may have been interrupted, or data entered after it.
    """
    state = State.KEPT
    for entry in log:
        record = entry.record
        if record.resource != customer or record.result not in _TAKEN:
            continue
        if state == State.ERASED and record.action in _BEGINNING:
            state = State.KEPT
        event = _EVENTS.get(record.action)
        if event is not None:
            state = _TABLE[state][event].after
    return State.KEPT if state == State.ERASED and has_data else state


def decide_on_erasure(state: State) -> ErasureDecision:
    """Decide on a request for erasure."""
    return _decision(state, Event.ERASURE_REQUESTED)


def decide_on_release(state: State) -> ErasureDecision:
    """Decide what the end of a legal hold brings about: an erasure that was asked for, or nothing."""
    return _decision(state, Event.LEGAL_HOLD_LIFTED)


def is_on_hold(state: State) -> bool:
    """Tell whether a legal hold forbids an erasure."""
    return state in (State.ON_LEGAL_HOLD, State.ERASURE_PENDING)


def _decision(state: State, event: Event) -> ErasureDecision:
    actions = _TABLE[state][event].actions
    if Action.SHRED_KEY in actions:
        return ErasureDecision.ERASE
    if Action.ACKNOWLEDGE_LATER in actions:
        return ErasureDecision.LEGAL_HOLD
    return ErasureDecision.NOTHING_LEFT
