"""``billproof retention``: what a store keeps, where it belongs by its age, and what may go."""

from pathlib import Path

import click

from billproof.cli.deeds import deed, deed_options
from billproof.cli.output import EXIT_HOLDS, Json, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.model.identifiers import Instant
from billproof.model.periods import render_instant
from billproof.service.keeping import RetentionReport, delete_expired, review


@click.command(
    "retention",
    epilog=example(
        "billproof retention --db ledger.db",
        "billproof retention --db ledger.db --delete-expired --actor dana --approved-by carol",
    ),
)
@click.option("--db", "database", type=FILE, required=True, help="The store.")
@click.option(
    "--delete-expired", "is_deleting", is_flag=True,
    help="Erase the personal data whose time has run out; takes a second person.",
)  # fmt: skip
@deed_options
@output_options
def command(
    database: Path, *, is_deleting: bool, actor: str | None, approver: str | None, as_of: Instant | None,
    output_format: str, quiet: bool,
) -> int:  # fmt: skip
    """Decide on every record: kept under lock, kept under a legal hold, kept, or free to go.

    Receipts, audit entries and idempotency keys are locked and never deleted here. The personal data of a
    customer may go seven years after its last entry; deleting it is an erasure, with its entries.
    """
    by = deed(actor, approver, as_of)
    if is_deleting and not by.approver:
        raise click.UsageError(
            "--delete-expired takes a second person; give --approved-by", ctx=click.get_current_context()
        )
    report = delete_expired(database, by) if is_deleting else review(database, by.now)
    print_result(_document(report), _lines(report), output_format=output_format, quiet=quiet)
    return EXIT_HOLDS


def _document(report: RetentionReport) -> dict[str, Json]:
    return {
        "as_of": render_instant(report.at),
        "classes": {
            kept.kind.value: {
                "decisions": {item.value: count for item, count in kept.decisions.items()},
                "storage": {item.value: count for item, count in kept.storages.items()},
            }
            for kept in report.classes
        },
        "expired": list(report.expired),
        "deleted": list(report.deleted),
        "exit_code": EXIT_HOLDS,
    }


def _lines(report: RetentionReport) -> list[str]:
    lines = [f"{'class':<18}{'decision':<14}{'records':>9}"]
    for kept in report.classes:
        lines += [
            f"{kept.kind.value:<18}{item.value:<14}{count:>9}"
            for item, count in kept.decisions.items()
            if count
        ]
        places = ", ".join(f"{count} {item.value}" for item, count in kept.storages.items() if count)
        lines.append(f"{'':<18}belongs into: {places}")
    lines.append(f"personal data that may go: {', '.join(report.expired) or 'none'}")
    if report.deleted:
        lines.append(f"deleted: {', '.join(report.deleted)}")
    return lines
