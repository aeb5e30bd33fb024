"""What the service counts, in the five families of the documents: four metrics each, as Prometheus text.

The names are contract: ``docs/metrics.md`` lists them, and a test compares. No label holds a customer, a key
or anything else that a caller can invent, so the number of series is bounded.

Source: ``claims.md`` SL-16 (throughput, latency, errors, resources, ledger health), SL-05, LA-11, PO-09,
T1-M.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Bounds of the buckets of durations; 0.05 and 0.1 are those of LA-11 and SL-02."""


class Metrics:
    """The metrics of one service."""

    def __init__(self) -> None:
        # The time at which a series began doubles their number and says nothing that is asked here.
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library leaves it untyped
        registry = self.registry = CollectorRegistry()
        # Throughput.
        self.requests = Counter(
            "billproof_http_requests", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self.events = Counter(
            "billproof_events", "Operations answered, by outcome.", ("outcome",), registry=registry
        )
        self.receipts = Counter(
            "billproof_receipts_generated", "Receipts committed by this process.", registry=registry
        )
        self.commits = Counter("billproof_commits", "Commits of this process.", registry=registry)
        # Latency.
        self.request_seconds = Histogram(
            "billproof_http_request_seconds", "From request to reply.", ("route",), buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        self.queue_seconds = Histogram(
            "billproof_queue_wait_seconds", "Wait for the writer.", buckets=SECONDS, registry=registry
        )
        self.commit_seconds = Histogram(
            "billproof_commit_seconds", "One commit.", buckets=SECONDS, registry=registry
        )
        self.receipt_seconds = Histogram(
            "billproof_receipt_seconds", "From commit to signature.", buckets=SECONDS, registry=registry
        )
        # Errors.
        self.problems = Counter("billproof_problems", "Refused requests.", ("code",), registry=registry)
        self.unknown = Counter("billproof_outcomes_unknown", "Requests told to ask again.", registry=registry)
        self.unauthenticated = Counter(
            "billproof_unauthenticated", "Requests without a good credential.", registry=registry
        )
        self.internal = Counter("billproof_internal_errors", "Bugs that somebody met.", registry=registry)
        # Resources.
        self.queue = Gauge("billproof_queue_operations", "Operations that wait.", registry=registry)
        self.queue_max = Gauge(
            "billproof_queue_operations_max", "Operations that may wait.", registry=registry
        )
        self.in_flight = Gauge("billproof_http_requests_in_flight", "Requests unanswered.", registry=registry)
        ProcessCollector(registry=registry)
        # Ledger health.
        self.entries = Gauge("billproof_ledger_entries", "Entries of the ledger.", registry=registry)
        self.unsigned = Gauge(
            "billproof_ledger_unsigned", "Entries that wait for their signature.", registry=registry
        )
        self.duplicates = Counter(
            "billproof_duplicates_replayed", "Duplicates answered without an effect.", registry=registry
        )
        self.conflicts = Counter(
            "billproof_keys_reused", "Keys refused with another request.", registry=registry
        )

    def text(self) -> bytes:
        """Return the exposition."""
        return generate_latest(self.registry)
