"""Cloud Spanner: strictly serialisable transactions, unique keys, optimistic aborts, commit by quorum.

Theory of operation. A transaction is what it read, with the commit that last wrote each row, and what it
wants to write. It commits if every row is still as it was read, no inserted row exists, and a majority of
the failure domains answers; all of it or nothing. Commits are numbered. The commit time is later than the
one before and not before the latest moment that the clock considers possible; the reply waits until that
moment has surely passed (``may_reply``), so that a read at any later time sees what was answered. Rows
are an immutable table: every version that is still retained can be read and restored.

Choices. A row's version is the number of its commit, never its value: a guard on the value (LF-05) lets a
row go 500, 350, 500 unnoticed (XA-13). Whether the reply arrives is not decided here: a caller that drops
it has an unknown outcome, and must retry under the same key.

Not here: SQL, sessions, how a majority is found (``quorum``), and the laws (``spanner_laws``).

Source: ``system.md`` section 2; CO-01, CO-03, EC-03, DB-01, BK-07; C1, C3.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, Generic, NamedTuple, TypeVar

from billproof.model.identifiers import Count, Epoch, Instant
from billproof.model.platform import bucket as buckets
from billproof.model.platform.bucket import Bucket
from billproof.model.platform.quorum import QuorumLog, new_log
from billproof.model.platform.quorum import commit as commit_by_quorum
from billproof.model.platform.table import Table
from billproof.model.platform.units import NO_COMMIT, CommitNumber, Mask, Micros, RowKey

V = TypeVar("V")

ATTEMPTS_MAX: Final = 3
"""Attempts at a transaction that aborts before it is refused (EC-03)."""


class Write(IntEnum):
    """What a transaction does to a row."""

    INSERT = 0
    """The row must not exist: this is what makes a key unique."""
    UPDATE = 1
    """The row must exist."""
    UPSERT = 2
    """Whether it exists or not."""
    DELETE = 3
    """Whether it exists or not."""


class Answer(IntEnum):
    """What a commit comes to; the first that applies, in this order, is the one given."""

    COMMITTED = 0
    FENCED = 1
    """The epoch is older than one that has committed; nothing changed (C3)."""
    EXHAUSTED = 2
    """The nodes have no capacity left in this second; nothing changed."""
    UNAVAILABLE = 3
    """No majority answers; nothing changed."""
    ABORTED = 4
    """A row that was read has changed since; nothing changed, read again."""
    ALREADY_EXISTS = 5
    """An inserted row exists; nothing changed."""
    NOT_FOUND = 6
    """An updated row does not exist; nothing changed."""


class Row(NamedTuple, Generic[V]):
    """A row as it is stored."""

    number: CommitNumber
    """The commit that last wrote it."""
    value: V


class Change(NamedTuple, Generic[V]):
    """One write of a transaction."""

    kind: Write
    key: RowKey
    value: V
    """Ignored by a deletion."""


class Transaction(NamedTuple, Generic[V]):
    """What was read and what is to be written."""

    epoch: Epoch
    """The term of whoever commits."""
    reads: tuple[tuple[RowKey, CommitNumber], ...]
    """Each row that was read, with its commit; ``NO_COMMIT`` where there was none."""
    writes: tuple[Change[V], ...]


class Clock(NamedTuple):
    """What the time service says: the true time lies between these, if it keeps its promise."""

    earliest: Instant
    latest: Instant


class Version(NamedTuple, Generic[V]):
    """All rows after one commit."""

    time: Instant
    rows: Table[Row[V]]


class Committed(NamedTuple):
    """The answer to a commit."""

    answer: Answer
    number: CommitNumber
    """``NO_COMMIT`` where nothing was committed."""
    time: Instant
    """The commit time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a store is made; see ``topology`` for the documented figures."""

    domains: Count
    """Failure domains that vote: 2f+1."""
    retention: Micros
    """How long older versions can be read and restored (BK-07: 3,600 s); 0 keeps none, and costs nothing."""
    writes_per_second: Count
    """Row writes that the nodes carry together; 0 asks for no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spanner(Generic[V]):
    """One store."""

    settings: Settings
    log: QuorumLog
    epoch: Epoch
    """The highest term that has committed."""
    time: Instant
    """The time of the last commit."""
    rows: Table[Row[V]]
    history: Table[Version[V]]
    """By commit number: what can still be read as it was."""
    oldest: CommitNumber
    """The first version of ``history``."""
    capacity: Bucket


def new_spanner(settings: Settings, now: Instant) -> "Spanner[V]":
    """Return an empty store."""
    rows: Table[Row[V]] = Table()
    return Spanner(
        settings=settings,
        log=new_log(settings.domains),
        epoch=Epoch(0),
        time=now,
        rows=rows,
        history=Table([(0, Version(now, rows))] if settings.retention else ()),
        oldest=NO_COMMIT,
        capacity=buckets.full(settings.writes_per_second, settings.writes_per_second, now),
    )


def read(store: "Spanner[V]", key: RowKey) -> "tuple[CommitNumber, V | None]":
    """Read a row as it is now; whether a majority is up to serve it is ``quorum.is_available``.

    Returns:
        The commit that last wrote it and its value; ``NO_COMMIT`` and None where there is no row.
    """
    row = store.rows.get(key)
    return (NO_COMMIT, None) if row is None else (row.number, row.value)


