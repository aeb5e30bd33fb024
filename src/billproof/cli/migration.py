"""``billproof migration``: compare the old billing system with the ledger, event by event."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click

from billproof.cli.output import (
    EXIT_HOLDS,
    EXIT_INCONCLUSIVE,
    EXIT_VIOLATION,
    Json,
    example,
    output_options,
    print_result,
)
from billproof.cli.parameters import FILE, InstantParameter
from billproof.model.identifiers import Amount, CurrencyCode, Instant
from billproof.model.migration import Comparison
from billproof.model.money import render_amount
from billproof.service.handover import check_migration

LISTED_MAX = 100
"""How many differences the text lists; the JSON document has all."""

_EXAMPLE = "billproof migration check old.jsonl --db ledger.db --hand-over 2026-02-15T00:00:00Z"


@click.group("migration", epilog=example(_EXAMPLE))
def command() -> None:
    """Check the hand-over from an old billing system."""


@command.command("check", epilog=example(_EXAMPLE))
@click.argument("old", type=FILE)
@click.option("--db", "database", type=FILE, required=True, help="The store.")
@click.option(
    "--hand-over", type=InstantParameter(), help="From when on the new system bills; default: never alone."
)
@output_options
def check(old: Path, database: Path, *, hand_over: Instant | None, output_format: str, quiet: bool) -> int:
    """Compare OLD, the old system's events as JSON lines, with the ledger, event by event and exactly.

    A line is an event as ingest takes it, with its idempotency_key; it may say in "number" which place the
    old system gave it among its customer's. Exits with 0 if all are the same, 1 if one differs, and 2 if
    there was nothing to compare.
    """
    found = check_migration(old, database, hand_over)
    verdict, code = "MATCH", EXIT_HOLDS
    if found.differences:
        verdict, code = "DIFFERS", EXIT_VIOLATION
    elif not found.compared:
        verdict, code = "NOTHING_COMPARED", EXIT_INCONCLUSIVE
    classes = Counter(difference.kind.value for difference in found.differences)
    document: dict[str, Json] = {
        "verdict": verdict,
        "compared": found.compared,
        "equal": found.equal,
        "after_hand_over": found.after_hand_over,
        "old_totals": _amounts(found.old_totals),
        "new_totals": _amounts(found.new_totals),
        "classes": dict(sorted(classes.items())),
        "differences": [
            {
                "class": difference.kind.value,
                "customer": difference.customer,
                "key": difference.key,
                "old": difference.old,
                "new": difference.new,
            }
            for difference in found.differences
        ],
        "exit_code": code,
    }
    print_result(document, _lines(found, verdict), output_format=output_format, quiet=quiet)
    return code


def _lines(found: Comparison, verdict: str) -> list[str]:
    lines = [f"{verdict}  {found.equal} of {found.compared} events are the same in both"]
    currencies = sorted({*found.old_totals, *found.new_totals})
    for currency in currencies:
        old, new = (totals.get(currency, Amount(0)) for totals in (found.old_totals, found.new_totals))
        apart = render_amount(Amount(new - old))
        lines.append(f"  {currency}: {render_amount(old)} old, {render_amount(new)} new, difference {apart}")
    for difference in found.differences[:LISTED_MAX]:
        lines.append(
            f"  {difference.kind.value}: {difference.customer}, key {difference.key}:"
            f" {difference.old} old, {difference.new} new"
        )
    if len(found.differences) > LISTED_MAX:
        lines.append(f"  and {len(found.differences) - LISTED_MAX} more; --format json lists all")
    return lines


def _amounts(totals: Mapping[CurrencyCode, Amount]) -> dict[str, str]:
    return {currency: render_amount(totals[currency]) for currency in sorted(totals)}
