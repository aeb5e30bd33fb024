"""The economics of a scenario as one JSON document and as text; every amount is decimal text in US dollars.

Source: ``capacity.md``, "Must answer".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, TypeAlias

from billproof.model.design import DOCUMENTED, REPAIRED, Design
from billproof.model.periods import MONTHS_PER_YEAR
from billproof.model.switches import Replication
from billproof.simulations.capacity.documented import figure
from billproof.simulations.capacity.fleet import instance_rate
from billproof.simulations.capacity.scenario import Scenario
from billproof.simulations.economics.costs import Bill, Volumes, bill_of, cents, documented_volumes
from billproof.simulations.economics.designs import Priced, priced
from billproof.simulations.economics.finance import (
    Line,
    Sizing,
    Year,
    annual_cost,
    break_even,
    break_even_of,
    documented_lines,
    fee_per_customer,
    projection,
    volumes_for,
)
from billproof.simulations.economics.options import Option, options
from billproof.simulations.economics.prices import documented_prices
from billproof.simulations.economics.uncertainty import Spread, Swing, spread, tornado

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What a document is made of."""

THOUSAND: Final = 1_000
"""The customers that the printed totals are for."""

BEGIN: Final = 10
"""Customers at the beginning of the first year (CS-01)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """One printed total of the documents beside the recomputed one, in US dollars a year."""

    name: str
    printed: Decimal
    recomputed: Decimal
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Economics:
    """All of it, for one scenario."""

    scenario: Scenario
    monthly_volume: Decimal
    """What one customer is charged in a month."""
    volumes: Volumes
    bill: Bill
    """Of the customers of the scenario, sized by rule."""
    sizing: Sizing
    totals: tuple[Totals, ...]
    years: tuple[Year, ...]
    options: tuple[Option, ...]
    swings: tuple[Swing, ...]
    spread: Spread
    designs: tuple[Priced, ...]


def shipped_designs() -> tuple[Design, ...]:
    """Return the designs that are compared unasked: both shipped ones, and repaired without its quorum."""
    late = replace(REPAIRED, name="repaired-async", replication=Replication.ASYNC)
    return (DOCUMENTED, REPAIRED, late)


def exact(value: float) -> Decimal:
    """Return a number of a scenario as a decimal, as it would be written."""
    return Decimal(repr(value))


def sizing_of(scenario: Scenario) -> Sizing:
    """Return what one customer of a scenario needs."""
    fleet, workload, stores = scenario.fleet, scenario.workload, scenario.stores
    customers = workload.customers
    return Sizing(
        events_per_second=exact(workload.steady_per_second) / customers,
        peak_per_second=exact(workload.peak_per_second) / customers,
        instance_rate=exact(instance_rate(fleet)) * fleet.target_percent / 100,
        vcpu=fleet.vcpu,
        instances_min=fleet.instances_min,
        nodes_min=1,
        node_events_per_second=exact(stores.node_operations_per_second) / exact(stores.operations_per_event),
        standby_nodes=stores.standby_nodes,
    )


def _printed_line() -> Line:
    return next(line for line in documented_lines() if line.source == "CM-03")


def totals() -> tuple[Totals, ...]:
    """Return the totals that the documents print for about 1,000 customers, beside the recomputed one."""
    recomputed = bill_of(documented_volumes(), documented_prices()).total * MONTHS_PER_YEAR
    return tuple(
        Totals(name=name, printed=printed, recomputed=recomputed, source=source)
        for name, printed, source in (
            ("detailed budget", figure("CT-14", "{}/year"), "CT-14, XE-21"),
            ("first budget", figure("SK-10", "{}/year"), "SK-10, XE-40"),
            ("list of items", figure("SK-03", "~ {}/year"), "SK-03, XE-41"),
            ("formula", _printed_line().cost(THOUSAND), "CM-03, XE-28"),
        )
    )


def study_economics(
    scenario: Scenario, *, monthly_volume: Decimal, samples: int, seed: int, designs: Sequence[Design] = ()
) -> Economics:
    """Compute the economics of a scenario.

    Args:
        scenario: Load, sizes and prices.
        monthly_volume: What one customer is charged in a month, in US dollars.
        samples: Of the Monte Carlo.
        seed: Same seed, same result.
        designs: Which are compared; by default the two shipped ones.
    """
    sizing = sizing_of(scenario)
    volumes = volumes_for(scenario.workload.customers, sizing)
    bill = bill_of(volumes, scenario.prices)
    return Economics(
        scenario=scenario,
        monthly_volume=monthly_volume,
        volumes=volumes,
        bill=bill,
        sizing=sizing,
        totals=totals(),
        years=projection(sizing, scenario.prices, BEGIN),
        options=options(bill, exact(scenario.workload.peak_per_second)),
        swings=tornado(volumes, scenario.prices),
        spread=spread(volumes, scenario.prices, samples=samples, seed=seed),
        designs=tuple(priced(design, scenario) for design in designs or shipped_designs()),
    )


def break_evens(found: Economics) -> list[tuple[str, int | None, str]]:
    """Return the break-even of each documented cost model, and the recomputed one, with its source."""
    fee = fee_per_customer(found.monthly_volume)
    lines = [
        (line.name, break_even(line.fixed, fee, line.variable), line.source) for line in documented_lines()
    ]
    prices = found.scenario.prices
    own = break_even_of(lambda customers: annual_cost(customers, found.sizing, prices), fee)
    return [*lines, ("recomputed from unit prices", own, "XF-23")]


def economics_document(found: Economics) -> dict[str, Json]:
    """Return the economics as one document."""
    customers = found.scenario.workload.customers
    year = found.bill.total * MONTHS_PER_YEAR
    fee = fee_per_customer(found.monthly_volume)
    return {
        "scenario": found.scenario.name,
        "customers": customers,
        "cost_year": cents(year),
        "cost_month": cents(found.bill.total),
        "cost_per_customer_year": cents(year / customers),
        "fee_per_customer_year": cents(fee),
        "profit_year": cents(fee * customers - year),
        "lines": {name: cents(amount * MONTHS_PER_YEAR) for name, amount in found.bill.lines.items()},
        "documented_totals": [
            {
                "name": item.name,
                "printed": cents(item.printed),
                "recomputed": cents(item.recomputed),
                "source": item.source,
            }
            for item in found.totals
        ],
        "break_even": [
            {"model": name, "customers": count, "source": source}
            for name, count, source in break_evens(found)
        ],
        "projection": [_year_document(item) for item in found.years],
        "options": [
            {
                "name": option.name,
                "documented": cents(option.documented),
                "saved": cents(option.saved),
                "objection": option.objection,
                "source": option.source,
            }
            for option in found.options
        ],
        "sensitivity": [
            {"driver": swing.name, "low": cents(swing.low), "high": cents(swing.high)}
            for swing in found.swings
        ],
        "monte_carlo": {
            "samples": found.spread.samples,
            "seed": found.spread.seed,
            "p5": cents(found.spread.p5),
            "p50": cents(found.spread.p50),
            "p95": cents(found.spread.p95),
        },
        "designs": [design_document(item) for item in found.designs],
    }


def _year_document(item: Year) -> Json:
    return {
        "year": item.year,
        "customers": item.customers,
        "volume": cents(item.volume),
        "fee": cents(item.fee),
        "cost": cents(item.cost),
        "profit": cents(item.profit),
        "documented_revenue": _optional(item.documented_revenue),
        "documented_cost": _optional(item.documented_cost),
    }


def design_document(item: Priced) -> dict[str, Json]:
    """Return one priced design."""
    return {
        "design": item.design,
        "commit_ms": item.commit_ms,
        "quorum_ms": item.quorum_ms,
        "reply_p99_ms": round(item.reply_p99_ms, 3),
        "instances_at_peak": item.instances_at_peak,
        "nodes_at_peak": item.nodes_at_peak,
        "events_exposed": item.events_exposed,
        "chain_per_second": round(item.chain_per_second, 3),
        "cost_month": cents(item.cost_month),
    }


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else cents(amount)


def economics_lines(found: Economics) -> list[str]:
    """Return the economics as lines for people."""
    year = found.bill.total * MONTHS_PER_YEAR
    customers = found.scenario.workload.customers
    fee = fee_per_customer(found.monthly_volume)
    lines = [
        f"{found.scenario.name}: {customers:,} customers cost ${dollars(year)} a year and pay "
        f"${dollars(fee * customers)}, if each is charged ${dollars(found.monthly_volume)} a month",
        "",
        "cost of a year",
        *(
            f"  {name:20}{dollars(amount * MONTHS_PER_YEAR):>16}"
            for name, amount in sorted(found.bill.lines.items(), key=lambda item: -item[1])
        ),
        "",
        f"{'printed totals of the documents':34}{'printed':>14}{'recomputed':>14}",
        *(
            f"  {item.name:32}{dollars(item.printed):>14}{dollars(item.recomputed):>14}  [{item.source}]"
            for item in found.totals
        ),
        "",
        "break-even, customers",
        *(
            f"  {name:32}{'never' if count is None else f'{count:,}':>14}  [{source}]"
            for name, count, source in break_evens(found)
        ),
        "",
        f"{'year':6}{'customers':>10}{'passes through':>18}{'fee':>14}{'cost':>14}{'profit':>14}"
        f"{'documented':>16}",
        *(
            f"{item.year:<6}{item.customers:>10,}{dollars(item.volume):>18}{dollars(item.fee):>14}"
            f"{dollars(item.cost):>14}{dollars(item.profit):>14}"
            f"{'' if item.documented_revenue is None else dollars(item.documented_revenue):>16}"
            for item in found.years
        ),
        "",
        f"{'ways to pay less':34}{'documented':>14}{'recomputed':>14}",
        *(
            f"  {option.name:32}{dollars(option.documented):>14}{dollars(option.saved):>14}  "
            f"{option.objection}"
            for option in found.options
        ),
        "",
        f"{'what moves the cost of a year':34}{'low':>14}{'high':>14}",
        *(f"  {swing.name:32}{dollars(swing.low):>14}{dollars(swing.high):>14}" for swing in found.swings),
        f"  all at once, 90 % of {found.spread.samples:,} samples{dollars(found.spread.p5):>15}"
        f"{dollars(found.spread.p95):>14}",
        "",
        *design_lines(found.designs),
    ]
    return [line.rstrip() for line in lines]


def design_lines(designs: Sequence[Priced]) -> list[str]:
    """Return priced designs as a table."""
    return [
        f"{'design':16}{'commit':>9}{'quorum':>9}{'p99':>9}{'instances':>11}{'nodes':>7}"
        f"{'exposed':>12}{'a month':>14}",
        *(
            f"{item.design:16}{item.commit_ms:>6,.0f} ms{item.quorum_ms:>6,.0f} ms"
            f"{item.reply_p99_ms:>6,.0f} ms{item.instances_at_peak:>11,}"
            f"{item.nodes_at_peak:>7,}{item.events_exposed:>12,}"
            f"{dollars(item.cost_month):>14}"
            for item in designs
        ),
    ]


def dollars(amount: Decimal) -> str:
    """Return an amount as whole dollars with commas, for people."""
    return f"{amount.quantize(Decimal(1)):,}"
