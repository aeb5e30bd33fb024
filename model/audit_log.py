"""The audit log: who did what to the system, chained and signed as receipts are.

Every command that changes keys, accounts, terms, holds or personal data leaves one entry: actor, action,
resource, the state before and after, and the result. An entry names the digest of the one before, so that
none can be changed, taken out or put in between; it is signed, so that nobody else can write one.

Rules: an entry never holds personal data, since it outlives every erasure: before and after are
identifiers, numbers and commitments. A refused action is logged too, with its result.

Not here: where entries lie, and the signature (``service.audit_trail``).

Source: ``system.md`` section 8; claims AU-1, AU-2, RE-02; known-bugs rule R16, B105, B108.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billproof.model.access import ActorId
from billproof.model.canonical import JsonInputError, canonical_bytes, parse_json
from billproof.model.identifiers import GENESIS_DIGEST, NO_SEQUENCE, Digest, Instant, Sequence
from billproof.model.outcomes import ReceiptCode
from billproof.model.periods import (
    InstantFormatError,
    InstantRangeError,
    parse_instant,
    render_instant,
)
from billproof.model.portable import PortableError

AUDIT_TAG: Final = b"billproof/audit/v1\n"
"""The domain tag of audit entries: none can pass for a receipt."""

TEXT_MAX: Final = 10_000
"""The longest text of an entry, in characters."""

SEQUENCE_MAX: Final = 10**15 - 1
"""The largest number of an entry."""

NOBODY: Final = ActorId("")
"""No second person."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class AuditAction(StrEnum):
    """What can be done that leaves an entry."""

    ACCOUNT_CREATE = "account.create"
    TERMS_CHANGE = "terms.change"
    TOKEN_ISSUE = "token.issue"  # noqa: S105 - a name, no secret
    HOLD_PLACE = "hold.place"
    HOLD_RELEASE = "hold.release"
    PERIOD_CLOSE = "period.close"
    KEYS_ROTATE = "keys.rotate"
    PERSONAL_SET = "personal.set"
    LEGAL_HOLD_SET = "legal_hold.set"
    LEGAL_HOLD_RELEASE = "legal_hold.release"
    ERASE = "erase"
    DELETE_EXPIRED = "delete.expired"
    MIGRATION_CHECK = "migration.check"
    ACCESS_DENIED = "access.denied"
    DISPUTE_RESOLVE = "dispute.resolve"


class AuditFormatError(PortableError, ValueError):
    """Bytes that are no canonical audit entry, or an entry that has none.

    Args:
        problem: What is wrong.
        remedy: What to do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"audit entry: {problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """What is to be logged."""

    actor: ActorId
    """Who did it; never empty."""
    action: AuditAction
    resource: str
    """To what: a customer, a key, a period."""
    before: str
    """The state before, in identifiers; empty where there was none."""
    after: str
    """The state after."""
    result: str
    """``done``, or why it was refused."""
    at: Instant
    """When, by the clock of the rim."""
    approved_by: ActorId = NOBODY
    """The second person, where two are asked for; empty where none has approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An entry in its place."""

    sequence: Sequence
    """From 1."""
    previous: Digest
    """The digest of the entry before; ``GENESIS_DIGEST`` for the first."""
    record: AuditRecord
    digest: Digest
    """Of this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """The first thing wrong with an audit log."""

    sequence: Sequence
    code: ReceiptCode
    reason: str


def audit_body(sequence: Sequence, previous: Digest, record: AuditRecord) -> bytes:
    """Return the canonical bytes of an entry: what is hashed, linked and signed.

    Raises:
        AuditFormatError: No actor, a text that is too long, or a number out of range.
        CanonicalValueError: A text with a lone surrogate.
        InstantRangeError: A time outside 1970 to 9999.
    """
    texts = (record.actor, record.resource, record.before, record.after, record.result, record.approved_by)
    if not record.actor or any(len(text) > TEXT_MAX for text in texts):
        raise AuditFormatError(f"no actor, or a text beyond {TEXT_MAX} characters", "say who, in short")
    if not 1 <= sequence <= SEQUENCE_MAX:
        raise AuditFormatError(f"number {sequence} is not in 1 to {SEQUENCE_MAX}", "count from 1")
    return canonical_bytes(
        {
            "action": record.action.value,
            "actor": record.actor,
            "after": record.after,
            "approved_by": record.approved_by,
            "at": render_instant(record.at),
            "before": record.before,
            "prev": previous,
            "resource": record.resource,
            "result": record.result,
            "seq": sequence,
            "version": 1,
        }
    )


