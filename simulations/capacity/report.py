"""A study as one JSON document and as text for people.

Money is decimal text, except ``cost_month_usd``, which the contract wants as a number: cents, rendered last.

Source: ``cli.md``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

import numpy as np

from billproof.model.periods import SECONDS_PER_DAY, render_period
from billproof.simulations.capacity.documented import figure
from billproof.simulations.capacity.findings import findings
from billproof.simulations.capacity.fleet import instance_rate, percentile_of_month, workers_per_instance
from billproof.simulations.capacity.region import region_document
from billproof.simulations.capacity.scenario import SECTIONS, Scenario, limits_of
from billproof.simulations.capacity.study import Study
from billproof.simulations.capacity.windows import Window
from billproof.simulations.economics.costs import cents

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What a document is made of."""

_INSTANCE_SHARES = (50, 95, 99, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One documented figure beside the computed one."""

    what: str
    documented: float
    computed: float
    unit: str
    holds: bool
    source: str


def compared(study: Study) -> tuple[Compared, ...]:
    """Return the documented figures of a milestone beside the computed ones; nothing for other scenarios."""
    said, scenario = study.said, study.scenario
    if said is None:
        return ()
    peak, rate = float(said.peak_per_second), instance_rate(scenario.fleet)
    able = rate * scenario.fleet.instances_max
    mean = said.events_per_day / SECONDS_PER_DAY
    most = int(study.month.instances.max())
    nodes = math.ceil(
        peak * scenario.stores.operations_per_event / scenario.stores.node_operations_per_second
    )
    objective = scenario.objectives.latency_p99_ms
    p99 = percentile_of_month(study.month, 0.99)
    said_rate = float(figure("AS-04", "{} RPS per instance"))
    cost = float(cents(study.bill.total))
    rows = (
        ("mean of the documented events per day, against the peak", peak, mean, "requests/s", mean <= peak),
        ("peak, against what the fleet serves", peak, able, "requests/s", able >= peak),
        ("requests per instance", said_rate, rate, "requests/s", rate >= said_rate),
        (
            "instances at most",
            float(said.instances_documented),
            float(most),
            "instances",
            most <= said.instances_documented,
        ),
        ("nodes for the peak", float(said.nodes), float(nodes), "nodes", nodes <= said.nodes),
        ("p99 of the month", objective, p99, "ms", p99 < objective),
        ("cost of a month", float(said.cost_month), cost, "USD", cost <= said.cost_month),
    )
    return tuple(
        Compared(
            what=what, documented=documented, computed=computed, unit=unit, holds=holds, source=said.sources
        )
        for what, documented, computed, unit, holds in rows
    )


def study_document(study: Study) -> dict[str, Json]:
    """Return a study as one document."""
    return {
        "scenario": scenario_document(study.scenario),
        "seed": study.seed,
        **_load_document(study),
        "bottleneck": study.resources[0].name,
        "resources": [
            {
                "name": resource.name,
                "capacity_rps": round(resource.capacity_per_second, 3),
                "peak_utilisation": round(resource.peak_utilisation, 6),
                "customers_max": resource.customers_max,
                "months_left": None if resource.months_left is None else round(resource.months_left, 2),
            }
            for resource in study.resources
        ],
        "next_upgrade": _next_upgrade(study),
        "windows": [_window_document(study, window) for window in study.windows],
        "agreement": _agreement_document(study),
        "erlang": _erlang_document(study),
        "triggers": _triggers_document(study),
        "error_budget": _budget_document(study),
        "region": region_document(study.scenario),
        "cost_month_usd": float(cents(study.bill.total)),
        "cost": _cost_document(study),
        "documented": [
            {
                "what": row.what,
                "documented": row.documented,
                "computed": round(row.computed, 6),
                "unit": row.unit,
                "holds": row.holds,
                "source": row.source,
            }
            for row in compared(study)
        ],
        "findings": [
            {
                "code": finding.code,
                "text": finding.text,
                "documented": finding.documented,
                "computed": finding.computed,
                "unit": finding.unit,
                "source": finding.source,
            }
            for finding in findings(study)
        ],
    }


def _load_document(study: Study) -> dict[str, Json]:
    month, scenario = study.month, study.scenario
    p50, p95, p99 = (percentile_of_month(month, share) for share in (0.5, 0.95, 0.99))
    return {
        "peak_rps": round(float(month.curve.rate.max()), 3),
        "mean_rps": round(float(month.curve.rate.mean()), 3),
        "instances_p100": int(month.instances.max()),
        "instances": {
            f"p{share}": int(np.percentile(month.instances, share, method="higher"))
            for share in _INSTANCE_SHARES
        },
        "workers_per_instance": workers_per_instance(scenario.fleet),
        "rps_per_instance": round(instance_rate(scenario.fleet), 3),
        "p50_ms": round(p50, 3),
        "p95_ms": round(p95, 3),
        "p99_ms": round(p99, 3),
        "queued_max": round(float(month.queued.max())),
        "served": round(float(month.served.sum())),
        "lost": round(float(month.refused.sum())),
    }


def _agreement_document(study: Study) -> Json:
    return [
        {
            "what": agreement.what,
            "analytic": agreement.analytic,
            "simulated": agreement.simulated,
            "tolerance": agreement.tolerance,
            "unit": agreement.unit,
            "method": agreement.method,
            "agrees": agreement.agrees,
        }
        for agreement in study.agreements
    ]


def _triggers_document(study: Study) -> Json:
    return [
        {
            "name": item.rule.name,
            "severity": item.rule.severity,
            "above": item.rule.above,
            "times": item.times,
            "minutes": item.minutes,
            "first": item.first,
            "worst": round(item.worst, 6),
            "source": item.rule.source,
        }
        for item in study.fired
    ]


def _cost_document(study: Study) -> Json:
    total, events = study.bill.total, max(study.volumes.events, Decimal(1))
    return {
        "total": cents(total),
        "per_customer": cents(total / study.scenario.workload.customers),
        "per_million_events": cents(total * 1_000_000 / events),
        "lines": {name: cents(amount) for name, amount in study.bill.lines.items()},
    }


def scenario_document(scenario: Scenario) -> dict[str, Json]:
    """Return a scenario with all its numbers."""
    parts: dict[str, Json] = {
        name: {key: getattr(getattr(scenario, name), key) for key in limits_of(kind)}
        for name, kind in SECTIONS.items()
    }
    sales: list[Json] = [
        {
            "name": sale.name,
            "day": sale.day,
            "hour": sale.hour,
            "ramp_minutes": sale.ramp_minutes,
            "hold_minutes": sale.hold_minutes,
            "peak_per_second": sale.peak_per_second,
        }
        for sale in scenario.sales
    ]
    return {"name": scenario.name, "month": render_period(scenario.month), **parts, "sales": sales}


def _next_upgrade(study: Study) -> Json:
    # Chains are no matter of size: what can be bought is what the fleet and the nodes are made of.
    due = [item for item in study.resources if item.months_left is not None and "chain" not in item.name]
    if not due:
        return None
    first = min(due, key=lambda item: item.months_left or 0.0)
    months = first.months_left or 0.0
    return {"resource": first.name, "customers_max": first.customers_max, "months_left": round(months, 2)}


def _window_document(study: Study, window: Window) -> Json:
    p50, p95, p99 = window.percentiles_ms
    return {
        "about": window.about,
        "routing": window.routing,
        "begin": study.month.curve.when(window.step),
        "seconds": window.seconds,
        "instances": window.instances,
        "requests": window.requests,
        "served": window.served,
        "refused": window.refused,
        "timed_out": window.timed_out,
        "mean_wait_ms": round(window.mean_wait_ms, 6),
        "p50_ms": round(p50, 3),
        "p95_ms": round(p95, 3),
        "p99_ms": round(p99, 3),
    }


def _erlang_document(study: Study) -> Json:
    measured = study.measured
    if measured is None:
        return None
    analytic = study.agreements[0].analytic
    return {
        "analytic_ms": analytic,
        "simulated_ms": 1000 * measured.mean_wait_seconds,
        "low_ms": 1000 * measured.low_seconds,
        "high_ms": 1000 * measured.high_seconds,
        "contained": measured.contains(analytic / 1000),
        "requests": measured.requests,
        "discarded": measured.discarded,
    }


def _budget_document(study: Study) -> Json:
    budget = study.budget
    return {
        "objective": round(budget.objective, 12),
        "lost": budget.bad,
        "requests": budget.total,
        "consumed_of_month": round(budget.consumed_of_month, 6),
        "consumed_of_year": round(budget.consumed_of_year, 6),
        "burn_alerts": [
            {"severity": severity, "minutes": minutes, "first": first}
            for severity, minutes, first in budget.burn_alerts
        ],
    }


def study_lines(study: Study) -> list[str]:
    """Return a study as lines for people."""
    month, scenario = study.month, study.scenario
    p50, p95, p99 = (percentile_of_month(month, share) for share in (0.5, 0.95, 0.99))
    first = study.resources[0]
    lines = [
        f"{scenario.name}, {render_period(scenario.month)}: {scenario.workload.customers:,} customers, "
        f"{month.curve.rate.mean():,.0f} requests/s on the mean, {month.curve.rate.max():,.0f} at the peak",
        "",
        f"instances      {int(month.instances.min())} to {int(month.instances.max())}, each "
        f"{workers_per_instance(scenario.fleet)} workers and {instance_rate(scenario.fleet):,.0f} requests/s",
        f"latency        p50 {p50:,.0f} ms, p95 {p95:,.0f} ms, p99 {p99:,.0f} ms of all that was served",
        f"lost           {month.refused.sum():,.0f} of {(month.served + month.refused).sum():,.0f} requests",
        f"first to break {first.name}: full at {first.capacity_per_second:,.0f} requests/s in all",
        f"cost           ${Decimal(cents(study.bill.total)):,} a month, "
        f"${Decimal(cents(study.bill.total / scenario.workload.customers)):,} per customer",
    ]
    rows = compared(study)
    if rows:
        lines += ["", f"{'documented against computed':58}{'documented':>14}{'computed':>14}  unit"]
        lines += [
            f"{'  ' if row.holds else 'x '}{row.what:56}{row.documented:>14,.0f}{row.computed:>14,.0f}  "
            f"{row.unit}"
            for row in rows
        ]
    lines += ["", "formula against simulation"]
    lines += [
        f"{'  ' if item.agrees else 'x '}{item.what:56}{item.analytic:>14.4g}{item.simulated:>14.4g}  "
        f"{item.unit}"
        for item in study.agreements
    ] or ["  not simulated request by request"]
    lines += ["", "triggers that fired"]
    lines += [
        f"  {item.rule.name} ({item.rule.severity}): {item.times} times, {item.minutes:,} min in all, "
        f"first {item.first}"
        for item in study.fired
        if item.times
    ] or ["  none"]
    lines += ["", "findings"]
    lines += [f"  {item.code}: {item.text} [{item.source}]" for item in findings(study)] or ["  none"]
    return lines
