"""One field of a scenario at several values, everything else as it is.

A sweep runs the fluid month only. Whole fields take whole values; far-apart ends are divided evenly in their
ratio.

Source: ``cli.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from billproof.model.portable import PortableError
from billproof.simulations.capacity.bottlenecks import resources
from billproof.simulations.capacity.fleet import percentile_of_month, simulate_month
from billproof.simulations.capacity.scenario import SECTIONS, Scenario, limits_of
from billproof.simulations.capacity.scenario_files import change_number
from billproof.simulations.capacity.study import volumes_of
from billproof.simulations.capacity.workload import curve_of
from billproof.simulations.economics.costs import bill_of, cents

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What a document is made of."""

POINTS_MAX: Final = 7
"""How many values a sweep takes."""

_WIDE: Final = 20.0
"""Ends whose ratio is larger are divided evenly in their ratio."""


class SweepError(PortableError, ValueError):
    """A sweep that cannot be run; whoever wrote it must mend it.

    Args:
        text: What was written.
        problem: What is wrong with it.
        remedy: What to write instead.
    """

    def __init__(self, text: str, problem: str, remedy: str) -> None:
        super().__init__(f"--sweep {text}: {problem}; {remedy}")
        self.source = "--sweep"
        self.place = text
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Which field, and its values."""

    section: str
    field: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What came out at one value."""

    value: float
    peak_rps: float
    instances_p100: int
    p99_ms: float
    lost_share: float
    bottleneck: str
    cost_month: Decimal


def parse_sweep(text: str) -> Sweep:
    """Read ``SECTION.FIELD=A..B``.

    Raises:
        SweepError: It has another form, names no field, or leaves the range of the field.
    """
    name, equals, ends = text.partition("=")
    low_text, dots, high_text = ends.partition("..")
    section, _, field = name.strip().partition(".")
    form = "write it like fleet.vcpu=2..16"
    if not (equals and dots):
        raise SweepError(text, "it has not the form SECTION.FIELD=A..B", form)
    known = [f"{part}.{key}" for part, kind in SECTIONS.items() for key in limits_of(kind)]
    if name.strip() not in known:
        raise SweepError(text, f"{name.strip()} is no field", f"take one of {', '.join(known)}")
    limit = limits_of(SECTIONS[section])[field]
    try:
        low, high = float(low_text), float(high_text)
    except ValueError:
        raise SweepError(text, f"{low_text!r} or {high_text!r} is no number", form) from None
    if not limit.low <= low < high <= limit.high:
        raise SweepError(
            text, f"{low:g}..{high:g} is no rising range in the field's", f"{limit.text()} is allowed"
        )
    return Sweep(section=section, field=field, values=_values(low, high, is_whole=limit.is_whole))


def _values(low: float, high: float, *, is_whole: bool) -> tuple[float, ...]:
    steps = range(POINTS_MAX)
    if low > 0 and high / low > _WIDE:
        found = [low * (high / low) ** (step / (POINTS_MAX - 1)) for step in steps]
    else:
        found = [low + (high - low) * step / (POINTS_MAX - 1) for step in steps]
    return tuple(sorted({float(round(value)) for value in found} if is_whole else set(found)))


def point_at(scenario: Scenario, sweep: Sweep, value: float) -> Point:
    """Run the month with the field at one value."""
    changed = change_number(scenario, sweep.section, sweep.field, value)
    month = simulate_month(changed, curve_of(changed))
    came = float((month.served + month.refused).sum())
    return Point(
        value=value,
        peak_rps=float(month.curve.rate.max()),
        instances_p100=int(month.instances.max()),
        p99_ms=percentile_of_month(month, 0.99),
        lost_share=float(month.refused.sum()) / max(came, 1.0),
        bottleneck=resources(changed)[0].name,
        cost_month=bill_of(volumes_of(changed, month), changed.prices).total,
    )


def sweep_document(sweep: Sweep, points: Sequence[Point]) -> dict[str, Json]:
    """Return a sweep as a document."""
    return {
        "field": f"{sweep.section}.{sweep.field}",
        "points": [
            {
                "value": point.value,
                "peak_rps": round(point.peak_rps, 3),
                "instances_p100": point.instances_p100,
                "p99_ms": round(point.p99_ms, 3),
                "lost_share": round(point.lost_share, 9),
                "bottleneck": point.bottleneck,
                "cost_month_usd": float(cents(point.cost_month)),
            }
            for point in points
        ],
    }


def sweep_lines(sweep: Sweep, points: Sequence[Point]) -> list[str]:
    """Return a sweep as a table."""
    name = f"{sweep.section}.{sweep.field}"
    return [
        f"{name:30}{'peak/s':>10}{'instances':>11}{'p99 ms':>10}{'lost':>10}{'a month':>14}  first to break",
        *(
            f"{point.value:<30,.6g}{point.peak_rps:>10,.0f}{point.instances_p100:>11,}{point.p99_ms:>10,.0f}"
            f"{point.lost_share:>10.3%}{cents(point.cost_month):>14}  {point.bottleneck}"
            for point in points
        ),
    ]
