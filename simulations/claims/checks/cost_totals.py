"""Totals, unit costs, quarters, savings and Black Friday: XE-22 to XE-66.

Source: ``claims.md`` 2.5.
"""

from billproof.simulations.claims.checks.prices import (
    A_MONTH,
    THIRTY_DAYS,
    compute,
    costed_cpus,
    formula,
    node,
)
from billproof.simulations.claims.checks.shared import volume
from billproof.simulations.claims.quantities import quantity, seconds, total
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
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


def _unit_costs(c: Reader) -> Outcome:
    customers = c("SC-01")
    return same(
        "cost of a customer",
        c("CM-07"),
        c("CM-08"),
        c("CM-09"),
        c("CT-15"),
        c("SK-10", "#, #, @"),
        c("SK-04", "= @"),
        formula(c, customers) / customers,
        c("CS-17") / c("CS-14"),
    )


def _share_of_billing(c: Reader) -> Outcome:
    share = c("CT-14") / c("CS-16")
    smaller = c("CT-14") / (c.monthly("CS-14", "avg @") * c("SC-01"))
    documented, fee = c("CT-16"), c("CT-16", "vs @")
    return every(
        beside(equal("cost over billing", documented, share), [("at 1,000 customers", smaller)]),
        at_least("fee", fee, share),
    )


def _limits_of_the_formula(c: Reader) -> Outcome:
    fixed, variable = c.yearly("CM-03", "= @ + # N"), c.yearly("CM-03", "= # + @ N")
    goal = c("CM-05", "cost < @")
    at_now = formula(c, c("CM-05", "above @")) / c("CM-05", "above @")
    found = every(
        equal("customers at which fixed equals variable", c("CM-05", "below @"), fixed / variable),
        at_least("customers for a cost below the goal", c("CM-05", "above @"), fixed / (goal - variable)),
    )
    return beside(found, [("cost of a customer at 1,000, a month", at_now * A_MONTH)])


def _scale_table(c: Reader) -> Outcome:
    small = c.yearly("CM-06", "; #: @ (#); #: #")
    return every(
        at_most("cost at 1,000 customers, against 5,000", small, c.yearly("CM-06", "(#); #: @ (#)")),
        equal("cost at 392 customers", c.yearly("CM-06", "; #: @; "), formula(c, c("CM-06", "; @: #; "))),
    )


def _a_million(c: Reader) -> Outcome:
    customers = c("CM-11")
    each = {
        "the formula": formula(c, customers),
        "SYSTEM_ARCHITECTURE.md": c("SK-10", "#, @") / c("SC-01") * customers,
        "CAPACITY_PLANNING.md": c("CT-14") / c("SC-01") * customers,
    }
    found = cases({name: equal("a million customers", c("CM-11", "~@"), cost) for name, cost in each.items()})
    return every(found, same("break-even", c("CM-11", "even ~@"), c("BE-2", "cost @")))


def _parts_of_the_month(c: Reader) -> Outcome:
    parts = [
        c("SK-06", "subtotal ~@"),
        c("SK-07", "= # + # storage # = @"),
        c("SK-08", ": @"),
        c("SK-09", "# @ +"),
        c("SK-09", "+ @; Pub"),
        c("SK-09", "Sub @"),
        c("SK-09", "+ @; Mon"),
        c.money("SK-09", "Monitoring @"),
        c.money("SK-09", "Logging @"),
        c.money("SK-09", "Trace @"),
        c.money("SK-09", "KMS @"),
        c.money("SK-09", "Secrets @"),
        c.money("SK-09", "support @"),
    ]
    month = total(parts)
    told = [("a year", month * 12)]
    return beside(equal("total of the month", c("SK-10") * A_MONTH, month), told)


def _two_budgets(c: Reader) -> Outcome:
    told = [
        ("Spanner", c.monthly("SK-07", "storage # = @")),
        ("Spanner", c.yearly("CT-06", "backups # #; @")),
        ("tracing", c.monthly("SK-09", "Trace @")),
        ("tracing", c.yearly("CT-11", "Trace # at # @")),
        ("secrets", c.monthly("SK-09", "Secrets @")),
        ("secrets", c.yearly("CT-12", '"= #" = @')),
    ]
    return beside(same("cost of a year", c("SK-10", "#, @"), c("CT-14")), told)


