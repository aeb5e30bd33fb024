"""What lies outside the stores and serves as evidence: signatures of requests, keys, and copies.

Nothing here decides a charge. A dispute, a reader or a restore looks at it afterwards.

Choices: an archived receipt is kept as its digest, which commits to its content (C5); a backup as the number
of entries that it holds, because a log only grows.

Source: rules R3.2, R3.6, R7.3 of ``claims.md``; ``system.md`` section 1, the switches ``key_history``,
``authorisation`` and ``customer_keys``.
"""

from dataclasses import dataclass

from billproof.model.containers import FrozenMap, PartialMap
from billproof.model.identifiers import CustomerKeyId, Fingerprint, Instant, SigningKeyId

FIRST_SIGNING_KEY = SigningKeyId("operator")
"""The operator's signing key before any rotation, where nobody names another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request and the customer's key that has signed it."""

    customer_key: CustomerKeyId
    fingerprint: Fingerprint
    """Of the canonical request: what the signature covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    """What can be shown besides the ledger."""

    signed: PartialMap[SignedRequest, bool]
    """The signatures of customers that are on record."""
    current_key: SigningKeyId
    """The operator's key that signs receipts now."""
    retired_keys: PartialMap[SigningKeyId, Instant]
    """The operator's earlier keys, each with the instant until which it was valid."""


def initial_exhibits() -> Exhibits:
    """Return what there is to show before anything has happened."""
    return Exhibits(signed=FrozenMap(), current_key=FIRST_SIGNING_KEY, retired_keys=FrozenMap())
