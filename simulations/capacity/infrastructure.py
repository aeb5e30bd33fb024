"""The infrastructure as data against the capacity model and the availability targets.

The model says what in a topology does not go together; here its regions are held against the load of a
scenario and the promised availability, and what the infrastructure code would build against what the
documents say.

Source: TF-1 to TF-5, SC-05, T4-R3; XC-02, XC-10, XC-13, XC-17, XD-17 to XD-19, XD-47.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from importlib.resources import files
from typing import Final, TypeAlias

from billproof.model.platform.monitoring import YEAR
from billproof.model.platform.pool import workers_of
from billproof.model.platform.units import SECOND
from billproof.model.topology.consistency import Finding, inconsistencies
from billproof.model.topology.reading import read_topology
from billproof.model.topology.records import Region, Role, Store, Topology
from billproof.simulations.capacity.scenario import Scenario

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What a document is made of."""

SHIPPED: Final = ("documented", "terraform", "repaired")
"""The topologies that lie in the package."""


def shipped_topology(name: str) -> Topology:
    """Return a topology of the package."""
    text = files("billproof.model.topology").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return read_topology(text)


def check_availability(topology: Topology, scenario: Scenario) -> Iterator[Finding]:
    """What a request needs one after the other, and one failover, against the promised availability."""
    promised = scenario.objectives.availability_percent / 100
    needed = 2 + sum(1 for store in topology.stores if store.sites[0] in topology.regions[0].zones)
    together = promised**needed
    yield Finding(
        code="serial_availability",
        text=f"a request needs the balancer, an instance and {needed - 2} stores; if each is available "
        f"{promised:.4%} of the time, all of them are {together:.3%}",
        source="XC-17, SC-05",
    )
    allowed = YEAR / SECOND * (1 - promised)
    failover = topology.failover
    total = (failover.detection + failover.routing + failover.activation_max + failover.pager) / SECOND
    if total > allowed / 12:
        yield Finding(
            code="failover_uses_the_budget",
            text=f"one failover takes up to {total:,.0f} s, of {allowed:,.0f} s that may be missed in a "
            "year and "
            f"{allowed / 12:,.0f} s in a month",
            source="XC-02, XC-10",
        )


def check_load(topology: Topology, scenario: Scenario) -> Iterator[Finding]:
    """Each region that serves, or may have to, against the peak of the scenario."""
    peak = scenario.workload.peak_per_second
    if peak == topology.demand.peak_per_second:
        return  # the model has judged this very peak
    for region in topology.regions:
        if region.role not in (Role.PRIMARY, Role.STANDBY):
            continue
        able = region.instances_max * workers_of(region.cpus) * 1000 / scenario.fleet.service_ms
        if able < peak:
            yield Finding(
                code="region_too_small",
                text=f"{region.name} ({region.role}) serves {able:,.0f} requests/s with "
                f"{region.instances_max} "
                f"instances of {region.cpus} vCPU; the peak of {scenario.name} is {peak:,.0f}",
                source="XC-13, XD-17, XD-19",
            )


def check_difference(topology: Topology, said: Topology) -> Iterator[Finding]:
    """What would be built otherwise than the documents say: regions, stores and backends, field by field."""
    for kind, built, wanted in (
        ("region", topology.regions, said.regions),
        ("store", topology.stores, said.stores),
    ):
        yield from _differences(kind, built, wanted)
    if topology.frontdoor.backends != said.frontdoor.backends:
        yield Finding(
            code="built_otherwise",
            text=f"the balancer has the backends {', '.join(topology.frontdoor.backends)}; documented are "
            f"{', '.join(said.frontdoor.backends)}",
            source="TF-4, XA-25",
        )
    if topology.failover.check_interval != said.failover.check_interval:
        yield Finding(
            code="built_otherwise",
            text=f"health is checked every {topology.failover.check_interval // SECOND} s (0 for "
            "never); documented "
            f"are {said.failover.check_interval // SECOND} s",
            source="TF-5",
        )


def _differences(
    kind: str, first: Sequence[Region | Store], second: Sequence[Region | Store]
) -> Iterator[Finding]:
    source = "TF-1, TF-2, TF-3, AS-07"
    built: dict[str, Region | Store] = {item.name: item for item in first}
    wanted: dict[str, Region | Store] = {item.name: item for item in second}
    for name in sorted({*built, *wanted}):
        one, other = built.get(name), wanted.get(name)
        if one is None or other is None:
            where = "built and not documented" if other is None else "documented and not built"
            yield Finding(code="built_otherwise", text=f"{kind} {name} is {where}", source=source)
            continue
        for field in fields(one):
            found, said = getattr(one, field.name), getattr(other, field.name)
            if found != said:
                yield Finding(
                    code="built_otherwise",
                    text=f"{kind} {name} is built with {field.name} {_words(found)}; documented is "
                    f"{_words(said)}",
                    source=source,
                )


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def infrastructure_findings(topology: Topology, scenario: Scenario) -> tuple[Finding, ...]:
    """Return everything that does not go together, and what is built otherwise than documented."""
    said = shipped_topology("documented")
    differences = () if topology.name in ("documented", "repaired") else check_difference(topology, said)
    return (
        *inconsistencies(topology),
        *check_load(topology, scenario),
        *check_availability(topology, scenario),
        *differences,
    )


def topology_report(topology: Topology, scenario: Scenario) -> tuple[dict[str, Json], list[str]]:
    """Return what was found as a document and as lines for people."""
    found = infrastructure_findings(topology, scenario)
    rows: list[Json] = [{"code": item.code, "text": item.text, "source": item.source} for item in found]
    lines = [
        f"infrastructure: {topology.name}",
        *(f"  {item.code}: {item.text} [{item.source}]" for item in found),
    ]
    return {"name": topology.name, "findings": rows}, lines
