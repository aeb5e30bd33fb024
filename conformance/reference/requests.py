"""The arguments of operations as commands of the core."""

from collections.abc import Callable
from typing import Final, TypeAlias

from billproof.conformance.documents import Document, MemberError, text_of
from billproof.model import commands
from billproof.model.canonical import CanonicalValueError, request_fingerprint
from billproof.model.commands import Command
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
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.money import AmountFormatError, AmountRangeError, parse_source_amount
from billproof.model.outcomes import AccountKind, Region
from billproof.model.periods import (
    InstantFormatError,
    InstantRangeError,
    PeriodFormatError,
    parse_instant,
    parse_period,
    period_of,
    period_start,
)
from billproof.model.receipts import receipt_id
from billproof.model.state import NO_TERMS, Request, Site, Terms

SCHEMA: Final = Count(1)
"""The version of the arguments, part of every fingerprint."""

KINDS: Final = {"prepaid": AccountKind.PREPAID, "credit": AccountKind.CREDIT}
"""The kinds of accounts by their names."""

Make: TypeAlias = Callable[[Region, Request], Command]

MAKERS: Final[dict[str, Make]] = {
    "refund": lambda region, request: commands.Refund(region=region, request=request),
    "void": lambda region, request: commands.Void(region=region, request=request),
    "chargeback": lambda region, request: commands.Chargeback(region=region, request=request),
    "credit": lambda region, request: commands.GiveCredit(region=region, request=request),
    "top_up": lambda region, request: commands.TopUp(region=region, request=request),
    "adjustment": lambda region, request: commands.Adjust(region=region, request=request),
    "change_terms": lambda region, request: commands.ChangeTier(region=region, request=request),
    "hold": lambda region, request: commands.Hold(region=region, request=request),
    "release": lambda region, request: commands.Release(region=region, request=request),
    "close_period": lambda region, request: commands.ClosePeriod(region=region, request=request),
}
"""What makes the command of an operation, charges aside, which take more than one."""


def terms_of(document: Document) -> Terms:
    """Return the terms that ``account``, ``credit_limit``, ``quota`` and ``limit`` say.

    Raises:
        MemberError: One of them is missing or not taken.
    """
    kind = text_of(document, "account")
    if kind not in KINDS:
        raise MemberError("account", f"is {kind[:40]!r}, not prepaid or credit")
    return Terms(
        kind=KINDS[kind],
        credit_limit=amount_of(document, "credit_limit"),
        quota=amount_of(document, "quota"),
        limit=amount_of(document, "limit"),
    )


def amount_of(document: Document, name: str, default: str | None = None) -> Amount:
    """Return an amount.

    Raises:
        MemberError: It is missing or none.
    """
    try:
        return parse_source_amount(text_of(document, name, default))
    except (AmountFormatError, AmountRangeError) as error:
        raise MemberError(name, str(error)) from error


def instant_of(document: Document, name: str) -> Instant:
    """Return an instant.

    Raises:
        MemberError: It is missing or none.
    """
    try:
        return parse_instant(text_of(document, name))
    except (InstantFormatError, InstantRangeError) as error:
        raise MemberError(name, str(error)) from error


def named_sequence(site: Site, customer: CustomerId, name: str) -> Sequence:
    """Return the sequence number of the entry with this id, or one beyond the chain where there is none."""
    last = site.heads.get(customer).sequence if site.heads.contains(customer) else 0
    for number in range(1, last + 1):
        if receipt_id(customer, Sequence(number)) == name:
            return Sequence(number)
    return Sequence(10**12)


def request_of(operation: str, args: Document, key: str, *, site: Site, now: Instant, signer: str) -> Request:
    """Return the request that an operation makes.

    Args:
        operation: Its name.
        args: Its arguments.
        key: The idempotency key.
        site: Where named receipts are looked up.
        now: The time of what has none of its own.
        signer: The id of the key that signs receipts.

    Raises:
        MemberError: The arguments are not taken.
    """
    customer = CustomerId(text_of(args, "customer"))
    known = site.accounts.contains(customer)
    currency = text_of(args, "currency", str(site.accounts.get(customer).currency) if known else "USD")
    named = text_of(args, "charge", text_of(args, "hold", ""))
    refers_to = named_sequence(site, customer, named) if named else NO_SEQUENCE
    amount = amount_of(args, "amount", "0")
    if operation == "void":
        amount = _captured(site, customer, refers_to)
    event_time, period = now, period_of(now)
    if "event_time" in args:
        event_time = instant_of(args, "event_time")
        period = period_of(event_time)
    if "period" in args:
        try:
            period = parse_period(text_of(args, "period"))
        except PeriodFormatError as error:
            raise MemberError("period", str(error)) from error
        event_time = max(now, period_start(period))
    try:
        fingerprint = request_fingerprint(operation, customer, dict(args), SCHEMA)
    except CanonicalValueError as error:
        raise MemberError("args", str(error)) from error
    return Request(
        customer=customer,
        key=IdempotencyKey(key),
        fingerprint=fingerprint,
        amount=amount,
        currency=CurrencyCode(currency),
        entitlement=EntitlementId(text_of(args, "entitlement", "")),
        usage=UsageText(text_of(args, "usage", "")),
        price_plan=PricePlanHash(""),
        event_time=event_time,
        period=period,
        refers_to=refers_to,
        terms=terms_of(args) if operation == "change_terms" else NO_TERMS,
        issuer=IssuerId("conformance"),
        signing_key=SigningKeyId(signer),
    )


def _captured(site: Site, customer: CustomerId, sequence: Sequence) -> Amount:
    for position in range(site.ledger.length):
        entry = site.ledger.at(type(site.ledger.length)(position))
        if entry.customer == customer and entry.sequence == sequence:
            return entry.amount
    return Amount(1)
