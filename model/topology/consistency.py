"""What in a topology does not go together with what is asked of it.

Each check computes from the data and says both values. A finding is no refusal: the documented topology has
several, and the simulator runs it all the same.

Source: XA-24, XA-25, XC-02, XC-03, XC-13, XD-17 to XD-19, XD-44, XD-47, XH-02, TF-2, TF-4, TF-5; C2, R2.1.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from billproof.model.identifiers import Count
from billproof.model.platform.pool import workers_of
from billproof.model.platform.spanner import nodes_needed
from billproof.model.platform.units import SECOND
from billproof.model.topology.records import (
    Mode,
    Region,
    Role,
    Store,
    StoreKind,
    Topology,
    region_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not go together."""

    code: str
    """What kind; a stable word."""
    text: str
    """Both values, and what follows."""
    source: str


def capacity_per_second(region: Region, topology: Topology) -> Count:
    """Return how many charges all instances of a region serve: ``instances x workers / service time``."""
    workers = workers_of(region.cpus) * region.instances_max
    return Count(workers * SECOND // topology.demand.service)


def survives_loss_of(store: Store, region: Region) -> bool:
    """Tell whether a store keeps a majority of its sites, hence every commit, without a region."""
    left = sum(1 for site in store.sites if site not in region.zones)
    return store.mode == Mode.QUORUM and 2 * left > len(store.sites)


def survives_loss_of_a_zone(store: Store) -> bool:
    """Tell whether a store keeps a majority of its sites without any one of them."""
    return store.mode == Mode.QUORUM and 2 * (len(store.sites) - 1) > len(store.sites)


def check_domains(topology: Topology) -> Iterator[Finding]:
    """An authoritative store needs 2f+1 sites, and outlives each zone and each region."""
    for store in topology.stores:
        if store.kind != StoreKind.SPANNER:
            continue
        if store.mode == Mode.QUORUM and len(store.sites) % 2 == 0:
            yield Finding(
                code="even_quorum",
                text=f"{store.name} has {len(store.sites)} sites: one more would bear one loss more",
                source="C2",
            )
        if not survives_loss_of_a_zone(store):
            yield Finding(
                code="zone_loss",
                text=f"{store.name} ({store.mode}, {len(store.sites)} sites) does not outlive every zone",
                source="XC-06",
            )
        for region in topology.regions:
            is_there = any(site in region.zones for site in store.sites)
            if is_there and not survives_loss_of(store, region):
                yield Finding(
                    code="region_loss",
                    text=f"{store.name} ({store.mode}) does not outlive {region.name}: "
                    "what it answered can be lost",
                    source="XA-22, XA-24, R2.1",
                )


def check_frontdoor(topology: Topology) -> Iterator[Finding]:
    """Whoever is to take over must be reachable, and the limit must mean something."""
    for region in topology.regions:
        if region.role == Role.STANDBY and region.name not in topology.frontdoor.backends:
            yield Finding(
                code="standby_unreachable",
                text=f"{region.name} is standby and no backend: no traffic can be routed to it",
                source="XA-25, TF-4",
            )
    most = max(capacity_per_second(region, topology) for region in topology.regions)
    if topology.frontdoor.requests_per_second_max > most:
        yield Finding(
            code="limit_never_sheds",
            text=f"the limit of {topology.frontdoor.requests_per_second_max:,} requests/s is above the "
            f"{most:,} that a backend serves",
            source="XD-47",
        )


def check_failover(topology: Topology) -> Iterator[Finding]:
    """The stages of a failover add up to what was promised, and something starts them."""
    failover = topology.failover
    total = failover.detection + failover.routing + failover.activation_max + failover.pager
    if total > failover.promised:
        yield Finding(
            code="recovery_too_slow",
            text=f"the stages take up to {total // SECOND} s, {failover.promised // SECOND} s are promised",
            source="XC-02, XC-03",
        )
    if failover.check_interval == 0:
        yield Finding(code="no_health_check", text="no health check is defined", source="TF-5")
    elif failover.check_interval > failover.detection:
        yield Finding(
            code="detection_too_fast",
            text=f"checks every {failover.check_interval // SECOND} s cannot notice a loss within "
            f"{failover.detection // SECOND} s",
            source="T4-R3",
        )


def check_capacity(topology: Topology) -> Iterator[Finding]:
    """Each region that serves or may have to carries the peak, and so do the nodes."""
    peak = topology.demand.peak_per_second
    for region in topology.regions:
        if region.role not in (Role.PRIMARY, Role.STANDBY):
            continue
        carried = capacity_per_second(region, topology)
        if carried < peak:
            yield Finding(
                code="instances_too_few",
                text=f"{region.name} serves {carried:,} charges/s with {region.instances_max} instances of "
                f"{region.cpus} vCPU; the peak is {peak:,}",
                source="XC-13, XD-17, XD-18, XD-19",
            )
    for store in topology.stores:
        if store.kind != StoreKind.SPANNER:
            continue
        writes = Count(peak * topology.demand.writes_per_event)
        needed = nodes_needed(writes, store.node_writes_per_second)
        if needed > store.nodes:
            yield Finding(
                code="nodes_too_few",
                text=f"{store.name} has {store.nodes} nodes; {writes:,} writes/s need {needed}",
                source="XD-31, XD-44",
            )


def check_residency(topology: Topology) -> Iterator[Finding]:
    """Personal data of a region of residency lies in it, whole."""
    for region in topology.regions:
        if region.role != Role.RESIDENCY:
            continue
        inside = [
            store
            for store in topology.stores
            if store.holds_personal_data and all(site in region.zones for site in store.sites)
        ]
        if not inside:
            yield Finding(
                code="residency_not_kept",
                text=f"{region.name} is for residency and no store with personal data lies in it alone",
                source="CP-1, XH-02, TF-2",
            )


def check_links(topology: Topology) -> Iterator[Finding]:
    """Two regions that hold one store are linked."""
    linked = {frozenset(link.regions) for link in topology.links}
    for store in topology.stores:
        names = {region.name for site in store.sites if (region := region_of(topology, site)) is not None}
        for one in sorted(names):
            for other in sorted(names):
                if one < other and frozenset((one, other)) not in linked:
                    yield Finding(
                        code="no_link",
                        text=f"{store.name} lies in {one} and {other}, and no link says how long that takes",
                        source="T4-L1",
                    )


CHECKS: Final[tuple[Callable[[Topology], Iterator[Finding]], ...]] = (
    check_domains,
    check_frontdoor,
    check_failover,
    check_capacity,
    check_residency,
    check_links,
)
"""Every check, in the order of the report."""


def inconsistencies(topology: Topology) -> tuple[Finding, ...]:
    """Return everything that does not go together."""
    return tuple(finding for check in CHECKS for finding in check(topology))
