"""``billproof conform TARGET``: run the kit against a target."""

from pathlib import Path

import click

from billproof.cli.output import Progress, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.conformance.cells import parse_cell
from billproof.conformance.expected import read_expected, with_expected
from billproof.conformance.fault_hooks import Hooked, read_hooks
from billproof.conformance.report.document import run_document, run_lines
from billproof.conformance.report.write import write_report
from billproof.conformance.runner import DEFAULT_SEED, Options, run
from billproof.conformance.targets import open_target


@click.command(
    "run",
    epilog=example(
        "billproof conform reference --claim CORE@L3 --claim QUOTA@L2 --report out",
        "billproof conform http://127.0.0.1:8080 --map http-map.toml --claim CORE@L1",
    ),
)
@click.argument("target")
@click.option("--claim", "claims", multiple=True, metavar="CELL", help="A cell such as QUOTA@L2; repeatable.")
@click.option("--map", "mapping", type=FILE, help="Maps operations to the routes of an HTTP product (TOML).")
@click.option("--faults", type=FILE, help="Commands that cause faults (TOML).")
@click.option("--expected", type=FILE, help="Failures that are known (TOML); others fail the run.")
@click.option("--report", type=FILE, help="Write result, history and pages into this folder.")
@click.option(
    "--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Draws all names."
)
@click.option("--case", "cases", multiple=True, metavar="NAME", help="Run this case only; repeatable.")
@click.option(
    "--reply-seconds", type=click.FloatRange(0.1), default=30.0, show_default=True,
    help="How long a reply may take before the adapter counts as hung.",
)  # fmt: skip
@output_options
def run_command(
    target: str,
    *,
    claims: tuple[str, ...],
    mapping: Path | None,
    faults: Path | None,
    expected: Path | None,
    report: Path | None,
    seed: int,
    cases: tuple[str, ...],
    reply_seconds: float,
    output_format: str,
    quiet: bool,
) -> int:
    """Run the kit against TARGET and say which theorems it keeps.

    Without --claim, everything is claimed that the adapter declares enough for. Exit code 0: all claimed
    cells hold; 1: a violation; 2: inconclusive; 3: the adapter or the kit failed, and nothing is said of the
    product.
    """
    progress = Progress(quiet=quiet)
    options = Options(
        claims=tuple(parse_cell(claim) for claim in claims),
        seed=seed,
        reply_seconds=reply_seconds,
        only=frozenset(cases),
        on_case=lambda name: progress.show(f"{target}: {name}"),
    )
    known = () if expected is None else read_expected(expected)
    transport = open_target(target, mapping=mapping)
    if faults is not None:
        transport = Hooked(transport, read_hooks(faults))
    done = run(target, transport, options)
    if expected is not None:
        done = with_expected(done, known)
    progress.end()
    if report is not None:
        write_report(done, report)
    print_result(run_document(done), run_lines(done), output_format=output_format, quiet=quiet)
    return done.grades.exit_code
