"""The tail of a replica's delay, and how many entries it leaves behind.

The first model is exponential through a measured 99th percentile; outages are not in it and are modelled
apart (``exposure``).

Source: ``claims.md`` 3.8, "P(diff > K)"; T4-F2.
"""

import math

PERCENTILE = 0.01
"""What exceeds a 99th percentile."""


def exceeds(delay_s: float, p99_s: float) -> float:
    """Return the chance that a delay with this 99th percentile exceeds ``delay_s``."""
    return float(PERCENTILE ** (delay_s / p99_s))


def behind(entries: float, rate: float, p99_s: float) -> float:
    """Return the chance that a replica is more than ``entries`` behind at ``rate`` entries per second."""
    return exceeds(entries / rate, p99_s)


def entries_for(chance: float, rate: float, p99_s: float) -> float:
    """Return how many entries a replica may be behind so that more has this chance."""
    return rate * p99_s * math.log(chance) / math.log(PERCENTILE)


def backlog_after(outage_s: float, rate: float) -> float:
    """Return the entries that wait after the link was down, whatever the delays were before."""
    return rate * outage_s


def drained_after(outage_s: float, rate: float, drain_rate: float) -> float:
    """Return how long a backlog lasts after an outage: infinite where draining is no faster than arriving."""
    return rate * outage_s / (drain_rate - rate) if drain_rate > rate else math.inf
