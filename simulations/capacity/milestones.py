"""The seven documented milestones as scenarios; every figure is read from the claims.

Choices, where the documents say several things (``claims.md`` part 4): the steady load is ten events a second
for each customer (CS-02: 100/s for 10), not the volumes of the milestones, whose averages lie above their
peaks (XD-01 to XD-06). Instances have the 16 vCPU and 32 workers that the pool is sized for (AS-08, PO-03),
the most favourable of the readings; what 8 and 2 vCPU come to is a finding. Services take the constant 70 ms
of the budget. One node carries the documented 100,000 operations. The sale is Black Friday, or at 1,000 and
1,200 customers New Year (CS-15).

Source: CS-01 to CS-20, MS-01 to MS-05, AS-01 to AS-08, DB-01 to DB-07, LA-01 to LA-07, PO-03, PO-04, BF-1 to
BF-4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from billproof.model.periods import SECONDS_PER_DAY, parse_period
from billproof.model.platform.autoscaler import DOCUMENTED
from billproof.model.platform.units import MILLISECOND, MINUTE, SECOND
from billproof.model.portable import PortableError
from billproof.simulations.capacity.documented import figure, whole
from billproof.simulations.capacity.scenario import (
    Fleet,
    Objectives,
    Region,
    Sale,
    Scenario,
    Stores,
    Workload,
)
from billproof.simulations.economics.prices import documented_prices

ROWS_PER_EVENT: Final = 3
"""Rows that one event writes: ledger entry, balance, key (``claims.md`` part 4)."""

SWING_PERCENT: Final = 50
"""How far a region's day swings about its mean. Assumed: the documents give no daily shape."""

WEEKEND_PERCENT: Final = 70
"""A weekend day against a working day. Assumed, as above."""

_PERMILLE: Final = 10
"""Thousandths in a hundredth."""

SALE_HOUR: Final = 14
"""When Black Friday begins, UTC: morning in America. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """What the documents say of one number of customers; None where they say nothing."""

    customers: int
    month: str
    peak_per_second: int
    events_per_day: int
    nodes: int
    standby_nodes: int
    instances_max: int
    instances_documented: int
    """The most that the documents expect to run."""
    cost_month: int
    sources: str


def black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November.

    >>> black_friday(2026)
    datetime.date(2026, 11, 27)
    """
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def _now() -> Milestone:
    return Milestone(
        customers=whole("CS-01", "{} customers"),
        month="2026-11",
        peak_per_second=whole("CS-02", "peak {}/s"),
        events_per_day=whole("CS-02", "{} events/day"),
        nodes=whole("CS-05", "{} Spanner node"),
        standby_nodes=0,
        instances_max=whole("AS-06", "max {} until"),
        instances_documented=whole("CS-05", "{} instances"),
        cost_month=whole("CS-05", "total {}/month"),
        sources="CS-01, CS-02, CS-05, AS-06",
    )


def _fifty() -> Milestone:
    return Milestone(
        customers=whole("MS-01", "milestone {}"),
        month="2026-11",
        peak_per_second=whole("MS-01", "day, {} peak"),
        events_per_day=whole("MS-01", "{} events/day"),
        nodes=whole("MS-01", "{} node,"),
        standby_nodes=0,
        instances_max=whole("AS-06", "max {} until"),
        instances_documented=whole("CS-09", "5-{} instances"),
        cost_month=whole("CS-09", "instances, {}, "),
        sources="MS-01, CS-09, AS-06",
    )


def _hundred_and_fifty() -> Milestone:
    return Milestone(
        customers=whole("MS-02", "milestone {}"),
        month="2026-11",
        peak_per_second=whole("MS-02", "1.3B/day, {} peak;"),
        events_per_day=whole("MS-02", "; {}/day"),
        nodes=whole("CS-10", "1->{} nodes"),
        standby_nodes=0,
        instances_max=whole("AS-06", "max {} until"),
        instances_documented=whole("CS-10", "8-{}"),
        cost_month=whole("CS-10", "25, {}, "),
        sources="MS-02, CS-10, AS-06",
    )


