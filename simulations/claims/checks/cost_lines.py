"""The lines of the cost models: XE-01 to XE-21.

Source: ``claims.md`` 2.5.
"""

from billproof.simulations.claims.checks import prices
from billproof.simulations.claims.checks.prices import (
    A_MONTH,
    GIGABYTE,
    THIRTY_DAYS,
    compute,
    costed_cpus,
    stored,
)
from billproof.simulations.claims.checks.shared import volume, year
from billproof.simulations.claims.quantities import Quantity, quantity, total
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import Check, Outcome, at_least, beside, equal, every, same


def _seconds_in_a_year(c: Reader) -> Outcome:
    rate = compute(c, c("CT-01"), costed_cpus(c))
    instances = c("CT-01") * costed_cpus(c)
    told = [
        ("vCPU-seconds", instances * year()),
        ("per month", rate * A_MONTH),
        ("times too long", c("CT-01", '"@"')),
    ]
    return beside(
        every(
            equal("seconds per second of a year", c("CT-01", '"@"'), 1),
            equal("compute", c.yearly("CT-01", "= # x # = @"), rate),
        ),
        told,
    )


def _twelve_instances(c: Reader) -> Outcome:
    rate = compute(c, c("CT-01"), costed_cpus(c))
    documented = (
        c("SK-02", "instances @;"),
        c.monthly("SK-02", "average @"),
        c.monthly("SK-05", "vCPU @"),
        c("CT-02", "average @"),
        c.yearly("CT-01", "= # x # = @"),
    )
    each = costed_cpus(c)
    implied = [("vCPU that it pays", figure / rate * each) for figure in documented]
    found = every(*(equal("12 instances of 2 vCPU", figure, rate) for figure in documented))
    return beside(found, [("for 30 days", rate * THIRTY_DAYS), *implied])


def _hundred_instances(c: Reader) -> Outcome:
    rate = compute(c, c("CT-02", "Peak @"), costed_cpus(c))
    documented = (c("SK-02", "; # instances @"), c.monthly("SK-05", "peak @"), c("CT-02", "instances +@"))
    found = every(*(equal("100 instances of 2 vCPU", figure, rate) for figure in documented))
    return beside(found, [("for 30 days", rate * THIRTY_DAYS), ("a year", rate)])


def _idle_instances(c: Reader) -> Outcome:
    def cost(cpus: Quantity) -> Quantity:
        return compute(c, c("SK-01"), cpus) * THIRTY_DAYS

    told = [("at 1 vCPU", cost(quantity(1))), ("at the pool's size", cost(c("AS-08", "@-vCPU")))]
    return beside(equal("3 idle instances", c("SK-01", "~@") * A_MONTH, cost(costed_cpus(c))), told)


def _per_customer_month(c: Reader) -> Outcome:
    """Lines per customer and month against the line itself over the customers."""
    customers = c("CS-14")
    lines = (
        (c("CT-03", "; @"), c.yearly("CT-03", "x # = @")),
        (c("CT-04", "= #; #; @"), c.yearly("CT-04", "= #; @")),
        (c("CT-06", "#; #; @"), c.yearly("CT-06", "backups # #; @")),
    )
    return every(*(equal("a customer's share", each, line / customers) for each, line in lines))


def _bytes_per_event(c: Reader) -> Outcome:
    bytes_of_event = c("A2", "about @").value
    each = c("CT-03", "= @ x") / c("CS-15", "avg @")
    other = c("SK-06", "egress @") / c("SC-02")
    needed = quantity(bytes_of_event, each.dimension)
    return every(
        beside(
            at_least("bytes per event", each, needed), [("a year elsewhere", c("SK-06", "egress @") * year())]
        ),
        at_least("bytes per event", other, needed),
    )


def _spanner_line(c: Reader) -> Outcome:
    price = c("CT-06", "storage # at @")
    return every(
        equal("storage", c("CT-06", "storage # at # @"), stored(c("CT-06", "storage @"), price)),
        equal("backups", c("CT-06", "backups # @"), stored(c("CT-06", "backups @"), price)),
        equal("the line", c.yearly("CT-06", "backups # #; @"), prices.spanner(c)),
    )


def _firestore_line(c: Reader) -> Outcome:
    lines = prices.firestore(c)
    documented = c.yearly("CT-07", "total @")
    found = every(
        equal("writes", c.yearly("CT-07", "Writes # at # @"), lines["writes"]),
        equal("reads", c.yearly("CT-07", "reads # at # @"), lines["reads"]),
        equal("storage", c.yearly("CT-07", "; # at # @; total"), lines["storage"]),
        equal("total", documented, total(lines.values())),
    )
    return beside(found, [("times too low", total(lines.values()) / documented)])


def _firestore_month(c: Reader) -> Outcome:
    writes = c("SK-08", "writes @") * c("CT-07", "Writes # at @") * THIRTY_DAYS
    reads = c("SK-08", "reads @") * c("SK-08", "reads # at @") * THIRTY_DAYS
    computed = writes + reads + c("SK-08", ", # @:")
    told = [("writes", writes), ("reads", reads)]
    return every(
        beside(equal("Firestore a month", c("SK-08", ": @"), computed), told),
        equal("Firestore a month", c.money("SK-03", "#+#+@"), computed),
    )


