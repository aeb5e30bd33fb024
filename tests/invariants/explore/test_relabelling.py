"""Symmetry of the core: orbit sums are the counts of the full search, and a favourite is noticed."""

from dataclasses import replace

import pytest

from billproof.invariants.explore.cast import A1, A2
from billproof.invariants.explore.findings import Limits, SearchCounts
from billproof.invariants.explore.models.billing import BillingSetting, billing_domain, search_billing
from billproof.invariants.explore.relabelling import SAMPLE_EVERY, Quotient, orbit_of, quotient_of, sort_key
from billproof.invariants.explore.search import start_of
from billproof.invariants.explore.symmetry import FalseSymmetryError
from billproof.invariants.searching import context_of
from billproof.model import core
from billproof.model.commands import Charge, Command
from billproof.model.containers import FrozenMap
from billproof.model.context import Context, Outcome
from billproof.model.design import DOCUMENTED, REPAIRED
from billproof.model.identifiers import CustomerId
from billproof.model.outcomes import Status
from billproof.model.state import State

SETTINGS = (
    BillingSetting(design=REPAIRED, customers=2, keys=2),
    BillingSetting(design=REPAIRED, regions=2, keys=2),
    BillingSetting(design=REPAIRED, customers=3),
    BillingSetting(design=REPAIRED, customers=2, amounts=2),
)


def searched(setting: BillingSetting, *, symmetry: bool) -> SearchCounts:
    """Search without limits."""
    return search_billing(setting, Limits(), silent, symmetry=symmetry)


def silent(line: str) -> None:
    """Show no progress."""
    del line


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_orbit_sums_are_the_counts_of_the_full_search(setting: BillingSetting) -> None:
    full, reduced = searched(setting, symmetry=False), searched(setting, symmetry=True)
    assert (reduced.distinct, reduced.generated, reduced.depth) == (full.distinct, full.generated, full.depth)
    assert (full.breach, reduced.breach) == (None, None)
    assert reduced.canonical is not None
    assert reduced.canonical < full.distinct


def test_broken_design_is_refuted_through_orbits_with_as_short_a_trace() -> None:
    setting = BillingSetting(design=replace(DOCUMENTED, name="mine"))
    full, reduced = searched(setting, symmetry=False), searched(setting, symmetry=True)
    assert full.breach is not None
    assert reduced.breach is not None
    assert len(full.breach.steps) == len(reduced.breach.steps)


def favouring(state: State, command: Command, context: Context) -> Outcome:
    """Refuse what the second customer charges."""
    if isinstance(command, Charge) and command.request.customer == CustomerId("customer2"):
        return Outcome(state=state, status=Status.BAD_AMOUNT)
    return core.step(state, command, context)


def test_core_with_a_favourite_customer_is_noticed() -> None:
    setting = BillingSetting(design=REPAIRED, customers=2)
    domain = billing_domain(setting)
    quotient = quotient_of(domain, favouring, context_of(REPAIRED), attempts=(A1, A2))
    state = start_of(domain, favouring, quotient.context)
    with pytest.raises(FalseSymmetryError, match="Charge"):
        check_often(quotient, state)


def check_often(quotient: Quotient, state: State) -> None:
    """Check a state until every relabelling had its turn."""
    for _ in range(len(quotient.group) * SAMPLE_EVERY):
        quotient.check(state)


def test_domain_that_favours_a_key_is_noticed() -> None:
    domain = billing_domain(BillingSetting(design=REPAIRED, keys=2))
    lame = replace(domain, commands=domain.commands[1:])
    with pytest.raises(FalseSymmetryError, match="none of it"):
        quotient_of(lame, core.step, context_of(REPAIRED), attempts=(A1, A2))


def test_relabelled_state_is_again_one_that_the_core_makes() -> None:
    """Relabelling and executing the relabelled commands give the same state, digests included."""
    domain = billing_domain(BillingSetting(design=REPAIRED, customers=2, regions=2))
    quotient = quotient_of(domain, core.step, context_of(REPAIRED), attempts=(A1, A2))
    state = start_of(domain, core.step, quotient.context)
    for one in quotient.group:
        here, there = state, one.state(state)
        for command in domain.commands[:12]:
            here = core.step(here, command, quotient.context).state
            there = core.step(there, one.command(command), quotient.context).state
            assert one.state(here) == there


def test_orbit_begins_with_the_state_and_repeats_nothing() -> None:
    domain = billing_domain(BillingSetting(design=REPAIRED, customers=2))
    quotient = quotient_of(domain, core.step, context_of(REPAIRED), attempts=(A1, A2))
    state = start_of(domain, core.step, quotient.context)
    orbit = orbit_of(quotient, state)
    assert orbit[0] == state
    assert len(set(orbit)) == len(orbit) == 2


def test_order_does_not_depend_on_how_a_map_was_built() -> None:
    one = FrozenMap({"a": 1, "b": 2})
    other = FrozenMap({"b": 2, "a": 1})
    assert sort_key(one) == sort_key(other)
    assert sort_key(one) != sort_key(FrozenMap({"a": 2, "b": 1}))
