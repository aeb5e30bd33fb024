"""The proof engine is seen to fail: on broken systems, on code it cannot follow, and when its time is up."""

import time

import pytest

from billproof.invariants.kills import clause_of, variant_named
from billproof.invariants.prove.clauses import check_obligations, prove_clauses
from billproof.invariants.theorems import all_clauses
from billproof.invariants.variants.variant import Edit, Variant, installed
from billproof.invariants.verdicts import Verdict
from billproof.model.design import REPAIRED

NOTICED = (
    "no_key",
    "lost_update",
    "usage_not_counted",
    "key_bound_to_nothing",
    "rejected_then_charged",
    "consumer_trusts_attribute",
    "reply_from_memory",
    "no_admission",
    "alarm_without_repair",
    "label_of_the_leader",
    "answers_after_it_has_left",
    "head_left_behind",
)
"""One or more of each theorem that is proved; the kill matrix has them all."""


@pytest.mark.parametrize("name", NOTICED)
def test_the_proof_of_a_broken_system_breaks(name: str) -> None:
    """An obligation of the clause that the variant names, or of what it rests on, has a model."""
    variant = variant_named(name)
    with installed(variant) as design:
        assert check_obligations(design, clause_of(variant), time.monotonic() + 60.0)


def test_nothing_breaks_without_a_variant() -> None:
    """The same question about the system as it is finds nothing: the breaks are the variants' doing."""
    clause = clause_of(variant_named("head_left_behind"))
    assert not check_obligations(REPAIRED, clause, time.monotonic() + 60.0)


def test_a_proof_that_runs_out_of_time_claims_nothing() -> None:
    """Past its deadline every clause is inconclusive, with the place where time ran out."""
    clauses = tuple(clause for clause in all_clauses() if clause.provable)
    found = prove_clauses(REPAIRED, clauses, time.monotonic() - 1.0)
    assert {finding.verdict for finding in found.values()} == {Verdict.INCONCLUSIVE}
    assert all("time ran out" in finding.reason for finding in found.values())


def test_code_that_cannot_be_followed_is_neither_proved_nor_broken() -> None:
    """A loop over an unknown log is nobody's proof and nobody's kill; the reason names it."""
    unfollowable = Variant(
        name="unfollowable", theorem="T1", clause="one_charge_per_key", breaks="nothing", source="this test",
        edits=(
            Edit(
                module="maintenance",
                function="reconcile",
                old="site.ledger.total(balance_effect, command.customer)",
                new="sum(hash(state.now) for _ in (0,))",
            ),
        ),
    )  # fmt: skip
    clause = clause_of(unfollowable)
    with installed(unfollowable) as design:
        finding = prove_clauses(design, (clause,), time.monotonic() + 60.0)[clause.name]
        assert finding.verdict == Verdict.INCONCLUSIVE
        assert "cannot be followed" in finding.reason
        assert not check_obligations(design, clause, time.monotonic() + 60.0)
