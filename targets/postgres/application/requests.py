"""What a client may ask: an operation on an account, read strictly, and its fingerprint.

A request that is malformed is refused before anything is looked up, and never stored under its key.

Source: ``system.md`` section 4, steps 1 and "Fingerprint".
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from targets.postgres.application.calendar import InstantError, check_month, month_of, parse_instant
from targets.postgres.application.canonical import Json, canonical_bytes
from targets.postgres.application.money import AmountError, parse_amount, render_amount
from targets.postgres.application.receipts import Terms

OPERATIONS: Final = (
    "open_account",
    "charge",
    "top_up",
    "refund",
    "void",
    "chargeback",
    "credit",
    "adjustment",
    "hold",
    "release",
    "change_terms",
    "close_period",
)
"""What can be asked for."""

_REFERRING: Final = frozenset({"refund", "void", "chargeback", "release"})
_TEXT_MAX: Final = 200


class RequestError(ValueError):
    """A request that is malformed; the client must mend it, and nothing happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An operation under its idempotency key."""

    operation: str
    customer: str
    key: str
    fingerprint: str
    amount: int
    """In units; for a void, zero means all of what is named."""
    currency: str
    entitlement: str
    usage: str
    price_plan_hash: str
    event_time: int | None
    period: str
    """The month that is meant, where it is not that of the commit; else empty."""
    refers_to: int | None
    terms: Terms | None


def read_request(operation: str, key: object, body: object) -> Request:
    """Read a request.

    Raises:
        RequestError: Not an operation, a member that is missing or of the wrong form.
    """
    if operation not in OPERATIONS:
        raise RequestError(f"there is no operation {operation[:60]!r}")
    if not isinstance(body, dict):
        raise RequestError("the body must be one JSON object")
    members: Mapping[str, object] = body
    try:
        return _read(operation, _text(key, "Idempotency-Key"), members)
    except (AmountError, InstantError) as error:
        raise RequestError(str(error)) from error


def _read(operation: str, key: str, members: Mapping[str, object]) -> Request:
    customer = _text(members.get("customer"), "customer")
    default_amount = "0" if operation in {"open_account", "void", "hold", "release"} else None
    no_amount = operation in {"change_terms", "close_period"}
    amount = 0 if no_amount else parse_amount(members.get("amount", default_amount))
    event_time = parse_instant(members["event_time"]) if operation == "charge" else None
    period = month_of(event_time) if event_time is not None else ""
    if operation in {"close_period", "open_account"}:
        period = check_month(members.get("period"))
    refers_to = members.get("refers_to")
    if refers_to is not None and (isinstance(refers_to, bool) or not isinstance(refers_to, int)):
        raise RequestError(f"refers_to {refers_to!r} is no sequence number")
    if refers_to is None and operation in _REFERRING:
        raise RequestError("refers_to is missing")
    terms = _terms(members.get("terms")) if operation in {"change_terms", "open_account"} else None
    read = {
        "currency": _text(members.get("currency", ""), "currency", is_empty_allowed=True),
        "entitlement": _text(members.get("entitlement", ""), "entitlement", is_empty_allowed=True),
        "usage": _text(members.get("usage", ""), "usage", is_empty_allowed=True),
        "price_plan_hash": _text(
            members.get("price_plan_hash", ""), "price_plan_hash", is_empty_allowed=True
        ),
    }
    normalised: dict[str, Json] = {
        **read,
        "amount": render_amount(amount),
        "event_time": str(event_time) if event_time is not None else "",
        "period": period,
        "refers_to": refers_to,
        "terms": _rendered(terms),
    }
    return Request(
        operation=operation,
        customer=customer,
        key=key,
        fingerprint=fingerprint(operation, customer, normalised),
        amount=amount,
        currency=read["currency"],
        entitlement=read["entitlement"],
        usage=read["usage"],
        price_plan_hash=read["price_plan_hash"],
        event_time=event_time,
        period=period,
        refers_to=refers_to,
        terms=terms,
    )


def fingerprint(operation: str, customer: str, body: dict[str, Json]) -> str:
    """Return SHA-256 of what the key is bound to: operation, customer and the whole normalised body."""
    bound: Json = {"body": body, "customer": customer, "operation": operation, "schema_version": 1}
    return hashlib.sha256(canonical_bytes(bound)).hexdigest()


def _text(value: object, name: str, *, is_empty_allowed: bool = False) -> str:
    if not isinstance(value, str) or len(value) > _TEXT_MAX or "\0" in value:
        raise RequestError(f"{name} must be a text of at most {_TEXT_MAX} characters")
    if not value and not is_empty_allowed:
        raise RequestError(f"{name} is empty")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RequestError(f"{name} has a lone surrogate") from error
    return value


def _terms(value: object) -> Terms:
    if not isinstance(value, dict):
        raise RequestError("terms must be an object")
    kind = value.get("account")
    if kind not in {"prepaid", "credit"}:
        raise RequestError(f"terms.account {kind!r} is neither 'prepaid' nor 'credit'")
    return Terms(
        account_kind=str(kind),
        credit_limit=parse_amount(value.get("credit_limit", "0")),
        quota=parse_amount(value.get("quota")),
        usage_limit=parse_amount(value.get("limit")),
    )


def _rendered(terms: Terms | None) -> Json:
    if terms is None:
        return None
    return [
        terms.account_kind,
        render_amount(terms.credit_limit),
        render_amount(terms.quota),
        render_amount(terms.usage_limit),
    ]
