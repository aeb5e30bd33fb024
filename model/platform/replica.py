"""An asynchronous replica of one log: a prefix that trails, and what a promotion of it leaves behind.

Theory of operation. The source appends, entries travel, the replica applies them in order. Backlog counts
entries, age is how long the oldest missing one has been committed: both are zero in a replica that has
everything, whatever the clocks say. A source with admission refuses to append while the backlog is at K.

Choices. Lag is never "secondary minus primary" of two clocks, which is at most zero for any replica (XA-56).

Source: T4-L0 to T4-L6, R4.1; TF-3, RS-01, XA-24; ``system.md`` section 7.
"""

from dataclasses import dataclass
from typing import Final

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.law import Assumption, Law, SharpEdge
from billproof.model.platform.table import Table
from billproof.model.platform.units import CommitNumber, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A source and its replica."""

    committed: CommitNumber
    """How many entries the source has."""
    applied: CommitNumber
    """How many of them the replica has."""
    times: Table[Instant]
    """By number of the entry: when it was committed; only of those the replica lacks."""
    backlog_max: Count
    """K: the backlog at which the source refuses to append; 0 for no admission."""


def new_replica(backlog_max: Count) -> Replica:
    """Return an empty source and replica."""
    return Replica(committed=CommitNumber(0), applied=CommitNumber(0), times=Table(), backlog_max=backlog_max)


def backlog(replica: Replica) -> Count:
    """Return how many entries the replica lacks."""
    return Count(replica.committed - replica.applied)


def age(replica: Replica, now: Instant) -> Micros:
    """Return how long ago the oldest entry was committed that the replica lacks; 0 if it has all."""
    oldest = replica.times.get(replica.applied + 1)
    return Micros(0) if oldest is None else Micros(max(0, now - oldest))


def is_admitted(replica: Replica) -> bool:
    """Tell whether the source may append."""
    return replica.backlog_max == 0 or replica.committed - replica.applied < replica.backlog_max


def append(replica: Replica, now: Instant) -> Replica:
    """Append one entry at the source, or nothing where admission refuses."""
    if not is_admitted(replica):
        return replica
    number = CommitNumber(replica.committed + 1)
    return Replica(
        committed=number,
        applied=replica.applied,
        times=replica.times.put(number, now),
        backlog_max=replica.backlog_max,
    )


def apply_next(replica: Replica) -> Replica:
    """Apply the next entry at the replica, or nothing where it has all."""
    if replica.applied == replica.committed:
        return replica
    number = CommitNumber(replica.applied + 1)
    return Replica(
        committed=replica.committed,
        applied=number,
        times=replica.times.without(number),
        backlog_max=replica.backlog_max,
    )


def promote(replica: Replica) -> tuple[Replica, Count]:
    """Lose the source: the replica leads with what it has.

    Returns:
        The new source with a replica that has everything, and how many entries were lost.
    """
    led = Replica(
        committed=replica.applied,
        applied=replica.applied,
        times=Table(),
        backlog_max=replica.backlog_max,
    )
    return led, backlog(replica)


def is_prefix(before: Replica, after: Replica) -> bool:
    """Tell whether the replica has no more than the source, and lost nothing that it had."""
    return before.applied <= after.applied <= after.committed


def backlog_is_admitted(before: Replica, after: Replica) -> bool:
    """Tell whether with admission the backlog never passes K."""
    del before
    return after.backlog_max == 0 or after.committed - after.applied <= after.backlog_max


def lag_is_counted(before: Replica, after: Replica) -> bool:
    """Tell whether what is timed is exactly what the replica lacks."""
    del before
    return [number for number, _ in after.times.items()] == list(
        range(after.applied + 1, after.committed + 1)
    )


LAWS: Final[tuple[Law[Replica], ...]] = (
    Law(
        name="prefix",
        statement="a replica is a prefix of its source",
        source="R4.1",
        holds=is_prefix,
    ),
    Law(
        name="admission_bounds_backlog",
        statement="with admission at K the replica never lacks more than K entries",
        source="R4.2; T4-F2",
        holds=backlog_is_admitted,
        grounds=(Assumption.FAULT_SET,),
    ),
    Law(
        name="lag_counted",
        statement="backlog and age speak of exactly the entries that the replica lacks",
        source="XA-56",
        holds=lag_is_counted,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="promotion_loses_the_backlog",
        statement="a promoted replica lacks its backlog, every entry of which may have been acknowledged",
        source="T1-S2, T2-S2, XA-22, XC-05",
    ),
    SharpEdge(
        name="no_admission_no_bound",
        statement="without admission the backlog has no bound, whatever the usual lag is",
        source="T4-F2, XA-59, XA-60",
    ),
)
