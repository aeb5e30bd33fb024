"""Single requests, exactly, where the load is highest: bounded queues, time-outs, uneven instances.

Theory of operation. Each instance is a lane of ``queueing``. Arrivals are a Poisson process at the rate of
the curve, split over the instances; a request is refused if the queue is full, and gone if it waited as long
as is allowed. Since service is in order of arrival, requests leave the queue in that order too, so the queue
is full exactly if the request that was accepted so many places before has not left it: one column of past
leaving times per lane decides. A refused request is put into the order of workers as the first of them was,
which changes nothing.

Choices. A window covers seconds in which the number of serving instances does not change, and begins with the
backlog of the fluid. Instances get even shares, or those that the tenant hash gives them (LF-01, IS-01),
with the largest customer on one of them.

Source: PO-03, PO-04, IS-01, LF-01; Kiefer and Wolfowitz 1955.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from billproof.model.platform.balancer import mixed
from billproof.simulations.capacity.fleet import (
    Month,
    instance_rate,
    queue_room,
    workers_per_instance,
)
from billproof.simulations.capacity.queueing import Lanes, draw_services, free_next
from billproof.simulations.capacity.scenario import Fleet, Scenario
from billproof.simulations.capacity.workload import STEP_SECONDS

_BLOCK: Final = 64
_EPSILON: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What happened to the requests of one window."""

    about: str
    routing: str
    step: int
    """The step of the month in which it begins."""
    seconds: float
    instances: int
    requests: int
    served: int
    refused: int
    """The queue was full: 429."""
    timed_out: int
    """Waited as long as is allowed."""
    mean_wait_ms: float
    """Of those that were served."""
    percentiles_ms: tuple[float, float, float]
    """p50, p95 and p99 from arrival to reply, of those that were served."""

    @property
    def lost_share(self) -> float:
        """The share that was not served."""
        return 1 - self.served / self.requests if self.requests else 0.0


def even_shares(instances: int) -> NDArray[np.float64]:
    """Return equal shares of the load."""
    return np.full(instances, 1 / instances)


def hashed_shares(scenario: Scenario, instances: int) -> NDArray[np.float64]:
    """Return the share of each instance if a tenant's hash, modulo the instances, names its instance."""
    customers = scenario.workload.customers
    hot = max(scenario.workload.hot_customer_percent / 100, 1 / customers)
    each = (1 - hot) / (customers - 1) if customers > 1 else 0.0
    counts = np.bincount([mixed(tenant) % instances for tenant in range(1, customers)], minlength=instances)
    shares = counts * each
    shares[mixed(0) % instances] += hot
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def simulate_window(
    scenario: Scenario,
    month: Month,
    step: int,
    seconds: float,
    *,
    seed: int,
    about: str,
    hashed: bool = False,
) -> Window:
    """Simulate the requests from the beginning of a step on, as long as the instances stay the same.

    Args:
        scenario: Pools, queues and services.
        month: Rates, instances, and the backlog to begin with.
        step: Where the window begins.
        seconds: How long it lasts at most.
        seed: Same seed, same result.
        about: Why here, for the report.
        hashed: Whether the tenant hash decides who serves whom.
    """
    count = int(month.serving[step])
    steps = 1
    while steps * STEP_SECONDS < seconds and _is_same(month, step + steps, count):
        steps += 1
    lasts = min(seconds, steps * STEP_SECONDS)
    shares = hashed_shares(scenario, count) if hashed else even_shares(count)
    rates = month.curve.rate[step : step + steps]
    backlog = month.queued[step - 1] / count if step else 0.0
    lanes = _Lanes(scenario.fleet, count, backlog, np.random.Generator(np.random.SFC64(seed)))
    lanes.run(shares, rates, lasts)
    return lanes.window(about, "tenant hash" if hashed else "even", step, lasts)


def _is_same(month: Month, step: int, count: int) -> bool:
    return step < len(month.serving) and int(month.serving[step]) == count


