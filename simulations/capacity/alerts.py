"""Triggers and severities on the simulated metrics, and what is left of the error budget.

A rule fires when its metric is within its band in so many minutes in a row; how often, when first, and for
how long is told. Burn-rate alerts and the severities are the model's own (``platform.monitoring``); here they
are computed for a whole month at once, and a test holds both against each other.

Choices. Refused and timed-out requests count as errors: 429 from a full queue is a failure to serve, no
business refusal (XI-01). Firestore answers in its documented time until its limit is near (one line, one
server).

Source: TG-1 to TG-4, SL-01 to SL-08, AS-03, MS-03, PO-09; XD-35, XI-02, XI-03.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from billproof.model.platform.monitoring import (
    BURN_RATE_ALERTS,
    DOCUMENTED_AVAILABILITY,
    DOCUMENTED_ERRORS,
    MILLION,
    YEAR,
    Severity,
)
from billproof.model.platform.units import MINUTE, SECOND
from billproof.simulations.capacity.documented import figure, whole
from billproof.simulations.capacity.fleet import P95, P99, Month
from billproof.simulations.capacity.scenario import Scenario
from billproof.simulations.capacity.workload import STEP_SECONDS

_STEPS_PER_MINUTE: Final = 60 // STEP_SECONDS
_NOISE: Final = 1e-9
"""What rounding may add to a metric that is exactly at its threshold."""

_ALWAYS: Final = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One documented trigger."""

    name: str
    severity: str
    metric: str
    above: float
    up_to: float
    """Not above this; infinite if the band has no upper end."""
    minutes: int
    """In a row."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """What a rule did in the month."""

    rule: Rule
    times: int
    minutes: int
    """In all, the minutes before the rule counts included."""
    first: str | None
    """When it first fired."""
    worst: float
    """The highest value of its metric in the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What is left of the error budget."""

    objective: float
    """The share that must be served."""
    bad: int
    total: int
    consumed_of_month: float
    """1 if the month has used up exactly its own budget."""
    consumed_of_year: float
    """The same bad requests against a year of this month's volume."""
    burn_alerts: tuple[tuple[str, int, str | None], ...]
    """Severity, minutes in which it is due, and when first."""


class _Row(NamedTuple):
    """A rule before its figures are read."""

    name: str
    severity: str
    metric: str
    claim: str
    threshold: str
    """Where the threshold stands in the claim."""
    window: str
    """Where the minutes stand; empty for one minute."""
    is_good: bool = False
    """Whether the threshold speaks of the share that is good, so that the rule is about the rest."""


_TABLE: Final = (
    _Row("Spanner warm", "yellow", "spanner_percent", "TG-1", "CPU > {} %", "% {} min"),
    _Row("Spanner hot", "orange", "spanner_percent", "TG-2", "CPU > {} %", "85 % {} min"),
    _Row("Firestore slow", "red, P2", "firestore_ms", "TG-3", "write > {} ms", "ms {} min"),
    _Row("errors", "critical, P1", "error_percent", "TG-4", "rate > {} %", "% {} min"),
    _Row("availability", "none", "error_percent", "SL-01", "alert < {} %", "for {} min", is_good=True),
    _Row("p99", "none", "p99_ms", "SL-02", "alert > {} ms", "for {} min"),
    _Row("errors", "none", "error_percent", "SL-03", "alert > {} %", "for {} min"),
    _Row(
        "availability", "P1", "error_percent", "SL-06", "Availability < {} %", "99 % > {} min", is_good=True
    ),
    _Row("p99", "P2", "p99_ms", "SL-07", "p99 > {} ms", ""),
    _Row("CPU", "P2", "load_percent", "SL-07", "CPU > {} %", ""),
    _Row("p95", "P3", "p95_ms", "SL-08", "p95 > {} ms", ""),
    _Row("soft limit", "none", "instances", "AS-03", "soft limit {} ", ""),
    _Row("instances", "none", "instances", "MS-03", "alerts {} instances", ""),
    _Row("connections", "none", "pool_percent", "PO-09", "alert > {} %", ""),
)


def rules() -> tuple[Rule, ...]:
    """Return the documented triggers, each figure from its claim; the bands of the model come with them."""
    found = []
    for row in _TABLE:
        threshold = figure(row.claim, row.threshold)
        found.append(
            Rule(
                name=f"{row.claim} {row.name}",
                severity=row.severity,
                metric=row.metric,
                above=float(100 - threshold if row.is_good else threshold),
                up_to=_ALWAYS,
                minutes=whole(row.claim, row.window) if row.window else 1,
                source=row.claim,
            )
        )
    for alert in (*DOCUMENTED_AVAILABILITY, *DOCUMENTED_ERRORS):
        # The P1 band is SL-06 above; a band from "nothing" on is due with no error at all (XI-04).
        if alert.severity != Severity.P1:
            found.append(
                Rule(
                    name=f"model: {alert.name}",
                    severity=alert.severity.name,
                    metric="error_percent",
                    above=100 * alert.above / MILLION,
                    up_to=100 * alert.up_to / MILLION,
                    minutes=alert.window // MINUTE,
                    source="SL-07, SL-08",
                )
            )
    return tuple(found)


