"""Read the figures of a claim's text: value, unit, and how precisely they were written.

Theory of operation. One regular expression finds a number with its sign of money, its multiplier (K, M, B,
billion, trillion), its unit, and what it is per. Digits that belong to a name (``us-central1``, ``RS256``,
``p99``, ``T4``) are no figures. The two ends of a range or an arrow (``10-50 ms``, ``30K->50K RPS``) are two
figures that share multiplier and unit of the second. ``1 in 1,000,000`` is one ratio.

The skeleton of a text is the text with ``@`` for each figure; a check finds its figure by a piece of it.

Source: the texts of ``claims.md`` part 1.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from billproof.simulations.claims.quantities import (
    BYTES,
    DAY,
    DOLLARS,
    MONTH,
    NUMBER,
    SECONDS,
    YEAR,
    Dimension,
    Quantity,
)

MARK: Final = "@"
"""What stands for a figure in a skeleton; no claim contains it."""

OTHER: Final = "#"
"""What stands, in a place, for a figure that is not the one sought."""

_MULTIPLIERS: Final = {
    "": 1, "K": 10**3, "M": 10**6, "B": 10**9,
    " million": 10**6, " billion": 10**9, " trillion": 10**12, "+ billion": 10**9,
}  # fmt: skip

_HOUR: Final = Fraction(3600)

_UNITS: Final[dict[str, tuple[Fraction, Dimension]]] = {
    "ms": (Fraction(1, 1000), SECONDS), "s": (Fraction(1), SECONDS), "seconds": (Fraction(1), SECONDS),
    "vCPU-s": (Fraction(1), SECONDS), "min": (Fraction(60), SECONDS), "minute": (Fraction(60), SECONDS),
    "minutes": (Fraction(60), SECONDS), "h": (_HOUR, SECONDS), "hour": (_HOUR, SECONDS),
    "hours": (_HOUR, SECONDS), "d": (DAY, SECONDS), "day": (DAY, SECONDS), "days": (DAY, SECONDS),
    "week": (7 * DAY, SECONDS), "weeks": (7 * DAY, SECONDS), "month": (MONTH, SECONDS),
    "months": (MONTH, SECONDS), "year": (YEAR, SECONDS), "years": (YEAR, SECONDS),
    "%": (Fraction(1, 100), NUMBER), "x": (Fraction(1), NUMBER), "RPS": (Fraction(1), (-1, 0, 0)),
    "KB": (Fraction(10**3), BYTES), "GB": (Fraction(10**9), BYTES), "TB": (Fraction(10**12), BYTES),
}  # fmt: skip

_PER: Final[dict[str, tuple[Fraction, Dimension]]] = {
    "s": (Fraction(1), SECONDS), "second": (Fraction(1), SECONDS), "min": (Fraction(60), SECONDS),
    "h": (_HOUR, SECONDS), "hour": (_HOUR, SECONDS), "day": (DAY, SECONDS), "week": (7 * DAY, SECONDS),
    "month": (MONTH, SECONDS), "year": (YEAR, SECONDS), "yr": (YEAR, SECONDS), "decade": (10 * YEAR, SECONDS),
    "GB": (Fraction(10**9), BYTES), "GB-month": (10**9 * MONTH, (1, 0, 1)),
    "customer-month": (MONTH, SECONDS), "customer-year": (YEAR, SECONDS), "event": (Fraction(1), NUMBER),
    "customer": (Fraction(1), NUMBER), "server": (Fraction(1), NUMBER),
    "M": (Fraction(10**6), NUMBER), "10K": (Fraction(10**4), NUMBER),
}  # fmt: skip

# No document has longer numbers or larger powers, and computing one of thousands of digits takes for ever.
_NUMBER: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,12}|[0-9]{1,40})(?:\.[0-9]{1,40})?(?![0-9]{40})"
_SCALE: Final = r"(?:\+? ?(?:million|billion|trillion)\b|[KMB](?![A-Za-z]))?"
_NAMES: Final = "|".join(sorted((name for name in _UNITS if name not in {"%", "x"}), key=len, reverse=True))
_UNIT: Final = rf"(?: ?%|x(?![A-Za-z0-9])|(?: ?|-(?=minute))(?:{_NAMES})(?![A-Za-z0-9-]))?"
_PER_NAMES: Final = "|".join(sorted(_PER, key=len, reverse=True))
_RATE: Final = (
    rf"(?:(?: ?(?:events|ops|customers|billing|database)){{0,2}}/(?:{_PER_NAMES})(?![A-Za-z0-9])(?!/)"
    rf"|(?: events| customers?)? per (?:day|year|month|second|decade)\b)?"
)
_FIGURE: Final = re.compile(
    rf"(?P<money>\$)?(?P<number>{_NUMBER})(?:\^(?P<power>-?[0-9]{{1,3}}))?(?:e(?P<exponent>-?[0-9]{{1,3}}))?(?P<scale>{_SCALE})(?P<plus>\+(?![0-9]))?"
    rf"(?P<scale_after>(?: (?:million|billion|trillion)\b)?)(?P<unit>{_UNIT})(?P<rate>{_RATE})"
)
_PLAIN: Final = re.compile(_FIGURE.pattern.replace(_UNIT, "(?:)"))
_CLOCK: Final = re.compile(r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2}) UTC|(?P<am>[0-9]{1,2}) am UTC")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CALENDAR: Final = re.compile(r"(?<![0-9,.$])20[0-9]{2}(?:-[0-9]{2})?(?![0-9%-]|[,.][0-9]| UTC)")
_IN: Final = re.compile(rf"(?P<few>{_NUMBER}) in (?P<many>{_NUMBER}(?:\^-?[0-9]{{1,3}})?)")
_RANGE: Final = re.compile(r" ?(?:->|-|vs) ?")
_BEFORE: Final = 80
_ABOUT: Final = re.compile(r"(?:~ ?|[Aa]bout )$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a text."""

    start: int
    end: int
    quantity: Quantity
    text: str
    unit: str
    """The unit as written, multiplier and denominator included; empty for a plain number."""


