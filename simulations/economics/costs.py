"""Cost by component: volumes times unit prices, exactly.

The documents' own volumes and prices give another total than they print (XE-21); what a simulated month costs
scales the same volumes with the events that were served, and pays for the instances that really ran.

Choices. What is kept (rows, documents, receipts) is taken in proportion to the events, at the documented
ratio. Days of 86,400 s; a year of 31,536,000 s and a month of a twelfth, everywhere (XE-01, XE-26).

Source: CT-01 to CT-13; XE-01 to XE-21.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from billproof.model.periods import MONTHS_PER_YEAR, SECONDS_PER_DAY
from billproof.simulations.capacity.documented import figure
from billproof.simulations.economics.prices import Prices

YEAR_SECONDS: Final = Decimal(365 * SECONDS_PER_DAY)
MONTH_SECONDS: Final = YEAR_SECONDS / MONTHS_PER_YEAR
_MILLION: Final = Decimal(10**6)
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """What is used in a month."""

    events: Decimal
    vcpu_seconds: Decimal
    spanner_nodes: Decimal
    standby_nodes: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a month costs, in US dollars."""

    lines: Mapping[str, Decimal]
    """By component."""
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """What one event brings with it, at the documented volumes."""

    egress_gb: Decimal
    reads: Decimal
    deletes: Decimal
    spans: Decimal
    logged_gb: Decimal
    spanner_gb: Decimal
    """Kept rows and backups, per event of a month."""
    firestore_gb: Decimal
    archive_gb: Decimal
    archive_backup_month: Decimal
    """Dollars for backups of the archive, per event of a month."""
    logs_kept_gb: Decimal


def cents(amount: Decimal) -> str:
    """Return an amount as text, rounded half to even to whole cents.

    >>> cents(Decimal("2.005"))
    '2.00'
    """
    return format(amount.quantize(_CENT, rounding=ROUND_HALF_EVEN), "f")


def documented_events() -> Decimal:
    """Return the events of a documented month: 12,500 a second."""
    return figure("CT-07", "Writes {}/s") * MONTH_SECONDS


def documented_ratios() -> Ratios:
    """Return what the documented volumes come to for each event."""
    rate, month = figure("CT-07", "Writes {}/s"), documented_events()
    thousand = Decimal(1000)
    return Ratios(
        egress_gb=figure("CT-03", "= {} TB/year") * thousand / (rate * YEAR_SECONDS),
        reads=figure("CT-07", "reads {}/s") / rate,
        deletes=figure("CT-07", "deletes {}/s") / rate,
        spans=figure("CT-11", "Trace {}/day") / (rate * SECONDS_PER_DAY),
        logged_gb=figure("CT-11", "Logging {} GB/month") / month,
        spanner_gb=(figure("CT-06", "storage {} TB") * thousand + figure("CT-06", "backups {} GB")) / month,
        firestore_gb=figure("CT-07", "; {} TB at") * thousand / month,
        archive_gb=figure("CT-08", '= {} TB"') * thousand / month,
        archive_backup_month=figure("CT-08", "backups {};") / month,
        logs_kept_gb=figure("CT-11", "+ {} GB at") / month,
    )


def documented_volumes() -> Volumes:
    """Return the volumes of the documented budget, for a month: 12 instances of 2 vCPU, 10 and 3 nodes."""
    return Volumes(
        events=documented_events(),
        vcpu_seconds=figure("CT-01", "{} x 2 vCPU") * figure("CT-01", "12 x {} vCPU") * MONTH_SECONDS,
        spanner_nodes=figure("CT-06", "{}+3 nodes"),
        standby_nodes=figure("CT-06", "10+{} nodes"),
    )


def bill_of(volumes: Volumes, prices: Prices) -> Bill:
    """Return the cost of a month, by component."""
    ratios, events = documented_ratios(), volumes.events
    millions = events / _MILLION
    keys = figure("CT-12", "KMS {} keys")
    lines = {
        "compute": volumes.vcpu_seconds * prices.vcpu_second,
        "egress": events * ratios.egress_gb * prices.egress_gb,
        "balancer": prices.balancer_month + millions * prices.balancer_million_requests,
        "spanner_nodes": volumes.spanner_nodes * prices.spanner_node_month,
        "spanner_standby": volumes.standby_nodes * prices.spanner_node_month,
        "spanner_storage": events * ratios.spanner_gb * prices.spanner_gb_month,
        "firestore_writes": millions * prices.firestore_million_writes,
        "firestore_reads": millions * ratios.reads * prices.firestore_million_reads,
        "firestore_deletes": millions * ratios.deletes * prices.firestore_million_deletes,
        "firestore_storage": events * ratios.firestore_gb * prices.firestore_gb_month,
        "archive": events * (ratios.archive_gb * prices.archive_gb_month + ratios.archive_backup_month),
        "pubsub": millions * prices.pubsub_million_messages + prices.pubsub_subscriptions_month,
        "monitoring": prices.monitoring_month,
        "logging": events * ratios.logged_gb * prices.logging_gb
        + events * ratios.logs_kept_gb * prices.logging_storage_gb_month,
        "trace": millions * ratios.spans * prices.trace_million_spans,
        "kms": keys * prices.kms_key_month
        + prices.kms_operations_month
        + events / 10_000 * prices.kms_ten_thousand_signatures,
        "secrets": prices.secrets_month,
        "armor": prices.armor_month + millions * prices.armor_million_requests,
    }
    infrastructure = sum(lines.values(), Decimal(0))
    lines["support"] = infrastructure * prices.support_percent / 100
    lines["audits"] = prices.audits_month
    return Bill(lines=lines, total=sum(lines.values(), Decimal(0)))
