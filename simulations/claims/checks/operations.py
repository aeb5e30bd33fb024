"""SLOs, alerts, interface, migration and deployment: XI-01 to XI-27.

Source: ``claims.md`` 2.9.
"""

from datetime import UTC, datetime

from billproof.simulations.claims.checks.models import switch_falls
from billproof.simulations.claims.checks.shared import not_both, year, yearly_events
from billproof.simulations.claims.quantities import DAY, quantity, seconds, total
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    agree,
    at_least,
    at_most,
    beside,
    equal,
    every,
    joint,
    same,
    true,
)

MD5_HEX_DIGITS = 32
"""RFC 1321: 128 bits."""


def _burned(c: Reader) -> Outcome:
    """How soon the yearly budget is gone at error rates that do not page."""
    budget = c("SL-03", "errors < @") * year()
    told = [
        ("budget gone at nine tenths of it after", budget / (c("SL-07", "errors #-@") * 9 / 10)),
        ("below the lowest severity's limit after", budget / (c("SL-08", "errors < @") * 98 / 100)),
        ("limit of P1 over the objective", c("SL-07", "errors #-@") / c("SL-03", "errors < @")),
    ]
    found = every(
        at_most("errors without P1", c("SL-07", "errors #-@"), c("SL-03", "errors < @")),
        at_most("errors without P2", c("SL-08", "errors < @"), c("SL-03", "errors < @")),
    )
    return beside(found, told)


def _severities(c: Reader) -> Outcome:
    claimed = quantity(4) if c.says("SL-09", "Four") else quantity(3)
    listed = sum(
        c.says(claim, f"alert P{level}") for level, claim in enumerate(("SL-06", "SL-07", "SL-08"), 1)
    )
    return every(
        joint(equal("severity levels", claimed, listed), "SL-09"),
        same("response to P2", c("TG-3", "page P2, @"), c("SL-07", "CPU > #; @")),
    )


def _ratio(c: Reader) -> Outcome:
    counted, named = c.says("SL-11", "request_count"), c.says("SL-11", "error rate")
    told = [("it fires at requests/s of", c("SL-11")), ("the load is", c("SC-02"))]
    return beside(not_both("the alert is on a ratio", counted, named, "it counts requests", "SL-11"), told)


def _invoice_day(c: Reader) -> Outcome:
    day = datetime.fromtimestamp(int(c("AP-7").value), tz=UTC).day
    return joint(equal("day of the invoice", c("MG-8", "the @"), day))


def _interface(c: Reader) -> Outcome:
    missing = []
    if c.says("QU-11", "batch endpoint") and not (c.says("AP-3", "batch") or c.says("AP-4", "batch")):
        missing.append("the batch endpoint")
    if c.says("AP-9", "gRPC") and not c.says("AP-8", "gRPC"):
        missing.append("gRPC")
    return not_both(
        "the specification is complete",
        c.says("AP-8", "Complete"),
        bool(missing),
        f"missing: {', '.join(missing)}",
        "AP-8",
    )


def _checksum(c: Reader) -> Outcome:
    if not c.says("MG-4", "md5"):
        return true("the checksum is an md5", "it is not said to be", holds=True)
    digits = c.word("MG-5", r"checksum ([0-9a-f]+)")
    return joint(
        equal("hexadecimal digits of an md5", quantity(MD5_HEX_DIGITS), quantity(len(digits))), "MG-5"
    )


def _betas(c: Reader) -> Outcome:
    week, start = seconds(7 * DAY), c("D5")
    first = c("MG-7", "weeks @-# (README")
    begins = [first, c("MG-7", "weeks @-# (INDEX"), c("MG-7", "weeks @-# (SYSTEM")]
    told = [
        (
            datetime.fromtimestamp(int((start + week * (item - 1)).value), tz=UTC).date().isoformat()
            + ": week",
            item,
        )
        for item in begins
    ]
    months = c("MG-7", "@ (DELIVERY")
    running = c.says("MG-7", "already running")
    found = same("first week of the beta", *begins, months / week)
    return beside(found, [*told, ("already running", quantity(int(running)))])


def _legacy(c: Reader) -> Outcome:
    weeks = c("MG-1", "#-@ (sunset") - c("MG-1", "@-# (sunset") + 1
    return joint(equal("customers to migrate", c("MG-1", "sunset, @") * seconds(7 * DAY) * weeks, c("CS-01")))


def _rollback(c: Reader) -> Outcome:
    missing = []
    if c.says("TF-6", "billing_service_version") and c.says("TF-5", "no version variable"):
        missing.append("the version variable")
    if c.says("TF-7", "compute_staging") and c.says("TF-5", "no staging module"):
        missing.append("the staging module")
    return true(
        "the rollback runs",
        f"undefined: {', '.join(missing) or 'nothing'}",
        holds=not missing,
        against="TF-6",
    )


