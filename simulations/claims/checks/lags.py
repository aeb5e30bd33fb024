"""Lags, losses, reconciliation and second copies: XA-56 to XA-73.

Source: ``claims.md`` 2.1.
"""

from billproof.model.identifiers import Instant
from billproof.model.platform import cache, warehouse
from billproof.model.platform.units import SECOND, Micros, RowKey
from billproof.simulations.claims.checks.models import switch_falls
from billproof.simulations.claims.quantities import quantity, seconds
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    agree,
    at_least,
    at_most,
    beside,
    cases,
    equal,
    every,
    joint,
    same,
    true,
)


def _sign_of_lag(c: Reader) -> Outcome:
    """The documented lag of a replica that is behind by the documented example."""
    order = c.order("T4-L0", "max_timestamp(secondary)", "max_timestamp(primary)")
    behind = c("T4-L1", "lag <= @")
    lag = behind * (-1 if order[:1] == ("max_timestamp(secondary)",) else 1)
    found = at_least("lag of a replica that is behind", lag, behind * 0)
    return joint(found, "T4-L0")


def _lost_counts(c: Reader) -> Outcome:
    first = c("T4-P1", "most @") / c("T4-P1", "case @")
    second = c("T4-R2") / c("T4-R1")
    now, later = c("CS-02", "avg @"), c("SC-02")
    told = [
        ("apart by", second / first),
        ("at the present rate", now * c("T4-P1", "case @")),
        ("for 30 s", now * c("T4-R1")),
        ("at the design rate", later * c("T4-P1", "case @")),
        ("for 30 s", later * c("T4-R1")),
    ]
    return beside(
        every(
            same("rate of events that are lost", first, second),
            equal("rate of events that are lost", second, now),
        ),
        told,
    )


DOCUMENTED_LAGS = (("T4-L1", "lag <= @"), ("T4-L2", "@"), ("T4-L3", "@"), ("T4-L4", "@"))


def _bound_of_entries(c: Reader) -> Outcome:
    """K entries at the design rate, under each documented lag."""
    bound, rate = c("T4-F2"), c("SC-02")
    told = [("lag that it allows", bound / rate), ("at peak", bound / c("SC-03"))]
    outcomes = {}
    for claim, place in DOCUMENTED_LAGS:
        lag = c(claim, place)
        outcomes[f"a lag of {lag.shown()} ({claim})"] = at_least("entries behind", bound, rate * lag)
    return beside(cases(outcomes), told)


def _price_of_a_region(c: Reader) -> Outcome:
    events = c("T4-R1") * c("SC-02")
    return beside(
        equal("loss of a failover", c("T4-R2", "= @"), events * c("T4-R2", "x @")),
        [
            ("events", events),
            ("at $10", events * c("CS-03")),
            ("times", events * c("T4-R2", "x @") / c("T4-R2", "= @")),
            ("a year", quantity(1) / (c("T4-R2", "once per @") / seconds(365 * 86_400))),
        ],
    )


def _price_of_a_buffer(c: Reader) -> Outcome:
    low, high = c("DL-04", "~@") * c("CS-03"), c("DL-04", "~@") * c("CS-03", "-@")
    return beside(
        every(
            at_least("cost of a lost buffer", c("DL-04", "-@"), low),
            at_least("cost of a lost buffer", c("T2-SD", "~@"), low),
        ),
        [
            ("at most", high),
            ("implied per event", c("DL-04", "-@") / c("DL-04", "~@")),
            ("implied per event", c("T2-SD", "~@") / c("T2-SD")),
        ],
    )


def _read_budget(c: Reader) -> Outcome:
    arriving = c("SC-02") * c("T4-V")
    budget = c("CT-07", "reads @") * c("T4-V")
    full = c("SC-02") * seconds(365 * 86_400)
    told = [("full replay after a year", full), ("reads/s of it", full / c("T4-V"))]
    return joint(beside(at_least("reads of one run, against new receipts", budget, arriving), told), "T4-V")


