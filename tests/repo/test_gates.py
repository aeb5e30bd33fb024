"""The static checks see what they claim to see: each reports an error planted for it.

A checker that does not follow the links, or a contract that names a module wrongly, reports success on
everything. So each is run on a small copy of the layout, under this repository's own settings, with one
error in it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.sources import LINKED_FOLDERS, ROOT

TOOLS = Path(sys.executable).parent
"""Where the tools of this environment are."""


def copy_layout(root: Path) -> Path:
    """Make an empty project with this repository's settings and links, and return its top."""
    shutil.copy(ROOT / "pyproject.toml", root)
    package = root / "src" / "billproof"
    for path in (package, package / "cli"):
        path.mkdir(parents=True)
        (path / "__init__.py").write_text('"""A planted package."""\n', encoding="utf-8")
    (package / "py.typed").touch()
    for folder in LINKED_FOLDERS:
        (root / folder).mkdir()
        (root / folder / "__init__.py").write_text('"""A planted folder."""\n', encoding="utf-8")
        (package / folder).symlink_to(os.readlink(ROOT / "src" / "billproof" / folder))
    return root


def run_tool(root: Path, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment in a project, whose sources come before the installed ones."""
    environment = os.environ | {"PYTHONPATH": str(root / "src"), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        cwd=root,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.parametrize("folder", LINKED_FOLDERS)
def test_mypy_looks_through_the_link(tmp_path: Path, folder: str) -> None:
    root = copy_layout(tmp_path)
    planted = '"""A planted error."""\n\nAMOUNT: int = "three"\n'
    (root / folder / "planted.py").write_text(planted, encoding="utf-8")
    judged = run_tool(root, "mypy", "src")
    assert judged.returncode == 1, judged.stdout + judged.stderr
    assert f"src/billproof/{folder}/planted.py:3: error: Incompatible types" in judged.stdout


@pytest.mark.parametrize("folder", LINKED_FOLDERS)
def test_basedpyright_looks_through_the_link(tmp_path: Path, folder: str) -> None:
    root = copy_layout(tmp_path)
    planted = '"""A planted error."""\n\nAMOUNT: int = "three"\n'
    (root / folder / "planted.py").write_text(planted, encoding="utf-8")
    judged = run_tool(root, "basedpyright", "--pythonpath", sys.executable)
    assert judged.returncode == 1, judged.stdout + judged.stderr
    assert f"src/billproof/{folder}/planted.py:3:15 - error" in judged.stdout


def test_mypy_refuses_a_written_any_in_the_model(tmp_path: Path) -> None:
    root = copy_layout(tmp_path)
    planted = '"""A planted error."""\n\nfrom typing import Any\n\nAMOUNT: Any = 3\n'
    (root / "model" / "planted.py").write_text(planted, encoding="utf-8")
    assert "[explicit-any]" in run_tool(root, "mypy", "src").stdout


def test_sound_layout_breaks_no_contract(tmp_path: Path) -> None:
    judged = run_tool(copy_layout(tmp_path), "lint-imports", "--no-cache")
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "4 kept, 0 broken" in judged.stdout


@pytest.mark.parametrize(
    ("file", "statement", "contract"),
    [
        ("model/planted.py", "import billproof.invariants", "Arrows point at the model"),
        ("model/planted.py", "import billproof.service", "Arrows point at the model"),
        ("invariants/planted.py", "import billproof.service", "Arrows point at the model"),
        ("service/planted.py", "import billproof.invariants", "Arrows point at the model"),
        ("service/planted.py", "import billproof.cli", "Arrows point at the model"),
        ("model/planted.py", "import random", "The model is pure"),
        ("model/planted.py", "from time import time", "The model is pure"),
        ("model/planted.py", "import os.path", "The model is pure"),
        ("invariants/planted.py", "import z3", "Only billproof.invariants.prove touches a solver"),
        ("service/planted.py", "import cvc5", "Only billproof.invariants.prove touches a solver"),
        ("src/billproof/cli/planted.py", "import z3", "Only billproof.invariants.prove touches a solver"),
        ("invariants/planted.py", "import crosshair", "CrossHair only under invariants.contracts"),
        ("service/planted.py", "import hypothesis", "CrossHair only under invariants.contracts"),
    ],
)
def test_import_against_the_arrows_is_reported(
    tmp_path: Path, file: str, statement: str, contract: str
) -> None:
    root = copy_layout(tmp_path)
    (root / file).write_text(f'"""A planted import."""\n\n{statement}\n', encoding="utf-8")
    judged = run_tool(root, "lint-imports", "--no-cache")
    assert judged.returncode == 1, judged.stdout + judged.stderr
    broken = [line for line in judged.stdout.splitlines() if line.strip().endswith("BROKEN")]
    assert [line.strip().startswith(contract) for line in broken] == [True], judged.stdout


def test_solver_under_prove_breaks_no_contract(tmp_path: Path) -> None:
    root = copy_layout(tmp_path)
    prove = root / "invariants" / "prove"
    prove.mkdir()
    (prove / "__init__.py").write_text('"""A planted engine."""\n\nimport z3\n', encoding="utf-8")
    (prove / "solver.py").write_text('"""A planted engine."""\n\nimport cvc5\n', encoding="utf-8")
    judged = run_tool(root, "lint-imports", "--no-cache")
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("tests/planted.py", '"""Planted."""\n\nimport model\n', "TID251"),
        ("service/planted.py", '"""Planted."""\n\nfrom invariants import theorem\n', "TID251"),
        ("model/planted.py", '"""Planted."""\n\nprint(1)\n', "T201"),
        ("model/planted.py", "AMOUNT = 1\n", "D100"),
        ("service/planted.py", '"""Planted."""\n\n\ndef f(a, b, c, d, e, g):\n    """Do."""\n', "PLR0917"),
    ],
)
def test_ruff_reports(file: str, text: str, code: str) -> None:
    command = ("ruff", "check", "--no-cache", "--output-format", "json", "--stdin-filename", file, "-")
    judged = run_tool(ROOT, *command, text=text)
    assert judged.returncode == 1, judged.stderr
    assert code in {finding["code"] for finding in json.loads(judged.stdout)}
