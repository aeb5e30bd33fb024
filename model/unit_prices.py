"""Published unit prices, and what usage comes to by them: what anybody can recompute.

A plan is a JSON document; its name is the SHA-256 of its canonical form, which a receipt commits to as
``price_plan_hash``. Two forms are read: ``{"unit", "unit_price"}``, and the one that a FOCUS row is billed
under, ``{"ListUnitPrice", "PricingUnit", "SkuPriceId"}``. Usage is ``QUANTITY UNIT``.

Exact or not at all: a product that is no whole number of units of 10^-12 is not rounded but not rated.

Not here: tiered and packaged plans.

Source: rule R7.2 of ``claims.md``; ``system.md`` sections 3 and 5.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billproof.model.canonical import CanonicalValue, canonical_bytes
from billproof.model.identifiers import Amount, PricePlanHash, UsageText
from billproof.model.money import UNITS, AmountFormatError, AmountRangeError, parse_source_amount
from billproof.model.outcomes import EntryKind
from billproof.model.portable import PortableError
from billproof.model.state import Entry


class PlanFormatError(PortableError, ValueError):
    """A document that is no price plan; whoever publishes it must mend it.

    Args:
        source: Where it stands.
        problem: What is wrong.
        remedy: What to write instead.
    """

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {problem}; {remedy}")
        self.source = source
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """A price for each unit of usage."""

    unit: str
    price: Amount
    """For one unit, in units of 10^-12 of the major unit."""


def plan_hash(document: CanonicalValue) -> PricePlanHash:
    """Return the name of a plan: SHA-256 of its canonical form, lowercase hex."""
    return PricePlanHash(hashlib.sha256(canonical_bytes(document)).hexdigest())


def read_plans(documents: Iterable[CanonicalValue], source: str) -> dict[PricePlanHash, UnitPrice]:
    """Return published plans by their names.

    Raises:
        PlanFormatError: A document is no plan of a form that is read here.
    """
    return {plan_hash(item): _read_plan(item, f"{source}: plan {at}") for at, item in enumerate(documents)}


def rate(entry: Entry, plans: Mapping[PricePlanHash, UnitPrice]) -> Amount | None:
    """Return what the usage of a charge comes to, in units, or ``None`` where that cannot be said.

    It cannot be said of anything but a charge for usage, of an unpublished plan, of usage in another unit,
    and of a product that is no whole number of units.
    """
    plan = plans.get(entry.price_plan)
    if entry.kind != EntryKind.DEBIT or plan is None:
        return None
    return rate_usage(entry.usage, plan)


def rate_usage(usage: UsageText, plan: UnitPrice) -> Amount | None:
    """Return what usage comes to under a plan; ``None`` where it is in no such unit, or not exact."""
    quantity, _, unit = usage.partition(" ")
    if unit != plan.unit:
        return None
    try:
        # A quantity has the form of an amount, and is kept as one: in units of 10^-12.
        scaled = parse_source_amount(quantity) * plan.price
    except (AmountFormatError, AmountRangeError):
        return None
    whole, rest = divmod(scaled, UNITS)
    return Amount(whole) if rest == 0 else None


def _read_plan(document: CanonicalValue, where: str) -> UnitPrice:
    if not isinstance(document, dict):
        raise PlanFormatError(where, "is no object", 'write {"unit": "calls", "unit_price": "0.15"}')
    if set(document) == {"unit", "unit_price"}:
        unit, price = document["unit"], document["unit_price"]
    elif set(document) == {"ListUnitPrice", "PricingUnit", "SkuPriceId"}:
        unit, price = document["PricingUnit"], document["ListUnitPrice"]
    else:
        raise PlanFormatError(
            where,
            f"has the members {', '.join(sorted(document))}",
            "give unit and unit_price, or a FOCUS plan",
        )
    if not isinstance(unit, str) or not isinstance(price, str):
        raise PlanFormatError(where, "unit or price is no string", "write the price as a decimal string")
    try:
        return UnitPrice(unit=unit, price=parse_source_amount(price))
    except (AmountFormatError, AmountRangeError) as error:
        raise PlanFormatError(where, str(error), "write the price as a decimal string") from error
