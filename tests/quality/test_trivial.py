"""Systems that do nothing right get no credit, and the kill matrix says so; one that is credited is seen."""

import json
import time
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from billproof.invariants.explore.search import StepFunction
from billproof.invariants.judge import Engines, judge_design
from billproof.invariants.kills import KillReport
from billproof.invariants.matrix import matrix_document, matrix_page
from billproof.invariants.theorems import BY_ID, THEOREMS
from billproof.invariants.trivial import (
    TRIVIAL,
    InThisProcess,
    TrivialReport,
    TrivialSystem,
    judge_trivial,
    substituted,
)
from billproof.invariants.variants.catalogue import VARIANTS
from billproof.invariants.verdicts import POSITIVE, EngineFinding, Verdict
from billproof.model import core
from billproof.model.design import REPAIRED, Design
from tests.service.commands import billproof, inner


def judged(system: TrivialSystem) -> TrivialReport:
    """Judge every theorem about a system."""
    return judge_trivial(system, THEOREMS, time.monotonic() + 60)


@pytest.mark.parametrize("system", TRIVIAL, ids=lambda system: system.name)
def test_no_trivial_system_is_credited_with_any_clause(system: TrivialSystem) -> None:
    report = judged(system)
    assert report.credited == ()
    assert report.credited_theorems == ()


def test_the_real_system_is_credited_in_the_same_way() -> None:
    """What denies credit is the trivial system, not the manner of judging."""
    real: StepFunction = core.step
    report = judge_trivial(
        TrivialSystem(name="real", story="is the model", step=real), [BY_ID["T4"]], time.monotonic() + 60
    )
    assert report.credited_theorems == ("T4",)


def test_a_proof_gives_no_credit_where_the_interesting_case_never_happens() -> None:
    """A prover that proves everything does not help a system that accepts all and does nothing."""

    def proves(design: Design, clauses: tuple[object, ...], deadline: float) -> dict[str, EngineFinding]:
        del design, clauses, deadline
        return {
            clause.name: EngineFinding(engine="prove", verdict=Verdict.PROVED, seconds=0.0)
            for clause in BY_ID["T4"].clauses
        }

    engines = Engines(
        names=("explore", "prove"),
        prover=proves,
        executor=InThisProcess(),
        deadline=time.monotonic() + 60,
        progress=lambda _: None,
    )
    with substituted(TRIVIAL[0].step):
        report = judge_design(REPAIRED, [BY_ID["T4"]], engines)
    assert [item.verdict for item in report.theorems[0].clauses if item.verdict in POSITIVE] == []


def test_the_substitution_ends_with_its_block() -> None:
    real = core.step
    with substituted(TRIVIAL[1].step):
        assert core.step is TRIVIAL[1].step
    assert core.step is real


def test_a_living_variant_and_a_credited_system_fail_the_matrix() -> None:
    living = KillReport(variant=VARIANTS[0], killed_by=(), counterexample=None, seconds=0.0)
    credit = TrivialReport(
        system=TRIVIAL[0], verdicts=(("T1", Verdict.HOLDS),), credited=("T1.one_charge_per_key",)
    )
    assert matrix_document([], [], ["explore"])["exit_code"] == 0
    assert matrix_document([living], [], ["explore"])["unkilled"] == [VARIANTS[0].name]
    assert matrix_document([living], [], ["explore"])["exit_code"] == 1
    assert matrix_document([], [credit], ["explore"])["exit_code"] == 1
    assert "accept-all: T1.one_charge_per_key" in matrix_page([living], [credit], ["explore"])


def test_the_command_prints_its_published_form_and_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    arguments = ("variants", "--theorem", "T4", "--format", "json", "--report")
    answer = billproof(*arguments, tmp_path / "a")
    assert answer.code == 0, answer.err
    schema = json.loads(files("billproof.cli.schemas").joinpath("variants.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.document)
    assert set(inner(answer.document, "variants")) == {it.name for it in VARIANTS if it.theorem == "T4"}
    assert set(inner(answer.document, "trivial")) == {"accept-all", "reject-all", "echo", "amnesiac"}
    billproof(*arguments, tmp_path / "b")
    for name in ("kill-matrix.json", "kill-matrix.md"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
