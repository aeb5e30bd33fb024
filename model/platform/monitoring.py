"""Monitoring: what is measured, in which window, which alert it raises, and how fast it burns the budget.

Theory of operation. A metric is a count of good and bad events per minute. An alert is due when the share of
bad events in its window is above its threshold for as long as it says. A service level objective allows a
share of bad events over its period; the burn rate is how many times faster than that they come.

Choices. The documented alerts are rows as they stand, gaps included: between 99.5 and 99.9 % availability
no severity applies (XI-03), and the rule "errors below 0.5 %" is always on (XI-04). ``BURN_RATE_ALERTS`` are
the repair: two windows each, so that a fast burn is noticed fast and a slow one at all.

Source: SL-01 to SL-11, SL-16, XI-01 to XI-07; ``claims.md`` part 4; Google SRE Workbook, chapter 5.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from billproof.model.identifiers import Count
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.units import HOUR, MINUTE, Micros, PartsPerMillion

MILLION: Final = 1_000_000
"""Parts in the whole."""

YEAR: Final = Micros(365 * 24 * HOUR)
"""The period of the objectives: 31,536,000 s (``claims.md`` part 4)."""


class Severity(IntEnum):
    """How urgent an alert is."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4


class Metric(StrEnum):
    """What is measured: twenty, four in each of the five groups that the documents list (SL-16, XI-09)."""

    EVENTS_PER_SECOND = "events_per_second"
    RECEIPTS_PER_SECOND = "receipts_per_second"
    API_REQUESTS_PER_SECOND = "api_requests_per_second"
    SPANNER_OPERATIONS_PER_SECOND = "spanner_operations_per_second"
    LATENCY_P50 = "latency_p50"
    LATENCY_P95 = "latency_p95"
    LATENCY_P99 = "latency_p99"
    LATENCY_MAX = "latency_max"
    ERROR_RATE = "error_rate"
    ERRORS_4XX = "errors_4xx"
    ERRORS_5XX = "errors_5xx"
    TIME_OUTS = "time_outs"
    CPU = "cpu"
    MEMORY = "memory"
    CONNECTION_POOL = "connection_pool"
    QUEUE_LENGTH = "queue_length"
    LEDGER_BALANCE = "ledger_balance"
    RECONCILIATION = "reconciliation"
    DUPLICATES_BLOCKED = "duplicates_blocked"
    REPLICATION_LAG = "replication_lag"


