"""Billing a file of usage: read it whole for faults, then bill it in batches, each row once for ever.

Theory of operation. The first reading (``survey``) validates every row and writes nothing. The second bills
batches, one transaction each: a row becomes one command, and what the core answers is counted. Nothing is
decided here: which command a row is follows from its operation, and what becomes of it from the core; an
account that the core does not know is opened, and the row asked again. Keys derive from content, so whatever
stopped an ingest - a fault, Ctrl-C, a kill - the same command again finishes it, and billing twice changes
nothing.

Source: ``system.md`` section 4 "Rules of the commit"; issue text "Store and rim" and "Bad input".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from billproof.model.commands import OpenAccount, OpenPeriod
from billproof.model.context import Outcome
from billproof.model.design import REPAIRED, Design
from billproof.model.effects import invoice_effect
from billproof.model.identifiers import NO_POSITION, Count, CurrencyCode, IdempotencyKey, Instant, Period
from billproof.model.outcomes import STORED_REFUSALS, Status
from billproof.model.periods import period_of
from billproof.model.state import KeyName, Request, Terms
from billproof.model.switches import PeriodOf
from billproof.service.errors import InputFileError, InterruptedIngestError
from billproof.service.lines import BadLine
from billproof.service.operations import HOME, execute
from billproof.service.store import Store
from billproof.service.survey import (
    InputForm,
    Survey,
    UsageFile,
    Watch,
    good_rows,
    open_usage,
    refusal,
    survey_usage,
)
from billproof.service.transactions import Transaction
from billproof.service.usage import (
    INGEST_ISSUER,
    Signature,
    UsageLine,
    line_request,
    opening_request,
    period_request,
)

BATCH_ROWS: Final = 500
"""Rows per transaction: many enough that the disk does not limit, few enough to stop quickly."""

UNSTORED_LISTED_MAX: Final = 100
"""How many lines refused without a stored outcome a report lists; all are counted."""


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
class RefusedLine:
    """A line that the core refused without storing an outcome."""

    line: int
    code: str


@dataclass(frozen=False, slots=True, kw_only=True)
class Tally:
    """What the core answered, counted; each row counts once: charged, duplicate or refused."""

    rows: int = 0
    charged: int = 0
    """Rows that were newly billed: debits, credits and adjustments."""
    duplicates: int = 0
    """Rows whose key had an outcome already, which was given again."""
    accounts_opened: int = 0
    periods_opened: int = 0
    """Months before the first one of their account, opened for rows of history."""
    refused: Counter[str] = field(default_factory=Counter)
    """Rows newly refused, by code."""
    refused_before: Counter[str] = field(default_factory=Counter)
    """Duplicates whose stored outcome is a refusal, by code."""
    unstored: list[RefusedLine] = field(default_factory=list)
    """The first lines that were refused without a stored outcome."""
    charged_total: Counter[CurrencyCode] = field(default_factory=Counter)
    """What the newly billed rows amount to in the ledger, in units; credits are negative."""
    total: Counter[CurrencyCode] = field(default_factory=Counter)
    """The same for all rows of the file that are in the ledger, duplicates included."""


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
    usage = open_usage(source, options.form)
    with usage.file:
        survey = survey_usage(usage, options.as_of, watch, is_skipping_bad=options.is_skipping_bad)
        if survey.bad and not options.is_skipping_bad:
            raise refusal(source, survey)
        as_of = options.as_of if options.as_of is not None else survey.latest
        if as_of is None:
            raise InputFileError(str(source), "", "has no row that could be billed", "nothing was changed")
        with Store.open(database, wanted=options.design, default=REPAIRED) as store:
            by = Signature(issuer=INGEST_ISSUER, signing_key=store.signing_key)
            opening = Opening(terms=options.terms, at=as_of, first_period=_first_period(survey, as_of))
            biller = Biller(store.design, opening, by, is_retrying_refused=options.is_retrying_refused)
            rows = good_rows(usage, as_of)
            while batch := list(islice(rows, BATCH_ROWS)):
                _check_going_on(usage, store, biller.tally, watch)
                with store.transaction(as_of) as transaction:
                    biller.bill(transaction, batch)
                # The next batch is billed while this one is being signed.
                store.settle(batches_open=1)
                watch.progress("billed", biller.tally.rows, survey.read)
            # The reply waits for every signature.
            store.settle_all()
            design = store.design
    return IngestReport(
        form=usage.form,
        design=design,
        as_of=as_of,
        read=Count(survey.read),
        tally=biller.tally,
        skipped=tuple(survey.bad),
        skipped_count=Count(survey.bad_count),
    )


def _check_going_on(usage: UsageFile, store: Store, tally: Tally, watch: Watch) -> None:
    """Stop between two batches, with all that is billed signed, if the user asks or the file has changed."""
    if usage.is_changed:
        store.settle_all()
        raise InputFileError(
            str(usage.path),
            "",
            f"changed while it was being billed; {tally.rows} rows are billed and stay so",
            "run the same command again",
        )
    if watch.is_stopped():
        store.settle_all()
        raise InterruptedIngestError(
            str(usage.path),
            "",
            f"stopped after {tally.rows} rows, which are billed and stay so",
            "run the same command again: it bills the rest, and nothing twice",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How accounts are opened that the ledger does not know."""

    terms: Terms
    at: Instant
    """The instant of ingestion."""
    first_period: Period
    """The first month that they bill: that of the earliest row of the file."""