class _Lanes:
    """The instances of a window; mutable, as it is stepped through millions of requests."""

    def __init__(self, fleet: Fleet, count: int, backlog: float, draws: np.random.Generator) -> None:
        workers, service = workers_per_instance(fleet), fleet.service_ms / 1000
        room = int(queue_room(fleet, instance_rate(fleet)))
        waiting = min(int(backlog), room)
        pace = service / workers
        first = waiting * pace
        # A backlog keeps every worker busy until its turn; without one they are free.
        ends = first + pace * np.arange(workers) if waiting else np.zeros(workers)
        self._free: Lanes = np.repeat(ends[:, None], count, axis=1)  # pyright: ignore[reportAttributeAccessIssue] # of doubles
        self._spare: Lanes = np.empty_like(self._free)
        self._least: Lanes = np.empty((workers - 1, count))
        self._left = np.full((max(fleet.queue_max, 1), count), -1.0)
        self._left[:waiting] = (pace * np.arange(waiting))[:, None]
        self._oldest = np.full(count, waiting % max(fleet.queue_max, 1))
        self._bounded = fleet.queue_max > 0
        self._fleet = fleet
        self._draws = draws
        self._services = draw_services(draws, service, fleet.service_scv)
        self._counts = np.zeros(3, dtype=np.int64)
        self._waits: list[NDArray[np.float64]] = []
        self._sojourns: list[NDArray[np.float64]] = []

    def run(self, shares: NDArray[np.float64], rates: NDArray[np.float64], seconds: float) -> None:
        """Let requests come until the window ends."""
        count = len(shares)
        marks = np.append(np.arange(len(rates)) * float(STEP_SECONDS), len(rates) * float(STEP_SECONDS))
        volumes = np.append(0.0, np.cumsum(rates * STEP_SECONDS))
        # Past the marks nothing is wanted, but each lane must pass the end.
        marks, volumes = np.append(marks, marks[-1] * 2), np.append(volumes, volumes[-1] * 2 + 1.0)
        scale = 1 / np.maximum(shares, _EPSILON)
        passed = np.zeros(count)
        while True:
            gaps = self._draws.standard_exponential((_BLOCK, count)) * scale
            volume = passed + np.cumsum(gaps, axis=0)
            passed = volume[-1].copy()
            arrivals = np.interp(volume.ravel(), volumes, marks).reshape(volume.shape)
            inside = arrivals < seconds
            if not inside.any():
                return
            self._serve(arrivals, self._services((_BLOCK, count)), inside)

    def _serve(self, arrivals: Lanes, services: Lanes, inside: NDArray[np.bool_]) -> None:
        timeout, columns = self._fleet.queue_timeout_seconds, np.arange(arrivals.shape[1])
        starts, are_full = np.empty_like(arrivals), np.zeros(arrivals.shape, dtype=np.bool_)
        places = len(self._left)
        for step in range(_BLOCK):
            now, start = arrivals[step], starts[step]
            first = self._free[0]
            np.maximum(first, now, out=start)
            full = are_full[step]
            if self._bounded:
                np.greater(self._left[self._oldest, columns], now, out=full)
            else:
                np.greater(start, now, out=full)
            is_served = ~full & (start - now <= timeout)
            ends = np.where(is_served, start + services[step], first)
            if self._bounded:
                # Whoever was accepted leaves the queue by starting or by giving up, in order of arrival.
                accepted = np.nonzero(~full)[0]
                at = self._oldest[accepted]
                self._left[at, accepted] = np.minimum(start[accepted], now[accepted] + timeout)
                self._oldest[accepted] = (at + 1) % places
            free_next(self._free, ends, self._spare, self._least)
            self._free, self._spare = self._spare, self._free
        waits = starts - arrivals
        served = inside & ~are_full & (waits <= timeout)
        self._counts += (
            int(np.count_nonzero(served)),
            int(np.count_nonzero(inside & are_full)),
            int(np.count_nonzero(inside & ~are_full & (waits > timeout))),
        )
        self._waits.append(waits[served].sum(keepdims=True))
        self._sojourns.append((waits + services)[-1][served[-1]])

    def window(self, about: str, routing: str, step: int, seconds: float) -> Window:
        """Return what happened."""
        served, refused, timed_out = (int(number) for number in self._counts)
        sojourns = np.concatenate(self._sojourns) if self._sojourns else np.zeros(0)
        if not len(sojourns):
            sojourns = np.zeros(1)
        p50, p95, p99 = (
            float(1000 * value + self._fleet.overhead_ms)
            for value in np.quantile(sojourns, (0.5, 0.95, 0.99))
        )
        return Window(
            about=about,
            routing=routing,
            step=step,
            seconds=seconds,
            instances=len(self._oldest),
            requests=served + refused + timed_out,
            served=served,
            refused=refused,
            timed_out=timed_out,
            mean_wait_ms=1000 * float(np.sum(self._waits)) / max(served, 1),
            percentiles_ms=(p50, p95, p99),
        )
