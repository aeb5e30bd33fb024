"""Cloud Firestore: each document is written whole or not at all, and nothing is promised across documents.

Theory of operation. A document has a version and the server time of its last write. Servers have clocks of
their own: within one document server time never goes back, across documents it orders nothing. A replica in
another region receives documents one by one, in any order across documents, and never an older version of
one after a newer; what is on the way when the region is lost is lost to the replica.

Not here: who may write (``firestore_rules``), queries, and how long the way takes: the caller decides when
a document arrives.

Source: ``system.md`` section 2; CO-02, CO-04, LF-04, RS-01, DB-08, RS-12, XD-45 [E7].
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Generic, NamedTuple, TypeVar

from billproof.model.identifiers import Count, Instant
from billproof.model.platform import bucket as buckets
from billproof.model.platform.bucket import Bucket
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.table import Table
from billproof.model.platform.units import Micros, RowKey

V = TypeVar("V")


class Precondition(IntEnum):
    """What a write demands of the document."""

    NONE = 0
    ABSENT = 1
    """There is no such document: a create."""
    VERSION = 2
    """The document has the version that was read."""


class Answer(IntEnum):
    """What a write comes to; the first that applies, in this order, is the one given."""

    WRITTEN = 0
    UNAVAILABLE = 1
    """The service is down; nothing changed."""
    EXHAUSTED = 2
    """The quota of writes is used up in this second; nothing changed."""
    FAILED_PRECONDITION = 3
    """The document is not as demanded; nothing changed."""


class Document(NamedTuple, Generic[V]):
    """One document."""

    version: Count
    """How often it was written, from 1; a deletion counts."""
    server_time: Instant
    """What the server that took the write believed the time to be."""
    value: V | None
    """None where it was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firestore(Generic[V]):
    """One database, its replica, and what is on the way between them."""

    available: bool
    documents: Table[Document[V]]
    in_flight: Table[tuple[Document[V], ...]]
    """By document: the versions that the replica has not received, oldest first."""
    replica: Table[Document[V]]
    writes: Bucket
    """The quota of writes; a rate of 0 asks for none."""


def new_firestore(writes_per_second: Count, now: Instant) -> "Firestore[V]":
    """Return an empty database; 0 asks for no quota."""
    return Firestore(
        available=True,
        documents=Table(),
        in_flight=Table(),
        replica=Table(),
        writes=buckets.full(writes_per_second, writes_per_second, now),
    )


def version_of(store: "Firestore[V]", key: RowKey) -> Count:
    """Return the version of a document; 0 where it never was."""
    document = store.documents.get(key)
    return Count(0) if document is None else document.version


def write(
    store: "Firestore[V]",
    key: RowKey,
    value: V | None,
    server_time: Instant,
    demand: tuple[Precondition, Count] = (Precondition.NONE, Count(0)),
) -> "tuple[Firestore[V], Answer]":
    """Write or delete one document, whole or not at all.

    Args:
        store: The database.
        key: Which document.
        value: What it is to hold; None deletes it.
        server_time: What the server that takes the write believes the time to be.
        demand: A precondition, and the version it speaks of.
    """
    if not store.available:
        return store, Answer.UNAVAILABLE
    quota = store.writes
    if quota.rate_per_second:
        quota, admitted = buckets.take(quota, Count(1), server_time)
        if not admitted:
            return store, Answer.EXHAUSTED
    before = store.documents.get(key)
    version = 0 if before is None else before.version
    is_there = before is not None and before.value is not None
    if (demand[0] == Precondition.ABSENT and is_there) or (
        demand[0] == Precondition.VERSION and demand[1] != version
    ):
        return store, Answer.FAILED_PRECONDITION
    time = server_time if before is None else Instant(max(server_time, before.server_time))
    document = Document(Count(version + 1), time, value)
    waiting = store.in_flight.get(key)
    after = Firestore(
        available=True,
        documents=store.documents.put(key, document),
        in_flight=store.in_flight.put(key, (document,) if waiting is None else (*waiting, document)),
        replica=store.replica,
        writes=quota,
    )
    return after, Answer.WRITTEN


