"""``billproof audit``: verify a ledger offline."""

import os
from pathlib import Path

import click

from billproof.cli.output import (
    EXIT_HOLDS,
    EXIT_INCONCLUSIVE,
    EXIT_VIOLATION,
    Json,
    Progress,
    example,
    output_options,
    print_result,
)
from billproof.cli.parameters import FILE, DesignParameter
from billproof.model.cosignatures import parse_policy
from billproof.model.design import Design
from billproof.model.identifiers import NO_POSITION, NO_SEQUENCE, Count
from billproof.model.outcomes import ReceiptVerdict
from billproof.service.audit import AuditOptions, AuditReport, audit
from billproof.service.binding import audit_hashes
from billproof.service.files import read_input
from billproof.service.inspection import NO_CUSTOMER

EXIT_CODES = {
    ReceiptVerdict.VALID: EXIT_HOLDS,
    ReceiptVerdict.INVALID: EXIT_VIOLATION,
    ReceiptVerdict.INCOMPLETE: EXIT_INCONCLUSIVE,
}
"""The exit code of each verdict."""


@click.command(
    "audit",
    epilog=example(
        "billproof export ledger.db --to checkpoint --out yesterday.json",
        "billproof audit ledger.db --checkpoint yesterday.json",
    ),
)
@click.argument("ledger", type=FILE)
@click.option("--jwks", type=FILE, help="Key set to trust; default: the one in the database itself.")
@click.option("--checkpoint", type=FILE, help="Signed checkpoint that the ledger must agree with.")
@click.option(
    "--witnesses", type=FILE, help="Policy: who must have co-signed the checkpoint before it is relied on."
)
@click.option(
    "--hashes-only",
    is_flag=True,
    help="Compare hashes with the checkpoint, and judge nothing that it fixes: many times faster.",
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; default: one per core.")
@click.option(
    "--design", type=DesignParameter(), help="Design that made the digests of a file; default: repaired."
)
@output_options
def command(
    ledger: Path,
    jwks: Path | None,
    checkpoint: Path | None,
    jobs: int | None,
    *,
    witnesses: Path | None,
    hashes_only: bool,
    design: Design | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Verify LEDGER, a database or an exported file of JSON lines, offline and without changing it.

    Checks every signature, link and balance, and every derived table of a database. VALID exits with 0,
    INVALID with 1, INCOMPLETE with 2. Without a checkpoint a missing tail cannot be seen, and VALID says so.
    """  # fmt: skip
    progress = Progress(quiet=quiet)
    if witnesses is not None and checkpoint is None:
        raise click.UsageError(
            "--witnesses says who must have signed a checkpoint; name one with --checkpoint"
        )
    if hashes_only and checkpoint is None:
        raise click.UsageError("--hashes-only compares with a checkpoint; name one with --checkpoint")
    policy = None if witnesses is None else parse_policy(read_input(witnesses), str(witnesses))
    options = AuditOptions(
        jwks=jwks,
        checkpoint=checkpoint,
        policy=policy,
        design=design,
        jobs=Count(jobs or os.cpu_count() or 1),
        progress=lambda entries: progress.show(f"judged {entries} entries"),
    )
    try:
        report = audit_hashes(ledger, options) if hashes_only else audit(ledger, options)
    finally:
        progress.end()
    print_result(_document(report), _lines(report, ledger), output_format=output_format, quiet=quiet)
    return EXIT_CODES[report.verdict]


def _document(report: AuditReport) -> dict[str, Json]:
    return {
        "verdict": report.verdict.value,
        "entries": report.entries,
        "customers": report.customers,
        "coverage": dict(report.coverage),
        "unchecked": list(report.unchecked),
        "first_bad": _first_bad(report),
        "exit_code": EXIT_CODES[report.verdict],
    }


def _first_bad(report: AuditReport) -> dict[str, Json] | None:
    first = report.first
    if first is None:
        return None
    return {
        "customer": None if first.customer == NO_CUSTOMER else first.customer,
        "seq": None if first.sequence == NO_SEQUENCE else first.sequence,
        "code": first.code.value,
        "reason": first.reason,
        "position": None if report.position == NO_POSITION else report.position,
    }


def _lines(report: AuditReport, ledger: Path) -> list[str]:
    lines = [f"{report.verdict.value}  {ledger}: {report.entries} entries of {report.customers} customers"]
    first = report.first
    if first is not None:
        whose = "the ledger" if first.customer == NO_CUSTOMER else f"customer {first.customer}"
        if first.sequence != NO_SEQUENCE:
            whose += f", seq {first.sequence}"
        lines.append(f"  {first.code.value}: {whose}: {first.reason}")
    lines += [f"  not checked: {point}" for point in report.unchecked]
    lines += [f"  {name:<11} {text}" for name, text in report.coverage.items()]
    return lines
