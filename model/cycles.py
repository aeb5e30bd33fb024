"""Billing cycles from an anchor, and proration over whole cycles, in civil days.

A cycle begins on the anchor's day of the month, every so many months, and the n-th one is computed from the
anchor and never from the one before: a day that a month does not have becomes its last day, and the next
month has it again. So cycles neither drift nor leave gaps. A cycle is half-open: its end is the start of the
next one. A price for a cycle is split by its civil days over the whole cycle, whatever part of it is left,
and the parts add up to the price exactly.

Days are civil days in the customer's zone. Which instants a day has there is data (``Zone``): the changes of
the offset from UTC, in order. A day begins at the first instant that has its date, also where midnight does
not exist; so days of 23 and 25 hours tile time like any others, and count one day each.

Laws. ``cycle_start(anchor, n + 1)`` is the end of cycle n. ``cycle_of(anchor, day) == n`` exactly when
``cycle_start(anchor, n) <= day < cycle_start(anchor, n + 1)``. ``sum(prorate(price, ...)) == price``.
``day_of(day_start(day, zone), zone) == day`` and ``day_of(day_start(day, zone) - 1, zone) < day``.

Source: known-bugs rule R12 and rows B55, B57, B58, B59, B61, B62, B65, B67.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from billproof.model.identifiers import Amount, Count, Day, Instant
from billproof.model.money import allocate, floor_div
from billproof.model.periods import MICROS_PER_DAY, MICROS_PER_SECOND, MONTHS_PER_YEAR
from billproof.model.portable import PortableError

OFFSET_SECONDS_MAX: Final = 86_399
"""The largest offset from UTC, in seconds."""

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


class CycleError(PortableError, ValueError):
    """Values that make no cycle, no zone or no split; whoever gave them must mend them.

    Args:
        subject: What is wrong, for example ``cut``.
        given: The value given.
        remedy: What to give instead.
    """

    def __init__(self, subject: str, given: str, remedy: str) -> None:
        super().__init__(f"{subject} {given} cannot be used; {remedy}")
        self.subject = subject
        self.given = given
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where cycles are counted from."""

    day: Day
    """The first day of cycle 0."""
    months: Count
    """The length of a cycle in months, at least 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetChange:
    """The offset of a place from UTC, from an instant on."""

    at: Instant
    seconds: Count
    """East of Greenwich is positive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """The offsets of a place, as data."""

    name: str
    """For example ``Europe/Berlin``."""
    changes: tuple[OffsetChange, ...]
    """In rising order; the first offset also holds before it."""


UTC: Final = Zone(name="UTC", changes=(OffsetChange(at=Instant(0), seconds=Count(0)),))
"""The zone without an offset."""


def civil_day(year: int, month: int, day: int) -> Day:
    """Return a civil date as a number of days.

    Raises:
        CycleError: There is no such date.
    """
    try:
        return Day(date(year, month, day).toordinal() - _EPOCH_ORDINAL)
    except ValueError as error:
        raise CycleError("date", f"{year}-{month}-{day}", "give a day of the Gregorian calendar") from error


def cycle_start(anchor: Anchor, number: int) -> Day:
    """Return the first day of the n-th cycle, negative ones included, which ends the one before it.

    Raises:
        CycleError: A cycle of less than a month, or a date beyond year 1 to 9999.
    """
    if anchor.months < 1:
        raise CycleError("length", f"{anchor.months} months", "give at least 1")
    origin = _date(anchor.day)
    month = origin.year * MONTHS_PER_YEAR + origin.month - 1 + number * anchor.months
    year, index = floor_div(month, MONTHS_PER_YEAR), month % MONTHS_PER_YEAR
    # From the anchor's own day each time: a February must not shorten the months after it.
    return civil_day(year, index + 1, min(origin.day, _days_in_month(year, index + 1)))


def cycle_of(anchor: Anchor, day: Day) -> int:
    """Return the number of the cycle that contains a day.

    Raises:
        CycleError: As ``cycle_start``.
    """
    if anchor.months < 1:
        raise CycleError("length", f"{anchor.months} months", "give at least 1")
    origin, at = _date(anchor.day), _date(day)
    months = (at.year - origin.year) * MONTHS_PER_YEAR + at.month - origin.month
    number = floor_div(months, anchor.months)
    return number if cycle_start(anchor, number) <= day else number - 1


def prorate(price: Amount, start: Day, end: Day, cuts: Sequence[Day]) -> tuple[Amount, ...]:
    """Split the price of a whole cycle at days within it, in proportion to civil days, by largest remainder.

    A plan that is changed twice in a cycle has two cuts and three parts; whoever pays for the last part pays
    its days over the days of the whole cycle, not over what was left of it.

    Args:
        price: Of the whole cycle, in units.
        start: Its first day.
        end: The day after its last one.
        cuts: The first days of all parts but the first, in rising order.

    Raises:
        CycleError: A cycle without days, or cuts that are not in order within it.
    """
    if start >= end:
        raise CycleError("cycle", f"from day {start} to day {end}", "give an end after the start")
    bounds = (start, *cuts, end)
    if any(first > second for first, second in pairwise(bounds)):
        raise CycleError("cuts", f"{list(cuts)}", "give days within the cycle, in rising order")
    days = [Count(second - first) for first, second in pairwise(bounds)]
    return allocate(price, days)


def check_zone(zone: Zone) -> Zone:
    """Return the zone if its changes are in order and its offsets shorter than a day.

    Raises:
        CycleError: They are not, or there are none.
    """
    if not zone.changes:
        raise CycleError("zone", zone.name, "give at least one offset")
    for first, second in pairwise(zone.changes):
        if first.at >= second.at:
            raise CycleError("zone", f"{zone.name} at {second.at}", "order the changes")
    for change in zone.changes:
        if abs(change.seconds) > OFFSET_SECONDS_MAX:
            raise CycleError("offset", f"{change.seconds} s", "give less than a day")
    return zone


def day_of(instant: Instant, zone: Zone) -> Day:
    """Return the civil date that an instant has in a zone."""
    return Day(floor_div(instant + _offset(instant, zone) * MICROS_PER_SECOND, MICROS_PER_DAY))


def day_start(day: Day, zone: Zone) -> Instant:
    """Return the first instant that has a date, or a later one, in a zone.

    Where the clocks skip midnight the day begins after the gap; a date that a zone skips whole, as some have
    when they crossed the date line, begins where the next one does.
    """
    earliest = Instant(day * MICROS_PER_DAY - OFFSET_SECONDS_MAX * MICROS_PER_SECOND)
    starts = [earliest, *(change.at for change in zone.changes if change.at > earliest)]
    for place, start in enumerate(starts):
        if day_of(start, zone) >= day:
            return start
        begins = Instant(day * MICROS_PER_DAY - _offset(start, zone) * MICROS_PER_SECOND)
        is_before_next = place + 1 == len(starts) or begins < starts[place + 1]
        if is_before_next:
            return begins
    raise AssertionError("the last offset has no end, so every day begins under some offset")


def _offset(instant: Instant, zone: Zone) -> Count:
    found = zone.changes[0].seconds
    for change in zone.changes:
        if change.at > instant:
            break
        found = change.seconds
    return found


def _date(day: Day) -> date:
    try:
        return date.fromordinal(day + _EPOCH_ORDINAL)
    except (ValueError, OverflowError) as error:
        raise CycleError("day", str(day), "give one of the years 1 to 9999") from error


def _days_in_month(year: int, month: int) -> int:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
