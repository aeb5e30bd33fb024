"""Alerts as the documents list them, with their gaps; and burn rates, which have none."""

from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Count
from billproof.model.platform.monitoring import (
    BURN_RATE_ALERTS,
    DOCUMENTED_AVAILABILITY,
    DOCUMENTED_ERRORS,
    LAWS,
    MILLION,
    YEAR,
    Alert,
    Metric,
    Minute,
    Severity,
    bad_share,
    burn_rate_tenths,
    due,
    due_by_burn_rate,
    last,
    time_to_exhaust,
)
from billproof.model.platform.units import DAY, MINUTE, Micros, PartsPerMillion

ALLOWED = PartsPerMillion(100)
"""0.01 % of errors (SL-03)."""


def constant(parts: int, minutes: int = 10) -> tuple[Minute, ...]:
    """Return minutes in each of which so many of a million events are bad."""
    return (Minute(Count(MILLION - parts), Count(parts)),) * minutes


def severities(alerts: tuple[Alert, ...], parts: int) -> list[Severity]:
    """Return what a constant share of bad events raises."""
    return [alert.severity for alert in due(alerts, constant(parts))]


def test_the_law_holds_for_the_documented_lists() -> None:
    for alerts in (DOCUMENTED_AVAILABILITY, DOCUMENTED_ERRORS):
        assert all(law.holds(alerts, alerts) for law in LAWS)


def test_the_law_fails_on_lists_that_overlap() -> None:
    """The documents' availability rules and error rules together speak twice of one share."""
    by_name = {law.name: law for law in LAWS}
    assert not by_name["one_severity"].holds((), DOCUMENTED_AVAILABILITY + DOCUMENTED_ERRORS)


def test_an_alert_needs_its_window_and_ends_with_it() -> None:
    bad = constant(20_000, 4)
    assert due(DOCUMENTED_AVAILABILITY, bad) == ()
    assert [alert.severity for alert in due(DOCUMENTED_AVAILABILITY, bad + constant(20_000, 1))] == [1]
    assert due(DOCUMENTED_AVAILABILITY, bad + constant(0, 5)) == ()


def test_bounds_belong_to_the_lower_severity() -> None:
    assert severities(DOCUMENTED_AVAILABILITY, 10_000) == [Severity.P2]
    assert severities(DOCUMENTED_AVAILABILITY, 10_001) == [Severity.P1]
    assert severities(DOCUMENTED_AVAILABILITY, 5_001) == [Severity.P2]


@given(st.lists(st.builds(Minute, st.integers(0, 9).map(Count), st.integers(0, 9).map(Count)), max_size=9))
def test_a_share_is_between_nothing_and_everything(minutes: list[Minute]) -> None:
    share = bad_share(tuple(minutes))
    assert 0 <= share <= MILLION
    assert (share == 0) >= (sum(minute.bad for minute in minutes) == 0)


def test_a_fast_burn_pages_and_a_slow_one_is_seen() -> None:
    assert burn_rate_tenths(constant(1_440), ALLOWED) == 144
    assert [one.severity for one in due_by_burn_rate(constant(1_440), ALLOWED)] == list(Severity)[:3]
    assert [one.severity for one in due_by_burn_rate(constant(100), ALLOWED)] == [Severity.P3]
    assert due_by_burn_rate(constant(99), ALLOWED) == ()


def test_a_burn_that_is_over_raises_nothing() -> None:
    assert due_by_burn_rate(constant(5_000, 60) + constant(0, 360), ALLOWED) == ()


def test_the_paging_burn_uses_two_percent_of_a_month_in_an_hour() -> None:
    """What the figure 14.4 means: 1 hour of 720, times 14.4, is 2 %."""
    page = BURN_RATE_ALERTS[0]
    assert page.times * page.long * 100 == 10 * 2 * 30 * DAY


def test_a_window_is_the_latest_minutes() -> None:
    minutes = (*constant(1, 3), *constant(2, 2))
    assert last(minutes, Micros(2 * MINUTE)) == constant(2, 2)


def test_twenty_metrics_are_listed_not_fifty() -> None:
    assert len(Metric) == 5 * 4


def test_edge_gap_without_a_severity() -> None:
    assert severities(DOCUMENTED_AVAILABILITY, 3_000) == []
    assert due_by_burn_rate(constant(3_000), ALLOWED)


def test_edge_alert_that_is_always_on() -> None:
    assert severities(DOCUMENTED_ERRORS, 0) == [Severity.P3]


def test_edge_budget_gone_before_the_pager() -> None:
    exhausted = time_to_exhaust(PartsPerMillion(9_000), ALLOWED, YEAR)
    assert exhausted * 100 // DAY == 405, "4.05 days and a little more: XI-02 says 4.06"
    assert Severity.P1 not in severities(DOCUMENTED_ERRORS, 9_000)
    assert due_by_burn_rate(constant(9_000), ALLOWED)[0].severity == Severity.P1


def test_edge_threshold_on_a_count() -> None:
    """One good request a minute is a count of 0.0167 a second, above 0.01, and no error at all."""
    one_a_minute = (Minute(Count(1), Count(0)),)
    assert 1 * MILLION // 60 > MILLION // 100
    assert bad_share(one_a_minute) == 0
