"""Rating: what a metered quantity costs under a price plan, exactly, so that anybody can compute it again.

Plan and receipt are all that a third party needs: the receipt names the plan by its hash, and its usage text
says what was metered and what had been metered before it in the period. ``recompute`` uses nothing else.
Nothing is rounded here; the one rounding of money is at the invoice line (``money.round_to_minor``).

Laws. ``rate(plan, 0) == 0``. ``rate_step`` telescopes: the steps of a quantity, however cut, add up to
``rate`` of the whole. Graduated: each step costs the price of the tier that it lies in, and a flat price is
due once its tier is begun. Volume: all steps cost the price of the tier that the whole lies in, so only the
whole can be rated. Package: ``rate`` never falls when the quantity rises, and is constant within a package.

Source: ``system.md`` sections 3 and 5; known-bugs rule R14 and rows B76, B82.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billproof.model.identifiers import Amount, PricePlanHash, Quantity, UsageText
from billproof.model.money import ceil_div, render_amount
from billproof.model.price_plans import (
    QUANTITY_MAX,
    PlanError,
    PricePlan,
    PriceTier,
    PricingModel,
    parse_quantity,
    plan_hash,
    price_of_step,
    render_quantity,
)

NO_QUANTITY: Final = Quantity(0)
"""Nothing metered."""

_USAGE = re.compile(r"([0-9.]+) (.+?)(?: after ([0-9.]+))?")


class RatingVerdict(StrEnum):
    """What recomputing an amount has shown."""

    MATCHES = "MATCHES"
    """The plan gives the amount."""
    DIFFERS = "DIFFERS"
    """The plan gives another one."""
    NOT_CHECKABLE = "NOT_CHECKABLE"
    """The evidence does not suffice: another plan, or a usage text that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """The result of recomputing an amount."""

    verdict: RatingVerdict
    expected: Amount | None
    """What the plan gives, in units of money."""
    reason: str


def rate(plan: PricePlan, quantity: Quantity) -> Amount:
    """Return what a quantity costs, in units of money, exactly.

    Args:
        plan: A checked plan.
        quantity: In steps, not negative.

    Raises:
        PlanError: The quantity is negative or beyond the range.
    """
    if not 0 <= quantity <= QUANTITY_MAX:
        raise PlanError("quantity", f"{quantity} steps is outside 0 to 10^30", "meter what was used")
    if plan.model == PricingModel.PACKAGE:
        only = plan.tiers[0]
        packages = ceil_div(quantity, plan.package_size)
        return Amount(packages * only.unit_price + (only.flat_price if quantity else 0))
    if plan.model == PricingModel.VOLUME:
        tier = _tier_of(plan, quantity)
        return Amount(quantity * price_of_step(plan, tier) + (tier.flat_price if quantity else 0))
    total, below = 0, 0
    for tier in plan.tiers:
        if quantity <= below:
            break
        above = quantity if tier.up_to is None or quantity < tier.up_to else tier.up_to
        total += (above - below) * price_of_step(plan, tier) + tier.flat_price
        below = above
    return Amount(total)


def rate_step(plan: PricePlan, before: Quantity, quantity: Quantity) -> Amount:
    """Return what a quantity costs that comes after ``before`` in the same period.

    Law: ``rate(plan, a) + rate_step(plan, a, b) == rate(plan, a + b)``.

    Raises:
        PlanError: A volume plan, whose total can fall when usage rises: only the whole can be rated; or a
            quantity out of range.
    """
    if plan.model == PricingModel.VOLUME and before != 0:
        raise PlanError(
            "model", "volume rates a whole period, not its parts", "rate the sum once it is known"
        )
    return Amount(rate(plan, Quantity(before + quantity)) - rate(plan, before))


def usage_text(plan: PricePlan, quantity: Quantity, before: Quantity = NO_QUANTITY) -> UsageText:
    """Return the usage text of a receipt: what was metered, and after how much in the same period."""
    shown = f"{render_quantity(quantity, plan.decimals)} {plan.unit}"
    return UsageText(f"{shown} after {render_quantity(before, plan.decimals)}" if before else shown)


def recompute(plan: PricePlan, named: PricePlanHash, usage: UsageText, amount: Amount) -> Recomputed:
    """Rate again what a receipt says, from the plan and the receipt alone.

    Args:
        plan: A checked plan, as somebody presents it.
        named: The plan hash on the receipt.
        usage: The usage text on the receipt.
        amount: The amount on the receipt, in units of money.
    """
    if plan_hash(plan) != named:
        return _not_checkable("the receipt names another price plan")
    match = _USAGE.fullmatch(usage)
    if match is None or match[2] != plan.unit:
        return _not_checkable(f"the usage text names no quantity of {plan.unit}")
    try:
        quantity = parse_quantity(match[1], plan.decimals)
        before = parse_quantity(match[3] or "0", plan.decimals)
        expected = rate_step(plan, before, quantity)
    except PlanError as error:
        return _not_checkable(error.problem)
    if expected == amount:
        return Recomputed(
            verdict=RatingVerdict.MATCHES, expected=expected, reason="the plan gives this amount"
        )
    return Recomputed(
        verdict=RatingVerdict.DIFFERS,
        expected=expected,
        reason=f"the plan gives {render_amount(expected)}, the receipt says {render_amount(amount)}",
    )


def _tier_of(plan: PricePlan, quantity: Quantity) -> PriceTier:
    for tier in plan.tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            return tier
    raise AssertionError("the last tier of a checked plan has no end")


def _not_checkable(reason: str) -> Recomputed:
    return Recomputed(verdict=RatingVerdict.NOT_CHECKABLE, expected=None, reason=reason)
