"""Unrolling finds what the search finds, equally short; it believes no solver, and says what it left open."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from billproof.invariants.engine import Judgement
from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.domains import ADVERSARY, CONSUMERS, RETRIES, TWO_WRITERS
from billproof.invariants.explore.search import Limits, search
from billproof.invariants.kills import clause_of, variant_named
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.prove.terms import Term
from billproof.invariants.searching import context_of
from billproof.invariants.theorem import Scope, Theorem
from billproof.invariants.theorems import BY_ID
from billproof.invariants.unroll.asking import Asked
from billproof.invariants.unroll.engine import Effort, check_theorems
from billproof.invariants.unroll.world import World
from billproof.invariants.variants.variant import installed
from billproof.invariants.verdicts import Verdict
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design, readings

STATE_FIRST = next(item for item in readings(DOCUMENTED) if item.write_order != DOCUMENTED.write_order)

WHERE = (
    (CONSUMERS, "T1", DOCUMENTED, 3),
    (CONSUMERS, "T1", STATE_FIRST, 3),
    (RETRIES, "T1", DOCUMENTED, 3),
    (TWO_WRITERS, "T6", DOCUMENTED, 4),
    (CONSUMERS, "T1", replace(REPAIRED, consumer_dedupe=DOCUMENTED.consumer_dedupe), 4),
)
"""(domain, theorem, reading, steps)."""


def unrolled(domain: Domain, theorem: Theorem, design: Design, steps: int) -> dict[str, Judgement]:
    return check_theorems(design, (theorem,), (domain,), Effort(depth_max=steps))


def searched(domain: Domain, theorem: Theorem, design: Design, steps: int) -> dict[str, int]:
    """Return the length of the shortest trace that the search finds, by clause."""
    result = search(
        replace(domain, moves_max=steps),
        theorem.clauses,
        (),
        step=step,
        context=context_of(domain.design(design)),
        limits=Limits(),
    )
    return {name: len(violation.commands) for name, violation in result.violations.items()}


def without_marks(theorem: Theorem, *names: str) -> Theorem:
    """Return a theorem with some of its clauses, which then need no interesting case."""
    return replace(
        theorem,
        clauses=tuple(replace(it, sometimes=()) for it in theorem.clauses if not names or it.name in names),
    )


@pytest.mark.parametrize(
    ("domain", "name", "design", "steps"),
    WHERE,
    ids=[f"{domain.name}-{name}-{design.write_order}-{steps}" for domain, name, design, steps in WHERE],
)
def test_it_finds_what_the_search_finds_in_as_few_steps(
    domain: Domain, name: str, design: Design, steps: int
) -> None:
    theorem = without_marks(BY_ID[name])
    found = unrolled(domain, theorem, design, steps)
    lengths = {
        clause: len(item.counterexample.commands) for clause, item in found.items() if item.counterexample
    }
    # Predicates about presented ledgers read whole ledgers, which no formula can follow; it is said of them.
    followed = {clause for clause, item in found.items() if " in a predicate" not in item.finding.reason}
    presented = {clause.name for clause in theorem.clauses if clause.scope == Scope.PRESENTED}
    assert found.keys() - followed <= presented
    expected = searched(domain, theorem, design, steps)
    assert lengths == {clause: length for clause, length in expected.items() if clause in followed}
    assert lengths
    assert all(
        item.finding.verdict == (Verdict.REFUTED if clause in lengths else Verdict.HOLDS)
        for clause, item in found.items()
        if clause in followed
    )


def test_what_holds_says_to_which_depth() -> None:
    theorem = without_marks(BY_ID["T1"], "invoice_counts_a_receipt_once")
    (found,) = unrolled(CONSUMERS, theorem, REPAIRED, 2).values()
    assert (found.finding.verdict, found.finding.depth) == (Verdict.HOLDS, 2)


def test_what_was_never_at_stake_is_not_said_to_hold() -> None:
    """Within one step no duplicate is delivered, so nothing is said of duplicates."""
    clause = next(it for it in BY_ID["T1"].clauses if it.name == "invoice_counts_a_receipt_once")
    theorem = replace(BY_ID["T1"], clauses=(clause,))
    (found,) = unrolled(CONSUMERS, theorem, REPAIRED, 1).values()
    assert found.finding.verdict == Verdict.INCONCLUSIVE
    assert "never met within 1 steps" in found.finding.reason
    assert found.unmet == clause.sometimes


def test_a_mark_is_met_by_an_execution() -> None:
    clause = next(it for it in BY_ID["T1"].clauses if it.name == "invoice_counts_a_receipt_once")
    theorem = replace(BY_ID["T1"], clauses=(clause,))
    (found,) = unrolled(CONSUMERS, theorem, REPAIRED, 3).values()
    assert (found.finding.verdict, found.unmet) == (Verdict.HOLDS, ())


def test_a_known_bad_variant_is_refuted() -> None:
    variant = variant_named("consumer_trusts_attribute")
    clause = clause_of(variant)
    with installed(variant) as design:
        found = unrolled(CONSUMERS, without_marks(BY_ID[variant.theorem], clause.name), design, 3)
    shown = found[clause.name].counterexample
    assert shown is not None
    assert shown.engine == "unroll"


def test_a_world_that_cannot_be_followed_says_nothing() -> None:
    found = unrolled(ADVERSARY, BY_ID["T3"], DOCUMENTED, 2)
    assert {item.finding.verdict for item in found.values()} == {Verdict.INCONCLUSIVE}
    assert all("adversary: Present" in item.finding.reason for item in found.values())


def test_no_time_says_nothing() -> None:
    effort = Effort(deadline=time.monotonic())
    found = check_theorems(DOCUMENTED, (BY_ID["T1"],), (CONSUMERS,), effort)
    assert {item.finding.verdict for item in found.values()} == {Verdict.INCONCLUSIVE}


class SaysPossible(Asked):
    """A solver that says of everything that it is possible, by always the same commands."""

    def ask(self, question: int, choices: Sequence[Term]) -> tuple[Answer, tuple[int, ...]]:
        """Lie."""
        del question
        return Answer.SAT, (0,) * len(choices)


class GivesUp(Asked):
    """A solver that knows nothing."""

    def ask(self, question: int, choices: Sequence[Term]) -> tuple[Answer, tuple[int, ...]]:
        """Say so."""
        del question, choices
        return Answer.UNKNOWN, ()


@pytest.mark.parametrize(
    ("solver", "why"), [(SaysPossible, "none violates it"), (GivesUp, "the solver gave up")]
)
def test_a_solver_is_not_believed(monkeypatch: pytest.MonkeyPatch, solver: type[Asked], why: str) -> None:
    """Commands that violate nothing where they are executed refute nothing, and nothing is said to hold."""
    monkeypatch.setattr("billproof.invariants.unroll.engine.Asked", solver)
    theorem = without_marks(BY_ID["T1"], "invoice_counts_a_receipt_once")
    (found,) = unrolled(CONSUMERS, theorem, DOCUMENTED, 1).values()
    assert (found.finding.verdict, found.counterexample) == (Verdict.INCONCLUSIVE, None)
    assert why in found.finding.reason


def test_every_step_is_possible_where_it_is_executed() -> None:
    """What the laws permit is what the running model permits: each proposal of three steps can be run."""
    world = World(TWO_WRITERS, DOCUMENTED, step)
    asked = Asked(world.laws(3), [world.laws(3)[0]], world.digests, 20_000)
    answer, numbers = asked.ask(0, world.choices(3))
    assert answer is Answer.SAT
    assert len(world.commands(numbers)) == 3