def figures_of(text: str, claim: str = "") -> tuple[Figure, ...]:
    """Return the figures of a text in their order.

    Args:
        text: The text.
        claim: Whose text it is; the origin of its quantities.
    """
    found: list[Figure] = []
    place = 0
    while place < len(text):
        if named := _CALENDAR.match(text, place):
            place = named.end()
            continue
        figure = None if _is_inside_a_word(text, place) else _figure_at(text, place, claim)
        if figure is None:
            place += 1
            continue
        found.append(figure)
        place = figure.end
    return tuple(_with_shared_units(text, found, claim))


def skeleton_of(text: str, figures: tuple[Figure, ...]) -> str:
    """Return a text with ``@`` in the place of each figure."""
    parts, place = [], 0
    for figure in figures:
        parts += [text[place : figure.start], MARK]
        place = figure.end
    return "".join([*parts, text[place:]])


def quantity_of(text: str, claim: str = "") -> Quantity | None:
    """Return the quantity that a whole text is, or ``None`` if it is not exactly one figure."""
    figures = figures_of(text.strip(), claim)
    is_whole = len(figures) == 1 and figures[0].text == text.strip().lstrip("~<> ")
    return figures[0].quantity if is_whole else None


def _is_inside_a_word(text: str, place: int) -> bool:
    """A digit after a letter, a dot or a hyphen that follows letters belongs to a name."""
    if not (text[place].isdigit() or text[place] == "$"):
        return True
    # What is further back decides nothing, and reading it again at every place takes for ever.
    before = text[max(0, place - _BEFORE) : place]
    if before[-1:].isalnum() or before[-1:] in {"_", "#"}:
        return True
    return (
        re.search(r"(?<![0-9A-Za-z])[A-Za-z][A-Za-z0-9]*[-_.]$|[0-9][.,]$|[0-9a-z]_$|\(i[+-]$|i[+-]$", before)
        is not None
    )


def _figure_at(text: str, place: int, claim: str) -> Figure | None:
    if date := _DATE.match(text, place):
        return _dated(date, claim)
    if clock := _CLOCK.match(text, place):
        hours = int(clock["am"] or clock["hour"])
        at = Fraction(hours * 3600 + 60 * int(clock["minute"] or 0))
        return _made(
            clock, Quantity(value=at, dimension=SECONDS, text=clock[0], origins=_origin(claim)), "UTC"
        )
    ratio = _IN.match(text, place)
    if ratio and (few := _decimal(ratio["few"])) < (many := _power(ratio["many"])):
        about = _ABOUT.search(text[max(0, place - _BEFORE) : place]) is not None
        value = Quantity(value=few / many, is_approximate=about, text=ratio[0], origins=_origin(claim))
        return _made(ratio, value, "ratio")
    match = _FIGURE.match(text, place)
    if match is None or (match["money"] and match["unit"]):
        match = _PLAIN.match(text, place)
    if match is None:
        return None
    rest = text[match.end() :]
    if re.match(r"[A-Za-z]", rest) and not match["unit"] and not re.match(r"(?:th|st|nd|rd)\b", rest):
        return None
    about = _ABOUT.search(text[: match.start()]) is not None
    quantity = _quantity(match["number"], match["power"], _suffix(match), claim, is_approximate=about)
    unit = "".join((match["scale"], match["scale_after"], match["unit"], match["rate"])).strip()
    return _made(match, quantity, ("$" if match["money"] else "") + unit)


