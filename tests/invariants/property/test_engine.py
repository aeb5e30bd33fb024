"""The property engine refutes what is false, tests what is true, and says so when it tested nothing."""

import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.domains import (
    ADVERSARY,
    BACKLOG,
    CONSUMERS,
    FUNDS,
    REGIONS,
    RETRIES,
    TWO_WRITERS,
)
from billproof.invariants.failures import parse_failure, render_failure, replay_failure
from billproof.invariants.property.engine import (
    Effort,
    check_theorems,
    find_counterexample,
    journal_of,
    judge,
    run,
    shrink,
)
from billproof.invariants.property.machine import ClauseViolatedError, machine_for
from billproof.invariants.property.worlds import world_of
from billproof.invariants.theorems import BY_ID
from billproof.invariants.variants.catalogue import VARIANTS
from billproof.invariants.variants.variant import Variant, installed
from billproof.invariants.verdicts import Verdict
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED

KILLED = ("no_key", "ledger_without_balance", "lost_update", "opened_twice")
"""Known-bad variants that a test lets the engine find; the kill matrix has them all."""


def variant_named(name: str) -> Variant:
    return {variant.name: variant for variant in VARIANTS}[name]


WHERE = (
    ("T1", RETRIES),
    ("T2", REGIONS),
    ("T3", ADVERSARY),
    ("T4", BACKLOG),
    ("T5", FUNDS),
    ("T6", ADVERSARY),
    ("T7", ADVERSARY),
)
"""A domain in which each theorem is refuted under the documented design."""


@pytest.mark.parametrize(("name", "domain"), WHERE, ids=[name for name, _ in WHERE])
def test_documented_design_is_refuted_by_a_short_trace_that_replays(name: str, domain: Domain) -> None:
    judged = check_theorems(DOCUMENTED, (BY_ID[name],), (domain,), Effort(executions=150, steps=20))
    found = [it.counterexample for it in judged.values() if it.counterexample is not None]
    assert found
    for counterexample in found:
        assert counterexample.engine == "property"
        assert 1 <= len(counterexample.commands) <= 8
        failure = parse_failure(render_failure(counterexample, DOCUMENTED), source="a test")
        assert replay_failure(failure, step=step) is not None


def test_no_command_of_a_shrunk_trace_can_be_left_out() -> None:
    clause = BY_ID["T1"].clauses[0]
    world = world_of(RETRIES)
    journal = journal_of(world, DOCUMENTED, (replace(BY_ID["T1"], clauses=(clause,)),))
    run(journal, Effort(executions=30))
    found = shrink(clause, world, journal.violations[clause.name], model=step, context=journal.context)
    assert shrink(clause, world, found, model=step, context=journal.context) == found
    assert len(found) <= 8


def test_repaired_design_is_tested_with_its_number_of_executions() -> None:
    found = check_theorems(REPAIRED, (BY_ID["T6"],), (TWO_WRITERS,), Effort(executions=25))
    assert {it.finding.verdict for it in found.values()} <= {Verdict.TESTED, Verdict.INCONCLUSIVE}
    assert found["sequence_is_unique"].finding.verdict == Verdict.TESTED
    assert found["sequence_is_unique"].finding.executions == 25


def test_unmet_mark_makes_it_inconclusive() -> None:
    found = check_theorems(REPAIRED, (BY_ID["T1"],), (CONSUMERS,), Effort(executions=1, steps=1))
    judged = found["invoice_counts_a_receipt_once"]
    assert judged.finding.verdict == Verdict.INCONCLUSIVE
    assert judged.unmet


def test_no_time_is_inconclusive() -> None:
    found = judge(REPAIRED, (BY_ID["T1"],), time.monotonic() - 1)
    assert {it.finding.verdict for it in found.values()} == {Verdict.INCONCLUSIVE}


def test_no_domain_is_inconclusive() -> None:
    found = check_theorems(REPAIRED, (BY_ID["T1"],), (), Effort())
    assert {it.finding.verdict for it in found.values()} == {Verdict.INCONCLUSIVE}


@pytest.mark.parametrize("name", KILLED)
def test_known_bad_variant_is_found(name: str) -> None:
    variant = variant_named(name)
    theorem = BY_ID[variant.theorem]
    clause = {item.name: item for item in theorem.clauses}[variant.clause]
    with installed(variant) as design:
        found = find_counterexample(design, theorem, clause, time.monotonic() + 60)
    assert found is not None
    assert found.clause == variant.clause


def test_same_number_of_executions_is_the_same_run() -> None:
    journals = [journal_of(world_of(FUNDS), DOCUMENTED, (BY_ID["T5"],)) for _ in range(2)]
    for journal in journals:
        run(journal, Effort(executions=5))
    assert journals[0].violations == journals[1].violations != {}
    assert journals[0].steps == journals[1].steps


def test_machine_in_a_users_test_fails_and_is_shrunk_by_hypothesis() -> None:
    journal = journal_of(world_of(RETRIES), DOCUMENTED, (BY_ID["T1"],), goes_on=False)
    quiet = settings(
        max_examples=60,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(ClauseViolatedError) as caught:
        run_state_machine_as_test(machine_for(journal), settings=quiet)
    assert len(caught.value.trace) <= 6
