"""How far the cost of a year moves: one input at a time, and all at once.

Theory of operation. Each driver is a factor on one input of the bill. The tornado moves one driver to its low
and its high end. The Monte Carlo draws every driver from a triangle between its ends with its tip at 1, a
thousand thousandths at a time: factors are whole thousandths, so that money stays exact.

Choices. The ends are assumed, as no document states an uncertainty; they are data of ``DRIVERS``.

Source: ``capacity.md``, "Must answer".
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np

from billproof.model.periods import MONTHS_PER_YEAR
from billproof.model.portable import PortableError
from billproof.simulations.economics.costs import Volumes, bill_of
from billproof.simulations.economics.prices import Prices

WHOLE: Final = 1000
"""A factor of 1, in thousandths."""


class SamplesError(PortableError, ValueError):
    """Too few samples for an interval; whoever asked must take more.

    Args:
        samples: How many were asked for.
        least: How many are needed.
    """

    def __init__(self, samples: int, least: int) -> None:
        super().__init__(f"{samples} samples give no 90 % interval; take at least {least}")
        self.samples = samples
        self.least = least


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One input that is not known exactly."""

    name: str
    low: int
    """Thousandths of its value."""
    high: int
    apply: Callable[[Volumes, Prices, Decimal], tuple[Volumes, Prices]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """What one driver does to the cost of a year, in US dollars."""

    name: str
    low: Decimal
    """At its low end."""
    high: Decimal

    @property
    def width(self) -> Decimal:
        """How far the cost moves."""
        return abs(self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The cost of a year with all drivers uncertain, in US dollars."""

    samples: int
    seed: int
    p5: Decimal
    p50: Decimal
    p95: Decimal


def _events(volumes: Volumes, prices: Prices, factor: Decimal) -> tuple[Volumes, Prices]:
    return replace(volumes, events=volumes.events * factor), prices


def _instances(volumes: Volumes, prices: Prices, factor: Decimal) -> tuple[Volumes, Prices]:
    return replace(volumes, vcpu_seconds=volumes.vcpu_seconds * factor), prices


def _nodes(volumes: Volumes, prices: Prices, factor: Decimal) -> tuple[Volumes, Prices]:
    nodes = volumes.spanner_nodes * factor
    return replace(volumes, spanner_nodes=nodes, standby_nodes=volumes.standby_nodes * factor), prices


def _compute_price(volumes: Volumes, prices: Prices, factor: Decimal) -> tuple[Volumes, Prices]:
    return volumes, replace(prices, vcpu_second=prices.vcpu_second * factor)


def _spanner_price(volumes: Volumes, prices: Prices, factor: Decimal) -> tuple[Volumes, Prices]:
    return volumes, replace(prices, spanner_node_month=prices.spanner_node_month * factor)


def _firestore_price(volumes: Volumes, prices: Prices, factor: Decimal) -> tuple[Volumes, Prices]:
    writes, reads = prices.firestore_million_writes, prices.firestore_million_reads
    return volumes, replace(
        prices, firestore_million_writes=writes * factor, firestore_million_reads=reads * factor
    )


DRIVERS: Final = (
    Driver(name="events per customer", low=500, high=1500, apply=_events),
    Driver(name="instances that run", low=700, high=1500, apply=_instances),
    Driver(name="Spanner nodes", low=800, high=2000, apply=_nodes),
    Driver(name="price of compute", low=700, high=1100, apply=_compute_price),
    Driver(name="price of a Spanner node", low=750, high=1100, apply=_spanner_price),
    Driver(name="prices of Firestore", low=850, high=1100, apply=_firestore_price),
)
"""What is uncertain, and how far; assumed."""

_LEAST: Final = 100


def tornado(volumes: Volumes, prices: Prices) -> tuple[Swing, ...]:
    """Return what each driver alone does, the widest first."""
    swings = []
    for driver in DRIVERS:
        low, high = (
            _year(*driver.apply(volumes, prices, Decimal(end) / WHOLE)) for end in (driver.low, driver.high)
        )
        swings.append(Swing(name=driver.name, low=low, high=high))
    return tuple(sorted(swings, key=lambda swing: swing.width, reverse=True))


def spread(volumes: Volumes, prices: Prices, *, samples: int, seed: int) -> Spread:
    """Return the 90 % interval of the cost of a year.

    Raises:
        SamplesError: Fewer samples than an interval needs.
    """
    if samples < _LEAST:
        raise SamplesError(samples, _LEAST)
    draws = np.random.Generator(np.random.PCG64(seed))
    factors = [
        np.rint(draws.triangular(driver.low, WHOLE, driver.high, samples)).astype(np.int64).tolist()
        for driver in DRIVERS
    ]
    costs = []
    for row in zip(*factors, strict=True):
        drawn, paid = volumes, prices
        for driver, factor in zip(DRIVERS, row, strict=True):
            drawn, paid = driver.apply(drawn, paid, Decimal(factor) / WHOLE)
        costs.append(_year(drawn, paid))
    costs.sort()
    p5, p50, p95 = (costs[samples * share // 100] for share in (5, 50, 95))
    return Spread(samples=samples, seed=seed, p5=p5, p50=p50, p95=p95)


def _year(volumes: Volumes, prices: Prices) -> Decimal:
    return bill_of(volumes, prices).total * MONTHS_PER_YEAR
