"""Price plans: versioned canonical documents of what a metered quantity costs, and their hashes.

The hash of a plan stands on the receipt (``price_plan_hash``), so that a plan cannot change behind a receipt.
A quantity is an integer of the plan's smallest step, 10^-decimals of its unit; a plan is refused whose price
of one step is not a whole number of units of money, so that rating has nothing to round.

Law: ``parse_plan(plan_body(plan)) == plan`` for every checked plan, and equal plans have equal hashes.

Not here: what a quantity costs (``rating``).

Source: ``system.md`` sections 2, 3 and 5; known-bugs rule R14 and rows B80, B82.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billproof.model.canonical import CanonicalValue, canonical_bytes, parse_json
from billproof.model.identifiers import Amount, Count, CurrencyCode, PricePlanHash, Quantity
from billproof.model.money import AMOUNT_MAX, check_currency, floor_div, parse_amount, render_amount
from billproof.model.portable import PortableError

PLAN_VERSION: Final = 1
"""The version of the plan document."""

PLAN_TAG: Final = b"billproof/price-plan/v1\n"
"""The domain tag of plan hashes."""

QUANTITY_DECIMALS_MAX: Final = 12
"""The finest step of a quantity: 10^-12 of its unit."""

QUANTITY_MAX: Final = Quantity(10**30)
"""The largest quantity, in steps."""

_QUANTITY = re.compile(r"(0|[1-9][0-9]{0,29})(?:\.([0-9]{0,11}[1-9]))?")
_UNIT = re.compile(r"[^\s\"\\]+(?: [^\s\"\\]+)*")
_PLAN_MEMBERS: Final = ("version", "name", "currency", "unit", "decimals", "model", "package_size", "tiers")
_TIER_MEMBERS: Final = ("up_to", "unit_price", "flat_price")


class PricingModel(StrEnum):
    """How tiers make a price."""

    PER_UNIT = "per_unit"
    """One price for every step."""
    GRADUATED = "graduated"
    """Each step at the price of the tier that it lies in."""
    VOLUME = "volume"
    """All steps at the price of the tier that the whole lies in."""
    PACKAGE = "package"
    """A price for every package that is begun."""


class PlanError(PortableError, ValueError):
    """A plan or a quantity that cannot be rated; whoever wrote it must mend it.

    Args:
        subject: Which member or text.
        problem: What is wrong with it.
        remedy: What to write instead.
    """

    def __init__(self, subject: str, problem: str, remedy: str) -> None:
        super().__init__(f"price plan: {subject} {problem}; {remedy}")
        self.subject = subject
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTier:
    """The price of the steps up to a bound."""

    up_to: Quantity | None
    """The last step of the tier, in steps; None for the last tier, which has no end."""
    unit_price: Amount
    """The price of one whole unit, of a package under ``PACKAGE``; in units of money, not negative."""
    flat_price: Amount
    """Due once as soon as one step lies in the tier; in units of money, not negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePlan:
    """What usage of one thing costs."""

    name: str
    currency: CurrencyCode
    unit: str
    """What is metered, for example ``request``."""
    decimals: Count
    """A quantity is counted in steps of 10^-decimals of the unit."""
    model: PricingModel
    package_size: Quantity
    """Steps in one package; 1 for the other models."""
    tiers: tuple[PriceTier, ...]
    """In rising order; exactly one, without end, unless the model is graduated or volume."""


def check_plan(plan: PricePlan) -> PricePlan:
    """Return the plan if it can rate every quantity exactly.

    Raises:
        PlanError: A price or bound out of range or order, or a price of a step that is not a whole number of
            units of money.
        UnknownCurrencyError: No such currency.
    """
    check_currency(plan.currency)
    _check_decimals(plan.decimals)
    if not _UNIT.fullmatch(plan.unit) or " after " in f" {plan.unit} ":
        raise PlanError("unit", f"{plan.unit[:40]!r} is no name of a unit", 'write for example "request"')
    is_tiered = plan.model in (PricingModel.GRADUATED, PricingModel.VOLUME)
    if not plan.tiers or (len(plan.tiers) > 1 and not is_tiered):
        raise PlanError(
            "tiers", f"has {len(plan.tiers)} tiers", f"give {plan.model} {'some' if is_tiered else 'one'}"
        )
    if plan.package_size < 1 or (plan.package_size != 1 and plan.model != PricingModel.PACKAGE):
        raise PlanError("package_size", f"is {plan.package_size}", "give 1, or the steps of one package")
    bound = Quantity(0)
    for index, tier in enumerate(plan.tiers):
        is_last = index == len(plan.tiers) - 1
        if (tier.up_to is None) != is_last:
            raise PlanError(
                f"tiers[{index}].up_to", "is not where it belongs", "leave it out of the last tier only"
            )
        if tier.up_to is not None and tier.up_to <= bound:
            raise PlanError(f"tiers[{index}].up_to", "does not rise", "order the tiers by their bounds")
        bound = tier.up_to if tier.up_to is not None else bound
        _check_prices(plan, index, tier)
    return plan


def price_of_step(plan: PricePlan, tier: PriceTier) -> Amount:
    """Return the price of one step in a tier, in units of money: a whole number by ``check_plan``."""
    return Amount(floor_div(tier.unit_price, 10**plan.decimals))


def plan_body(plan: PricePlan) -> bytes:
    """Return the canonical bytes of a plan (RFC 8785): what is hashed and published."""
    return canonical_bytes(_document(plan))


def plan_hash(plan: PricePlan) -> PricePlanHash:
    """Return the hash of a plan, which receipts name: SHA-256 of the domain tag and the canonical bytes."""
    return PricePlanHash(hashlib.sha256(PLAN_TAG + plan_body(plan)).hexdigest())


