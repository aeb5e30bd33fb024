"""Scaling, databases and projections: XD-27 to XD-49.

Source: ``claims.md`` 2.4.
"""

from billproof.simulations.claims.checks.shared import customer_rate, rows, served
from billproof.simulations.claims.quantities import MONTH, seconds
from billproof.simulations.claims.reading import Reader, per_second
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


def _scale_down(c: Reader) -> Outcome:
    steps = (c("BF-4", "#->#, @->#") - c("BF-4", "#->#, #->@")) / c("AS-02", "for # -> -@;")
    needed = steps * c("AS-02", "for @")
    documented = c.topic("BF-4") - c.topic("BF-3")
    return beside(at_least("time to scale down", documented, needed), [("steps", steps)])


def _scale_up(c: Reader) -> Outcome:
    gap = c("AS-04", "@ = #") / c("AS-04") - c("AS-04", "nominal @")
    steps = (gap / c("AS-02", "-> +@")).rounded_up()
    return beside(
        at_least("time a queued request may wait", c("PO-04", "Queue timeout @"), steps * c("AS-05")),
        [("steps", steps)],
    )


def _nodes(c: Reader) -> Outcome:
    by_rule = c("DB-02") + (c("DB-02", "customers, # nodes at @") - c("DB-02", "nodes at @ customers")) / c(
        "DB-07", "per @"
    ) * c("DB-07", "Add @")
    return every(
        same(
            "nodes at 1,000 customers", c("DB-02", ", @ nodes"), c("DB-05"), c("DB-04", "@ primary"), by_rule
        ),
        same("customers at which 3 nodes come", c("DB-02", "nodes at @ customers"), c("CS-10")),
        same("nodes of the secondary", c("DB-04", "+ @ secondary"), c("DB-06")),
    )


def _operations_per_event(c: Reader) -> Outcome:
    node = c("DB-01")
    trigger = c("MS-02", "node at @") * node / c.rate("MS-02", "@ peak; alert")
    friday = c("BF-3", "Spanner @") * c("DB-02", ", @ nodes") * node / c.rate("BF-3")
    now = c.rate("MS-02", "@ peak; alert") * friday / node
    later = c.rate("MS-04", "@ peak; hot") * friday / (c("MS-04", "@->") * node)
    told = [("share of a node at 5,000/s", now), ("share of 3 nodes at 35,000/s", later)]
    return beside(same("operations per event", trigger, friday), told)


def _over_peak(c: Reader) -> Outcome:
    capacity, peak = c("MS-04", "@ = #"), c.rate("MS-04", "@ peak; hot")
    operations = c("BF-3", "Spanner @") * c("DB-02", ", @ nodes") * c("DB-01") / c.rate("BF-3")
    told = [("operations per event", operations), ("then", capacity / (peak * operations))]
    return beside(equal("capacity over peak", c("MS-04", "@ peak; EU"), capacity / peak), told)


def _spanner_writes(c: Reader) -> Outcome:
    """What the vendor says a node writes, against the documented operations per node."""
    multi, regional = c("E6", "@ writes multi"), c("E6", "@ writes regional")
    nodes, peak = c("DB-02", ", @ nodes"), c("SC-03")
    each = rows(c)
    told = [
        ("writes/s of 10 nodes", multi * nodes),
        ("events/s of 10 nodes", multi * nodes / each),
        ("nodes needed", (peak * each / multi).rounded_up()),
        ("nodes needed at 1 row less", (peak * (each - 1) / multi).rounded_up()),
        ("documented over measured", c("DB-01") / multi),
    ]
    return beside(
        every(
            at_most("peak", peak, multi * nodes / each),
            at_most("operations/s of a node", c("DB-01"), regional),
        ),
        told,
    )


def _load_test(c: Reader) -> Outcome:
    needed = c("DB-09") * c("SC-03")
    tests = (c("MG-2"), per_second(c("MG-2", "), @")))
    return every(
        at_least("capacity", c("AS-03", "Hard limit @") * c("AS-04"), needed),
        *(at_least("planned load test", test, needed) for test in tests),
    )


def _connections(c: Reader) -> Outcome:
    held = c("PO-03", "@ workers")
    alert = c("PO-09", "alert > @")
    uses = [held / c("PO-02", "connections #-@"), held / c("PO-01", "connections #-@")]
    fleet = c("PO-02", "sessions @") * c("AS-03", "Hard limit @")
    found = every(*(at_most("share of connections at which is alerted", alert, use) for use in uses))
    return beside(found, [("sessions of the fleet", fleet)])


