"""Ledgers as an audit finds them: a database or a file of JSON lines, read stretch by stretch.

A stretch is named by numbers - positions of a database, bytes of a file - so that another process can read
it by itself. Nothing here judges; cells and lines are handed on as they lie there.

Source: ``cli.md``, ``audit``; ``model/schemas/ledger-line.json``.
"""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from billproof.model.canonical import JsonInputError, parse_json
from billproof.model.identifiers import NO_POSITION, Position
from billproof.service.errors import InputFileError
from billproof.service.inspection import Presented
from billproof.service.schema import bound_steps, open_for_reading

STRETCH_POSITIONS: Final = 4_096
"""Entries of a database in one stretch."""

STRETCH_BYTES: Final = 4_000_000
"""Bytes of a file in one stretch, about."""

LEDGER_LINE_MAX: Final = 2_000_000
"""The longest line of a ledger that is looked at, in bytes."""

_MAGIC: Final = b"SQLite format 3\x00"

# The form that export writes; any other order or spacing of the same members is read more slowly.
_LINE: Final = re.compile(
    rb'\{"customer":"([^"\\\x00-\x1f]*)","jws":"([^"\\\x00-\x1f]*)","position":(0|[1-9][0-9]{0,14}),'
    rb'"seq":([1-9][0-9]{0,14})\}\r?\n?'
)

# Such a line between its quotation marks, with the four values left out.
_FRAME: Final = [b"{", b"customer", b":", b"", b",", b"jws", b":", b"", b",", b"position", b"", b"seq", b""]
_NUMBER_MAX: Final = 18

# The numbers of SQLite; what lies before 0 or far behind is read as well, so that it is found to be wrong.
_POSITION_LEAST: Final = -(2**63)
_POSITION_MOST: Final = 2**63 - 1

_SELECT: Final = (
    "SELECT l.position, l.customer, l.seq, r.jws, u.body, l.digest,"
    " k.customer, k.key, k.fingerprint, k.status, k.digest FROM log l"
    " LEFT JOIN receipts r ON r.customer = l.customer AND r.seq = l.seq"
    " LEFT JOIN unsigned u ON u.position = l.position"
    " LEFT JOIN keys k ON k.position = l.position"
    " WHERE l.position >= ? AND l.position < ? ORDER BY l.position"
)


class LedgerKind(StrEnum):
    """What holds a ledger."""

    DATABASE = "database"
    LINES = "JSON lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch: positions of a database, or bytes of a file, from ``start`` to before ``end``."""

    start: int
    end: int


def ledger_kind(path: Path) -> LedgerKind:
    """Tell what a file is by its first bytes.

    Raises:
        InputFileError: No such file, or neither a database nor JSON lines.
    """
    try:
        if not path.is_file():
            problem = "is not a regular file" if path.exists() else "no such file"
            raise InputFileError(str(path), "", problem, "name a database or an exported ledger")
        with path.open("rb") as file:
            beginning = file.read(4_096)
    except OSError as error:
        raise InputFileError(
            str(path), "", f"cannot be read: {error.strerror}", "check its permissions"
        ) from error
    if beginning.startswith(_MAGIC):
        return LedgerKind.DATABASE
    if beginning.lstrip().startswith(b"{") or not beginning:
        return LedgerKind.LINES
    raise InputFileError(
        str(path), "", "is neither a SQLite database nor JSON lines", "name a database or an exported ledger"
    )


def open_raw(path: Path) -> sqlite3.Connection:
    """Open a store for reading with texts as bytes, so that damaged ones can be read too.

    Raises:
        StoreFileError: See ``open_for_reading``.
    """
    connection = open_for_reading(path)
    bound_steps(connection, path)
    connection.text_factory = bytes
    return connection


def database_spans(
    connection: sqlite3.Connection, start: int = _POSITION_LEAST, end: int = _POSITION_MOST
) -> Iterator[Span]:
    """Divide the log of a database into stretches; what has no entry is left out, however long it is.

    Args:
        connection: A store.
        start: The first position to read.
        end: The position to stop before.
    """
    (last,) = connection.execute("SELECT MAX(position) FROM log WHERE position < ?", (end,)).fetchone()
    if last is None:
        return
    # Whoever reads a stretch may have a later snapshot than this one: what was added since is not ours.
    end = last + 1
    query = "SELECT MIN(position) FROM log WHERE position >= ? AND position < ?"
    while (found := connection.execute(query, (start, end)).fetchone()[0]) is not None:
        start = min(found - found % STRETCH_POSITIONS + STRETCH_POSITIONS, end)
        yield Span(start=found, end=start)


