"""Billing a file of usage: read it whole for faults, then bill it in batches, each row once for ever.

Theory of operation. The first reading validates every row and writes nothing; one bad row refuses the file,
unless bad rows are to be skipped. The second reading bills batches, one transaction each: a row becomes one
command, and what the core answers is counted. Keys derive from content, so whatever stopped an ingest - a
fault, Ctrl-C, a kill - the same command again finishes it, and billing twice changes nothing.

Source: ``system.md`` section 4 "Rules of the commit"; issue text "Store and rim" and "Bad input".
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from billproof.model.design import REPAIRED, Design
from billproof.model.identifiers import Amount, Count, CurrencyCode, Instant
from billproof.model.periods import render_instant
from billproof.model.state import Terms
from billproof.service.billing import Biller, Tally
from billproof.service.errors import BadLinesError, InputFileError, InterruptedIngestError
from billproof.service.events import read_events
from billproof.service.focus import read_focus
from billproof.service.lines import BadLine
from billproof.service.ordinals import Ordinals
from billproof.service.store import Store
from billproof.service.usage import INGEST_ISSUER, Signature, UsageLine

BATCH_ROWS: Final = 500
"""Rows per transaction: many enough that the disk does not limit, few enough to stop quickly."""

BAD_LINES_SHOWN: Final = 20
"""How many bad lines a refusal lists."""

SKIPPED_LISTED_MAX: Final = 1_000
"""How many skipped lines a report lists; all are counted."""

SKEW: Final = Instant(5 * 60 * 1_000_000)
"""How far an event may lie after the instant of ingestion, in microseconds."""


class InputForm(StrEnum):
    """The forms of usage files."""

    JSONL = "jsonl"
    FOCUS = "focus"


_TIME_COLUMNS: Final = {InputForm.JSONL: "event_time", InputForm.FOCUS: "ChargePeriodStart"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """What the user has asked for."""

    terms: Terms
    """The terms of accounts that are opened."""
    form: InputForm | None = None
    """None guesses it from name and content."""
    as_of: Instant | None = None
    """The instant of ingestion; None takes the latest that the file names."""
    design: Design | None = None
    is_skipping_bad: bool = False
    is_retrying_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How whoever started an ingest follows and stops it."""

    progress: Callable[[str, int, int], None] = lambda _phase, _done, _total: None
    """Takes the phase, and how many rows of how many are done; 0 where the total is not known."""
    is_stopped: Callable[[], bool] = lambda: False
    """Asked between batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What came of it."""

    form: InputForm
    design: Design
    as_of: Instant
    read: Count
    """Rows of the file, bad ones included."""
    tally: Tally
    skipped: tuple[BadLine, ...]
    skipped_count: Count


@dataclass(frozen=False, slots=True, kw_only=True)
class _Survey:
    """What the first reading has found; filled while it reads."""

    read: int = 0
    bad: list[BadLine] = field(default_factory=list)
    bad_count: int = 0
    latest: Instant | None = None


def ingest(source: Path, database: Path, options: IngestOptions, watch: Watch) -> IngestReport:
    """Bill a file into a store.

    Args:
        source: The file of usage.
        database: The store; made where there is none, but not before the file has been found good.
        options: What the user has asked for.
        watch: Progress, and the wish to stop.

    Raises:
        InputFileError: The file cannot be read as usage at all, or changes meanwhile.
        BadLinesError: Lines are malformed; nothing was changed.
        InterruptedIngestError: The user stopped it; what was committed stays.
        RimError: The store cannot be used; see ``Store.open`` and ``Store.transaction``.
    """
    with _open(source) as file:
        form = options.form or _guess(source, file)
        state = _state_of(file)
        survey = _survey(file, source, form, options, watch)
        if survey.bad and not options.is_skipping_bad:
            raise _refusal(source, survey)
        as_of = options.as_of if options.as_of is not None else survey.latest
        if as_of is None:
            raise InputFileError(str(source), "", "has no row that could be billed", "nothing was changed")
        with Store.open(database, wanted=options.design, default=REPAIRED) as store:
            by = Signature(issuer=INGEST_ISSUER, signing_key=store.signing_key)
            biller = Biller(
                store.design, options.terms, as_of, by, is_retrying_refused=options.is_retrying_refused
            )
            rows = _good_rows(file, source, form, as_of)
            while batch := list(islice(rows, BATCH_ROWS)):
                if _state_of(file) != state:
                    raise InputFileError(
                        str(source), "", "changed while it was being billed", "run the same command again"
                    )
                _stop_if_asked(store, biller.tally, source, watch)
                with store.transaction(as_of) as transaction:
                    biller.bill(transaction, batch)
                # The next batch is billed while this one is being signed.
                store.settle(batches_open=1)
                watch.progress("billed", biller.tally.rows, survey.read)
            store.settle_all()
            design = store.design
    return IngestReport(
        form=form,
        design=design,
        as_of=as_of,
        read=Count(survey.read),
        tally=biller.tally,
        skipped=tuple(survey.bad),
        skipped_count=Count(survey.bad_count),
    )


def _survey(file: BinaryIO, source: Path, form: InputForm, options: IngestOptions, watch: Watch) -> _Survey:
    survey = _Survey()
    listed = SKIPPED_LISTED_MAX if options.is_skipping_bad else BAD_LINES_SHOWN
    for row in _rows(file, source, form):
        survey.read += 1
        if isinstance(row, UsageLine):
            late = _bad_if_late(row, form, options.as_of)
            if late is None:
                survey.latest = max(survey.latest or row.known_at, row.known_at)
                if survey.read % 1_000 == 0:
                    watch.progress("read", survey.read, 0)
                    if watch.is_stopped():
                        raise InterruptedIngestError(
                            str(source), "", "stopped; nothing was billed", "run the same command again"
                        )
                continue
            row = late
        survey.bad_count += 1
        if len(survey.bad) < listed:
            survey.bad.append(row)
    return survey


def _good_rows(file: BinaryIO, source: Path, form: InputForm, as_of: Instant) -> Iterator[UsageLine]:
    for row in _rows(file, source, form):
        if isinstance(row, UsageLine) and _bad_if_late(row, form, as_of) is None:
            yield row


def _rows(file: BinaryIO, source: Path, form: InputForm) -> Iterator[UsageLine | BadLine]:
    file.seek(0)
    with Ordinals() as ordinals:
        if form == InputForm.FOCUS:
            yield from read_focus(file, str(source), ordinals)
        else:
            yield from read_events(file, str(source), ordinals)


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


def _refusal(source: Path, survey: _Survey) -> BadLinesError:
    first = survey.bad[0]
    count = survey.bad_count
    return BadLinesError(
        str(source),
        f"{count} of {survey.read} rows {'is' if count == 1 else 'are'} malformed, so none was billed; "
        f"first {first.place()}: {first.problem}",
        f"{first.remedy}; or bill the others with --skip-bad",
        lines=tuple(bad.render(str(source)) for bad in survey.bad),
        count=count,
    )


def _stop_if_asked(store: Store, tally: Tally, source: Path, watch: Watch) -> None:
    if not watch.is_stopped():
        return
    store.settle_all()
    raise InterruptedIngestError(
        str(source), "", f"stopped after {tally.rows} rows, which are billed and stay so",
        "run the same command again: it bills the rest, and nothing twice",
    )  # fmt: skip


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


def totals_of(amounts: Counter[CurrencyCode]) -> dict[CurrencyCode, Amount]:
    """Return amounts by currency, in the order of their codes."""
    return {currency: Amount(amounts[currency]) for currency in sorted(amounts)}
