"""A month of the fleet, as a fluid: queues, refusals and latency between the decisions of the autoscaler.

Theory of operation. In each step of 30 s requests come at the rate of the curve and are spread evenly over
the instances that serve. What the workers, or a store behind them, cannot serve waits; what finds the queue
full, or would wait longer than allowed, is refused. The autoscaler is the model's own (``platform``), and
decides once a step from load, p99 and queue. Percentiles are those of the steady line with the same load
(``erlang``), behind the backlog that there is.

Choices. What changes within a step is not seen; ``windows`` looks at single requests where it matters. Load
means busy workers: the documents measure CPU, of which a worker that waits for a store uses little, so that
the documented rules would act later than here.

Source: AS-01 to AS-05, PO-03, PO-04, DB-01, XD-15 to XD-20.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.autoscaler import Autoscaler, Load, Rules, decide, new_autoscaler, serving
from billproof.model.platform.pool import workers_of
from billproof.model.platform.units import MILLISECOND, MINUTE, SECOND, Micros, Permille
from billproof.simulations.capacity.erlang import Station, little_rate, sojourn_percentile
from billproof.simulations.capacity.scenario import Fleet, Scenario, Stores
from billproof.simulations.capacity.workload import STEP_SECONDS, Curve

SHARES: Final = (0.25, 0.5, 0.65, 0.85, 0.925, 0.95, 0.965, 0.985, 0.99, 0.995, 0.999)
"""Which percentiles are computed in each step."""

P50, P95, P99 = SHARES.index(0.5), SHARES.index(0.95), SHARES.index(0.99)
"""The rows of the three that are shown."""

_PIECES: Final = ((0, 0.5), (2, 0.3), (3, 0.1), (4, 0.05), (6, 0.03), (7, 0.01), (9, 0.008), (10, 0.002))
"""Rows that stand for the middle of a piece of the distribution, each with the size of its piece."""

_GRID: Final = 100
_LOAD_MAX: Final = 0.99
"""Above this load a step is too short for the steady line to be reached; the backlog takes over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What happened in each step."""

    curve: Curve
    instances: NDArray[np.int64]
    """Serving or starting."""
    serving: NDArray[np.int64]
    load: NDArray[np.float64]
    """Of the workers: offered over possible; above 1 there are too few."""
    queued: NDArray[np.float64]
    """In all queues at the end of the step."""
    served: NDArray[np.float64]
    """Requests in the step."""
    refused: NDArray[np.float64]
    """Requests in the step that found the queue full or waited too long."""
    latency_ms: NDArray[np.float64]
    """One row for each of ``SHARES``, from arrival to reply."""
    spanner_load: NDArray[np.float64]
    """Operations over what the nodes carry."""


def workers_per_instance(fleet: Fleet) -> int:
    """Return how many workers an instance has."""
    return workers_of(Count(fleet.vcpu))


def instance_rate(fleet: Fleet) -> float:
    """Return how many requests an instance serves in a second: workers over service time (Little's law)."""
    return little_rate(workers_per_instance(fleet), fleet.service_ms / 1000)


def stores_rate(stores: Stores) -> float:
    """Return how many events the stores take in a second: the least that any of them takes."""
    spanner = stores.spanner_nodes * stores.node_operations_per_second / stores.operations_per_event
    return min(spanner, stores.firestore_writes_per_second or spanner)


def queue_room(fleet: Fleet, rate_per_instance: float) -> float:
    """Return how many wait at one instance at most: what fits, and what does not wait too long."""
    return min(float(fleet.queue_max), rate_per_instance * fleet.queue_timeout_seconds)


def rules_of(fleet: Fleet) -> Rules:
    """Return the rules of the model's autoscaler."""
    return Rules(
        least=Count(fleet.instances_min),
        hard_limit=Count(fleet.instances_max),
        soft_limit=Count(fleet.soft_limit),
        target=Permille(10 * fleet.target_percent),
        high=Permille(10 * fleet.high_percent),
        low=Permille(10 * fleet.low_percent),
        low_for=Micros(fleet.low_minutes * MINUTE),
        step_up=Count(fleet.step_up),
        step_down=Count(fleet.step_down),
        latency_max=Micros(round(fleet.latency_max_ms * MILLISECOND)),
        queue_max=Count(fleet.queue_high),
        spin_up=Micros(fleet.spin_up_seconds * SECOND),
    )


def latency_grid(fleet: Fleet) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return loads, and at each of them the milliseconds from arrival to reply, one row for each share."""
    workers, service = workers_per_instance(fleet), fleet.service_ms / 1000
    loads = np.linspace(0.0, _LOAD_MAX, _GRID)
    stations = [
        Station(
            workers=workers,
            arrivals_per_second=max(load, 1e-9) * little_rate(workers, service),
            service_seconds=service,
            scv=fleet.service_scv,
        )
        for load in loads
    ]
    rows = [1000 * sojourn_percentile(stations, share) + fleet.overhead_ms for share in SHARES]
    return loads, np.array(rows)


def percentile_of_month(month: Month, share: float) -> float:
    """Return the milliseconds within which this share of all served requests were answered.

    Each step counts by what it served; within a step a few rows stand for all requests.
    """
    rows = np.concatenate([month.latency_ms[row] for row, _ in _PIECES])
    weights = np.concatenate([size * month.served for _, size in _PIECES])
    order = np.argsort(rows, kind="stable")
    reached = np.cumsum(weights[order])
    return float(rows[order][np.searchsorted(reached, share * reached[-1])])


def instances_for(fleet: Fleet, rate: float) -> int:
    """Return how many instances bring the load to the target, within the limits."""
    needed = -(-rate * 100 // (instance_rate(fleet) * fleet.target_percent))
    return int(min(fleet.instances_max, max(fleet.instances_min, needed)))


def simulate_month(scenario: Scenario, curve: Curve) -> Month:
    """Run the fleet over a curve."""
    fleet = scenario.fleet
    per_instance, behind = instance_rate(fleet), stores_rate(scenario.stores)
    loads, grid = latency_grid(fleet)
    p99_of_load = np.interp(np.arange(1001) / 1000, loads, grid[P99])
    steps = len(curve.rate)
    serving_now, instances = np.empty(steps, np.int64), np.empty(steps, np.int64)
    queued, served, refused, wait = (np.empty(steps) for _ in range(4))
    scaler = new_autoscaler(rules_of(fleet), Count(instances_for(fleet, float(curve.rate[0]))))
    waiting = 0.0
    for step in range(steps):
        now, rate = Instant(step * STEP_SECONDS * SECOND), float(curve.rate[step])
        count = serving(scaler, now)
        able = min(count * per_instance, behind)
        room = count * queue_room(fleet, able / count) if count else 0.0
        left = waiting + (rate - able) * STEP_SECONDS
        lost = max(0.0, left - room)
        after = min(max(0.0, left), room)
        instances[step], serving_now[step] = scaler.instances, count
        served[step] = waiting + rate * STEP_SECONDS - lost - after
        refused[step], queued[step] = lost, after
        # What is waited for a backlog is the mean of its beginning and its end.
        wait[step] = (waiting + after) / 2 / able if able else 0.0
        scaler = _decided(scaler, (rate, count, after, wait[step]), (per_instance, p99_of_load), now)
        waiting = after
    offered = curve.rate / np.maximum(serving_now * per_instance, 1e-9)
    steady = np.array([np.interp(np.minimum(offered, _LOAD_MAX), loads, row) for row in grid])
    spanner = scenario.stores.spanner_nodes * scenario.stores.node_operations_per_second
    return Month(
        curve=curve,
        instances=instances,
        serving=serving_now,
        load=offered,
        queued=queued,
        served=served,
        refused=refused,
        # Behind a backlog every request waits about as long; its own service varies as without one.
        latency_ms=np.where(wait > 0, grid[:, :1] + 1000 * wait[None, :], steady),
        spanner_load=served / STEP_SECONDS * scenario.stores.operations_per_event / spanner,
    )


def _decided(
    scaler: Autoscaler,
    seen: tuple[float, int, float, float],
    known: tuple[float, NDArray[np.float64]],
    now: Instant,
) -> Autoscaler:
    rate, count, queued, wait = seen
    per_instance, p99_of_load = known
    load = min(1000, int(1000 * rate / (count * per_instance))) if count else 1000
    if queued > 0:
        load = 1000
    latency_ms = float(p99_of_load[load if not queued else 0]) + 1000 * wait
    measured = Load(
        load=Permille(load),
        latency=Micros(int(latency_ms * MILLISECOND)),
        queued=Count(int(queued / count) if count else 0),
    )
    return decide(scaler, measured, now)