def read_database(connection: sqlite3.Connection, span: Span) -> Iterator[Presented]:
    """Read a stretch of the log of a database, with what lies beside each receipt."""
    for row in connection.execute(_SELECT, (span.start, span.end)):
        key = None if row[7] is None else row[6:]
        yield Presented(row[0], row[1], row[2], row[3], row[4], row[5], key)


def file_spans(path: Path) -> Iterator[Span]:
    """Divide a file into stretches that begin and end with lines."""
    with path.open("rb") as file:
        start = 0
        while file.seek(start) == start and file.read(1):
            file.seek(start + STRETCH_BYTES)
            _skip_line(file)
            end = file.tell()
            yield Span(start=start, end=end)
            start = end


def read_file(path: Path, span: Span) -> Iterator[Presented]:
    """Read a stretch of a file of JSON lines; blank lines say nothing."""
    position = NO_POSITION
    with path.open("rb") as file:
        offset = file.seek(span.start)
        while offset < span.end and (line := file.readline(LEDGER_LINE_MAX)):
            start, offset = offset, offset + len(line)
            if not line.endswith(b"\n") and len(line) == LEDGER_LINE_MAX:
                _skip_line(file)
                offset = file.tell()
                item = _faulty(
                    f"the line at byte {start}", position, f"is longer than {LEDGER_LINE_MAX} bytes"
                )
            elif not line.strip():
                continue
            else:
                item = _presented(line, start, position)
            position = item.position
            yield item


def read_receipt_texts(path: Path) -> Iterator[bytes]:
    """Read the receipts of a file of JSON lines and nothing beside them; what is none is a single dot."""
    with path.open("rb") as file:
        while line := file.readline(LEDGER_LINE_MAX):
            parts = line.split(b'"', 8)
            if len(parts) == 9 and parts[5] == b"jws" and parts[1] == b"customer" and b"\\" not in line:
                yield parts[7]
            elif line.strip():
                item = _presented(line, 0, NO_POSITION)
                jws = item.jws.encode("utf-8", "replace") if isinstance(item.jws, str) else item.jws
                yield jws if isinstance(jws, bytes) else b"."


def _presented(line: bytes, offset: int, before: Position) -> Presented:
    found = _written_by_export(line, offset)
    if found is not None:
        return found
    match = _LINE.fullmatch(line)
    if match is not None:
        return Presented(
            position=Position(int(match[3])),
            customer=match[1],
            sequence=int(match[4]),
            jws=match[2],
            offset=offset,
        )
    place = f"the line at byte {offset}"
    try:
        document = parse_json(line, place)
    except JsonInputError as error:
        return _faulty(place, before, f"{error.place}: {error.problem}")
    if not isinstance(document, dict) or set(document) != {"customer", "jws", "position", "seq"}:
        return _faulty(place, before, "is no object of exactly customer, jws, position and seq")
    customer, jws = document["customer"], document["jws"]
    position, sequence = document["position"], document["seq"]
    if not isinstance(customer, str) or not isinstance(jws, str):
        return _faulty(place, before, "customer or jws is no string")
    if type(position) is not int or type(sequence) is not int or position < 0:
        return _faulty(place, before, "position or seq is no number of a line")
    return Presented(position=Position(position), customer=customer, sequence=sequence, jws=jws, place=place)


def _written_by_export(line: bytes, offset: int) -> Presented | None:
    """Read a line that is in every byte as export writes it.

    A pattern over the whole line looks at every character of the receipt, which takes ten times as long.
    """
    parts = line.split(b'"')
    if len(parts) != 13 or len(parts[10]) > _NUMBER_MAX or len(parts[12]) > _NUMBER_MAX:
        return None
    try:
        position, sequence = int(parts[10][1:-1]), int(parts[12][1:-2])
    except ValueError:
        return None
    customer, jws = parts[3], parts[7]
    parts[3] = parts[7] = b""
    # Printable ASCII stands for itself in JSON; what else there may be is for the slower reading.
    if (
        parts[10] != b":%d," % position or parts[12] != b":%d}\n" % sequence or position < 0 or sequence < 1
        or not customer.isascii() or not customer.decode("ascii").isprintable() or b"\\" in line
    ):  # fmt: skip
        return None
    parts[10] = parts[12] = b""
    if parts != _FRAME:
        return None
    return Presented(Position(position), customer, sequence, jws, None, None, None, "", "", offset)


def _faulty(place: str, before: Position, fault: str) -> Presented:
    return Presented(
        position=Position(before + 1), customer=None, sequence=None, jws=None, place=place, fault=fault
    )


def _skip_line(file: BinaryIO) -> None:
    """Read to the end of the line, in pieces."""
    while (piece := file.readline(LEDGER_LINE_MAX)) and not piece.endswith(b"\n"):
        pass
