"""The checkers are seen to fail: every known-bad variant is noticed, each guard of a charge is missed."""

import re
from collections import Counter

import pytest

from billproof.invariants.explore.domains import DOMAINS
from billproof.invariants.explore.search import Limits, UndefinedStepError, search
from billproof.invariants.kills import KillTask, run_variant
from billproof.invariants.searching import context_of
from billproof.invariants.theorems import BY_ID, all_clauses
from billproof.invariants.variants.catalogue import VARIANTS
from billproof.invariants.variants.guards import GuardDeletion, deleted, guard_deletions, is_of_other_designs
from billproof.invariants.variants.variant import Edit, Variant, VariantError, installed
from billproof.model import core
from billproof.model.design import REPAIRED

VARIANTS_PER_CLAUSE = 2
"""How many known-bad variants every clause must have."""

SOURCE = re.compile(
    r"(?:B\d{2,3}|T\d-[A-Z]+\d*|X[A-J]-\d\d|R\d+\.\d+)(?:, (?:B\d{2,3}|T\d-[A-Z]+\d*|X[A-J]-\d\d|R\d+\.\d+))*"
)
"""Ids of the lists of known bugs, of schedules and claims, of contradictions and of rules."""

CHARGE_PATH = (
    ("charging", "is_held"),
    ("charging", "judge_charge"),
    ("screening", "stored_outcome"),
    ("screening", "screen"),
)
"""Functions of the repaired charge path in which every guard must be missed when it is gone."""


def first_notice() -> str:
    """Return what notices the model as it is under the repaired design; empty where nothing does."""
    for domain in DOMAINS:
        clauses = tuple(clause for name in domain.theorems for clause in BY_ID[name].clauses)
        context = context_of(domain.design(REPAIRED))
        try:
            result = search(
                domain, clauses, (), step=core.step, context=context, limits=Limits(states_max=6_000)
            )
        except UndefinedStepError as error:
            return str(error)
        if result.violations:
            return next(iter(result.violations))
    return ""


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_the_search_notices_every_variant(variant: Variant) -> None:
    """Each known-bad variant is refuted for the clause that it names, by a replayed counterexample."""
    report = run_variant(KillTask(variant=variant.name, engines=("explore",), check=None, seconds=60.0))
    assert report.killed_by == ("explore",)
    assert report.counterexample is not None
    assert report.counterexample.clause == variant.clause


def test_every_clause_has_two_variants() -> None:
    """No clause goes without two known-bad variants that must break it, in different ways."""
    broken = Counter((variant.theorem, variant.clause) for variant in VARIANTS)
    assert [
        (clause.theorem, clause.name)
        for clause in all_clauses()
        if broken[clause.theorem, clause.name] < VARIANTS_PER_CLAUSE
    ] == []
    # One turned switch may well break two clauses; of one clause, each variant must break it in its own way.
    ways = {(variant.theorem, variant.clause, variant.switches, variant.edits) for variant in VARIANTS}
    assert len(ways) == len(VARIANTS) == len({variant.name for variant in VARIANTS})


def test_every_variant_names_its_source() -> None:
    """Each is taken from an incident, a schedule, a claim or a contradiction, by its id."""
    assert [variant.name for variant in VARIANTS if not SOURCE.fullmatch(variant.source)] == []


def test_the_model_as_it_is_breaks_nothing() -> None:
    """Without a variant the same searches find nothing: the kills are the variants' doing."""
    assert first_notice() == ""


@pytest.mark.parametrize(
    "deletion",
    [
        item
        for place in CHARGE_PATH
        for item in guard_deletions(*place)
        if not is_of_other_designs(item, REPAIRED)
    ],
    ids=lambda deletion: deletion.name,
)
def test_every_guard_of_a_charge_is_missed(deletion: GuardDeletion) -> None:
    """With one guard deleted, some clause is violated or some step is undefined."""
    with deleted(deletion):
        assert first_notice()


def test_an_edit_that_no_longer_fits_is_an_error() -> None:
    """A variant whose text is gone fails loudly instead of testing the healthy model."""
    stale = Variant(
        name="stale", theorem="T1", clause="one_charge_per_key", breaks="nothing", source="this test",
        edits=(Edit(module="charging", function="is_held", old="no such text", new=""),),
    )  # fmt: skip
    with pytest.raises(VariantError, match="occurs 0 times"), installed(stale):
        pass
