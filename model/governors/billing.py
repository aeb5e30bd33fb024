"""The billing governor: what becomes of one event at one instance, from its arrival to its consumers.

Two write orders are documented (XA-01), each a reading: ``ledger_first`` (CO-09) and ``state_first``
(CO-10). Both answer 202 from memory when a store fails (EC-02), so an answered event can be lost. In
``repaired`` there is one commit; what is answered is committed, and the outbox lives in it.

Source: LF-01 to LF-08, EC-01 to EC-04, FM-01, FM-02, FM-04, T2-P1 to T2-P4, T2-SA to T2-SD, CO-13; XA-01,
XA-05, XA-12, XA-15, XA-67.
"""

from enum import IntEnum
from typing import Final

from billproof.model.governors.machine import Machine, Row, row


class State(IntEnum):
    """How far an event is."""

    RECEIVED = 0
    """Valid, and in memory only; nothing was answered."""
    BUFFERED = 1
    """In memory only, and answered: 202, "pending"."""
    HALF_WRITTEN = 2
    """The first of the two stores has it, the second does not."""
    COMMITTED = 3
    """All that must have it has it; consumers have not."""
    PUBLISHED = 4
    """The topic has it."""
    REJECTED = 5
    """Refused, and the ledger has no charge of it."""
    REJECTED_IN_LEDGER = 6
    """Refused, and the ledger document of the charge is there (XA-12)."""
    FORGOTTEN = 7
    """Gone from memory before any store had it, and never answered as done: the client will retry."""
    LOST = 8
    """Answered, and in no store."""
    HALF_FORGOTTEN = 9
    """One store has it, nobody remembers that the other lacks it."""
    VOIDED = 10
    """Found to be a duplicate, marked as void and refunded (CO-13)."""


class Event(IntEnum):
    """What is the case."""

    FIRST_WRITE_DONE = 0
    """The first store, or the one commit, has it."""
    FIRST_WRITE_FAILED = 1
    """Time-out of 5 s (EC-02)."""
    SECOND_WRITE_DONE = 2
    SECOND_WRITE_FAILED = 3
    CONFLICT = 4
    """The transaction aborted; attempts are left (EC-03)."""
    CONFLICTS_EXHAUSTED = 5
    """Three attempts aborted (EC-03)."""
    INSUFFICIENT_BALANCE = 6
    """EC-01."""
    PUBLISH_DONE = 7
    PUBLISH_FAILED = 8
    """Time-out of 5 s (EC-04)."""
    INSTANCE_CRASHED = 9
    """FM-01, T2-SA, T2-SD."""
    FOUND_DUPLICATE = 10
    """A reader finds two receipts for one usage."""


class Action(IntEnum):
    """What the governor does."""

    ANSWER_CHARGED = 0
    """The final receipt."""
    ANSWER_PENDING = 1
    """202 from memory."""
    ANSWER_BALANCE = 2
    """402."""
    ANSWER_CONFLICT = 3
    """``concurrent_update_conflict``."""
    ANSWER_RETRY = 4
    """503: retry the same key."""
    BUFFER = 5
    RETRY_WITH_BACKOFF = 6
    RETRY_PUBLISH = 7
    """Every 30 s, from memory (EC-04) or from the outbox."""
    ALERT = 8
    VOID_AND_REFUND = 9


_S, _E, _A = State, Event, Action
_Rows = tuple[Row[State, Event, Action], ...]
_ENDED = (_S.REJECTED, _S.REJECTED_IN_LEDGER, _S.FORGOTTEN, _S.LOST, _S.HALF_FORGOTTEN, _S.VOIDED)
_WAITING = (_S.RECEIVED, _S.BUFFERED)
_FIRST = (_E.FIRST_WRITE_DONE, _E.FIRST_WRITE_FAILED)
_SECOND = (_E.SECOND_WRITE_DONE, _E.SECOND_WRITE_FAILED)
_PUBLISH = (_E.PUBLISH_DONE, _E.PUBLISH_FAILED)
_JUDGED = (_E.CONFLICT, _E.CONFLICTS_EXHAUSTED, _E.INSUFFICIENT_BALANCE)
_ALL = tuple(Event)
_IMPOSSIBLE = "it is not being tried here"

_AFTER_COMMIT: _Rows = (
    row((_S.COMMITTED,), (_E.PUBLISH_DONE,), _S.PUBLISHED, (), "LF-08"),
    row((_S.COMMITTED,), (_E.PUBLISH_FAILED,), None, (_A.RETRY_PUBLISH, _A.ALERT), "EC-04, FM-04"),
    row((_S.COMMITTED, _S.PUBLISHED), (_E.FOUND_DUPLICATE,), _S.VOIDED, (_A.VOID_AND_REFUND,), "CO-13, RB-1"),
    row((_S.COMMITTED, _S.PUBLISHED), (*_FIRST, *_SECOND, *_JUDGED), None, (), _IMPOSSIBLE),
    row((_S.PUBLISHED,), (*_PUBLISH, _E.INSTANCE_CRASHED), None, (), "LF-08"),
    row(_ENDED, _ALL, None, (), "it has ended"),
    row((*_WAITING, _S.HALF_WRITTEN), (*_PUBLISH, _E.FOUND_DUPLICATE), None, (), _IMPOSSIBLE),
)

