"""Who is in the small worlds and how they ask: names, terms, requests, attempts, replies."""

from dataclasses import replace

from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    AttemptId,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    Fingerprint,
    IdempotencyKey,
    Instant,
    IssuerId,
    Period,
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.outcomes import AccountKind, Region
from billproof.model.state import NO_TERMS, Request, Terms

ALICE = CustomerId("alice")
BOB = CustomerId("bob")
API = EntitlementId("api")
DAY = 86_400_000_000
UNIT = 10**12
"""One major unit of money."""

JANUARY, FEBRUARY, MARCH, APRIL = (Period(1970 * 12 + month) for month in range(4))
"""Months of 1970, which begin 0, 31, 59 and 90 days after the epoch."""

FIRST, SECOND = Region.PRIMARY, Region.STANDBY
A1, A2 = AttemptId("a1"), AttemptId("a2")

CREDIT_TERMS = Terms(
    kind=AccountKind.CREDIT,
    credit_limit=Amount(1_000 * UNIT),
    quota=Amount(100 * UNIT),
    limit=Amount(110 * UNIT),
)
WIDE_TERMS = replace(CREDIT_TERMS, quota=Amount(10_000 * UNIT), limit=Amount(15_000 * UNIT))
PREPAID_TERMS = Terms(
    kind=AccountKind.PREPAID, credit_limit=Amount(0), quota=Amount(10_000 * UNIT), limit=Amount(15_000 * UNIT)
)


def request(
    key: str,
    amount: int,
    *,
    customer: CustomerId = ALICE,
    currency: str = "USD",
    period: Period = JANUARY,
    body: str = "",
    refers_to: int = 0,
    terms: Terms = NO_TERMS,
) -> Request:
    """Return a request of ``amount`` major units; the fingerprint names key and body."""
    return Request(
        customer=customer,
        key=IdempotencyKey(key),
        fingerprint=Fingerprint(f"{key}:{amount}{currency}{body}"),
        amount=Amount(amount * UNIT),
        currency=CurrencyCode(currency),
        entitlement=API,
        usage=UsageText("1 call"),
        price_plan=PricePlanHash(""),
        event_time=Instant((period - JANUARY) * 31 * DAY),
        period=period,
        refers_to=Sequence(refers_to) if refers_to else NO_SEQUENCE,
        terms=terms,
        issuer=IssuerId("customer"),
        signing_key=SigningKeyId("operator"),
    )


def opened(terms: Terms, *, customer: CustomerId = ALICE, period: Period = JANUARY) -> Command:
    """Return the command that opens an account."""
    body = request("open", 0, customer=customer, terms=terms, period=period)
    return commands.OpenAccount(region=FIRST, request=body)


def attempts(body: Request, *names: AttemptId, region: Region = FIRST) -> tuple[Command, ...]:
    """Return look-up, commit and second write of one request for each attempt."""
    return tuple(
        command
        for name in names
        for command in (
            commands.LookUp(region=region, attempt=name, request=body),
            commands.Charge(region=region, attempt=name, request=body),
            commands.Complete(region=region, attempt=name),
        )
    )


def replies(region: Region, *bodies: Request, attempt: AttemptId = A1) -> tuple[Command, ...]:
    """Return the acknowledgement of each request at a region."""
    return tuple(commands.Acknowledge(region=region, attempt=attempt, request=body) for body in bodies)
