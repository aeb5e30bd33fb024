"""``billproof invoice``: one customer, one month."""

from pathlib import Path

import click

from billproof.cli.output import EXIT_HOLDS, Json, example, output_options, print_result
from billproof.cli.parameters import FILE, PeriodParameter
from billproof.model.identifiers import CustomerId, Period
from billproof.model.money import render_amount, render_minor
from billproof.model.periods import render_period
from billproof.model.receipts import KIND_NAMES
from billproof.service.invoices import Invoice, invoice
from billproof.service.schema import reading_store


@click.command(
    "invoice",
    epilog=example("billproof invoice --db ledger.db --customer 51738928782 --period 2024-09"),
)
@click.option("--db", "database", type=FILE, required=True, help="The ledger.")
@click.option("--customer", required=True, help="Whose invoice.")
@click.option("--period", type=PeriodParameter(), required=True, help="UTC month, for example 2024-09.")
@output_options
def command(database: Path, customer: str, period: Period, output_format: str, *, quiet: bool) -> int:
    """Invoice one customer for one month, from ledger entries only.

    Each line is rounded once; total and residue add up to the exact sum of the receipts.
    """
    with reading_store(database) as connection:
        made = invoice(connection, database, CustomerId(customer), period)
    print_result(_document(made), _lines(made), output_format=output_format, quiet=quiet)
    return EXIT_HOLDS


def _document(made: Invoice) -> dict[str, Json]:
    return {
        "customer": made.customer,
        "period": render_period(made.period),
        "currency": made.currency,
        "lines": [
            {
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
    lines = [f"Invoice  customer {made.customer}  period {render_period(made.period)}"]
    for line in made.lines:
        amount = render_minor(line.rounded, made.currency)
        lines.append(f"  {amount:>14} {made.currency}  {KIND_NAMES[line.kind]:<10} {line.entitlement}")
        lines.append(f"  {'':>14}      {line.entries} entries, exactly {render_amount(line.exact)}")
    total = render_minor(made.total, made.currency)
    lines.append(f"  {total:>14} {made.currency}  total, leaving a residue of {render_amount(made.residue)}")
    return lines
