"""What comes in, what goes out, and from how many customers on more comes in: break-even and five years.

Income is the fee, a share of what customers are charged through the system; the charges themselves pass
through and are reported apart (XF-07). The cost of a number of customers is recomputed from unit prices
(``costs``), and the three cost models that the documents print are kept beside it as what they are: lines.

Choices. A customer costs its share of events; instances are those that the target load needs, nodes those
that the peak needs, so that the cost has steps and the search for break-even tries every number. Churn is 5 %
a year, spread over the months (XF-14).

Source: BE-1 to BE-3, CM-01 to CM-03, SK-10, CT-14, FI-01 to FI-11; XF-01 to XF-23.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Final

from billproof.model.periods import MONTHS_PER_YEAR
from billproof.simulations.capacity.documented import figure
from billproof.simulations.economics.costs import MONTH_SECONDS, Volumes, bill_of
from billproof.simulations.economics.prices import Prices

CUSTOMERS_MAX: Final = 20_000
"""How far a break-even is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """How much of everything one customer needs; decided by the scenario."""

    events_per_second: Decimal
    """Of one customer, on the mean."""
    peak_per_second: Decimal
    """Of one customer, at the peak."""
    instance_rate: Decimal
    """Requests a second that one instance serves at the target load."""
    vcpu: int
    instances_min: int
    nodes_min: int
    node_events_per_second: Decimal
    """Events a second that one node carries."""
    standby_nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A cost that is fixed, and one for each customer, in US dollars a year."""

    name: str
    fixed: Decimal
    variable: Decimal
    source: str

    def cost(self, customers: int) -> Decimal:
        """Return the cost of so many customers for a year."""
        return self.fixed + self.variable * customers


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One year of the projection, in US dollars."""

    year: int
    customers: int
    """At its end."""
    volume: Decimal
    """What customers are charged through the system; it passes through."""
    fee: Decimal
    cost: Decimal
    documented_revenue: Decimal | None
    documented_cost: Decimal | None

    @property
    def profit(self) -> Decimal:
        """Fee less cost."""
        return self.fee - self.cost


def fee_share() -> Decimal:
    """Return the fee as a share of the volume."""
    return figure("CS-07", "{} % fee") / 100


def fee_per_customer(monthly_volume: Decimal) -> Decimal:
    """Return the fee of one customer for a year.

    >>> fee_per_customer(Decimal(15_000))
    Decimal('540.000')
    """
    return monthly_volume * MONTHS_PER_YEAR * fee_share()


def ceil_decimal(value: Decimal) -> int:
    """Return the smallest whole number that is not less."""
    # Not the negative of a floor: ``//`` of decimals cuts towards zero.
    return int(value.to_integral_value(rounding=ROUND_CEILING))


def break_even(fixed: Decimal, fee: Decimal, variable: Decimal) -> int | None:
    """Return the least number of customers whose fees cover the cost: ``ceil(fixed / (fee - variable))``.

    None if a customer costs as much as it pays, or more: then no number does.

    >>> break_even(Decimal(211_000), Decimal(540), Decimal("2.76"))
    393
    """
    if fee <= variable:
        return None
    return ceil_decimal(fixed / (fee - variable)) if fixed > 0 else 0


def documented_lines() -> tuple[Line, ...]:
    """Return the cost models that the documents print or imply."""
    fixed = figure("CM-01", "= {}")
    per_customer = figure("SK-10", "{}/year") / figure("CS-20", "{} customers")
    itemised = (figure("CT-14", "{}/year") - fixed) / figure("CS-20", "{} customers")
    return (
        Line(
            name="as used for break-even",
            fixed=fixed,
            variable=figure("CM-02", "= {}/year"),
            source="CM-02, BE-2",
        ),
        Line(name="as printed", fixed=fixed, variable=figure("CM-03", "211,000 + {} N"), source="CM-03"),
        Line(name="first budget per customer", fixed=fixed, variable=per_customer, source="SK-10"),
        Line(name="second budget per customer", fixed=fixed, variable=itemised, source="CT-14"),
    )


def volumes_for(customers: int, sizing: Sizing) -> Volumes:
    """Return what a month of so many customers uses."""
    rate = sizing.events_per_second * customers
    instances = max(sizing.instances_min, ceil_decimal(rate / sizing.instance_rate))
    nodes = max(
        sizing.nodes_min, ceil_decimal(sizing.peak_per_second * customers / sizing.node_events_per_second)
    )
    return Volumes(
        events=rate * MONTH_SECONDS,
        vcpu_seconds=instances * sizing.vcpu * MONTH_SECONDS,
        spanner_nodes=Decimal(nodes),
        standby_nodes=Decimal(sizing.standby_nodes),
    )


def annual_cost(customers: int, sizing: Sizing, prices: Prices) -> Decimal:
    """Return the recomputed cost of so many customers for a year."""
    return bill_of(volumes_for(customers, sizing), prices).total * MONTHS_PER_YEAR


def break_even_of(cost: Callable[[int], Decimal], fee: Decimal, most: int = CUSTOMERS_MAX) -> int | None:
    """Return the least number of customers from which on fees cover the cost, as far as is looked.

    A cost with steps may be covered, and not any more one customer later: the number returned is the first
    after the last that is not covered.
    """
    last = None
    # Coarse from the top, so that the many numbers that are covered cost little.
    for customers in range(most, 0, -1):
        if fee * customers < cost(customers):
            last = customers
            break
    if last == most:
        return None
    return 1 if last is None else last + 1


@lru_cache(maxsize=1)
def documented_years() -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """Return the revenue and the cost that the documents state for each year."""
    return {
        2026: (figure("FI-06", "events; {};"), figure("FI-06", "244M; {};")),
        2027: (figure("FI-07", "22.8M; {};"), figure("FI-07", "328M; {};")),
        2028: (figure("FI-08", "39M; {};"), figure("FI-08", "540M; {};")),
        2029: (None, None),
        2030: (figure("FI-09", "540M -> {};"), figure("FI-09", "1.2M -> {}")),
    }


def monthly_volume_of(month: int) -> Decimal:
    """Return what one customer is charged in a month of the projection; it grows for three years."""
    first, last = figure("FI-01", "MRR {} ->"), figure("FI-01", "-> {} by year")
    years = figure("FI-01", "by year {};")
    share = min(Decimal(month) / (years * MONTHS_PER_YEAR), Decimal(1))
    return first + (last - first) * share


def projection(sizing: Sizing, prices: Prices, begin: int) -> tuple[Year, ...]:
    """Return five years of customers, volume, fee and cost, with the documented figures beside them.

    Args:
        sizing: What one customer needs.
        prices: Unit prices.
        begin: Customers at the beginning of the first year.
    """
    growth, churn = figure("FI-01", "+{} customers/month"), figure("FI-01", "churn {} %/year") / 100
    customers, years, month = Decimal(begin), [], 0
    for year, (revenue, said_cost) in documented_years().items():
        volume = cost = Decimal(0)
        for _ in range(MONTHS_PER_YEAR):
            count = int(customers)
            volume += count * monthly_volume_of(month)
            cost += bill_of(volumes_for(count, sizing), prices).total
            customers += growth - customers * churn / MONTHS_PER_YEAR
            month += 1
        years.append(
            Year(
                year=year,
                customers=int(customers),
                volume=volume,
                fee=volume * fee_share(),
                cost=cost,
                documented_revenue=revenue,
                documented_cost=said_cost,
            )
        )
    return tuple(years)
