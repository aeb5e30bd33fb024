"""What Cloud Spanner guarantees: laws of each step, and of what clients observed; and its sharp edges.

Source: C1, C3; CO-01, CO-03; ``spanner`` is the machine.
"""

from typing import Final, Generic, NamedTuple, TypeVar

from billproof.model.identifiers import Instant
from billproof.model.platform.law import Assumption, Law, SharpEdge
from billproof.model.platform.spanner import Spanner, Transaction, Write
from billproof.model.platform.units import NO_COMMIT, CommitNumber

V = TypeVar("V")


class Observed(NamedTuple, Generic[V]):
    """A committed transaction as clients saw it."""

    transaction: Transaction[V]
    number: CommitNumber
    time: Instant
    began: Instant
    """When, in true time, its client asked for it."""
    answered: Instant
    """When, in true time, its client had the answer."""


def is_serialisable(observed: "tuple[Observed[V], ...]") -> bool:
    """Tell whether one order, that of the commit numbers, explains everything that was read."""
    written: dict[int, CommitNumber] = {}
    for seen in sorted(observed, key=lambda one: one.number):
        for key, number in seen.transaction.reads:
            if written.get(key, NO_COMMIT) != number:
                return False
        for kind, key, _ in seen.transaction.writes:
            if kind == Write.INSERT and written.get(key, NO_COMMIT) != NO_COMMIT:
                return False
            written[key] = NO_COMMIT if kind == Write.DELETE else seen.number
    return True


def is_strict(observed: "tuple[Observed[V], ...]") -> bool:
    """Tell whether a transaction that was answered before another began has the earlier commit time."""
    return all(one.time < other.time for one in observed for other in observed if one.answered < other.began)


def times_increase(before: "Spanner[V]", after: "Spanner[V]") -> bool:
    """Tell whether a later commit has a later time."""
    return after.log.committed == before.log.committed or after.time > before.time


def epochs_never_fall(before: "Spanner[V]", after: "Spanner[V]") -> bool:
    """Tell whether no commit of an older term followed one of a newer."""
    return after.epoch >= before.epoch


def versions_name_commits(before: "Spanner[V]", after: "Spanner[V]") -> bool:
    """Tell whether a row that changed names the commit of this step, and no row a later one."""
    committed = after.log.committed
    return all(
        row.number == committed or (row.number < committed and row == before.rows.get(key))
        for key, row in after.rows.items()
    )


def _is_serialisable_after(before: tuple[Observed[int], ...], after: tuple[Observed[int], ...]) -> bool:
    del before
    return is_serialisable(after)


def _is_strict_after(before: tuple[Observed[int], ...], after: tuple[Observed[int], ...]) -> bool:
    del before
    return is_strict(after)


LAWS: Final[tuple[Law[Spanner[int]], ...]] = (
    Law(
        name="times_increase",
        statement="commit times strictly increase with commit numbers",
        source="XA-72",
        holds=times_increase,
        grounds=(Assumption.STORE,),
    ),
    Law(
        name="fenced",
        statement="no commit of an older epoch follows one of a newer",
        source="R1.4",
        holds=epochs_never_fall,
        grounds=(Assumption.FENCING,),
    ),
    Law(
        name="versions_name_commits",
        statement="a row changes only in a commit, and names it",
        source="XA-13",
        holds=versions_name_commits,
        grounds=(Assumption.STORE,),
    ),
)

OBSERVED_LAWS: Final[tuple[Law[tuple[Observed[int], ...]], ...]] = (
    Law(
        name="serialisable",
        statement="one order of the committed transactions explains everything they read; keys are unique",
        source="CO-01; C1",
        holds=_is_serialisable_after,
        grounds=(Assumption.STORE,),
    ),
    Law(
        name="strict",
        statement="a transaction that was answered before another began comes first",
        source="CO-03; C1",
        holds=_is_strict_after,
        grounds=(Assumption.STORE,),
    ),
)
"""What clients can see of a store."""

SHARP_EDGES: Final = (
    SharpEdge(
        name="reply_lost_after_commit",
        statement="a commit whose reply is lost is in force; a client that cannot know must retry one key",
        source="T1-P3, F-07",
    ),
    SharpEdge(
        name="value_guard_is_no_version",
        statement="an update guarded by the value read passes after the value went away and came back",
        source="LF-05, XA-13",
    ),
    SharpEdge(
        name="read_outside_commit",
        statement="a look-up before the transaction protects nothing; only reads of the transaction do",
        source="T1-S1, XA-03",
    ),
    SharpEdge(
        name="restore_frees_keys",
        statement="a restore to a point forgets later keys; their retries are charged again",
        source="G-11, R7",
    ),
    SharpEdge(
        name="bad_clock_hides_answered_commit",
        statement="if true time leaves the clock's interval, a later read can miss an answered commit",
        source="C2; G-07",
    ),
    SharpEdge(
        name="hot_row_aborts",
        statement="all but one of the transactions that read a row together abort; three attempts may not do",
        source="EC-03, XD-24, XD-26",
    ),
    SharpEdge(
        name="node_capacity",
        statement="writes above what the nodes carry are refused, whatever the balancer admitted",
        source="DB-01, XD-44",
    ),
)
