"""``billproof repairs``: every minimal set of repairs between two designs, and what each switch is for."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from billproof.cli.output import Json, Progress, example, output_options, print_result
from billproof.cli.parameters import FILE, DesignParameter, TheoremParameter
from billproof.cli.processes import interrupts, processes
from billproof.cli.verify import WORKERS
from billproof.invariants.judge import ENGINES
from billproof.invariants.patience import Patience
from billproof.invariants.prove.clauses import prove_clauses
from billproof.invariants.registry import registry
from billproof.invariants.repairs.lattice import Lattice
from billproof.invariants.repairs.repair import TheoremRepairs, prove_sets, search_repairs
from billproof.invariants.repairs.report import repairs_document, repairs_lines
from billproof.invariants.verdicts import exit_code
from billproof.model.design import Design

SEARCH_SHARE = 0.8
"""The part of the budget after which sets that were found are proved; what is not used is the proofs'."""


@click.command(
    epilog=example(
        "billproof repairs --theorem T1",
        "billproof repairs --from mine.toml --to repaired --format json",
    ),
    help="""Find every minimal set of switches that makes a theorem hold, and the shortest counterexample for
    each switch of a set that is left out.

    Exit 0 if all sets are known and hold, 1 if no set suffices, 2 if a set may be missing: `unknown` and
    `finished` say what is not known.""",
)
@click.option("--theorem", "names", multiple=True, type=TheoremParameter(), help="May be repeated.")
@click.option(
    "--from", "start", type=DesignParameter(), default="documented", show_default=True, help="Or a TOML file."
)
@click.option(
    "--to", "end", type=DesignParameter(), default="repaired", show_default=True, help="Or a TOML file."
)
@click.option("--engine", "engines", multiple=True, type=click.Choice(list(ENGINES)), help="May be repeated.")
@click.option(
    "--budget", type=click.FloatRange(min=1), default=300.0, show_default=True, help="Seconds in all."
)
@click.option("--out", type=FILE, help="Write the JSON document to this file too, if nothing is left open.")
@output_options
def command(
    *,
    names: tuple[str, ...],
    start: Design,
    end: Design,
    engines: tuple[str, ...],
    budget: float,
    out: Path | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Search, prove and print; return the exit code."""
    began = time.monotonic()
    lattice = Lattice(start=start, end=end)
    chosen = names or tuple(registry().by_id)
    progress = Progress(quiet=quiet)
    proves = not engines or "prove" in engines
    share = SEARCH_SHARE if proves else 1.0
    searching, proving = Patience(began + share * budget), Patience(began + budget)
    with interrupts(searching, proving), processes(WORKERS) as executor:
        found = search_repairs(chosen, lattice, executor, patience=searching, progress=progress.show)
        if proves:
            found = prove_sets(found, prove_clauses, executor, patience=proving, progress=progress.show)
    progress.end()
    document = repairs_document(found, lattice)
    if out is not None:
        _publish(out, found, document)
    print_result(document, repairs_lines(found, lattice), output_format=output_format, quiet=quiet)
    return exit_code(item.verdict for item in found)


def _publish(out: Path, found: Sequence[TheoremRepairs], document: Mapping[str, Json]) -> None:
    # What the clock cut short differs from run to run: that is an answer for a terminal, not a report.
    late = [item.theorem for item in found if not item.is_finished]
    if late:
        click.echo(f"{out} was not written: no time for {', '.join(late)}; give a larger --budget", err=True)
        return
    out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
