"""``billproof invoice``: one customer, one month, shown or cut."""

import time
from pathlib import Path

import click

from billproof.cli.output import EXIT_HOLDS, Json, example, output_options, print_result
from billproof.cli.parameters import FILE, InstantParameter, PeriodParameter
from billproof.model.identifiers import CustomerId, Instant, Period
from billproof.model.money import render_amount, render_minor
from billproof.model.periods import render_period
from billproof.model.receipts import KIND_NAMES
from billproof.service.invoices import Invoice, invoice, issue
from billproof.service.schema import reading_store


@click.command(
    "invoice",
    epilog=example(
        "billproof invoice --db ledger.db --customer 51738928782 --period 2024-09",
        "billproof invoice --db ledger.db --customer 51738928782 --period 2024-09 --issue",
    ),
)
@click.option("--db", "database", type=FILE, required=True, help="The ledger.")
@click.option("--customer", required=True, help="Whose invoice.")
@click.option("--period", type=PeriodParameter(), required=True, help="UTC month, for example 2024-09.")
@click.option("--preview", is_flag=True, help="Only show it; the default.")
@click.option("--issue", "is_issuing", is_flag=True, help="Close the month: cut the invoice and number it.")
@click.option("--as-of", type=InstantParameter(), help="With --issue: when the month is closed; default now.")
@output_options
def command(
    database: Path,
    customer: str,
    period: Period,
    as_of: Instant | None,
    output_format: str,
    *,
    preview: bool,
    is_issuing: bool,
    quiet: bool,
) -> int:
    """Invoice one customer for one month, from ledger entries only.

    Each line is rounded once; total and residue add up to the exact sum of the receipts. Without --issue the
    ledger is not changed, and a month that is still open is shown as it would be invoiced now. --issue closes
    the month by an entry of the ledger, after earlier months that are due; later events of it become
    adjustments on the next invoice.
    """
    if preview and is_issuing:
        raise click.UsageError("--preview shows and --issue closes; give one of them")
    if is_issuing:
        at = Instant(time.time_ns() // 1_000) if as_of is None else as_of
        issue(database, CustomerId(customer), period, at)
    with reading_store(database) as connection:
        made = invoice(connection, database, CustomerId(customer), period)
    print_result(_document(made), _lines(made), output_format=output_format, quiet=quiet)
    return EXIT_HOLDS


def _document(made: Invoice) -> dict[str, Json]:
    return {
        "customer": made.customer,
        "period": render_period(made.period),
        "currency": made.currency,
        "number": made.number,
        "closed": made.is_closed,
        "last_seq": made.last,
        "lines": [
            {
                "period": render_period(line.period),
                "entitlement": line.entitlement,
                "kind": KIND_NAMES[line.kind],
                "entries": line.entries,
                "exact": render_amount(line.exact),
                "amount": render_minor(line.rounded, made.currency),
                "residue": render_amount(line.residue),
            }
            for line in made.lines
        ],
        "total": render_minor(made.total, made.currency),
        "residue": render_amount(made.residue),
    }


def _lines(made: Invoice) -> list[str]:
    number = f"number {made.number}" if made.number is not None else "preview, not numbered"
    if made.is_closed and made.number is None:
        number = "closed together with a later month"
    lines = [f"Invoice  customer {made.customer}  period {render_period(made.period)}  {number}"]
    for line in made.lines:
        amount = render_minor(line.rounded, made.currency)
        late = f"  of {render_period(line.period)}" if line.period != made.period else ""
        lines.append(f"  {amount:>14} {made.currency}  {KIND_NAMES[line.kind]:<10} {line.entitlement}{late}")
        lines.append(f"  {'':>14}      {line.entries} entries, exactly {render_amount(line.exact)}")
    total = render_minor(made.total, made.currency)
    lines.append(f"  {total:>14} {made.currency}  total, leaving a residue of {render_amount(made.residue)}")
    return lines
