"""What a design costs in latency and money: its switches decide how long a commit takes and what it needs.

Theory of operation. Two stores written one after the other hold a worker for both (70 ms); one commit with an
outbox for the one that decides (40 ms). A commit that waits for a quorum over regions also waits until the
nearest region that completes the majority has answered: twice the link of the repaired topology. A design
that replicates later answers sooner, and what was not replicated is exposed. A node takes fewer writes where
it spans regions (E6), and what is sent to the other regions is paid for.

Choices. A node has one price, as in the documents, however many replicas it has. Replies from memory are
quicker for the client and spare no worker, so they are shown and change no size.

Source: LA-04, LA-05, TF-1, T4-L1, XD-44, E6; ``system.md`` section 1.
"""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.resources import files
from typing import Final

from billproof.model.design import Design
from billproof.model.platform.units import MILLISECOND
from billproof.model.switches import AckPoint, Replication, WriteOrder
from billproof.model.topology.reading import read_topology
from billproof.model.topology.records import Mode, Store, Topology, region_of
from billproof.simulations.capacity.documented import whole
from billproof.simulations.capacity.erlang import Station, mean_wait, sojourn_percentile
from billproof.simulations.capacity.fleet import instance_rate, workers_per_instance
from billproof.simulations.capacity.scenario import Scenario
from billproof.simulations.economics.costs import MONTH_SECONDS, Volumes, bill_of, documented_ratios

NODE_WRITES_REGIONAL: Final = 3_500
"""Row writes a second of one node in one region (E6)."""

NODE_WRITES_MULTI_REGION: Final = 2_700
"""Row writes a second of one node over several regions (E6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """One design under the load of one scenario."""

    design: str
    commit_ms: float
    """How long one event holds a worker."""
    quorum_ms: float
    """Of that, waiting for the other region."""
    reply_p99_ms: float
    """At the target load; from memory if the design answers from there."""
    instances_at_peak: int
    """At the target load, whatever the limit is."""
    nodes_at_peak: int
    """At the provider's figure."""
    events_exposed: int
    """Answered and in one region only, at the peak."""
    chain_per_second: float
    """What one customer's chain commits."""
    cost_month: Decimal


def quorum_wait_ms(topology: Topology) -> float:
    """Return how long the leader waits for the region that completes a majority."""
    store = next(store for store in topology.stores if store.mode == Mode.QUORUM)
    delays = sorted(_delay(topology, store, site) for site in store.sites[1:])
    needed = len(store.sites) // 2
    return 2 * delays[needed - 1] / MILLISECOND


def _delay(topology: Topology, store: Store, site: str) -> int:
    leader = region_of(topology, store.sites[0])
    other = next(region for region in topology.regions if site in region.zones)
    assert leader is not None, f"{store.sites[0]} lies in no region, which reading a topology refuses"
    if leader.name == other.name:
        return 0
    return next(link.typical for link in topology.links if {leader.name, other.name} == set(link.regions))


def repaired_topology() -> Topology:
    """Return the shipped topology whose store spans regions."""
    text = files("billproof.model.topology").joinpath("repaired.toml").read_text(encoding="utf-8")
    return read_topology(text)


def scenario_of(design: Design, scenario: Scenario) -> Scenario:
    """Return a scenario with the services and chains of a design."""
    commit = whole("LA-05", "Spanner write {} ms")
    if design.write_order != WriteOrder.ONE_COMMIT_WITH_OUTBOX:
        commit += whole("LA-04", "Firestore write {} ms")
    quorum = quorum_wait_ms(repaired_topology()) if design.replication == Replication.SYNC_QUORUM else 0.0
    return replace(
        scenario,
        name=f"{scenario.name}, design {design.name}",
        fleet=replace(scenario.fleet, service_ms=commit + quorum),
        stores=replace(scenario.stores, chain_commit_ms=commit + quorum),
    )


def priced(design: Design, scenario: Scenario) -> Priced:
    """Return what a design costs under the load of a scenario, sized so that it carries the peak."""
    sized = scenario_of(design, scenario)
    fleet, workload = sized.fleet, scenario.workload
    is_sync = design.replication == Replication.SYNC_QUORUM
    at_target = instance_rate(fleet) * fleet.target_percent / 100
    writes = workload.peak_per_second * scenario.stores.operations_per_event
    nodes = math.ceil(writes / (NODE_WRITES_MULTI_REGION if is_sync else NODE_WRITES_REGIONAL))
    instances = max(fleet.instances_min, math.ceil(workload.steady_per_second / at_target))
    events = Decimal(str(workload.steady_per_second)) * MONTH_SECONDS
    bill = bill_of(
        Volumes(
            events=events,
            vcpu_seconds=instances * fleet.vcpu * MONTH_SECONDS,
            spanner_nodes=Decimal(nodes),
            standby_nodes=Decimal(0 if is_sync else scenario.stores.standby_nodes),
        ),
        scenario.prices,
    )
    station = Station(
        workers=workers_per_instance(fleet),
        arrivals_per_second=at_target,
        service_seconds=fleet.service_ms / 1000,
        scv=fleet.service_scv,
    )
    served = 1000 * float(sojourn_percentile([station], 0.99)[0])
    from_memory = design.ack_point == AckPoint.MEMORY_BUFFER
    copied = _copies(is_sync=is_sync) * events * documented_ratios().egress_gb * scenario.prices.egress_gb
    base = scenario_of(design, scenario).fleet.service_ms
    quorum = quorum_wait_ms(repaired_topology()) if is_sync else 0.0
    lag = 0.0 if is_sync else scenario.region.replication_lag_seconds
    return Priced(
        design=design.name,
        commit_ms=base,
        quorum_ms=quorum,
        reply_p99_ms=fleet.overhead_ms + (1000 * mean_wait(station) if from_memory else served),
        instances_at_peak=math.ceil(workload.peak_per_second / at_target),
        nodes_at_peak=nodes,
        events_exposed=round(workload.peak_per_second * lag),
        chain_per_second=scenario.stores.chain_entries / (sized.stores.chain_commit_ms / 1000),
        cost_month=bill.total + copied,
    )


def _copies(*, is_sync: bool) -> int:
    # Regions that get every write: the standby, and with a quorum over three regions the third as well.
    return 2 if is_sync else 1
