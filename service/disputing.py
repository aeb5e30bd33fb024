"""The entries of a dispute: a hold on what could be returned, its release, and the return of a charge.

A dispute is named by its receipt and its claim. Opening it commits a hold on whatever of the debit has
neither been returned nor is held already, so that nobody returns it a second way meanwhile; its end is a
release that says how it ended and, where the charge does not stand, a refund in the same transaction. How
much is held or returned is computed inside the commit, by the standing of the debit at that moment. Each step
has a key of its own, so that opening or ending twice is doing it once.

Not here: what the evidence decides (``model.disputes``), and who may (``model.access``).

Source: ``system.md`` section 8, "an open dispute holds the refundable amount"; known-bugs B34, B39.
"""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from billproof.model.access import ActorId
from billproof.model.audit_log import AuditAction, AuditRecord
from billproof.model.canonical import request_fingerprint
from billproof.model.disputes import Claim, Resolution
from billproof.model.identifiers import Amount, CustomerId, IdempotencyKey, Instant, IssuerId, UsageText
from billproof.model.money import render_amount
from billproof.model.outcomes import EntryKind
from billproof.model.periods import period_of
from billproof.model.state import NO_TERMS, Entry, Request
from billproof.service.reading import read_entry_under
from billproof.service.usage import SCHEMA_VERSION, Signature

DISPUTE_ISSUER: Final = IssuerId("dispute")
"""The actor of releases that follow from a verdict."""

RETURNING: Final = frozenset({Resolution.REVERSED, Resolution.SYSTEM_FAULT})
"""The resolutions that return the charge."""


class Step(StrEnum):
    """What a dispute does to the ledger; the first part of its idempotency keys."""

    OPEN = "dispute_open"
    END = "dispute_end"
    REFUND = "dispute_refund"


_KINDS: Final = {Step.OPEN: EntryKind.HOLD, Step.END: EntryKind.RELEASE, Step.REFUND: EntryKind.REFUND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Which dispute."""

    customer: CustomerId
    receipt: str
    """The id of the receipt."""
    claim: Claim

    @property
    def name(self) -> str:
        """The id of the dispute."""
        return f"{self.receipt}.{self.claim.value}"

    def key(self, step: Step) -> IdempotencyKey:
        """Return the idempotency key of a step."""
        return IdempotencyKey(f"{step.value}:{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The entries that a dispute has so far; None for one that it does not have."""

    opened: Entry | None
    ended: Entry | None
    refunded: Entry | None

    @property
    def status(self) -> str:
        """``open`` while something is held, ``ended`` after that; ``no_hold`` where nothing was held."""
        if self.ended is not None:
            return "ended"
        if self.opened is not None:
            return "open"
        return "no_hold" if self.refunded is None else "ended"


def step_request(
    case: Case, step: Step, debit: Entry, *, amount: Amount, at: Instant, by: Signature, word: str
) -> Request:
    """Return the request of a step.

    Args:
        case: The dispute.
        step: What to do.
        debit: What it is about.
        amount: What to release, or to return at most; a hold is computed in the commit.
        at: When.
        by: Who causes it.
        word: The claim or the resolution, kept with the entry.
    """
    return Request(
        customer=case.customer,
        key=case.key(step),
        fingerprint=request_fingerprint(
            step.value, case.customer, {"dispute": case.name, "word": word}, SCHEMA_VERSION
        ),
        amount=amount,
        currency=debit.currency,
        entitlement=debit.entitlement,
        usage=UsageText(word),
        price_plan=debit.price_plan,
        event_time=at,
        period=period_of(at),
        refers_to=debit.sequence,
        terms=NO_TERMS,
        issuer=by.issuer,
        signing_key=by.signing_key,
    )


def steps_of(connection: sqlite3.Connection, path: Path, case: Case) -> Steps:
    """Return what the ledger has of a dispute.

    Raises:
        UnreadableEntryError: An entry of it does not read as one.
    """
    found = {}
    for step, kind in _KINDS.items():
        entry = read_entry_under(connection, path, case.customer, case.key(step))
        # A client may have used such a key for something else: that is no step of a dispute.
        found[step] = entry if entry is not None and entry.kind == kind else None
    return Steps(opened=found[Step.OPEN], ended=found[Step.END], refunded=found[Step.REFUND])


def steps_document(steps: Steps) -> dict[str, str | int | None]:
    """Return the entries of a dispute as a document."""
    held = steps.opened
    return {
        "status": steps.status,
        "held": None if held is None else render_amount(held.amount),
        "held_seq": None if held is None else held.sequence,
        "resolution": None if steps.ended is None else steps.ended.usage,
        "released_seq": None if steps.ended is None else steps.ended.sequence,
        "returned": None if steps.refunded is None else render_amount(steps.refunded.amount),
        "returned_seq": None if steps.refunded is None else steps.refunded.sequence,
    }


def resolution_record(case: Case, resolution: str, actor: IssuerId, at: Instant) -> AuditRecord:
    """Return what the audit log says of the end of a dispute."""
    return AuditRecord(
        actor=ActorId(actor),
        action=AuditAction.DISPUTE_RESOLVE,
        resource=case.name,
        before="open",
        after=resolution,
        result="done",
        at=at,
    )
