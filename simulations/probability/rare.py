"""Rare events: repeated trials, Poisson arrivals, and what a count without events says of a rate.

Source: ``claims.md`` 3.8, "10^-9 per transaction", "10^-7 per customer-year", "once per 100 years".
"""

import math

from scipy.stats import chi2


def at_least_one(chance: float, trials: float) -> float:
    """Return the chance of at least one event in repeated trials, also for chances far below 1e-16."""
    return -math.expm1(trials * math.log1p(-chance))


def expected(chance: float, trials: float) -> float:
    """Return the expected number of events."""
    return chance * trials


def poisson_at_least_one(rate: float, time: float) -> float:
    """Return the chance of at least one arrival."""
    return -math.expm1(-rate * time)


def poisson_interval(count: int, confidence: float) -> tuple[float, float]:
    """Return the exact interval of the expected number of events, after Garwood."""
    tail = (1 - confidence) / 2
    low = float(chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * count + 2)) / 2
