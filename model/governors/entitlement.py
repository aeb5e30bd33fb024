"""The entitlement governor: whether a service may be used by a customer, as the one that asks knows it.

The documents read the status from a cache (LF-02): in the reading ``cached`` a suspension is not seen until
the copy expires (XA-70). In ``repaired`` the entitlement is read in the commit.

Source: LF-02, QU-09, T5-D3; XA-70, G-08, G-12; R5.4, R5.5.
"""

from enum import IntEnum
from typing import Final

from billproof.model.governors.machine import Machine, Row, row


class State(IntEnum):
    """What is in force, and whether the service knows it."""

    ABSENT = 0
    GRANTED = 1
    SUSPENDED = 2
    SUSPENDED_UNSEEN = 3
    """Suspended in the store, active in the cache."""
    REVOKED = 4
    REVOKED_UNSEEN = 5


class Event(IntEnum):
    """What happens."""

    GRANTED = 0
    USED = 1
    TERMS_CHANGED = 2
    """Another tier or quota (G-08)."""
    SUSPENDED = 3
    RESUMED = 4
    REVOKED = 5
    CACHE_EXPIRED = 6


class Action(IntEnum):
    """What the governor does."""

    ALLOW = 0
    REFUSE_UNKNOWN = 1
    """404."""
    REFUSE_HELD = 2
    """403."""
    NOTE_TERMS = 3
    """An entry: limits are judged against the terms in force at the commit."""


_S, _E, _A = State, Event, Action
_Rows = tuple[Row[State, Event, Action], ...]
_UNSEEN = (_S.SUSPENDED_UNSEEN, _S.REVOKED_UNSEEN)

_COMMON: _Rows = (
    row((_S.ABSENT,), (_E.GRANTED,), _S.GRANTED, (_A.NOTE_TERMS,), "QU-09"),
    row((_S.ABSENT,), (_E.USED,), None, (_A.REFUSE_UNKNOWN,), "LF-02"),
    row(
        (_S.ABSENT,), (_E.TERMS_CHANGED, _E.SUSPENDED, _E.RESUMED, _E.REVOKED, _E.CACHE_EXPIRED), None, (),
        "there is nothing yet",
    ),
    row((_S.GRANTED,), (_E.USED,), None, (_A.ALLOW,), "LF-02"),
    row((_S.GRANTED, _S.SUSPENDED), (_E.GRANTED, _E.TERMS_CHANGED), None, (_A.NOTE_TERMS,), "G-08, R5.4"),
    row((_S.GRANTED,), (_E.RESUMED, _E.CACHE_EXPIRED), None, (), "nothing changes"),
    row((_S.SUSPENDED,), (_E.USED,), None, (_A.REFUSE_HELD,), "T5-D3"),
    row((_S.SUSPENDED,), (_E.SUSPENDED, _E.CACHE_EXPIRED), None, (), "nothing changes"),
    row((_S.SUSPENDED,), (_E.RESUMED,), _S.GRANTED, (), "R5.5"),
    row((_S.SUSPENDED,), (_E.REVOKED,), _S.REVOKED, (), "QU-09"),
    row((_S.REVOKED,), (_E.USED,), None, (_A.REFUSE_UNKNOWN,), "LF-02"),
    row(
        (_S.REVOKED,),
        (_E.GRANTED, _E.TERMS_CHANGED, _E.SUSPENDED, _E.RESUMED, _E.REVOKED, _E.CACHE_EXPIRED),
        None, (), "it has ended",
    ),
)  # fmt: skip

_CACHED: _Rows = (
    row((_S.GRANTED,), (_E.SUSPENDED,), _S.SUSPENDED_UNSEEN, (), "LF-02, XA-70"),
    row((_S.GRANTED,), (_E.REVOKED,), _S.REVOKED_UNSEEN, (), "LF-02, XA-70"),
    row(_UNSEEN, (_E.USED,), None, (_A.ALLOW,), "XA-70, G-12"),
    row((_S.SUSPENDED_UNSEEN,), (_E.CACHE_EXPIRED,), _S.SUSPENDED, (), "LF-02"),
    row((_S.SUSPENDED_UNSEEN,), (_E.RESUMED,), _S.GRANTED, (), "R5.5"),
    row((_S.SUSPENDED_UNSEEN,), (_E.REVOKED,), _S.REVOKED_UNSEEN, (), "QU-09"),
    row((_S.SUSPENDED_UNSEEN,), (_E.GRANTED, _E.TERMS_CHANGED), None, (_A.NOTE_TERMS,), "G-08"),
    row((_S.SUSPENDED_UNSEEN,), (_E.SUSPENDED,), None, (), "nothing changes"),
    row((_S.REVOKED_UNSEEN,), (_E.CACHE_EXPIRED,), _S.REVOKED, (), "LF-02"),
    row(
        (_S.REVOKED_UNSEEN,), (_E.GRANTED, _E.TERMS_CHANGED, _E.SUSPENDED, _E.RESUMED, _E.REVOKED),
        None, (), "it has ended in the store",
    ),
)  # fmt: skip

_REPAIRED: _Rows = (
    row((_S.GRANTED,), (_E.SUSPENDED,), _S.SUSPENDED, (), "R5.5"),
    row((_S.GRANTED,), (_E.REVOKED,), _S.REVOKED, (), "R5.5"),
    row(_UNSEEN, tuple(Event), None, (), "nothing is cached"),
)


def _machine(reading: str, rows: _Rows, *unreachable: State) -> Machine[State, Event, Action]:
    return Machine(
        name="entitlement governor",
        reading=reading,
        story="whether a service may be used, as the one that asks knows it",
        states=State,
        events=Event,
        initial=_S.ABSENT,
        final=frozenset({_S.REVOKED}),
        expected_unreachable=frozenset(unreachable),
        rows=rows + _COMMON,
    )


MACHINES: Final = (
    _machine("cached", _CACHED),
    _machine("repaired", _REPAIRED, *_UNSEEN),
)
"""The reading of the documents, and the repaired one."""
