"""A scaffold runs as it is, in Python and in Node, and keeps what it claims."""

import shutil
import sys
from pathlib import Path

import pytest

from billproof.conformance.cells import parse_cell
from billproof.conformance.errors import KitInputError
from billproof.conformance.grading import Verdict
from billproof.conformance.runner import Options, run
from billproof.conformance.scaffold import scaffold
from billproof.conformance.targets import open_target


@pytest.mark.parametrize("language", ["python", "node"])
def test_a_scaffold_passes_what_it_claims(language: str, tmp_path: Path) -> None:
    if language == "node" and shutil.which("node") is None:
        pytest.skip("node is not installed")
    scaffold(tmp_path / "a", language)
    command = f"{sys.executable} adapter.py" if language == "python" else "node adapter.mjs"
    program, name = command.split(" ")
    target = f"exec:{program} {tmp_path / 'a' / name}"
    done = run(target, open_target(target), Options(claims=(parse_cell("CORE@L2"),)))
    assert done.error is None
    assert done.grades.cells == {"CORE@L2": Verdict.HOLDS}


def test_nothing_is_written_over(tmp_path: Path) -> None:
    scaffold(tmp_path, "python")
    with pytest.raises(KitInputError, match="is there already"):
        scaffold(tmp_path, "python")