def _month_or_year(c: Reader) -> Outcome:
    small = c("MS-05", "@ per customer") * c("CS-14")
    return same("cost at 1,000 customers and more", c("CS-17"), c("SK-03", "~ @"), c("CS-21"), small)


def _quarters_below_spanner(c: Reader) -> Outcome:
    price = node(c)
    left = c.monthly("CS-10", "#-#, @, #") - price * c("CS-10", "->@ nodes")
    found = every(
        at_least("cost in the fourth quarter", c.monthly("CS-12", "#-#, @"), price * c("CS-12", "->@ nodes")),
        at_least(
            "cost in the second quarter",
            c.monthly("RC-1", "instances #; Q2 +# nodes, #-# instances @"),
            price * (c("CS-10", "@->") + c("RC-1", "Q2 +@")),
        ),
    )
    return beside(found, [("left of 8,000", left)])


def _now_per_event(c: Reader) -> Outcome:
    return every(
        same("cost of a customer now", c("CS-06"), c("CS-07")),
        beside(
            equal(
                "cost of an event now", c("CS-06", ", @, margin"), c("CS-05", "total @") / c("CS-02", "avg @")
            ),
            [("times", c("CS-05", "total @") / c("CS-02", "avg @") / c("CS-06", ", @, margin"))],
        ),
    )


def _shifted_plan(c: Reader) -> Outcome:
    plan = (
        (c.money("RC-1", "Q1 # instances @"), c.money("CS-09", "instances, @")),
        (c.money("RC-1", "Q2 +# nodes, #-# instances @"), c.money("CS-10", "#-#, @, #")),
        (c.money("RC-1", "Q3 # nodes, #-#, @"), c.money("CS-11", "#-#, @, #")),
        (c.money("RC-1", "Q4 secondary, # nodes @"), c.money("CS-12", "#-#, @, #")),
    )
    return every(*(same("monthly cost of the quarter", first, second) for first, second in plan))


def _cost_of_2026(c: Reader) -> Outcome:
    months = total(
        (c("CS-09", "instances, @"), *(c(name, "#-#, @, #") for name in ("CS-10", "CS-11", "CS-12")))
    )
    documented = c("FI-06", "; #; @; margin")
    return beside(equal("cost of 2026", documented, months * 3), [("times", documented / (months * 3))])


def _nodes_added(c: Reader) -> Outcome:
    added = c("MS-04", "->@ nodes") - c("MS-04", "@->")
    return every(
        equal("nodes added", c("MS-04", "(+@)"), node(c) * added),
        equal("all nodes", c("MS-04", "nodes @ (+"), node(c) * c("MS-04", "->@ nodes")),
    )


def _commitments(c: Reader) -> Outcome:
    saved = c.yearly("OP-1", "# #, Spanner # #, Firestore # # = @")
    items = c("CT-02", "-> @") + c.yearly("CT-06", "backups # #; @") + c.yearly("CT-07", "total @")
    told = [("of everything", saved / c("CT-14")), ("of the three items", saved / items)]
    heading = c("OP-1", "save @")
    return beside(at_most("savings of the heading", heading, saved / items), told)


def _savings(c: Reader) -> Outcome:
    real = (
        c.yearly("OP-1", "# #, Spanner # #, Firestore # # = @")
        + c("OP-2", "= @")
        + c.yearly("OP-3", "saves @")
    )
    return every(
        beside(
            equal("most that is saved", c.yearly("OP-4", "Total #-@"), real),
            [("of everything", real / c("CT-14"))],
        ),
        equal("share that is saved", c("OP-4", "(#-@)"), real / c("CT-14")),
    )


def _bigtable(c: Reader) -> Outcome:
    line = c("OP-3", "saves @") / c("CT-07", "total @")
    return every(
        equal("share saved", c("OP-3", '("@")'), line),
        same("price of a node", c("OP-3", "nodes x @"), c("OP-10") / c("OP-10", "(@ nodes")),
        at_least("operations/s", c("OP-10", "nodes, @"), c("SC-03")),
    )


