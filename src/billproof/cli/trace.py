"""``billproof trace``: does what the service did follow from the core?"""

from pathlib import Path

import click

from billproof.cli.output import (
    EXIT_HOLDS,
    EXIT_INCONCLUSIVE,
    EXIT_VIOLATION,
    example,
    output_options,
    print_result,
)
from billproof.cli.parameters import FILE
from billproof.model.outcomes import ReceiptVerdict
from billproof.service.refinement import check_trace

_EXITS = {
    ReceiptVerdict.VALID: EXIT_HOLDS,
    ReceiptVerdict.INVALID: EXIT_VIOLATION,
    ReceiptVerdict.INCOMPLETE: EXIT_INCONCLUSIVE,
}


@click.command(
    "trace",
    epilog=example(
        "billproof serve --db ledger.db --trace commits.jsonl", "billproof trace commits.jsonl --db ledger.db"
    ),
)
@click.argument("file", type=FILE)
@click.option("--db", "database", type=FILE, required=True, help="The ledger that the trace belongs to.")
@output_options
def command(file: Path, database: Path, *, output_format: str, quiet: bool) -> int:
    """Replay every commit of a service's trace against the core and the ledger.

    Each command must come out with the same status, position, digest and replay mark, and each entry must be
    the ledger's. Entries that other processes made are taken from the ledger and counted.
    """
    report = check_trace(file, database)
    document = {
        "verdict": report.verdict.value,
        "commits": report.commits,
        "commands": report.commands,
        "entries": report.entries,
        "entries_elsewhere": report.entries_elsewhere,
        "line": report.line or None,
        "reason": report.reason,
    }
    lines = [
        f"{report.verdict.value}  {report.commits} commits, {report.commands} commands",
        f"  entries that they made, each as in the ledger: {report.entries}",
        f"  entries by other processes, taken from the ledger: {report.entries_elsewhere}",
    ]
    if report.reason:
        lines.append(f"  line {report.line}: {report.reason}" if report.line else f"  {report.reason}")
    print_result(document, lines, output_format=output_format, quiet=quiet)
    return _EXITS[report.verdict]
