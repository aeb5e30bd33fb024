"""Cycles tile from their anchor, days tile in every zone, and a price is split over the whole cycle."""

from datetime import UTC as DATETIME_UTC
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.cycles import (
    Anchor,
    CycleError,
    OffsetChange,
    Zone,
    check_zone,
    civil_day,
    cycle_of,
    cycle_start,
    day_of,
    day_start,
    prorate,
)
from billproof.model.identifiers import Amount, Count, Day, Instant

ANCHORS = st.builds(
    lambda day, months: Anchor(day=Day(day), months=Count(months)), st.integers(0, 40_000), st.integers(1, 12)
)


def zone_of(name: str, first_year: int, last_year: int) -> Zone:
    """Return the offsets of a place as the time zone database has them, hour by hour."""
    place = ZoneInfo(name)
    changes: list[OffsetChange] = []
    at = datetime(first_year, 1, 1, tzinfo=DATETIME_UTC)
    while at.year <= last_year:
        offset = at.astimezone(place).utcoffset()
        assert offset is not None
        seconds = Count(int(offset.total_seconds()))
        if not changes or changes[-1].seconds != seconds:
            changes.append(OffsetChange(at=Instant(int(at.timestamp()) * 10**6), seconds=seconds))
        at += timedelta(hours=1)
    return check_zone(Zone(name=name, changes=tuple(changes)))


def shown(day: Day) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def test_an_anchor_on_the_31st_does_not_drift_through_february() -> None:
    anchor = Anchor(day=civil_day(2023, 12, 31), months=Count(1))
    starts = [shown(cycle_start(anchor, number)) for number in range(5)]
    assert starts == ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]


def test_an_anchor_on_a_leap_day_comes_back_in_leap_years() -> None:
    anchor = Anchor(day=civil_day(2024, 2, 29), months=Count(12))
    assert [shown(cycle_start(anchor, number)) for number in (0, 1, 4)] == [
        "2024-02-29",
        "2025-02-28",
        "2028-02-29",
    ]


@given(ANCHORS, st.integers(0, 60_000))
def test_every_day_lies_in_exactly_the_cycle_that_is_named(anchor: Anchor, day: int) -> None:
    number = cycle_of(anchor, Day(day))
    assert cycle_start(anchor, number) <= day < cycle_start(anchor, number + 1)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 400), min_size=2, max_size=6))
def test_parts_of_a_price_add_up_to_it(price: int, days: list[int]) -> None:
    start, *cuts, end = sorted(Day(day) for day in days)
    if start == end:
        end = Day(end + 1)
    assert sum(prorate(Amount(price), start, end, cuts)) == price


def test_the_divisor_is_the_whole_cycle_and_not_what_is_left_of_it() -> None:
    start, end = civil_day(2024, 1, 1), civil_day(2024, 4, 1)
    change, stop = civil_day(2024, 2, 19), civil_day(2024, 3, 1)
    # 49, 11 and 31 of 91 days; over the remaining 42 days, the second part would be more than twice as much.
    assert prorate(Amount(91), start, end, [change, stop]) == (49, 11, 31)


@pytest.mark.parametrize("cuts", [[5], [25], [15, 12]])
def test_cuts_outside_the_cycle_or_out_of_order_are_refused(cuts: list[int]) -> None:
    with pytest.raises(CycleError):
        prorate(Amount(1), Day(10), Day(20), [Day(cut) for cut in cuts])


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Juneau", "America/Sao_Paulo", "Asia/Tokyo"])
def test_days_tile_over_every_change_of_the_clocks(name: str) -> None:
    zone = zone_of(name, 2017, 2019)
    for day in range(civil_day(2017, 3, 1), civil_day(2019, 3, 1)):
        start = day_start(Day(day), zone)
        assert day_of(start, zone) == day
        assert day_of(Instant(start - 1), zone) == day - 1


def test_a_day_on_which_the_clocks_change_is_one_day_of_23_hours() -> None:
    zone = zone_of("Europe/Berlin", 2024, 2024)
    spring = civil_day(2024, 3, 31)
    length = day_start(Day(spring + 1), zone) - day_start(spring, zone)
    assert length == 23 * 3_600 * 10**6
    halves = prorate(Amount(310), civil_day(2024, 3, 1), civil_day(2024, 4, 1), [civil_day(2024, 3, 31)])
    assert halves == (300, 10)


@pytest.mark.parametrize("changes", [(), (OffsetChange(at=Instant(0), seconds=Count(86_400)),)])
def test_a_zone_without_sound_offsets_is_refused(changes: tuple[OffsetChange, ...]) -> None:
    with pytest.raises(CycleError):
        check_zone(Zone(name="nowhere", changes=changes))
