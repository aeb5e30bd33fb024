"""The table of plans, and the limit that follows from quota and buffer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Amount, BasisPoints
from billproof.model.money import AMOUNT_MAX, UNITS, AmountRangeError
from billproof.model.outcomes import AccountKind
from billproof.model.tiers import Tier, TierError, limit_of, parse_tier, terms_of


@pytest.mark.parametrize(
    ("tier", "quota", "limit"),
    [
        (Tier.FREE, 0, 0),
        (Tier.STARTUP, 1_000, 1_100),
        (Tier.GROWTH, 10_000, 12_000),
        (Tier.ENTERPRISE, 100_000, 150_000),
    ],
)
def test_a_tier_grants_its_quota_and_its_limit(tier: Tier, quota: int, limit: int) -> None:
    terms = terms_of(tier, AccountKind.PREPAID, Amount(0))
    assert (terms.quota, terms.limit) == (quota * UNITS, limit * UNITS)
    assert parse_tier(tier.value) == tier


def test_an_enterprise_may_agree_its_own_quota() -> None:
    terms = terms_of(Tier.ENTERPRISE, AccountKind.CREDIT, Amount(5), Amount(3))
    assert (terms.kind, terms.credit_limit, terms.quota, terms.limit) == (AccountKind.CREDIT, 5, 3, 4)
    assert terms_of(Tier.ENTERPRISE, AccountKind.CREDIT, Amount(0), AMOUNT_MAX).quota == AMOUNT_MAX


@given(st.integers(0, AMOUNT_MAX).map(Amount), st.integers(0, 20_000).map(BasisPoints))
def test_the_limit_is_the_floor_of_the_buffered_quota(quota: Amount, buffer: BasisPoints) -> None:
    limit = limit_of(quota, buffer)
    assert limit >= quota
    assert limit * 10_000 <= quota * (10_000 + buffer) < (limit + 1) * 10_000


def test_terms_that_no_plan_gives_are_refused() -> None:
    with pytest.raises(TierError, match="quota"):
        limit_of(Amount(-1), BasisPoints(0))
    with pytest.raises(TierError, match="buffer"):
        limit_of(Amount(1), BasisPoints(-1))
    with pytest.raises(TierError, match="at least 0"):
        terms_of(Tier.FREE, AccountKind.CREDIT, Amount(-1))
    with pytest.raises(TierError, match="prepaid"):
        terms_of(Tier.FREE, AccountKind.PREPAID, Amount(1))
    with pytest.raises(TierError, match="enterprise"):
        terms_of(Tier.GROWTH, AccountKind.CREDIT, Amount(0), Amount(1))
    with pytest.raises(TierError, match="enterprise"):
        parse_tier("gold")
    with pytest.raises(AmountRangeError):
        terms_of(Tier.ENTERPRISE, AccountKind.CREDIT, Amount(0), Amount(AMOUNT_MAX + 1))
    with pytest.raises(AmountRangeError):
        terms_of(Tier.FREE, AccountKind.CREDIT, Amount(AMOUNT_MAX + 1))
