"""Waiting lines by simulation: exact for each request, many independent lines at once.

Theory of operation. First come first served with c workers needs no event list: it is enough to know when
each worker will be free, in order (Kiefer and Wolfowitz 1955). A request starts when the first worker is
free, and the time at which it ends is put into the order. In ``lanes`` independent lines this is a handful
of NumPy operations on columns, whatever happens in each lane. Every lane begins empty; its first requests
are thrown away, several relaxation times long. The lanes are the batches of the interval, and they are
independent by construction.

Choices. An event list in Python makes half a million requests a second, this more than ten million. Starting
each lane from the known steady state would spare the warm-up, and would assume what is to be checked.

Source: Kiefer and Wolfowitz 1955; Abate and Whitt 1987 on relaxation; ``performance.md``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from billproof.simulations.capacity.erlang import Station, UnstableError

Lanes: TypeAlias = NDArray[np.float64]
"""One number per lane, or one row per worker, step or sample."""

LANES_MAX: Final = 4096
"""More would not fit the processor's caches."""

_LANES_MIN: Final = 16
_BLOCK: Final = 64
_RELAXATIONS: Final = 12
"""Relaxation times of an empty lane that are thrown away."""

_WARMUP_SHARE: Final = 0.2
"""The most of all requests that may be warm-up, as long as there are lanes to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a simulated line measured."""

    requests: int
    """Measured, warm-up not counted."""
    discarded: int
    """Warm-up."""
    lanes: int
    mean_wait_seconds: float
    low_seconds: float
    """Lower end of the 95 % interval of the mean wait."""
    high_seconds: float
    """Upper end."""
    waiting_share: float
    """The share that waited at all."""
    sojourn_seconds: tuple[float, float, float]
    """p50, p95 and p99 from arrival to end."""

    def contains(self, seconds: float) -> bool:
        """Tell whether a mean wait lies within the interval."""
        return self.low_seconds <= seconds <= self.high_seconds


def free_next(free: Lanes, ends: Lanes, spare: Lanes, least: Lanes) -> None:
    """Write into ``spare`` the order of ``free`` without its first, and with ``ends`` put in its place.

    Each column of ``free`` is ascending. With ``g`` the others, place ``j`` of the new order is
    ``max(g[j-1], min(g[j], end))``. ``least`` is room for one row less.
    """
    others = free[1:]
    np.minimum(others, ends, out=least)
    if len(others):
        spare[0] = least[0]
        np.maximum(others[:-1], least[1:], out=spare[1:-1])
        np.maximum(others[-1], ends, out=spare[-1])
    else:
        spare[0] = ends


def draw_services(
    draws: np.random.Generator, service_seconds: float, scv: float
) -> Callable[[tuple[int, int]], Lanes]:
    """Return what draws times of services of this mean and variation."""

    def exponential(shape: tuple[int, int]) -> Lanes:
        return draws.standard_exponential(shape) * service_seconds

    def constant(shape: tuple[int, int]) -> Lanes:
        return np.full(shape, service_seconds)

    def gamma(shape: tuple[int, int]) -> Lanes:
        return draws.standard_gamma(1 / scv, shape) * (scv * service_seconds)

    if scv == 1:
        return exponential
    return constant if scv == 0 else gamma


def warm_up(station: Station) -> int:
    """Return how many requests of an empty lane are to be thrown away.

    The relaxation time of M/M/c is close to ``s / (c (1 - sqrt(load))^2)``, for ``scv`` above 1 that much
    more.
    """
    relaxation = 1 / (station.workers * (1 - math.sqrt(station.load)) ** 2)
    arrivals_per_service = station.offered
    return math.ceil(_RELAXATIONS * max(relaxation, 1) * arrivals_per_service * max(1, station.scv)) + _BLOCK


def simulate(station: Station, *, requests: int, seed: int, lanes: int | None = None) -> Measured:
    """Simulate so many requests of a line, warm-up included, and measure the waits of the rest.

    Args:
        station: The line; it must have a steady state.
        requests: How many in all lanes together; rounded up to whole blocks of every lane.
        seed: Same seed, same result.
        lanes: How many lines; by default as many as leave the warm-up a small share.

    Raises:
        UnstableError: There is no steady state to measure.
    """
    if station.load >= 1:
        raise UnstableError(station.offered, station.workers)
    cold = _BLOCK * math.ceil(warm_up(station) / _BLOCK)
    if lanes is None:
        lanes = min(LANES_MAX, max(_LANES_MIN, int(requests * _WARMUP_SHARE) // cold))
    blocks = max(cold // _BLOCK + 2, math.ceil(requests / (_BLOCK * lanes)))
    draws = np.random.Generator(np.random.SFC64(seed))
    services = draw_services(draws, station.service_seconds, station.scv)
    free, spare = np.zeros((station.workers, lanes)), np.zeros((station.workers, lanes))
    least, waits = np.empty((station.workers - 1, lanes)), np.empty((_BLOCK, lanes))
    totals, waited, samples = np.zeros(lanes), 0, []
    for block in range(blocks):
        gaps = draws.standard_exponential((_BLOCK, lanes)) / station.arrivals_per_second
        ends = services((_BLOCK, lanes))
        last = ends[-1].copy()
        for step in range(_BLOCK):
            # Times are relative to the arrival, which keeps them small; a wait is what is left of the first.
            free -= gaps[step]
            np.maximum(free[0], 0, out=waits[step])
            ends[step] += waits[step]
            free_next(free, ends[step], spare, least)
            free, spare = spare, free
        if block * _BLOCK >= cold:
            totals += waits.sum(axis=0)
            waited += int(np.count_nonzero(waits))
            samples.append(waits[-1] + last)
    measured = blocks * _BLOCK - cold
    return _measured(totals / measured, waited, np.concatenate(samples), (measured, cold))


def _measured(means: Lanes, waited: int, samples: Lanes, steps: tuple[int, int]) -> Measured:
    measured, cold = steps
    lanes = len(means)
    mean = float(means.mean())
    half = float(stats.t.ppf(0.975, lanes - 1)) * float(means.std(ddof=1)) / math.sqrt(lanes)
    p50, p95, p99 = (float(value) for value in np.quantile(samples, (0.5, 0.95, 0.99)))
    return Measured(
        requests=measured * lanes,
        discarded=cold * lanes,
        lanes=lanes,
        mean_wait_seconds=mean,
        low_seconds=mean - half,
        high_seconds=mean + half,
        waiting_share=waited / (measured * lanes),
        sojourn_seconds=(p50, p95, p99),
    )