def _payback(c: Reader) -> Outcome:
    low, high = c("OP-7", "; @-# ="), c("OP-7", "; #-@ =")
    least = c("A10", "costs @") / c("OP-7", "customers (@")
    most = c("A10", "to @") / c("OP-7", "customers (@")
    found = every(
        equal("least saved", c.yearly("OP-7", "= @-#"), c("CT-14") * low),
        equal("most saved", c.yearly("OP-7", "= #-@"), c("CT-14") * high),
        at_least("payback", c("OP-7", "payback #-@"), least),
    )
    return beside(found, [("payback at most", most)])


def _black_friday_hour(c: Reader) -> Outcome:
    extra = c("BF-3", "@ instances") - c("BF-1", "#->#, @->#")
    hour = seconds(3600)
    computed = compute(c, extra, costed_cpus(c))
    told = [
        ("of the extra instances an hour", computed * hour),
        ("of all an hour", compute(c, c("BF-3", "@ instances"), costed_cpus(c)) * hour),
        ("times", c("BF-2", ", +@") / computed),
    ]
    return beside(equal("extra cost", c("BF-2", ", +@"), computed), told)


def _timeline(c: Reader) -> Outcome:
    first = c("BF-1", "+@") * c.topic("BF-2")
    second = c("BF-2", ", +@") * (c.topic("BF-4") - c.topic("BF-2"))
    return equal("cost of Black Friday", c("BF-5", "x # = @"), first + second)


def _rate_as_total(c: Reader) -> Outcome:
    rate = c("BF-5", "= @ x #; ROI") * c("BF-5", "= # x @; ROI")
    told = [("in a second", rate * seconds(1)), ("in an hour", rate * seconds(3600))]
    return beside(equal("revenue of the event", c("BF-5", "revenue ~@"), rate * c("BF-5")), told)


