"""Minimal sets of repairs: all of them, each as ``verify`` would judge it, and honest where time is short."""

import json
import random
import time
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from billproof.invariants.judge import Engines, judge_design
from billproof.invariants.repairs.branching import constraints_of, padded
from billproof.invariants.repairs.judging import Judge
from billproof.invariants.repairs.lattice import Lattice
from billproof.invariants.repairs.repair import Bearing, RepairTask, TheoremRepairs, repairs_of
from billproof.invariants.repairs.traces import tried
from billproof.invariants.theorems import BY_ID
from billproof.invariants.trivial import InThisProcess
from billproof.invariants.variants.making import edit, edited
from billproof.invariants.variants.variant import installed
from billproof.invariants.verdicts import POSITIVE, Verdict
from billproof.model.design import DOCUMENTED, REPAIRED, Design
from tests.invariants.repairs.test_lattice import part
from tests.service.commands import billproof, inner, listed


def soon() -> float:
    """Return a deadline that no test needs."""
    return time.monotonic() + 300


def repaired(theorem: str, *names: str) -> TheoremRepairs:
    """Return the repairs of a theorem where only some switches are documented."""
    return repairs_of(RepairTask(theorem=theorem, lattice=part(*names), deadline=soon()))


def verdict_of(theorem: str, design: Design) -> Verdict:
    """Return what ``verify`` says, by search."""
    engines = Engines(
        names=("explore",), prover=None, executor=InThisProcess(), deadline=soon(), progress=lambda _: None
    )
    return judge_design(design, [BY_ID[theorem]], engines).verdict


def test_every_needed_switch_is_found_and_no_other() -> None:
    found = repaired("T1", "key_retention", "consumer_dedupe", "key_binding", "period_of")
    assert [set(item.switches) for item in found.minimal] == [
        {"key_retention", "consumer_dedupe", "key_binding"}
    ]
    assert found.verdict == Verdict.HOLDS
    assert dict(found.bearing)["consumer_dedupe"] == Bearing.NEEDED


def test_a_switch_that_no_run_reads_is_independent() -> None:
    found = repaired("T4", "lag_control", "consumer_dedupe")
    assert [item.switches for item in found.minimal] == [("lag_control",)]
    assert dict(found.bearing) == {"lag_control": Bearing.NEEDED, "consumer_dedupe": Bearing.INDEPENDENT}


def test_each_set_is_judged_by_verify_as_it_is_here_and_so_is_each_without_one() -> None:
    lattice = part("lag_control", "key_retention")
    found = repairs_of(RepairTask(theorem="T4", lattice=lattice, deadline=soon()))
    assert found.minimal
    for item in found.minimal:
        assert verdict_of("T4", item.design) in POSITIVE
        for name in item.switches:
            (design,) = lattice.designs(frozenset(item.switches) - {name})
            assert verdict_of("T4", design) == Verdict.REFUTED
    for left in found.left_out:
        assert left.verdict == Verdict.REFUTED
        assert left.counterexample is not None
        assert left.counterexample.steps


def test_where_no_set_suffices_none_is_named() -> None:
    broken = edited(
        "broken",
        "T5.usage_stays_within_the_limit",
        "usage is not bounded",
        "this test",
        edit("charging.judge_charge", "used + amount > account.terms.limit", "False"),
    )
    with installed(broken):
        found = repaired("T5", "period_of")
    assert found.minimal == ()
    assert found.verdict == Verdict.REFUTED


def test_without_time_nothing_is_claimed() -> None:
    lattice = Lattice(start=DOCUMENTED, end=REPAIRED)
    found = repairs_of(RepairTask(theorem="T1", lattice=lattice, deadline=time.monotonic()))
    assert found.minimal == ()
    assert found.verdict == Verdict.INCONCLUSIVE


def test_a_constraint_rules_out_only_designs_that_its_trace_refutes() -> None:
    lattice = Lattice(start=DOCUMENTED, end=REPAIRED)
    judge = Judge(theorem=BY_ID["T1"], lattice=lattice, deadline=soon())
    found = judge.judge(frozenset())
    assert found.trace is not None
    assert found.design is not None
    draw = random.Random(3)  # noqa: S311 - the seed makes the cases, nothing is secret
    for literals in constraints_of(found.trace, found.design, lattice):
        fixed = {name: not wanted for name, wanted in literals}
        for _ in range(25):
            drawn = frozenset(name for name in lattice.switches if fixed.get(name, draw.random() < 0.5))
            point = lattice.without_dependants(drawn)
            assert all((name in point) == wanted for name, wanted in fixed.items())
            (design,) = lattice.designs(point)
            shown = (found.trace, padded(found.trace))
            assert any(tried(trace, design).commands is not None for trace in shown), point


def test_the_command_prints_its_published_form(tmp_path: Path) -> None:
    path = tmp_path / "start.toml"
    path.write_text('name = "start"\n[switches]\nlag_control = "none"\norder_by = "wall_clock_timestamp"\n')
    out = tmp_path / "repairs.json"
    arguments = ("repairs", "--theorem", "T4", "--from", path, "--engine", "explore", "--out", out)
    answer = billproof(*arguments, "--format", "json")
    assert answer.code == 0
    assert json.loads(out.read_text(encoding="utf-8")) == answer.document
    schema = json.loads(files("billproof.cli.schemas").joinpath("repairs.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.document)
    theorem = inner(answer.document, "T4")
    assert theorem["minimal"] == [["lag_control"]]
    assert inner(inner(theorem, "without"), "lag_control")["steps"]
    assert listed(theorem, "sets")[0]["verdict"] == "HOLDS"


@pytest.mark.parametrize("arguments", [("--from", "nowhere"), ("--theorem", "T9"), ("--budget", "0")])
def test_a_wrong_argument_is_exit_3(arguments: tuple[str, ...]) -> None:
    assert billproof("repairs", *arguments).code == 3
