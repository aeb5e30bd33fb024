"""How many requests a second, at each moment of a month: days, weeks, and sales.

Three groups of customers (CS-22) each have a day that swings about its mean like a cosine, highest in the
afternoon where they are; weekends are quieter; the mean of an ordinary week is the steady load. A sale lifts
the load to its peak, or leaves it where the usual load is higher. One customer has a share of everything.

Choices. The daily shape is assumed, as no document gives one; its height is a field of the scenario.

Source: CS-02, CS-20, CS-22, BF-1 to BF-4.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from billproof.model.periods import MICROS_PER_SECOND, SECONDS_PER_DAY, period_end, period_start
from billproof.simulations.capacity.documented import figure
from billproof.simulations.capacity.scenario import Sale, Scenario

STEP_SECONDS: Final = 30
"""Time of one step: how often the autoscaler decides. The documents do not say (XD-28 assumes the same)."""

_BUSIEST_HOURS: Final = (("{} % US", 21), ("{} % EU", 14), ("{} % APAC", 7))
"""The hour, UTC, at which each group is busiest: 15 h where they are, at UTC-6, +1 and +8."""

_FRIDAY: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The load of a month."""

    begin: datetime
    rate: NDArray[np.float64]
    """Requests per second in each step."""
    is_sale: NDArray[np.bool_]
    """Whether a sale lifts the load in this step."""

    def when(self, step: int) -> str:
        """Return when a step begins, as RFC 3339."""
        moment = self.begin.timestamp() + step * STEP_SECONDS
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(scenario: Scenario) -> int:
    """Return how long the month of a scenario is."""
    return (period_end(scenario.month) - period_start(scenario.month)) // MICROS_PER_SECOND


def curve_of(scenario: Scenario) -> Curve:
    """Return the load of each step of the month."""
    begin = datetime.fromtimestamp(period_start(scenario.month) // MICROS_PER_SECOND, UTC)
    seconds = np.arange(0, seconds_of(scenario), STEP_SECONDS, dtype=np.float64)
    usual = scenario.workload.steady_per_second * _day(scenario, seconds) * _week(scenario, begin, seconds)
    rate, is_sale = usual, np.zeros(len(usual), dtype=np.bool_)
    for sale in scenario.sales:
        lifted = _lifted(sale, seconds, usual)
        is_sale |= lifted > rate
        rate = np.maximum(rate, lifted)
    return Curve(begin=begin, rate=rate, is_sale=is_sale)


def _day(scenario: Scenario, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    swing = scenario.workload.swing_percent / 100
    hours = seconds / 3600 % 24
    shape = np.zeros_like(seconds)
    for pattern, busiest in _BUSIEST_HOURS:
        share = float(figure("CS-22", pattern)) / 100
        shape += share * (1 + swing * np.cos((hours - busiest) * (2 * np.pi / 24)))
    return shape


def _week(scenario: Scenario, begin: datetime, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    weekend = scenario.workload.weekend_percent / 100
    days = (begin.weekday() + seconds // SECONDS_PER_DAY) % 7
    return np.where(days > _FRIDAY, weekend, 1.0) * (7 / (5 + 2 * weekend))


def _lifted(sale: Sale, seconds: NDArray[np.float64], usual: NDArray[np.float64]) -> NDArray[np.float64]:
    begin = (sale.day - 1) * SECONDS_PER_DAY + sale.hour * 3600
    ramp, hold = 60 * sale.ramp_minutes, 60 * sale.hold_minutes
    points = (begin, begin + ramp, begin + ramp + hold, begin + 2 * ramp + hold)
    height = np.interp(seconds, points, (0.0, 1.0, 1.0, 0.0), left=0.0, right=0.0)
    return usual + height * np.maximum(sale.peak_per_second - usual, 0)
