"""``billproof dispute``: decide a dispute from evidence, or study how often evidence decides."""

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
from billproof.cli.parameters import FILE, DesignParameter
from billproof.model.design import REPAIRED, Design
from billproof.model.disputes import Claim, Resolution
from billproof.service.dispute_report import REASON_WORDS, VERDICT_WORDS, dispute_document, dispute_page
from billproof.service.evidence import Dispute, DisputeFiles, open_dispute
from billproof.service.files import write_output

EXIT_CODES = {
    Resolution.UPHELD: EXIT_HOLDS,
    Resolution.REVERSED: EXIT_VIOLATION,
    Resolution.SYSTEM_FAULT: EXIT_VIOLATION,
    Resolution.INCONCLUSIVE: EXIT_INCONCLUSIVE,
}
"""The exit code of each verdict."""


@click.command(
    "dispute",
    epilog=example(
        "billproof dispute --db ledger.db --receipt r-0a1b... --claim mis_rated --plans plans.json",
        "billproof dispute --db ledger.db --receipt r-0a1b... --claim issued --html dispute.html",
        "billproof dispute --study --seed 1 --count 200",
    ),
)
@click.option("--db", "database", type=FILE, help="The ledger.")
@click.option("--receipt", help="Id of the receipt in dispute, r- and 32 hex digits.")
@click.option(
    "--claim",
    type=click.Choice([*(claim.value for claim in Claim), "mis-rated", "not-signed-by-my-key", "stolen-key"]),
    help="What the customer claims.",
)
@click.option("--checkpoint", type=FILE, help="Published checkpoint to decide against.")
@click.option("--copy", type=FILE, help="The receipt that the customer holds, as issued (compact JWS).")
@click.option("--plans", type=FILE, help="Published price plans, a JSON list.")
@click.option("--html", type=FILE, help="Write the evidence as a page for people.")
@click.option("--study", is_flag=True, help="Decide generated disputes whose truth is known.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the study.")
@click.option(
    "--count", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Disputes of each class."
)
@click.option("--design", type=DesignParameter(), help="Rules of evidence of the study; default: repaired.")
@output_options
def command(
    database: Path | None,
    receipt: str | None,
    claim: str | None,
    *,
    checkpoint: Path | None,
    copy: Path | None,
    plans: Path | None,
    html: Path | None,
    study: bool,
    seed: int,
    count: int,
    design: Design | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Decide a dispute about one receipt from the evidence, and show the evidence.

    UPHELD (the charge stands) exits with 0, REVERSED and SYSTEM_FAULT with 1, INCONCLUSIVE (a person must
    decide) with 2. Without --checkpoint the ledger's own end stands in for a witnessed head.

    With --study, prints the confusion matrix of generated disputes: 0 if no definite verdict is wrong and
    every class that evidence can decide is decided in 95 % of its cases, 1 if a verdict is wrong, else 2.
    """
    if study:
        return _study(design or REPAIRED, seed, count, output_format=output_format, quiet=quiet)
    if database is None or receipt is None or claim is None:
        raise click.UsageError(
            "name the ledger with --db, the receipt with --receipt, the claim with --claim"
        )
    files = DisputeFiles(checkpoint=checkpoint, copy=copy, plans=plans)
    dispute = open_dispute(database, receipt, Claim(claim.replace("-", "_")), files)
    code = EXIT_CODES[dispute.decision.resolution]
    document = {**dispute_document(dispute), "exit_code": code}
    if html is not None:
        write_output(html, dispute_page(document).encode("utf-8"))
    print_result(document, _lines(dispute), output_format=output_format, quiet=quiet)
    return code


def _lines(dispute: Dispute) -> list[str]:
    decision = dispute.decision
    entry = dispute.evidence.disputed.entry
    return [
        f"{decision.resolution.value}  receipt {dispute.receipt_id}, claim {dispute.claim.value}",
        f"  {VERDICT_WORDS[decision.resolution]}",
        f"  because {REASON_WORDS[decision.reason]}",
        f"  customer {entry.customer}, entry {entry.sequence} of the chain",
        f"  decided against {dispute.anchor}",
    ]


def _study(design: Design, seed: int, count: int, *, output_format: str, quiet: bool) -> int:
    # SciPy and the generator are slow to import, and only a study needs them.
    from billproof.cli.dispute_study import run_study, study_document, study_lines

    made = run_study(design, seed, count)
    print_result(study_document(made), study_lines(made), output_format=output_format, quiet=quiet)
    return made.exit_code
