"""What an architect should be told without having asked: each finding computed from the scenario.

Each says the documented figure, the computed one, and what follows. Nothing here is a refusal.

Source: XD-15 to XD-28, XD-35, XD-39, XD-44, XE-64, XI-02; E5, E6.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from billproof.model.identifiers import Count
from billproof.model.platform.pool import workers_of
from billproof.simulations.capacity.bottlenecks import hot_share
from billproof.simulations.capacity.documented import figure, whole
from billproof.simulations.capacity.erlang import chain_rate, entries_needed, little_rate
from billproof.simulations.capacity.fleet import instance_rate, queue_room, workers_per_instance
from billproof.simulations.capacity.study import Study
from billproof.simulations.capacity.workload import STEP_SECONDS

PLATFORM_VCPU: Final = 8
"""The most vCPU of one instance that the platform sells (E5)."""

PROVIDER_WRITES: Final = 2_700
"""Row writes a second of one node in a multi-region configuration, as the provider says (E6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that the architect should know."""

    code: str
    """What kind; a stable word."""
    text: str
    documented: float | None
    computed: float
    unit: str
    source: str


def worker_pool(study: Study) -> Iterator[Finding]:
    """Little's law: workers over service time, not the documented figure."""
    fleet = study.scenario.fleet
    rate, said = instance_rate(fleet), float(figure("AS-04", "{} RPS per instance"))
    if rate < said:
        yield Finding(
            code="worker_pool",
            text=f"{workers_per_instance(fleet)} workers and {fleet.service_ms:g} ms of service give "
            f"{rate:,.0f} requests/s per instance, not {said:,.0f}; that needs services of at most "
            f"{1000 * workers_per_instance(fleet) / said:g} ms",
            documented=said,
            computed=rate,
            unit="requests/s per instance",
            source="XD-15, XD-18, AS-04, PO-03",
        )


def instance_size(study: Study) -> Iterator[Finding]:
    """The size that the pool is made for, the one that is paid for, and the one that can be had."""
    fleet = study.scenario.fleet
    service = fleet.service_ms / 1000
    paid = whole("AS-08", "{} vCPU in every cost line")
    if fleet.vcpu > PLATFORM_VCPU:
        most = little_rate(workers_of(Count(PLATFORM_VCPU)), service)
        yield Finding(
            code="instance_not_sold",
            text=f"an instance of {fleet.vcpu} vCPU is not sold: the platform gives at most {PLATFORM_VCPU}, "
            f"with {workers_of(Count(PLATFORM_VCPU))} workers and {most:,.0f} requests/s",
            documented=float(fleet.vcpu),
            computed=float(PLATFORM_VCPU),
            unit="vCPU",
            source="AS-08, E5",
        )
    if fleet.vcpu > paid:
        rate = little_rate(workers_of(Count(paid)), service)
        yield Finding(
            code="instance_not_paid_for",
            text=f"the documents pay for {paid} vCPU: {workers_of(Count(paid))} workers, {rate:,.0f} "
            "requests/s "
            f"per instance and {rate * fleet.instances_max:,.0f} for the fleet",
            documented=float(paid),
            computed=float(fleet.vcpu),
            unit="vCPU",
            source="XD-19, AS-08",
        )


def max_instances(study: Study) -> Iterator[Finding]:
    """The hard limit and the soft one against the peak."""
    scenario, fleet = study.scenario, study.scenario.fleet
    peak, rate = scenario.workload.peak_per_second, instance_rate(fleet)
    needed = math.ceil(peak / rate)
    at_target = math.ceil(peak / (rate * fleet.target_percent / 100))
    if needed > fleet.instances_max:
        yield Finding(
            code="max_instances",
            text=f"{peak:,.0f} requests/s need {needed:,} instances ({at_target:,} at the target load of "
            f"{fleet.target_percent} %); the limit is {fleet.instances_max}, which serve "
            f"{rate * fleet.instances_max:,.0f}",
            documented=float(fleet.instances_max),
            computed=float(needed),
            unit="instances",
            source="XD-17, AS-03",
        )
    elif at_target > fleet.instances_max:
        yield Finding(
            code="no_headroom",
            text=f"{peak:,.0f} requests/s need {at_target:,} instances at the target load of "
            f"{fleet.target_percent} %; the limit is {fleet.instances_max}",
            documented=float(fleet.instances_max),
            computed=float(at_target),
            unit="instances",
            source="XD-17, AS-03",
        )
    most = int(study.month.instances.max())
    if most > fleet.soft_limit:
        over = int((study.month.instances > fleet.soft_limit).sum()) * STEP_SECONDS // 60
        yield Finding(
            code="soft_limit",
            text=f"{most} instances run, above the soft limit of {fleet.soft_limit}, for {over:,} min of the "
            "month",
            documented=float(fleet.soft_limit),
            computed=float(most),
            unit="instances",
            source="XD-17, AS-03, BF-3",
        )


def hot_customer(study: Study) -> Iterator[Finding]:
    """A chain of one customer commits one link after the other."""
    scenario = study.scenario
    chain = chain_rate(scenario.stores.chain_commit_ms / 1000, scenario.stores.chain_entries)
    hot = hot_share(scenario) * scenario.workload.peak_per_second
    allowed = float(figure("QU-10", "{} RPS"))
    if hot > chain:
        k = entries_needed(hot, scenario.stores.chain_commit_ms / 1000)
        yield Finding(
            code="hot_customer",
            text=f"the largest customer sends {hot:,.0f} requests/s at the peak; a chain of links of "
            f"{scenario.stores.chain_entries} at {scenario.stores.chain_commit_ms:g} ms commits "
            f"{chain:,.1f}, of "
            f"{allowed:,.0f} that are allowed; links of {k:,} entries suffice for it, of "
            f"{entries_needed(allowed, scenario.stores.chain_commit_ms / 1000):,} for what is allowed",
            documented=allowed,
            computed=chain,
            unit="requests/s per customer",
            source="XD-24, XD-25, XD-26, R6.6, QU-10",
        )
    each = scenario.workload.peak_per_second / scenario.workload.customers
    if each > chain:
        yield Finding(
            code="customer_chains",
            text=f"even the mean customer sends {each:,.1f} requests/s at the peak, above the "
            f"{chain:,.1f} of its "
            "chain",
            documented=None,
            computed=each,
            unit="requests/s per customer",
            source="XD-24",
        )


def queue(study: Study) -> Iterator[Finding]:
    """A full queue takes longer than the objective, or than anybody may wait."""
    scenario, fleet = study.scenario, study.scenario.fleet
    seconds = fleet.queue_max / instance_rate(fleet)
    limit = scenario.objectives.latency_p99_ms / 1000
    if seconds > limit:
        gone = ", and is never reached: they time out" if seconds > fleet.queue_timeout_seconds else ""
        yield Finding(
            code="full_queue",
            text=f"{fleet.queue_max:,} that wait at one instance take {seconds:.2f} s, "
            f"{seconds / limit:,.0f} times "
            f"the objective of {limit * 1000:g} ms; the longest wait allowed is "
            f"{fleet.queue_timeout_seconds:g} s{gone}",
            documented=limit * 1000,
            computed=1000 * queue_room(fleet, instance_rate(fleet)) / instance_rate(fleet),
            unit="ms",
            source="XD-20, PO-04",
        )


def latency(study: Study) -> Iterator[Finding]:
    """The stages alone use up the objective."""
    fleet = study.scenario.fleet
    least = fleet.overhead_ms + fleet.service_ms
    if least >= study.scenario.objectives.latency_p99_ms:
        yield Finding(
            code="no_slack",
            text=f"the stages add up to {least:g} ms without any wait; the objective is below "
            f"{study.scenario.objectives.latency_p99_ms:g} ms",
            documented=study.scenario.objectives.latency_p99_ms,
            computed=least,
            unit="ms",
            source="XD-21, LA-01 to LA-08",
        )


def scaling(study: Study) -> Iterator[Finding]:
    """How long the documented rules take up and down."""
    fleet, month = study.scenario.fleet, study.month
    top, bottom = int(month.instances.max()), int(month.instances.min())
    down = math.ceil((top - bottom) / fleet.step_down) * fleet.low_minutes
    said = 60 * (whole("BF-4", "T+{} h") - whole("BF-3", "T+{} h"))
    if down > said:
        yield Finding(
            code="slow_scale_down",
            text=f"from {top} to {bottom} instances, {fleet.step_down} per {fleet.low_minutes} min, "
            f"takes {down:,} "
            f"min; the timeline of the sale has {said}",
            documented=float(said),
            computed=float(down),
            unit="min",
            source="XD-27, AS-02, BF-4",
        )


def stores(study: Study) -> Iterator[Finding]:
    """Nodes against the peak, as documented and as the provider says."""
    scenario = study.scenario
    writes = scenario.workload.peak_per_second * scenario.stores.operations_per_event
    nodes = scenario.stores.spanner_nodes
    needed = math.ceil(writes / scenario.stores.node_operations_per_second)
    if needed > nodes:
        yield Finding(
            code="nodes",
            text=f"{writes:,.0f} row writes/s need {needed:,} nodes of "
            f"{scenario.stores.node_operations_per_second:,.0f}; there are {nodes}",
            documented=float(nodes),
            computed=float(needed),
            unit="nodes",
            source="XD-31, XD-33",
        )
    provider = math.ceil(writes / PROVIDER_WRITES)
    if provider > nodes and scenario.stores.node_operations_per_second > PROVIDER_WRITES:
        yield Finding(
            code="nodes_of_the_provider",
            text=f"at the provider's {PROVIDER_WRITES:,} writes/s per node, {writes:,.0f} row writes/s need "
            f"{provider:,} nodes; there are {nodes}",
            documented=float(nodes),
            computed=float(provider),
            unit="nodes",
            source="XD-44, E6",
        )


def load_test(study: Study) -> Iterator[Finding]:
    """The launch gate asks for more than the fleet can do."""
    scenario = study.scenario
    wanted = float(figure("DB-09", "{}x peak")) * scenario.workload.peak_per_second
    able = instance_rate(scenario.fleet) * scenario.fleet.instances_max
    if wanted > able:
        yield Finding(
            code="load_test",
            text=f"the launch gate of {wanted:,.0f} requests/s is above the {able:,.0f} of the whole fleet",
            documented=wanted,
            computed=able,
            unit="requests/s",
            source="XD-39, DB-09",
        )


def routing(study: Study) -> Iterator[Finding]:
    """A tenant's hash spreads customers, not load."""
    for window in study.windows:
        if window.routing != "even" and window.lost_share > 0:
            yield Finding(
                code="tenant_hash",
                text=f"routed by tenant, {window.lost_share:.2%} of the requests of "
                f"{window.about.split(',')[0]} are "
                f"lost, with p99 {window.percentiles_ms[2]:,.0f} ms, though the fleet as a whole has room",
                documented=0.0,
                computed=window.lost_share,
                unit="of requests",
                source="LF-01, IS-01, XB-17, XD-48",
            )


def error_budget(study: Study) -> Iterator[Finding]:
    """What the month did to the objective."""
    budget = study.budget
    if budget.consumed_of_month > 1:
        yield Finding(
            code="error_budget",
            text=f"{budget.bad:,} of {budget.total:,} requests were lost: "
            f"{budget.consumed_of_month:,.1f} times the "
            f"budget of the month, {budget.consumed_of_year:.1%} of that of the year",
            documented=1.0,
            computed=budget.consumed_of_month,
            unit="budgets of a month",
            source="SL-01, XI-02",
        )


CHECKS: Final[tuple[Callable[[Study], Iterator[Finding]], ...]] = (
    worker_pool,
    max_instances,
    hot_customer,
    instance_size,
    queue,
    latency,
    scaling,
    stores,
    load_test,
    routing,
    error_budget,
)
"""Every check, in the order of the report."""


def findings(study: Study) -> tuple[Finding, ...]:
    """Return everything that an architect should be told."""
    return tuple(finding for check in CHECKS for finding in check(study))
