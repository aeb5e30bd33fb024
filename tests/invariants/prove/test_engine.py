"""The engine proves what holds, proves nothing that does not, and says why."""

import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import pytest

from billproof.invariants.prove.assembly import CORE
from billproof.invariants.prove.engine import prove
from billproof.invariants.prove.problem import ProofOptions, ProofResult, StateClause, Status
from billproof.invariants.prove.solvers import Answer, Cvc5Solver, Solver, Z3Solver
from billproof.invariants.prove.symbols import SymbolicError
from billproof.model.identifiers import Position

from .toy import CLAUSES, STEPS, SUPPORTING, Forget, Open, Owner, Setting, World, problem

NAMES = tuple(dict.fromkeys(it.__name__ for it in (*SUPPORTING, *CLAUSES, *STEPS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parrot:
    """A solver that always says the same."""

    answer: Answer
    name: str = "parrot"
    version: str = "1"
    is_remembered: bool = False

    def decide(self, text: str, milliseconds: int) -> Answer:
        """Say it."""
        del text, milliseconds
        return self.answer


def statuses(result: ProofResult) -> dict[str, Status]:
    return {clause.name: clause.status for clause in result.clauses}


def not_proved(result: ProofResult) -> set[str]:
    return {clause.name for clause in result.clauses if clause.status is Status.NOT_PROVED}


def test_a_correct_core_is_proved_by_both_solvers() -> None:
    result = prove(problem())
    assert statuses(result) == dict.fromkeys((CORE, *NAMES), Status.PROVED)
    assert all([reply.answer for reply in item.replies] == [Answer.UNSAT] * 2 for item in result.decided)
    assert {reply.solver for item in result.decided for reply in item.replies} == {"z3", "cvc5"}
    assert all(reply.seconds > 0 for item in result.decided for reply in item.replies)


def test_every_case_of_a_correct_core_is_witnessed() -> None:
    result = prove(problem())
    assert result.unreachable == ()
    assert {(it.command, it.case) for it in result.witnesses} >= {
        ("Use[note=False]", "DONE"),
        ("Use[note=False]", "STORED"),
        ("Forget", "DONE"),
    }


def test_a_case_that_the_invariants_exclude_is_listed_as_unreachable() -> None:
    def nobody(world: World, setting: Setting, owner: Owner) -> bool:
        del setting
        return not world.counters.contains(owner)

    asked = problem(commands=(Forget,))
    result = prove(replace(asked, supporting=(StateClause(name="nobody", predicate=nobody),)))
    assert {(it.command, it.case) for it in result.unreachable} == {("Forget", "DONE"), ("Forget", "REFUSED")}


@pytest.mark.parametrize(
    ("broken", "clause"),
    [
        ("token check", "item_has_its_token"),
        ("token check", "token_is_used_once"),
        ("quota", "used_is_in_the_quota"),
        ("counting", "used_is_the_sum"),
        ("forgetting", "used_is_the_sum"),
    ],
)
def test_a_broken_rule_is_noticed_by_its_clause(broken: str, clause: str) -> None:
    result = prove(problem(broken))
    assert clause in not_proved(result)
    assert "counterexample to induction, not a refutation" in result.clause(clause).counterexample


def test_a_broken_rule_leaves_what_does_not_rest_on_it() -> None:
    result = prove(problem("counting"))
    assert not_proved(result) == {"used_is_the_sum"}


def test_a_clause_loses_its_proof_with_the_invariant_that_it_rests_on() -> None:
    result = prove(problem("token check"))
    assert result.clause("token_is_used_once").derived
    assert "item_has_its_token" in prove(problem()).clause("token_is_used_once").rests_on
    assert "item_has_its_token" not in result.clause("token_is_used_once").rests_on


def test_an_undefined_lookup_in_the_core_is_reported_and_leaves_nothing_proved() -> None:
    result = prove(problem("owner check"))
    assert result.clause(CORE).status is Status.NOT_PROVED
    assert "counters.get" in result.clause(CORE).counterexample
    assert Status.PROVED not in statuses(result).values()


def test_an_undefined_lookup_in_a_predicate_is_reported() -> None:
    def careless(world: World, setting: Setting, position: Position) -> bool:
        del setting
        return world.log.at(position).amount == world.log.at(position).amount

    asked = problem()
    result = prove(replace(asked, clauses=(StateClause(name="careless", predicate=careless),)))
    assert result.clause("careless").status is Status.NOT_PROVED
    assert "log.at" in result.clause("careless").counterexample


def test_an_exception_of_the_core_must_be_unreachable() -> None:
    def step(world: World, command: object, setting: Setting) -> object:
        assert not world.paused, "never paused"
        return problem().step(world, command, setting)

    result = prove(replace(problem(), step=step))
    assert "no path raises AssertionError" in result.clause(CORE).counterexample


def test_an_initial_state_that_breaks_an_invariant_is_reported() -> None:
    asked = problem()

    def paused(world: World, setting: Setting) -> bool:
        del setting
        return world.paused

    result = prove(
        replace(asked, commands=(Open,), supporting=(StateClause(name="paused", predicate=paused),))
    )
    assert result.clause("paused").status is Status.NOT_PROVED
    assert "initial state empty" in result.clause("paused").reason


@pytest.mark.parametrize("answer", [Answer.SAT, Answer.UNKNOWN])
def test_solvers_that_disagree_prove_nothing(answer: Answer) -> None:
    result = prove(problem(), ProofOptions(solvers=(Z3Solver(), Parrot(answer=answer))))
    status = statuses(result)
    assert status["used_is_the_sum"] is Status.UNKNOWN
    assert "do not both say unsat" in result.clause("used_is_the_sum").reason
    # What holds by identity alone needs no solver, but rests on a core that is not shown to be defined.
    assert Status.PROVED not in status.values()


@pytest.mark.parametrize("honest", [Z3Solver(), Cvc5Solver()], ids=["cvc5 lies", "z3 lies"])
def test_a_solver_that_lies_makes_no_broken_core_proved(honest: Solver) -> None:
    result = prove(problem("quota"), ProofOptions(solvers=(honest, Parrot(answer=Answer.UNSAT))))
    assert result.clause("used_is_in_the_quota").status is Status.NOT_PROVED


def test_one_solver_is_not_enough() -> None:
    result = prove(problem(), ProofOptions(solvers=(Cvc5Solver(),)))
    assert Status.PROVED not in statuses(result).values()


def test_no_time_leaves_everything_unknown() -> None:
    result = prove(problem(), ProofOptions(deadline=time.monotonic()))
    assert set(statuses(result).values()) == {Status.UNKNOWN}
    assert "time ran out" in result.clause("used_is_the_sum").reason


def test_a_proof_stops_at_the_clause_that_it_is_told_to() -> None:
    result = prove(problem("quota"), ProofOptions(stop_at=frozenset({"used_is_in_the_quota"})))
    assert result.clause("used_is_in_the_quota").status is Status.NOT_PROVED


def test_a_loop_over_a_container_is_refused_by_name() -> None:
    def step(world: World, command: object, setting: Setting) -> object:
        for _ in world.log:  # type: ignore[attr-defined]
            pass
        return problem().step(world, command, setting)

    with pytest.raises(SymbolicError, match="Open: iteration"):
        prove(replace(problem(), step=step))


def test_other_processes_decide_the_same() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        result = prove(problem(), ProofOptions(executor=executor))
    assert set(statuses(result).values()) == {Status.PROVED}


DIGESTS = """
from tests.invariants.prove.toy import problem
from billproof.invariants.prove.engine import prove
print([item.obligation.sha256 for item in prove(problem()).decided])
"""


def test_the_text_of_obligations_does_not_depend_on_the_process() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", DIGESTS],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert printed[0] == f"{[item.obligation.sha256 for item in prove(problem()).decided]}\n"
