"""A wrong scenario file is answered with field, value and what is allowed; a right one is read exactly."""

from decimal import Decimal

import pytest

from billproof.simulations.capacity.milestones import NUMBERS, milestone
from billproof.simulations.capacity.scenario import SECTIONS, Limits, Sale, limits_of
from billproof.simulations.capacity.scenario_files import ScenarioError, read_scenario
from billproof.simulations.capacity.scenario_template import template
from billproof.simulations.economics.prices import PRICE_NAMES

FIELDS = [(name, key, limit) for name, kind in SECTIONS.items() for key, limit in limits_of(kind).items()]
SALE = 'name = "x"\nday = 1\nhour = 1\nramp_minutes = 1\nhold_minutes = 1\npeak_per_second = 20000\n'


def refused(text: str) -> ScenarioError:
    """Return the error of a file."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(text, "mine.toml")
    return caught.value


@pytest.mark.parametrize("number", NUMBERS)
def test_template_of_a_milestone_is_read_back_as_the_same(number: int) -> None:
    assert read_scenario(template(milestone(number)), "mine.toml") == milestone(number)


def test_empty_file_is_the_default_milestone() -> None:
    scenario = read_scenario("", "mine.toml")
    assert scenario.workload == milestone(1000).workload
    assert scenario.name == "mine.toml"


@pytest.mark.parametrize(("section", "key", "limit"), FIELDS)
def test_each_field_is_refused_just_outside_of_its_range(section: str, key: str, limit: Limits) -> None:
    for value in (limit.low - 1, limit.high * 2 + 1):
        error = refused(f"[{section}]\n{key} = {value:.{0 if limit.is_whole else 12}f}\n")
        assert error.place == f"{section}.{key}"
        assert limit.text() in error.problem
        assert f"{section}.{key}" in str(error)
        assert limit.text() in str(error)


@pytest.mark.parametrize(("section", "key", "limit"), FIELDS)
@pytest.mark.parametrize("value", ['"8"', "true", "[1]", "nan", "2026-01-01"])
def test_each_field_is_refused_with_another_type(section: str, key: str, limit: Limits, value: str) -> None:
    error = refused(f"[{section}]\n{key} = {value}\n")
    assert error.place == f"{section}.{key}"
    assert limit.text() in error.problem


@pytest.mark.parametrize("key", [key for _, key, limit in FIELDS if limit.is_whole])
def test_fraction_is_no_whole_number(key: str) -> None:
    section = next(name for name, known, _ in FIELDS if known == key)
    assert refused(f"[{section}]\n{key} = 1.5\n").problem.startswith("found 1.5;")


@pytest.mark.parametrize("key", PRICE_NAMES)
def test_price_is_a_decimal_that_is_not_negative(key: str) -> None:
    for value in ("-0.01", '"1"', "inf", "true"):
        assert refused(f"[prices]\n{key} = {value}\n").place == f"prices.{key}"
    read = read_scenario(f"[prices]\n{key} = 0.1\n", "mine.toml")
    assert getattr(read.prices, key) == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "field", "allowed"),
    [
        ("[fleet]\nvcpus = 8", "fleet.vcpus", "vcpu, which is nearest"),
        ("[fleat]\nvcpu = 8", "fleat", "fleet, which is nearest"),
        ("milestones = 50", "milestones", "milestone, which is nearest"),
        (
            "[prices]\nspaner_node_month = 1",
            "prices.spaner_node_month",
            "spanner_node_month, which is nearest",
        ),
        (f"[[sale]]\n{SALE}minutes = 3", "sale[0].minutes", "ramp_minutes, which is nearest"),
        ("milestone = 77", "milestone", "10, 50, 150, 400, 800, 1000, 1200"),
        ('milestone = "50"', "milestone", "10, 50, 150"),
        ('month = "2026-13"', "month", "YYYY-MM"),
        ("month = 2026-11-01", "month", "YYYY-MM"),
        ("name = 3", "name", "a text"),
        ("fleet = 3", "fleet", "a table [fleet]"),
        ("sale = 3", "sale", "a list of tables"),
        ("sale = [3]", "sale[0]", "a table [[sale]]"),
        ('[[sale]]\nname = "x"', "sale[0].day", "from 1 to 31"),
        ("x =", "(the file)", "TOML 1.0"),
    ],
)
def test_other_mistakes_name_the_place_and_what_is_allowed(text: str, field: str, allowed: str) -> None:
    error = refused(text)
    assert error.place == field
    assert allowed in error.problem
    assert "mine.toml" in str(error)


@pytest.mark.parametrize(
    ("text", "field", "other"),
    [
        ("[fleet]\ninstances_min = 101", "fleet.instances_min", "instances_max = 100"),
        ("[fleet]\nsoft_limit = 101", "fleet.soft_limit", "instances_max = 100"),
        ("[fleet]\nlow_percent = 75", "fleet.low_percent", "high_percent = 70"),
        ("[fleet]\ntarget_percent = 20", "fleet.low_percent", "target_percent = 20"),
        ("[workload]\nsteady_per_second = 200000", "workload.peak_per_second", "steady_per_second = 200000"),
        ("[workload]\nhot_customer_percent = 0.01", "workload.hot_customer_percent", "0.1 %"),
        (f'month = "2026-02"\n[[sale]]\n{SALE.replace("day = 1", "day = 29")}', "sale[0].day", "28"),
        (f"[workload]\npeak_per_second = 15000\n[[sale]]\n{SALE}", "sale[0].peak_per_second", "= 15000"),
    ],
)
def test_contradiction_names_both_fields(text: str, field: str, other: str) -> None:
    error = refused(text)
    assert error.place == field
    assert other in error.problem


def test_all_mistakes_are_told_at_once() -> None:
    error = refused('[fleet]\nvcpu = 0\nqueue_max = "x"\n[stores]\nspanner_nodes = 0\n')
    assert error.place == "fleet.vcpu"
    assert [line.split(":")[0] for line in error.lines] == ["fleet.queue_max", "stores.spanner_nodes"]
    assert "and 2 more" in str(error)


def test_rates_follow_the_customers_and_the_sale_the_peak() -> None:
    scenario = read_scenario("milestone = 1000\n[workload]\ncustomers = 500\n", "mine.toml")
    assert scenario.workload.steady_per_second == 5_000
    assert scenario.workload.peak_per_second == scenario.sales[0].peak_per_second == 50_000


def test_largest_of_few_customers_has_at_least_the_mean_share() -> None:
    assert read_scenario("[workload]\ncustomers = 4\n", "mine.toml").workload.hot_customer_percent == 25


def test_sale_without_a_peak_given_lifts_the_peak() -> None:
    scenario = read_scenario(f"milestone = 50\n[[sale]]\n{SALE}", "mine.toml")
    assert scenario.workload.peak_per_second == 20_000


def test_limits_left_out_stay_within_a_smaller_fleet() -> None:
    fleet = read_scenario("[fleet]\ninstances_max = 2\n", "mine.toml").fleet
    assert (fleet.instances_min, fleet.soft_limit) == (2, 2)


def test_no_sale_is_an_empty_list() -> None:
    assert read_scenario("sale = []\n", "mine.toml").sales == ()


def test_sale_has_a_range_for_each_number() -> None:
    assert set(limits_of(Sale)) == {"day", "hour", "ramp_minutes", "hold_minutes", "peak_per_second"}
