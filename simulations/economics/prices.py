"""Unit prices, as documented; an architect's scenario may give others.

Source: CT-01 to CT-13, each read from the claims; two that no claim states are marked.
"""

from dataclasses import dataclass, fields
from decimal import Decimal

from billproof.simulations.capacity.documented import figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars per unit."""

    vcpu_second: Decimal
    egress_gb: Decimal
    balancer_month: Decimal
    balancer_million_requests: Decimal
    spanner_node_month: Decimal
    spanner_gb_month: Decimal
    firestore_million_writes: Decimal
    firestore_million_reads: Decimal
    firestore_million_deletes: Decimal
    firestore_gb_month: Decimal
    archive_gb_month: Decimal
    pubsub_million_messages: Decimal
    pubsub_subscriptions_month: Decimal
    monitoring_month: Decimal
    logging_gb: Decimal
    logging_storage_gb_month: Decimal
    trace_million_spans: Decimal
    kms_key_month: Decimal
    kms_operations_month: Decimal
    kms_ten_thousand_signatures: Decimal
    """No claim states a price; 0 leaves signatures out, as the documents do (XE-64)."""
    secrets_month: Decimal
    armor_month: Decimal
    armor_million_requests: Decimal
    """No claim states it: $7,884 for 394,200 million requests (XE-18)."""
    support_percent: Decimal
    audits_month: Decimal


def documented_prices() -> Prices:
    """Return the documented unit prices."""
    twelve = Decimal(12)
    return Prices(
        vcpu_second=figure("CT-01", "vCPU-s x {}"),
        egress_gb=figure("CT-03", "x {}/GB"),
        balancer_month=figure("CT-04", "{} + 12") / twelve,
        balancer_million_requests=figure("CT-04", "x {}/M"),
        spanner_node_month=figure("CT-06", "nodes at {}"),
        spanner_gb_month=figure("CT-06", "at {}/GB"),
        firestore_million_writes=figure("CT-07", "12.5K/s at {}/M"),
        firestore_million_reads=figure("CT-07", "5K/s at {}/M"),
        firestore_million_deletes=figure("CT-07", "1K/s at {}/M"),
        firestore_gb_month=figure("CT-07", "TB at {}/GB"),
        archive_gb_month=figure("CT-08", "at {}/GB"),
        pubsub_million_messages=figure("CT-10", "at {}/M"),
        pubsub_subscriptions_month=figure("CT-10", "subs {} =") / twelve,
        monitoring_month=figure("CT-11", "Monitoring {};") / twelve,
        logging_gb=figure("CT-11", "500 GB/month at {}"),
        logging_storage_gb_month=figure("CT-11", "100 GB at {}"),
        trace_million_spans=figure("CT-11", "at {}/M"),
        kms_key_month=figure("CT-12", "keys x {} x"),
        kms_operations_month=figure("CT-12", "x 12 + {}") / twelve,
        kms_ten_thousand_signatures=Decimal(0),
        secrets_month=(figure("CT-12", "Secret Manager {} +") + figure("CT-12", "at {}/10K") * 100) / twelve,
        armor_month=figure("CT-12", "Armor {} +") / twelve,
        armor_million_requests=Decimal("0.02"),
        support_percent=figure("CT-13", "Premium support {} %"),
        audits_month=(figure("CT-13", "audit {};") + figure("CT-13", "quarterly {};")) / twelve,
    )


PRICE_NAMES = tuple(field.name for field in fields(Prices))
"""The names of all prices, in the order of the report."""
