"""One line of usage, whatever file it came from, and the request that the core takes for it.

Source: issue text "Store and rim", the FOCUS mapping; ``system.md`` section 4, "Rules of the commit".
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billproof.model.canonical import CanonicalValue, request_fingerprint
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    Count,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    IdempotencyKey,
    Instant,
    IssuerId,
    Period,
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.money import render_amount
from billproof.model.periods import period_of, render_instant, render_period
from billproof.model.receipts import ACCOUNT_NAMES
from billproof.model.state import NO_TERMS, Request, Terms

SCHEMA_VERSION: Final = Count(1)
"""The version of the request bodies below, part of every fingerprint."""

NAME_MAX: Final = 1_000
"""The longest name of a customer or entitlement, in characters."""

OPENING_KEY: Final = IdempotencyKey("open")
"""The key under which ``ingest`` opens an account."""

RESERVED_KEYS: Final = (
    "period_open:", "period_close:", "register_key:", "revoke_key:", "erasure:", "dispute_open:",
    "dispute_end:", "dispute_refund:",
)  # fmt: skip
"""How the keys of what the service does by itself begin. No client may take one: whoever had used the key
under which a month is closed could never be invoiced for it."""

INGEST_ISSUER: Final = IssuerId("ingest")
"""The actor of entries that a usage file causes."""


class Operation(StrEnum):
    """What a line of usage asks for."""

    CHARGE = "charge"
    CREDIT = "credit"
    ADJUSTMENT = "adjustment"
    REFUND = "refund"
    TOP_UP = "top_up"
    VOID = "void"
    """Over HTTP only, as chargebacks are: no line of usage asks for either."""
    CHARGEBACK = "chargeback"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """One well-formed line."""

    line: int
    operation: Operation
    customer: CustomerId
    key: IdempotencyKey
    amount: Amount
    """Not negative, except for an adjustment."""
    currency: CurrencyCode
    entitlement: EntitlementId
    usage: UsageText
    price_plan: PricePlanHash
    event_time: Instant
    known_at: Instant
    """When the line can have been known: the end of its charge period, or its event time."""
    refers_to: Sequence = NO_SEQUENCE
    """The debit that a refund returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who causes entries, and with which key they are signed."""

    issuer: IssuerId
    signing_key: SigningKeyId


def line_request(line: UsageLine, key: IdempotencyKey, by: Signature) -> Request:
    """Return the request of a line.

    Args:
        line: The line.
        key: Its key, which a second attempt at a refused charge changes; the fingerprint leaves it out.
        by: Who causes it.
    """
    body: dict[str, CanonicalValue] = {
        "amount": render_amount(line.amount),
        "currency": line.currency,
        "entitlement": line.entitlement,
        "event_time": render_instant(line.event_time),
        "price_plan_hash": line.price_plan,
        "usage": line.usage,
    }
    if line.refers_to != NO_SEQUENCE:
        body["refers_to"] = line.refers_to
    return Request(
        customer=line.customer,
        key=key,
        fingerprint=request_fingerprint(line.operation, line.customer, body, SCHEMA_VERSION),
        amount=line.amount,
        currency=line.currency,
        entitlement=line.entitlement,
        usage=line.usage,
        price_plan=line.price_plan,
        event_time=line.event_time,
        period=period_of(line.event_time),
        refers_to=line.refers_to,
        terms=NO_TERMS,
        issuer=by.issuer,
        signing_key=by.signing_key,
    )


def opening_request(
    customer: CustomerId,
    currency: CurrencyCode,
    terms: Terms,
    at: Instant,
    by: Signature,
    *,
    first_period: Period | None = None,
) -> Request:
    """Return the request that opens an account under ``OPENING_KEY``.

    Args:
        customer: Whose.
        currency: Of the account.
        terms: What it may do.
        at: When it is opened.
        by: Who opens it.
        first_period: The first month that it bills; None takes that of ``at``.
    """
    body: dict[str, CanonicalValue] = {
        "currency": currency,
        "terms": {
            "account": ACCOUNT_NAMES[terms.kind],
            "credit_limit": render_amount(terms.credit_limit),
            "limit": render_amount(terms.limit),
            "quota": render_amount(terms.quota),
        },
    }
    return Request(
        customer=customer,
        key=OPENING_KEY,
        fingerprint=request_fingerprint("open_account", customer, body, SCHEMA_VERSION),
        amount=Amount(0),
        currency=currency,
        entitlement=EntitlementId(""),
        usage=UsageText(""),
        price_plan=PricePlanHash(""),
        event_time=at,
        period=period_of(at) if first_period is None else first_period,
        refers_to=NO_SEQUENCE,
        terms=terms,
        issuer=by.issuer,
        signing_key=by.signing_key,
    )


def period_request(
    operation: str,
    customer: CustomerId,
    currency: CurrencyCode,
    *,
    period: Period,
    at: Instant,
    by: Signature,
) -> Request:
    """Return the request that opens or closes a month of an account; its key names both, so it counts once.

    Args:
        operation: ``period_open`` or ``period_close``.
        customer: Whose month.
        currency: Of the account.
        period: Which month.
        at: When it is asked for.
        by: Who asks.
    """
    shown = render_period(period)
    return Request(
        customer=customer,
        key=IdempotencyKey(f"{operation}:{shown}"),
        fingerprint=request_fingerprint(operation, customer, {"period": shown}, SCHEMA_VERSION),
        amount=Amount(0),
        currency=currency,
        entitlement=EntitlementId(""),
        usage=UsageText(""),
        price_plan=PricePlanHash(""),
        event_time=at,
        period=period,
        refers_to=NO_SEQUENCE,
        terms=NO_TERMS,
        issuer=by.issuer,
        signing_key=by.signing_key,
    )
