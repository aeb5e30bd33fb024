"""A package's theorems are judged and reported like ours, and a broken registration names its package."""

import json
from pathlib import Path

import pytest

from tests.invariants.plugin import billproof, install, run


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the how-to page, installed."""
    return install(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def judged(installed: Path) -> dict[str, dict[str, dict[str, object]]]:
    """What a search says of the package's theorems under our design."""
    answer = billproof(
        installed, "verify", "--theorem", "X1", "--theorem", "X2", "--design", "repaired",
        "--engine", "explore", "--budget", "60", "--format", "json",
    )  # fmt: skip
    assert answer.returncode == 1, answer.stderr
    document = json.loads(answer.stdout)["designs"]
    assert isinstance(document, dict)
    return document


def test_a_theorem_that_holds_and_whose_variant_is_killed_is_reported_as_ours(
    judged: dict[str, dict[str, dict[str, object]]],
) -> None:
    theorem = judged["repaired"]["X1"]
    assert theorem["verdict"] == "HOLDS"
    assert "acme_charges_pay" in json.dumps(theorem["clauses"])


def test_a_theorem_that_is_false_is_refuted_with_a_trace(
    judged: dict[str, dict[str, dict[str, object]]],
) -> None:
    theorem = judged["repaired"]["X2"]
    assert theorem["verdict"] == "REFUTED"
    assert "alice" in json.dumps(theorem["counterexample"])


@pytest.mark.slow
def test_it_is_proved_and_what_no_solver_has_seen_is_not(installed: Path) -> None:
    """Simplification alone settles every goal of the second clause; PROVED needs both solvers."""
    code = (
        "import time\n"
        "from acme_billing.theorems import CHARGES_TAKE\n"
        "from billproof.invariants.prove.clauses import prove_clauses\n"
        "from billproof.invariants.theorem import Transition, step_clause\n"
        "from billproof.model.context import Context\n"
        "from billproof.model.design import REPAIRED\n"
        "def nothing_is_asked(transition: Transition, context: Context) -> bool:\n"
        "    'Whatever is, is.'\n"
        "    return transition.status == transition.status\n"
        "clauses = (*CHARGES_TAKE.clauses, step_clause('X1', nothing_is_asked))\n"
        "found = prove_clauses(REPAIRED, clauses, time.monotonic() + 300)\n"
        "print([(it.verdict.value, it.reason) for it in found.values()])\n"
    )
    answer = run(installed, "-c", code)
    expected = "[('PROVED', ''), ('INCONCLUSIVE', 'not both solvers were asked and said unsat')]\n"
    assert answer.stdout == expected, answer.stderr


def test_a_clause_without_a_known_bad_variant_is_inconclusive(tmp_path: Path) -> None:
    other = '"X2.balance_is_never_negative"'
    folder = install(tmp_path, replaced={'"X1.charges_never_raise_a_balance"': other})
    answer = billproof(folder, "verify", "--theorem", "X1", "--design", "repaired", "--engine", "explore")
    assert answer.returncode == 2
    assert "X1 charges_never_raise_a_balance inconclusive" in answer.stdout
    assert "no known-bad variant breaks it" in answer.stdout


def test_the_variant_stands_in_the_kill_matrix(installed: Path) -> None:
    answer = billproof(installed, "variants", "--theorem", "X1", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["variants"]["acme_charges_pay"]["killed_by"] == ["explore"]


def test_a_registered_design_is_known_by_its_name(installed: Path) -> None:
    answer = billproof(
        installed, "verify", "--theorem", "X1", "--design", "acme", "--engine", "explore", "--format", "json"
    )
    assert list(json.loads(answer.stdout)["designs"]) == ["acme"]


def test_the_state_machine_of_the_page_runs(installed: Path) -> None:
    answer = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_acme.py")
    assert answer.returncode == 0, answer.stdout
    assert "1 passed" in answer.stdout


@pytest.mark.parametrize(
    ("replaced", "problem"),
    [
        ({'"acme_billing.theorems:THEOREMS"': '"acme_billing.theorems:NOTHING"'}, "cannot be loaded"),
        ({"acme_billing.theorems:THEOREMS": "acme_billing.theorems:RETRIED"}, "is a Domain, not a Theorem"),
        ({'id="X1"': 'id="T1"', '"X1"': '"T1"'}, "theorem 'T1' exists already"),
        ({'name="acme-retries"': 'name="retries"'}, "domain 'retries' exists already"),
        ({'"X1.charges': '"X1.nothing'}, "which is no clause"),
        ({'name="acme")': 'name="repaired")'}, "design 'repaired' exists already"),
        ({'sometimes=("charged",)': 'sometimes=("gone",)'}, "the sometimes mark 'gone'"),
    ],
)  # fmt: skip
def test_a_registration_that_cannot_be_used_names_package_and_entry_point(
    tmp_path: Path, replaced: dict[str, str], problem: str
) -> None:
    folder = install(tmp_path, replaced=replaced)
    answer = run(folder, "-c", "from billproof.invariants.registry import registry; registry()")
    last = answer.stderr.splitlines()[-1]
    assert "PluginError: package acme-billing 1.0: entry point billproof." in last
    assert problem in last


def test_the_command_line_ends_with_3_and_no_traceback(tmp_path: Path) -> None:
    folder = install(tmp_path, replaced={"acme_billing.theorems:THEOREMS": "acme_billing.gone:THEOREMS"})
    answer = billproof(folder, "verify", "--theorem", "T1", "--engine", "explore", "--budget", "5")
    assert answer.returncode == 3
    assert "package acme-billing 1.0: entry point billproof.theorems:acme" in answer.stderr
    assert "Traceback" not in answer.stderr
