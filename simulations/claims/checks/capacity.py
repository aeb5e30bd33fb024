"""Capacity and performance: XD-01 to XD-26.

Source: ``claims.md`` 2.4.
"""

from itertools import pairwise

from billproof.simulations.claims.checks.shared import (
    average_below_peak,
    chain_rate,
    latency_sum,
    served,
    two_writes,
    workers,
    year,
)
from billproof.simulations.claims.quantities import quantity, seconds
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    at_least,
    at_most,
    below,
    beside,
    cases,
    equal,
    every,
    same,
)


def _volume_of_2026(c: Reader) -> Outcome:
    """The year's events against the area under the quarter ends, joined by straight lines."""
    ends = [c("CS-02"), c("MS-01"), c("MS-02", "> #; @"), c("MS-03"), c("MS-04")]
    means = [(first + second) / 2 for first, second in pairwise(ends)]
    computed = (means[0] + means[1] + means[2] + means[3]) * year() / 4
    documented = c("CS-13", "-> @ events")
    again = c("FI-06", "~@ events")
    found = every(equal("events of 2026", documented, computed), equal("events of 2026", again, computed))
    return beside(found, [("times too low", computed / documented)])


def _capacity_of_the_fleet(c: Reader) -> Outcome:
    """Hard and soft limit, buffer and CPU target against the promised peak."""
    peak, each = c("SC-03"), c("AS-04")
    hard, soft = c("AS-03", "Hard limit @"), c("AS-03", "soft limit @")
    buffered = peak / each * (1 + c("AS-04", "with @ buffer"))
    at_target = (peak / each / c("AS-01", "target CPU @")).rounded_up()
    return every(
        beside(at_most("peak", peak, soft * each), [("under the hard limit", hard * each)]),
        at_most("instances with the documented buffer", buffered, hard),
        at_most("instances at the CPU target", at_target, hard),
        at_most("instances on Black Friday", c("BF-3", "@ instances"), soft),
    )


def _workers_serve(c: Reader) -> Outcome:
    """Little's law on the pool of one instance: workers over the time for which each is held."""
    count, claimed = workers(c, c("PO-03", "workers on @")), c("AS-04")
    outcomes = {}
    for name, time in (("the two writes", two_writes(c)), ("the sample metric", c("LA-09"))):
        rate = count / time
        fleet = rate * c("AS-03", "Hard limit @")
        found = at_most("requests/s of an instance", claimed, rate)
        outcomes[f"service time of {name}"] = beside(found, [("fleet", fleet)])
    return beside(cases(outcomes), [("service time that would do", count / claimed)])


def _costed_instance(c: Reader) -> Outcome:
    """The instance that is paid for, and the one that the pool is sized for."""
    cpus = c("AS-08", "; @ vCPU")
    rate = served(c, cpus)
    told = [("workers", workers(c, cpus)), ("fleet", rate * c("AS-03", "Hard limit @"))]
    return every(
        beside(at_most("requests/s of the costed instance", c("AS-04"), rate), told),
        at_most("vCPU of the sized instance", c("AS-08", "@-vCPU"), c("E5", "@ vCPU")),
    )


def _full_queue(c: Reader) -> Outcome:
    """How long the last request of a full queue waits."""
    slots, limit = c("PO-04", "max queue @"), c("PO-04", "Queue timeout @")
    large = slots / served(c, c("PO-03", "workers on @"))
    small = slots / served(c, c("AS-08", "; @ vCPU"))
    promised = c("LA-08")
    told = [("times p99", large / promised), ("times p99 on 2 vCPU", small / promised)]
    return every(
        beside(at_least("wait in a full queue within p99", promised, large), told),
        at_least("queue timeout", limit, small),
    )


def _serial_chain(c: Reader) -> Outcome:
    """A chain per customer serialises its commits; present and allowed rates against that."""
    serial = c.says("T3-A1", "previous_receipt_hash")
    limit = chain_rate(c) if serial else c("QU-10", "@ and")
    active = c("CS-01", "@ active")
    told = [
        ("Spanner alone", 1 / c("LA-05")),
        ("end to end", 1 / latency_sum(c)),
        ("needed on average now", c("CS-02", "avg @") / active),
        ("needed at peak now", c("CS-02", "peak @") / active),
        ("allowed over possible", c("QU-10", "@ and") / limit),
    ]
    return every(
        beside(at_most("events/s allowed to one customer", c("QU-10", "@ and"), limit), told),
        at_most("events/s of one active customer at peak", c("CS-02", "peak @") / active, limit),
    )


def _largest_customer(c: Reader) -> Outcome:
    share = c("CS-14", "largest @") / seconds(year().value / 12) / c("CS-16", "@,")
    mean, peak = share * c("CS-15", "avg @"), share * c.rate("CS-15", "peak @")
    limit = chain_rate(c)
    told = [("share", share), ("at peak", peak), ("times", mean / limit), ("times at peak", peak / limit)]
    return beside(at_most("events/s of the largest customer", mean, limit), [("mean", mean), *told])


