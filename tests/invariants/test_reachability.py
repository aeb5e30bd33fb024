"""A counterexample to induction is marked by what executions show, and by nothing else."""

from dataclasses import replace

import pytest

from billproof.invariants.counterexample import Counterexample, replay
from billproof.invariants.explore.domains import CONSUMERS
from billproof.invariants.reachability import UNKNOWN_TEXT, with_reach
from billproof.invariants.searching import context_of
from billproof.invariants.theorems import BY_ID
from billproof.invariants.verdicts import EngineFinding, Verdict
from billproof.model import core
from billproof.model.design import DOCUMENTED

FAILED = EngineFinding(
    engine="prove",
    verdict=Verdict.INCONCLUSIVE,
    seconds=0.0,
    induction=f"it does not follow from a state like this ({UNKNOWN_TEXT}):",
    induction_at="Charge[region=PRIMARY] -> ACCEPTED",
)


def searched(verdict: Verdict, engine: str = "explore", states: int = 120) -> EngineFinding:
    return EngineFinding(engine=engine, verdict=verdict, seconds=0.0, states=states, depth=7)


def charged() -> Counterexample:
    """Return the counterexample of two steps in which a charge is written to the ledger alone."""
    clause = next(it for it in BY_ID["T1"].clauses if it.name == "balance_is_the_fold")
    context = context_of(CONSUMERS.design(DOCUMENTED))
    money = BY_ID["T1"].money
    found = replay(clause, CONSUMERS, CONSUMERS.commands[:2], step=core.step, context=context, money=money)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("others", "reach", "text"),
    [
        ((), "unknown", UNKNOWN_TEXT),
        ((searched(Verdict.INCONCLUSIVE),), "unknown", UNKNOWN_TEXT),
        ((searched(Verdict.TESTED, "property"),), "unknown", UNKNOWN_TEXT),
        (
            (searched(Verdict.HOLDS),),
            "not reached within",
            "not reached within 7 steps and 120 states of the worlds that explore searched",
        ),
        (
            (searched(Verdict.HOLDS, "unroll", 0),),
            "not reached within",
            "not reached within 7 steps of the worlds that unroll searched",
        ),
    ],
)
def test_without_an_execution_the_bound_is_said(
    others: tuple[EngineFinding, ...], reach: str, text: str
) -> None:
    found = with_reach(FAILED, others, None)
    assert found.reach == reach
    assert text in found.induction


def test_an_execution_that_ends_by_the_same_command_shows_it_reachable() -> None:
    found = with_reach(FAILED, (), charged())
    assert found.reach == "reachable"
    assert "the counterexample of 2 steps ends in one" in found.induction


def test_an_execution_that_ends_by_another_command_shows_nothing() -> None:
    elsewhere = replace(FAILED, induction_at="ChargeBack -> ACCEPTED")
    assert with_reach(elsewhere, (searched(Verdict.HOLDS),), charged()).reach == "unknown"


def test_a_finding_without_one_stays_as_it_is() -> None:
    plain = searched(Verdict.HOLDS)
    assert with_reach(plain, (searched(Verdict.HOLDS),), charged()) is plain
