"""Ledger entries to test with: one that is fixed, and a strategy for all that the receipt format can hold."""

from typing import Final

from hypothesis import strategies as st

from billproof.model.identifiers import (
    GENESIS_DIGEST,
    NO_DIGEST,
    NO_SEQUENCE,
    Amount,
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
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.money import TOTAL_MAX, UNITS
from billproof.model.outcomes import AccountKind, EntryKind, Status
from billproof.model.periods import INSTANT_MAX
from billproof.model.receipts import LEDGER_STATUSES, NUMBER_MAX
from billproof.model.state import Entry, Terms

CHARGE: Final = Entry(
    customer=CustomerId("64e398ab"),
    sequence=Sequence(2),
    epoch=Epoch(1),
    previous=GENESIS_DIGEST,
    digest=NO_DIGEST,
    kind=EntryKind.DEBIT,
    status=Status.ACCEPTED,
    key=IdempotencyKey("focus-1"),
    fingerprint=Fingerprint("ab" * 32),
    amount=Amount(800_000),
    currency=CurrencyCode("USD"),
    entitlement=EntitlementId("Amazon Simple Storage Service"),
    usage=UsageText("2 Requests"),
    price_plan=PricePlanHash(""),
    event_time=Instant(1_726_696_800_000_000),
    commit_time=Instant(1_727_740_800_000_000),
    period=Period(2024 * 12 + 8),
    balance_before=Amount(-20 * UNITS),
    balance_after=Amount(-20 * UNITS - 800_000),
    refers_to=NO_SEQUENCE,
    terms=Terms(
        kind=AccountKind.CREDIT,
        credit_limit=Amount(1_000_000 * UNITS),
        quota=Amount(100_000 * UNITS),
        limit=Amount(150_000 * UNITS),
    ),
    issuer=IssuerId("ingest"),
    signing_key=SigningKeyId("aKey"),
)
"""A charge of 0.0000008 USD in September 2024."""

TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=20)
"""Texts with everything that JSON has to escape, and without lone surrogates."""

TOTALS: Final = st.one_of(
    st.integers(-(10**15), 10**15),
    st.integers(-TOTAL_MAX, TOTAL_MAX),
    st.sampled_from((-TOTAL_MAX, 0, TOTAL_MAX)),
).map(Amount)
"""Amounts of the range of sums, small ones often."""

CURRENCIES: Final = (CurrencyCode("USD"), CurrencyCode("JPY"), CurrencyCode("KWD"), CurrencyCode("CLF"))
"""One currency for each exponent."""

DIGESTS: Final = st.binary(min_size=32, max_size=32).map(lambda data: Digest(data.hex()))
"""Any digest."""

INSTANTS: Final = st.one_of(
    st.integers(0, INSTANT_MAX), st.integers(0, INSTANT_MAX // 10**6).map(lambda seconds: seconds * 10**6)
).map(Instant)
"""Any instant; half of them are whole seconds."""


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw any entry that has a receipt."""
    return Entry(
        customer=CustomerId(draw(TEXTS)),
        sequence=Sequence(draw(st.integers(1, NUMBER_MAX))),
        epoch=Epoch(draw(st.integers(0, NUMBER_MAX))),
        previous=draw(DIGESTS),
        digest=NO_DIGEST,
        kind=draw(st.sampled_from(EntryKind)),
        status=draw(st.sampled_from(LEDGER_STATUSES)),
        key=IdempotencyKey(draw(TEXTS)),
        fingerprint=Fingerprint(draw(DIGESTS)),
        amount=draw(TOTALS),
        currency=draw(st.sampled_from(CURRENCIES)),
        entitlement=EntitlementId(draw(TEXTS)),
        usage=UsageText(draw(TEXTS)),
        price_plan=PricePlanHash(draw(st.one_of(st.just(""), DIGESTS))),
        event_time=draw(INSTANTS),
        commit_time=draw(INSTANTS),
        period=Period(draw(st.integers(0, 9999 * 12 + 11))),
        balance_before=draw(TOTALS),
        balance_after=draw(TOTALS),
        refers_to=Sequence(draw(st.one_of(st.just(0), st.integers(1, NUMBER_MAX)))),
        terms=Terms(
            kind=draw(st.sampled_from(AccountKind)),
            credit_limit=draw(TOTALS),
            quota=draw(TOTALS),
            limit=draw(TOTALS),
        ),
        issuer=IssuerId(draw(TEXTS)),
        signing_key=SigningKeyId(draw(TEXTS)),
    )