COST_TOTALS: dict[str, Check] = {
    "XE-22": lambda c: beside(
        equal("cost of a customer", c("CT-15"), c("CT-14") / c("SC-01")),
        [("over 1,200 customers", c("CT-14") / c("CS-14"))],
    ),
    "XE-23": lambda c: beside(
        equal("cost of a customer", c("CM-07"), c("CT-14") / c("SC-01")),
        [("times", c("CT-14") / c("SC-01") / c("CM-07"))],
    ),
    "XE-24": _unit_costs,
    "XE-25": lambda c: equal("cost of an event", c("CT-15", "; @"), c("CT-14") / c("CS-15", "avg @")),
    "XE-26": lambda c: every(
        equal("seconds in a month", c("CS-17", "x @)"), quantity(THIRTY_DAYS.value)),
        equal("seconds in a month", c("SK-04", "x @)") * A_MONTH, quantity(THIRTY_DAYS.value)),
    ),
    "XE-27": _share_of_billing,
    "XE-28": lambda c: beside(
        equal("the formula at 1,000 customers", c.yearly("CM-04", '@ "matches"'), c("CT-14")),
        [("times", c("CT-14") / c.yearly("CM-04", '@ "matches"'))],
    ),
    "XE-29": lambda c: beside(
        equal("cost of a customer", c("SK-10", '"= @"'), c("SK-10", "#, #, @")),
        [("a month", c("SK-10", "#, #, @") * A_MONTH)],
    ),
    "XE-30": lambda c: equal(
        "variable cost of a customer", c.yearly("CM-03", "= # + @ N"), c("CM-02", "= @")
    ),
    "XE-31": lambda c: at_most(
        "Spanner alone, against the formula at 1,000 customers",
        c.yearly("CT-06", "backups # #; @"),
        formula(c, c("SC-01")),
    ),
    "XE-32": lambda c: same("break-even", c("CM-04", "N=@"), c("BE-2", "cost @")),
    "XE-33": _limits_of_the_formula,
    "XE-34": _scale_table,
    "XE-35": lambda c: beside(
        equal(
            "cost of a customer at 5,000", c("CM-10"), c.money("CM-04", '"matches", # @') / c("CM-10", "at @")
        ),
        [("times", c("CM-10") / (c.money("CM-04", '"matches", # @') / c("CM-10", "at @")))],
    ),
    "XE-36": _a_million,
    "XE-37": lambda c: every(
        beside(
            equal("cost of a customer", c("SK-04", "= @;"), c("SK-03", "= @") / c("SC-01")),
            [("a month", c("SK-03", "= @") / c("SC-01") * A_MONTH)],
        ),
        equal("cost of an event", c("SK-04", ") = @"), c("SK-03", "= @") / c("SC-02")),
    ),
    "XE-38": _parts_of_the_month,
    "XE-39": lambda c: equal("cost of an event", c("SK-10", '", @'), c("SK-10", "#, @") / c("SC-02")),
    "XE-40": _two_budgets,
    "XE-41": _month_or_year,
    "XE-42": lambda c: at_least(
        "cost now, against one Spanner node", c("CS-05", "total @"), node(c) * c("CS-05", "@ Spanner")
    ),
    "XE-43": _quarters_below_spanner,
    "XE-44": lambda c: at_least(
        "cost of the standby, against its nodes", c("CS-18", ", @;"), node(c) * c("DB-04", "+ @ secondary")
    ),
    "XE-45": _now_per_event,
    "XE-46": lambda c: same("cost now", c("CS-08"), c("CS-05", "total @")),
    "XE-47": _shifted_plan,
    "XE-48": _cost_of_2026,
    "XE-49": _nodes_added,
    "XE-50": _commitments,
    "XE-51": _savings,
    "XE-52": _bigtable,
    "XE-53": lambda c: beside(
        at_least("most saved, against the share", c.yearly("OP-5", "total #-@"), c("OP-6") * c("CT-14")),
        [
            ("least", c.yearly("OP-5", "total @") / c("CT-14")),
            ("most", c.yearly("OP-5", "total #-@") / c("CT-14")),
        ],
    ),
    "XE-54": _payback,
    "XE-55": lambda c: equal("fees", c("OP-8", "saves @"), c("OP-8", "Stripe @") * c("OP-8", "at @")),
    "XE-56": lambda c: equal(
        "share saved",
        c("OP-11", "(@)"),
        (c("OP-11", "= @") - c("OP-1", "Firestore @") * c("SK-08", ": @")) / (c("SK-10") * A_MONTH),
    ),
    "XE-58": lambda c: joint(
        true(
            "a move to another cloud keeps the store that the proofs assume",
            "the other cloud has no Spanner",
            holds=not (c.says("OP-7", "AWS") and c.says("T1-A3", "Spanner")),
        )
    ),
    "XE-59": _black_friday_hour,
    "XE-60": _timeline,
    "XE-61": _rate_as_total,
    "XE-62": lambda c: every(
        equal("cost of a day", c("BF-5", "baseline @"), c("CT-14")),
        equal("cost of a day", c("BF-5", "baseline @"), c("CS-12", "#-#, @, #") / THIRTY_DAYS),
    ),
    "XE-63": lambda c: every(
        same(
            "support",
            c.yearly("CM-01"),
            c.yearly("CT-13", "infrastructure @"),
            c.monthly("SK-09", "support @"),
        ),
        same(
            "audits",
            c.yearly("CM-01", "# + @ +"),
            c.yearly("CT-13", "audit @") + c.yearly("CT-13", "quarterly @"),
        ),
    ),
    "XE-64": lambda c: beside(
        equal("signing", c.yearly("CT-12", "x # + @ ="), c("CS-15", "avg @") * c("A4")),
        [("signatures", volume(c))],
    ),
    "XE-65": lambda c: true(
        f"writing {volume(c).shown()} objects is budgeted",
        "a line for operations" if c.says("CT-08", "operations") else "no line for operations",
        holds=c.says("CT-08", "operations"),
        against="CT-08",
    ),
    "XE-66": lambda c: equal(
        "deletes",
        c.yearly("CT-07", "deletes # at # @"),
        c("CT-07", "deletes @") * c("CT-07", "deletes # at @"),
    ),
}
