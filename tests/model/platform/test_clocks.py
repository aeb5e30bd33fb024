"""Clocks are wrong in the way that is stated, and nobody on the spot can tell."""

from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Instant
from billproof.model.platform.clocks import (
    LAWS,
    LocalClock,
    Shown,
    interval,
    is_promise_kept,
    reading,
    set_clock,
)
from billproof.model.platform.units import DAY, SECOND, Micros, PartsPerMillion

CLOCKS = st.builds(
    LocalClock,
    st.integers(0, DAY).map(Instant),
    st.integers(-DAY, DAY).map(Micros),
    st.integers(-999_999, 10**6).map(PartsPerMillion),
    st.integers(0, DAY).map(Micros),
)


@given(CLOCKS, st.integers(0, 10 * DAY), st.integers(0, 10 * DAY))
def test_the_law_holds_for_every_clock(clock: LocalClock, one: int, other: int) -> None:
    before, after = Shown(clock, Instant(min(one, other))), Shown(clock, Instant(max(one, other)))
    assert all(law.holds(before, after) for law in LAWS)


def test_the_law_fails_on_a_clock_that_runs_backwards() -> None:
    backwards = LocalClock(Instant(0), Micros(SECOND), PartsPerMillion(-2_000_000), Micros(0))
    by_name = {law.name: law for law in LAWS}
    assert not by_name["monotonic_unless_set"].holds(
        Shown(backwards, Instant(0)), Shown(backwards, Instant(5))
    )


def test_a_clock_gains_what_its_drift_says() -> None:
    clock = LocalClock(Instant(0), Micros(0), PartsPerMillion(100), Micros(0))
    assert reading(clock, Instant(DAY)) - DAY == 8_640_000, "100 ppm are 8.64 s a day"


def test_edge_clock_goes_back_when_set() -> None:
    clock = LocalClock(Instant(0), Micros(10 * SECOND), PartsPerMillion(0), Micros(0))
    before = reading(clock, Instant(50 * SECOND))
    corrected = set_clock(clock, Instant(55 * SECOND), Micros(0))
    assert reading(corrected, Instant(56 * SECOND)) < before


def test_edge_broken_promise_is_silent() -> None:
    honest = LocalClock(Instant(0), Micros(3), PartsPerMillion(0), Micros(5))
    broken = honest._replace(offset=Micros(6))
    assert is_promise_kept(honest, Instant(100))
    assert not is_promise_kept(broken, Instant(100))
    widths = {
        interval(clock, Instant(100)).latest - interval(clock, Instant(100)).earliest
        for clock in (honest, broken)
    }
    assert widths == {10}
