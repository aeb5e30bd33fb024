"""An engine that always says that a clause holds makes the pair INCONCLUSIVE, whichever engine it is.

Each double takes the place of one engine, while another tells the truth: one replica is let fall behind
without bound, which the clause of a bounded backlog must notice.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from typing import ParamSpec, TypeVar, cast

import pytest

from billproof.invariants.contracts import checking
from billproof.invariants.contracts.catalogue import contracts_named
from billproof.invariants.contracts.contract import CaseReport, Condition, Conditions, Status, Symbolic
from billproof.invariants.engine import Engine, Judgement
from billproof.invariants.explore.domains import BACKLOG
from billproof.invariants.explore.search import SearchResult
from billproof.invariants.judge import ClauseReport, Engines, judge_design
from billproof.invariants.property.engine import Effort, check_theorems
from billproof.invariants.searching import SearchTask, run_search
from billproof.invariants.theorem import Clause, Theorem
from billproof.invariants.theorems import BY_ID
from billproof.invariants.variants.making import edit, edited
from billproof.invariants.variants.variant import installed
from billproof.invariants.verdicts import EngineFinding, Verdict
from billproof.model.design import DOCUMENTED, REPAIRED, Design

P = ParamSpec("P")
R = TypeVar("R")

BROKEN = replace(REPAIRED, lag_control=DOCUMENTED.lag_control)
CLAUSE = "backlog_is_bounded"
THEOREM = replace(BY_ID["T4"], clauses=tuple(it for it in BY_ID["T4"].clauses if it.name == CLAUSE))


def silent(line: str) -> None:
    """Show no progress."""
    del line


def holding(engine: str, verdict: Verdict = Verdict.HOLDS) -> EngineFinding:
    return EngineFinding(engine=engine, verdict=verdict, seconds=0.0, states=1, depth=99, executions=1_000)


def liar(name: str) -> Engine:
    """Return an engine that says of every clause that it holds."""

    def judge(design: Design, theorems: tuple[Theorem, ...], deadline: float) -> dict[str, Judgement]:
        del design, deadline
        clauses = [clause for theorem in theorems for clause in theorem.clauses]
        return {it.name: Judgement(finding=holding(name), counterexample=None, unmet=()) for it in clauses}

    return Engine(name=name, judge=judge, seconds_max=1.0)


def lying_prover(design: Design, clauses: tuple[Clause, ...], deadline: float) -> dict[str, EngineFinding]:
    """Say of everything that it is proved."""
    del design, deadline
    return {clause.name: holding("prove", Verdict.PROVED) for clause in clauses}


def truth(design: Design, theorems: tuple[Theorem, ...], deadline: float) -> dict[str, Judgement]:
    """Tell the truth: the property engine, in the world that matters."""
    return check_theorems(design, theorems, (BACKLOG,), Effort(executions=30, deadline=deadline))


class LyingSearches(Executor):
    """Answers every search with nothing found, and runs all else."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run at once."""
        future: Future[R] = Future()
        if fn is run_search:
            task = args[0]
            assert isinstance(task, SearchTask)
            future.set_result(cast("R", nothing_found(task)))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def nothing_found(task: SearchTask) -> SearchResult:
    met = frozenset(mark.name for name in task.theorems for mark in BY_ID[name].sometimes)
    return SearchResult(
        domain=task.domain,
        states=1,
        transitions=1,
        depth=1,
        complete=True,
        violations={},
        met=met,
        seconds=0.0,
    )


def judged(executor: Executor, names: tuple[str, ...], *others: Engine) -> ClauseReport:
    """Return what comes of the clause under the broken design."""
    engines = Engines(
        names=names,
        prover=lying_prover,
        executor=executor,
        deadline=float("inf"),
        progress=silent,
        others=others,
        seconds_alone=20.0,
    )
    return judge_design(BROKEN, [THEOREM], engines).theorems[0].clauses[0]


def test_the_truth_is_that_it_is_refuted() -> None:
    """Without a lie both engines refute the clause: what follows is the doing of the lies."""
    with ThreadPoolExecutor(1) as executor:
        assert judged(executor, ("explore",)).verdict == Verdict.REFUTED
    found = truth(BROKEN, (THEOREM,), float("inf"))[CLAUSE]
    assert found.finding.verdict == Verdict.REFUTED


@pytest.mark.parametrize("name", ["property", "unroll"])
def test_a_lie_beside_the_search_makes_the_pair_inconclusive(name: str) -> None:
    with ThreadPoolExecutor(1) as executor:
        report = judged(executor, ("explore", name), liar(name))
    assert report.verdict == Verdict.INCONCLUSIVE
    assert {it.verdict for it in report.findings if not it.skipped} == {Verdict.REFUTED, Verdict.HOLDS}


@pytest.mark.parametrize("name", ["explore", "prove"])
def test_a_lie_beside_the_property_engine_makes_the_pair_inconclusive(name: str) -> None:
    honest = Engine(name="property", judge=truth, seconds_max=20.0)
    report = judged(LyingSearches(), (name, "property"), honest)
    assert report.verdict == Verdict.INCONCLUSIVE
    assert Verdict.REFUTED in {it.verdict for it in report.findings}
    assert {it.engine for it in report.findings if it.verdict in (Verdict.HOLDS, Verdict.PROVED)} == {name}


def test_a_checker_of_contracts_that_lies_confirms_no_broken_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A contract has no second engine to disagree with, but calls that are made, and one that breaks it."""

    def confirm(
        conditions: Conditions, posts: tuple[Condition, ...], case: Symbolic, seconds: float
    ) -> dict[str, CaseReport]:
        del conditions, seconds
        said = CaseReport(
            method="crosshair", verdict=Verdict.HOLDS, bound=case.bound, count=1, seconds=0.0, reason=""
        )
        return {post.text: said for post in posts}

    monkeypatch.setattr(checking, "check_symbolic", confirm)
    loss = edit("money.allocate", "parts[index] += 1", "parts[index] += 0")
    with installed(edited("lost_cent", "T1.none", "a cent is lost", "a test", loss)):
        reports = checking.check_contracts(contracts_named(("allocate",)), budget=20, progress=len)
    assert Status.REFUTED in {report.status for report in reports}