class Minute(NamedTuple):
    """What was counted in one minute."""

    good: Count
    bad: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One rule: bad events between two shares, for so long."""

    name: str
    severity: Severity
    above: PartsPerMillion
    """The share of bad events is above this."""
    up_to: PartsPerMillion
    """And not above this; the whole for no upper bound."""
    window: Micros
    """Over how long the share is taken."""
    respond_within: Micros


DOCUMENTED_AVAILABILITY: Final = (
    Alert(
        name="availability below 99 %",
        severity=Severity.P1,
        above=PartsPerMillion(10_000),
        up_to=PartsPerMillion(MILLION),
        window=Micros(5 * MINUTE),
        respond_within=Micros(5 * MINUTE),
    ),
    Alert(
        name="availability from 99 to 99.5 %",
        severity=Severity.P2,
        above=PartsPerMillion(5_000),
        up_to=PartsPerMillion(10_000),
        window=Micros(5 * MINUTE),
        respond_within=HOUR,
    ),
)
"""SL-06 and SL-07: what says nothing between 99.5 and 99.9 %."""

DOCUMENTED_ERRORS: Final = (
    Alert(
        name="errors from 0.5 to 1 %",
        severity=Severity.P2,
        above=PartsPerMillion(5_000),
        up_to=PartsPerMillion(10_000),
        window=Micros(5 * MINUTE),
        respond_within=HOUR,
    ),
    Alert(
        name="errors below 0.5 %",
        severity=Severity.P3,
        above=PartsPerMillion(-1),
        up_to=PartsPerMillion(5_000),
        window=Micros(5 * MINUTE),
        respond_within=Micros(8 * HOUR),
    ),
)
"""SL-07 and SL-08: above 1 % no rule speaks of errors, below 0.5 % one always does."""


class BurnAlert(NamedTuple):
    """An alert on the burn rate, over a long window and a short one that ends with it."""

    severity: Severity
    times: Count
    """The burn rate above which it is due in both windows, in tenths."""
    long: Micros
    short: Micros


BURN_RATE_ALERTS: Final = (
    BurnAlert(Severity.P1, Count(144), HOUR, Micros(5 * MINUTE)),
    BurnAlert(Severity.P2, Count(60), Micros(6 * HOUR), Micros(30 * MINUTE)),
    BurnAlert(Severity.P3, Count(10), Micros(72 * HOUR), Micros(6 * HOUR)),
)
"""14.4, 6 and 1 times the budget of 30 days (SRE Workbook, table 5-8)."""


def bad_share(minutes: tuple[Minute, ...]) -> PartsPerMillion:
    """Return the share of bad events, rounded down; 0 where nothing happened."""
    bad = sum(minute.bad for minute in minutes)
    total = bad + sum(minute.good for minute in minutes)
    return PartsPerMillion(0 if total == 0 else bad * MILLION // total)


def last(minutes: tuple[Minute, ...], window: Micros) -> tuple[Minute, ...]:
    """Return the minutes of a window that ends now."""
    return minutes[-(window // MINUTE) :]


def due(alerts: tuple[Alert, ...], minutes: tuple[Minute, ...]) -> tuple[Alert, ...]:
    """Return the alerts that are due; a window that is not yet full raises none."""
    return tuple(
        alert
        for alert in alerts
        if len(minutes) * MINUTE >= alert.window
        and alert.above < bad_share(last(minutes, alert.window)) <= alert.up_to
    )


def burn_rate_tenths(minutes: tuple[Minute, ...], allowed: PartsPerMillion) -> Count:
    """Return how many tenths of the allowed share the bad events come to, rounded down."""
    return Count(bad_share(minutes) * 10 // allowed)


def due_by_burn_rate(minutes: tuple[Minute, ...], allowed: PartsPerMillion) -> tuple[BurnAlert, ...]:
    """Return the burn-rate alerts that are due: above the rate in both windows.

    A window counts as soon as anything in it has been counted: a burn that empties the budget at once must
    not wait for three days to pass.
    """
    return tuple(
        alert
        for alert in BURN_RATE_ALERTS
        if burn_rate_tenths(last(minutes, alert.long), allowed) >= alert.times
        and burn_rate_tenths(last(minutes, alert.short), allowed) >= alert.times
    )


def time_to_exhaust(share: PartsPerMillion, allowed: PartsPerMillion, period: Micros) -> Micros:
    """Return how long a constant share of bad events takes to use up the budget of a period; rounded down."""
    return Micros(period * allowed // share)


def alerts_at_most_one_severity(before: tuple[Alert, ...], after: tuple[Alert, ...]) -> bool:
    """Tell whether no share of bad events raises two severities of one list."""
    del before
    bounds = sorted((alert.above, alert.up_to) for alert in after)
    return all(one[1] <= other[0] for one, other in pairwise(bounds))


LAWS: Final[tuple[Law[tuple[Alert, ...]], ...]] = (
    Law(
        name="one_severity",
        statement="one share of bad events raises at most one severity of a list",
        source="SL-06, SL-07, SL-08",
        holds=alerts_at_most_one_severity,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="gap_without_a_severity",
        statement="99.7 % availability breaks the objective and raises no severity",
        source="SL-01, XI-03",
    ),
    SharpEdge(
        name="alert_that_is_always_on",
        statement="'errors below 0.5 %' is due with no error at all",
        source="SL-08, XI-04",
    ),
    SharpEdge(
        name="budget_gone_before_the_pager",
        statement="0.9 % errors use up a year's budget of 0.01 % in 4.06 days, and nobody is paged",
        source="SL-03, SL-07, XI-02",
    ),
    SharpEdge(
        name="threshold_on_a_count",
        statement="a request count above 0.01 per second is no error rate above 1 %",
        source="SL-11, XI-06",
    ),
)
