"""On which calls the contracts of ``model.periods`` are judged.

There are 96,360 periods, so what takes a period is called for each of them. What takes an instant is called
at the first and the last microsecond of many, and followed symbolically through one month. CrossHair does
not exhaust the calendar of the standard library reliably, but finds what is wrong with it.
"""

from collections.abc import Iterator

from billproof.invariants.contracts.contract import Arguments, Contract, Listed, Symbolic
from billproof.model.identifiers import Instant, Period
from billproof.model.periods import INSTANT_MAX, MICROS_PER_DAY, PERIOD_MAX, PERIOD_MIN

PERIODS_STEP = 7
"""The step in the list of periods for what is dearer; prime to 12, so that it meets every month."""


def first_month(instant: int) -> Arguments:
    """Any instant of January 1970, at whose ends the range and the year begin."""
    return {"instant": instant if instant < 31 * MICROS_PER_DAY else -1}


def all_periods() -> Iterator[Arguments]:
    """Yield every period that has instants."""
    return ({"period": Period(number)} for number in range(PERIOD_MIN, PERIOD_MAX + 1))


def some_periods() -> Iterator[int]:
    """Yield every seventh period, which meets every month, and the ends of the range."""
    yield from range(PERIOD_MIN, PERIOD_MAX + 1, PERIODS_STEP)
    yield PERIOD_MAX


def edge_instants() -> Iterator[int]:
    """Yield the first and the last microsecond of many months, by the Gregorian calendar's own rules."""
    start = 0
    for year in range(1970, 10_000):
        for month in range(1, 13):
            length = 31 - (month - 1) % 7 % 2
            if month == 2:
                length = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
            end = start + length * MICROS_PER_DAY
            if (year * 12 + month) % PERIODS_STEP == 0 or year in (1970, 2000, 2024, 2100, 9999):
                yield from (start, end - 1)
            start = end
    assert start == INSTANT_MAX + 1, "the calendar of this list and the range of instants differ"


def _instants() -> Iterator[Arguments]:
    return ({"instant": Instant(instant)} for instant in edge_instants())


def _texts_of_instants() -> Iterator[Arguments]:
    for day in (
        "1970-01-01",
        "2024-02-29",
        "2023-02-29",
        "2100-02-29",
        "9999-12-31",
        "2024-04-31",
        "1969-12-31",
    ):
        for clock in ("00:00:00", "23:59:59", "23:59:60", "24:00:00", "12:00:00.5", "12:00:00.000001"):
            for zone in ("Z", "+02:00", "-23:59", "+24:00", ""):
                yield {"text": f"{day}T{clock}{zone}"}
                yield {"text": f"{day} {clock}{zone}"}


def _canonical_texts() -> Iterator[Arguments]:
    for day in ("1970-01-01", "2024-02-29", "9999-12-31"):
        for clock in ("00:00:00", "23:59:59", "12:00:00.5", "12:00:00.000001"):
            yield {"text": f"{day}T{clock}Z"}


def _texts_of_periods() -> Iterator[Arguments]:
    for year in ("0000", "0001", "1969", "1970", "2024", "9999", "999", "10000"):
        for month in ("00", "01", "12", "13", "1", ""):
            yield {"text": f"{year}-{month}"}


_EVERY = Listed(calls=all_periods, bound="every period from 1970-01 to 9999-12", is_whole=True)
_ENDS = Listed(calls=_instants, bound="the first and last microsecond of every seventh month")

CONTRACTS: tuple[Contract, ...] = (
    Contract(
        module="periods",
        function="period_of",
        cases=(
            _ENDS,
            Symbolic(build=first_month, bound="every instant of January 1970"),
        ),
    ),
    Contract(
        module="periods",
        function="period_start",
        cases=(_EVERY,),
    ),
    Contract(
        module="periods",
        function="period_end",
        cases=(_EVERY,),
    ),
    Contract(module="periods", function="render_period", cases=(_EVERY,)),
    Contract(
        module="periods",
        function="parse_period",
        cases=(Listed(calls=_texts_of_periods, bound="months at and past their bounds, and no months"),),
    ),
    Contract(
        module="periods",
        function="period_of_text",
        cases=(Listed(calls=_texts_of_periods, bound="months at and past their bounds, and no months"),),
    ),
    Contract(module="periods", function="render_instant", cases=(_ENDS,)),
    Contract(
        module="periods",
        function="parse_instant",
        cases=(Listed(calls=_texts_of_instants, bound="days, times and offsets at and past their bounds"),),
    ),
    Contract(
        module="periods",
        function="parse_canonical_instant",
        cases=(Listed(calls=_canonical_texts, bound="canonical texts"),),
    ),
    Contract(
        module="periods",
        function="parse_focus_instant",
        cases=(Listed(calls=_texts_of_instants, bound="days, times and offsets at and past their bounds"),),
    ),
)
"""Instants and periods."""
