"""The steps of the actions that call billproof call it with what the inputs say."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.repo.sources import ROOT, read_text

STEP = re.compile(r"      run: \|\n((?:        .*\n)+)")
"""A step of several lines."""


def called(action: str, folder: Path, environment: dict[str, str]) -> list[str]:
    """Run the step of an action with a billproof that only notes its arguments; return them."""
    (script,) = STEP.findall(read_text(ROOT / ".github" / "actions" / action / "action.yml"))
    stub = folder / "billproof"
    stub.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$NOTED"\n', encoding="utf-8")
    stub.chmod(0o755)
    noted = folder / "noted"
    known = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "NOTED": str(noted), **environment}
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=known, cwd=folder, check=True)
    return noted.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        ({"DESIGNS": "", "EXPECT": ""}, []),
        (
            {"DESIGNS": "documented a/mine.toml", "EXPECT": "verdicts.json"},
            ["--design", "documented", "--design", "a/mine.toml", "--expect", "verdicts.json"],
        ),
    ],
)
def test_verify_is_called_as_its_inputs_say(
    tmp_path: Path, inputs: dict[str, str], wanted: list[str]
) -> None:
    given = {"BUDGET": "300", "ARGUMENTS": "--theorem T1", "REPORT": "out", **inputs}
    said = called("verify", tmp_path, given)
    assert said == ["verify", "--budget", "300", "--report", "out", *wanted, "--theorem", "T1"]


def test_conform_is_called_as_its_inputs_say(tmp_path: Path) -> None:
    given = {
        "TARGET": "exec:python adapter.py", "CLAIMS": "CORE@L1 QUOTA@L2", "EXPECTED": "known.toml",
        "ARGUMENTS": "--seed 7", "REPORT": "out",
    }  # fmt: skip
    assert called("conform", tmp_path, given) == [
        "conform", "exec:python adapter.py", "--report", "out", "--claim", "CORE@L1", "--claim", "QUOTA@L2",
        "--expected", "known.toml", "--seed", "7",
    ]  # fmt: skip
