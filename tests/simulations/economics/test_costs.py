"""The documents' own prices and volumes give the total that the audit of the documents found, not theirs."""

from dataclasses import replace
from decimal import Decimal

import pytest

from billproof.simulations.economics.costs import bill_of, cents, documented_volumes
from billproof.simulations.economics.prices import documented_prices


@pytest.mark.parametrize(
    ("components", "year"),
    [
        (("compute",), "18709.68"),  # XE-01
        (("balancer",), "21855.00"),  # XE-10
        (("spanner_nodes", "spanner_standby", "spanner_storage"), "403200.00"),  # XE-11
        (
            ("firestore_writes", "firestore_reads", "firestore_deletes", "firestore_storage"),
            "511038.72",
        ),  # XE-12
        (("archive",), "4824.00"),  # XE-21, as the following
        (("pubsub",), "78864.00"),
        (("logging",), "3060.00"),
        (("trace",), "18250.00"),
        (("kms",), "7000.00"),
        (("secrets",), "18.00"),
        (("armor",), "7902.00"),
    ],
)
def test_component_costs_what_prices_times_volumes_give(components: tuple[str, ...], year: str) -> None:
    lines = bill_of(documented_volumes(), documented_prices()).lines
    assert cents(sum((lines[name] for name in components), Decimal(0)) * 12) == year


def test_total_is_the_recomputed_one() -> None:
    # XE-21 prints 1,212,187 from rounded parts.
    assert cents(bill_of(documented_volumes(), documented_prices()).total * 12) == "1212187.05"


def test_total_is_the_sum_of_its_lines() -> None:
    bill = bill_of(documented_volumes(), documented_prices())
    assert bill.total == sum(bill.lines.values(), Decimal(0))


def test_changed_price_changes_its_line_and_support_alone() -> None:
    prices = documented_prices()
    dearer = replace(prices, vcpu_second=prices.vcpu_second * 2)
    before, after = (bill_of(documented_volumes(), each).lines for each in (prices, dearer))
    assert {name for name in before if before[name] != after[name]} == {"compute", "support"}
    assert after["compute"] == 2 * before["compute"]
