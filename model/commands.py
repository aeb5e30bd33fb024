"""Everything that can happen, as one closed union of records.

Four actors issue them: clients and operators (operations that write an entry), the system itself (lookups,
second writes, replication, delivery, replies, publication), the environment (clock, crash, failover), and
the adversary (edits of a presented ledger). ``Progress`` names the ones that a live system performs by
itself.

Source: issue text "Core"; ``system.md`` section 4; schedules ``Tn-Sk`` of ``claims.md`` part 3.
"""

from dataclasses import dataclass
from typing import TypeAlias

from billproof.model.identifiers import (
    Amount,
    AttemptId,
    CustomerId,
    Instant,
    Period,
    Position,
)
from billproof.model.outcomes import Region
from billproof.model.outside_commands import ExhibitCommand, OutsideCommand
from billproof.model.state import KeyName, Request, RowName


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """Open an account with ``request.terms`` and ``request.currency``."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTier:
    """Set ``request.terms`` from now on."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Record a payment of ``request.amount``."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveCredit:
    """Credit ``request.amount``, by issuer authority."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """Correct by ``request.amount``: positive charges, negative returns; by issuer authority."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Return ``request.amount`` of the debit ``request.refers_to``."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterKey:
    """Register the customer's key that ``request.usage`` names, or revoke registration ``refers_to``.

    ``request.issuer`` says who vouches for it.
    """

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """Undo the debit ``request.refers_to``: return all of it, ``request.amount``."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargeback:
    """Return ``request.amount`` of the debit ``request.refers_to``, as the payer's bank demands."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Stop the charges of an account, or keep ``request.amount`` of ``request.refers_to`` from returning."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """End the hold ``request.refers_to`` on charges, or free ``request.amount`` of that debit."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPeriod:
    """Bill months from ``request.period`` on, which is before the first one so far."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePeriod:
    """Cut the invoice of ``request.period`` and of every month before it that is still open."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase:
    """Record that the personal data of ``request.customer`` is erased; what is hashed stays as it is."""

    region: Region
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Read key, usage and head outside the commit, at one instance (only designs that do so)."""

    region: Region
    attempt: AttemptId
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Commit a charge: the one transaction, or the first of two writes."""

    region: Region
    attempt: AttemptId
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Make the second write of a half-written charge (only designs that write twice)."""

    region: Region
    attempt: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Give the client of a request the definite reply for its key."""

    region: Region
    attempt: AttemptId
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Deliver the outbox message at ``position`` to the invoice consumer; at least once, in any order."""

    region: Region
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicate:
    """Ship the next entry from ``source`` to the other region."""

    source: Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Let the other region confirm to ``source`` how many entries it holds."""

    source: Region


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCheckpoint:
    """Sign the size of the log and all heads, and hand them to the witness."""

    region: Region


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceTime:
    """Set the clock; nothing says that it goes forward."""

    now: Instant
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeKey:
    """Delete a key record that is older than the retention."""

    region: Region
    name: KeyName


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetUsage:
    """Zero a quota row (the monthly job of designs that have one)."""

    region: Region
    name: RowName


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """Lose the memory of every instance of a region; the store survives."""

    region: Region


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOver:
    """Promote the region that does not lead; the old leader may live on, unaware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heal:
    """Bring the region that does not lead back as standby."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """Compare a customer's balance with the replay of the ledger and repair the difference.

    ``roll_back`` asks to remove the last entry instead of moving the balance; only designs that repair in
    either direction can do so.
    """

    region: Region
    customer: CustomerId
    roll_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Show the leader's ledger to a reader; the adversary may edit it on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterPresented:
    """Change amount and event time of a presented entry; digest and signature stay."""

    position: Position
    amount: Amount
    event_time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePresented:
    """Remove one presented entry."""

    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatePresented:
    """Keep only the first entries."""

    size: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderPresented:
    """Swap a presented entry with the next one."""

    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkPresented:
    """Append another entry with the place of the one at ``position``, signed with stolen permission."""

    position: Position
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ResignPresented:
    """Change an amount and re-link and re-sign that entry and all after it, with stolen permission."""

    position: Position
    amount: Amount


CorrectionCommand: TypeAlias = Void | Chargeback | Hold | Release | OpenPeriod | ClosePeriod | Erase
"""What stops, undoes, closes or erases without charging for usage."""

PresentedCommand: TypeAlias = (
    Present
    | AlterPresented
    | DeletePresented
    | TruncatePresented
    | ReorderPresented
    | ForkPresented
    | ResignPresented
    | ExhibitCommand
)
"""What happens to a ledger on its way to a reader, and to the evidence beside it; no store is touched."""

Command: TypeAlias = (
    OpenAccount
    | ChangeTier
    | TopUp
    | GiveCredit
    | Adjust
    | Refund
    | RegisterKey
    | CorrectionCommand
    | LookUp
    | Charge
    | Complete
    | Acknowledge
    | Deliver
    | Replicate
    | Confirm
    | PublishCheckpoint
    | AdvanceTime
    | PurgeKey
    | ResetUsage
    | Crash
    | FailOver
    | Heal
    | Reconcile
    | OutsideCommand
    | PresentedCommand
)
"""Everything that can happen."""