def _no_common_cut(c: Reader) -> Outcome:
    said = {"reconcile_cut": c.says("T4-V", "compare with Spanner")}
    waiting = c("SC-02") * c("CO-02")
    return beside(
        switch_falls(c, "T4", "a mismatch means an error", said=said, against="T4-V"),
        [("events under way at a cut", waiting)],
    )


def _stale_status(c: Reader) -> Outcome:
    """A suspended customer is looked up in a cache that still holds the old status."""
    if not c.says("LF-02", "cache"):
        return true("a suspended customer is refused", "the status is read from the store", holds=True)
    active, suspended, time_to_live = 1, 2, Micros(60 * SECOND)
    kept = cache.keep(cache.new_cache(time_to_live), RowKey(0), active, Instant(0))
    answer = cache.look_up(kept, RowKey(0), Instant(time_to_live - 1))
    return true(
        "a suspended customer is refused",
        f"the cache still answers {'active' if answer == active else answer}",
        holds=answer in {None, suspended},
        against="T5-D3",
    )


def _two_feeds(c: Reader) -> Outcome:
    feeds = sum((c.says("SC-24", "from Firestore"), c.says("LF-08", "BigQuery")))
    merges = c.says("SC-24", "merge") or c.says("LF-08", "merge")
    rows = warehouse.new_warehouse(merges=merges)
    for _ in range(feeds):
        rows = warehouse.take_row(rows, RowKey(0))
    return joint(
        at_most("rows of one event in the warehouse", quantity(int(rows.rows.get(RowKey(0)) or 0)), 1)
    )


LAGS: dict[str, Check] = {
    "XA-56": _sign_of_lag,
    "XA-57": lambda c: same(
        "replication lag",
        c("T4-L1", "lag <= @"),
        c("T4-L2"),
        c("T4-L3"),
        c("T4-L4"),
        c("T4-L5", "to @"),
        c("T4-L6"),
    ),
    "XA-58": _lost_counts,
    "XA-59": _bound_of_entries,
    "XA-60": lambda c: at_most("chance that a bound is passed", c("T4-F2", "< @"), 0),
    "XA-61": lambda c: beside(
        at_most("what the buffer holds", c("PO-08"), c("PO-07") / c("AS-04")),
        [
            ("needed slots", c("PO-08") * c("AS-04")),
            ("at the mean of 12 instances", c("PO-07") / (c("SC-02") / c("AS-04", "nominal @"))),
        ],
    ),
    "XA-62": lambda c: agree(
        "catching up when the primary returns",
        {
            "T4-P2": "automatic" if c.says("T4-P2", "automatic") else "",
            "RS-04": "by hand" if c.says("RS-04", "manual") else "",
        },
    ),
    "XA-63": _price_of_a_region,
    "XA-64": _price_of_a_buffer,
    "XA-65": _read_budget,
    "XA-66": _no_common_cut,
    "XA-67": lambda c: switch_falls(
        c,
        "T1",
        "a debit has its ledger entry, though its only copy is in memory",
        said={"write_order": c.says("T2-SB", "from memory") and c.says("T2-SB", "Spanner ok")},
        values={"write_order": "state_first"},
        against="T2-SB",
    ),
    "XA-68": lambda c: (
        every(
            at_least("RPO, against the backup", c("T4-R1"), c.period("BK-03")),
            at_least("RTO, against the restore", c("RT-03"), c("BK-03", "RTO < @")),
        )
        if c.says("T2-SC", "restored from backup")
        else true("no backup is restored", "a replica serves", holds=True)
    ),
    "XA-69": lambda c: switch_falls(
        c,
        "T1",
        "an invoice has each event once",
        said={"consumer_dedupe": c.says("LF-08", "deduplication_id")},
        against="LF-08",
    ),
    "XA-70": _stale_status,
    "XA-71": lambda c: agree(
        "how a row is protected",
        {
            "LF-05": "a condition on the balance" if c.says("LF-05", "WHERE balance") else "",
            "T2-P2": "read, check, write" if c.says("T2-P2", "read") else "",
        },
    ),
    "XA-73": _two_feeds,
}
