"""The command line keeps its contract: exit codes, one JSON document, messages with a remedy."""

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from billproof.cli import main
from billproof.cli.main import COMMANDS, EXAMPLE
from tests.service.commands import Answer, billproof
from tests.service.usage_files import SAMPLE, write_focus

RIM = ("ingest", "audit", "export", "invoice")


def validated(answer: Answer, name: str) -> None:
    """Assert that an answer is one document of its published form."""
    schema = json.loads(files("billproof.cli.schemas").joinpath(f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.document)


@pytest.mark.parametrize("name", RIM)
def test_every_command_has_help_with_an_example(name: str) -> None:
    answer = billproof(name, "--help")
    assert answer.code == 0
    assert "Example:" in answer.out
    assert f"billproof {name}" in answer.out
    for option in ("--format", "--quiet"):
        assert option in answer.out


def test_help_alone_names_the_commands_and_begins_with_what_to_do() -> None:
    for arguments in ((), ("--help",)):
        answer = billproof(*arguments)
        assert answer.code == 0
        assert all(f"  {name}" in answer.out for name in RIM)
        assert EXAMPLE.splitlines()[-1].strip() in answer.out


def test_version_is_printed() -> None:
    answer = billproof("--version")
    assert (answer.code, answer.out) == (0, "billproof, version 0.1.0\n")


def test_command_without_a_module_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "COMMANDS", {**COMMANDS, "unbuilt": "A command that is not built."})
    assert "unbuilt" not in billproof("--help").out
    assert billproof("unbuilt").code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("ingest",),
        ("ingest", "x", "--db", "y", "--nothing"),
        ("audit",),
        ("audit", "x", "--jobs", "0"),
        ("export", "x", "--to", "xml"),
        ("invoice", "--db", "x", "--customer", "c"),
        ("--nothing",),
    ],
)
def test_usage_error_is_exit_3_with_a_place_to_look(arguments: tuple[str, ...]) -> None:
    answer = billproof(*arguments)
    assert answer.code == 3
    assert answer.out == ""
    assert answer.err.startswith("error: ")
    assert "--help" in answer.err


@pytest.mark.parametrize("option", [("--format", "json"), ("--format=json",)])
def test_error_is_one_json_document_where_json_was_asked_for(tmp_path: Path, option: tuple[str, ...]) -> None:
    for arguments in (("audit", str(tmp_path / "nowhere")), ("audit",), ("nothing",)):
        answer = billproof(*arguments, *option)
        assert answer.code == 3
        validated(answer, "error")


def test_answers_have_their_published_forms(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    validated(billproof("ingest", SAMPLE, "--db", database, "--format", "json"), "ingest")
    validated(billproof("audit", database, "--format", "json"), "audit")
    out = tmp_path / "ledger.jsonl"
    validated(billproof("export", database, "--to", "jsonl", "--out", out, "--format", "json"), "export")
    validated(billproof("audit", out, "--format", "json"), "audit")
    lines = out.read_text(encoding="utf-8").splitlines()
    out.write_text("\n".join(lines[1:]), encoding="utf-8")
    validated(billproof("audit", out, "--format", "json"), "audit")
    customer = json.loads(lines[0])["customer"]
    arguments = ("--db", database, "--customer", customer, "--period", "2025-03")
    validated(billproof("invoice", *arguments, "--format", "json"), "invoice")
    bad = write_focus(tmp_path / "bad.csv", [{}, {"BilledCost": "x"}])
    validated(billproof("ingest", bad, "--db", database, "--skip-bad", "--format", "json"), "ingest")
    validated(billproof("ingest", bad, "--db", database, "--format", "json"), "error")


def test_quiet_says_nothing_but_errors(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    answer = billproof("ingest", SAMPLE, "--db", database, "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert billproof("audit", database, "--quiet").out == ""
    assert billproof("audit", tmp_path / "nowhere", "--quiet").err != ""
    assert billproof("audit", database, "--quiet", "--format", "json").document["verdict"] == "VALID"


def test_text_answers_name_file_and_verdict(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    assert "charged" in billproof("ingest", SAMPLE, "--db", database).out
    answer = billproof("audit", database)
    assert answer.out.startswith("VALID")
    assert "unanchored" in answer.out


def test_internal_error_ends_with_3_and_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("billproof.cli.audit.audit", broken)
    answer = billproof("audit", tmp_path)
    assert answer.code == 3
    assert "internal error: RuntimeError: a bug" in answer.err
    assert "please report" in answer.err
    assert "Traceback" not in answer.err
    monkeypatch.setenv(main.DEBUG_VARIABLE, "1")
    assert "Traceback" in billproof("audit", tmp_path).err


def test_reader_that_leaves_early_is_no_error_message(ledger: Path) -> None:
    command = [sys.executable, "-m", "tests.service.process", "export", str(ledger), "--to", "jsonl"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.wait() == 3


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger whose export is longer than a pipe holds."""
    database = tmp_path / "ledger.db"
    assert billproof("ingest", SAMPLE, "--db", database).code == 0
    return database


@pytest.mark.parametrize("arguments", [("--help",), ("invoice", "--help")])
def test_help_and_invoice_import_neither_solvers_nor_engines(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys; from billproof.cli.main import run; run(sys.argv[1:]);"
        "heavy = ('z3', 'cvc5', 'sqlite_utils', 'billproof.invariants');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_one_variant_is_run_alone() -> None:
    answer = billproof("variants", "--variant", "refusal_replayed_as_success")
    assert answer.code == 0
    assert "refusal_replayed_as_success  T1  retry_gets_the_stored_outcome  kill" in answer.out
    assert "1 variants, 0 unkilled" in answer.out


def test_an_unknown_variant_is_answered_with_the_nearest_name() -> None:
    answer = billproof("variants", "--variant", "refusal_replayed_as_succes")
    assert answer.code == 3
    assert "did you mean refusal_replayed_as_success?" in answer.err
