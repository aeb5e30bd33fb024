"""Rates with exact intervals: what a campaign may claim of how often something happens.

Source: C. Clopper, E. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
binomial" (1934); ``simulation.md``: zero failures in n runs is reported as an upper bound.
"""

from dataclasses import dataclass
from typing import Final

from scipy.stats import beta

CONFIDENCE: Final = 0.95
"""Of the two-sided interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often something happened in independent runs, and between what its probability lies."""

    happened: int
    runs: int
    low: float
    high: float


def rate_of(happened: int, runs: int, *, confidence: float = CONFIDENCE) -> Rate:
    """Return a rate with its Clopper-Pearson interval.

    With nothing in n runs the interval is one-sided: the whole error is spent on the upper bound.

    Raises:
        ValueError: ``happened`` is not between 0 and ``runs``.
    """
    if not 0 <= happened <= runs:
        raise ValueError(f"{happened} of {runs} runs is no rate")
    if runs == 0:
        return Rate(happened=0, runs=0, low=0.0, high=1.0)
    error = 1 - confidence
    side = error if happened in (0, runs) else error / 2
    low = 0.0 if happened == 0 else _quantile(side, happened, runs - happened + 1)
    high = 1.0 if happened == runs else _quantile(1 - side, happened + 1, runs - happened)
    return Rate(happened=happened, runs=runs, low=low, high=high)


def _quantile(share: float, one: int, other: int) -> float:
    return float(beta.ppf(share, one, other))
