"""The script of ``make verify`` runs the main job in order and fails when any part of it does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FAKE = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
*"--format json"*) printf '{"read": 60, "charged": %s, "duplicates": %s}' "$CHARGED" "$DUPLICATES" ;;
audit*) exit "$AUDIT" ;;
verify*) exit "$VERIFY" ;;
esac
"""
"""A command line that notes how it was called and answers as the test says."""


def run_verify(folder: Path, **answers: str) -> tuple[int, list[str], str]:
    """Run the script against the fake; return its exit code, the calls it made, and its errors."""
    fake = folder / "bin" / "billproof"
    fake.parent.mkdir()
    fake.write_text(FAKE, encoding="utf-8")
    fake.chmod(0o755)
    calls = folder / "calls"
    path = os.pathsep.join((str(fake.parent), str(Path(sys.executable).parent), os.environ["PATH"]))
    said = {"CHARGED": "0", "DUPLICATES": "60", "AUDIT": "0", "VERIFY": "0"} | answers
    told = subprocess.run(
        [str(ROOT / "tools" / "verify.sh")],
        env=os.environ | said | {"PATH": path, "CALLS": str(calls)},
        capture_output=True,
        text=True,
        check=False,
    )
    return told.returncode, calls.read_text(encoding="utf-8").splitlines(), told.stderr


def test_main_job_runs_in_order(tmp_path: Path) -> None:
    code, calls, _ = run_verify(tmp_path)
    assert code == 0
    assert [call.split()[0] for call in calls] == ["ingest", "ingest", "audit", "verify"]
    assert calls[3] == "verify --budget 600 --expect reports/expected-verdicts.json"


@pytest.mark.parametrize(("charged", "duplicates"), [("1", "59"), ("0", "59")])
def test_second_billing_that_charges_or_loses_a_row_fails(
    tmp_path: Path, charged: str, duplicates: str
) -> None:
    code, calls, errors = run_verify(tmp_path, CHARGED=charged, DUPLICATES=duplicates)
    assert code == 1
    assert len(calls) == 2
    assert "the second billing charged" in errors


def test_bad_audit_stops_the_job_with_its_code(tmp_path: Path) -> None:
    code, calls, _ = run_verify(tmp_path, AUDIT="1")
    assert (code, len(calls)) == (1, 3)


def test_unexpected_verdict_is_the_exit_code(tmp_path: Path) -> None:
    code, _, _ = run_verify(tmp_path, VERIFY="2")
    assert code == 2
