"""The compliance governor: what happens to a customer's personal data when the law or the customer asks.

The documents delete after 90 days (RE-05) and keep for 7 years and for ever (RE-02, CO-15): two readings,
``delete_after_90_days`` and ``keep_seven_years``. ``repaired`` shreds the key of the personal data: the
chain and the totals stay, the person is gone, and the erasure is an entry of its own.

Source: CP-1 to CP-8, AU-1 to AU-3, RE-02 to RE-05, SE-6, SE-10; XH-04, XH-05, XH-16; R20.
"""

from enum import IntEnum
from typing import Final

from billproof.model.governors.machine import Machine, Row, row


class State(IntEnum):
    """What is known about a customer's personal data."""

    KEPT = 0
    WATCHED = 1
    """Somebody reads suspiciously much (AU-3)."""
    ON_LEGAL_HOLD = 2
    """Nothing may be deleted, whoever asks."""
    SOFT_DELETED = 3
    """Hidden; deleted for good after 90 days (RE-05)."""
    ERASURE_PENDING = 4
    """Asked for while a hold or a dispute forbids it."""
    ERASED = 5
    """The person is gone, the chain is whole."""
    CHAIN_BROKEN = 6
    """The person is gone, and so are receipts that others are chained to (XH-04)."""


class Event(IntEnum):
    """What happens."""

    ACCESS_REQUESTED = 0
    """Right to know, portability (CP-4)."""
    ERASURE_REQUESTED = 1
    NINETY_DAYS_PASSED = 2
    """Since the soft deletion."""
    SEVEN_YEARS_PASSED = 3
    """Since the last receipt (RE-02, RE-04)."""
    LEGAL_HOLD_PLACED = 4
    """An authority's, or a dispute's."""
    LEGAL_HOLD_LIFTED = 5
    SUSPICION_RAISED = 6
    """Above 1,000 entries of one actor in an hour (AU-3)."""
    SUSPICION_CLEARED = 7
    BREACH_FOUND = 8
    """SE-6."""


class Action(IntEnum):
    """What the governor does; each is also an entry of the audit log (AU-2)."""

    EXPORT_DATA = 0
    HIDE = 1
    DELETE_RECEIPTS = 2
    """The documents' hard deletion."""
    SHRED_KEY = 3
    REFUSE_ERASURE = 4
    """With the legal ground."""
    ACKNOWLEDGE_LATER = 5
    NOTIFY_AUTHORITY = 6
    """Within 72 h (SE-6)."""
    ALERT = 7


_S, _E, _A = State, Event, Action
_Rows = tuple[Row[State, Event, Action], ...]
_HELD = (_S.ON_LEGAL_HOLD, _S.ERASURE_PENDING)
_PRESENT = (_S.KEPT, _S.WATCHED, *_HELD)
_GONE = (_S.ERASED, _S.CHAIN_BROKEN)

_COMMON: _Rows = (
    row((*_PRESENT, _S.SOFT_DELETED), (_E.ACCESS_REQUESTED,), None, (_A.EXPORT_DATA,), "CP-4"),
    row((_S.KEPT, _S.WATCHED), (_E.SUSPICION_RAISED,), _S.WATCHED, (_A.ALERT,), "AU-3"),
    row((_S.KEPT, _S.WATCHED), (_E.SUSPICION_CLEARED,), _S.KEPT, (), "AU-3"),
    row((*_HELD, _S.SOFT_DELETED), (_E.SUSPICION_RAISED,), None, (_A.ALERT,), "AU-3"),
    row((*_HELD, _S.SOFT_DELETED), (_E.SUSPICION_CLEARED,), None, (), "AU-3"),
    row(
        (*_PRESENT, _S.SOFT_DELETED), (_E.BREACH_FOUND,), None, (_A.NOTIFY_AUTHORITY, _A.ALERT), "SE-6, F-27"
    ),
    row((_S.KEPT, _S.WATCHED, _S.ON_LEGAL_HOLD), (_E.LEGAL_HOLD_PLACED,), _S.ON_LEGAL_HOLD, (), "RE-02"),
    row((_S.ERASURE_PENDING,), (_E.LEGAL_HOLD_PLACED,), None, (), "RE-02"),
    row((_S.KEPT, _S.WATCHED), (_E.LEGAL_HOLD_LIFTED,), None, (), "RE-02"),
    row((_S.ON_LEGAL_HOLD,), (_E.LEGAL_HOLD_LIFTED,), _S.KEPT, (), "RE-02"),
    row(_PRESENT, (_E.NINETY_DAYS_PASSED,), None, (), "RE-05 speaks of the soft deletion only"),
    row(_HELD, (_E.SEVEN_YEARS_PASSED,), None, (), "RE-02: a hold outlasts the retention"),
    row(_GONE, tuple(Event), None, (), "there is nothing left to act on"),
)

