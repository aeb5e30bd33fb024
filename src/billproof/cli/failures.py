"""How a failure is shown: input, place, problem and remedy on stderr, and as one JSON document if asked.

Any exception that carries a ``remedy`` was foreseen by whoever raised it; any other is a bug of billproof.

Source: ``cli.md``, exit code 3.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

EXIT_ERROR: Final = 3
"""Usage, input or internal error; nothing was changed."""

INTERNAL_REMEDY: Final = "please report it, with the output of BILLPROOF_DEBUG=1"
"""What is said of a bug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A failure, taken apart."""

    kind: str
    """The name of the error's type."""
    source: str
    """The file, database or argument; empty where there is none."""
    place: str
    """Where in it; empty for the whole."""
    problem: str
    remedy: str
    message: str = ""
    """The whole in one line; empty where it is to be composed of the parts."""
    details: tuple[str, ...] = ()
    """More lines, such as the first bad lines of a file."""

    def line(self) -> str:
        """Return the failure in one line."""
        where = ": ".join(part for part in (self.source, self.place) if part)
        return self.message or f"{where}{': ' if where else ''}{self.problem}; {self.remedy}"


def explained(error: Exception) -> Explained:
    """Take an exception apart: a foreseen one by its fields, any other as an internal error."""
    kind = type(error).__name__
    remedy = _text(error, "remedy")
    if remedy or type(error).__module__.startswith("billproof."):
        lines = getattr(error, "lines", ())
        return Explained(
            kind=kind,
            source=_text(error, "source"),
            place=_text(error, "place"),
            problem=_text(error, "problem") or str(error),
            remedy=remedy,
            message=str(error),
            details=tuple(str(line) for line in lines) if isinstance(lines, tuple) else (),
        )
    if isinstance(error, OSError):
        return Explained(
            kind=kind, source=str(error.filename or ""), place="", problem=error.strerror or str(error),
            remedy="check the path, its permissions and the free space",
        )  # fmt: skip
    return Explained(
        kind="InternalError", source="", place="", problem=f"internal error: {kind}: {error}",
        remedy=INTERNAL_REMEDY,
    )  # fmt: skip


def print_failure(failure: Explained, *, wants_json: bool) -> None:
    """Show a failure on stderr, and on stdout as the one JSON document if JSON was asked for."""
    print(f"error: {failure.line()}", file=sys.stderr)
    for line in failure.details:
        print(f"  {line}", file=sys.stderr)
    if wants_json:
        error = {
            "type": failure.kind,
            "input": failure.source,
            "place": failure.place,
            "problem": failure.problem,
            "remedy": failure.remedy,
            "message": failure.line(),
            "details": list(failure.details),
        }
        document = {"error": error, "exit_code": EXIT_ERROR}
        try:
            print(json.dumps(document, indent=2, ensure_ascii=False), flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_json_wanted(arguments: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON, also where it cannot be parsed otherwise."""
    for place, argument in enumerate(arguments):
        if argument == "--format=json" or (
            argument == "--format" and arguments[place + 1 : place + 2] == ["json"]
        ):
            return True
    return False


def _text(error: Exception, name: str) -> str:
    value = getattr(error, name, "")
    return value if isinstance(value, str) else ""
