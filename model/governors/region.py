"""The lifecycle of a region: who leads, who follows, and how a lost leader comes back.

The documents route automatically and promote by hand (XA-26), and let the old primary catch up by itself or
in six manual steps (XA-62): the readings are ``automatic`` and ``manual``. Neither fences the old leader.
``repaired`` grants an epoch to one region at a time; a region that holds less than the committed prefix is
not promoted, and one that returns drops what nobody was told.

Source: RS-01 to RS-07, FM-03, FM-05, T4-P1, T4-P2, T4-R3; XA-26, XA-62, XC-16; C3, R1.4, R2.5.
"""

from enum import IntEnum
from typing import Final

from billproof.model.governors.machine import Machine, Row, row


class State(IntEnum):
    """What one region is."""

    STANDBY = 0
    PROMOTING = 1
    """Traffic is sent to it, and it does not lead yet (XA-26)."""
    LEADING = 2
    CUT_OFF = 3
    """It leads and nobody else sees it: it goes on, or not."""
    DEPOSED = 4
    """Another leads; it still thinks that it does: the zombie."""
    LOST = 5
    """It is down."""
    CATCHING_UP = 6
    DIVERGED = 7
    """It has entries of its own that the leader has never seen."""


class Event(IntEnum):
    """What happens to it."""

    LEADER_UNREACHABLE = 0
    """Health checks of the leader have failed for 10 s."""
    PROMOTED = 1
    """Activation has finished; in the repaired design, an epoch was granted to it."""
    PROMOTION_REFUSED = 2
    """It lacks entries that were acknowledged."""
    PARTITIONED = 3
    """It can reach neither clients nor the other regions."""
    OTHER_PROMOTED = 4
    FENCED = 5
    """Its write was refused for its old epoch."""
    WENT_DOWN = 6
    CAME_BACK = 7
    """It is up, or reachable, again."""
    CAUGHT_UP = 8


class Action(IntEnum):
    """What is done."""

    ROUTE_HERE = 0
    PAGE_OPERATOR = 1
    ACCEPT_WRITES = 2
    GO_ON_WRITING = 3
    """Without knowing that it should not."""
    STOP_WRITING = 4
    MERGE_BY_RECEIPT_ID = 5
    DROP_UNACKNOWLEDGED = 6
    COPY_LOG = 7


_S, _E, _A = State, Event, Action
_Rows = tuple[Row[State, Event, Action], ...]

_COMMON: _Rows = (
    row((_S.STANDBY, _S.PROMOTING, _S.CATCHING_UP, _S.DIVERGED), (_E.WENT_DOWN,), _S.LOST, (), "RS-03"),
    row((_S.LEADING, _S.CUT_OFF, _S.DEPOSED), (_E.WENT_DOWN,), _S.LOST, (_A.STOP_WRITING,), "RS-03, F-05"),
    row((_S.LEADING,), (_E.PARTITIONED,), _S.CUT_OFF, (), "FM-05, F-06"),
    row((_S.CUT_OFF,), (_E.CAME_BACK,), _S.LEADING, (), "FM-05"),
    row((_S.CUT_OFF,), (_E.PARTITIONED,), None, (), "nothing changes"),
    row((_S.STANDBY, _S.CATCHING_UP, _S.DIVERGED), (_E.PARTITIONED, _E.FENCED), None, (), "it leads nothing"),
    row((_S.STANDBY,), (_E.CAME_BACK, _E.CAUGHT_UP, _E.OTHER_PROMOTED), None, (), "it follows whoever leads"),
    row((_S.STANDBY,), (_E.PROMOTION_REFUSED,), None, (), "nobody promotes it"),
    row((_S.PROMOTING,), (_E.PROMOTED,), _S.LEADING, (_A.ACCEPT_WRITES,), "T4-R3, RS-03"),
    row((_S.PROMOTING,), (_E.CAME_BACK, _E.CAUGHT_UP, _E.FENCED), None, (), "nothing changes"),
    row((_S.PROMOTING,), (_E.OTHER_PROMOTED, _E.PARTITIONED), _S.STANDBY, (), "RS-03"),
    row((_S.PROMOTING, _S.CATCHING_UP, _S.DIVERGED), (_E.LEADER_UNREACHABLE,), None, (), "nothing changes"),
    row(
        (_S.LEADING, _S.CUT_OFF),
        (_E.LEADER_UNREACHABLE, _E.PROMOTED, _E.PROMOTION_REFUSED, _E.CAUGHT_UP),
        None, (), "it leads",
    ),
    row((_S.LEADING,), (_E.CAME_BACK,), None, (), "it leads"),
    row(
        (_S.DEPOSED,),
        (_E.LEADER_UNREACHABLE, _E.PROMOTED, _E.PROMOTION_REFUSED, _E.CAUGHT_UP, _E.PARTITIONED,
         _E.OTHER_PROMOTED),
        None, (), "it still thinks that it leads",
    ),
    row(
        (_S.LOST,),
        (_E.LEADER_UNREACHABLE, _E.PROMOTED, _E.PROMOTION_REFUSED, _E.PARTITIONED, _E.OTHER_PROMOTED,
         _E.FENCED, _E.WENT_DOWN, _E.CAUGHT_UP),
        None, (), "it is down",
    ),
    row((_S.CATCHING_UP,), (_E.CAUGHT_UP,), _S.STANDBY, (), "T4-P2, RS-04"),
    row(
        (_S.CATCHING_UP, _S.DIVERGED), (_E.PROMOTED, _E.PROMOTION_REFUSED, _E.OTHER_PROMOTED, _E.CAME_BACK),
        None, (), "nobody promotes it",
    ),
)  # fmt: skip