def _first_period(survey: Survey, as_of: Instant) -> Period:
    earliest = as_of if survey.earliest is None else min(survey.earliest, as_of)
    return period_of(earliest)


class Biller:
    """Bills lines, batch after batch."""

    def __init__(self, design: Design, opening: Opening, by: Signature, *, is_retrying_refused: bool) -> None:
        self._design = design
        self._opening = opening
        self._by = by
        self._is_retrying_refused = is_retrying_refused
        self.tally = Tally()

    def bill(self, transaction: Transaction, batch: Iterable[UsageLine]) -> None:
        """Bill lines in one transaction and count the answers."""
        for line in batch:
            self._count(transaction, line, self._outcome(transaction, line))

    def _outcome(self, transaction: Transaction, line: UsageLine) -> Outcome:
        """Ask for a line under its key; after a stored refusal, under the keys of later attempts."""
        key = line.key
        attempt = 1
        while True:
            outcome = self._ask(transaction, line, line_request(line, key, self._by))
            if not (outcome.replayed and outcome.status in STORED_REFUSALS):
                return outcome
            attempt += 1
            key = IdempotencyKey(f"{line.key}:attempt-{attempt}")
            # Attempts that were made before belong to the row, whether or not new ones are wanted.
            is_made = transaction.is_known(KeyName(customer=line.customer, key=key))
            if not is_made and not self._is_retrying_refused:
                return outcome

    def _ask(self, transaction: Transaction, line: UsageLine, request: Request) -> Outcome:
        self._open_history(transaction, request)
        outcome = self._execute(transaction, line, request)
        if outcome.status != Status.UNKNOWN_CUSTOMER:
            return outcome
        opening = opening_request(
            line.customer,
            line.currency,
            self._opening.terms,
            self._opening.at,
            self._by,
            first_period=self._opening.first_period,
        )
        opened = transaction.execute(OpenAccount(region=HOME, request=opening))
        assert opened.status == Status.ACCEPTED, f"an unknown account was not opened: {opened.status.name}"
        self.tally.accounts_opened += 1
        return self._execute(transaction, line, request)

    def _open_history(self, transaction: Transaction, request: Request) -> None:
        """Open the month of a row that lies before all months that the account has billed, by an entry."""
        account = transaction.account(request.customer)
        if account is None or self._design.period_of == PeriodOf.PROCESSING_TIME:
            return
        is_history = account.closed_through < request.period < account.first_period
        name = KeyName(customer=request.customer, key=request.key)
        if is_history and not transaction.is_known(name):
            body = period_request(
                "period_open",
                request.customer,
                account.currency,
                period=request.period,
                at=self._opening.at,
                by=self._by,
            )
            opened = transaction.execute(OpenPeriod(region=HOME, request=body))
            assert opened.status == Status.ACCEPTED, f"a month was not opened: {opened.status.name}"
            self.tally.periods_opened += 1

    def _execute(self, transaction: Transaction, line: UsageLine, request: Request) -> Outcome:
        return execute(transaction, line.operation, request, self._design)

    def _count(self, transaction: Transaction, line: UsageLine, outcome: Outcome) -> None:
        tally = self.tally
        tally.rows += 1
        if outcome.position == NO_POSITION:
            tally.refused[outcome.status.name] += 1
            if len(tally.unstored) < UNSTORED_LISTED_MAX:
                tally.unstored.append(RefusedLine(line=line.line, code=outcome.status.name))
            return
        entry = transaction.entry(outcome.position)
        effect = invoice_effect(entry)
        if outcome.replayed:
            tally.duplicates += 1
            if outcome.status in STORED_REFUSALS:
                tally.refused_before[outcome.status.name] += 1
                return
        elif outcome.status in STORED_REFUSALS:
            tally.refused[outcome.status.name] += 1
            return
        else:
            tally.charged += 1
            tally.charged_total[entry.currency] += effect
        tally.total[entry.currency] += effect
