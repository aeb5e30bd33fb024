"""What breaks first as the load grows, and when the next upgrade is due.

Each resource is asked for the total load at which it is full, in requests a second of all customers together.
The first bottleneck is the one with the least. A chain of one customer counts with that customer's share of
the total.

Source: XD-15 to XD-24, XD-44; R6.6; FI-01.
"""

import math
from dataclasses import dataclass

from billproof.simulations.capacity.erlang import chain_rate
from billproof.simulations.capacity.fleet import instance_rate
from billproof.simulations.capacity.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing that can be full."""

    name: str
    capacity_per_second: float
    """Total load at which it is full."""
    peak_utilisation: float
    """The peak over its capacity; above 1 it cannot carry the peak."""
    customers_max: int | None
    """At the same load for each customer, how many it carries at the peak; None if their number does not
    matter."""
    months_left: float | None
    """Until there are more, at the growth of the scenario; 0 if there are already, None if never."""


def hot_share(scenario: Scenario) -> float:
    """Return the share of the largest customer: at least the mean share."""
    return max(scenario.workload.hot_customer_percent / 100, 1 / scenario.workload.customers)


def resources(scenario: Scenario) -> tuple[Resource, ...]:
    """Return every resource, the first bottleneck first."""
    stores, workload = scenario.stores, scenario.workload
    chain = chain_rate(stores.chain_commit_ms / 1000, stores.chain_entries)
    capacities = {
        "hot_customer_chain": chain / hot_share(scenario),
        "customer_chains": chain * workload.customers,
        "worker_pool": instance_rate(scenario.fleet) * scenario.fleet.instances_max,
        "spanner": stores.spanner_nodes * stores.node_operations_per_second / stores.operations_per_event,
    }
    if stores.firestore_writes_per_second:
        capacities["firestore"] = stores.firestore_writes_per_second
    found = [_resource(scenario, name, capacity) for name, capacity in capacities.items()]
    return tuple(sorted(found, key=lambda resource: resource.capacity_per_second))


def _resource(scenario: Scenario, name: str, capacity: float) -> Resource:
    workload = scenario.workload
    fitting = math.floor(capacity / workload.peak_per_second * workload.customers + 1e-9)
    most: int | None = fitting
    months: float | None
    if name == "customer_chains":
        # Each further customer brings a chain of its own: more of them do not fill it, busier ones do.
        is_carried = capacity >= workload.peak_per_second
        most, months = (None, None) if is_carried else (0, 0.0)
    elif workload.growth_per_month:
        months = max(0.0, (fitting - workload.customers) / workload.growth_per_month)
    else:
        months = 0.0 if fitting < workload.customers else None
    return Resource(
        name=name,
        capacity_per_second=capacity,
        peak_utilisation=workload.peak_per_second / capacity,
        customers_max=most,
        months_left=months,
    )