_TWO_STORES: _Rows = (
    row(_WAITING, (_E.FIRST_WRITE_DONE,), _S.HALF_WRITTEN, (), "LF-04, T2-P2"),
    row(
        _WAITING, (_E.FIRST_WRITE_FAILED,), _S.BUFFERED,
        (_A.BUFFER, _A.ANSWER_PENDING, _A.RETRY_WITH_BACKOFF), "EC-02, FM-02, T2-P1",
    ),
    row((_S.RECEIVED,), (_E.INSTANCE_CRASHED,), _S.FORGOTTEN, (), "FM-01, T2-SA"),
    row((_S.BUFFERED,), (_E.INSTANCE_CRASHED,), _S.LOST, (), "T2-SD, DL-04, XA-06, XA-15"),
    row(_WAITING, _SECOND, None, (), _IMPOSSIBLE),
    row((_S.HALF_WRITTEN,), (_E.SECOND_WRITE_DONE,), _S.COMMITTED, (_A.ANSWER_CHARGED,), "LF-07"),
    row(
        (_S.HALF_WRITTEN,), (_E.SECOND_WRITE_FAILED,), None, (_A.ANSWER_PENDING, _A.RETRY_WITH_BACKOFF),
        "T2-SB, XA-67",
    ),
    row((_S.HALF_WRITTEN,), (_E.INSTANCE_CRASHED,), _S.HALF_FORGOTTEN, (), "G-04, XA-01"),
    row((_S.HALF_WRITTEN,), _FIRST, None, (), _IMPOSSIBLE),
    # The retry queue of the topic is in memory too: what it held is never published (XA-69).
    row((_S.COMMITTED,), (_E.INSTANCE_CRASHED,), None, (), "EC-04, XA-69"),
)  # fmt: skip

_LEDGER_FIRST: _Rows = (
    row(_WAITING, _JUDGED, None, (), _IMPOSSIBLE),
    row((_S.HALF_WRITTEN,), (_E.CONFLICT,), None, (_A.RETRY_WITH_BACKOFF,), "EC-03"),
    row(
        (_S.HALF_WRITTEN,), (_E.CONFLICTS_EXHAUSTED,), _S.REJECTED_IN_LEDGER,
        (_A.ANSWER_CONFLICT, _A.ALERT), "EC-03, XA-12",
    ),
    row(
        (_S.HALF_WRITTEN,), (_E.INSUFFICIENT_BALANCE,), _S.REJECTED_IN_LEDGER, (_A.ANSWER_BALANCE,),
        "EC-01, XA-12",
    ),
)  # fmt: skip

_STATE_FIRST: _Rows = (
    row(_WAITING, (_E.CONFLICT,), None, (_A.RETRY_WITH_BACKOFF,), "EC-03"),
    row(_WAITING, (_E.CONFLICTS_EXHAUSTED,), _S.REJECTED, (_A.ANSWER_CONFLICT, _A.ALERT), "EC-03"),
    row(_WAITING, (_E.INSUFFICIENT_BALANCE,), _S.REJECTED, (_A.ANSWER_BALANCE,), "EC-01"),
    row((_S.HALF_WRITTEN,), _JUDGED, None, (), _IMPOSSIBLE),
)

_REPAIRED: _Rows = (
    row(_WAITING, (_E.FIRST_WRITE_DONE,), _S.COMMITTED, (_A.ANSWER_CHARGED,), "R1.1, R2.1"),
    row(_WAITING, (_E.FIRST_WRITE_FAILED,), _S.FORGOTTEN, (_A.ANSWER_RETRY,), "R2.2"),
    row(_WAITING, (_E.CONFLICT,), None, (_A.RETRY_WITH_BACKOFF,), "R1.1"),
    row(_WAITING, (_E.CONFLICTS_EXHAUSTED,), _S.FORGOTTEN, (_A.ANSWER_RETRY, _A.ALERT), "R1.1"),
    row(_WAITING, (_E.INSUFFICIENT_BALANCE,), _S.REJECTED, (_A.ANSWER_BALANCE,), "R1.1"),
    row(_WAITING, (_E.INSTANCE_CRASHED,), _S.FORGOTTEN, (), "R2.2"),
    row((*_WAITING, _S.HALF_WRITTEN), _SECOND, None, (), _IMPOSSIBLE),
    row((_S.HALF_WRITTEN,), (*_FIRST, *_JUDGED, _E.INSTANCE_CRASHED), None, (), "there is no second store"),
    row((_S.COMMITTED,), (_E.INSTANCE_CRASHED,), None, (_A.RETRY_PUBLISH,), "R2.3: the outbox stays"),
)


def _machine(reading: str, rows: _Rows, *unreachable: State) -> Machine[State, Event, Action]:
    return Machine(
        name="billing governor",
        reading=reading,
        story="what becomes of one event at one instance",
        states=State,
        events=Event,
        initial=_S.RECEIVED,
        final=frozenset(_ENDED),
        expected_unreachable=frozenset(unreachable),
        rows=rows + _AFTER_COMMIT,
    )


MACHINES: Final = (
    _machine("ledger_first", _LEDGER_FIRST + _TWO_STORES, _S.REJECTED),
    _machine("state_first", _STATE_FIRST + _TWO_STORES, _S.REJECTED_IN_LEDGER),
    _machine(
        "repaired",
        _REPAIRED,
        _S.BUFFERED, _S.HALF_WRITTEN, _S.REJECTED_IN_LEDGER, _S.LOST, _S.HALF_FORGOTTEN,
    ),
)  # fmt: skip
"""The two documented orders, and the repaired one."""
