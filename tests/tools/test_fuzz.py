"""The fuzzer notices a planted crash, hang and memory hog, repeats an input, and finds nothing else."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.sources import ROOT


def fuzzed(*arguments: str, code: int) -> dict[str, object]:
    """Run the fuzzer in a process of its own, since it limits memory and sets alarms; return its report."""
    call = [sys.executable, "tools/fuzz.py", "--format", "json", "--quiet", *arguments]
    made = subprocess.run(call, capture_output=True, text=True, check=False, cwd=ROOT)
    assert made.returncode == code, made.stdout[-4_000:] + made.stderr[-2_000:]
    found: dict[str, object] = json.loads(made.stdout)
    return found


@pytest.mark.parametrize(("name", "kind"), [("crash", "crash"), ("hang", "hang"), ("hog", "memory")])
def test_a_planted_fault_is_noticed_with_its_input(name: str, kind: str) -> None:
    report = fuzzed("--target", f"planted-{name}", "--inputs", "2", "--seed", "3", code=1)
    findings = report["findings"]
    assert isinstance(findings, list)
    assert {found["kind"] for found in findings} == {kind}
    assert base64.b64decode(findings[0]["repeat"].split()[-1]) != b"fine"
    again = fuzzed(*findings[0]["repeat"].split()[2:], code=1)["findings"]
    assert isinstance(again, list)
    assert [found["repeat"] for found in again] == [findings[0]["repeat"]]


def test_a_parser_that_refuses_its_examples_is_a_wrong_target() -> None:
    report = fuzzed("--target", "planted-refusal", "--inputs", "0", code=1)
    findings = report["findings"]
    assert isinstance(findings, list)
    assert [found["kind"] for found in findings] == ["example"]


def test_the_same_seed_makes_the_same_inputs(tmp_path: Path) -> None:
    runs = [
        fuzzed("--target", "amount", "--inputs", "50", "--seed", "9", "--out", str(tmp_path / "a"), code=0)
        for _ in range(2)
    ]
    assert runs[0]["targets"] == runs[1]["targets"]
    assert json.loads((tmp_path / "a").read_text("utf-8"))["targets"] == runs[0]["targets"]


@pytest.mark.slow
def test_a_sample_of_inputs_to_every_target_finds_nothing() -> None:
    """Every target is tried, accepts its examples, and ends in nothing that it does not document."""
    report = fuzzed("--inputs", "1600", "--seed", "20261126", code=0)
    targets = report["targets"]
    assert isinstance(targets, dict)
    assert report["inputs"] == 1_600
    assert len(targets) > 60
    assert all(found["inputs"] > 0 for found in targets.values())
