"""Parameter types: an argument becomes a value of the model, or an error that says what to write.

Source: ``cli.md``.
"""

from pathlib import Path

import click

from billproof.model.design import SHIPPED, Design, DesignError
from billproof.model.design_files import parse_design
from billproof.model.identifiers import Amount, Instant, Period
from billproof.model.money import AmountFormatError, AmountRangeError, parse_amount
from billproof.model.periods import (
    InstantFormatError,
    InstantRangeError,
    PeriodFormatError,
    parse_instant,
    parse_period,
)

FILE = click.Path(path_type=Path)
"""A path; whether it is there is for the command to say, which knows the remedy."""


class AmountParameter(click.ParamType[Amount]):
    """A non-negative amount in major units."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Amount:
        """Return the amount in units."""
        try:
            amount = parse_amount(str(value))
        except (AmountFormatError, AmountRangeError) as error:
            self.fail(str(error), param, ctx)
        if amount < 0:
            self.fail(f"{value} is negative; give at least 0", param, ctx)
        return amount


class InstantParameter(click.ParamType[Instant]):
    """An RFC 3339 instant."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Instant:
        """Return the instant in microseconds."""
        try:
            return parse_instant(str(value))
        except (InstantFormatError, InstantRangeError) as error:
            self.fail(str(error), param, ctx)


class PeriodParameter(click.ParamType[Period]):
    """A UTC month."""

    name = "month"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """Return the period."""
        try:
            return parse_period(str(value))
        except PeriodFormatError as error:
            self.fail(str(error), param, ctx)


class TheoremParameter(click.ParamType[str]):
    """The id of a theorem, ours or a registered one."""

    name = "theorem"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id, if there is such a theorem."""
        # Theorems bring the engines, and only commands about theorems need them.
        from billproof.invariants.registry import registry

        known = registry().by_id
        if str(value) not in known:
            self.fail(f"{value!r} is not one of {', '.join(known)}", param, ctx)
        return str(value)


class DesignParameter(click.ParamType[Design]):
    """A shipped or registered design by name, or a TOML file."""

    name = "design"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Design:
        """Return the design."""
        name = str(value)
        if name in SHIPPED:
            return SHIPPED[name]
        from billproof.invariants.registry import registry

        known = registry().designs_by_name
        if name in known:
            return known[name]
        path = Path(name)
        if not path.is_file():
            self.fail(f"{name!r} is neither a file nor one of {', '.join(known)}", param, ctx)
        try:
            return parse_design(path.read_text(encoding="utf-8"), source=name)
        except (DesignError, OSError, UnicodeDecodeError) as error:
            self.fail(str(error), param, ctx)
