"""Known failures excuse what they name and nothing else; hooks cause faults by words and never by a shell."""

import sys
from datetime import date
from pathlib import Path

import pytest

from billproof.conformance.documents import Document
from billproof.conformance.errors import KitInputError
from billproof.conformance.expected import Expectation, apply_expected, read_expected
from billproof.conformance.fault_hooks import Hooked, read_hooks
from billproof.conformance.grading import Case, Status
from billproof.conformance.judging.facts import Finding
from billproof.conformance.judging.judge import Judgement
from billproof.conformance.reference.model_adapter import ReferenceAdapter
from billproof.conformance.transports.in_process import InProcess

DAY = date(2026, 11, 26)
KNOWN = Expectation(
    check="retry-*", fingerprint="T1.one_charge_per_key", reason="not before 3.2", issue="",
    expires=date(2027, 1, 1), matches_max=1,
)  # fmt: skip


def case(name: str, status: Status, clause: str = "one_charge_per_key") -> Case:
    """Return a case that found one thing, or nothing."""
    found = (Finding(theorem="T1", clause=clause, text="", calls=()),) if status == Status.FAIL else ()
    return Case(
        name=name, title="", level=1, profiles=frozenset(), status=status, judgement=Judgement(findings=found)
    )


def test_a_failure_that_is_known_is_expected() -> None:
    cases, faults = apply_expected([case("retry-keys", Status.FAIL)], [KNOWN], DAY)
    assert ([item.status for item in cases], faults) == ([Status.EXPECTED_FAIL], ())


@pytest.mark.parametrize(
    ("cases", "day", "word"),
    [
        ([case("retry-keys", Status.PASS)], DAY, "passes"),
        ([case("retry-keys", Status.FAIL, "another_clause")], DAY, "fails as"),
        ([case("mix", Status.FAIL)], DAY, "matches no case"),
        ([case("retry-keys", Status.FAIL), case("retry-more", Status.FAIL)], DAY, "matches 2 cases"),
        ([case("retry-keys", Status.FAIL)], date(2027, 1, 2), "expired"),
    ],
)
def test_an_expectation_that_is_not_met_is_a_fault(cases: list[Case], day: date, word: str) -> None:
    assert word in apply_expected(cases, [KNOWN], day)[1][0]


def test_an_expectation_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    path.write_text('schema = 1\n[[fail]]\ncheck = "a"\nfingerprint = "b"\n', "utf-8")
    with pytest.raises(KitInputError, match="reason is missing"):
        read_expected(path)


def hooks(tmp_path: Path, line: str) -> Path:
    """Write a file of hooks with one line."""
    path = tmp_path / "faults.toml"
    path.write_text(f'nodes = ["n1"]\n[hooks]\n{line}\n', "utf-8")
    return path


def test_a_hook_runs_its_words_with_the_node(tmp_path: Path) -> None:
    words = f'["{sys.executable}", "-c", "import sys; print(sys.argv[1])", "{{node}}"]'
    target = Hooked(InProcess(ReferenceAdapter()), read_hooks(hooks(tmp_path, f"pause = {{argv = {words}}}")))
    hello = target.call({"cmd": "hello", "protocol": 1, "kit": "0", "spec": "x"})
    capabilities = hello["capabilities"]
    assert isinstance(capabilities, dict)
    assert isinstance(capabilities["faults"], list)
    assert "pause" in capabilities["faults"]
    reply = target.call({"cmd": "fault", "fault": "pause", "node": "n1"})
    evidence = reply["evidence"]
    assert isinstance(evidence, dict)
    assert (reply["ok"], evidence["stdout"]) == (True, "n1\n")
    refused: Document = target.call({"cmd": "fault", "fault": "pause", "node": "n1; rm -rf x"})
    assert refused["ok"] is False


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('crash = {argv = "kill -9"}', "argv is no list"),
        ('explode = {argv = ["x"]}', "is no fault"),
        ('crash = {argv = ["x"], proof = "magic"}', "proof is"),
    ],
)
def test_a_hook_that_is_none_is_refused(line: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(KitInputError, match=word):
        read_hooks(hooks(tmp_path, line))
