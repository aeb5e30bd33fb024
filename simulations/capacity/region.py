"""What the loss of the primary region means: the stages of a failover, the backlog, and the budget of a year.

Theory of operation. What was not replicated when the region went is exposed: rate times lag. While nothing is
replicated the backlog grows at the rate of the load; afterwards it shrinks at what the stores take above the
load.

Source: T4-R3, SC-05, RS-03; ``topology.documented``; XC-02, XC-03, XC-10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TypeAlias

from billproof.model.platform.monitoring import YEAR
from billproof.model.platform.units import SECOND
from billproof.model.topology.reading import read_topology
from billproof.simulations.capacity.fleet import stores_rate
from billproof.simulations.capacity.scenario import Scenario

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What a document is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a failover."""

    name: str
    least_seconds: float
    most_seconds: float


def failover_stages() -> tuple[Stage, ...]:
    """Return the stages of the documented failover, in order."""
    text = files("billproof.model.topology").joinpath("documented.toml").read_text(encoding="utf-8")
    failover = read_topology(text).failover
    return tuple(
        Stage(name=name, least_seconds=least / SECOND, most_seconds=most / SECOND)
        for name, least, most in (
            ("detection", failover.detection, failover.detection),
            ("a person answers the pager", 0, failover.pager),
            ("routing", failover.routing, failover.routing),
            ("activation", failover.activation_min, failover.activation_max),
        )
    )


def promised_seconds() -> float:
    """Return the documented recovery time of a region."""
    text = files("billproof.model.topology").joinpath("documented.toml").read_text(encoding="utf-8")
    return read_topology(text).failover.promised / SECOND


def drain_seconds(backlog: float, able: float, rate: float) -> float | None:
    """Return how long a backlog takes to shrink to nothing, or None if it never does."""
    return backlog / (able - rate) if able > rate else None


def region_document(scenario: Scenario) -> dict[str, Json]:
    """Return what a regional loss means in this scenario."""
    stages = failover_stages()
    least = sum(stage.least_seconds for stage in stages)
    most = sum(stage.most_seconds for stage in stages)
    allowed = YEAR / SECOND * (1 - scenario.objectives.availability_percent / 100)
    steady, peak = scenario.workload.steady_per_second, scenario.workload.peak_per_second
    outage = scenario.region.outage_minutes * 60
    backlog = steady * outage
    return {
        "failover_seconds": {"least": least, "most": most, "promised": promised_seconds()},
        "stages": [
            {"name": stage.name, "least_seconds": stage.least_seconds, "most_seconds": stage.most_seconds}
            for stage in stages
        ],
        "budget_of_year_seconds": round(allowed, 3),
        "budget_used_by_one_failover": round(most / allowed, 6),
        "events_exposed_steady": round(steady * scenario.region.replication_lag_seconds),
        "events_exposed_peak": round(peak * scenario.region.replication_lag_seconds),
        "backlog_after_outage": round(backlog),
        "drain_seconds": drain_seconds(backlog, stores_rate(scenario.stores), steady),
    }
