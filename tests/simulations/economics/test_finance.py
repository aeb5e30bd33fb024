"""Break-even is the first number that pays; five years earn the fee, not the volume; doubt is shown."""

from decimal import Decimal

import pytest

from billproof.model.design import DOCUMENTED, REPAIRED
from billproof.simulations.capacity.milestones import milestone
from billproof.simulations.economics.costs import bill_of, documented_volumes
from billproof.simulations.economics.designs import priced, quorum_wait_ms, repaired_topology
from billproof.simulations.economics.finance import (
    break_even,
    break_even_of,
    ceil_decimal,
    documented_lines,
    fee_per_customer,
    projection,
)
from billproof.simulations.economics.options import options
from billproof.simulations.economics.prices import documented_prices
from billproof.simulations.economics.report import sizing_of, study_economics
from billproof.simulations.economics.uncertainty import SamplesError, spread, tornado

FEE = Decimal(540)


def test_fee_of_a_customer_is_the_documented_one() -> None:
    assert fee_per_customer(Decimal(15_000)) == FEE


def test_break_even_is_the_least_number_that_pays() -> None:
    for line in documented_lines():
        found = break_even(line.fixed, FEE, line.variable)
        if found is not None:
            assert FEE * found >= line.cost(found)
            assert FEE * (found - 1) < line.cost(found - 1)


def test_break_evens_of_the_documents_models() -> None:
    # XF-22 and XF-23: 393 and 417, and never. The third is 803: 802 customers lose 2 dollars.
    found = [break_even(line.fixed, FEE, line.variable) for line in documented_lines()]
    assert found == [393, 417, 803, None]


@pytest.mark.parametrize(("fee", "variable"), [(5, 5), (5, 6)])
def test_customer_that_pays_no_more_than_it_costs_never_breaks_even(fee: int, variable: int) -> None:
    assert break_even(Decimal(1), Decimal(fee), Decimal(variable)) is None


def test_search_agrees_with_the_formula_and_sees_steps() -> None:
    assert break_even_of(lambda count: Decimal(100 + 2 * count), Decimal(4), most=500) == 50
    assert break_even_of(lambda count: Decimal(0 if count < 7 else 41), Decimal(4), most=500) == 11
    assert break_even_of(lambda count: Decimal(9 * count), Decimal(4), most=500) is None


@pytest.mark.parametrize(("value", "ceiling"), [("1.0", 1), ("1.01", 2), ("-1.5", -1), ("0", 0)])
def test_ceiling_goes_up(value: str, ceiling: int) -> None:
    assert ceil_decimal(Decimal(value)) == ceiling


def test_five_years_earn_a_share_of_what_passes_through() -> None:
    scenario = milestone(1000)
    years = projection(sizing_of(scenario), scenario.prices, 10)
    assert [year.year for year in years] == [2026, 2027, 2028, 2029, 2030]
    for year in years:
        assert year.fee == year.volume * Decimal("0.003")
        assert year.cost > year.fee
    assert years[0].customers == pytest.approx(10 + 12 * 80, rel=0.05)


def test_customers_lose_five_per_cent_a_year() -> None:
    scenario = milestone(1000)
    many = projection(sizing_of(scenario), scenario.prices, 1_000_000)[0].customers
    assert many == pytest.approx(1_000_000 * 0.951 + 960, rel=0.001)


def test_option_says_what_stands_against_it() -> None:
    found = {
        item.name: item
        for item in options(bill_of(documented_volumes(), documented_prices()), Decimal(100_000))
    }
    assert "10,000 operations/s" in found["Bigtable instead of Firestore"].objection
    assert found["less egress"].saved == found["less egress"].documented == 480


def test_tornado_is_sorted_and_each_driver_moves_the_cost() -> None:
    swings = tornado(documented_volumes(), documented_prices())
    widths = [swing.width for swing in swings]
    assert widths == sorted(widths, reverse=True)
    assert min(widths) > 0


def test_monte_carlo_repeats_by_seed_and_holds_the_middle() -> None:
    volumes, prices = documented_volumes(), documented_prices()
    first = spread(volumes, prices, samples=300, seed=1)
    assert spread(volumes, prices, samples=300, seed=1) == first
    assert spread(volumes, prices, samples=300, seed=2) != first
    assert first.p5 < first.p50 < first.p95
    with pytest.raises(SamplesError):
        spread(volumes, prices, samples=99, seed=1)


def test_synchronous_quorum_costs_latency_and_money_and_exposes_nothing() -> None:
    scenario = milestone(1000)
    late, sure = priced(DOCUMENTED, scenario), priced(REPAIRED, scenario)
    assert quorum_wait_ms(repaired_topology()) == 60
    assert (late.commit_ms, sure.commit_ms) == (70, 100)
    assert (late.events_exposed, sure.events_exposed) == (3_000_000, 0)
    assert sure.cost_month > late.cost_month
    assert sure.nodes_at_peak == 112  # XD-44
    assert sure.reply_p99_ms > late.reply_p99_ms


def test_economics_of_a_milestone_has_every_part() -> None:
    found = study_economics(milestone(50), monthly_volume=Decimal(15_000), samples=100, seed=1)
    assert [item.design for item in found.designs] == ["documented", "repaired", "repaired-async"]
    assert len(found.totals) == 4
