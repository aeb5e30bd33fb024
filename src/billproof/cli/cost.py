"""``billproof cost``: what a scenario costs and earns, and how sure that is.

Data flow: a milestone or a TOML file -> ``simulations.economics.report`` -> a document, or lines for people.

Source: ``capacity.md``.
"""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import click

from billproof.cli.capacity import asked_scenario
from billproof.cli.output import EXIT_HOLDS, example, output_options, print_result
from billproof.cli.parameters import FILE, DesignParameter
from billproof.model.design import Design
from billproof.simulations.capacity.documented import figure
from billproof.simulations.capacity.milestones import NUMBERS
from billproof.simulations.economics.report import economics_document, economics_lines, study_economics

SAMPLES: Final = 2_000
"""Of the Monte Carlo."""

_VOLUME_MAX: Final = Decimal(10**12)


class DollarsParameter(click.ParamType[Decimal]):
    """An amount of US dollars, exact."""

    name = "dollars"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the amount."""
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is no amount; write it like 15000 or 99.50", param, ctx)
        if not (amount.is_finite() and 0 <= amount <= _VOLUME_MAX):
            self.fail(f"{value} is not from 0 to {_VOLUME_MAX:,}", param, ctx)
        return amount


@click.command(
    epilog=example("billproof cost --milestone 1000", "billproof cost --scenario mine.toml --format json"),
    help="""Compute what a scenario costs and earns: cost by component from unit prices, break-even, five
    years, ways to pay less, what moves the cost, and what each design costs in latency and money.

    Amounts are exact, in US dollars. Exit 0.""",
)
@click.option(
    "--milestone", type=click.Choice([str(number) for number in NUMBERS]), help="Customers; default 1000."
)
@click.option("--scenario", "path", type=FILE, help="A TOML file, as of billproof capacity.")
@click.option(
    "--volume",
    type=DollarsParameter(),
    help="What one customer is charged in a month; default as documented.",
)
@click.option("--samples", type=click.IntRange(min=100, max=1_000_000), default=SAMPLES, show_default=True)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same result."
)
@click.option(
    "--compare",
    "designs",
    multiple=True,
    type=DesignParameter(),
    help="A design or a TOML file; may be repeated.",
)
@output_options
def command(
    *,
    milestone: str | None,
    path: Path | None,
    volume: Decimal | None,
    samples: int,
    seed: int,
    designs: tuple[Design, ...],
    output_format: str,
    quiet: bool,
) -> int:
    """Compute and print; return the exit code."""
    scenario, _ = asked_scenario(milestone, path)
    monthly = figure("CS-14", "avg {} MRR") if volume is None else volume
    found = study_economics(scenario, monthly_volume=monthly, samples=samples, seed=seed, designs=designs)
    print_result(economics_document(found), economics_lines(found), output_format=output_format, quiet=quiet)
    return EXIT_HOLDS
