"""The step after which a violation is inevitable: checked against every way of finishing, by hand."""

from billproof.invariants.counterexample import replay
from billproof.invariants.explore.cast import A1, A2, attempts, request
from billproof.model.core import step
from tests.invariants.explain.examples import Example


def inevitable_after(example: Example) -> int:
    """Return the number of the replayed counterexample."""
    found = replay(
        example.clause,
        example.domain,
        example.commands,
        step=step,
        context=example.context,
        money=example.theorem.money,
    )
    assert found is not None
    return found.inevitable_after


def test_a_double_charge_is_inevitable_once_both_attempts_have_read() -> None:
    """After the second look-up only commits are left, and each attempt commits; before, nobody need retry."""
    example = Example("T1", "one_charge_per_key", "retries")
    one, two = attempts(request("k1", 100), A1), attempts(request("k1", 100), A2)
    example.commands = (one[0], one[1], two[0], two[1])
    assert inevitable_after(example) == 3
    example.commands = (one[0], two[0], one[1], two[1])
    assert inevitable_after(example) == 2


def test_what_only_a_person_does_is_never_inevitable_before_it_is_done() -> None:
    """The adversary may stop after any edit, so a removed entry is inevitable only after its removal."""
    example = Example("T3", "accepted_presentation_is_the_log", "adversary")
    assert inevitable_after(example) == len(example.commands)


def test_varied_amounts_change_nothing_about_it() -> None:
    """What has begun is read off the state, so a trace with amounts of its own has the same answer."""
    example = Example("T1", "one_charge_per_key", "retries")
    one, two = attempts(request("k1", 7), A1), attempts(request("k1", 7), A2)
    example.commands = (one[0], two[0], one[1], two[1])
    assert inevitable_after(example) == 2
