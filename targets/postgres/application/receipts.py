"""Receipts: what an entry says, in canonical bytes, linked to the entry before it.

The digest covers every member and a domain tag, so that no two entries and no other document share one.

Source: ``system.md`` section 5.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from targets.postgres.application.calendar import render_instant
from targets.postgres.application.canonical import Json, canonical_bytes, digest
from targets.postgres.application.money import render_amount

RECEIPT_TAG: Final = b"billproof/receipt/v1\n"
"""The domain tag of receipts."""

ID_TAG: Final = b"billproof/receipt-id/v1\n"
"""The domain tag of receipt ids."""

GENESIS: Final = "0" * 64
"""What the first receipt of a chain names as the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account may do, in units."""

    account_kind: str
    credit_limit: int
    quota: int
    usage_limit: int

    @property
    def floor(self) -> int:
        """The lowest balance that is permitted."""
        return -self.credit_limit if self.account_kind == "credit" else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a chain, before it is signed."""

    customer: str
    seq: int
    kind: str
    status: str
    idempotency_key: str
    fingerprint: str
    amount: int
    currency: str
    entitlement: str
    usage: str
    price_plan_hash: str
    event_time: int
    commit_time: int
    period: str
    balance_before: int
    balance_after: int
    refers_to: int | None
    terms: Terms
    issuer: str
    key_id: str
    prev: str

    def body(self) -> bytes:
        """Return the canonical bytes that are hashed and signed."""
        members: dict[str, Json] = {
            "amount": render_amount(self.amount),
            "balance_after": render_amount(self.balance_after),
            "balance_before": render_amount(self.balance_before),
            "chain": self.customer,
            "commit_time": render_instant(self.commit_time),
            "currency": self.currency,
            "entitlement": self.entitlement,
            "epoch": 0,
            "event_time": render_instant(self.event_time),
            "idempotency_key": self.idempotency_key,
            "issuer": self.issuer,
            "key_id": self.key_id,
            "kind": self.kind,
            "period": self.period,
            "prev": self.prev,
            "price_plan_hash": self.price_plan_hash,
            "receipt_id": receipt_id(self.customer, self.seq),
            "request_fingerprint": self.fingerprint,
            "seq": self.seq,
            "status": self.status,
            "terms": {
                "account": self.terms.account_kind,
                "credit_limit": render_amount(self.terms.credit_limit),
                "limit": render_amount(self.terms.usage_limit),
                "quota": render_amount(self.terms.quota),
            },
            "usage": self.usage,
            "version": 1,
        }
        if self.refers_to is not None:
            members["refers_to"] = self.refers_to
        return canonical_bytes(members)


def body_digest(body: bytes) -> str:
    """Return the digest of a receipt: what the next one of the chain names as ``prev``."""
    return digest(RECEIPT_TAG, body)


def receipt_id(customer: str, seq: int) -> str:
    """Return the id of a receipt, which is stable and known before the commit."""
    named = ID_TAG + canonical_bytes([customer, seq])
    return "r-" + hashlib.sha256(named).hexdigest()[:32]
