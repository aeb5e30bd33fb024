"""The commands print the documents of their schemas and end with the exit codes of the contract."""

import json
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from billproof.cli.main import run

MALICE = {
    "malformed": "print('hello?', flush=True)",
    "crashed": "sys.exit(7)",
    "hung": "time.sleep(60)",
    "flooded": "sys.stderr.write('x' * 100 * 2**20); sys.stderr.flush(); time.sleep(60)",
}
"""What an adapter does from the first operation on, and what that is called."""

BEGINNING = """
import json, sys, time
for line in sys.stdin:
    message = json.loads(line)
    seq = message["seq"]
    if message["cmd"] == "hello":
        capabilities = {"operations": ["charge"], "observations": ["ledger"]}
        implementation = {"name": "bad", "version": "1"}
        reply = {"protocol": 1, "implementation": implementation, "capabilities": capabilities}
    elif message["cmd"] == "reset":
        reply = {"ok": True}
    else:
        ACTION
        continue
    print(json.dumps({**reply, "seq": seq}), flush=True)
"""


def document_of(
    arguments: list[str], capsys: pytest.CaptureFixture[str], schema: str
) -> tuple[int, dict[str, object]]:
    """Run a command line for JSON, check its document, and return it with the exit code."""
    code = run([*arguments, "--format", "json"])
    text = files("billproof.cli.schemas").joinpath(f"{schema}.json").read_text("utf-8")
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(text)).validate(document)
    assert document["exit_code"] == code
    assert isinstance(document, dict)
    return code, document


@pytest.mark.parametrize("fault", MALICE)
def test_a_bad_adapter_is_named_and_nothing_is_said_of_the_product(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "adapter.py"
    script.write_text(BEGINNING.replace("ACTION", MALICE[fault]), "utf-8")
    arguments = [
        "conform",
        f"exec:{sys.executable} {script}",
        "--reply-seconds",
        "0.5" if fault == "hung" else "20",
    ]
    code, document = document_of(arguments, capsys, "conform")
    assert code == 3
    error, verdicts = document["error"], document["verdicts"]
    assert isinstance(error, dict)
    assert isinstance(verdicts, dict)
    assert error["fault"] == fault
    assert not {"VIOLATED", "HOLDS ON EVIDENCE"} & set(verdicts.values())


def test_what_is_declared_and_cannot_be_exercised_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    action = 'print(json.dumps({"outcome": "unsupported", "seq": seq}), flush=True)'
    script = tmp_path / "adapter.py"
    script.write_text(BEGINNING.replace("ACTION", action), "utf-8")
    code, document = document_of(["conform", f"exec:{sys.executable} {script}"], capsys, "conform")
    error = document["error"]
    assert isinstance(error, dict)
    assert (code, error["fault"]) == (3, "untestable")


def test_a_report_is_written_verified_judged_and_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["conform", "reference", "--claim", "CORE@L1", "--case", "retry-keys", "--report", str(out)]
    code, document = document_of(arguments, capsys, "conform")
    assert code == 2, "one case alone does not put a theorem to the test"
    assert document["target"] == "reference"
    names = {path.name for path in out.iterdir()}
    assert names >= {"result.json", "history.jsonl", "report.html", "summary.md", "junit.xml", "badge.json"}
    assert document_of(["conform", "report", "verify", str(out)], capsys, "conform-report")[0] == 0
    assert document_of(["conform", "judge", str(out / "history.jsonl")], capsys, "conform-judge")[0] == 2
    assert document_of(["conform", "compare", str(out), str(out)], capsys, "conform-compare")[0] == 0
    result = out / "result.json"
    result.write_text(result.read_text("utf-8").replace("INCONCLUSIVE", "HOLDS ON EVIDENCE"), "utf-8")
    assert document_of(["conform", "report", "verify", str(out)], capsys, "conform-report")[0] == 1


def test_a_broken_target_is_violated_with_a_counterexample_that_is_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    target = "broken:no_key"
    arguments = ["conform", target, "--claim", "CORE@L1", "--case", "retry-keys", "--report", str(out)]
    code, document = document_of(arguments, capsys, "conform")
    verdicts = document["verdicts"]
    assert isinstance(verdicts, dict)
    assert code == 1
    assert [name for name, verdict in verdicts.items() if verdict == "VIOLATED"] == ["T1"]
    (file,) = (out / "counterexamples").glob("T1-*.jsonl")
    assert document_of(["conform", "judge", str(file)], capsys, "conform-judge")[0] == 1
    again = ["conform", "replay", str(file), "--target"]
    assert document_of([*again, target], capsys, "conform-replay")[0] == 1
    assert document_of([*again, "reference"], capsys, "conform-replay")[0] == 0


def test_the_vectors_are_the_shipped_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["conform", "vectors", "build", "--check", "--out", str(tmp_path)]
    assert document_of(arguments, capsys, "conform-vectors")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["conform", "no-such-target"], "is not known"),
        (["conform", "reference", "--claim", "CORE@L9"], "is no cell"),
        (["conform", "reference", "--case", "no-such-case"], "matches no case"),
        (["conform", "judge", "no-such-file"], "cannot be read"),
        (["conform", "vectors", "build"], "neither"),
        (["conform", "replay", "no-such-case", "--target", "reference"], "is not known"),
    ],
)
def test_a_wrong_command_line_is_an_error(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 3
    assert word in capsys.readouterr().err
