"""Waiting lines by formula: Erlang B and C, the bounded line, Little's law, and latency for steady services.

Arrivals are Poisson, the line is first come first served, and the c workers are alike. With exponential
services (``scv`` 1) everything here is exact. For other services the chance of waiting is taken over from
Erlang C and the length of a wait is scaled by ``(1 + scv) / 2`` (Allen and Cunneen), which is exact for one
worker in the mean and good in heavy traffic; ``queueing`` measures how good.

Times are in seconds and floats: nothing here is money.

Source: Erlang 1917; Kleinrock, Queueing Systems I, 3.5 and 4.4; Allen 1990; PO-03, LA-04, LA-05, XD-18,
XD-24.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from billproof.model.portable import PortableError

_BISECTIONS: Final = 50

_QUANTILES: Final = 400
"""Points by which the time of a service is represented where it is neither constant nor exponential."""


class UnstableError(PortableError, ValueError):
    """A line that grows without bound has no steady state; whoever asked must offer less or add workers.

    Args:
        offered: Erlangs offered: arrivals times service time.
        workers: How many workers there are.
    """

    def __init__(self, offered: float, workers: int) -> None:
        super().__init__(
            f"{offered:.6g} erlangs are offered to {workers} workers; a steady state needs fewer erlangs "
            "than workers"
        )
        self.offered = offered
        self.workers = workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One line and its workers."""

    workers: int
    arrivals_per_second: float
    service_seconds: float
    """Mean time of one service."""
    scv: float = 1.0
    """Squared coefficient of variation of a service: 0 constant, 1 exponential."""

    @property
    def offered(self) -> float:
        """Erlangs offered: the mean number of busy workers if nothing is refused (Little's law)."""
        return self.arrivals_per_second * self.service_seconds

    @property
    def load(self) -> float:
        """Erlangs per worker."""
        return self.offered / self.workers


def erlang_b(workers: int, offered: float) -> float:
    """Return the share that is refused if nobody may wait: ``B(c) = a B(c-1) / (c + a B(c-1))``, B(0) = 1."""
    blocked = 1.0
    for worker in range(1, workers + 1):
        blocked = offered * blocked / (worker + offered * blocked)
    return blocked


def erlang_c(workers: int, offered: float) -> float:
    """Return the share that waits: ``C = B / (1 - a/c (1 - B))``.

    >>> round(erlang_c(1, 0.5), 12)
    0.5

    Raises:
        UnstableError: As much is offered as there are workers, or more.
    """
    if offered >= workers:
        raise UnstableError(offered, workers)
    blocked = erlang_b(workers, offered)
    return blocked / (1 - offered / workers * (1 - blocked))


def mean_wait(station: Station) -> float:
    """Return the mean wait in seconds: ``C s / (c - a)``, scaled by ``(1 + scv) / 2``.

    Raises:
        UnstableError: There is no steady state.
    """
    waiting = erlang_c(station.workers, station.offered)
    exponential = waiting * station.service_seconds / (station.workers - station.offered)
    return exponential * (1 + station.scv) / 2


def bounded_refusals(workers: int, room: int, offered: float) -> float:
    """Return the share that is refused by c workers and a line with room for so many (M/M/c/c+room).

    With ``r = a/c`` the states from c up are geometric: ``P(full) = p_c r^room``, with ``p_c`` found from
    Erlang B, which is the ratio of ``p_c`` to all states up to c.
    """
    blocked = erlang_b(workers, offered)
    ratio = offered / workers
    # Weights relative to p_c: states 0..c weigh 1/B, states c+1..c+room weigh r + ... + r^room. For a ratio
    # above one everything is divided by r^room, which would overflow.
    scale = ratio**-room if ratio > 1 else 1.0
    powers = ratio ** np.arange(1 - room, 1) if ratio > 1 else ratio ** np.arange(1, room + 1)
    total = scale / blocked + float(np.sum(powers))
    return (1.0 if ratio > 1 else ratio**room) / total


def little_rate(workers: int, service_seconds: float) -> float:
    """Return the most that workers serve in a second: ``c / s``.

    >>> round(little_rate(32, 0.070))
    457
    """
    return workers / service_seconds


def chain_rate(commit_seconds: float, entries_per_link: int) -> float:
    """Return the most entries a second of a chain whose links are committed one after the other: ``k / s``.

    >>> round(chain_rate(0.070, 1), 1)
    14.3
    """
    return entries_per_link / commit_seconds


def entries_needed(entries_per_second: float, commit_seconds: float) -> int:
    """Return how many entries one link must bind for a chain to keep up: ``ceil(rate x s)``, at least 1.

    >>> entries_needed(10_000, 0.070)
    700
    """
    return max(1, math.ceil(round(entries_per_second * commit_seconds, 9)))


def service_quantiles(service_seconds: float, scv: float) -> NDArray[np.float64]:
    """Return equally likely times of a service: constant, or gamma with this mean and variation."""
    if scv == 0:
        return np.full(1, service_seconds)
    middles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    found: NDArray[np.float64] = stats.gamma.ppf(middles, 1 / scv, scale=scv * service_seconds)
    return found


def sojourn_tail(station: Station, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shares that take longer than so many seconds from arrival to end.

    The wait is 0 with probability ``1 - C`` and else exponential at rate ``2 (c - a) / (s (1 + scv))``; it
    does not depend on the service that follows, so the two are convolved.

    Raises:
        UnstableError: There is no steady state.
    """
    waiting, rate = _wait_of(station)
    services = service_quantiles(station.service_seconds, station.scv)
    return _tails(np.full(len(seconds), waiting), np.full(len(seconds), rate), services, seconds)


def sojourn_percentile(stations: Sequence[Station], share: float) -> NDArray[np.float64]:
    """Return for each station the seconds within which this share of the requests end, by bisection.

    The stations have the same service.

    Raises:
        UnstableError: One of them has no steady state.
    """
    first = stations[0]
    waits = [_wait_of(station) for station in stations]
    waiting = np.array([wait for wait, _ in waits])
    rate = np.array([rate for _, rate in waits])
    services = service_quantiles(first.service_seconds, first.scv)
    # Whoever waits longer than the slowest of all services and this wait is rarer than the share left.
    late = np.log(np.maximum(waiting, 1 - share) / (1 - share) * 2) / rate
    low, high = np.zeros(len(stations)), services.max() + late
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        is_late = _tails(waiting, rate, services, middle) > 1 - share
        low, high = np.where(is_late, middle, low), np.where(is_late, high, middle)
    found: NDArray[np.float64] = high
    return found


def _wait_of(station: Station) -> tuple[float, float]:
    waiting = erlang_c(station.workers, station.offered)
    rate = 2 * (station.workers - station.offered) / (station.service_seconds * (1 + station.scv))
    return waiting, rate


def _tails(
    waiting: NDArray[np.float64],
    rate: NDArray[np.float64],
    services: NDArray[np.float64],
    seconds: NDArray[np.float64],
) -> NDArray[np.float64]:
    left = seconds[:, None] - services[None, :]
    exceeded = waiting[:, None] * np.exp(-rate[:, None] * np.maximum(left, 0))
    found: NDArray[np.float64] = np.where(left < 0, 1.0, exceeded).mean(axis=1)
    return found