def _four_hundred() -> Milestone:
    return Milestone(
        customers=whole("MS-03", "milestone {}"),
        month="2026-11",
        peak_per_second=whole("MS-03", "{} peak"),
        events_per_day=whole("MS-03", "{}/day"),
        nodes=whole("CS-11", "{} nodes"),
        standby_nodes=whole("DB-06", "{} replica node"),
        instances_max=whole("MS-03", "50->{}"),
        instances_documented=whole("CS-11", "15-{}"),
        cost_month=whole("CS-11", "50, {}, "),
        sources="MS-03, CS-11, DB-06",
    )


def _eight_hundred() -> Milestone:
    return Milestone(
        customers=whole("MS-04", "milestone {}"),
        month="2026-11",
        peak_per_second=whole("MS-04", "day, {} peak"),
        events_per_day=whole("MS-04", "{}/day"),
        nodes=whole("MS-04", "3->{} nodes"),
        standby_nodes=whole("CT-06", "10+{} nodes"),
        instances_max=whole("AS-01", "max {}"),
        instances_documented=whole("CS-12", "35-{}"),
        cost_month=whole("CS-12", "100, {}, "),
        sources="MS-04, CS-12, CT-06, AS-01",
    )


def _thousand() -> Milestone:
    steady = whole("CS-20", "customers, {}/s")
    return Milestone(
        customers=whole("CS-20", "{} customers"),
        month="2027-01",
        peak_per_second=whole("CS-20", "{} peak"),
        events_per_day=steady * SECONDS_PER_DAY,
        nodes=whole("DB-02", "{} nodes at 1,000"),
        standby_nodes=whole("CT-06", "10+{} nodes"),
        instances_max=whole("AS-01", "max {}"),
        instances_documented=whole("AS-04", "RPS = {}"),
        cost_month=whole("CT-14", "= {}/month"),
        sources="CS-20, DB-02, CT-06, AS-04, CT-14",
    )


def _twelve_hundred() -> Milestone:
    return Milestone(
        customers=whole("MS-05", "milestone {}"),
        month="2027-12",
        peak_per_second=whole("MS-05", "{} peak"),
        events_per_day=whole("MS-05", "{}/day"),
        nodes=whole("CT-06", "{}+3 nodes"),
        standby_nodes=whole("CT-06", "10+{} nodes"),
        instances_max=whole("AS-01", "max {}"),
        instances_documented=whole("AS-04", "RPS = {}"),
        cost_month=whole("CS-17", "{}/month"),
        sources="MS-05, CT-06, AS-04, CS-17",
    )


_MILESTONES: Final[dict[int, Callable[[], Milestone]]] = {
    10: _now,
    50: _fifty,
    150: _hundred_and_fifty,
    400: _four_hundred,
    800: _eight_hundred,
    1000: _thousand,
    1200: _twelve_hundred,
}

NUMBERS: Final = tuple(_MILESTONES)
"""The customers of each milestone, by which they are named."""


