"""What can be asked: the workload, the fleet, the stores, the objectives and the prices of one scenario.

Every field says in ``limits`` what it may be and where its documented value comes from; reading files, the
messages about them, the template and the pages all come from there.

Source: ``capacity.md``; ``claims.md`` part 4.
"""

from dataclasses import dataclass, field, fields
from typing import Final, TypeAlias

from billproof.model.identifiers import Period
from billproof.simulations.economics.prices import Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a field may be."""

    low: float
    high: float
    unit: str
    about: str
    is_whole: bool

    def text(self) -> str:
        """Return the allowed range in words."""
        kind = "a whole number" if self.is_whole else "a number"
        return f"{kind} from {self.low:,.12g} to {self.high:,.12g}{f' {self.unit}' if self.unit else ''}"


_LIMITS: Final = "limits"


def _of(low: float, high: float, unit: str, about: str) -> dict[str, Limits]:
    return {_LIMITS: Limits(low=low, high=high, unit=unit, about=about, is_whole=False)}


def _whole(low: int, high: int, unit: str, about: str) -> dict[str, Limits]:
    return {_LIMITS: Limits(low=low, high=high, unit=unit, about=about, is_whole=True)}


_RATE: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """Some hours in which far more is sold: a ramp up, a plateau, a ramp down."""

    name: str
    day: int = field(metadata=_whole(1, 31, "day of the month", "when the ramp begins"))
    hour: int = field(metadata=_whole(0, 23, "hour, UTC", "when the ramp begins"))
    ramp_minutes: int = field(
        metadata=_whole(1, 1440, "min", "from the usual load to the peak (BF-1 to BF-3)")
    )
    hold_minutes: int = field(metadata=_whole(0, 2880, "min", "at the peak (BF-3, BF-4)"))
    peak_per_second: float = field(metadata=_of(0.001, _RATE, "requests/s", "on the plateau"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Who asks how much, and when."""

    customers: int = field(metadata=_whole(1, 10_000_000, "customers", "who send events"))
    steady_per_second: float = field(metadata=_of(0.001, _RATE, "requests/s", "mean of an ordinary week"))
    peak_per_second: float = field(metadata=_of(0.001, _RATE, "requests/s", "what must be carried"))
    hot_customer_percent: float = field(metadata=_of(0, 100, "%", "share of the largest customer (CS-14)"))
    swing_percent: float = field(metadata=_of(0, 100, "%", "how far a day swings about its mean; assumed"))
    weekend_percent: float = field(
        metadata=_of(0, 200, "% of a working day", "load on a weekend day; assumed")
    )
    growth_per_month: float = field(metadata=_of(0, 1e6, "customers", "new customers each month (FI-01)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The instances, their pools, and the rules by which there are more or fewer."""

    vcpu: int = field(
        metadata=_whole(1, 256, "vCPU", "of one instance; the platform gives at most 8 (AS-08)")
    )
    instances_min: int = field(metadata=_whole(1, 100_000, "instances", "the least (AS-01)"))
    instances_max: int = field(metadata=_whole(1, 100_000, "instances", "the hard limit (AS-03)"))
    soft_limit: int = field(metadata=_whole(1, 100_000, "instances", "above it an alert is due (AS-03)"))
    queue_max: int = field(metadata=_whole(0, 1_000_000, "requests", "that wait at one instance (PO-04)"))
    queue_timeout_seconds: float = field(metadata=_of(0.001, 3600, "s", "the longest wait (PO-04)"))
    service_ms: float = field(metadata=_of(0.001, 60_000, "ms", "a worker is held (LA-04, LA-05)"))
    service_scv: float = field(
        metadata=_of(0, 16, "", "variation of it: 0 constant, 1 exponential; constant as documented")
    )
    overhead_ms: float = field(metadata=_of(0, 60_000, "ms", "of the other stages (LA-01 to LA-07)"))
    target_percent: int = field(metadata=_whole(1, 100, "%", "load the target rule aims at (AS-01)"))
    high_percent: int = field(metadata=_whole(1, 100, "%", "load above which there are more (AS-02)"))
    low_percent: int = field(metadata=_whole(0, 100, "%", "load below which there are fewer (AS-02)"))
    low_minutes: int = field(metadata=_whole(0, 1440, "min", "the load must be low (AS-02)"))
    step_up: int = field(metadata=_whole(1, 10_000, "instances", "added at a time (AS-02)"))
    step_down: int = field(metadata=_whole(1, 10_000, "instances", "taken away at a time (AS-02)"))
    latency_max_ms: float = field(metadata=_of(1, 60_000, "ms", "p99 above which there are more (AS-02)"))
    queue_high: int = field(metadata=_whole(0, 1_000_000, "requests", "queued per instance for more (AS-02)"))
    spin_up_seconds: int = field(metadata=_whole(0, 3600, "s", "until a new instance serves (AS-05)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What lies behind the instances."""

    spanner_nodes: int = field(metadata=_whole(1, 100_000, "nodes", "of the primary (DB-01 to DB-07)"))
    standby_nodes: int = field(metadata=_whole(0, 100_000, "nodes", "of the second region (CT-06)"))
    node_operations_per_second: float = field(
        metadata=_of(1, 1e9, "operations/s", "one node carries (DB-01); the provider says 2,700 writes")
    )
    operations_per_event: float = field(metadata=_of(0.01, 1000, "", "row writes of one event"))
    firestore_writes_per_second: float = field(
        metadata=_of(0, _RATE, "writes/s", "that the ledger collection takes; 0 for no limit (DB-08)")
    )
    chain_commit_ms: float = field(metadata=_of(0.001, 60_000, "ms", "one link of a customer's chain takes"))
    chain_entries: int = field(metadata=_whole(1, 1_000_000, "entries", "bound by one link (R6.6)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """What was promised."""

    availability_percent: float = field(metadata=_of(0, 99.9999999, "%", "of the requests (SL-01)"))
    latency_p99_ms: float = field(metadata=_of(1, 60_000, "ms", "for 99 of 100 requests (SL-02)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """What the loss of the primary region would mean."""

    replication_lag_seconds: float = field(metadata=_of(0, 86_400, "s", "of the other region (T4-L3)"))
    outage_minutes: float = field(metadata=_of(0, 44_640, "min", "in which nothing is replicated"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All of it."""

    name: str
    month: Period
    """Which month is simulated; its calendar says what is a weekend."""
    workload: Workload
    sales: tuple[Sale, ...]
    fleet: Fleet
    stores: Stores
    objectives: Objectives
    region: Region
    prices: Prices


Section: TypeAlias = Workload | Fleet | Stores | Objectives | Region
"""The parts whose fields are all numbers."""

SECTIONS: Final[dict[str, type[Section]]] = {
    "workload": Workload,
    "fleet": Fleet,
    "stores": Stores,
    "objectives": Objectives,
    "region": Region,
}
"""The tables of a scenario file that hold numbers, by name."""


def limits_of(part: type[Section | Sale]) -> dict[str, Limits]:
    """Return what each numeric field of a part may be, in order."""
    return {item.name: item.metadata[_LIMITS] for item in fields(part) if _LIMITS in item.metadata}
