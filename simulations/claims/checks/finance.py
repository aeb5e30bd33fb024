"""Revenue, margin, growth, churn and break-even: XF-01 to XF-34.

Source: ``claims.md`` 2.6.
"""

from datetime import UTC, datetime, timedelta

from billproof.simulations.claims.checks.prices import A_MONTH, THIRTY_DAYS
from billproof.simulations.claims.checks.shared import year
from billproof.simulations.claims.quantities import DAY, Quantity, seconds, total
from billproof.simulations.claims.reading import Reader, UnreadableClaimError
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

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

QUARTERS = ("FI-02", "FI-03", "FI-04", "FI-05")


def _annualised_quarters(c: Reader) -> Outcome:
    quarters = [(c(name, "revenue @"), c(name, "MRR @") * 3) for name in QUARTERS]
    middle = total((c(name, "@->") + c(name, "->@")) / 2 for name in QUARTERS) * c("FI-01", "MRR @") * 3
    whole = total(computed for _, computed in quarters)
    found = every(
        *(equal("revenue of the quarter", documented, computed) for documented, computed in quarters),
        equal("revenue of 2026", c("FI-06", "events; @"), whole),
    )
    return beside(
        found, [("from the middle of each quarter", middle), ("times", c("FI-06", "events; @") / whole)]
    )


def _revenue_now(c: Reader) -> Outcome:
    customers = c("CS-04", "from @")
    most = customers * c("CS-01", "largest @")
    told = [("at the average", customers * c("CS-01", "Growth @"))]
    return beside(at_most("monthly revenue", c("CS-04"), most), told)


def _shrinking_revenue(c: Reader) -> Outcome:
    now = c("CS-04") * 12
    return every(
        beside(
            equal("revenue of the year before growth", c("CS-13", "revenue @ ->"), now), [("run rate", now)]
        ),
        at_least("revenue with five times the customers", c("CS-09", "customers, @"), c("CS-04")),
    )


def _event_value(c: Reader) -> Outcome:
    def month(rate: Quantity, value: Quantity) -> Quantity:
        return rate * value * THIRTY_DAYS

    now = month(c("CS-02", "avg @"), c("CS-03"))
    later = month(c("CS-15", "avg @"), c("CS-15", "event @"))
    told = [
        ("implied value of an event now", c("CS-04") / (c("CS-02", "avg @") * THIRTY_DAYS)),
        ("implied later", c("CS-16") * A_MONTH / (c("CS-15", "avg @") * THIRTY_DAYS)),
    ]
    return beside(
        every(
            equal("monthly revenue now", c("CS-04"), now),
            equal("monthly revenue in 2027", c("CS-16") * A_MONTH, later),
        ),
        told,
    )


def _fee_of_the_volume(c: Reader) -> Outcome:
    income, spent = c("FI-10") * c("CS-07", "; @ fee"), c("FI-11", "+ # = @")
    told = [("fee", income), ("loss", spent - income)]
    return beside(equal("return on what was spent", c("FI-11", "/# = @"), income / spent), told)


def _profit_at_scale(c: Reader) -> Outcome:
    fee, cost, customers = c("FI-13", "fee @"), c("FI-13", "cost @"), c("FI-13")
    rate = c("CS-07", "; @ fee")
    at_price = c("FI-01", "MRR @") * customers * rate
    told = [("volume needed", fee / rate), ("of each", fee / rate / customers), ("fee", at_price)]
    return every(
        beside(equal("fee of a month", fee, at_price), told),
        equal("profit of a month", c("FI-13", "profit @") * A_MONTH, at_price - cost),
    )


def _margins(c: Reader) -> Outcome:
    fee = c("FI-01", "MRR @") * c("FI-13") * c("CS-07", "; @ fee")
    computed = {
        "now": c("CS-07", "profit @") / c("CS-07", "revenue @"),
        "at scale": c("FI-12", "@ on") / c("FI-12", "on @"),
        "at the assumed MRR": (fee - c("FI-13", "cost @")) / fee,
    }
    claimed = [c("FI-12"), c("FI-12", "), @"), c("FI-12", "> @"), c("FI-12", "), @ (SYSTEM")]
    found = every(
        *(at_most("margin", margin, computed["now"]) for margin in claimed),
        same("margin", *claimed),
    )
    return beside(found, list(computed.items()))


