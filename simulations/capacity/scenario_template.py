"""Write a scenario as TOML that can be read back, each field with what it is and what it may be.

Source: ``scenario`` has the limits; ``scenario_files`` reads what is written here.
"""

from collections.abc import Mapping

from billproof.model.periods import render_period
from billproof.simulations.capacity.scenario import SECTIONS, Limits, Sale, Scenario, Section, limits_of
from billproof.simulations.capacity.scenario_files import PRICE_ALLOWED, shown
from billproof.simulations.economics.prices import PRICE_NAMES


def template(scenario: Scenario) -> str:
    """Return a scenario as TOML, each field with its unit, what it is, and its range."""
    lines = [
        f"name = {shown(scenario.name)}",
        f"month = {shown(render_period(scenario.month))}",
    ]
    for name, kind in SECTIONS.items():
        part = getattr(scenario, name)
        lines += ["", f"[{name}]", *_template_lines(part, limits_of(kind))]
    for sale in scenario.sales:
        lines += ["", "[[sale]]", f"name = {shown(sale.name)}", *_template_lines(sale, limits_of(Sale))]
    lines += ["", f"[prices] # US dollars; {PRICE_ALLOWED}"]
    lines += [f"{name} = {getattr(scenario.prices, name):f}" for name in PRICE_NAMES]
    return "\n".join(lines) + "\n"


def _template_lines(part: Section | Sale, limits: Mapping[str, Limits]) -> list[str]:
    return [
        f"{name} = {_number(getattr(part, name))} # {limit.about}; {limit.text()}"
        for name, limit in limits.items()
    ]


def _number(value: int | float) -> str:
    # TOML knows no exponent without digits around a point that Python would print; 17 digits lose nothing.
    return str(int(value)) if value == int(value) else f"{value:.17g}"