class UnknownMilestoneError(PortableError, LookupError):
    """A number that is no milestone; whoever asked must take one of them, or write a scenario.

    Args:
        number: What was asked for.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"milestone {number} is none of {', '.join(map(str, NUMBERS))}")
        self.number = number
        self.remedy = "take one of them, or write a scenario file"


def documented(number: int) -> Milestone:
    """Return what the documents say of a milestone.

    Raises:
        UnknownMilestoneError: There is none of this number.
    """
    if number not in _MILESTONES:
        raise UnknownMilestoneError(number)
    return _MILESTONES[number]()


def milestone(number: int) -> Scenario:
    """Return a milestone as a scenario.

    Raises:
        UnknownMilestoneError: There is none of this number.
    """
    said = documented(number)
    per_customer = figure("CS-02", "avg {}/s") / figure("CS-01", "{} customers")
    return Scenario(
        name=f"milestone {number}",
        month=parse_period(said.month),
        workload=Workload(
            customers=said.customers,
            steady_per_second=float(said.customers * per_customer),
            peak_per_second=float(said.peak_per_second),
            hot_customer_percent=_hot_percent(said.customers),
            swing_percent=SWING_PERCENT,
            weekend_percent=WEEKEND_PERCENT,
            growth_per_month=float(figure("FI-01", "+{} customers/month")),
        ),
        sales=(_sale(said),),
        fleet=_fleet(said),
        stores=_stores(said),
        objectives=Objectives(
            availability_percent=float(figure("SL-01", "Availability {} %")),
            latency_p99_ms=float(figure("SL-02", "p99 < {} ms")),
        ),
        region=Region(
            replication_lag_seconds=float(figure("T4-L3", "{} s maximum")),
            outage_minutes=float(figure("T4-P1", "worst case {} min")),
        ),
        prices=documented_prices(),
    )


def _hot_percent(customers: int) -> float:
    # Nobody is the largest with less than the mean, as the documented share would be for 10 customers.
    share = figure("CS-14", "largest {};") / figure("CS-16", "{}/month")
    return float(100 * max(share, Decimal(1) / customers))


def _sale(said: Milestone) -> Sale:
    year, month = (int(part) for part in said.month.split("-"))
    ramp = 60 * whole("BF-3", "Black Friday T+{} h")
    hold = 60 * whole("BF-4", "Black Friday T+{} h") - ramp
    peak = float(said.peak_per_second)
    if month == 11:
        day = black_friday(year).day
        return Sale(
            name="Black Friday",
            day=day,
            hour=SALE_HOUR,
            ramp_minutes=ramp,
            hold_minutes=hold,
            peak_per_second=peak,
        )
    day = 31 if month == 12 else 1
    hour = 20 if month == 12 else 0
    return Sale(
        name="New Year", day=day, hour=hour, ramp_minutes=ramp, hold_minutes=hold, peak_per_second=peak
    )


def _fleet(said: Milestone) -> Fleet:
    service = whole("LA-04", "Firestore write {} ms") + whole("LA-05", "Spanner write {} ms")
    overhead = sum(
        whole(claim, pattern)
        for claim, pattern in (
            ("LA-01", "Handler {} ms"),
            ("LA-02", "Validation {} ms"),
            ("LA-03", "check {} ms"),
            ("LA-06", "generation {} ms"),
            ("LA-07", "Response {} ms"),
        )
    )
    rules = DOCUMENTED
    return Fleet(
        vcpu=whole("AS-08", "{}-vCPU"),
        instances_min=rules.least,
        instances_max=said.instances_max,
        soft_limit=min(rules.soft_limit, said.instances_max),
        queue_max=whole("PO-04", "queue {} then"),
        queue_timeout_seconds=float(figure("PO-04", "timeout {} s")),
        service_ms=float(service),
        service_scv=0.0,
        overhead_ms=float(overhead),
        target_percent=rules.target // _PERMILLE,
        high_percent=rules.high // _PERMILLE,
        low_percent=rules.low // _PERMILLE,
        low_minutes=rules.low_for // MINUTE,
        step_up=rules.step_up,
        step_down=rules.step_down,
        latency_max_ms=rules.latency_max / MILLISECOND,
        queue_high=rules.queue_max,
        spin_up_seconds=rules.spin_up // SECOND,
    )


def _stores(said: Milestone) -> Stores:
    return Stores(
        spanner_nodes=said.nodes,
        standby_nodes=said.standby_nodes,
        node_operations_per_second=float(figure("DB-01", "{} ops/s per node")),
        operations_per_event=ROWS_PER_EVENT,
        firestore_writes_per_second=0.0,
        chain_commit_ms=float(
            figure("LA-04", "Firestore write {} ms") + figure("LA-05", "Spanner write {} ms")
        ),
        chain_entries=1,
    )
