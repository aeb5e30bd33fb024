"""Stores, consumers and upstream services: F-08 to F-13, F-15 to F-18, F-23, F-33, G-06, G-11, G-12, G-14."""

from typing import Final

from billproof.simulations.kernel.network import Weather
from billproof.simulations.scenarios.scenario import Scenario, Strike

STORES: Final = (
    Scenario(
        id="F-08", title="Firestore write fails",
        promise="5 s time-out, buffer, backoff, 202 pending, restart", source="EC-02",
        strikes=tuple(Strike(kind="documents_down", at=at, lasts=80) for at in (200, 700, 1_200)),
    ),
    Scenario(
        id="F-09", title="Firestore unavailable",
        promise="buffer and retry, RTO 5 min; after 5 min Spanner is the truth", source="FM-02, T2-SB",
        rto_s=300, strikes=(Strike(kind="documents_down", lasts=1_200),),
    ),
    Scenario(
        id="F-10", title="Firestore quota exceeded", promise="raise capacity, 5 min", source="RS-12",
        rto_s=300, strikes=(Strike(kind="documents_quota", at=200, lasts=1_200), Strike(kind="burst")),
    ),
    Scenario(
        id="F-11", title="Firestore corruption", promise="restore, RTO 30 min, RPO 0", source="RT-04",
        rto_s=1_800, rpo="0",
        strikes=(
            Strike(kind="document_corrupted", at=600), Strike(kind="document_corrupted", at=1_200),
            Strike(kind="disk_damaged", at=900),
        ),
    ),
    Scenario(
        id="F-12", title="Spanner write conflict", promise="three retries, then refusal", source="EC-03",
        strikes=tuple(Strike(kind="store_busy", at=at, lasts=60) for at in (200, 500, 800, 1_100)),
    ),
    Scenario(
        id="F-13", title="Spanner down", promise="2 s, 5 s, 2 min, or 2 h by replay",
        source="FM-03, RS-01, RS-02, RS-10", rto_s=2, strikes=(Strike(kind="store_busy", lasts=1_000),),
    ),
    Scenario(
        id="F-15", title="Firestore and Spanner both down", promise="copies in archive and Pub/Sub",
        source="DL-03", strikes=(Strike(kind="stores_down"), Strike(kind="instance_crash", at=700)),
    ),
    Scenario(
        id="F-16", title="publishing fails or is late", promise="retry every 30 s from memory, within 5 min",
        source="EC-04, FM-04", strikes=(Strike(kind="replies_lost"), Strike(kind="storm", at=1_100)),
    ),
    Scenario(
        id="F-17", title="billing data corruption",
        promise="roll back to the last good receipt, RTO 30 min, stop intake", source="FM-06, RS-09",
        rto_s=1_800,
        strikes=(
            Strike(kind="document_corrupted", at=600), Strike(kind="instance_crash", at=500),
            Strike(kind="old_restore", at=900),
        ),
    ),
    Scenario(
        id="F-18", title="ledger and balance disagree",
        promise="retry the missing side; or sync from Firestore; 503 above $1,000",
        source="CO-11, CO-12, RB-3",
        strikes=(
            Strike(kind="burst"),
            Strike(kind="instance_crash", at=310),
            Strike(kind="region_crash", at=900),
        ),
    ),
    Scenario(
        id="F-23", title="certificate expiry", promise="rotation, RTO 24 h", source="FM-07", rto_s=86_400,
        strikes=(Strike(kind="certificate_expired", lasts=600), Strike(kind="key_rotation", at=1_200)),
    ),
    Scenario(
        id="F-33", title="migration mismatch", promise="manual corrections, retry in 1 week",
        source="CO-16, MG-4", strikes=(Strike(kind="migration", at=200),),
    ),
    Scenario(
        id="G-06", title="redelivered or reordered messages at consumers", source="LF-08",
        strikes=(Strike(kind="batch_again"), Strike(kind="batch_again", at=900)),
        weather=Weather(lost=50_000, doubled=200_000, late=100_000, lateness=4),
    ),
    Scenario(
        id="G-11", title="restore of one store to an older point than the other", source="BK-01, BK-03",
        strikes=(Strike(kind="old_restore", at=900), Strike(kind="replica_rebuilt", at=1_300)),
    ),
    Scenario(
        id="G-12", title="stale cache of customer status", source="LF-02", cache_ms=400, tight_terms=True,
        strikes=(
            Strike(kind="account_stopped", at=200, lasts=300), Strike(kind="terms_changed", at=600),
            Strike(kind="account_stopped", at=900, lasts=200), Strike(kind="burst", at=700),
        ),
    ),
    Scenario(
        id="G-14", title="reconciliation cut mismatch (false alarm, wrong repair)", source="T4-V",
        strikes=(Strike(kind="burst"), Strike(kind="burst", at=700)),
    ),
)  # fmt: skip
