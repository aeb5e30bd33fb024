"""A trace is VALID only if the core does what the service has done: every altered one is found out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from billproof.model.commands import AdvanceTime
from billproof.model.identifiers import Instant, Period
from billproof.service.records import RecordFormatError, parse_command, render_command
from tests.service.commands import Answer, asked, billproof
from tests.service.test_writer import NOW, ask, database, performed

__all__ = ["database"]

Line = dict[str, object]


@pytest.fixture
def trace(database: Path, tmp_path: Path) -> Path:
    """A trace of three commits; the account was opened before it began."""
    from billproof.service.trace import TraceFile
    from billproof.service.writer import Writer

    path = tmp_path / "trace.jsonl"
    file = TraceFile(path)
    writer = Writer(database, trace=file, clock=lambda: NOW)
    writer.start()
    performed(writer, ask("a"), ask("b", 5))
    performed(writer, ask("a"), ask("a", 7))
    performed(writer, ask("c", 10**16))
    writer.close()
    file.close()
    return path


def judged(trace: Path, database: Path) -> Answer:
    """Run the checker."""
    return billproof("trace", trace, "--db", database, "--format", "json")


def test_true_trace_is_valid(trace: Path, database: Path) -> None:
    answer = judged(trace, database)
    assert answer.code == 0
    document = answer.document
    assert (document["commits"], document["commands"], document["entries"]) == (3, 8, 3)
    assert document["entries_elsewhere"] == 1


def steps(line: Line) -> list[Line]:
    found = line["steps"]
    assert isinstance(found, list)
    return found


def other_status(lines: list[Line]) -> None:
    steps(lines[0])[1]["status"] = "ACCEPTED_WITH_WARNING"


def other_digest(lines: list[Line]) -> None:
    steps(lines[0])[1]["receipt"] = "0" * 64


def not_replayed(lines: list[Line]) -> None:
    steps(lines[1])[1]["replayed"] = False


def other_amount(lines: list[Line]) -> None:
    asked_for = steps(lines[0])[1]["asked"]
    assert isinstance(asked_for, dict)
    asked_for["request"]["amount"] = "2"


def left_out(lines: list[Line]) -> None:
    del steps(lines[0])[1]


def swapped(lines: list[Line]) -> None:
    lines[0], lines[2] = lines[2], lines[0]


def repeated(lines: list[Line]) -> None:
    lines.append(lines[0])


def another_base(lines: list[Line]) -> None:
    lines[0]["base"] = 50


@pytest.mark.parametrize(
    "alter",
    [other_status, other_digest, not_replayed, other_amount, left_out, swapped, repeated, another_base],
)
def test_altered_trace_is_invalid(trace: Path, database: Path, alter: Callable[[list[Line]], None]) -> None:
    lines = [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines()]
    alter(lines)
    trace.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    answer = judged(trace, database)
    assert answer.code == 1
    assert answer.document["verdict"] == "INVALID"
    assert answer.document["reason"]


def test_missing_commit_is_no_contradiction_but_is_counted(trace: Path, database: Path) -> None:
    lines = trace.read_text(encoding="utf-8").splitlines(keepends=True)
    trace.write_text(lines[2], encoding="utf-8")
    assert asked("trace", trace, "--db", database)["entries_elsewhere"] == 3


def test_trace_without_commands_is_incomplete(trace: Path, database: Path) -> None:
    trace.write_text("", encoding="utf-8")
    assert judged(trace, database).code == 2


@pytest.mark.parametrize("text", ["{", "[]", '{"version":1}', '{"version":1,"base":0,"steps":[{}]}'])
def test_file_that_is_no_trace_is_an_error(trace: Path, database: Path, text: str) -> None:
    trace.write_text(text, encoding="utf-8")
    assert judged(trace, database).code == 3


def test_command_survives_being_written() -> None:
    command = AdvanceTime(now=Instant(7), period=Period(8))
    assert parse_command(render_command(command)) == command


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"command": "Nothing"},
        {"command": "AdvanceTime"},
        {"command": "AdvanceTime", "now": 7, "period": "8"},
    ],
)
def test_document_that_is_no_command_is_refused(document: dict[str, str | int] | None) -> None:
    with pytest.raises(RecordFormatError):
        parse_command(document)  # type: ignore[arg-type] # a narrower dict