def _customers(c: Reader) -> Outcome:
    start, growth = c("CS-09"), c("FI-01", "+@ from")
    month = growth * seconds(MONTH)
    plan = (c("CS-10"), c("CS-11"), c("CS-12"))
    return every(
        *(
            equal("customers at the end of the quarter", planned, start + month * 3 * index)
            for index, planned in enumerate(plan, 1)
        )
    )


def _spanner_scaling(c: Reader) -> Outcome:
    said = {
        "SC-23": "by hand" if c.says("SC-23", "scale manually") else "",
        "LA-12": "by itself" if c.says("LA-12", "autoscale") else "",
        "TG-2": "by itself" if c.says("TG-2", "add") else "",
    }
    return agree("how Spanner scales", said)


def _one_tenant(c: Reader) -> Outcome:
    rate = served(c, c("PO-03", "workers on @"))
    extra = c("QU-10", "@ and") - rate
    fills = c("PO-04", "max queue @") / extra if extra > extra * 0 else c("PO-04", "Queue timeout @")
    promised = c.says("IS-02", "starve")
    found = at_most("events/s allowed to one tenant", c("QU-10", "@ and"), rate)
    found = found if promised else true("no promise about starving", "none", holds=True)
    return joint(beside(found, [("the shared queue is full after", fills)]), "IS-02")


SCALING: dict[str, Check] = {
    "XD-27": _scale_down,
    "XD-28": _scale_up,
    "XD-29": lambda c: same("CPU target", c("AS-01", "target CPU @"), c("AS-02", "CPU > @ -> +")),
    "XD-30": lambda c: same("most instances", c("AS-01", "max @"), c("AS-06", "max @")),
    "XD-31": _nodes,
    "XD-32": lambda c: beside(
        equal(
            "operations/s",
            c("DB-04", "capacity @"),
            (c("DB-04", "@ primary") + c("DB-04", "+ @ secondary")) * c("DB-01"),
        ),
        [("primary alone", c("DB-04", "@ primary") * c("DB-01"))],
    ),
    "XD-33": _operations_per_event,
    "XD-34": _over_peak,
    "XD-35": lambda c: joint(
        every(
            *(
                at_most("Spanner CPU while all is green", c("BF-3", "Spanner @"), limit)
                for limit in (c("TG-1"), c("TG-2"), c("SL-14", "CPU > @"))
            )
        ),
        *(["BF-3"] if c.says("BF-3", "alerts green") else []),
    ),
    "XD-36": lambda c: same("time to add nodes", c("MS-02", "window @"), c("TG-2", "node < @")),
    "XD-37": _spanner_scaling,
    "XD-38": lambda c: beside(
        at_most("customers", c("SC-12"), c("AS-03", "Hard limit @") * c("AS-04") / customer_rate(c)),
        [
            ("events/s", c("SC-12") * customer_rate(c)),
            ("instances", c("SC-12") * customer_rate(c) / c("AS-04")),
            ("times the cap", c("SC-12") * customer_rate(c) / c("AS-04") / c("AS-03", "Hard limit @")),
        ],
    ),
    "XD-39": _load_test,
    "XD-40": _connections,
    "XD-41": lambda c: agree(
        "the event of the highest peak",
        {
            "BF-2": "Black Friday" if c.says("BF-2", "Black Friday") else "",
            "CS-15": "New Year" if c.says("CS-15", "New Year") else "",
        },
    ),
    "XD-42": _customers,
    "XD-43": lambda c: every(
        same("customers in January 2027", c("CS-20"), c("CS-12")),
        same("customers at the end of 2027", c("CS-14"), c("FI-07", "@ customers")),
    ),
    "XD-44": _spanner_writes,
    "XD-45": lambda c: (
        beside(
            at_most("events/s into a collection led by time", c("SC-02"), c("E7")),
            [("times", c("SC-02") / c("E7"))],
        )
        if c.says("LF-04", "{timestamp}")
        else true("documents led by time", "not led by time", holds=True)
    ),
    "XD-46": lambda c: agree(
        "limits of Firestore",
        {
            "DB-08": "none" if c.says("DB-08", "unbounded") else "",
            "RS-12": "a quota" if c.says("RS-12", "quota exceeded") else "",
            "QU-13": "a quota" if c.says("QU-13", "hard quota") else "",
        },
    ),
    "XD-47": lambda c: at_most("requests/s sent to an instance", c.rate("TF-4"), c("AS-04")),
    "XD-48": _one_tenant,
    "XD-49": lambda c: same(
        "most instances in the first quarter",
        c("CS-09", "#-@ instances"),
        c("MS-01", "#-@ instances"),
        c("RC-1", "Q1 @"),
    ),
}
