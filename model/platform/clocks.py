"""Clocks that are wrong in a stated way: an offset, a drift, and the interval that a time service promises.

Theory of operation. A clock shows true time plus its offset plus its drift since it was last set. A time
service gives an interval around the reading, as wide as the error it promises; the promise is kept while
the real error is no larger, which nobody on the spot can tell.

Source: C2 (clocks may be arbitrarily wrong unless a rule says otherwise); G-07; ``simulation.md`` fault 8.
"""

from typing import Final, NamedTuple

from billproof.model.identifiers import Instant
from billproof.model.platform.law import Assumption, Law, SharpEdge
from billproof.model.platform.spanner import Clock
from billproof.model.platform.units import Micros, PartsPerMillion

MILLION: Final = 1_000_000
"""Parts in the whole."""


class LocalClock(NamedTuple):
    """One clock."""

    set_at: Instant
    """The true time at which it was last set."""
    offset: Micros
    """By how much it was wrong then; positive is ahead."""
    drift: PartsPerMillion
    """How much it gains per true time; negative loses."""
    promised_error: Micros
    """How wrong the time service says it is at most."""


def reading(clock: LocalClock, true: Instant) -> Instant:
    """Return what the clock shows; the drift is rounded towards the past."""
    gained = (true - clock.set_at) * clock.drift // MILLION
    return Instant(max(0, true + clock.offset + gained))


def interval(clock: LocalClock, true: Instant) -> Clock:
    """Return what the time service says."""
    shown = reading(clock, true)
    return Clock(Instant(max(0, shown - clock.promised_error)), Instant(shown + clock.promised_error))


def is_promise_kept(clock: LocalClock, true: Instant) -> bool:
    """Tell whether true time lies in the interval: a fact about the world, not about what anybody knows."""
    earliest, latest = interval(clock, true)
    return earliest <= true <= latest


def set_clock(clock: LocalClock, true: Instant, offset: Micros) -> LocalClock:
    """Set the clock, to a reading that is off by so much: a step, forward or back."""
    return LocalClock(true, offset, clock.drift, clock.promised_error)


class Shown(NamedTuple):
    """A clock at a moment."""

    clock: LocalClock
    true: Instant


def is_monotonic_unless_set(before: Shown, after: Shown) -> bool:
    """Tell whether a clock that was not set did not go back."""
    if before.clock != after.clock or after.true < before.true:
        return True
    return reading(after.clock, after.true) >= reading(before.clock, before.true)


LAWS: Final[tuple[Law[Shown], ...]] = (
    Law(
        name="monotonic_unless_set",
        statement="a clock that nobody sets and that loses less than everything never goes back",
        source="G-07",
        holds=is_monotonic_unless_set,
        grounds=(Assumption.FAULT_SET,),
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="clock_goes_back_when_set",
        statement="a clock that is set shows a moment twice; order by its readings is no order",
        source="XA-45, T6-S4, G-07",
    ),
    SharpEdge(
        name="broken_promise_is_silent",
        statement="a clock that is further off than promised answers as before",
        source="C2",
    ),
)
