"""``billproof variants``: the kill matrix, known-bad variant x engine."""

from concurrent.futures import ProcessPoolExecutor

import click

from billproof.cli.output import Json, Progress, output_options, print_result
from billproof.cli.verify import VARIANT_SECONDS, WORKERS
from billproof.invariants.judge import ENGINES
from billproof.invariants.kills import KillReport, run_variants
from billproof.invariants.prove.clauses import check_obligations
from billproof.invariants.report import counterexample_document
from billproof.invariants.theorems import BY_ID
from billproof.invariants.variants.catalogue import VARIANTS


@click.command(
    epilog="Example: billproof variants --theorem T1 --engine explore",
    help="Run every known-bad variant against every engine; exit 1 if one is noticed by none.",
)
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice(list(ENGINES)),
    help="May be repeated.  [default: explore; prove takes minutes]",
)
@click.option("--theorem", "names", multiple=True, type=click.Choice(list(BY_ID)), help="May be repeated.")
@output_options
def command(*, engines: tuple[str, ...], names: tuple[str, ...], output_format: str, quiet: bool) -> int:
    """Run and print; return the exit code."""
    # A proof of each broken system takes minutes in all; it is run where it is asked for by name.
    chosen = engines or ("explore",)
    wanted = [variant for variant in VARIANTS if not names or variant.theorem in names]
    progress = Progress(quiet=quiet)
    with ProcessPoolExecutor(WORKERS) as executor:
        reports = run_variants(
            wanted,
            chosen,
            check=check_obligations,
            executor=executor,
            seconds=VARIANT_SECONDS,
            progress=progress.show,
        )
    progress.end()
    unkilled = [report.variant.name for report in reports if not report.killed_by]
    code = 1 if unkilled else 0
    document: dict[str, Json] = {
        "variants": {report.variant.name: _document(report) for report in reports},
        "unkilled": unkilled,
        "exit_code": code,
    }
    print_result(document, _matrix(reports, chosen, unkilled), output_format=output_format, quiet=quiet)
    return code


def _document(report: KillReport) -> dict[str, Json]:
    found = report.counterexample
    return {
        "theorem": report.variant.theorem,
        "clause": report.variant.clause,
        "breaks": report.variant.breaks,
        "source": report.variant.source,
        "killed_by": list(report.killed_by),
        "counterexample": counterexample_document(found) if found is not None else None,
    }


def _matrix(reports: tuple[KillReport, ...], engines: tuple[str, ...], unkilled: list[str]) -> list[str]:
    name_width = max((len(report.variant.name) for report in reports), default=0) + 2
    clause_width = max((len(report.variant.clause) for report in reports), default=0) + 2
    head = f"{'variant':<{name_width}}{'':<4}{'clause':<{clause_width}}" + "".join(
        f"{name:<9}" for name in engines
    )
    lines = [head.rstrip()]
    for report in reports:
        marks = "".join(f"{'kill' if name in report.killed_by else '-':<9}" for name in engines)
        item = report.variant
        lines.append(
            f"{item.name:<{name_width}}{item.theorem:<4}{item.clause:<{clause_width}}{marks}".rstrip()
        )
    lines.append("")
    lines.append(
        f"{len(reports)} variants, {len(unkilled)} unkilled"
        + (f": {', '.join(unkilled)}" if unkilled else "")
    )
    return lines
