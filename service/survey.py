"""The first reading of a usage file: every row validated, nothing written; and reading it again.

One bad row refuses the file, unless bad rows are to be skipped. A row has the same key in every reading,
since equal rows are counted in the order of the file.

Source: issue text "Bad input".
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from billproof.model.identifiers import Instant
from billproof.model.periods import render_instant
from billproof.service.errors import BadLinesError, InputFileError, InterruptedIngestError
from billproof.service.events import read_events
from billproof.service.focus import read_focus
from billproof.service.lines import BadLine
from billproof.service.ordinals import Ordinals
from billproof.service.usage import UsageLine

BAD_LINES_SHOWN: Final = 20
"""How many bad lines a refusal lists."""

SKIPPED_LISTED_MAX: Final = 1_000
"""How many skipped lines a report lists; all are counted."""

SKEW: Final = Instant(5 * 60 * 1_000_000)
"""How far an event may lie after the instant of ingestion, in microseconds."""

_ROWS_BETWEEN_LOOKS: Final = 1_000


class InputForm(StrEnum):
    """The forms of usage files."""

    JSONL = "jsonl"
    FOCUS = "focus"


_TIME_COLUMNS: Final = {InputForm.JSONL: "event_time", InputForm.FOCUS: "ChargePeriodStart"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How whoever started an ingest follows and stops it."""

    progress: Callable[[str, int, int], None] = lambda _phase, _done, _total: None
    """Takes the phase, and how many rows of how many are done; 0 where the total is not known."""
    is_stopped: Callable[[], bool] = lambda: False
    """Asked between batches."""


@dataclass(frozen=False, slots=True, kw_only=True)
class Survey:
    """What the first reading has found; filled while it reads."""

    read: int = 0
    """Rows, bad ones included."""
    bad: list[BadLine] = field(default_factory=list)
    """The first bad rows."""
    bad_count: int = 0
    earliest: Instant | None = None
    """The earliest event of the good rows."""
    latest: Instant | None = None
    """The latest instant that a good row names; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFile:
    """An open file of usage and how it is read."""

    path: Path
    file: BinaryIO
    form: InputForm
    state: tuple[int, int]
    """Size and time of change when it was opened."""

    @property
    def is_changed(self) -> bool:
        """Whether somebody has written to it since."""
        return _state_of(self.file) != self.state


def open_usage(path: Path, form: InputForm | None) -> UsageFile:
    """Open a file of usage; without a form it is guessed from name and content.

    Raises:
        InputFileError: It is missing, no regular file, or cannot be read.
    """
    file = _open(path)
    return UsageFile(path=path, file=file, form=form or _guess(path, file), state=_state_of(file))


def survey_usage(usage: UsageFile, as_of: Instant | None, watch: Watch, *, is_skipping_bad: bool) -> Survey:
    """Read a file whole and validate every row.

    Args:
        usage: The file.
        as_of: The instant of ingestion, if it is given.
        watch: Progress, and the wish to stop.
        is_skipping_bad: Whether the bad rows are to be listed in the result of a billing.

    Raises:
        InputFileError: The file cannot be read as usage at all.
        InterruptedIngestError: The user stopped it; nothing was changed.
    """
    survey = Survey()
    listed = SKIPPED_LISTED_MAX if is_skipping_bad else BAD_LINES_SHOWN
    for row in _rows(usage):
        survey.read += 1
        if survey.read % _ROWS_BETWEEN_LOOKS == 0:
            watch.progress("read", survey.read, 0)
            if watch.is_stopped():
                raise InterruptedIngestError(
                    str(usage.path), "", "stopped; nothing was billed", "run the same command again"
                )
        bad = _bad_if_late(row, usage.form, as_of) if isinstance(row, UsageLine) else row
        if bad is not None:
            survey.bad_count += 1
            if len(survey.bad) < listed:
                survey.bad.append(bad)
        elif isinstance(row, UsageLine):
            if survey.latest is None or row.known_at > survey.latest:
                survey.latest = row.known_at
            if survey.earliest is None or row.event_time < survey.earliest:
                survey.earliest = row.event_time
    return survey


def good_rows(usage: UsageFile, as_of: Instant) -> Iterator[UsageLine]:
    """Read a file again and yield what is good in it."""
    for row in _rows(usage):
        if isinstance(row, UsageLine) and _bad_if_late(row, usage.form, as_of) is None:
            yield row


def refusal(path: Path, survey: Survey) -> BadLinesError:
    """Return the error that refuses a file for its bad rows."""
    first = survey.bad[0]
    count = survey.bad_count
    return BadLinesError(
        str(path),
        f"{count} of {survey.read} rows {'is' if count == 1 else 'are'} malformed, so none was billed; "
        f"first {first.place()}: {first.problem}",
        f"{first.remedy}; or bill the others with --skip-bad",
        lines=tuple(bad.render(str(path)) for bad in survey.bad),
        count=count,
    )


def _bad_if_late(row: UsageLine, form: InputForm, as_of: Instant | None) -> BadLine | None:
    if as_of is None or row.event_time <= as_of + SKEW:
        return None
    return BadLine(
        line=row.line,
        column=_TIME_COLUMNS[form],
        column_number=0,
        problem=f"{render_instant(row.event_time)} is later than the instant of ingestion, "
        f"{render_instant(as_of)}, by more than 5 minutes",
        remedy="mend it, or give a later --as-of",
    )


def _rows(usage: UsageFile) -> Iterator[UsageLine | BadLine]:
    usage.file.seek(0)
    with Ordinals() as ordinals:
        if usage.form == InputForm.FOCUS:
            yield from read_focus(usage.file, str(usage.path), ordinals)
        else:
            yield from read_events(usage.file, str(usage.path), ordinals)


def _open(source: Path) -> BinaryIO:
    try:
        if not source.is_file():
            problem = "is not a regular file" if source.exists() else "no such file"
            raise InputFileError(str(source), "", problem, "name a file of usage; it is read twice")
        return source.open("rb")
    except OSError as error:
        raise InputFileError(
            str(source), "", f"cannot be read: {error.strerror}", "check its permissions"
        ) from error


def _guess(source: Path, file: BinaryIO) -> InputForm:
    suffix = source.suffix.lower()
    if suffix == ".csv":
        return InputForm.FOCUS
    if suffix in {".jsonl", ".ndjson", ".json"}:
        return InputForm.JSONL
    beginning = file.read(4_096).removeprefix(b"\xef\xbb\xbf").lstrip()
    return InputForm.JSONL if beginning.startswith(b"{") else InputForm.FOCUS


def _state_of(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns
