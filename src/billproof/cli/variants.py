"""``billproof variants``: the kill matrix, known-bad variant x engine, and the trivial systems."""

import json
import time
from concurrent.futures import ProcessPoolExecutor
from difflib import get_close_matches
from pathlib import Path

import click

from billproof.cli.output import Progress, example, output_options, print_result
from billproof.cli.parameters import FILE, TheoremParameter
from billproof.cli.verify import WORKERS
from billproof.invariants.judge import ENGINES, ON_REQUEST
from billproof.invariants.kills import run_variants
from billproof.invariants.matrix import matrix_document, matrix_lines, matrix_page
from billproof.invariants.prove.clauses import check_obligations
from billproof.invariants.registry import registry
from billproof.invariants.trivial import TRIVIAL, judge_trivial

SECONDS = 300.0
"""How long a variant may live unnoticed; generous, for a busy machine must not make it look alive."""

TRIVIAL_SECONDS = 60.0
"""How long one trivial system is looked at; the searches of it end at once."""


@click.command(
    epilog=example(
        "billproof variants --theorem T1 --engine explore",
        "billproof variants --variant refusal_replayed_as_success",
        "billproof variants --engine explore --engine prove --report reports",
    ),
    help="""Run every known-bad variant against engines, and judge the trivial systems.

    Exit 1 if a variant is noticed by no engine, or if a trivial system is given credit for a clause.""",
)
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice([*ENGINES, *ON_REQUEST]),
    help="May be repeated.  [default: explore; prove takes minutes]",
)
@click.option("--theorem", "names", multiple=True, type=TheoremParameter(), help="May be repeated.")
@click.option(
    "--variant",
    "only",
    multiple=True,
    metavar="NAME",
    help="Run this variant alone, without the trivial systems; may be repeated.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    default=SECONDS,
    show_default=True,
    help="For each variant.",
)
@click.option("--report", type=FILE, help="Directory for kill-matrix.json and kill-matrix.md.")
@output_options
def command(
    *,
    engines: tuple[str, ...],
    names: tuple[str, ...],
    only: tuple[str, ...],
    seconds: float,
    report: Path | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Run and print; return the exit code."""
    # A proof of each broken system takes minutes in all; it is run where it is asked for by name.
    known = registry().by_id
    chosen = tuple(name for name in (*ENGINES, *ON_REQUEST) if name in (engines or ("explore",)))
    _check_names(only)
    wanted = [
        variant
        for variant in registry().variants
        if (not names or variant.theorem in names) and (not only or variant.name in only)
    ]
    theorems = [known[name] for name in (names or tuple(known))]
    progress = Progress(quiet=quiet)
    with ProcessPoolExecutor(WORKERS) as executor:
        kills = run_variants(
            wanted,
            chosen,
            check=check_obligations,
            executor=executor,
            seconds=seconds,
            progress=progress.show,
        )
    trivial = [
        judge_trivial(system, theorems, time.monotonic() + TRIVIAL_SECONDS) for system in TRIVIAL if not only
    ]
    progress.end()
    document = matrix_document(kills, trivial, chosen)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (report / "kill-matrix.json").write_text(text, encoding="utf-8")
        (report / "kill-matrix.md").write_text(matrix_page(kills, trivial, chosen), encoding="utf-8")
    print_result(document, matrix_lines(kills, trivial, chosen), output_format=output_format, quiet=quiet)
    return int(bool(document["exit_code"]))


def _check_names(names: tuple[str, ...]) -> None:
    """Raise a usage error that names the nearest variant where a name is that of none."""
    known = [variant.name for variant in registry().variants]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.4)
            remedy = f"; did you mean {near[0]}?" if near else ""
            raise click.BadParameter(f"no variant is named {name!r}{remedy}", param_hint="--variant")
