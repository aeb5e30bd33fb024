"""Proportions from trials: exact intervals, and how many failures-free trials support a claim.

Source: ``claims.md`` 3.8, "> 99 %", "> 99.9 %", "99.99966 %"; Clopper and Pearson 1934.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from scipy.stats import binomtest, norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval of a proportion."""

    low: float
    high: float


def clopper_pearson(successes: int, trials: int, confidence: float) -> Interval:
    """Return the exact two-sided interval of a proportion."""
    found = binomtest(successes, trials).proportion_ci(confidence, method="exact")
    return Interval(low=float(found.low), high=float(found.high))


def wilson(successes: int, trials: int, confidence: float) -> Interval:
    """Return the score interval of a proportion, shorter and nearly exact."""
    found = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return Interval(low=float(found.low), high=float(found.high))


def trials_without_failure(share: Fraction, confidence: Fraction) -> int:
    """Return how many trials without a failure show that more than ``share`` succeed.

    Law: ``share**n <= 1 - confidence``, and not for one trial fewer. Near 1 the logarithm is taken of the
    complement, for a float does not tell ``1 - 1e-17`` from 1.
    """
    return math.ceil(math.log(float(1 - confidence)) / math.log1p(-float(1 - share)))


def binomial_tail(trials: int, least: int, chance: Fraction) -> Fraction:
    """Return the chance of at least ``least`` successes, exactly."""
    return sum(
        (
            math.comb(trials, count) * chance**count * (1 - chance) ** (trials - count)
            for count in range(least, trials + 1)
        ),
        Fraction(0),
    )


def six_sigma(sigmas: float) -> float:
    """Return the share below so many standard deviations: the convention of "six sigma" uses 4.5."""
    return float(norm.cdf(sigmas))
