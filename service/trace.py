"""The trace of a service: for every commit, the commands that it executed and what each came to.

One JSON line per commit, in the order of the commits. A line stands for a commit that is durable; after a
crash the last commit may be missing from the trace, never from the ledger. ``refinement`` replays a trace
against the core.

A trace holds requests, so it is as confidential as the ledger; it is made with mode 0600.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from billproof.model.canonical import CanonicalValue, JsonInputError, parse_json
from billproof.model.commands import Command
from billproof.model.context import Outcome
from billproof.model.identifiers import Digest, Position
from billproof.model.outcomes import Status
from billproof.service.errors import InputFileError
from billproof.service.records import RecordFormatError, parse_command, render_command
from billproof.service.transactions import Transaction

VERSION: Final = 1
"""The version of the lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command and what the service made of it."""

    command: Command
    status: Status
    position: Position
    receipt: Digest
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit of the service."""

    line: int
    base: Position
    """How many entries the log had before."""
    steps: tuple[Step, ...]


class TraceFile:
    """A trace that is being written; it goes on at the end of an old one."""

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise InputFileError(
                str(path), "", f"cannot be written: {error.strerror}", "check the path and its permissions"
            ) from error

    def append(self, transaction: Transaction) -> None:
        """Write the line of a committed transaction, in one write."""
        line = {
            "version": VERSION,
            "base": transaction.base,
            "steps": [render_step(command, outcome) for command, outcome in transaction.journal],
        }
        # One write of one line: another process that ends in the middle leaves at most a last broken line.
        os.write(self._descriptor, json.dumps(line, separators=(",", ":")).encode("utf-8") + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def render_step(command: Command, outcome: Outcome) -> dict[str, CanonicalValue]:
    """Return one step as a document."""
    return {
        "asked": render_command(command),
        "status": outcome.status.name,
        "position": outcome.position,
        "receipt": outcome.receipt,
        "replayed": outcome.replayed,
    }


def read_trace(path: Path) -> Iterator[Commit]:
    """Read a trace.

    Raises:
        InputFileError: A line is no line of a trace; its number is named.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield _commit(path, number, line)
    except OSError as error:
        raise InputFileError(
            str(path), "", f"cannot be read: {error.strerror}", "name the right file"
        ) from error


def _commit(path: Path, number: int, line: bytes) -> Commit:
    try:
        document = parse_json(line, str(path))
        if not isinstance(document, dict) or document.get("version") != VERSION:
            raise RecordFormatError("line of a trace", "version 1 is missing")
        base, steps = document.get("base"), document.get("steps")
        if not isinstance(base, int) or not isinstance(steps, list):
            raise RecordFormatError("line of a trace", "base or steps are missing")
        return Commit(line=number, base=Position(base), steps=tuple(_step(step) for step in steps))
    except (JsonInputError, RecordFormatError) as error:
        raise InputFileError(
            str(path), f"line {number}", f"is no commit: {error}", "take the trace exactly as it was written"
        ) from error


def _step(document: CanonicalValue) -> Step:
    if not isinstance(document, dict):
        raise RecordFormatError("step", str(document)[:60])
    status, position = document.get("status"), document.get("position")
    receipt, replayed = document.get("receipt"), document.get("replayed")
    if (
        not isinstance(status, str)
        or status not in Status.__members__
        or not isinstance(position, int)
        or not isinstance(receipt, str)
        or not isinstance(replayed, bool)
    ):
        raise RecordFormatError("step", str(document)[:60])
    return Step(
        command=parse_command(document.get("asked")),
        status=Status[status],
        position=Position(position),
        receipt=Digest(receipt),
        replayed=replayed,
    )
