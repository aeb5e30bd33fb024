"""What a topology is.

Names are for people; whatever runs many steps uses the positions in these tuples.

Source: ``system.md`` sections 2 and 7; SC-17, SC-18, AS-01, AS-07, RS-01, TF-1 to TF-5; T4-L1 to T4-R3.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from billproof.model.identifiers import Count
from billproof.model.platform.units import Micros, PartsPerMillion

RegionName = NewType("RegionName", str)
"""The name of a region."""

ZoneName = NewType("ZoneName", str)
"""The name of a zone; unique in a topology."""

StoreName = NewType("StoreName", str)
"""The name of a store."""


class Role(StrEnum):
    """What a region is for."""

    PRIMARY = "primary"
    STANDBY = "standby"
    RESIDENCY = "residency"
    """Personal data that must not leave it."""
    WITNESS = "witness"
    """Votes and serves nobody."""


class StoreKind(StrEnum):
    """Which machine of ``platform`` a store is."""

    SPANNER = "spanner"
    FIRESTORE = "firestore"
    STORAGE = "storage"


class Mode(StrEnum):
    """How the sites of a store hold the same."""

    QUORUM = "quorum"
    """Each commit is in a majority of the sites before it is answered."""
    ASYNC = "async"
    """The first site answers; the others follow."""
    BACKUP = "backup"
    """The other sites have what was backed up; nothing follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region."""

    name: RegionName
    role: Role
    zones: tuple[ZoneName, ...]
    instances_min: Count
    instances_max: Count
    cpus: Count
    """Of each instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One store."""

    name: StoreName
    kind: StoreKind
    mode: Mode
    sites: tuple[ZoneName, ...]
    """Its failure domains, one zone each; the first leads."""
    nodes: Count
    node_writes_per_second: Count
    """Row writes that one node carries."""
    holds_personal_data: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How long a message or a replicated write takes between two regions, either way."""

    regions: tuple[RegionName, RegionName]
    typical: Micros
    """The median."""
    slow: Micros
    """The 99th of a hundred."""
    slowest: Micros
    """What is assumed to be the most; a partition is no delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """How a lost region is replaced, and what was promised of it."""

    check_interval: Micros
    """Between health checks; 0 if none is defined."""
    detection: Micros
    routing: Micros
    activation_min: Micros
    activation_max: Micros
    pager: Micros
    """How long a person may take to answer; 0 if nobody is asked."""
    promised: Micros
    """The documented recovery time of a region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockError:
    """How wrong clocks are."""

    error_max: Micros
    """The error that the time service promises not to pass."""
    drift_max: PartsPerMillion


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontdoor:
    """The balancer."""

    backends: tuple[RegionName, ...]
    """The regions it can send requests to."""
    requests_per_second_max: Count
    """Per backend; above it nothing is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What all of it is for."""

    steady_per_second: Count
    peak_per_second: Count
    writes_per_event: Count
    """Row writes of one charge."""
    service: Micros
    """How long one charge occupies a worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """All of it."""

    name: str
    regions: tuple[Region, ...]
    stores: tuple[Store, ...]
    links: tuple[Link, ...]
    failover: Failover
    clock: ClockError
    frontdoor: Frontdoor
    demand: Demand


def region_of(topology: Topology, zone: ZoneName) -> Region | None:
    """Return the region of a zone, or None if no region has it."""
    for region in topology.regions:
        if zone in region.zones:
            return region
    return None