def _dated(match: re.Match[str], claim: str) -> Figure | None:
    try:
        day = datetime.strptime(match[0], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    at = Fraction(int(day.timestamp()))
    return _made(match, Quantity(value=at, dimension=SECONDS, text=match[0], origins=_origin(claim)), "date")


def _suffix(match: re.Match[str]) -> tuple[Fraction, Dimension]:
    exponent = Fraction(10) ** int(match["exponent"] or 0)
    scale_text = (match["scale"] or match["scale_after"] or "").replace("+ ", " ")
    if scale_text and scale_text not in "KMB" and not scale_text.startswith(" "):
        scale_text = " " + scale_text
    scale = exponent * _MULTIPLIERS[scale_text]
    dimension: Dimension = DOLLARS if match["money"] else NUMBER
    if unit := match["unit"].strip(" -"):
        factor, of_unit = _UNITS[unit]
        scale *= factor
        dimension = (dimension[0] + of_unit[0], dimension[1] + of_unit[1], dimension[2] + of_unit[2])
    if rate := match["rate"]:
        name = rate.rpartition("/")[2] if "/" in rate else rate.split()[-1]
        factor, per = _PER[name]
        scale /= factor
        dimension = (dimension[0] - per[0], dimension[1] - per[1], dimension[2] - per[2])
    return scale, dimension


def _quantity(
    number: str, power: str | None, suffix: tuple[Fraction, Dimension], claim: str, *, is_approximate: bool
) -> Quantity:
    scale, dimension = suffix
    value = _decimal(number)
    digits = len(number.partition(".")[2])
    precision = Fraction(1, 2 * 10**digits)
    if power is not None:
        value, precision = value ** int(power), Fraction(0)
    return Quantity(
        value=value * scale,
        dimension=dimension,
        precision=precision * scale,
        is_approximate=is_approximate,
        text="",
        origins=_origin(claim),
    )


def _with_shared_units(text: str, found: list[Figure], claim: str) -> list[Figure]:
    """Give the first end of a range or an arrow the multiplier and the unit of the second."""
    shared = list(found)
    for index in reversed(range(len(shared) - 1)):
        first, second = shared[index], shared[index + 1]
        between = text[first.end : second.start]
        is_bare = not second.unit and not first.text.startswith("$")
        if not _RANGE.fullmatch(between) or is_bare or second.unit in {"date", "UTC", "ratio"}:
            continue
        match = _FIGURE.fullmatch(first.text)
        other = _FIGURE.fullmatch(second.text)
        if match is None or other is None or match["unit"] or match["rate"]:
            continue
        scale, dimension = _suffix(other)
        if match["scale"] and other["scale"]:
            scale = scale / _MULTIPLIERS[other["scale"]] * _MULTIPLIERS[match["scale"]]
        elif match["scale"]:
            scale *= _MULTIPLIERS[match["scale"]]
        if match["money"] and not other["money"]:
            dimension = (dimension[0], dimension[1] + 1, dimension[2])
        about = first.quantity.is_approximate
        quantity = _quantity(match["number"], None, (scale, dimension), claim, is_approximate=about)
        shared[index] = _replaced(first, quantity, second.unit)
        if match["money"] and not other["money"]:
            again = _quantity(
                other["number"], None, (_suffix(other)[0], dimension), claim, is_approximate=about
            )
            shared[index + 1] = _replaced(second, again, "$" + second.unit)
    return shared


def _replaced(figure: Figure, quantity: Quantity, unit: str) -> Figure:
    named = replace(quantity, text=_shown_with(figure.text, unit))
    return Figure(start=figure.start, end=figure.end, quantity=named, text=figure.text, unit=unit)


def _shown_with(text: str, unit: str) -> str:
    """Return a figure as written, with a unit that it shares with its neighbour."""
    shared = unit.lstrip("$")
    return text if text.endswith(shared) else f"{text} {shared}"


def _made(match: re.Match[str], quantity: Quantity, unit: str) -> Figure:
    end = match.start() + len(match[0].rstrip())
    named = replace(quantity, text=match[0].rstrip())
    return Figure(start=match.start(), end=end, quantity=named, text=match[0].rstrip(), unit=unit)


def _decimal(number: str) -> Fraction:
    return Fraction(number.replace(",", ""))


def _power(text: str) -> Fraction:
    base, _, exponent = text.partition("^")
    return _decimal(base) ** int(exponent) if exponent else _decimal(base)


def _origin(claim: str) -> frozenset[str]:
    return frozenset({claim}) if claim else frozenset()
