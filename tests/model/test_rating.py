"""Price plans rate exactly, in steps that add up, and anybody with plan and receipt gets the same amount."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Amount, Count, CurrencyCode, PricePlanHash, Quantity, UsageText
from billproof.model.money import UNITS
from billproof.model.price_plans import (
    PlanError,
    PricePlan,
    PriceTier,
    PricingModel,
    check_plan,
    parse_plan,
    parse_quantity,
    plan_body,
    plan_hash,
    render_quantity,
)
from billproof.model.rating import RatingVerdict, rate, rate_step, recompute, usage_text


def tier(up_to: int | None, unit: int, flat: int = 0) -> PriceTier:
    bound = None if up_to is None else Quantity(up_to)
    return PriceTier(up_to=bound, unit_price=Amount(unit * UNITS), flat_price=Amount(flat * UNITS))


def plan_of(model: PricingModel, *tiers: PriceTier, package: int = 1) -> PricePlan:
    return check_plan(
        PricePlan(
            name="api",
            currency=CurrencyCode("USD"),
            unit="call",
            decimals=Count(0),
            model=model,
            package_size=Quantity(package),
            tiers=tiers,
        )
    )


GRADUATED = plan_of(PricingModel.GRADUATED, tier(10, 3), tier(100, 2, flat=5), tier(None, 1))
VOLUME = replace(GRADUATED, model=PricingModel.VOLUME)
PER_UNIT = plan_of(PricingModel.PER_UNIT, tier(None, 3))
PACKAGE = plan_of(PricingModel.PACKAGE, tier(None, 7), package=100)


@pytest.mark.parametrize(
    ("plan", "quantity", "price"),
    [
        (PER_UNIT, 0, 0),
        (PER_UNIT, 7, 21),
        (GRADUATED, 0, 0),
        (GRADUATED, 10, 30),
        (GRADUATED, 11, 30 + 5 + 2),
        (GRADUATED, 100, 30 + 5 + 180),
        (GRADUATED, 101, 30 + 5 + 180 + 1),
        (VOLUME, 10, 30),
        (VOLUME, 11, 22 + 5),
        (VOLUME, 101, 101),
        (PACKAGE, 0, 0),
        (PACKAGE, 1, 7),
        (PACKAGE, 100, 7),
        (PACKAGE, 101, 14),
    ],
)
def test_a_quantity_costs_what_the_model_says(plan: PricePlan, quantity: int, price: int) -> None:
    assert rate(plan, Quantity(quantity)) == price * UNITS


@given(st.sampled_from((PER_UNIT, GRADUATED, PACKAGE)), st.lists(st.integers(0, 150), max_size=5))
def test_steps_however_cut_add_up_to_the_whole(plan: PricePlan, parts: list[int]) -> None:
    before, total = 0, 0
    for part in parts:
        total += rate_step(plan, Quantity(before), Quantity(part))
        before += part
    assert total == rate(plan, Quantity(before))


def test_a_volume_plan_rates_only_the_whole() -> None:
    with pytest.raises(PlanError, match="rates a whole period"):
        rate_step(VOLUME, Quantity(1), Quantity(1))


@pytest.mark.parametrize("quantity", [-1, 10**30 + 1])
def test_a_quantity_out_of_range_is_refused(quantity: int) -> None:
    with pytest.raises(PlanError, match="is outside"):
        rate(PER_UNIT, Quantity(quantity))


@pytest.mark.parametrize("plan", [PER_UNIT, GRADUATED, VOLUME, PACKAGE])
def test_a_plan_is_read_back_from_its_canonical_bytes(plan: PricePlan) -> None:
    assert parse_plan(plan_body(plan).decode(), source="a test") == plan


def test_every_member_of_a_plan_is_under_its_hash() -> None:
    changed = (
        replace(GRADUATED, name="other"),
        replace(GRADUATED, currency=CurrencyCode("EUR")),
        replace(GRADUATED, unit="request"),
        replace(GRADUATED, decimals=Count(1)),
        replace(GRADUATED, model=PricingModel.VOLUME),
        replace(GRADUATED, tiers=(tier(11, 3), *GRADUATED.tiers[1:])),
        replace(GRADUATED, tiers=(tier(10, 4), *GRADUATED.tiers[1:])),
        replace(GRADUATED, tiers=(tier(10, 3, flat=1), *GRADUATED.tiers[1:])),
    )
    hashes = {plan_hash(plan) for plan in (GRADUATED, *changed)}
    assert len(hashes) == len(changed) + 1
    assert plan_hash(PACKAGE) != plan_hash(replace(PACKAGE, package_size=Quantity(99)))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("version", 2),
        ("currency", "XXX"),
        ("unit", ""),
        ("decimals", 13),
        ("decimals", "2"),
        ("model", "free"),
        ("tiers", []),
        ("tiers", [{"unit_price": "1", "up_to": "5"}]),
        ("tiers", [{"unit_price": "1"}, {"unit_price": "1"}]),
        ("tiers", [{"unit_price": "-1"}]),
        ("tiers", [{"unit_price": "1", "discount": "1"}]),
        ("package_size", "2"),
        ("rounding", "up"),
    ],
)
def test_a_plan_with_a_bad_member_is_refused(member: str, value: object) -> None:
    document = json.loads(plan_body(PER_UNIT))
    document[member] = value
    with pytest.raises(ValueError, match=r"."):
        parse_plan(json.dumps(document), source="a test")


def test_a_price_that_a_step_does_not_divide_is_refused() -> None:
    fine = replace(PER_UNIT, decimals=Count(2), tiers=(replace(tier(None, 0), unit_price=Amount(100)),))
    assert rate(check_plan(fine), Quantity(3)) == 3
    with pytest.raises(PlanError, match="is not exact"):
        check_plan(replace(fine, tiers=(replace(fine.tiers[0], unit_price=Amount(101)),)))


@given(st.integers(0, 10**20), st.integers(0, 12))
def test_a_quantity_is_read_back_from_its_text(quantity: int, decimals: int) -> None:
    places = Count(decimals)
    assert parse_quantity(render_quantity(Quantity(quantity), places), places) == quantity


@given(st.integers(0, 200), st.integers(0, 200))
def test_anybody_recomputes_the_amount_from_plan_and_receipt(before: int, quantity: int) -> None:
    amount = rate_step(GRADUATED, Quantity(before), Quantity(quantity))
    usage = usage_text(GRADUATED, Quantity(quantity), Quantity(before))
    found = recompute(GRADUATED, plan_hash(GRADUATED), usage, amount)
    assert found.verdict == RatingVerdict.MATCHES
    wrong = recompute(GRADUATED, plan_hash(GRADUATED), usage, Amount(amount + 1))
    assert (wrong.verdict, wrong.expected) == (RatingVerdict.DIFFERS, amount)


@pytest.mark.parametrize(
    ("named", "usage"),
    [
        (PricePlanHash("0" * 64), "5 call"),
        (plan_hash(GRADUATED), "5 requests"),
        (plan_hash(GRADUATED), "many call"),
        (plan_hash(GRADUATED), "5.5 call"),
    ],
)
def test_evidence_that_does_not_suffice_decides_nothing(named: PricePlanHash, usage: str) -> None:
    found = recompute(GRADUATED, named, UsageText(usage), Amount(0))
    assert found.verdict == RatingVerdict.NOT_CHECKABLE
