"""Retention at the rim: what of a store is kept, where it belongs by its age, and what may go.

Every record has one decision of ``model.retention``: receipts, audit entries and idempotency keys are locked
and stay, whoever asks; the personal data of a customer whose last entry is past its tier may go, unless a
legal hold lies on the customer. Deleting it is an erasure like any other, and leaves the same two entries.

Not here: moving objects between storage classes, which a store of one file does not have; the report says
where each record belongs.

Source: RE-01 to RE-05; ``model.retention``; ``system.md`` section 8.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from billproof.model.audit_log import legal_holds
from billproof.model.compliance import ErasureDecision
from billproof.model.identifiers import Count, CustomerId, Instant
from billproof.model.retention import RecordClass, RetentionDecision, Storage, decide_retention, storage_of
from billproof.service.audit_trail import read_trail
from billproof.service.personal import Deed, erase
from billproof.service.reading import read_receipts
from billproof.service.schema import reading_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The records of one class."""

    kind: RecordClass
    decisions: dict[RetentionDecision, Count]
    storages: dict[Storage, Count]
    """Where they belong by their age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionReport:
    """What a store keeps at an instant."""

    at: Instant
    classes: tuple[Kept, ...]
    expired: tuple[CustomerId, ...]
    """The customers whose personal data may go."""
    deleted: tuple[CustomerId, ...]
    """Those of them whose data was deleted now."""


def review(database: Path, now: Instant) -> RetentionReport:
    """Decide on every record of a store.

    Raises:
        UnreadableEntryError: A receipt or an entry of the audit log cannot be read.
        RimError: The store cannot be used.
    """
    decisions: dict[RecordClass, Counter[RetentionDecision]] = {}
    storages: dict[RecordClass, Counter[Storage]] = {}
    expired: list[CustomerId] = []
    with reading_store(database) as connection:
        held = legal_holds(read_trail(connection, None).entries)
        for kind, owner, created in _records(connection, database):
            decision = decide_retention(kind, created, now, is_held=owner in held)
            decisions.setdefault(kind, Counter())[decision] += 1
            storages.setdefault(kind, Counter())[storage_of(kind, created, now)] += 1
            if kind == RecordClass.PERSONAL_KEY and decision == RetentionDecision.MAY_DELETE:
                expired.append(owner)
    classes = tuple(
        Kept(
            kind=kind,
            decisions={item: Count(decisions[kind][item]) for item in RetentionDecision},
            storages={item: Count(storages[kind][item]) for item in Storage},
        )
        for kind in RecordClass
        if kind in decisions
    )
    return RetentionReport(at=now, classes=classes, expired=tuple(expired), deleted=())


def delete_expired(database: Path, deed: Deed) -> RetentionReport:
    """Delete the personal data that may go, by an erasure each, and return what was reviewed before.

    Raises:
        RimError: As ``review`` and ``erase``; what was deleted by then stays deleted, and is logged.
    """
    before = review(database, deed.now)
    deleted = tuple(
        customer
        for customer in before.expired
        if erase(database, customer, deed).decision == ErasureDecision.ERASE
    )
    return RetentionReport(at=before.at, classes=before.classes, expired=before.expired, deleted=deleted)


def _records(
    connection: sqlite3.Connection, database: Path
) -> Iterator[tuple[RecordClass, CustomerId, Instant]]:
    """Yield every record with its owner and its age's beginning; a personal key's is the last entry."""
    last: dict[CustomerId, Instant] = {}
    for receipt in read_receipts(connection, database):
        entry = receipt.entry
        last[entry.customer] = max(entry.commit_time, last.get(entry.customer, entry.commit_time))
        yield RecordClass.RECEIPT, entry.customer, entry.commit_time
        yield RecordClass.IDEMPOTENCY_KEY, entry.customer, entry.commit_time
    for logged in read_trail(connection, None).entries:
        yield RecordClass.AUDIT_ENTRY, CustomerId(logged.record.resource), logged.record.at
    for customer in _customers_with_personal_data(connection):
        # Its account was opened by an entry; a store without that one is for the audit to judge.
        if customer in last:
            yield RecordClass.PERSONAL_KEY, customer, last[customer]


def _customers_with_personal_data(connection: sqlite3.Connection) -> list[CustomerId]:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'personal_data'").fetchone() is None:
        return []
    rows = connection.execute("SELECT DISTINCT customer FROM personal_data ORDER BY customer").fetchall()
    return [CustomerId(row[0]) for row in rows]