def _fourth_year(c: Reader) -> Outcome:
    years = [
        c("FI-06", "events; @"),
        c("FI-07", "MRR #; @"),
        c("FI-08", "MRR #; @"),
        c("FI-09", "; # -> @; cost"),
    ]
    rest = c("FI-10") - total(years)
    between = (years[2] * years[3]).root()
    told = [("without it", total(years)), ("geometric", between), ("then in all", total(years) + between)]
    return beside(at_least("revenue of the fourth year", rest, years[2]), told)


def _five_years_of_cost(c: Reader) -> Outcome:
    years = [
        c("FI-06", "; #; @; margin"),
        c("FI-07", "MRR #; #; @"),
        c("FI-08", "MRR #; #; @"),
        c("FI-09", "cost # -> @"),
    ]
    told = [("with the fourth year", total(years) + (years[2] * years[3]).root())]
    return beside(at_least("cost of five years", c("FI-10", "cost @"), total(years)), told)


def _churned(c: Reader, start: Quantity, added: Quantity) -> Quantity:
    """Return customers after a year of the documented yearly churn."""
    return start - start * c("FI-01", "churn @") * year() + added


def _churn_2027(c: Reader) -> Outcome:
    start, added = c("CS-12"), c("FI-07", "+@;")
    monthly = start
    for _ in range(12):
        monthly = monthly * (1 - c("FI-07", '"@')) + added / 12
    told = [("5 % a month, compounded", monthly), ("used", c("FI-07", "-@") / start)]
    return beside(
        equal("customers at the end of 2027", c("FI-07", "@ customers"), _churned(c, start, added)), told
    )


def _churn_2028(c: Reader) -> Outcome:
    start, added = c("FI-07", "@ customers"), c("FI-08", "+@;")
    chained = _churned(c, _churned(c, c("CS-12"), c("FI-07", "+@;")), added)
    found = equal("customers at the end of 2028", c("FI-08", "; @;"), _churned(c, start, added))
    return beside(found, [("chained", chained), ("used", c("FI-08", "-@") / start)])


def _cost_of_a_customer(c: Reader) -> Outcome:
    costs = [
        c("FI-06", "; #; @; margin") / c("CS-12") / 12,
        c("FI-07", "MRR #; #; @") / c("FI-07", "@ customers") / 12,
        c("FI-08", "MRR #; #; @") / c("FI-08", "; @;") / 12,
        c("FI-09", "cost # -> @") / c("FI-09", "-> @ (") / 12,
    ]
    goal = c("FI-01", "cost # -> @")
    return beside(
        equal("cost of a customer-month by year 3", goal, costs[2]),
        [(f"in {name}", cost) for name, cost in zip(("2026", "2027", "2028", "2030"), costs, strict=True)],
    )


def _rounded_up(c: Reader) -> Outcome:
    fixed, fee = c.money("BE-2", "; @/#"), c("BE-2") * year()
    variable = c("CM-02", "= @") * year()
    left = c("BE-2", "cost @") * (fee - variable) - fixed
    found = every(
        equal("customers", c("BE-2", "/# = @"), (fixed / fee).rounded_up()),
        equal("customers with variable cost", c("BE-2", "cost @"), (fixed / (fee - variable)).rounded_up()),
    )
    return beside(found, [("left at the documented number", left)])


def _three_break_evens(c: Reader) -> Outcome:
    fixed, fee = c.yearly("CM-03", "= @ + # N"), c("BE-2")
    variables = {
        "2.76 of the formula's text": c("CM-02", "= @"),
        "33.12 of the formula": c.yearly("CM-03", "= # + @ N"),
        "SYSTEM_ARCHITECTURE.md": c("SK-10", "#, @") / c("SC-01"),
        "CAPACITY_PLANNING.md": (c("CT-14") - fixed) / c("SC-01"),
    }
    return cases({name: _break_even(c, fixed, fee, variable) for name, variable in variables.items()})


