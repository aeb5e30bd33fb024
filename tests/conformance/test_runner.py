"""A run gives credit where it is due: all of it to the reference, none to systems that are trivially bad."""

from functools import cache

import pytest

from billproof.conformance.cells import claimable_cells, parse_cell
from billproof.conformance.errors import KitInputError
from billproof.conformance.grading import Verdict
from billproof.conformance.reference.trivial import TRIVIAL_NAMES
from billproof.conformance.runner import Options, Run, run
from billproof.conformance.targets import open_target


@cache
def run_of(target: str) -> Run:
    """Run the kit against a target once, with everything that it declares."""
    return run(target, open_target(target), Options())


def test_the_reference_keeps_every_theorem_and_every_cell() -> None:
    done = run_of("reference")
    assert {item.verdict for item in done.grades.theorems.values()} == {Verdict.HOLDS}
    assert set(done.grades.cells.values()) == {Verdict.HOLDS}
    assert done.grades.exit_code == 0
    assert done.declaration is not None
    assert set(done.claims) == set(claimable_cells(done.declaration.capabilities))


def test_two_transports_give_the_same_verdicts() -> None:
    first, second = run_of("reference"), run_of("reference-stdio")
    assert first.grades.cells == second.grades.cells
    assert {n: t.verdict for n, t in first.grades.theorems.items()} == {
        n: t.verdict for n, t in second.grades.theorems.items()
    }
    assert (first.transport, second.transport) == ("in-process", "stdio")


@pytest.mark.parametrize("name", TRIVIAL_NAMES)
def test_a_trivial_system_gets_no_credit(name: str) -> None:
    done = run_of(name)
    credited = [t.theorem for t in done.grades.theorems.values() if t.verdict == Verdict.HOLDS]
    assert credited == []
    assert Verdict.HOLDS not in done.grades.cells.values()
    assert done.grades.exit_code != 0


def test_the_amnesiac_is_caught_losing_what_it_acknowledged() -> None:
    assert run_of("amnesiac").grades.theorems["T2"].verdict == Verdict.VIOLATED


def test_a_cell_that_is_not_declared_cannot_be_claimed() -> None:
    target = "python:billproof.conformance.adapter:BaseAdapter"
    with pytest.raises(KitInputError, match="does not declare"):
        run(target, open_target(target), Options(claims=(parse_cell("CORE@L1"),)))
