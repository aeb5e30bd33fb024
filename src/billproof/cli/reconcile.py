"""``billproof reconcile``: compare what is derived with the ledger, at one index of it."""

from pathlib import Path

import click

from billproof.cli.output import EXIT_HOLDS, EXIT_VIOLATION, Json, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.model.differences import Cell, Difference
from billproof.model.identifiers import Count, Position
from billproof.model.money import render_amount
from billproof.service.reconciling import Item, ReconcileOptions, ReconcileReport, reconcile


@click.command(
    "reconcile",
    epilog=example(
        "billproof reconcile --db ledger.db",
        "billproof reconcile --db ledger.db --at 1000 --outside payments.json",
        "billproof reconcile --db ledger.db --repair",
    ),
)
@click.option("--db", "database", type=FILE, required=True, help="The ledger.")
@click.option("--at", type=click.IntRange(0), help="The cut: a number of log entries; default: all.")
@click.option("--repair", is_flag=True, help="Write the derived tables as the log has them.")
@click.option("--outside", type=FILE, help='Payments by a statement from outside, {"USD": "120.5"}.')
@click.option("--history", type=FILE, help="File that remembers the differences of earlier runs.")
@click.option(
    "--alarm-after",
    type=click.IntRange(1, 1_000),
    default=1,
    show_default=True,
    help="Cuts in a row at which a difference must stand before it raises an alarm.",
)
@output_options
def command(
    database: Path,
    at: int | None,
    *,
    repair: bool,
    outside: Path | None,
    history: Path | None,
    alarm_after: int,
    output_format: str,
    quiet: bool,
) -> int:
    """Reconcile a ledger with all that is derived from it, at one named index of its log.

    Exits with 0 where nothing but what is in flight differs, or everything was repaired; else with 1.
    Repairs go from the log to the derived tables only, and each is kept in table repairs.
    """
    options = ReconcileOptions(
        at=None if at is None else Position(at),
        is_repairing=repair,
        outside=outside,
        history=history,
        alarm_after=Count(alarm_after),
    )
    report = reconcile(database, options)
    code = EXIT_HOLDS if report.is_clean or _is_mended(report) else EXIT_VIOLATION
    document = {**_document(report), "exit_code": code}
    print_result(document, _lines(report, database), output_format=output_format, quiet=quiet)
    return code


def _is_mended(report: ReconcileReport) -> bool:
    at_fault = sum(count for kind, count in report.counts.items() if kind != Difference.IN_FLIGHT)
    return report.repaired == at_fault and all(item.ledger == item.outside for item in report.outside)


def _document(report: ReconcileReport) -> dict[str, Json]:
    return {
        "cut": report.cut,
        "entries": report.entries,
        "rows": report.rows,
        "counts": {kind.value: count for kind, count in report.counts.items()},
        "differences": [_item(item) for item in report.items],
        "outside": {
            item.currency: {
                "ledger": render_amount(item.ledger),
                "outside": render_amount(item.outside),
                "agrees": item.ledger == item.outside,
            }
            for item in report.outside
        },
        "alarms": list(report.alarms),
        "repaired": report.repaired,
    }


def _item(item: Item) -> dict[str, Json]:
    return {
        "kind": item.kind.value,
        "table": item.table,
        "key": [_cell(cell) for cell in item.key],
        "column": item.column,
        "stored": None if item.stored is None else [_cell(cell) for cell in item.stored],
        "expected": None if item.expected is None else [_cell(cell) for cell in item.expected],
    }


def _cell(cell: Cell) -> Json:
    return cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else cell


def _lines(report: ReconcileReport, database: Path) -> list[str]:
    state = "agrees" if report.is_clean else "differs"
    lines = [f"{database} {state} at entry {report.cut} of {report.entries}: {report.rows} rows compared"]
    for item in report.items:
        lines.append(
            f"  {item.kind.value:<10} {item.table} {' '.join(str(_cell(cell)) for cell in item.key)}"
        )
        if item.column:
            lines.append(f"  {'':<10} {item.column}: {item.stored} instead of {item.expected}")
    for total in report.outside:
        word = "agrees with" if total.ledger == total.outside else "differs from"
        lines.append(
            f"  {render_amount(total.ledger)} {total.currency} received, by the ledger, {word}"
            f" {render_amount(total.outside)} by the statement from outside"
        )
    lines += [f"  alarm: {name}" for name in report.alarms]
    if report.repaired:
        lines.append(f"  {report.repaired} rows repaired from the log")
    return lines