def version_at(store: "Spanner[V]", time: Instant) -> Version[V] | None:
    """Return all rows as they were at a time, or None where that is past the retention."""
    if store.time <= time:
        return Version(store.time, store.rows)
    number: int = store.log.committed
    while number >= store.oldest:
        version = store.history.get(number)
        if version is not None and version.time <= time:
            return version
        number -= 1
    return None


def judge(store: "Spanner[V]", transaction: Transaction[V]) -> Answer:
    """Return what the rows say to a transaction: the check that makes it serialisable."""
    rows = store.rows
    for key, number in transaction.reads:
        row = rows.get(key)
        if (NO_COMMIT if row is None else row.number) != number:
            return Answer.ABORTED
    for kind, key, _ in transaction.writes:
        if kind == Write.INSERT and rows.get(key) is not None:
            return Answer.ALREADY_EXISTS
        if kind == Write.UPDATE and rows.get(key) is None:
            return Answer.NOT_FOUND
    return Answer.COMMITTED


def commit(
    store: "Spanner[V]", transaction: Transaction[V], clock: Clock, answering: Mask
) -> "tuple[Spanner[V], Committed]":
    """Commit a transaction, all of it or nothing.

    Args:
        store: The store.
        transaction: What was read and what is to be written.
        clock: What the time service says now.
        answering: Which failure domains answer in time.
    """
    if transaction.epoch < store.epoch:
        return store, _refused(store, Answer.FENCED)
    capacity = store.capacity
    if store.settings.writes_per_second:
        capacity, admitted = buckets.take(capacity, Count(len(transaction.writes)), clock.earliest)
        if not admitted:
            return store, _refused(store, Answer.EXHAUSTED)
    log = commit_by_quorum(store.log, answering)
    if log is None:
        return store, _refused(store, Answer.UNAVAILABLE)
    answer = judge(store, transaction)
    if answer != Answer.COMMITTED:
        return store, _refused(store, answer)
    time = Instant(max(store.time + 1, clock.latest))
    rows, number = store.rows, log.committed
    for kind, key, value in transaction.writes:
        rows = rows.without(key) if kind == Write.DELETE else rows.put(key, Row(number, value))
    history, oldest = store.history, store.oldest
    if store.settings.retention:
        history, oldest = _pruned(store, time)
        history = history.put(number, Version(time, rows))
    after = Spanner(
        settings=store.settings,
        log=log,
        epoch=transaction.epoch,
        time=time,
        rows=rows,
        history=history,
        oldest=oldest,
        capacity=capacity,
    )
    return after, Committed(Answer.COMMITTED, number, time)


def may_reply(committed: Committed, clock: Clock) -> bool:
    """Tell whether the commit time has surely passed, so that a good clock reads later from now on."""
    return clock.earliest > committed.time


def commit_where(
    store: "Spanner[V]", key: RowKey, expected: V, change: Change[V], clock: Clock
) -> "tuple[Spanner[V], Committed]":
    """Commit one write if a row has this value, as the documents do it (LF-05); any majority answers.

    A value is not a version: the row may have been something else in between.
    """
    row = store.rows.get(key)
    number = row.number if row is not None and row.value == expected else CommitNumber(-1)
    reads = ((key, number),)
    everyone = Mask((1 << store.settings.domains) - 1)
    return commit(store, Transaction(store.epoch, reads, (change,)), clock, everyone)


def may_retry(attempts: Count) -> bool:
    """Tell whether a transaction that aborted this often is tried again (EC-03)."""
    return attempts < ATTEMPTS_MAX


def restore(store: "Spanner[V]", time: Instant, now: Instant) -> "Spanner[V] | None":
    """Return a new store with the rows as they were, or None where that is past the retention.

    Nothing later is in it: a key that was taken after ``time`` is free again (G-11).
    """
    version = version_at(store, time)
    if version is None:
        return None
    fresh: Spanner[V] = new_spanner(store.settings, now)
    return replace(
        fresh,
        epoch=store.epoch,
        time=Instant(max(now, version.time)),
        rows=version.rows,
        history=Table([(0, Version(now, version.rows))] if store.settings.retention else ()),
    )


def nodes_needed(writes_per_second: Count, node_writes_per_second: Count) -> Count:
    """Return how many nodes carry a load: the quotient, rounded up."""
    return Count(-(-writes_per_second // node_writes_per_second))


def _refused(store: "Spanner[V]", answer: Answer) -> Committed:
    return Committed(answer, NO_COMMIT, store.time)


def _pruned(store: "Spanner[V]", time: Instant) -> tuple[Table[Version[V]], CommitNumber]:
    """Drop at most two versions that are past the retention: as fast as they come, and never all at once."""
    history, oldest = store.history, store.oldest
    horizon = time - store.settings.retention
    for _ in range(2):
        following = history.get(oldest + 1)
        # The version in force at the horizon is kept: it ends where the next one begins.
        if following is None or following.time > horizon:
            break
        history, oldest = history.without(oldest), CommitNumber(oldest + 1)
    return history, oldest
