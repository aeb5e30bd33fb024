"""A sweep is read strictly, and changes one field with what follows from it."""

import pytest

from billproof.simulations.capacity.milestones import milestone
from billproof.simulations.capacity.scenario_files import ScenarioError, change_number
from billproof.simulations.capacity.sweep import SweepError, parse_sweep


def test_whole_field_takes_whole_values_between_the_ends() -> None:
    assert parse_sweep("fleet.vcpu=2..16").values == (2, 4, 7, 9, 11, 14, 16)


def test_far_ends_are_divided_in_their_ratio() -> None:
    values = parse_sweep("workload.customers=1..1000000").values
    assert values == (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("fleet.vcpu", "SECTION.FIELD=A..B"),
        ("fleet.vcpu=2", "SECTION.FIELD=A..B"),
        ("fleet.vcpus=2..4", "is no field"),
        ("fleet.vcpu=x..4", "is no number"),
        ("fleet.vcpu=4..2", "from 1 to 256"),
        ("fleet.vcpu=0..2", "from 1 to 256"),
        ("fleet.vcpu=nan..2", "from 1 to 256"),
    ],
)
def test_wrong_sweep_says_what_to_write(text: str, problem: str) -> None:
    with pytest.raises(SweepError, match="--sweep") as caught:
        parse_sweep(text)
    assert problem in str(caught.value)


def test_customers_bring_their_rates_and_a_contradiction_is_refused() -> None:
    changed = change_number(milestone(1000), "workload", "customers", 500)
    assert changed.workload.peak_per_second == changed.sales[0].peak_per_second == 50_000
    assert change_number(milestone(1000), "stores", "chain_entries", 7).stores.chain_entries == 7
    with pytest.raises(ScenarioError, match=r"fleet\.instances_min"):
        change_number(milestone(1000), "fleet", "instances_min", 101)
