"""Quota, tiers and rate limits: XB-01 to XB-23.

Source: ``claims.md`` 2.2.
"""

from billproof.model.identifiers import Amount, BasisPoints
from billproof.model.money import UNITS
from billproof.model.tiers import WHOLE_BASIS_POINTS, limit_of
from billproof.simulations.claims.checks.models import switch_falls
from billproof.simulations.claims.checks.shared import not_both
from billproof.simulations.claims.quantities import DAY, DOLLARS, Quantity, quantity, seconds
from billproof.simulations.claims.reading import Reader, with_dimension
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    agree,
    at_least,
    at_most,
    beside,
    every,
    joint,
    same,
    true,
)

PAYING = ("QU-05", "QU-06", "QU-07")


def tier_limit(c: Reader, tier: str) -> Quantity:
    """Return the limit of a tier by the model's own rule, from the documented quota and buffer."""
    quota, buffer = c(tier), c(tier, "@ buffer")
    found = limit_of(Amount(int(quota.value * UNITS)), BasisPoints(int(buffer.value * WHOLE_BASIS_POINTS)))
    return Quantity(value=quantity(found).value / UNITS, dimension=DOLLARS, origins=frozenset({tier}))


def _limits(c: Reader) -> Outcome:
    hard = Quantity(value=quantity(1).value, text="1.0 x quota", origins=frozenset({"QU-01"}))
    factors = [c("QU-02"), *(tier_limit(c, tier) / c(tier) for tier in PAYING), 1 + c("T5-D1")]
    if c.says("QU-01", "used <= quota"):
        factors = [hard, *factors]
    return same("limit over quota", *factors)


def _constraint(c: Reader) -> Outcome:
    return every(
        *(at_most(f"limit of a tier ({tier})", tier_limit(c, tier), c("QU-02") * c(tier)) for tier in PAYING)
    )


def _tier_of_the_example(c: Reader) -> Outcome:
    """Which tier the example's quota is, and whether its rule allows the example's overage."""
    quota, used = with_dimension(c("T5-E1"), DOLLARS), with_dimension(c("T5-E1", "warning at @"), DOLLARS)
    names = {"QU-05": "startup", "QU-06": "growth", "QU-07": "enterprise"}
    tier = next((names[claim] for claim in PAYING if c(claim).value == quota.value), "none")
    allowed = ("growth", "enterprise") if c.says("T5-E2", "growth") else tuple(names.values())
    holds = used <= quota or tier in allowed
    return true(
        f"{used.shown()} is accepted",
        f"the quota is that of {tier}; overage is for {', '.join(allowed)}",
        holds=holds,
    )


def _suspension(c: Reader) -> Outcome:
    said = {
        "T5-E3": "suspended" if c.says("T5-E3", "status suspended") else "",
        "QU-03": "suspended" if c.says("QU-03", "then status suspended") else "",
        "QU-09": "suspended" if c.says("QU-09", "suspend_at_date") else "",
    }
    said |= {tier: "not suspended" if c.says(tier, "no suspend") else "" for tier in PAYING}
    return agree("a paying customer above the limit", said)


def _reset_hour(c: Reader) -> Outcome:
    gap = c("T5-A3") + seconds(DAY) - c("T5-A2")
    return joint(at_most("time between the two resets", gap, seconds(0)))


def _twice_the_limit(c: Reader) -> Outcome:
    limit = c("T5-E1", "warning at @")
    return beside(
        switch_falls(
            c,
            "T5",
            "usage of a month is within its limit",
            said={"period_accounting": c.says("QU-08", "cron") or c.says("T5-E4", "usage")},
            against="T5-F1",
        ),
        [("in one month up to", limit * 2)],
    )


def _negative(c: Reader) -> Outcome:
    after = c("T5-I2", "balance @") - c("T5-E1", "events @")
    return joint(at_least("balance after the first event of the example", after, c("T5-I2", ">= @")), "T5-I2")


def _reset_formula(c: Reader) -> Outcome:
    """The formula is true of a customer who did nothing, and false where the job missed a month."""
    wanted = c("T5-F2", "= @").value
    histories = {"idle, never reset": (0, 0, 0), "busy, job missed": (500, 700, 900)}
    met = [name for name, usage in histories.items() if any(value == wanted for value in usage)]
    return true(
        "the formula tells whether the month was reset",
        f"it is true of: {', '.join(met) or 'none'}",
        holds=not met,
        against="T5-F2",
    )


