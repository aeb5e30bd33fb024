"""Laws of merging, for any findings: nothing is ever merged upward."""

from hypothesis import given
from hypothesis import strategies as st

from billproof.invariants.prove.clauses import _finding
from billproof.invariants.prove.problem import ClauseResult, ProofResult, Status
from billproof.invariants.verdicts import (
    POSITIVE,
    STRENGTH,
    EngineFinding,
    Verdict,
    exit_code,
    merge_clause,
    weakest,
)

VERDICTS = st.sampled_from(list(Verdict))
FINDINGS = st.lists(
    st.builds(
        EngineFinding,
        engine=st.sampled_from(["explore", "prove", "property"]),
        verdict=VERDICTS,
        seconds=st.just(0.0),
        skipped=st.sampled_from(["", "not asked for"]),
    ),
    max_size=5,
)


@given(FINDINGS)
def test_a_clause_is_never_stronger_than_what_some_engine_said(findings: list[EngineFinding]) -> None:
    """A positive verdict was said by an engine that looked, and by none was it contradicted."""
    merged = merge_clause(findings)
    heard = [item.verdict for item in findings if not item.skipped]
    if merged in POSITIVE:
        assert merged in heard
        assert Verdict.REFUTED not in heard
    if merged == Verdict.REFUTED:
        assert not set(heard) & set(POSITIVE)


@given(FINDINGS)
def test_who_did_not_look_changes_nothing(findings: list[EngineFinding]) -> None:
    """A skipped engine is listed and counts for nothing."""
    assert merge_clause(findings) == merge_clause([item for item in findings if not item.skipped])


@given(FINDINGS, FINDINGS)
def test_order_does_not_matter(some: list[EngineFinding], others: list[EngineFinding]) -> None:
    """Engines may answer in any order."""
    assert merge_clause([*some, *others]) == merge_clause([*others, *some])


@given(st.lists(VERDICTS, min_size=1))
def test_a_theorem_is_as_weak_as_its_weakest_clause(verdicts: list[Verdict]) -> None:
    """No clause is weaker than the theorem, and one is as weak."""
    merged = weakest(verdicts)
    assert merged in verdicts
    assert all(STRENGTH.index(merged) <= STRENGTH.index(item) for item in verdicts)
    assert (exit_code(verdicts) == 0) == (merged in POSITIVE)


def test_a_proof_without_the_answers_of_both_solvers_is_none() -> None:
    """What only our own simplification finds true is INCONCLUSIVE, with the reason."""
    unasked = ClauseResult(
        name="c", status=Status.PROVED, reason="", derived=False, goals=0, identical=1, obligations=(),
        rests_on=(), seconds=(), failure=None, cases=(),
    )  # fmt: skip
    result = ProofResult(
        clauses=(unasked,), decided=(), witnesses=(), paths=(), goals=0, identical=1, capped=(), seconds=0.0
    )
    finding = _finding(result, unasked, 0.0)
    assert finding.verdict == Verdict.INCONCLUSIVE
    assert "both solvers" in finding.reason
