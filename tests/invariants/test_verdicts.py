"""Verdicts are never merged upward, and a lying engine is found out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from billproof.invariants.counterexample import replay
from billproof.invariants.explore.domains import RETRIES
from billproof.invariants.failures import FailureFileError, parse_failure, render_failure, replay_failure
from billproof.invariants.guarding import without_guard
from billproof.invariants.judge import Engines, judge_design, with_proofs_started
from billproof.invariants.report import ExpectationError, differences, parse_expectation
from billproof.invariants.searching import context_of
from billproof.invariants.theorem import Clause
from billproof.invariants.theorems import BY_ID
from billproof.invariants.verdicts import EngineFinding, Verdict, exit_code, merge_clause, weakest
from billproof.model import core
from billproof.model.design import DOCUMENTED, REPAIRED, Design


def finding(verdict: Verdict, engine: str = "explore") -> EngineFinding:
    """Return what an engine says."""
    return EngineFinding(engine=engine, verdict=verdict, seconds=0.0)


def silent(line: str) -> None:
    """Show no progress."""
    del line


def lying_prover(design: Design, clauses: tuple[Clause, ...], deadline: float) -> dict[str, EngineFinding]:
    """Say of everything that it is proved."""
    del design, deadline
    return {clause.name: finding(Verdict.PROVED, "prove") for clause in clauses}


def engines(executor: ThreadPoolExecutor, *names: str) -> Engines:
    """Return engines whose prover lies."""
    return Engines(
        names=names, prover=lying_prover, executor=executor, deadline=float("inf"), progress=silent
    )


@pytest.mark.parametrize(
    ("verdicts", "merged"),
    [
        ((Verdict.PROVED, Verdict.HOLDS), Verdict.PROVED),
        ((Verdict.HOLDS, Verdict.INCONCLUSIVE), Verdict.HOLDS),
        ((Verdict.REFUTED, Verdict.INCONCLUSIVE), Verdict.REFUTED),
        ((Verdict.REFUTED, Verdict.PROVED), Verdict.INCONCLUSIVE),
        ((Verdict.INCONCLUSIVE,), Verdict.INCONCLUSIVE),
        ((), Verdict.INCONCLUSIVE),
    ],
)
def test_merge(verdicts: tuple[Verdict, ...], merged: Verdict) -> None:
    """A clause takes the strongest verdict that no engine contradicts."""
    assert merge_clause([finding(verdict) for verdict in verdicts]) == merged


def test_nothing_judged_is_inconclusive() -> None:
    """An empty run says nothing: INCONCLUSIVE and exit 2."""
    assert weakest(()) == Verdict.INCONCLUSIVE
    assert exit_code(()) == 2
    assert exit_code((Verdict.PROVED, Verdict.INCONCLUSIVE, Verdict.REFUTED)) == 1


def test_a_lying_engine_makes_the_pair_inconclusive() -> None:
    """A prover that proves what the search refutes by a replayed trace is not believed, nor is the search."""
    theorem = BY_ID["T1"]
    broken = replace(REPAIRED, key_binding=DOCUMENTED.key_binding)
    with ThreadPoolExecutor(1) as executor:
        tools = with_proofs_started([broken], [theorem], engines(executor, "explore", "prove"))
        report = judge_design(broken, [theorem], tools).theorems[0]
    clause = {item.clause.name: item for item in report.clauses}["another_request_under_a_key_has_no_effect"]
    assert clause.verdict == Verdict.INCONCLUSIVE
    assert report.verdict == Verdict.INCONCLUSIVE


def test_a_clause_that_nothing_breaks_is_not_believed() -> None:
    """Without a killed variant a positive verdict becomes INCONCLUSIVE."""
    with ThreadPoolExecutor(1) as executor:
        report = judge_design(REPAIRED, [BY_ID["T2"]], engines(executor, "prove"))
    assert report.verdict == Verdict.PROVED
    assert without_guard(report, frozenset()).verdict == Verdict.INCONCLUSIVE


def test_a_false_counterexample_is_not_reported() -> None:
    """A trace that violates nothing on the running code is no counterexample."""
    clause = BY_ID["T1"].clauses[0]
    context = context_of(RETRIES.design(REPAIRED))
    found = replay(
        clause, RETRIES, RETRIES.commands[1:2], step=core.step, context=context, money=BY_ID["T1"].money
    )
    assert found is None


def test_failure_files_replay_and_refuse_damage() -> None:
    """A stored counterexample is reproduced; a damaged file is a typed error."""
    with ThreadPoolExecutor(1) as executor:
        report = judge_design(DOCUMENTED, [BY_ID["T4"]], engines(executor, "explore")).theorems[0]
    assert report.counterexample is not None
    text = render_failure(report.counterexample, DOCUMENTED)
    assert replay_failure(parse_failure(text, source="x"), step=core.step) == report.counterexample
    for damage in (text[:-5], text.replace("Charge", "Chance"), text.replace("v1", "v9"), "[]", '{"a": 1}'):
        with pytest.raises(FailureFileError):
            parse_failure(damage, source="x")


def test_expectations_name_every_difference() -> None:
    """An unexpected pass differs as much as an unexpected failure, and so does a missing theorem."""
    with ThreadPoolExecutor(1) as executor:
        report = judge_design(REPAIRED, [BY_ID["T2"]], engines(executor, "prove"))
    assert differences([report], {"repaired": {"T2": "PROVED"}}) == []
    assert differences([report], {"repaired": {"T2": "REFUTED"}}) == [
        "T2 under repaired: PROVED, expected REFUTED"
    ]
    assert len(differences([report], {"repaired": {"T1": "PROVED"}})) == 2
    with pytest.raises(ExpectationError):
        parse_expectation('{"designs": {"repaired": {"T1": "FINE"}}}', source="x")
