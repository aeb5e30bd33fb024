"""Retention: how long each class of record is kept, where, and whether it may go now.

Each tier says from when its time runs, how long it is kept for certain, and where it lies by age. A record
under a legal hold is kept whatever its age; a record under locked retention cannot be deleted early by
anybody, an administrator included. Personal data can be shredded before its tier ends (``erasure``), since
what is kept of it is a commitment without its key.

Choices: of the documented periods - 90 days, 14 months, 7 years, 35 days, 7 days, 1 hour - each is kept where
it does not contradict another: the ledger has 7 years under lock, idempotency keys are never deleted
(schedule T1-S3 double-bills after 90 days), the audit log has 7 years (14 months and 7 years were claimed of
the same log, XH-05). A year has 365 days and 6 hours here, so that 7 years cover 7 calendar years but for
less than a day; one more day is added for that.

Source: claims BK-01 to BK-07, RE-01 to RE-05, part 4 "Retention"; contradictions XH-04, XH-05, XH-07.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType

from billproof.model.identifiers import Instant

Duration = NewType("Duration", int)
"""Microseconds."""

HOUR: Final = Duration(3_600 * 10**6)
"""One hour."""

DAY: Final = Duration(24 * HOUR)
"""One day."""

YEARS_7: Final = Duration(7 * 365 * DAY + 7 * 6 * HOUR + DAY)
"""Seven calendar years from any day, for certain."""

MONTH: Final = Duration(31 * DAY)
"""One calendar month from any day, for certain."""

YEAR: Final = Duration(366 * DAY)
"""One calendar year from any day, for certain."""


class RecordClass(StrEnum):
    """What is kept."""

    RECEIPT = "receipt"
    AUDIT_ENTRY = "audit_entry"
    IDEMPOTENCY_KEY = "idempotency_key"
    CHECKPOINT = "checkpoint"
    PUBLIC_KEY = "public_key"
    PERSONAL_KEY = "personal_key"
    """The key by which personal data is committed to; shredding it is erasure."""
    DOCUMENT_SNAPSHOT = "document_snapshot"
    DATABASE_BACKUP = "database_backup"
    WAREHOUSE_SNAPSHOT = "warehouse_snapshot"


class Storage(StrEnum):
    """Where a record lies by its age."""

    HOT = "hot"
    STANDARD = "standard"
    ARCHIVE = "archive"


class RetentionDecision(StrEnum):
    """What may be done with a record now."""

    KEEP_LOCKED = "KEEP_LOCKED"
    """Within locked retention: nobody may delete it."""
    KEEP_HELD = "KEEP_HELD"
    """A legal hold lies on it."""
    KEEP = "KEEP"
    """Within its time; deleting it early is a decision of its own."""
    MAY_DELETE = "MAY_DELETE"
    """Its time has run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionTier:
    """How long a class of records is kept."""

    keep: Duration | None
    """From its creation; None for ever."""
    is_locked: bool
    """Whether nobody can delete it early."""
    hot: Duration
    """How long it lies in hot storage."""
    standard: Duration
    """Until what age it lies in standard storage after that; then in the archive."""
    source: str
    """The claim that says so."""


TIERS: Final[Mapping[RecordClass, RetentionTier]] = MappingProxyType(
    {
        RecordClass.RECEIPT: RetentionTier(
            keep=YEARS_7, is_locked=True, hot=MONTH, standard=YEAR, source="RE-02, BK-02, part 4"
        ),
        RecordClass.AUDIT_ENTRY: RetentionTier(
            keep=YEARS_7, is_locked=True, hot=MONTH, standard=YEAR, source="RE-02, RE-04 over RE-03"
        ),
        RecordClass.IDEMPOTENCY_KEY: RetentionTier(
            keep=None, is_locked=True, hot=YEARS_7, standard=YEARS_7, source="part 4 over RE-01 (T1-S3)"
        ),
        RecordClass.CHECKPOINT: RetentionTier(
            keep=None, is_locked=True, hot=MONTH, standard=YEAR, source="R3.3: heads outlive what they bind"
        ),
        RecordClass.PUBLIC_KEY: RetentionTier(
            keep=None, is_locked=True, hot=YEARS_7, standard=YEARS_7, source="R16: old receipts verify"
        ),
        RecordClass.PERSONAL_KEY: RetentionTier(
            keep=YEARS_7, is_locked=False, hot=YEARS_7, standard=YEARS_7, source="RE-05, R20"
        ),
        RecordClass.DOCUMENT_SNAPSHOT: RetentionTier(
            keep=Duration(35 * DAY), is_locked=False, hot=Duration(35 * DAY), standard=Duration(35 * DAY),
            source="BK-01",
        ),
        RecordClass.DATABASE_BACKUP: RetentionTier(
            keep=Duration(7 * DAY), is_locked=False, hot=Duration(7 * DAY), standard=Duration(7 * DAY),
            source="BK-03, BK-06",
        ),
        RecordClass.WAREHOUSE_SNAPSHOT: RetentionTier(
            keep=YEAR, is_locked=False, hot=Duration(0), standard=YEAR, source="BK-04"
        ),
    }
)  # fmt: skip
"""The tiers; every class has exactly one."""


def decide_retention(
    kind: RecordClass, created: Instant, now: Instant, *, is_held: bool
) -> RetentionDecision:
    """Decide whether a record may be deleted.

    Law: as time passes a record without a hold never goes back from ``MAY_DELETE``.

    Args:
        kind: Its class.
        created: When it was committed.
        now: The instant of the decision; before ``created`` the record counts as new.
        is_held: Whether a legal hold lies on it.
    """
    tier = TIERS[kind]
    is_within = tier.keep is None or now - created < tier.keep
    if is_within and tier.is_locked:
        return RetentionDecision.KEEP_LOCKED
    if is_held:
        return RetentionDecision.KEEP_HELD
    return RetentionDecision.KEEP if is_within else RetentionDecision.MAY_DELETE


def storage_of(kind: RecordClass, created: Instant, now: Instant) -> Storage:
    """Return where a record lies at its age."""
    tier = TIERS[kind]
    age = now - created
    if age < tier.hot:
        return Storage.HOT
    return Storage.STANDARD if age < tier.standard else Storage.ARCHIVE
