"""``billproof verify`` and ``replay``: budgets, interruptions, expectations, reports, one valid document."""

import json
import re
import signal
import time
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.service.commands import Answer, billproof, started

SLACK_SECONDS = 6.0
"""What a loaded machine may add to the two seconds that a budget may be passed by."""


def validated(answer: Answer, name: str) -> dict[str, object]:
    """Return the document of an answer, after its schema was applied."""
    schema = json.loads(files("billproof.cli.schemas").joinpath(f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    document = json.loads(answer.out)
    Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == answer.code
    assert isinstance(document, dict)
    return document


def verdicts(document: dict[str, object]) -> set[str]:
    """Return every verdict of every clause."""
    return set(re.findall(r'"verdict": "(\w+)"', json.dumps(document)))


def test_no_time_is_no_verdict() -> None:
    """A budget of nothing leaves everything INCONCLUSIVE, exit code 2."""
    answer = billproof("verify", "--design", "repaired", "--budget", "0", "--format", "json")
    document = validated(answer, "verify")
    assert answer.code == 2
    assert verdicts(document) == {"INCONCLUSIVE"}


@pytest.mark.slow
@pytest.mark.parametrize("budget", [2, 5])
def test_a_budget_is_kept_in_a_process_of_its_own(budget: int) -> None:
    """The whole command, known-bad variants included, ends about when it should."""
    began = time.monotonic()
    with started("verify", "--budget", str(budget), "--format", "json") as process:
        process.communicate()
    assert time.monotonic() - began < budget + 2.0 + SLACK_SECONDS
    assert process.returncode in (1, 2)


@pytest.mark.slow
def test_an_interrupted_run_prints_what_is_known() -> None:
    """Ctrl-C: one whole document, undecided clauses INCONCLUSIVE with the reason, exit code 2, and soon."""
    with started("verify", "--budget", "300", "--format", "json") as process:
        time.sleep(9)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, _ = process.communicate(timeout=60)
    assert time.monotonic() - began < 2.0 + SLACK_SECONDS
    document = json.loads(out)
    assert process.returncode == document["exit_code"] == 2
    assert document["interrupted"] is True
    assert "stopped by the user" in out


@pytest.mark.parametrize(
    ("pins", "line", "word"),
    [
        ('{"designs": {\n"repaired": {\n"T99": "PROVED"}}}', "line 3", "T99"),
        ('{"designs": {\n"repiared": {"T1": "PROVED"}}}', "line 2", "repiared"),
    ],
)
def test_a_pin_of_what_does_not_exist_is_an_error(tmp_path: Path, pins: str, line: str, word: str) -> None:
    """A misspelt pin is never compared, so it is refused before anything is judged."""
    file = tmp_path / "pins.json"
    file.write_text(pins, encoding="utf-8")
    answer = billproof("verify", "--expect", file, "--budget", "0")
    assert answer.code == 3
    assert line in answer.err
    assert word in answer.err


def test_an_unexpected_pass_differs_as_much_as_a_failure(tmp_path: Path) -> None:
    """Exit 0 when all is as pinned, 1 when one verdict differs in either direction."""
    file = tmp_path / "pins.json"
    arguments = (
        "verify",
        "--design",
        "documented",
        "--theorem",
        "T3",
        "--engine",
        "explore",
        "--expect",
        file,
    )
    codes = []
    for verdict in ("REFUTED", "PROVED"):
        file.write_text(json.dumps({"designs": {"documented": {"T3": verdict}}}), encoding="utf-8")
        codes.append(billproof(*arguments, "--budget", "40").code)
    assert codes == [0, 1]


def test_a_report_has_every_form_and_its_failure_is_replayed(tmp_path: Path) -> None:
    """Index, JSON, JUnit, SARIF, page and failure file; the failure replays, and writes the same page."""
    out, page = tmp_path / "out", tmp_path / "page.html"
    told = billproof(
        "verify", "--design", "documented", "--theorem", "T3", "--engine", "explore", "--budget", "40",
        "--report", out, "--format", "json",
    )  # fmt: skip
    validated(told, "verify")
    names = {path.name for path in out.iterdir()}
    assert names == {
        "documented-T3.failure.json", "documented-T3.html", "index.html", "junit.xml", "report.json",
        "report.sarif",
    }  # fmt: skip
    index = (out / "index.html").read_text("utf-8")
    links = re.findall(r'href="([^"]+)"', index)
    assert links
    assert all((out / link).is_file() for link in links)
    again = billproof("replay", out / "documented-T3.failure.json", "--html", page, "--format", "json")
    document = validated(again, "replay")
    assert (again.code, document["reproduced"]) == (1, True)
    assert page.read_text("utf-8") == (out / "documented-T3.html").read_text("utf-8")
