"""Recovery times, recovery points and availability: XC-01 to XC-19.

Source: ``claims.md`` 2.3.
"""

from billproof.simulations.claims.checks.models import switch_falls
from billproof.simulations.claims.checks.prices import node
from billproof.simulations.claims.checks.shared import year
from billproof.simulations.claims.quantities import Quantity, quantity, seconds
from billproof.simulations.claims.reading import Reader, with_dimension
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    at_least,
    at_most,
    beside,
    cases,
    equal,
    every,
    same,
    true,
)


def _failure_rows(c: Reader) -> Outcome:
    rows = sum(c.says(f"FM-0{number}", "RTO") for number in range(1, 8))
    return equal("failure scenarios", c("FM-08"), rows)


def _budget(c: Reader) -> Outcome:
    """Single recoveries against the downtime of a whole year."""
    allowed = c("SC-05", "= @ downtime")
    recoveries = {
        "corruption": c("RS-09"),
        "Spanner": c("RS-10"),
        "complete outage": c("RT-06"),
        "certificate": c("FM-07"),
    }
    found = every(
        *(at_least(f"downtime of a year, against {name}", allowed, it) for name, it in recoveries.items())
    )
    return beside(found, [(f"share of {name}", it / allowed) for name, it in recoveries.items()])


def _backlog(c: Reader) -> Outcome:
    arriving = c("FM-02", "RTO < @") * c("AS-04")
    slots = c("PO-07")
    return beside(
        at_least("slots, against what arrives in an outage", slots, arriving),
        [("refused", 1 - slots / arriving)],
    )


def _standby_catches_up(c: Reader) -> Outcome:
    """How many requests nobody serves while the standby grows by the documented rule."""
    load, each = c("SC-02"), c("AS-04")
    instances, step, time = c("RS-01"), c("AS-02", "-> +@"), c("AS-05")
    unserved = quantity(0)
    steps = 0
    while instances * each < load and steps < 1000:
        unserved = unserved + (load - instances * each) * time
        instances, steps = instances + step, steps + 1
    told = [("steps", quantity(steps)), ("seconds", time * steps)]
    return beside(at_most("unserved requests", unserved, c("PO-04", "max queue @")), told)


def _standby_carries(c: Reader) -> Outcome:
    peak = c("SC-03")
    operations = c("BF-3", "Spanner @") * c("DB-02", ", @ nodes") * c("DB-01") / c.rate("BF-3")
    by_nodes = c("DB-04", "+ @ secondary") * c("DB-01") / operations
    return every(
        at_least("peak that the standby's instances serve", c("AS-07", "max @") * c("AS-04"), peak),
        at_least("peak that the standby's nodes serve", by_nodes, peak),
    )


def _recovery_points(c: Reader) -> Outcome:
    promised = c("RT-03", "RPO @")
    lags = {
        "T4-L5, lower end": c("T4-L5"),
        "T4-L5, upper end": c("T4-L5", "to @"),
        "T4-L4": c("T4-L4"),
    }
    return cases(
        {f"a lag of {lag.shown()} ({name})": at_least("RPO", promised, lag) for name, lag in lags.items()}
    )


def _serial(c: Reader) -> Outcome:
    """Availability of what one request needs, each at the promised availability."""
    path = {"LF-01": "LB", "LF-04": "Firestore", "LF-05": "Spanner", "LF-02": "cache", "LF-06": "gs"}
    needed = [claim for claim, word in path.items() if c.says(claim, word)]
    availability = c("SC-05")
    first = sum(claim in needed for claim in ("LF-01", "LF-04", "LF-05"))
    computed = availability.power(first)
    told = [
        (f"of {len(needed)} in a row", availability.power(len(needed))),
        ("downtime", (1 - computed) * year()),
    ]
    return beside(at_most(f"availability, {first} in a row", availability, computed), told)


def _zone_loss(c: Reader) -> Outcome:
    tolerated = c("T2-P3", "of @") - c("T2-P3", "needs @")
    lost = seconds(0) if tolerated >= 1 else c("RT-02", "RPO @")
    return beside(
        equal("RPO of a zone, in committed data", c("RT-02", "RPO @"), lost),
        [("replicas to spare", tolerated)],
    )


def _slots(c: Reader, claim: str) -> Quantity:
    return with_dimension(c(claim), (0, 0, 0))


RECOVERY: dict[str, Check] = {
    "XC-01": _failure_rows,
    "XC-02": lambda c: (
        at_least("RTO, against the time until a person answers", c("RT-03"), c("SL-06", "security; @"))
        if c.says("RS-03", "manual")
        else true("a promotion by hand", "automatic", holds=True)
    ),
    "XC-03": lambda c: beside(
        at_least(
            "RTO", c("T4-R3", "= @"), c("T4-R3") + c("T4-R3", "< @ routing") + c("T4-R3", "#-@ activation")
        ),
        [("at least", c("T4-R3") + c("T4-R3", "< @ routing") + c("T4-R3", "@-# activation"))],
    ),
    "XC-04": lambda c: every(
        equal("events lost with an instance", c("RT-01", "RPO @"), _slots(c, "T2-A2")),
        equal("events lost with an instance", c("RT-01", "RPO @"), _slots(c, "DL-04")),
    ),
    "XC-05": _recovery_points,
    "XC-06": _zone_loss,
    "XC-07": lambda c: at_least(
        "RPO, against the snapshots", with_dimension(c("RT-04", "RPO @"), (1, 0, 0)), c.period("BK-01")
    ),
    "XC-08": lambda c: same(
        "RTO of Spanner", c("RS-02"), c("RS-01", "standby < @"), c("FM-03"), c("BK-03", "RTO < @"), c("RS-10")
    ),
    "XC-09": lambda c: every(
        *(
            at_least(f"MTTR of any incident, against {claim}", c("RS-11"), c(claim))
            for claim in ("FM-06", "FM-07", "RT-06", "RS-10")
        )
    ),
    "XC-10": _budget,
    "XC-11": _backlog,
    "XC-12": _standby_catches_up,
    "XC-13": _standby_carries,
    "XC-14": lambda c: equal(
        "cost of the secondary", c.monthly("OP-10", "secondary @"), node(c) * c("SK-07")
    ),
    "XC-15": lambda c: every(
        same("window of point-in-time recovery", c("BK-01"), c("BK-06"), c("BK-07")),
        at_most("window of Firestore", c("BK-01"), c("E4")),
    ),
    "XC-16": lambda c: switch_falls(
        c,
        "T2",
        "a primary returns fenced, after a drain",
        said={"failover_fencing": not c.says("RS-04", "fence"), "promotion": not c.says("RS-04", "drain")},
        against="RS-04",
    ),
    "XC-17": _serial,
    "XC-18": lambda c: same("recovery from a partition", c("FM-05"), c("RS-15")),
    "XC-19": lambda c: every(
        at_least("RTO", c("RS-08", "RTO @"), c("RS-08") + c("RS-08", "restart @")),
        at_least("RTO", c("FM-01"), c("RS-08") + c("RS-08", "restart @")),
        at_least("RTO", c("RT-01"), c("RS-08") + c("RS-08", "restart @")),
    ),
}
