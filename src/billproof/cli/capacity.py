"""``billproof capacity``: what a scenario carries, where it breaks first, and what it costs.

Data flow: a milestone or a TOML file -> ``simulations.capacity.study`` -> one document, or lines for people.

Source: ``cli.md``, ``capacity.md``.
"""

from pathlib import Path

import click

from billproof.cli.output import (
    EXIT_HOLDS,
    EXIT_INCONCLUSIVE,
    Progress,
    example,
    output_options,
    print_result,
)
from billproof.cli.parameters import FILE, DesignParameter
from billproof.model.design import DOCUMENTED, Design
from billproof.model.portable import PortableError
from billproof.model.topology.reading import read_topology
from billproof.model.topology.records import Topology
from billproof.simulations.capacity.infrastructure import SHIPPED, shipped_topology, topology_report
from billproof.simulations.capacity.milestones import NUMBERS, Milestone, documented, milestone
from billproof.simulations.capacity.plots import check_plot, plot_month, save_plot
from billproof.simulations.capacity.report import study_document, study_lines
from billproof.simulations.capacity.scenario import Scenario
from billproof.simulations.capacity.scenario_files import DEFAULT_MILESTONE, read_scenario
from billproof.simulations.capacity.scenario_template import template
from billproof.simulations.capacity.study import WINDOW_SECONDS, study
from billproof.simulations.capacity.sweep import parse_sweep, point_at, sweep_document, sweep_lines
from billproof.simulations.economics.designs import priced
from billproof.simulations.economics.report import design_document, design_lines


class ScenarioFileError(PortableError):
    """A scenario file that cannot be opened.

    Args:
        path: The file.
        problem: What the system says.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.source = str(path)
        self.problem = problem
        self.remedy = "write one with: billproof capacity --milestone 400 --write-scenario mine.toml"


@click.command(
    epilog=example(
        "billproof capacity --milestone 1200",
        "billproof capacity --milestone 400 --write-scenario mine.toml",
        "billproof capacity --scenario mine.toml --format json",
        "billproof capacity --milestone 800 --sweep fleet.vcpu=2..16 --compare repaired --plot month.png",
    ),
    help="""Simulate a month of a documented milestone, or of your own scenario: instances, queues, latency,
    triggers, the first bottleneck, and cost, each beside what the documents say.

    Exit 0 if every formula agrees with its simulation, 2 if one does not; what is found wrong with the design
    is in `findings` and `documented`.""",
)
@click.option(
    "--milestone", type=click.Choice([str(number) for number in NUMBERS]), help="Customers; default 1000."
)
@click.option("--scenario", "path", type=FILE, help="A TOML file; --write-scenario writes one to start from.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same result."
)
@click.option(
    "--window",
    type=click.FloatRange(min=0, max=600),
    default=WINDOW_SECONDS,
    show_default=True,
    help="Seconds looked at request by request around each peak; 0 for none.",
)
@click.option("--sweep", metavar="FIELD=A..B", help="One field at several values, such as fleet.vcpu=2..16.")
@click.option(
    "--compare",
    "designs",
    multiple=True,
    type=DesignParameter(),
    help="A design or a TOML file; may be repeated.",
)
@click.option(
    "--topology",
    "topology_name",
    default="terraform",
    show_default=True,
    help="documented, terraform, repaired, or a TOML file: what is checked against the scenario.",
)
@click.option(
    "--plot", type=FILE, help="Draw the month to this .png, .svg or .pdf; needs the extra notebooks."
)
@click.option(
    "--write-scenario", "out", type=FILE, help="Write the scenario as TOML, with all ranges, and end."
)
@output_options
def command(
    *,
    milestone: str | None,
    path: Path | None,
    seed: int,
    window: float,
    sweep: str | None,
    designs: tuple[Design, ...],
    topology_name: str,
    plot: Path | None,
    out: Path | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Study one scenario and print it; return the exit code."""
    scenario, said = asked_scenario(milestone, path)
    if out is not None:
        out.write_text(template(scenario), encoding="utf-8")
        if not quiet:
            click.echo(f"wrote {out}", err=True)
        return EXIT_HOLDS
    topology = _topology(topology_name)
    wanted = None if sweep is None else parse_sweep(sweep)
    if plot is not None:
        check_plot(plot)
    progress = Progress(quiet=quiet)
    progress.show(f"simulating {scenario.name}")
    found = study(scenario, said, seed=seed, window_seconds=window)
    document, lines = study_document(found), study_lines(found)
    document["topology"], told = topology_report(topology, scenario)
    lines += ["", *told]
    if wanted is not None:
        points = []
        for value in wanted.values:
            progress.show(f"sweeping {wanted.section}.{wanted.field} = {value:g}")
            points.append(point_at(scenario, wanted, value))
        document["sweep"] = sweep_document(wanted, points)
        lines += ["", *sweep_lines(wanted, points)]
    if designs:
        compared = [priced(design, scenario) for design in (DOCUMENTED, *designs)]
        document["compare"] = [design_document(item) for item in compared]
        lines += ["", *design_lines(compared)]
    if plot is not None:
        progress.show(f"drawing {plot}")
        save_plot(plot_month(found), plot)
    progress.end()
    print_result(document, lines, output_format=output_format, quiet=quiet)
    return EXIT_HOLDS if found.agrees else EXIT_INCONCLUSIVE


def _topology(name: str) -> Topology:
    if name in SHIPPED:
        return shipped_topology(name)
    path = Path(name)
    try:
        return read_topology(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioFileError(path, str(error)) from error


def asked_scenario(number: str | None, path: Path | None) -> tuple[Scenario, Milestone | None]:
    """Return the scenario that was asked for, and what the documents say of it.

    Raises:
        click.UsageError: Both a milestone and a file were given.
        ScenarioFileError: The file cannot be opened.
        ScenarioError: It cannot be used.
    """
    if number is not None and path is not None:
        raise click.UsageError("--milestone and --scenario exclude each other: a file names its milestone")
    if path is None:
        customers = DEFAULT_MILESTONE if number is None else int(number)
        return milestone(customers), documented(customers)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioFileError(path, str(error)) from error
    return read_scenario(text, str(path)), None
