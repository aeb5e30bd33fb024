"""What all commands share: the options ``--format`` and ``--quiet``, and writing one result.

Source: ``cli.md``.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from time import monotonic
from typing import Final, ParamSpec, TypeAlias, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What a result is made of; a float is a duration, never an amount: those are decimal strings."""

EXIT_HOLDS: Final = 0
"""Everything judged holds."""

EXIT_VIOLATION: Final = 1
"""A violation."""

EXIT_INCONCLUSIVE: Final = 2
"""Inconclusive."""

_PROGRESS_SECONDS: Final = 0.2


_started = [monotonic()]


def mark_start() -> None:
    """Note that a command line begins: a budget counts what it takes to load the command, too."""
    _started[0] = monotonic()


def started_at() -> float:
    """Return when the command line began, on the clock of ``time.monotonic``."""
    return _started[0]


class OutputFormat(StrEnum):
    """The forms of a result."""

    TEXT = "text"
    JSON = "json"


def example(*lines: str) -> str:
    """Return the end of a help text: command lines, one below the other."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def output_options(function: Callable[P, R]) -> Callable[P, R]:
    """Give a command ``--format`` (parameter ``output_format``) and ``--quiet``."""
    chosen = click.option(
        "--format",
        "output_format",
        type=click.Choice([form.value for form in OutputFormat]),
        default=OutputFormat.TEXT.value,
        show_default=True,
        help="Form of the result; JSON is one document, alone on stdout.",
    )
    quiet = click.option(
        "--quiet", is_flag=True, help="Print nothing but errors; with JSON, only the document."
    )
    return chosen(quiet(function))


def print_result(
    document: Mapping[str, Json], text: Sequence[str], *, output_format: str, quiet: bool
) -> None:
    """Print one result: the document as JSON, or the lines for people."""
    if output_format == OutputFormat.JSON:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    elif not quiet:
        print("\n".join(text))


class Progress:
    """One line on stderr that is written over, and only where somebody sees it."""

    def __init__(self, *, quiet: bool) -> None:
        self._is_shown = not quiet and sys.stderr.isatty()
        self._last = 0.0
        self._is_begun = False

    def show(self, line: str) -> None:
        """Show a line, at most a few times a second."""
        now = monotonic()
        if self._is_shown and now - self._last >= _PROGRESS_SECONDS:
            self._last = now
            self._is_begun = True
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Remove the line."""
        if self._is_begun:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
