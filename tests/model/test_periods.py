"""Instants are integers with one text each, and every one lies in exactly one half-open month."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Instant, Period
from billproof.model.periods import (
    INSTANT_MAX,
    PERIOD_MAX,
    PERIOD_MIN,
    InstantFormatError,
    InstantRangeError,
    PeriodFormatError,
    parse_canonical_instant,
    parse_focus_instant,
    parse_instant,
    parse_period,
    period_end,
    period_of,
    period_of_text,
    period_start,
    render_instant,
    render_period,
)

INSTANTS = st.integers(0, INSTANT_MAX).map(Instant)
SEPTEMBER = Period(2024 * 12 + 8)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("2024-09-18T22:00:00Z", "2024-09-18T22:00:00Z"),
        ("2024-09-18T22:00:00.500000Z", "2024-09-18T22:00:00.5Z"),
        ("2024-09-18T22:00:00.000001Z", "2024-09-18T22:00:00.000001Z"),
        ("2024-09-19T00:00:00+02:00", "2024-09-18T22:00:00Z"),
        ("2024-09-18T12:00:00-10:00", "2024-09-18T22:00:00Z"),
        ("1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00Z"),
        ("2024-09-18T22:00:00-00:00", "2024-09-18T22:00:00Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_an_rfc_3339_instant_is_read_and_its_canonical_text_written(text: str, canonical: str) -> None:
    assert render_instant(parse_instant(text)) == canonical
    assert parse_canonical_instant(canonical) == parse_instant(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "RFC 3339"),
        ("2024-09-18", "RFC 3339"),
        ("2024-09-18 22:00:00Z", "RFC 3339"),
        ("2024-09-18t22:00:00z", "RFC 3339"),
        ("2024-09-18T22:00:00", "RFC 3339"),
        ("2024-09-18T22:00Z", "RFC 3339"),
        ("2024-09-18T22:00:00.Z", "RFC 3339"),
        ("2024-09-18T22:00:00.1234567Z", "RFC 3339"),
        ("2024-09-18T22:00:00Z\n", "RFC 3339"),
        ("\u0662024-09-18T22:00:00Z", "RFC 3339"),
        ("2024-13-01T00:00:00Z", "does not exist"),
        ("2023-02-29T00:00:00Z", "does not exist"),
        ("2024-04-31T00:00:00Z", "does not exist"),
        ("0000-01-01T00:00:00Z", "does not exist"),
        ("2024-09-18T24:00:00Z", "does not exist"),
        ("2024-09-18T23:60:00Z", "does not exist"),
        ("2016-12-31T23:59:60Z", "leap second"),
        ("2024-09-18T22:00:61Z", "does not exist"),
        ("2024-09-18T22:00:00+24:00", "offset"),
    ],
)
def test_any_other_text_is_refused_with_its_fault(text: str, says: str) -> None:
    with pytest.raises(InstantFormatError, match=says):
        parse_instant(text)


@pytest.mark.parametrize(
    "text", ["1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"]
)
def test_an_instant_outside_the_range_is_refused(text: str) -> None:
    with pytest.raises(InstantRangeError, match="1970"):
        parse_instant(text)


@pytest.mark.parametrize("instant", [-1, INSTANT_MAX + 1])
def test_a_number_outside_the_range_is_no_instant(instant: int) -> None:
    with pytest.raises(InstantRangeError):
        render_instant(Instant(instant))
    with pytest.raises(InstantRangeError):
        period_of(Instant(instant))
    with pytest.raises(InstantRangeError):
        parse_canonical_instant("1969-12-31T23:59:59Z")


@pytest.mark.parametrize("text", ["2024-09-18 22:00:00", "2024-09-18T22:00:00Z", "2024-09-18 22:00:00.000"])
def test_both_focus_forms_are_utc(text: str) -> None:
    assert parse_focus_instant(text) == 1_726_696_800_000_000


@pytest.mark.parametrize(
    "text",
    [
        "2024-09-18",
        "2024-09-18T22:00:00",
        "2024-09-18 22:00:00Z",
        "NULL",
        "2023-02-29 00:00:00",
        "2016-12-31 23:59:60",
    ],
)
def test_a_text_that_is_neither_focus_form_is_refused(text: str) -> None:
    with pytest.raises(InstantFormatError):
        parse_focus_instant(text)


@given(INSTANTS)
def test_parsing_inverts_rendering_and_agrees_with_datetime(instant: Instant) -> None:
    text = render_instant(instant)
    assert parse_instant(text) == parse_canonical_instant(text) == instant
    assert datetime.fromisoformat(text) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)


def test_every_day_of_four_centuries_has_the_number_that_counting_gives() -> None:
    """An independent calendar: count days month by month under the Gregorian rule."""
    days = 0
    for year in range(1970, 2371):
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        for month, length in enumerate((31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)):
            period = Period(year * 12 + month)
            assert period_start(period) == days * 86_400_000_000
            days += length
            assert period_end(period) == days * 86_400_000_000


@given(INSTANTS)
def test_an_instant_lies_in_its_own_period_and_in_no_other(instant: Instant) -> None:
    period = period_of(instant)
    assert period_start(period) <= instant < period_end(period)


@given(st.integers(PERIOD_MIN, PERIOD_MAX - 1).map(Period))
def test_periods_meet_without_gap_or_overlap(period: Period) -> None:
    assert period_end(period) == period_start(Period(period + 1))
    assert period_of(period_start(period)) == period
    assert period_of(Instant(period_end(period) - 1)) == period
    assert parse_period(render_period(period)) == period


def test_the_last_period_ends_where_the_range_ends() -> None:
    assert period_end(PERIOD_MAX) == INSTANT_MAX + 1


@pytest.mark.parametrize("period", [PERIOD_MIN - 1, PERIOD_MAX + 1])
def test_a_period_outside_the_range_has_no_bounds(period: int) -> None:
    with pytest.raises(InstantRangeError):
        period_start(Period(period))
    with pytest.raises(InstantRangeError):
        period_end(Period(period))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2024-9", "YYYY-MM"),
        ("2024-09-01", "YYYY-MM"),
        ("", "YYYY-MM"),
        ("2024-00", "no month 0"),
        ("2024-13", "no month 13"),
        ("1969-12", "before 1970"),
    ],
)
def test_a_text_that_is_no_period_is_refused(text: str, says: str) -> None:
    with pytest.raises(PeriodFormatError, match=says):
        parse_period(text)


def test_small_period_numbers_of_exploration_have_texts_too() -> None:
    assert render_period(Period(0)) == "0000-01"
    assert period_of_text("0000-01") == 0
    assert render_period(SEPTEMBER) == "2024-09"


@pytest.mark.parametrize("period", [-1, PERIOD_MAX + 1])
def test_a_number_that_is_no_period_is_refused(period: int) -> None:
    with pytest.raises(PeriodFormatError):
        render_period(Period(period))
