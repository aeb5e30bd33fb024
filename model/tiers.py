"""Plans and what they allow: quota, buffer, limit.

A quota is an amount of usage, in units of the customer's currency, per entitlement and UTC month. Up to the
quota a charge is accepted, up to the limit it is accepted with a warning, above the limit it is refused.

Source: ``system.md`` section 6, which supersedes the global factor 1.1 of the documents.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from billproof.model.identifiers import Amount, BasisPoints
from billproof.model.money import TOTAL_MAX, UNITS, check_amount_range, floor_div, render_amount
from billproof.model.outcomes import AccountKind
from billproof.model.portable import PortableError
from billproof.model.state import Terms

WHOLE_BASIS_POINTS: Final = 10_000
"""Basis points in the whole."""


class Tier(StrEnum):
    """The plans that are sold."""

    FREE = "free"
    STARTUP = "startup"
    GROWTH = "growth"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a tier grants unless something else was agreed."""

    quota: Amount
    """Usage per entitlement and period, in units."""
    buffer: BasisPoints
    """How far above the quota usage may go."""


ALLOWANCES: MappingProxyType[Tier, Allowance] = MappingProxyType(
    {
        Tier.FREE: Allowance(quota=Amount(0), buffer=BasisPoints(0)),
        Tier.STARTUP: Allowance(quota=Amount(1_000 * UNITS), buffer=BasisPoints(1_000)),
        Tier.GROWTH: Allowance(quota=Amount(10_000 * UNITS), buffer=BasisPoints(2_000)),
        Tier.ENTERPRISE: Allowance(quota=Amount(100_000 * UNITS), buffer=BasisPoints(5_000)),
    }
)
"""The table of ``system.md`` section 6."""


class TierError(PortableError, ValueError):
    """Terms that no plan gives; whoever asked for them must mend them.

    Args:
        subject: What is wrong, for example ``quota``.
        given: The value given.
        remedy: What to give instead.
    """

    def __init__(self, subject: str, given: str, remedy: str) -> None:
        super().__init__(f"{subject} {given} cannot be used; {remedy}")
        self.subject = subject
        self.given = given
        self.remedy = remedy


def parse_tier(text: str) -> Tier:
    """Return the tier of this name.

    pre: text in list(Tier)
    post: _.value == text

    Raises:
        TierError: There is no such tier.
    """
    for tier in Tier:
        if tier.value == text:
            return tier
    raise TierError("plan", repr(text), f"use one of {', '.join(Tier)}")


def limit_of(quota: Amount, buffer: BasisPoints) -> Amount:
    """Return the usage that is never passed: ``floor(quota * (10000 + buffer) / 10000)``.

    Law: ``quota <= limit_of(quota, buffer)``, with equality at buffer 0.

    pre: quota >= 0 and buffer >= 0
    post: _ * WHOLE_BASIS_POINTS <= quota * (WHOLE_BASIS_POINTS + buffer) < (_ + 1) * WHOLE_BASIS_POINTS
    post: _ >= quota
    post: buffer != 0 or _ == quota

    Args:
        quota: In units, not negative.
        buffer: In basis points, not negative.

    Raises:
        TierError: Either is negative.
    """
    if quota < 0:
        raise TierError("quota", render_amount(quota), "give at least 0")
    if buffer < 0:
        raise TierError("buffer", f"{buffer} basis points", "give at least 0")
    return Amount(floor_div(quota * (WHOLE_BASIS_POINTS + buffer), WHOLE_BASIS_POINTS))


def terms_of(tier: Tier, kind: AccountKind, credit_limit: Amount, quota: Amount | None = None) -> Terms:
    """Return the terms of an account on a tier.

    pre: credit_limit >= 0 and (kind == AccountKind.CREDIT or credit_limit == 0)
    pre: quota is None or (tier == Tier.ENTERPRISE and quota >= 0)
    pre: max(credit_limit, quota or 0) <= 10**15 * UNITS
    post: _.kind == kind and _.credit_limit == credit_limit
    post: _.quota == (ALLOWANCES[tier].quota if quota is None else quota)
    post: _.limit == limit_of(_.quota, ALLOWANCES[tier].buffer) and 0 <= _.quota <= _.limit

    Args:
        tier: The plan; it fixes the buffer.
        kind: Prepaid or credit.
        credit_limit: In units; how far below zero a credit account may fall, 0 for a prepaid one.
        quota: In units; the agreed quota of an enterprise plan, or None for the table's.

    Raises:
        TierError: A negative credit limit, a credit limit on a prepaid account, or an agreed quota on a tier
            other than enterprise.
        AmountRangeError: Credit limit or quota is beyond the range of amounts.
    """
    if credit_limit < 0:
        raise TierError("credit limit", render_amount(credit_limit), "give at least 0")
    if kind == AccountKind.PREPAID and credit_limit != 0:
        raise TierError(
            "credit limit",
            render_amount(credit_limit),
            "give 0 for a prepaid account, or make it a credit one",
        )
    if quota is not None and tier != Tier.ENTERPRISE:
        raise TierError(
            "quota", f"{render_amount(quota)} on plan {tier}", "only enterprise agrees its own quota"
        )
    allowance = ALLOWANCES[tier]
    granted = allowance.quota if quota is None else check_amount_range(quota)
    limit = check_amount_range(limit_of(granted, allowance.buffer), TOTAL_MAX)
    return Terms(kind=kind, credit_limit=check_amount_range(credit_limit), quota=granted, limit=limit)
