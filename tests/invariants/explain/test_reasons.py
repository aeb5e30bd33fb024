"""Reasons are derived: they name the steps, places and values of the trace, and an order that is forced."""

from billproof.invariants.explain.reasons import explain
from billproof.model.core import step
from tests.invariants.explain.examples import Example


def test_a_double_charge_is_told_as_an_order_that_contradicts_the_clause() -> None:
    """Commit before retry: the retry found no record although the entry stood there."""
    example = Example("T1", "one_charge_per_key", "retries")
    told = explain(example.trace(), step).reasons
    assert told[0].startswith("Step 1 must come before step 2, because step 2 reads what attempt a1")
    assert any("looked for the record of key k1 of alice" in it and "step 2 had written" in it for it in told)
    assert example.clause.statement in told[-2]
    assert told[-1].startswith("Contradiction: what step 2 and step 4 did cannot both stand")


def test_two_operations_that_each_come_first_are_a_contradiction_by_themselves() -> None:
    """A retry that looked before the second write, and commits after it, has no place in a serial order."""
    told = explain(Example("T1", "retry_gets_the_stored_outcome", "retries").trace(), step).reasons
    assert "attempt a1 must come before attempt a2" in told[-1]
    assert "attempt a2 before attempt a1" in told[-1]


def test_an_attempt_that_acts_on_what_is_no_longer_so_is_told() -> None:
    """What an attempt remembers is compared with what has been written since it looked."""
    told = explain(Example("T1", "retry_gets_the_stored_outcome", "retries").trace(), step).reasons
    assert any(it.startswith("Step 5 acts on what step 3 read of the record of key k1") for it in told)


def test_must_is_said_only_where_the_other_order_was_tried_and_fails() -> None:
    """Every dependency that is called forced says what happens otherwise; the others do not say must."""
    explanation = explain(Example("T1", "one_charge_per_key", "retries").trace(), step)
    by_pair = {(it.earlier, it.later): it for it in explanation.dependencies}
    assert by_pair[3, 4].otherwise == "step 4 would be impossible"
    assert by_pair[2, 3].otherwise == ""
    assert not any(it.startswith("Step 2 must come before step 3") for it in explanation.reasons)


def test_reasons_follow_the_trace_and_not_the_theorem() -> None:
    """The same clause in another reading of the documents has other steps, and other reasons."""
    first = explain(Example("T1", "one_charge_per_key", "retries").trace(), step).reasons
    second = explain(Example("T1", "one_charge_per_key", "retries", reading=1).trace(), step).reasons
    assert first != second


def test_a_lost_entry_is_explained_across_regions() -> None:
    """What was acknowledged and is not in the log is named by its place and by who wrote it."""
    told = explain(Example("T2", "acknowledged_is_in_the_quorum", "regions").trace(), step).reasons
    assert any("the client's reply for key" in it for it in told)
