"""Running the command line, in this process for its answers and in another one to stop it."""

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from billproof.cli.main import run

Document: TypeAlias = dict[str, "Value"]
Value: TypeAlias = "str | int | bool | list[Value] | Document | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Document:
        """The one JSON document on stdout."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


def billproof(*arguments: str | Path) -> Answer:
    """Run one command line in this process."""
    raw, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Answer(code=code, out=raw.getvalue().decode("utf-8"), err=err.getvalue())


def asked(*arguments: str | Path) -> Document:
    """Return the JSON answer of a command that must end with 0."""
    answer = billproof(*arguments, "--format", "json")
    assert answer.code == 0, answer.err + answer.out
    return answer.document


def inner(document: Document, name: str) -> Document:
    """Return a member that is itself a document."""
    value = document[name]
    assert isinstance(value, dict)
    return value


def listed(document: Document, name: str) -> list[Document]:
    """Return a member that is a list of documents."""
    value = document[name]
    assert isinstance(value, list)
    assert all(isinstance(item, dict) for item in value)
    return [item for item in value if isinstance(item, dict)]


def number(document: Document, name: str) -> int:
    """Return a member that is a number."""
    value = document[name]
    assert isinstance(value, int)
    return value


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start one command line in a process of its own."""
    command: Sequence[str] = [
        sys.executable,
        "-m",
        "tests.service.process",
        *(str(argument) for argument in arguments),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=_ROOT)


_ROOT = Path(__file__).resolve().parent.parent.parent