_NINETY_DAYS: _Rows = (
    row(
        (_S.KEPT, _S.WATCHED, *_HELD), (_E.ERASURE_REQUESTED,), _S.SOFT_DELETED, (_A.HIDE,), "RE-05, CP-4"
    ),
    row((_S.SOFT_DELETED,), (_E.ERASURE_REQUESTED,), None, (), "RE-05"),
    row(
        (_S.SOFT_DELETED,), (_E.NINETY_DAYS_PASSED, _E.SEVEN_YEARS_PASSED), _S.CHAIN_BROKEN,
        (_A.DELETE_RECEIPTS,), "RE-05, XH-04",
    ),
    row((_S.KEPT, _S.WATCHED), (_E.SEVEN_YEARS_PASSED,), _S.CHAIN_BROKEN, (_A.DELETE_RECEIPTS,), "RE-04"),
    row((_S.SOFT_DELETED,), (_E.LEGAL_HOLD_PLACED, _E.LEGAL_HOLD_LIFTED), None, (), "no document says so"),
    row((_S.ERASURE_PENDING,), (_E.LEGAL_HOLD_LIFTED,), None, (), "RE-05"),
)  # fmt: skip

_SEVEN_YEARS: _Rows = (
    row(_PRESENT, (_E.ERASURE_REQUESTED,), None, (_A.REFUSE_ERASURE,), "RE-02, CO-15"),
    row((_S.KEPT, _S.WATCHED), (_E.SEVEN_YEARS_PASSED,), _S.CHAIN_BROKEN, (_A.DELETE_RECEIPTS,), "RE-04"),
    row(
        (_S.SOFT_DELETED,),
        (
            _E.ERASURE_REQUESTED, _E.NINETY_DAYS_PASSED, _E.SEVEN_YEARS_PASSED, _E.LEGAL_HOLD_PLACED,
            _E.LEGAL_HOLD_LIFTED,
        ),
        None, (), "nothing is hidden here",
    ),
    row((_S.ERASURE_PENDING,), (_E.LEGAL_HOLD_LIFTED,), None, (), "nothing is pending here"),
)  # fmt: skip

_REPAIRED: _Rows = (
    row((_S.KEPT, _S.WATCHED), (_E.ERASURE_REQUESTED,), _S.ERASED, (_A.SHRED_KEY,), "R20, XH-04"),
    row(_HELD, (_E.ERASURE_REQUESTED,), _S.ERASURE_PENDING, (_A.ACKNOWLEDGE_LATER,), "R20"),
    row((_S.ERASURE_PENDING,), (_E.LEGAL_HOLD_LIFTED,), _S.ERASED, (_A.SHRED_KEY,), "R20"),
    row((_S.KEPT, _S.WATCHED), (_E.SEVEN_YEARS_PASSED,), _S.ERASED, (_A.SHRED_KEY,), "RE-02, RE-04"),
    row(
        (_S.SOFT_DELETED,),
        (
            _E.ERASURE_REQUESTED, _E.NINETY_DAYS_PASSED, _E.SEVEN_YEARS_PASSED, _E.LEGAL_HOLD_PLACED,
            _E.LEGAL_HOLD_LIFTED,
        ),
        None, (), "nothing is hidden here",
    ),
)  # fmt: skip


def _machine(reading: str, rows: _Rows, *unreachable: State) -> Machine[State, Event, Action]:
    return Machine(
        name="compliance governor",
        reading=reading,
        story="what happens to personal data when the law or the customer asks",
        states=State,
        events=Event,
        initial=_S.KEPT,
        final=frozenset(_GONE),
        expected_unreachable=frozenset(unreachable),
        rows=rows + _COMMON,
    )


MACHINES: Final = (
    _machine("delete_after_90_days", _NINETY_DAYS, _S.ERASURE_PENDING, _S.ERASED),
    _machine("keep_seven_years", _SEVEN_YEARS, _S.SOFT_DELETED, _S.ERASURE_PENDING, _S.ERASED),
    _machine("repaired", _REPAIRED, _S.SOFT_DELETED, _S.CHAIN_BROKEN),
)
"""The readings of the documents, and the repaired one."""
