"""Whether what a check computes is what the analyst of the register found, figure by figure.

The register's text is read by the same parser; a figure of it is met if some quantity that the check computed
or read is that figure, in any of the units in which people write it: per year, month, 30 days, day or hour,
and in thousands or millions.
"""

from collections.abc import Iterator
from fractions import Fraction

from billproof.simulations.claims.figures import figures_of
from billproof.simulations.claims.quantities import DAY, MONTH, YEAR, Quantity
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.register import Register
from billproof.simulations.claims.relations import Check

TOLERANCE = Fraction(1, 50)
"""The register rounds, and its month has 30 days where ours is a twelfth of a year."""

_TIMES = (Fraction(1), YEAR, MONTH, 30 * DAY, DAY, Fraction(3600), Fraction(60))
_SCALES = (Fraction(1), Fraction(10**3), Fraction(10**6), Fraction(10**9), Fraction(1000, 10**6))


def unmet(check: Check, register: Register, text: str) -> tuple[int, list[str]]:
    """Return how many figures the analyst's text has, and which of them the check does not give."""
    reader = Reader(register=register)
    outcome = check(reader)
    known = [abs(value.value) for value in (*outcome.values, *reader.figures.values())]
    figures = [figure for figure in figures_of(text) if figure.quantity.value != 0]
    missing = [
        figure.text for figure in figures if not any(_is_near(figure.quantity, one) for one in _forms(known))
    ]
    return len(figures), missing


def _forms(values: list[Fraction]) -> Iterator[Fraction]:
    for value in values:
        for time in _TIMES:
            yield value * time
            yield value / time


def _is_near(written: Quantity, computed: Fraction) -> bool:
    allowed = max(written.precision, TOLERANCE * abs(written.value))
    return any(
        abs(abs(written.value) * scale - computed) <= allowed * scale
        or abs(abs(written.value) - computed * scale) <= allowed
        for scale in _SCALES
    )