OPERATIONS: dict[str, Check] = {
    "XI-01": lambda c: same("objective for errors", c("SL-03", "errors < @"), c("SL-04")),
    "XI-02": _burned,
    "XI-03": lambda c: equal(
        "availability without severity, from", c("SL-07", "Availability #-@"), c("SL-01", "alert < @")
    ),
    "XI-04": lambda c: joint(
        at_least(
            "error rate at which P3 does not fire", c("SL-08", "errors < @") * 0, c("SL-08", "errors < @")
        ),
        "SL-08",
    ),
    "XI-05": lambda c: same(
        "time before the error alert", c("SL-03", "for @"), c("TG-4", "> # @"), c("SL-11", "over @")
    ),
    "XI-06": _ratio,
    "XI-07": _severities,
    "XI-08": lambda c: same("p99 that alerts", c("SL-02", "alert > @"), c("SL-10", "p99 > @")),
    "XI-09": lambda c: at_most(
        "metrics",
        c("SL-12"),
        total(c("SL-16", f"{name} @") for name in ("throughput", "latency", "errors", "resource", "health")),
    ),
    "XI-10": lambda c: joint(
        at_most(
            "receipts of a year that may be missing",
            (1 - c("SL-05", "> @")) * yearly_events(c),
            1 - c("SL-05"),
        ),
        "SL-05",
    ),
    "XI-11": lambda c: agree(
        "path of an event",
        {
            "AP-1": "/v1/events" if c.says("AP-1", "/v1/events") else "",
            "AP-3": "/events" if c.says("AP-3", "/events") else "",
            "AP-4": "/api/v2/events" if c.says("AP-4", "/api/v2/events") else "",
        },
    ),
    "XI-12": lambda c: every(
        agree(
            "name of the amount",
            {
                claim: " ".join(c.order(claim, "usage_amount", "amount")[:1])
                for claim in ("AP-1", "AP-5", "LF-01")
            },
        ),
        agree(
            "name of the key",
            {
                claim: " ".join(c.order(claim, "idempotent_key")) or "none"
                for claim in ("AP-1", "AP-5", "LF-01")
            },
        ),
    ),
    "XI-13": lambda c: agree(
        "status of an accepted event",
        {
            "LF-07": " ".join(c.order("LF-07", "processed")),
            "AP-2": " ".join(c.order("AP-2", "accepted")),
            "T1-X": " ".join(c.order("T1-X", "duplicate")),
            "EC-02": " ".join(c.order("EC-02", "event_pending")),
        },
    ),
    "XI-14": _invoice_day,
    "XI-15": _interface,
    "XI-16": lambda c: not_both(
        "a refusal by quota has a code",
        c.says("QU-03", "rejected_quota_exceeded"),
        not c.says("AP-6", "quota"),
        "402 and 429 mean something else",
        "AP-6",
    ),
    "XI-17": lambda c: beside(
        at_most("difference of receipts, where balances are equal", c("MG-3"), 0)
        if c.says("MG-4", "balances equal")
        else true("balances are compared", "not said", holds=True),
        [("of the revenue", c("MG-3") * c("FI-06", "events; @"))],
    ),
    "XI-18": _checksum,
    "XI-19": lambda c: equal(
        "balance", c("MG-5", "balance @"), c("MG-5", "events, @") - c("MG-5", "refund @")
    ),
    "XI-20": lambda c: not_both(
        "one usage is charged once",
        c.says("MG-3", "both systems"),
        c.says("T1-C", "impossible"),
        "two systems charge it, and keys do not span systems",
        "T1-C",
    ),
    "XI-21": _betas,
    "XI-22": _legacy,
    "XI-23": _rollback,
    "XI-24": lambda c: switch_falls(
        c,
        "T6",
        f"{c('MG-4').shown()} of history keep their order",
        said={"order_by": c.says("MG-4", "history") and c.says("T6-F1", "timestamp(i) > timestamp(i-1)")},
        against="T6-F1",
    ),
    "XI-25": lambda c: not_both(
        "the runbook finds duplicates by key",
        c.says("RB-1", "by key"),
        not c.says("LF-04", "idempotent_key"),
        "the ledger document has no key",
        "RB-1",
    ),
    "XI-26": lambda c: same("Spanner CPU that alerts", c("SL-14", "CPU > @"), c("TG-1"), c("TG-2")),
    "XI-27": lambda c: agree(
        "where it runs",
        {
            "TF-8": "Kubernetes" if c.says("TF-8", "Kubernetes") else "",
            "AS-06": "Cloud Run" if c.says("AS-06", "Cloud Run") else "",
        },
    ),
}
