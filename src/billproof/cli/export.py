"""``billproof export``: a ledger for others."""

import sys
from pathlib import Path

import click

from billproof.cli.output import EXIT_HOLDS, OutputFormat, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.service.export import ExportForm, export


@click.command(
    "export",
    epilog=example(
        "billproof export ledger.db --to beancount --out ledger.beancount", "bean-check ledger.beancount"
    ),
)
@click.argument("database", type=FILE)
@click.option(
    "--to",
    "form",
    type=click.Choice([form.value for form in ExportForm]),
    required=True,
    help="What to write.",
)
@click.option("--out", type=FILE, help="File to write, whole or not at all; default: stdout.")
@output_options
def command(database: Path, form: str, out: Path | None, output_format: str, *, quiet: bool) -> int:
    """Write the ledger in DATABASE as JSON lines, beancount text, a signed checkpoint, or its public keys.

    Without --out the export itself goes to stdout. A checkpoint says how long the log is and where every
    customer's chain ends: keep it elsewhere, and a later audit can tell whether anything has gone.
    """
    if out is None:
        if output_format == OutputFormat.JSON and form in {ExportForm.JSONL, ExportForm.BEANCOUNT}:
            raise click.UsageError(f"--format json is one document, and --to {form} is not; give --out too")
        export(database, ExportForm(form), sys.stdout.buffer)
        return EXIT_HOLDS
    report = export(database, ExportForm(form), out)
    print_result(
        {"to": form, "out": str(out), "entries": report.entries, "bytes": report.size_bytes},
        [f"{out}: {form}, {report.entries} entries, {report.size_bytes} bytes"],
        output_format=output_format,
        quiet=quiet,
    )
    return EXIT_HOLDS