def _break_even(c: Reader, fixed: Quantity, fee: Quantity, variable: Quantity) -> Outcome:
    documented = c("BE-2", "cost @")
    if variable >= fee:
        return true(
            f"break-even {documented.shown()}", f"never: a customer costs {variable.shown()}", holds=False
        )
    found = (fixed / (fee - variable)).rounded_up()
    return equal("break-even", documented, found)


def _dates(c: Reader) -> Outcome:
    """When the plan has the customers that break even, counting each quarter's growth evenly."""
    wanted = c("BE-2", "cost @")
    ends = (c("CS-09"), c("CS-10"), c("CS-11"), c("CS-12"))
    first = _day(c("D5"))
    starts = [datetime(first.year, month, 1, tzinfo=UTC) for month in (4, 7, 10)]
    starts.append(datetime(first.year + 1, 1, 1, tzinfo=UTC))
    promised = _month_end(c, "BE-4", first.year)
    reached, then = None, ends[0]
    for index in range(3):
        days = (starts[index + 1] - starts[index]).days
        growth = (ends[index + 1] - ends[index]) / days
        at = (promised - starts[index]).days + 1
        if 0 <= at <= days:
            then = ends[index] + growth * at
        if reached is None and ends[index] <= wanted <= ends[index + 1]:
            reached = starts[index] + timedelta(days=float(((wanted - ends[index]) / growth).value))
    when = reached.date().isoformat() if reached else "not in the plan"
    found = at_least("customers when it is said to break even", then, wanted)
    return beside(found, [(f"reached {when}; customers then", then)])


def _day(at: Quantity) -> datetime:
    return datetime.fromtimestamp(int(at.value), tz=UTC)


