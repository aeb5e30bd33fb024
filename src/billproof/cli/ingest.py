"""``billproof ingest``: bill a file of usage into a signed ledger.

The way of one charge goes on in ``service.ingest``, ``service.store``, ``model.core``, ``model.charging``,
``model.posting``, ``model.receipts`` and ``model.checkpoints``.
"""

import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from billproof.cli.output import EXIT_HOLDS, Json, Progress, example, output_options, print_result
from billproof.cli.parameters import FILE, AmountParameter, DesignParameter, InstantParameter
from billproof.model.design import Design
from billproof.model.identifiers import Amount, CurrencyCode, Instant
from billproof.model.money import UNITS, render_amount
from billproof.model.outcomes import AccountKind
from billproof.model.periods import render_instant
from billproof.model.tiers import Tier, terms_of
from billproof.service.ingest import IngestOptions, IngestReport, ingest
from billproof.service.lines import BadLine
from billproof.service.survey import InputForm, Watch

DEFAULT_CREDIT_LIMIT = Amount(10**9 * UNITS)
"""The credit limit of accounts that are opened unless another is given: generous, in units."""


@click.command("ingest", epilog=example("billproof ingest usage.csv --db ledger.db"))
@click.argument("file", type=FILE)
@click.option("--db", "database", type=FILE, required=True, help="The ledger; made where there is none.")
@click.option(
    "--input", "form", type=click.Choice([form.value for form in InputForm]), help="Form of FILE; guessed."
)
@click.option("--as-of", type=InstantParameter(), help="Instant of ingestion; default: the latest of FILE.")
@click.option("--skip-bad", is_flag=True, help="Bill the good rows of a file with malformed ones.")
@click.option("--retry-refused", is_flag=True, help="Ask again for rows with a stored refusal.")
@click.option(
    "--design", type=DesignParameter(), help="documented, repaired or FILE.toml; fixed for a ledger."
)
@click.option(
    "--credit-limit", type=AmountParameter(), help="Of accounts that are opened; default 1000000000."
)
@click.option("--quota", type=AmountParameter(), help="Of accounts that are opened; default 100000.")
@output_options
def command(
    file: Path,
    database: Path,
    form: str | None,
    as_of: Instant | None,
    *,
    skip_bad: bool,
    retry_refused: bool,
    design: Design | None,
    credit_limit: Amount | None,
    quota: Amount | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Bill FILE, FOCUS 1.0 CSV or JSON lines, into a signed ledger.

    One receipt per row, each row once for ever: the same file again, or an export that overlaps, bills
    nothing twice. A malformed row refuses the file before anything is written. Accounts that do not exist
    are opened as credit accounts on the enterprise plan.
    """  # fmt: skip
    limit = DEFAULT_CREDIT_LIMIT if credit_limit is None else credit_limit
    options = IngestOptions(
        terms=terms_of(Tier.ENTERPRISE, AccountKind.CREDIT, limit, quota),
        form=None if form is None else InputForm(form),
        as_of=as_of,
        design=design,
        is_skipping_bad=skip_bad,
        is_retrying_refused=retry_refused,
    )
    progress = Progress(quiet=quiet)
    with _stop_requests() as stopped:
        watch = Watch(
            progress=lambda phase, done, total: progress.show(
                f"{phase} {done}{f' of {total}' if total else ''}"
            ),
            is_stopped=lambda: bool(stopped),
        )
        try:
            report = ingest(file, database, options, watch)
        finally:
            progress.end()
    print_result(_document(report), _lines(report, file, database), output_format=output_format, quiet=quiet)
    return EXIT_HOLDS


@contextmanager
def _stop_requests() -> Generator[list[int], None, None]:
    """Collect Ctrl-C and termination, so that a batch is finished first; a second one acts at once."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        received.append(number)
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _document(report: IngestReport) -> dict[str, Json]:
    tally = report.tally
    return {
        "read": report.read,
        "charged": tally.charged,
        "duplicates": tally.duplicates,
        "refused": dict(sorted(tally.refused.items())),
        "duplicates_refused": dict(sorted(tally.refused_before.items())),
        "total": _amounts(tally.total),
        "charged_total": _amounts(tally.charged_total),
        "accounts_opened": tally.accounts_opened,
        "periods_opened": tally.periods_opened,
        "skipped": [_bad(line) for line in report.skipped],
        "skipped_count": report.skipped_count,
        "refused_lines": [{"line": line.line, "code": line.code} for line in tally.unstored],
        "as_of": render_instant(report.as_of),
        "input": report.form.value,
        "design": report.design.name,
    }


def _lines(report: IngestReport, file: Path, database: Path) -> list[str]:
    tally = report.tally
    opened = f", {tally.accounts_opened} accounts opened" if tally.accounts_opened else ""
    lines = [
        f"{file}: {report.read} rows read as of {render_instant(report.as_of)}",
        f"  charged    {tally.charged}{opened}",
        f"  duplicates {tally.duplicates}",
    ]
    for code, count in sorted(tally.refused.items()):
        lines.append(f"  refused    {count} {code}")
    for code, count in sorted(tally.refused_before.items()):
        lines.append(f"  of the duplicates, {count} had been refused: {code} (ask again: --retry-refused)")
    for refused in tally.unstored:
        lines.append(f"    line {refused.line}: {refused.code}")
    if report.skipped_count:
        lines.append(f"  skipped    {report.skipped_count}")
        lines += [f"    {bad.render(str(file))}" for bad in report.skipped]
    for currency, amount in _amounts(tally.total).items():
        lines.append(f"  total      {amount} {currency} of this file are in {database}")
    return lines


def _amounts(totals: Mapping[CurrencyCode, int]) -> dict[str, str]:
    return {currency: render_amount(Amount(totals[currency])) for currency in sorted(totals)}


def _bad(line: BadLine) -> dict[str, Json]:
    return {
        "line": line.line,
        "column": line.column,
        "column_number": line.column_number,
        "problem": line.problem,
        "remedy": line.remedy,
    }
