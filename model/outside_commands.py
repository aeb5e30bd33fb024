"""What happens outside the stores, and what reaches into them from there: copies, readers, restores.

``ExhibitCommand``s touch only what lies outside the sites (``model.exhibits``); ``OutsideCommand``s reach
into a site or into what is published.

Source: schedules T2-S7, T3-S1, T3-S6, T3-S7, T4-S4; rules R2.6, R3.4, R3.6, R4.2, R4.3.
"""

from dataclasses import dataclass
from typing import TypeAlias

from billproof.model.identifiers import (
    Amount,
    CustomerId,
    CustomerKeyId,
    Digest,
    Fingerprint,
    Position,
    SigningKeyId,
)
from billproof.model.outcomes import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRequest:
    """Put on record the signature of whoever holds ``customer_key`` over a request."""

    customer_key: CustomerKeyId
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSigningKey:
    """Let the operator sign receipts with another key from now on."""

    signing_key: SigningKeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackup:
    """Copy the leader's log as far as it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Apply the next durable log entry of the leader to the ledger documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorruptDocument:
    """Move the balance that a customer's document shows, by a fault or by somebody's hand."""

    customer: CustomerId
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareDocument:
    """Reconcile a customer's document with the ledger: compare, alarm, repair by a correction."""

    customer: CustomerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBalance:
    """Ask a region for a customer's balance."""

    region: Region
    customer: CustomerId


ExhibitCommand: TypeAlias = (
    SignRequest | RotateSigningKey | TakeBackup | Project | CorruptDocument | CompareDocument | ReadBalance
)
"""What happens outside the stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Copy the receipt at a position of a region's log to the archive."""

    region: Region
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class OverwriteArchive:
    """Replace an archived receipt by another, as an administrator of the archive could."""

    position: Position
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeCheckpoint:
    """Publish a checkpoint whose map leaves a customer out, with permission to sign that was stolen."""

    customer: CustomerId


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveQuorum:
    """Let the region that does not lead leave the leader's quorum, by a committed event: a new epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreBackup:
    """Restore a region from the backup."""

    region: Region


OutsideCommand: TypeAlias = Archive | OverwriteArchive | ForgeCheckpoint | LeaveQuorum | RestoreBackup
"""What reaches into a store, or into what is published of it."""
