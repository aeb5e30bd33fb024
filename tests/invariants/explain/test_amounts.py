"""Amounts become as small as the violation allows, and the trace stays the trace."""

from billproof.invariants.counterexample import replay
from billproof.invariants.explain.amounts import MINOR, with_smallest_difference
from billproof.model.core import step
from tests.invariants.explain.examples import Example


def smallest(example: Example) -> tuple[int, int, tuple[str, ...]]:
    """Return owed, billed and the kinds of commands of the smallest variation."""
    found = replay(
        example.clause,
        example.domain,
        example.commands,
        step=step,
        context=example.context,
        money=example.theorem.money,
    )
    assert found is not None
    small = with_smallest_difference(
        found,
        example.clause,
        example.domain,
        step=step,
        context=example.context,
        money=example.theorem.money,
    )
    again = replay(
        example.clause,
        example.domain,
        small.commands,
        step=step,
        context=example.context,
        money=example.theorem.money,
    )
    assert again == small
    assert len(small.commands) == len(example.commands)
    return small.owed, small.billed, tuple(type(it).__name__ for it in small.commands)


def test_a_double_charge_shrinks_to_one_cent_twice() -> None:
    """Whatever is charged twice is wrong by itself once; the smallest amount is one cent."""
    example = Example("T1", "one_charge_per_key", "retries")
    owed, billed, kinds = smallest(example)
    assert (owed, billed) == (MINOR, 2 * MINOR)
    assert kinds == tuple(type(it).__name__ for it in example.commands)


def test_usage_above_the_limit_shrinks_to_one_cent_above() -> None:
    """The limit is 110: the least that passes it is 110.01, whatever the charges were."""
    owed, billed, _ = smallest(Example("T5", "usage_stays_within_the_limit", "boundary"))
    assert billed - owed == MINOR


def test_a_violation_without_money_is_left_alone() -> None:
    """Where nothing is owed or billed wrongly there is no difference to make smaller."""
    example = Example("T1", "another_request_under_a_key_has_no_effect", "retries")
    owed, billed, _ = smallest(example)
    assert owed == billed == 100 * 100 * MINOR
