"""What lies outside the stores and serves as evidence: signatures of requests, keys, copies and projections.

Nothing here decides a charge. A dispute, a reader or a restore looks at it afterwards.

Choices: an archived receipt is kept as its digest, which commits to its content (C5).

Source: rules R3.2, R3.6, R7.3 of ``claims.md``; ``system.md`` section 1, the switches ``key_history``,
``authorisation`` and ``customer_keys``.
"""

from dataclasses import dataclass

from billproof.model.containers import FrozenMap, PartialMap
from billproof.model.identifiers import (
    Amount,
    CustomerId,
    CustomerKeyId,
    Digest,
    Fingerprint,
    Instant,
    Position,
    SigningKeyId,
)
from billproof.model.outcomes import Region

FIRST_SIGNING_KEY = SigningKeyId("operator")
"""The operator's signing key before any rotation, where nobody names another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request and the customer's key that has signed it."""

    customer_key: CustomerKeyId
    fingerprint: Fingerprint
    """Of the canonical request: what the signature covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A balance that a region has told a reader."""

    is_given: bool
    is_labelled: bool
    """Whether the reader was told ``index`` and ``as_of``."""
    region: Region
    customer: CustomerId
    balance: Amount
    index: Position
    """How many log entries it rests on."""
    as_of: Instant
    """The commit time of the last of them: nothing older is missing from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    """What can be shown besides the ledger."""

    signed: PartialMap[SignedRequest, bool]
    """The signatures of customers that are on record."""
    current_key: SigningKeyId
    """The operator's key that signs receipts now."""
    retired_keys: PartialMap[SigningKeyId, Instant]
    """The operator's earlier keys, each with the instant until which it was valid."""
    archive: PartialMap[Position, Digest]
    """The archived receipts, by their place in the log."""
    projected: Position
    """How many log entries the ledger documents have taken in."""
    documents: PartialMap[CustomerId, Amount]
    """The balance that each customer's document shows, in units."""
    alarms: PartialMap[CustomerId, Position]
    """Where the last reconciliation found a difference: the index at which it compared."""
    answer: Answer
    """The last answer that a reader was given."""


NO_ANSWER = Answer(
    is_given=False,
    is_labelled=False,
    region=Region.PRIMARY,
    customer=CustomerId(""),
    balance=Amount(0),
    index=Position(0),
    as_of=Instant(0),
)
"""Before anybody has asked."""


def initial_exhibits() -> Exhibits:
    """Return what there is to show before anything has happened."""
    return Exhibits(
        signed=FrozenMap(),
        current_key=FIRST_SIGNING_KEY,
        retired_keys=FrozenMap(),
        archive=FrozenMap(),
        projected=Position(0),
        documents=FrozenMap(),
        alarms=FrozenMap(),
        answer=NO_ANSWER,
    )