def _month_end(c: Reader, claim: str, year_number: int) -> datetime:
    """Return the end of the month that a claim names."""
    named = c.order(claim, *MONTHS)
    if not named:
        raise UnreadableClaimError(claim, "the name of a month", c.register.text_of(claim).text)
    month = MONTHS.index(named[0]) + 1
    start = datetime(year_number + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return start - timedelta(days=1)


def _before_the_beta(c: Reader) -> Outcome:
    start = _day(c("D5"))
    end = seconds(int((_month_end(c, "BE-4", start.year) - start).total_seconds()))
    week = seconds(7 * DAY)
    betas = {
        "README.md": c("MG-7", "#-@ (README") * week,
        "INDEX.md": c("MG-7", "#-@ (INDEX") * week,
        "DELIVERY_MANIFEST.txt": c("MG-7", "@ (DELIVERY"),
        "SYSTEM_ARCHITECTURE.md": c("MG-7", "#-@ (SYSTEM") * week,
    }
    return cases({name: at_least("break-even after the beta", end, beta) for name, beta in betas.items()})


def _below_break_even(c: Reader) -> Outcome:
    customers = c("BE-4", "at @")
    fee, variable = c("BE-2") * year(), c("CM-02", "= @") * year()
    profit = customers * (fee - variable) - c.money("BE-2", "; @/#")
    return every(
        same("customers in the second quarter", c("BE-4", "Q2: @"), c("CS-10")),
        at_least("profit of a year at that number", profit, profit * 0),
    )


FINANCE: dict[str, Check] = {
    "XF-01": _annualised_quarters,
    "XF-02": lambda c: same("revenue of 2026", c("FI-06", "events; @"), c("CS-13", "revenue # -> @")),
    "XF-03": _revenue_now,
    "XF-04": _shrinking_revenue,
    "XF-05": lambda c: same(
        "monthly revenue of a customer",
        c("CS-09", "customers, @") / c("CS-09"),
        c("CS-01", "Growth @"),
        c("CS-14", "avg @"),
    ),
    "XF-06": _event_value,
    "XF-07": _fee_of_the_volume,
    "XF-08": _profit_at_scale,
    "XF-09": _margins,
    "XF-10": _fourth_year,
    "XF-11": _five_years_of_cost,
    "XF-12": lambda c: beside(
        at_most("revenue of 2027", c("FI-07", "MRR #; @"), c("FI-07", "MRR @") * 12),
        [("from the average", (c("FI-05", "MRR @") + c("FI-07", "MRR @")) / 2 * 12)],
    ),
    "XF-13": lambda c: every(
        beside(
            at_most("revenue of 2028", c("FI-08", "MRR #; @"), c("FI-08", "MRR @") * 12),
            [("from the average", (c("FI-07", "MRR @") + c("FI-08", "MRR @")) / 2 * 12)],
        ),
        equal("MRR of a customer by year 3", c("FI-01", "-> @ by"), c("FI-08", "MRR @") / c("FI-08", "; @;")),
    ),
    "XF-14": _churn_2027,
    "XF-15": _churn_2028,
    "XF-16": lambda c: same(
        "churn of a year",
        c("FI-01", "churn @") * year(),
        c("CS-14", "@ churn"),
        c("FI-07", "-@") / c("CS-12"),
        c("SL-13", "churn < # alert > @"),
    ),
    "XF-17": lambda c: equal("customers replaced", c("CS-14", "by @"), c("CS-14") * c("CS-14", "@ churn")),
    "XF-18": lambda c: beside(
        equal(
            "customers after two years",
            c("FI-09", "-> @ ("),
            c("FI-09") * (1 + c("FI-09", "(@ CAGR")).power(2),
        ),
        [("growth of a year", (c("FI-09", "-> @ (") / c("FI-09")).root() - 1)],
    ),
    "XF-19": _cost_of_a_customer,
    "XF-20": lambda c: at_least(
        "largest customer, against the five above",
        c("CS-14", "largest @"),
        c("CS-14", "above #; # above @ MRR"),
    ),
    "XF-21": lambda c: every(
        same("revenue of 2027", c("CS-16", ", @") * year(), c("FI-07", "MRR #; @")),
        same("cost of 2027", c("CS-17") * year(), c("FI-07", "MRR #; #; @")),
    ),
    "XF-22": _rounded_up,
    "XF-23": _three_break_evens,
    "XF-24": lambda c: equal(
        "revenue at break-even", c("BE-3", "= @") * year(), c("BE-3") * c("BE-2", "at @") * year()
    ),
    "XF-25": _dates,
    "XF-26": _below_break_even,
    "XF-27": _before_the_beta,
    "XF-28": lambda c: beside(
        at_least(
            "fee of the average customer now",
            c("CS-01", "Growth @") * c("CS-07", "; @ fee"),
            c("CS-06", "even @") * A_MONTH,
        ),
        [("MRR that the break-even needs", c("CS-06", "even @") * A_MONTH / c("CS-07", "; @ fee"))],
    ),
    "XF-29": lambda c: same(
        "break-even in customers",
        c("CM-04", "N=@"),
        c("BE-2", "cost @"),
        c("CM-11", "even ~@"),
        c("CM-12", "even @"),
        c("FI-13"),
        c("OP-7", "even ~@"),
    ),
    "XF-30": lambda c: same("growth of the first year", c("FI-14", '"@ growth'), c("CS-13", "@ customers")),
    "XF-31": lambda c: beside(
        equal(
            "return, net of what was spent",
            c("FI-11", "/# = @"),
            (c("FI-10") - c("FI-11", "+ # = @")) / c("FI-11", "+ # = @"),
        ),
        [("ratio", c("FI-10") / c("FI-11", "+ # = @"))],
    ),
    "XF-32": lambda c: at_least(
        "fee of an event, against its cost",
        c("CS-16") * A_MONTH * c("CS-07", "; @ fee") / (c("CS-15", "avg @") * THIRTY_DAYS),
        c("CT-14") / c("CS-15", "avg @"),
    ),
    "XF-33": lambda c: beside(
        equal("churn that an infinite lifetime needs", c("CS-14", "@ churn") * 0, c("CS-14", "@ churn")),
        [("years that a customer stays", 1 / c("CS-14", "@ churn"))],
    ),
    "XF-34": lambda c: at_least("fee of a customer, against the minimum contract", c("BE-2"), c("SK-11")),
}