def metrics(scenario: Scenario, month: Month) -> dict[str, NDArray[np.float64]]:
    """Return each metric of the rules, one value per minute."""
    total = _sums(month.served + month.refused)
    workers = np.minimum(month.load, 1.0)
    connections = whole("PO-03", "{} workers") / whole("PO-02", "20-{},")
    limit = scenario.stores.firestore_writes_per_second
    firestore = np.full(len(total), float(figure("LA-04", "write {} ms")))
    if limit:
        firestore = firestore / np.maximum(1 - _sums(month.served) / 60 / limit, 1e-3)
    return {
        "spanner_percent": 100 * _means(month.spanner_load),
        "firestore_ms": firestore,
        "error_percent": 100 * _sums(month.refused) / np.maximum(total, 1e-9),
        "p95_ms": _means(month.latency_ms[P95]),
        "p99_ms": _means(month.latency_ms[P99]),
        "load_percent": 100 * _means(workers),
        "instances": _means(month.instances.astype(np.float64)),
        # Each busy worker holds one connection of the pool of its instance.
        "pool_percent": 100 * connections * _means(workers),
    }


def _sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    whole_minutes = len(values) // _STEPS_PER_MINUTE
    found: NDArray[np.float64] = (
        values[: whole_minutes * _STEPS_PER_MINUTE].reshape(whole_minutes, -1).sum(axis=1)
    )
    return found


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return _sums(values) / _STEPS_PER_MINUTE


def runs(is_in: NDArray[np.bool_], minutes: int) -> list[tuple[int, int]]:
    """Return the first minute and the length of each unbroken run that is long enough.

    >>> runs(np.array([True, True, False, True]), 2)
    [(0, 2)]
    """
    edges = np.diff(np.concatenate(([0], is_in.astype(np.int8), [0])))
    starts, ends = np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0]
    return [
        (int(start), int(end - start))
        for start, end in zip(starts, ends, strict=True)
        if end - start >= minutes
    ]


def fired(scenario: Scenario, month: Month) -> tuple[Fired, ...]:
    """Return what each documented rule does in this month, silent ones included."""
    measured = metrics(scenario, month)
    found = []
    for rule in rules():
        values = measured[rule.metric]
        spans = runs((values > rule.above + _NOISE) & (values <= rule.up_to), rule.minutes)
        first = month.curve.when((spans[0][0] + rule.minutes - 1) * _STEPS_PER_MINUTE) if spans else None
        found.append(
            Fired(
                rule=rule,
                times=len(spans),
                minutes=sum(length for _, length in spans),
                first=first,
                worst=float(values.max()),
            )
        )
    return tuple(found)


def budget(scenario: Scenario, month: Month) -> Budget:
    """Return what the month did to the error budget, and which burn-rate alerts were due."""
    allowed = 1 - scenario.objectives.availability_percent / 100
    bad, total = _sums(month.refused), _sums(month.served + month.refused)
    consumed = float(bad.sum() / max(total.sum(), 1e-9) / allowed)
    months = YEAR / SECOND / (len(month.curve.rate) * STEP_SECONDS)
    burning = []
    for alert in BURN_RATE_ALERTS:
        minutes = burning_minutes(
            bad, total, allowed, (alert.times, alert.long // MINUTE, alert.short // MINUTE)
        )
        places = np.nonzero(minutes)[0]
        first = month.curve.when(int(places[0]) * _STEPS_PER_MINUTE) if len(places) else None
        burning.append((alert.severity.name, len(places), first))
    return Budget(
        objective=1 - allowed,
        bad=round(float(bad.sum())),
        total=round(float(total.sum())),
        consumed_of_month=consumed,
        consumed_of_year=consumed / months,
        burn_alerts=tuple(burning),
    )


def burning_minutes(
    bad: NDArray[np.float64],
    total: NDArray[np.float64],
    allowed: float,
    alert: tuple[int, int, int],
) -> NDArray[np.bool_]:
    """Tell for each minute whether the burn is fast enough in both windows that end with it.

    Args:
        bad: Bad requests of each minute.
        total: All requests of each minute.
        allowed: The share that may be bad.
        alert: Burn rate in tenths, long window and short window in minutes.
    """
    tenths, *windows = alert
    # In millionths and tenths, rounded down, as the model has it.
    millionths = max(1, round(allowed * MILLION))
    is_due = np.ones(len(bad), dtype=np.bool_)
    for window in windows:
        shares = np.floor(_trailing(bad, window) * MILLION / np.maximum(_trailing(total, window), 1e-9))
        is_due &= np.floor(shares * 10 / millionths) >= tenths
    return is_due


def _trailing(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(sums))
    found: NDArray[np.float64] = sums[ends] - sums[np.maximum(ends - window, 0)]
    return found