_UNFENCED: _Rows = (
    row((_S.STANDBY,), (_E.PROMOTED,), _S.LEADING, (_A.ACCEPT_WRITES,), "RS-15"),
    row((_S.PROMOTING,), (_E.PROMOTION_REFUSED,), None, (), "no document refuses"),
    row((_S.LEADING, _S.CUT_OFF), (_E.OTHER_PROMOTED,), _S.DEPOSED, (_A.GO_ON_WRITING,), "G-02, XA-26"),
    row((_S.LEADING, _S.CUT_OFF, _S.DEPOSED), (_E.FENCED,), None, (_A.GO_ON_WRITING,), "nothing fences"),
    row((_S.DEPOSED,), (_E.CAME_BACK,), _S.DIVERGED, (), "XA-62, F-35"),
    row((_S.LOST,), (_E.CAME_BACK,), _S.DIVERGED, (), "XA-62, F-35"),
)

_AUTOMATIC: _Rows = (
    row((_S.STANDBY,), (_E.LEADER_UNREACHABLE,), _S.PROMOTING, (_A.ROUTE_HERE,), "RS-03, FM-03, T4-R3"),
    row((_S.DIVERGED,), (_E.CAUGHT_UP,), _S.STANDBY, (_A.MERGE_BY_RECEIPT_ID,), "T4-P2"),
)

_MANUAL: _Rows = (
    row(
        (_S.STANDBY,), (_E.LEADER_UNREACHABLE,), _S.PROMOTING, (_A.ROUTE_HERE, _A.PAGE_OPERATOR),
        "RS-03, RS-05, RS-15, XA-26",
    ),
    # Step 3 of six: the primary is "synced from the secondary if corrupted"; its own tail is overwritten.
    row((_S.DIVERGED,), (_E.CAUGHT_UP,), _S.STANDBY, (_A.COPY_LOG,), "RS-04, XC-16"),
)  # fmt: skip

_REPAIRED: _Rows = (
    row((_S.STANDBY,), (_E.LEADER_UNREACHABLE,), _S.PROMOTING, (), "R2.5"),
    row((_S.STANDBY,), (_E.PROMOTED,), _S.LEADING, (_A.ACCEPT_WRITES, _A.ROUTE_HERE), "R1.4, R2.5"),
    row((_S.PROMOTING,), (_E.PROMOTION_REFUSED,), _S.STANDBY, (_A.PAGE_OPERATOR,), "R1.4, R2.5"),
    row(
        (_S.LEADING, _S.CUT_OFF), (_E.OTHER_PROMOTED,), _S.DEPOSED, (),
        "C3: it can commit nothing that counts",
    ),
    row(
        (_S.LEADING, _S.CUT_OFF, _S.DEPOSED), (_E.FENCED,), _S.CATCHING_UP,
        (_A.STOP_WRITING, _A.DROP_UNACKNOWLEDGED, _A.COPY_LOG), "C3, R1.4",
    ),
    row(
        (_S.DEPOSED, _S.LOST), (_E.CAME_BACK,), _S.CATCHING_UP, (_A.DROP_UNACKNOWLEDGED, _A.COPY_LOG),
        "C3, R2.4",
    ),
    row((_S.DIVERGED,), (_E.CAUGHT_UP,), None, (), "nothing diverges"),
)  # fmt: skip


def _machine(reading: str, rows: _Rows, *unreachable: State) -> Machine[State, Event, Action]:
    return Machine(
        name="region",
        reading=reading,
        story="who leads, who follows, and how a lost leader comes back",
        states=State,
        events=Event,
        initial=_S.STANDBY,
        final=frozenset(),
        expected_unreachable=frozenset(unreachable),
        rows=rows + _COMMON,
    )


MACHINES: Final = (
    _machine("automatic", _UNFENCED + _AUTOMATIC, _S.CATCHING_UP),
    _machine("manual", _UNFENCED + _MANUAL, _S.CATCHING_UP),
    _machine("repaired", _REPAIRED, _S.DIVERGED),
)
"""The two documented recoveries, and the repaired one."""
