"""Runs: the same seed is the same run; the repaired design holds and drains; the documented one breaks."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from billproof.model.design import DOCUMENTED, REPAIRED
from billproof.simulations.world.faults import KINDS
from billproof.simulations.world.options import Options, draw_options
from billproof.simulations.world.runs import Run, run_once

SEEDS = range(6)


def short(seed: int) -> Options:
    """Return the options of a seed, with fewer charges."""
    return replace(draw_options(seed), intents=5)


@pytest.fixture(scope="module")
def repaired() -> list[Run]:
    """Return some runs of the repaired design."""
    return [run_once(short(seed), REPAIRED) for seed in SEEDS]


@pytest.fixture(scope="module")
def documented() -> list[Run]:
    """Return some runs of the documented design."""
    return [run_once(short(seed), DOCUMENTED) for seed in SEEDS]


def test_the_repaired_design_is_never_violated(repaired: list[Run]) -> None:
    assert [(run.options.seed, run.found) for run in repaired if run.found] == []


def test_the_repaired_design_drains(repaired: list[Run]) -> None:
    assert [(run.options.seed, run.undrained) for run in repaired if run.undrained] == []


def test_the_repaired_design_forgets_no_acknowledged_event(repaired: list[Run]) -> None:
    measured = {run.rpo_events for run in repaired}
    assert measured <= {-1, 0}
    assert 0 in measured, "some run promotes a region"


def test_the_documented_design_violates_most_theorems(documented: list[Run]) -> None:
    assert {item.theorem for run in documented for item in run.found} >= {"T1", "T2", "T4", "T5", "T6"}


def test_the_documented_design_forgets_acknowledged_events(documented: list[Run]) -> None:
    assert max(run.rpo_events for run in documented) > 0


def test_interesting_things_happen(repaired: list[Run]) -> None:
    met = {name for run in repaired for name in run.met}
    assert met >= {"retried_after_commit", "region_failed_over", "delivered_twice", "charge_refused"}


def test_the_same_seed_is_the_same_run(repaired: list[Run]) -> None:
    again = run_once(short(3), REPAIRED)
    assert again == repaired[3]


def test_another_seed_is_another_run(repaired: list[Run]) -> None:
    assert len({run.history for run in repaired}) == len(repaired)


def test_the_hash_seed_of_python_changes_nothing(repaired: list[Run]) -> None:
    program = (
        "from dataclasses import replace\n"
        "from billproof.model.design import REPAIRED\n"
        "from billproof.simulations.world.options import draw_options\n"
        "from billproof.simulations.world.runs import run_once\n"
        "print(run_once(replace(draw_options(2), intents=5), REPAIRED).history)\n"
    )
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert int(told.stdout) == repaired[2].history


def test_a_system_that_cannot_drain_is_said_not_to() -> None:
    hurried = run_once(Options(seed=1, safety=5_000, liveness=0), REPAIRED)
    assert "clients without a definite answer" in hurried.undrained, "after five milliseconds nobody is done"


def test_drawn_runs_meet_every_kind_of_fault() -> None:
    drawn = {fault.kind for seed in range(200) for fault in draw_options(seed).faults}
    assert drawn == {kind.name for kind in KINDS}