def audit_digest(body: bytes) -> Digest:
    """Return the digest of an entry: SHA-256 of the tag and the body, lowercase hex."""
    return Digest(hashlib.sha256(AUDIT_TAG + body).hexdigest())


def next_body(before: AuditEntry | None, record: AuditRecord) -> bytes:
    """Return the body of the entry that follows one; of the first one after None."""
    if before is None:
        return audit_body(Sequence(1), GENESIS_DIGEST, record)
    return audit_body(Sequence(before.sequence + 1), before.digest, record)


def parse_audit_body(body: bytes) -> AuditEntry:
    """Read an entry: the strict inverse of ``audit_body``.

    Raises:
        AuditFormatError: The bytes are not the canonical form of an entry.
    """
    remedy = "take the bytes exactly as they were written"
    try:
        document = parse_json(body, "audit entry")
    except JsonInputError as error:
        raise AuditFormatError(str(error), remedy) from error
    if not isinstance(document, dict) or document.get("version") != 1:
        raise AuditFormatError("no object of version 1", remedy)
    sequence, previous = document.get("seq"), document.get("prev")
    texts = {name: document.get(name) for name in _TEXTS}
    if type(sequence) is not int or not isinstance(previous, str) or _DIGEST.fullmatch(previous) is None:
        raise AuditFormatError("seq or prev is missing or no number or digest", remedy)
    try:
        record = AuditRecord(
            actor=ActorId(_text(texts["actor"])),
            action=AuditAction(_text(texts["action"])),
            resource=_text(texts["resource"]),
            before=_text(texts["before"]),
            after=_text(texts["after"]),
            result=_text(texts["result"]),
            # Not the fast reader, whose caller has checked the form: here it is checked by writing it again.
            at=parse_instant(_text(texts["at"])),
            approved_by=ActorId(_text(texts["approved_by"])),
        )
        written = audit_body(Sequence(sequence), Digest(previous), record)
    except (ValueError, InstantFormatError, InstantRangeError) as error:
        raise AuditFormatError(str(error), remedy) from error
    if written != body:
        raise AuditFormatError("not the canonical form", remedy)
    return AuditEntry(
        sequence=Sequence(sequence), previous=Digest(previous), record=record, digest=audit_digest(body)
    )


def check_audit_link(before: AuditEntry | None, entry: AuditEntry) -> AuditFinding | None:
    """Return what is wrong with an entry after the one before it, or None."""
    expected = Sequence(1 if before is None else before.sequence + 1)
    if entry.sequence < expected:
        return AuditFinding(
            sequence=entry.sequence, code=ReceiptCode.FORK, reason=f"entry {entry.sequence} comes again"
        )
    if entry.sequence > expected:
        return AuditFinding(
            sequence=expected, code=ReceiptCode.GAP, reason=f"{expected} is missing before {entry.sequence}"
        )
    if entry.previous != (GENESIS_DIGEST if before is None else before.digest):
        reason = f"entry {entry.sequence} does not name the digest of the entry before"
        return AuditFinding(sequence=entry.sequence, code=ReceiptCode.HASH, reason=reason)
    return None


def legal_holds(entries: Iterable[AuditEntry]) -> frozenset[str]:
    """Return the customers under a legal hold: the fold of the log, no table of its own."""
    held: set[str] = set()
    for entry in entries:
        if entry.record.result == "done":
            if entry.record.action == AuditAction.LEGAL_HOLD_SET:
                held.add(entry.record.resource)
            elif entry.record.action == AuditAction.LEGAL_HOLD_RELEASE:
                held.discard(entry.record.resource)
    return frozenset(held)


NO_AUDIT_ENTRY: Final = NO_SEQUENCE
"""The number that names no entry."""

_TEXTS: Final = ("action", "actor", "after", "approved_by", "at", "before", "resource", "result")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise AuditFormatError(f"{value!r} is no text", "take the bytes exactly as they were written")
    return value
