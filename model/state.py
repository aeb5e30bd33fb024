"""The state of the core: one record, immutable, made of integers, booleans, identifiers, maps and logs.

``Site`` is what one region stores. ``State`` is both sites, the arbiter that grants epochs, what clients
were told, what the invoice consumer has applied, the published checkpoint, and the ledger as somebody
presents it to a reader. Only ``Site`` is persistent in the service; the rest is the world around it, kept
in the same record because the theorems speak about it.

Field types are the sorts of the symbolic run: keep them to ``NewType``s, ``bool``, ``IntEnum``s, records
of these, ``PartialMap`` and ``Log``.

Source: ``system.md`` sections 4 to 7.
"""

from dataclasses import dataclass

from billproof.model.containers import FrozenLog, FrozenMap, Log, PartialMap
from billproof.model.exhibits import Exhibits, initial_exhibits
from billproof.model.identifiers import (
    GENESIS_DIGEST,
    NO_DIGEST,
    NO_SEQUENCE,
    Amount,
    AttemptId,
    Count,
    CurrencyCode,
    CustomerId,
    Digest,
    EntitlementId,
    Epoch,
    Fingerprint,
    IdempotencyKey,
    Instant,
    IssuerId,
    Period,
    Position,
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.outcomes import AccountKind, AttemptPhase, EntryKind, Region, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account may do."""

    kind: AccountKind
    """Prepaid or credit."""
    credit_limit: Amount
    """How far below zero a credit account may fall; not negative."""
    quota: Amount
    """Usage per entitlement and period that is accepted without a warning; not negative."""
    limit: Amount
    """Usage per entitlement and period that is never passed; not below ``quota``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The body of an operation that writes a ledger entry; fields that do not apply are neutral."""

    customer: CustomerId
    key: IdempotencyKey
    fingerprint: Fingerprint
    """SHA-256 of the canonical request: operation, customer, schema version and normalised body."""
    amount: Amount
    """Not negative, except for an adjustment in the customer's favour."""
    currency: CurrencyCode
    entitlement: EntitlementId
    usage: UsageText
    price_plan: PricePlanHash
    event_time: Instant
    """When the usage happened; selects the period, orders nothing."""
    period: Period
    """The UTC month that contains ``event_time``."""
    refers_to: Sequence
    """The debit that is returned or disputed, the hold or registration that is ended; or ``NO_SEQUENCE``."""
    terms: Terms
    """The terms that an opening or a tier change sets; neutral elsewhere."""
    issuer: IssuerId
    signing_key: SigningKeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ledger entry: the whole content of its receipt, and the digest over it."""

    customer: CustomerId
    sequence: Sequence
    epoch: Epoch
    previous: Digest
    """The digest of the customer's entry before, or ``GENESIS_DIGEST``."""
    digest: Digest
    """The digest of this entry's own body."""
    kind: EntryKind
    status: Status
    key: IdempotencyKey
    fingerprint: Fingerprint
    amount: Amount
    currency: CurrencyCode
    entitlement: EntitlementId
    usage: UsageText
    price_plan: PricePlanHash
    event_time: Instant
    commit_time: Instant
    """Not before the commit time of the customer's entry before (rule R6.2)."""
    period: Period
    balance_before: Amount
    balance_after: Amount
    refers_to: Sequence
    terms: Terms
    """The terms in force when the entry committed, so that the limit applied is evidence."""
    issuer: IssuerId
    signing_key: SigningKeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The derived state of a customer."""

    currency: CurrencyCode
    balance: Amount
    terms: Terms
    first_period: Period
    """The first month that is billed here; only an import of history moves it, and only back."""
    closed_through: Period
    """The last month whose invoice is cut; ``NO_PERIOD`` before the first."""
    holds: Count
    """Holds in force on all charges, those of a quota row aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowName:
    """The name of a quota row: one per customer, entitlement and period."""

    customer: CustomerId
    entitlement: EntitlementId
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRow:
    """Usage in one period; created on first use, never reset."""

    used: Amount
    """Sum of the debits; never lowered by refunds."""
    held: bool
    """Whether a charge was refused for quota in this period."""
    held_at_limit: Amount
    """The limit that was passed; a higher limit ends the hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyName:
    """One key of one customer."""

    customer: CustomerId
    key: IdempotencyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """What a key is bound to: the request and its stored outcome."""

    fingerprint: Fingerprint
    status: Status
    position: Position
    """Where the entry lies in the site's log; ``NO_POSITION`` while it is not written there."""
    digest: Digest
    """The digest of the receipt handed out, so that a duplicate gets the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainName:
    """One link of one customer's chain."""

    customer: CustomerId
    sequence: Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What later entries have made of one entry."""

    returned: Amount
    """Of a debit: the sum of the refunds, voids, chargebacks and credits that name it."""
    disputed: Amount
    """Of a debit: what disputes in progress keep from being returned."""
    ended: bool
    """Of a hold on all charges: whether it was ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a customer's chain."""

    sequence: Sequence
    digest: Digest
    commit_time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one attempt has read, and how far it has come; lives in the memory of an instance."""

    request: Request
    phase: AttemptPhase
    known: bool
    """Whether the key was there."""
    used: Amount
    """Usage of the row that was read."""
    head: Head
    entry: Entry
    """The entry of a half-written attempt; neutral before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What one region holds."""

    accounts: PartialMap[CustomerId, Account]
    rows: PartialMap[RowName, QuotaRow]
    keys: PartialMap[KeyName, KeyRecord]
    heads: PartialMap[CustomerId, Head]
    chain: PartialMap[ChainName, Position]
    """The unique index (customer, sequence) of the log."""
    standings: PartialMap[ChainName, Standing]
    """What later entries have made of a debit or a hold."""
    ledger: Log[Entry]
    attempts: PartialMap[AttemptId, Snapshot]
    """Volatile: a crash empties it."""
    epoch: Epoch
    """The highest epoch that this site has accepted."""
    leading: bool
    """Whether this site believes that it leads; an isolated site may be wrong."""
    solo: bool
    """Whether this site leads without a standby in its quorum."""
    confirmed: Position
    """How many entries the standby has confirmed to this site; its own knowledge, never a remote read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The definite reply that a client holds for a key."""

    status: Status
    digest: Digest
    """The digest of the receipt handed out; ``NO_DIGEST`` when the reply came before any commit."""
    fingerprint: Fingerprint
    """The request that was answered."""
    amount: Amount
    """The amount of the request, for stating what is owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A published head: the size of the log and the head of every customer's chain."""

    published: bool
    size: Position
    heads: PartialMap[CustomerId, Head]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """One receipt as somebody shows it to a reader."""

    entry: Entry
    signed: Digest
    """The digest that the operator's key has signed; ``NO_DIGEST`` where the signature is false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything: two sites, the arbiter, the clients, the invoice consumer, the reader."""

    primary: Site
    standby: Site
    epoch: Epoch
    """The arbiter's epoch: the highest that was granted."""
    leader: Region
    """The region to which the arbiter granted ``epoch``."""
    joined: bool
    """Whether the other region belongs to the leader's quorum, by the arbiter's record."""
    now: Instant
    """The clock; it may be wrong and may go back."""
    period: Period
    """The calendar month of the clock."""
    acknowledged: PartialMap[KeyName, Acknowledgement]
    invoiced: PartialMap[CustomerId, Amount]
    """What the invoice consumer has added up from delivered receipts."""
    applied: PartialMap[ChainName, bool]
    """The receipts that the invoice consumer has applied."""
    checkpoint: Checkpoint
    presenting: bool
    """Whether a ledger has been presented to a reader."""
    presented: Log[Presented]
    backup: Site
    """The last backup of a leader; empty before any."""
    exhibits: Exhibits
    """What can be shown besides the ledger."""


NO_TERMS = Terms(kind=AccountKind.PREPAID, credit_limit=Amount(0), quota=Amount(0), limit=Amount(0))
"""Neutral terms."""

NO_HEAD = Head(sequence=NO_SEQUENCE, digest=GENESIS_DIGEST, commit_time=Instant(0))
"""The head of an empty chain."""

NO_ENTRY = Entry(
    customer=CustomerId(""),
    sequence=NO_SEQUENCE,
    epoch=Epoch(0),
    previous=GENESIS_DIGEST,
    digest=NO_DIGEST,
    kind=EntryKind.REFUSAL,
    status=Status.NOT_POSSIBLE,
    key=IdempotencyKey(""),
    fingerprint=Fingerprint(""),
    amount=Amount(0),
    currency=CurrencyCode(""),
    entitlement=EntitlementId(""),
    usage=UsageText(""),
    price_plan=PricePlanHash(""),
    event_time=Instant(0),
    commit_time=Instant(0),
    period=Period(0),
    balance_before=Amount(0),
    balance_after=Amount(0),
    refers_to=NO_SEQUENCE,
    terms=NO_TERMS,
    issuer=IssuerId(""),
    signing_key=SigningKeyId(""),
)
"""The neutral entry of an attempt that has written nothing."""


def initial_site(*, epoch: Epoch, leading: bool, solo: bool) -> Site:
    """Return an empty site; epoch 0 is a region that has never been part of the system."""
    return Site(
        accounts=FrozenMap(),
        rows=FrozenMap(),
        keys=FrozenMap(),
        heads=FrozenMap(),
        chain=FrozenMap(),
        standings=FrozenMap(),
        ledger=FrozenLog(),
        attempts=FrozenMap(),
        epoch=epoch,
        leading=leading,
        solo=solo,
        confirmed=Position(0),
    )


def initial_state(*, regions: int, now: Instant = Instant(0), period: Period = Period(0)) -> State:
    """Return the empty system.

    Args:
        regions: 1 for one store that is its own quorum, 2 for a leader with a standby in its quorum.
        now: The clock.
        period: The calendar month of the clock.

    Raises:
        ValueError: ``regions`` is neither 1 nor 2.
    """
    if regions not in (1, 2):
        raise ValueError(f"this core has 1 or 2 regions, not {regions}")
    return State(
        primary=initial_site(epoch=Epoch(1), leading=True, solo=regions == 1),
        standby=initial_site(epoch=Epoch(regions - 1), leading=False, solo=False),
        epoch=Epoch(1),
        leader=Region.PRIMARY,
        joined=regions == 2,
        now=now,
        period=period,
        acknowledged=FrozenMap(),
        invoiced=FrozenMap(),
        applied=FrozenMap(),
        checkpoint=Checkpoint(published=False, size=Position(0), heads=FrozenMap()),
        presenting=False,
        presented=FrozenLog(),
        backup=initial_site(epoch=Epoch(0), leading=False, solo=False),
        exhibits=initial_exhibits(),
    )