def _free_tier(c: Reader) -> Outcome:
    quota = c("QU-04")
    suspends = c.says("T5-E3", "suspended")
    first = quota + Quantity(value=quantity(1).value / UNITS, dimension=DOLLARS)
    exceeded = first > quota and quota <= quota * 0
    return true(
        "a free customer can send an event",
        "the smallest priced event exceeds the quota and suspends" if suspends and exceeded else "it can",
        holds=not (suspends and exceeded),
        against="QU-04",
    )


QUOTA: dict[str, Check] = {
    "XB-01": _limits,
    "XB-02": _constraint,
    "XB-03": _tier_of_the_example,
    "XB-04": _suspension,
    "XB-05": lambda c: agree(
        "status after a warning",
        {
            "QU-03": "suspended" if c.says("QU-03", "then status suspended") else "",
            "T5-E1": "active" if c.says("T5-E1", "stays active") else "",
        },
    ),
    "XB-06": lambda c: not_both(
        "used = quota has one outcome",
        c.says("QU-01", "used <= quota"),
        c.says("QU-01", "used >= quota"),
        "it is accepted and suspended",
        "QU-01",
    ),
    "XB-07": _reset_hour,
    "XB-08": _twice_the_limit,
    "XB-09": lambda c: not_both(
        "the reset ends quota holds only",
        c.says("QU-08", "status active"),
        not c.says("QU-08", "quota holds"),
        "it sets every status to active",
        "QU-08",
    ),
    "XB-10": _negative,
    "XB-11": lambda c: not_both(
        "the invariant refuses events of suspended customers",
        c.says("T5-I3", "suspended customers"),
        c.says("T5-I3", 'status "suspended"') and not c.says("T5-I3", "refused"),
        "it names the same thing twice",
        "T5-I3",
    ),
    "XB-12": _reset_formula,
    "XB-13": lambda c: at_least(
        "the daily cap lasts", c("QU-10", "and @") * seconds(DAY) / c("QU-10"), seconds(DAY)
    ),
    "XB-14": lambda c: beside(
        at_most(
            "events/day of an active customer",
            c("CS-02") * seconds(DAY) / c("CS-01", "@ active"),
            c("QU-10", "and @") * seconds(DAY),
        ),
        [
            ("times the cap", c("CS-02") / c("CS-01", "@ active") / c("QU-10", "and @")),
            ("over all 10", c("CS-02") / c("CS-01") / c("QU-10", "and @")),
        ],
    ),
    "XB-15": lambda c: beside(
        at_least("events/s under the caps", c("QU-10", "and @") * c("SC-01"), c("SC-02")),
        [
            ("at 1,200 customers", c("QU-10", "and @") * c("CS-14")),
            ("times too low", c("SC-02") / (c("QU-10", "and @") * c("SC-01"))),
            ("against", c("CS-15", "avg @")),
        ],
    ),
    "XB-16": lambda c: not_both(
        "the runbook's query runs",
        c.says("QU-11", "rate_limit_rps"),
        c.says("QU-09", "no rate_limit_rps"),
        "the column is missing",
        "QU-11",
    ),
    "XB-17": lambda c: (
        at_most("events/s of one customer, on the instance it sticks to", c("QU-10"), c("AS-04"))
        if c.says("IS-01", "Sticky routing")
        else true("customers stick to an instance", "they do not", holds=True)
    ),
    "XB-18": lambda c: (
        joint(
            at_most("average customer, against the tier", c("CS-14", "avg @"), tier_limit(c, "QU-06")),
            "CS-14",
        )
        if c.says("CS-01", "Growth")
        else true("the average customer is on Growth", "not said", holds=True)
    ),
    "XB-19": lambda c: not_both(
        "the tier decides what a low balance does",
        c.says("QU-12", "by tier"),
        not (c.says("QU-05", "reject") or c.says("QU-05", "queue")),
        "no tier says",
        "QU-12",
    ),
    "XB-20": lambda c: switch_falls(
        c,
        "T5",
        "late events count in their month",
        said={"period_of": not c.says("QU-09", "key (customer_id, entitlement_id, usage_month)")},
        against="QU-09",
    ),
    "XB-22": _free_tier,
    "XB-23": lambda c: switch_falls(
        c,
        "T5",
        "one governor checks a customer's quota",
        said={"quota_check": c.says("IS-01", "tenant hash") and c.says("LF-03", "quota check")},
        against="IS-01",
    ),
}
