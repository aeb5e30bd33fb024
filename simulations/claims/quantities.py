"""Exact quantities: a fraction, its dimension, how precisely it was written, and which claims it comes from.

Seconds, US dollars and bytes are dimensions; events, customers, instances and nodes are counted and have
none. A year has 365 days and a month is a twelfth of it, everywhere. Arithmetic keeps the origins, so what is
computed can say from which claims. Adding or comparing quantities of different dimensions is refused.

Source: ``claims.md`` part 4, "Seconds per year".
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from billproof.model.periods import MONTHS_PER_YEAR, SECONDS_PER_DAY
from billproof.model.portable import PortableError

DAY: Final = Fraction(SECONDS_PER_DAY)
"""Seconds in a day."""

YEAR: Final = 365 * DAY
"""Seconds in a year."""

MONTH: Final = YEAR / MONTHS_PER_YEAR
"""Seconds in a month."""

Dimension = tuple[int, int, int]
"""Powers of second, dollar and byte."""

NUMBER: Final[Dimension] = (0, 0, 0)
SECONDS: Final[Dimension] = (1, 0, 0)
DOLLARS: Final[Dimension] = (0, 1, 0)
BYTES: Final[Dimension] = (0, 0, 1)

APPROXIMATE: Final = Fraction(1, 20)
"""How far a figure that is said to be approximate may be off, relative to itself."""

_RATES: Final = {
    SECONDS: ("", ""),
    NUMBER: ("", ""),
    DOLLARS: ("$", ""),
    BYTES: ("", " bytes"),
    (-1, 0, 0): ("", "/s"),
    (-1, 0, 1): ("", " bytes/s"),
    (0, 1, -1): ("$", "/byte"),
}


class DimensionError(PortableError, ValueError):
    """Quantities of different dimensions were added or compared: a mistake of a check, or of a changed input.

    Args:
        first: One quantity, as shown.
        second: The other.
    """

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second} have different dimensions and cannot be compared")
        self.first = first
        self.second = second


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantity:
    """A quantity with its origins."""

    value: Fraction
    """In seconds, dollars and bytes."""
    dimension: Dimension = NUMBER
    precision: Fraction = Fraction(0)
    """Half a unit of the last digit that was written; 0 for what was computed."""
    is_approximate: bool = False
    """Whether the text says so ("~", "about")."""
    text: str = ""
    """As written; empty for what was computed."""
    origins: frozenset[str] = field(default=frozenset())
    """The claims that it comes from."""

    def __add__(self, other: "Quantity | int | Fraction") -> "Quantity":
        one = quantity(other)
        self._check_same(one)
        return self._made(one, self.value + one.value, self.dimension)

    def __sub__(self, other: "Quantity | int | Fraction") -> "Quantity":
        one = quantity(other)
        self._check_same(one)
        return self._made(one, self.value - one.value, self.dimension)

    def __mul__(self, other: "Quantity | int | Fraction") -> "Quantity":
        one = quantity(other)
        return self._made(one, self.value * one.value, _added(self.dimension, one.dimension, 1))

    def __truediv__(self, other: "Quantity | int | Fraction") -> "Quantity":
        one = quantity(other)
        if one.value == 0:
            raise DimensionError(self.shown(), "a division by 0")
        return self._made(one, self.value / one.value, _added(self.dimension, one.dimension, -1))

    def __radd__(self, other: "int | Fraction") -> "Quantity":
        return quantity(other) + self

    def __rsub__(self, other: "int | Fraction") -> "Quantity":
        return quantity(other) - self

    def __rmul__(self, other: "int | Fraction") -> "Quantity":
        return quantity(other) * self

    def __rtruediv__(self, other: "int | Fraction") -> "Quantity":
        return quantity(other) / self

    def __lt__(self, other: "Quantity | int | Fraction") -> bool:
        one = quantity(other)
        self._check_same(one)
        return self.value < one.value

    def __le__(self, other: "Quantity | int | Fraction") -> bool:
        one = quantity(other)
        self._check_same(one)
        return self.value <= one.value

    def __gt__(self, other: "Quantity | int | Fraction") -> bool:
        return not self <= other

    def __ge__(self, other: "Quantity | int | Fraction") -> bool:
        return not self < other

    def is_written_as(self, computed: "Quantity") -> bool:
        """Tell whether this figure is what somebody who computed the other would have written."""
        self._check_same(computed)
        allowed = max(self.precision, computed.precision)
        if self.is_approximate:
            allowed = max(allowed, APPROXIMATE * abs(self.value))
        return abs(self.value - computed.value) <= allowed

    def shown(self) -> str:
        """Return the quantity for people: as written, or computed in a suitable unit."""
        return self.text or shown(self.value, self.dimension)

    def power(self, exponent: int) -> "Quantity":
        """Return a whole power."""
        powers = tuple(part * exponent for part in self.dimension)
        return Quantity(
            value=self.value**exponent, dimension=(powers[0], powers[1], powers[2]), origins=self.origins
        )

    def rounded_up(self) -> "Quantity":
        """Return the smallest whole number that is not below."""
        return Quantity(value=Fraction(-(-self.value // 1)), dimension=self.dimension, origins=self.origins)

    def root(self) -> "Quantity":
        """Return the square root, to nine digits after the point."""
        scale = 10**18
        found = Fraction(math.isqrt(int(self.value * scale)), 10**9)
        half = tuple(part // 2 for part in self.dimension)
        return Quantity(value=found, dimension=(half[0], half[1], half[2]), origins=self.origins)

    def _made(self, other: "Quantity", value: Fraction, dimension: Dimension) -> "Quantity":
        return Quantity(value=value, dimension=dimension, origins=self.origins | other.origins)

    def _check_same(self, other: "Quantity") -> None:
        if self.dimension != other.dimension:
            raise DimensionError(self.shown(), other.shown())


def quantity(value: "Quantity | int | Fraction", dimension: Dimension = NUMBER) -> Quantity:
    """Return a plain number as a quantity, and a quantity unchanged."""
    if isinstance(value, Quantity):
        return value
    return Quantity(value=Fraction(value), dimension=dimension)


def seconds(value: "int | Fraction") -> Quantity:
    """Return a duration."""
    return quantity(value, SECONDS)


def total(parts: Iterable[Quantity]) -> Quantity:
    """Return the sum of one or more quantities."""
    first, *others = parts
    for part in others:
        first = first + part
    return first


def shown(value: Fraction, dimension: Dimension) -> str:
    """Show a value: rates of money per year, durations in the largest unit that fits, numbers with commas."""
    if dimension == SECONDS:
        return _duration(value)
    if dimension == (-1, 1, 0):
        return f"${_digits(value * YEAR)}/year (${_digits(value * MONTH)}/month)"
    if dimension == (-1, 0, 0) and 0 < abs(value) * DAY < 1:
        return f"{_digits(value * YEAR)}/year"
    if dimension == DOLLARS and 100 % value.denominator == 0 and value.denominator > 1:
        return f"${float(value):,.2f}"
    if dimension == BYTES and abs(value) >= 10**9:
        return f"{_digits(value / 10**12)} TB" if abs(value) >= 10**12 else f"{_digits(value / 10**9)} GB"
    if dimension == NUMBER and Fraction(1, 1000) <= abs(value) < 1:
        return f"{_digits(value * 100)} %"
    before, after = _RATES.get(dimension, ("", f" [s^{dimension[0]} $^{dimension[1]} B^{dimension[2]}]"))
    return f"{before}{_digits(value)}{after}"


def _duration(value: Fraction) -> str:
    size = abs(value)
    for name, unit in (("years", YEAR), ("days", DAY), ("h", Fraction(3600)), ("min", Fraction(60))):
        if size >= 2 * unit:
            return f"{_digits(value / unit)} {name}"
    if size == 0 or size >= 1:
        return f"{_digits(value)} s"
    return f"{_digits(value * 1000)} ms"


def _digits(value: Fraction) -> str:
    """Four significant digits, whole numbers below a billion in full."""
    if value.denominator == 1 and abs(value) < 10**9:
        return f"{value.numerator:,}"
    size = abs(value)
    if 1000 <= size < 10**9:
        return f"{float(value):,.0f}"
    return f"{float(value):.4g}"


def _added(first: Dimension, second: Dimension, sign: int) -> Dimension:
    return (first[0] + sign * second[0], first[1] + sign * second[1], first[2] + sign * second[2])
