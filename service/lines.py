"""Physical lines of a file as strict text, in bounded memory; and what a bad line is.

A line that is not UTF-8, holds a NUL or is over-long does not stop the reading: it is handed on empty, and
the fault is kept for the reader of rows to report with its number.

Choices: a byte order mark at the beginning and CRLF line ends are taken, since spreadsheets write both and
neither changes what a row says.
"""

import codecs
from dataclasses import dataclass
from typing import BinaryIO, Final

LINE_BYTES_MAX: Final = 1_000_000
"""The longest line that is taken, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A malformed line of a usage file."""

    line: int
    """The line on which the row begins, counted from 1."""
    column: str
    """The name of the column or member; empty where the whole line is bad."""
    column_number: int
    """The number of the column in the row or of the character in the line, from 1; 0 where there is none."""
    problem: str
    remedy: str

    def place(self) -> str:
        """Return where it is, for a message."""
        place = f"line {self.line}"
        if self.column:
            place += f", column {self.column}"
        if self.column_number:
            place += f" ({self.column_number})" if self.column else f", column {self.column_number}"
        return place

    def render(self, source: str) -> str:
        """Return the one-line message."""
        return f"{source}: {self.place()}: {self.problem}; {self.remedy}"


class TextLines:
    """An iterator over the lines of a binary file; line ends stay on the lines."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.number = 0
        """How many lines have been handed out."""
        self.fault: BadLine | None = None
        """The first fault since ``take_fault``."""

    def __iter__(self) -> "TextLines":
        """Return the iterator itself."""
        return self

    def __next__(self) -> str:
        """Return the next line, or an empty one where the line cannot be taken."""
        raw = self._file.readline(LINE_BYTES_MAX + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if len(raw) > LINE_BYTES_MAX:
            while raw and not raw.endswith(b"\n"):
                raw = self._file.readline(LINE_BYTES_MAX)
            return self._faulty(0, f"is longer than {LINE_BYTES_MAX} bytes", "split it, or mend the line end")
        if b"\0" in raw:
            return self._faulty(raw.index(b"\0") + 1, "has a NUL byte", "save the file as UTF-8 text")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            return self._faulty(error.start + 1, f"is not UTF-8: {error.reason}", "save the file as UTF-8")

    def take_fault(self) -> BadLine | None:
        """Return the first fault since the last call, and forget it."""
        fault, self.fault = self.fault, None
        return fault

    def _faulty(self, byte: int, problem: str, remedy: str) -> str:
        if self.fault is None:
            self.fault = BadLine(
                line=self.number, column="", column_number=byte, problem=problem, remedy=remedy
            )
        return "\n"