def _hot_customers_conflict(c: Reader) -> Outcome:
    peak = c("CS-02", "peak @") / c("CS-01", "@ active")
    busy = peak * two_writes(c)
    found = at_least(
        "attempts of an event, against events that compete for one row", c("EC-03", "max @"), busy
    )
    return beside(found, [("commits/s that one row takes", chain_rate(c))])


def _per_instance(c: Reader) -> Outcome:
    """Requests of an instance on Black Friday against the stated capacity."""
    each = c("AS-04")
    loads = (
        (c("BF-1"), c("BF-1", "#->#, @->#")),
        (c("BF-1", "#->@"), c("BF-1", "#->#, #->@")),
        (c.rate("BF-2", "#->@"), c("BF-2", "#->#, #->@")),
        (c.rate("BF-3", "@, #"), c("BF-3", "@ instances")),
        (c.rate("BF-4", "#->@"), c("BF-4", "#->#, #->@")),
    )
    return every(*(at_most("requests/s per instance", load / count, each) for load, count in loads))


def _wrong_twice(c: Reader) -> Outcome:
    documented = c("PR-03", "= @")
    each = c("CS-02", "avg @") / c("CS-01", "@ customers")
    return every(
        equal("events/year", documented, c("PR-03", "at @")),
        equal("events/year of all customers", documented, c("PR-03", "@ customers") * each),
    )


CAPACITY: dict[str, Check] = {
    "XD-01": lambda c: average_below_peak(c, "MS-01", "@, # peak", "#, @ peak"),
    "XD-02": lambda c: average_below_peak(c, "MS-02", "> #; @", "> #; #, @ peak"),
    "XD-03": lambda c: average_below_peak(c, "MS-03", "@, # peak", "#, @ peak"),
    "XD-04": lambda c: average_below_peak(c, "MS-04", "@, # peak", "#, @ peak"),
    "XD-05": lambda c: every(
        beside(
            equal("events/s on average at 1,200 customers", c("MS-05"), c("CS-15", "avg @")),
            [
                ("times the stated average", c("MS-05") / c("CS-15", "avg @")),
                ("peak over average", c.rate("MS-05", "#, @ peak") / c("MS-05")),
            ],
        ),
        at_least("peak over average", c.rate("MS-05", "#, @ peak") / c("MS-05"), c("MS-02", "load test @")),
    ),
    "XD-06": lambda c: beside(
        equal(
            "events of a customer-day",
            c("MS-01") / c("CS-09", "@ customers"),
            c("CS-02") / c("CS-01", "@ customers"),
        ),
        [("per customer-day", c("CS-02") / c("CS-01", "@ customers") * seconds(86_400))],
    ),
    "XD-07": lambda c: beside(
        equal("events/s", c("CS-15"), c("CS-15", "avg @")),
        [
            ("documented per second", quantity(1) * c("CS-15")),
            ("average per day", c("CS-15", "avg @") * seconds(86_400)),
            ("times too high", c("CS-15") / c("CS-15", "avg @")),
        ],
    ),
    "XD-08": lambda c: same("events at 1,200 customers", c("CS-15"), c("MS-05"), c("CS-15", "avg @")),
    "XD-09": _wrong_twice,
    "XD-10": lambda c: beside(
        equal("events/year", c("SC-16"), c("SC-02")),
        [("documented", quantity(1) * c("SC-16")), ("times", c("SC-02") / c("SC-16"))],
    ),
    "XD-11": _volume_of_2026,
    "XD-12": lambda c: equal("events before", c("FI-02", "; @ ->"), c("CS-13", "; @ ->") / year()),
    "XD-13": lambda c: every(
        *(
            at_most("events/s on average", c(claim, "-> @; MRR"), c("AS-03", "Hard limit @") * c("AS-04"))
            for claim in ("FI-07", "FI-08")
        )
    ),
    "XD-14": lambda c: same("events/day at the turn of 2026", c("FI-07", "; @ -> #; MRR"), c("MS-04")),
    "XD-15": _per_instance,
    "XD-16": lambda c: beside(
        at_least(
            "requests/s per instance near the limit",
            c.rate("MS-03", "@ peak") / c("MS-03", "alerts @ instances"),
            c("AS-04") * c("AS-01", "target CPU @"),
        ),
        [("share of capacity", c.rate("MS-03", "@ peak") / c("MS-03", "alerts @ instances") / c("AS-04"))],
    ),
    "XD-17": _capacity_of_the_fleet,
    "XD-18": _workers_serve,
    "XD-19": _costed_instance,
    "XD-20": _full_queue,
    "XD-21": lambda c: below("sum of the stages", latency_sum(c), c("LA-08")),
    "XD-22": lambda c: every(
        at_least("p99 at 100/s", c("LA-10", "p99 @"), two_writes(c)),
        at_least("p99 at 10K/s", c("LA-10", "p99 # at #, @"), two_writes(c)),
    ),
    "XD-23": lambda c: below(
        "sum of the stages with the receipt target of LA-11",
        latency_sum(c) - c("LA-06") + c("LA-11"),
        c("LA-08"),
    ),
    "XD-24": _serial_chain,
    "XD-25": _largest_customer,
    "XD-26": _hot_customers_conflict,
}