def parse_plan(text: str, *, source: str) -> PricePlan:
    """Read a plan document; any JSON form of it is taken, since the hash is over the canonical one.

    Args:
        text: The JSON text.
        source: The file, for messages.

    Raises:
        JsonInputError: Not JSON.
        PlanError, UnknownCurrencyError, AmountFormatError, AmountRangeError: Not a plan.
    """
    document = parse_json(text, source)
    if not isinstance(document, dict):
        raise PlanError("document", "is no object", "see billproof plan --help")
    _check_members(document, _PLAN_MEMBERS, "plan")
    if document.get("version") != PLAN_VERSION:
        raise PlanError("version", f"is {document.get('version')!r}", f"this version reads {PLAN_VERSION}")
    model = _text(document, "model")
    if model not in list(PricingModel):
        raise PlanError("model", f"{model!r} is unknown", f"use one of {', '.join(PricingModel)}")
    decimals = document.get("decimals", 0)
    tiers = document.get("tiers")
    if not isinstance(decimals, int) or isinstance(decimals, bool) or not isinstance(tiers, list):
        raise PlanError("decimals or tiers", "is of another type", "give an integer and a list")
    # Before any quantity is read: it would be filled up with as many zeros.
    _check_decimals(decimals)
    places = Count(decimals)
    return check_plan(
        PricePlan(
            name=_text(document, "name"),
            currency=check_currency(_text(document, "currency")),
            unit=_text(document, "unit"),
            decimals=places,
            model=PricingModel(model),
            package_size=_package_size(document, places),
            tiers=tuple(_tier(tier, index, places) for index, tier in enumerate(tiers)),
        )
    )


def parse_quantity(text: str, decimals: Count) -> Quantity:
    """Read a canonical decimal quantity in units and return it in steps of 10^-decimals.

    Raises:
        PlanError: Not a canonical decimal number, or finer than a step; nothing is rounded.
    """
    match = _QUANTITY.fullmatch(text)
    fraction = "" if match is None else match[2] or ""
    if match is None or len(fraction) > decimals:
        raise PlanError(
            "quantity", f"{text[:40]!r} is no number of {decimals} decimals", 'write it like "12.5"'
        )
    return Quantity(int(match[1] + fraction.ljust(decimals, "0")))


def render_quantity(quantity: Quantity, decimals: Count) -> str:
    """Return the one decimal string of a quantity given in steps: the inverse of ``parse_quantity``."""
    whole, fraction = divmod(quantity, 10**decimals)
    shown = f"{fraction:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole}.{shown}" if shown else str(whole)


def _check_decimals(decimals: int) -> None:
    if not 0 <= decimals <= QUANTITY_DECIMALS_MAX:
        raise PlanError("decimals", f"{decimals} is outside 0 to 12", "count in steps of 10^-12 at finest")


def _check_prices(plan: PricePlan, index: int, tier: PriceTier) -> None:
    for member, price in (("unit_price", tier.unit_price), ("flat_price", tier.flat_price)):
        if not 0 <= price <= AMOUNT_MAX:
            raise PlanError(
                f"tiers[{index}].{member}", f"{render_amount(price)} is out of range", "give at least 0"
            )
    if plan.model != PricingModel.PACKAGE and tier.unit_price % 10**plan.decimals:
        raise PlanError(
            f"tiers[{index}].unit_price",
            f"{render_amount(tier.unit_price)} is not exact for a step of 10^-{plan.decimals}",
            "count in larger steps, or give a price with fewer decimals",
        )


def _document(plan: PricePlan) -> dict[str, CanonicalValue]:
    tiers: list[CanonicalValue] = []
    for tier in plan.tiers:
        shown: dict[str, CanonicalValue] = {
            "flat_price": render_amount(tier.flat_price),
            "unit_price": render_amount(tier.unit_price),
        }
        if tier.up_to is not None:
            shown["up_to"] = render_quantity(tier.up_to, plan.decimals)
        tiers.append(shown)
    document: dict[str, CanonicalValue] = {
        "version": PLAN_VERSION,
        "name": plan.name,
        "currency": plan.currency,
        "unit": plan.unit,
        "decimals": plan.decimals,
        "model": plan.model.value,
        "tiers": tiers,
    }
    if plan.model == PricingModel.PACKAGE:
        document["package_size"] = render_quantity(plan.package_size, plan.decimals)
    return document


def _package_size(document: Mapping[str, CanonicalValue], decimals: Count) -> Quantity:
    if "package_size" not in document:
        return Quantity(1)
    return parse_quantity(_text(document, "package_size"), decimals)


def _tier(value: CanonicalValue, index: int, decimals: Count) -> PriceTier:
    if not isinstance(value, dict):
        raise PlanError(f"tiers[{index}]", "is no object", "give unit_price and, but for the last, up_to")
    _check_members(value, _TIER_MEMBERS, f"tiers[{index}]")
    return PriceTier(
        up_to=parse_quantity(_text(value, "up_to"), decimals) if "up_to" in value else None,
        unit_price=parse_amount(_text(value, "unit_price")),
        flat_price=parse_amount(_text(value, "flat_price", "0")),
    )


def _check_members(document: Mapping[str, object], members: tuple[str, ...], where: str) -> None:
    for member in document:
        if member not in members:
            raise PlanError(where, f"has an unknown member {member[:40]!r}", f"use {', '.join(members)}")


def _text(document: Mapping[str, CanonicalValue], member: str, default: str | None = None) -> str:
    value = document.get(member, default)
    if not isinstance(value, str) or not value:
        raise PlanError(member, "is missing or no text", "give it as a string")
    return value