def arrive(store: "Firestore[V]", key: RowKey) -> "Firestore[V]":
    """Let the replica receive the oldest version of a document that is on the way; else change nothing."""
    waiting = store.in_flight.get(key)
    if waiting is None:
        return store
    rest = waiting[1:]
    return Firestore(
        available=store.available,
        documents=store.documents,
        in_flight=store.in_flight.put(key, rest) if rest else store.in_flight.without(key),
        replica=store.replica.put(key, waiting[0]),
        writes=store.writes,
    )


def promote(store: "Firestore[V]") -> "Firestore[V]":
    """Lose the first region: the replica is now the database, and what was on the way is gone."""
    return Firestore(
        available=True,
        documents=store.replica,
        in_flight=Table(),
        replica=store.replica,
        writes=store.writes,
    )


def set_available(store: "Firestore[V]", *, available: bool) -> "Firestore[V]":
    """Let the service be up or down; documents stay."""
    return Firestore(
        available=available,
        documents=store.documents,
        in_flight=store.in_flight,
        replica=store.replica,
        writes=store.writes,
    )


def backlog(store: "Firestore[V]") -> Count:
    """Return how many writes the replica has not received."""
    return Count(sum(len(waiting) for _, waiting in store.in_flight.items()))


def age_of_replica(store: "Firestore[V]", now: Instant) -> Micros:
    """Return how long ago, by server times, the oldest write was made that the replica lacks; 0 if none."""
    oldest = min((waiting[0].server_time for _, waiting in store.in_flight.items()), default=now)
    return Micros(max(0, now - oldest))


def versions_never_fall(before: Firestore[int], after: Firestore[int]) -> bool:
    """Tell whether no document, here or in the replica, went back."""
    pairs = ((before.documents, after.documents), (before.replica, after.replica))
    for old, new in pairs:
        for key, document in old.items():
            now = new.get(key)
            if now is None or now.version < document.version or now.server_time < document.server_time:
                return False
    return True


def replica_catches_up(before: Firestore[int], after: Firestore[int]) -> bool:
    """Tell whether the replica and what is on its way make up the database."""
    del before
    for key, document in after.documents.items():
        waiting = after.in_flight.get(key)
        newest = waiting[-1] if waiting else after.replica.get(key)
        if newest != document:
            return False
    return True


def one_document_per_write(before: Firestore[int], after: Firestore[int]) -> bool:
    """Tell whether a step changed at most one document, by one version."""
    changed = [
        (document.version, version_of(before, RowKey(key)))
        for key, document in after.documents.items()
        if before.documents.get(RowKey(key)) != document
    ]
    return changed in ([], [(changed[0][1] + 1, changed[0][1])] if changed else [])


LAWS: Final[tuple[Law[Firestore[int]], ...]] = (
    Law(
        name="documents_never_go_back",
        statement="versions and server times of one document never fall, in the database and the replica",
        source="CO-04",
        holds=versions_never_fall,
    ),
    Law(
        name="replica_converges",
        statement="when everything on the way has arrived, the replica is the database",
        source="CO-02, T4-D",
        holds=replica_catches_up,
    ),
    Law(
        name="one_document_per_write",
        statement="a write changes one document, whole",
        source="system.md section 2",
        holds=one_document_per_write,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="server_time_is_no_order",
        statement="of two documents the later may have the earlier server time, or the same one",
        source="XA-44, XA-45",
    ),
    SharpEdge(
        name="replica_shows_effect_before_cause",
        statement="a replica may show a later document without an earlier one: it is no prefix of the log",
        source="CO-04, XA-44",
    ),
    SharpEdge(
        name="promotion_loses_what_was_on_the_way",
        statement="a promoted replica lacks the writes that were acknowledged and had not arrived",
        source="T2-S2, RS-03, XA-22",
    ),
    SharpEdge(
        name="no_commit_with_another_store",
        statement="nothing spans two documents' stores: a crash between them leaves one side written",
        source="XA-01, XA-02, G-04",
    ),
    SharpEdge(
        name="unbounded_has_a_quota",
        statement="the store said to be unbounded refuses writes above its quota",
        source="DB-08, RS-12, XD-45, XD-46",
    ),
)
