"""Probabilities: XG-01 to XG-11, each against the derivation that would be valid.

Source: ``claims.md`` 2.7 and 3.8.
"""

from fractions import Fraction

from billproof.simulations.claims.checks.models import theorem_falls, theorems_fall
from billproof.simulations.claims.checks.shared import customer_rate, yearly_events
from billproof.simulations.claims.quantities import Quantity, quantity, seconds
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    agree,
    at_least,
    beside,
    every,
    joint,
    same,
)
from billproof.simulations.probability.collisions import birthday_bound, keys_below
from billproof.simulations.probability.proportions import trials_without_failure
from billproof.simulations.probability.rare import at_least_one


def exactly(value: float | Fraction, *sources: Quantity) -> Quantity:
    """Return a computed number with the origins of what it was computed from."""
    origins = frozenset().union(*(source.origins for source in sources))
    return Quantity(value=Fraction(value), origins=origins)


def _collision(c: Reader) -> Outcome:
    """A random key is the only chance in the first theorem, and it is not the documented one."""
    keys, bits = customer_rate(c) * c("T1-R"), c("A6", "@ bits")
    bound = exactly(birthday_bound(int(keys.value), int(bits.value)), keys, bits)
    most = exactly(keys_below(c("T1-N").value, int(bits.value)), bits)
    product = c("T3-F", "<= @") * c("T3-F", "<= # x @")
    found = at_least("chance, against a collision of one customer's keys", c("T1-N"), bound)
    told = [("keys", keys), ("keys for which it holds", most), ("the product of theorem 3", product)]
    return beside(found, told)


def _error_rates(c: Reader) -> Outcome:
    rates = [c("SC-06"), 1 - c("SC-08"), c("SC-10"), c("SC-11"), c("PR-01"), c("T1-N")]
    events = yearly_events(c)
    return beside(same("errors per event", *rates), [("a year", rate * events) for rate in rates])


def _errors_of_a_year(c: Reader) -> Outcome:
    documented = c("PR-04") * seconds(365 * 86_400)
    events = c("PR-03", "= @") * seconds(365 * 86_400)
    told = [
        ("at the real volume", c("PR-01") * yearly_events(c)),
        ("chance that would do", documented / events),
    ]
    return beside(at_least("undetected errors of a year", documented, c("PR-01") * events), told)


def _wrong_bill(c: Reader) -> Outcome:
    events = c("PR-03", "= @") * seconds(365 * 86_400) / c("PR-03")
    more = customer_rate(c) * seconds(365 * 86_400)
    chance = exactly(at_least_one(float(c("PR-01").value), float(events.value)), c("PR-01"), events)
    busy = exactly(at_least_one(float(c("PR-01").value), float(more.value)), c("PR-01"), more)
    told = [("events", events), ("at 10/s", busy)]
    return beside(at_least("chance of a wrong bill in a year", c("PR-02"), chance), told)


def _units_of_loss(c: Reader) -> Outcome:
    named = {"T2-N1": "no time", "T2-N2": "no time", "T2-N3": "no time"}
    for claim in named:
        figure = c("T2-N1", "~ @") if claim == "T2-N1" else c(claim)
        for period in ("year", "month"):
            if figure.dimension[0] == -1 and c.says(claim, f"per {period}"):
                named[claim] = f"per {period}"
    return every(
        agree("unit of the chance of loss", named), same("chance of loss in a year", c("T2-N2"), c("T2-N3"))
    )


def _rewriting(c: Reader) -> Outcome:
    """Whoever may sign rewrites a chain long before it is looked at."""
    receipts = c("T3-P3", "of @")
    chain = customer_rate(c) * c("T1-R") * c("A3")
    told = [("90 days of one customer, on one core", chain), ("chance of the factor", exactly(1))]
    return beside(
        joint(at_least("time to rewrite the chain", receipts * c("A3"), c("T3-C")), "T3-F"),
        [*told, ("documented chance", c("T3-F", "<= # x @"))],
    )


def _evidence_needed(c: Reader) -> Outcome:
    trials = {}
    for claim, place in (("T7-N1", "@"), ("T7-N2", "; > @")):
        share, confidence = c(claim, place), c("A5")
        trials[claim] = exactly(trials_without_failure(share.value, confidence.value), share, confidence)
    rate = c("PR-04", "disputes < @")
    told = [("disputes for 99 %", trials["T7-N1"]), ("disputes for 99.9 %", trials["T7-N2"])]
    years = trials["T7-N1"] / rate
    found = joint(at_least("years of records kept", c("RE-02"), years), "T7-N1")
    return beside(found, [*told, ("years of disputes", years), ("for 99.9 %", trials["T7-N2"] / rate)])


def _disputes(c: Reader) -> Outcome:
    none = quantity(0) if c.says("SC-07", "Zero") else c("SC-10") * yearly_events(c)
    year = seconds(365 * 86_400)
    return same("disputes of a year", c("SC-10") * yearly_events(c), c("PR-04", "disputes < @") * year, none)


CHANCES: dict[str, Check] = {
    "XG-01": _collision,
    "XG-02": _error_rates,
    "XG-03": _errors_of_a_year,
    "XG-04": _wrong_bill,
    "XG-05": _units_of_loss,
    "XG-06": lambda c: same("loss in a year", 1 / c("T4-R2", "once per @"), c("T2-N2")),
    "XG-07": _rewriting,
    "XG-08": lambda c: theorem_falls(c, "T2", "loss without the loss of a datacentre", "T2-N1"),
    "XG-09": _evidence_needed,
    "XG-10": lambda c: theorems_fall(c, "PR-05", "formally verified"),
    "XG-11": _disputes,
}
