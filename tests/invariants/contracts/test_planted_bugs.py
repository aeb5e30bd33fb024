"""The contracts notice planted bugs, each on a call that is replayed; CrossHair alone notices the main."""

from dataclasses import replace

import pytest

from billproof.invariants.contracts.catalogue import contracts_named
from billproof.invariants.contracts.checking import check_contracts
from billproof.invariants.contracts.contract import Contract, Status, Symbolic
from billproof.invariants.variants.making import edit, edited
from billproof.invariants.variants.variant import installed

LIMIT = "used + amount > account.terms.limit"

PLANTED = (
    ("allocate", "money.allocate", "parts[index] += 1", "parts[index] += 0"),
    ("allocate", "money.allocate", "sign = -1 if total < 0 else 1", "sign = 1"),
    ("allocate", "money.allocate", "place: -remainders[place]", "place: remainders[place]"),
    ("allocate", "money.allocate", "sorted(range(len(parts))", "sorted(reversed(range(len(parts)))"),
    ("round_to_minor", "money.round_to_minor", "twice > minor or", "twice >= minor or"),
    ("round_to_minor", "money.round_to_minor", "below + 1 if is_up", "below + 1 if not is_up"),
    ("render_amount", "money.render_amount", 'sign = "-" if amount < 0 else ""', 'sign = ""'),
    ("render_minor", "money.render_minor", "{minor:0{exponent}d}", "{minor}"),
    ("parse_source_amount", "money.units_of_parts", "_SCALE[len(fraction)]", "_SCALE[len(fraction) - 1]"),
    ("ceil_div", "money.ceil_div", "-(-dividend // divisor)", "dividend // divisor + 1"),
    ("limit_of", "tiers.limit_of", "Amount(floor_div(", "Amount(1 + floor_div("),
    ("period_of", "periods.period_of", "civil.month - 1", "civil.month"),
    ("period_of", "periods._start", "date(year, month + 1, 1)", "date(year, month + 1, 2)"),
    ("period_start", "periods._start", "date(year, month + 1, 1)", "date(year, month + 1, 2)"),
    ("period_end", "periods.period_end", "return _start(Period(period + 1))", "return _start(period)"),
    ("render_period", "periods.render_period", "{month + 1:02d}", "{month:02d}"),
    ("render_period", "periods.period_of_text", "<= month <= MONTHS", "<= month < MONTHS"),
    ("judge_charge", "charging.judge_charge", LIMIT, "used > account.terms.limit"),
    ("judge_charge", "charging.judge_charge", LIMIT, "used + amount >= account.terms.limit"),
    ("judge_charge", "charging.judge_charge", "balance - amount < floor_of", "balance < floor_of"),
    ("is_held", "charging.is_held", "and terms.limit <=", "and terms.limit <"),
    ("balance_effect", "effects.balance_effect", "return Amount(-entry.amount)", "return entry.amount"),
    ("usage_effect", "effects.usage_effect", "entry.customer != name.customer or ", ""),
    ("is_admitted", "screening.is_admitted", "site.confirmed < context", "site.confirmed <= context"),
    ("is_durable", "charging.is_durable", "return position < site", "return position <= site"),
)
"""(function checked, function edited, text, other text)."""

BY_CROSSHAIR = (PLANTED[0], PLANTED[1], PLANTED[4], PLANTED[5], PLANTED[11], PLANTED[12], PLANTED[17])
"""What CrossHair must find without any listed call."""


def symbolic_only(contract: Contract) -> Contract:
    return replace(contract, cases=tuple(case for case in contract.cases if isinstance(case, Symbolic)))


@pytest.mark.parametrize(("name", "place", "old", "new"), PLANTED)
def test_planted_bug_is_refuted_by_a_call(name: str, place: str, old: str, new: str) -> None:
    variant = edited("planted", "T1.none", "a planted bug", "a test", edit(place, old, new))
    with installed(variant):
        reports = check_contracts(contracts_named((name,)), budget=30, progress=len)
    refuted = [report for report in reports if report.status == Status.REFUTED]
    assert refuted
    assert all(
        f"{name}(" in case.counterexample for it in refuted for case in it.cases if case.counterexample
    )


@pytest.mark.parametrize(("name", "place", "old", "new"), BY_CROSSHAIR)
def test_planted_bug_is_found_by_crosshair_alone(name: str, place: str, old: str, new: str) -> None:
    variant = edited("planted", "T1.none", "a planted bug", "a test", edit(place, old, new))
    contracts = [symbolic_only(contract) for contract in contracts_named((name,))]
    with installed(variant):
        reports = check_contracts(contracts, budget=40, progress=len)
    assert Status.REFUTED in {report.status for report in reports}