def _archive(c: Reader) -> Outcome:
    start, growth = c("CT-08"), c("CT-08", "+ @")
    kept = start + growth * c("RE-02")
    claimed = c("CT-08", '"= @"')
    signature = quantity(c("A2", "signature @").value, start.dimension)
    told = [
        ("years until then", (claimed - start) / growth),
        ("bytes per receipt", growth / c("CS-15", "avg @")),
        ("signatures alone a year", signature * volume(c)),
    ]
    return beside(
        every(
            equal("archive after the retention", claimed, kept),
            equal("its cost", c("CT-08", "at # @;"), stored(claimed, c("CT-08", "at @ #;"))),
        ),
        told,
    )


def _log_volume(c: Reader) -> Outcome:
    each = c("CT-11", "Logging @") / c("CS-15", "avg @")
    needed = quantity(c("A2", "about @").value, each.dimension)
    kept = stored(c("CT-11", "+ @ at"), c("CT-11", "+ # at @"))
    return every(
        equal("log storage", c.yearly("CT-11", "+ # at # @"), kept),
        at_least("log bytes per event", each, needed),
    )


def _secrets_and_armor(c: Reader) -> Outcome:
    accesses = c("CT-12", "+ @ accesses") * c("CT-12", "accesses at @")
    armor = c("CS-15", "avg @") * c("A11")
    return every(
        beside(equal("accesses", c("CT-12", '"= @"'), accesses), [("monthly for a year", accesses * 12)]),
        equal("Armor", c.yearly("CT-12", "Armor # + @"), armor),
    )


def _support(c: Reader) -> Outcome:
    base = total(c.yearly(claim, place) for claim, place in _SUBTOTALS)
    documented = c.yearly("CT-13", "infrastructure @")
    computed = base * c("CT-13", "support @")
    implied = documented / c("CT-13", "support @")
    return beside(equal("support", documented, computed), [("base", base), ("implied base", implied)])


_SUBTOTALS = (
    ("CT-05", "@"),
    ("CT-09", "@"),
    ("CT-10", "= @"),
    ("CT-11", "Trace # at # #; @"),
    ("CT-12", "Armor # + #; @"),
)


def _subtotals(c: Reader) -> Outcome:
    parts = [c.yearly(claim, place) for claim, place in (*_SUBTOTALS, ("CT-13", "quarterly #; @"))]
    listed = total(c.number("CM-13", "#+" * index + "@") for index in range(7)) * 1000
    return every(
        equal("total", c("CT-14"), total(parts)),
        equal("the list of README.md", c.number("CM-13", "total @"), listed),
    )


def _whole_budget(c: Reader) -> Outcome:
    parts = components_shown(c)
    whole = prices.recomputed_total(c)
    told = [
        ("before support and audits", total(prices.components(c).values())),
        ("per event", whole / c("CS-15", "avg @")),
        ("times", whole / c("CT-14")),
        *parts,
    ]
    return beside(equal("total", c("CT-14"), whole), told)


def components_shown(c: Reader) -> list[tuple[str, Quantity]]:
    """Return the components with their names, for a report."""
    return list(prices.components(c).items())


COST_LINES: dict[str, Check] = {
    "XE-01": _seconds_in_a_year,
    "XE-02": lambda c: same("compute", c.yearly("CT-01", "= # x # = @"), c("CT-02", "-> @")),
    "XE-03": _twelve_instances,
    "XE-04": _hundred_instances,
    "XE-05": _idle_instances,
    "XE-06": lambda c: beside(
        equal(
            "compute per event",
            c("CT-01", "= #; #; @"),
            c.yearly("CT-01", "= # x # = @") / c("CS-15", "avg @"),
        ),
        [("from the average", c("CT-02", "-> @") / c("CS-15", "avg @"))],
    ),
    "XE-07": _per_customer_month,
    "XE-08": _bytes_per_event,
    "XE-09": lambda c: equal(
        "egress",
        c.monthly("SK-06", "egress # at # @"),
        c("SK-06", "egress @") * c("SK-06", "egress # at @") / GIGABYTE,
    ),
    "XE-10": lambda c: equal(
        "requests", c.yearly("CT-04", "x # = @"), c("CT-04", "+ @ x") * c("CT-04", "x @ =")
    ),
    "XE-11": _spanner_line,
    "XE-12": _firestore_line,
    "XE-13": _firestore_month,
    "XE-14": lambda c: every(
        same("price of a read", c("CT-07", "reads # at @"), c("SK-08", "reads # at @")),
        same("documents stored", c("CT-07", "; @ at # #; total"), c("SK-08", ", @ #:")),
    ),
    "XE-15": _archive,
    "XE-16": lambda c: every(
        equal("messages", c.yearly("CT-10", "at # @"), c("CT-10") * c("CT-10", "at @")),
        equal("messages a month", c("SK-09", "Pub/Sub @"), c("SC-02") * c("CT-10", "at @") * THIRTY_DAYS),
    ),
    "XE-17": _log_volume,
    "XE-18": _secrets_and_armor,
    "XE-19": _support,
    "XE-20": _subtotals,
    "XE-21": _whole_budget,
}
