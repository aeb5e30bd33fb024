"""Computations about single claims: what speaks for a claim, or against it, where no contradiction names it.

A theorem's statement is judged under the documented design; what it takes to repair it, ``billproof repairs``
says.

Source: ``claims.md`` part 1.
"""

from functools import cache
from importlib.resources import files

from billproof.model.design import DOCUMENTED
from billproof.model.topology.consistency import survives_loss_of
from billproof.model.topology.reading import read_topology
from billproof.model.topology.records import StoreKind, Topology
from billproof.simulations.claims.checks.models import counterexample, switch_falls
from billproof.simulations.claims.checks.shared import latency_sum, served, two_writes, year
from billproof.simulations.claims.quantities import Quantity, quantity, seconds, total
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    at_least,
    at_most,
    below,
    cases,
    equal,
    every,
    joint,
    same,
    true,
)

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@cache
def topology(name: str) -> Topology:
    """Return a shipped topology."""
    text = files("billproof.model.topology").joinpath(f"{name}.toml").read_text("utf-8")
    return read_topology(text)


def refuted(theorem: str, clause: str, claim: str, phrase: str) -> Check:
    """Return the check that a clause fails under the documented design, while a claim says it holds."""

    def check(c: Reader) -> Outcome:
        if not c.says(claim, phrase):
            return true(f"{claim} no longer says {phrase!r}", "nothing to judge", holds=True)
        found = counterexample(DOCUMENTED, theorem, clause)
        if found is None:
            return true(f"{theorem} under the documented design", "no violation found", holds=True)
        steps = " ".join(f"{number}. {text}" for number, text in enumerate(found.steps, 1))
        told = f"{theorem}.{found.clause} is violated under the documented design: {steps}"
        return true(f"{theorem} under the documented design", told, holds=False, against=claim)

    return check


def _listed(c: Reader, claim: str, pattern: str) -> Quantity:
    """Return how many things a claim lists after a colon."""
    return quantity(len(c.word(claim, pattern).split(", ")))


def _eight_layers(c: Reader) -> Outcome:
    named = c.order("SE-1", *(f"{name} layers" for name in NUMBERS))
    count = NUMBERS.index(named[0].removesuffix(" layers")) if named else 0
    return equal("layers", quantity(count), _listed(c, "SE-1", r": (.*)"))


def _regions(c: Reader) -> Outcome:
    names = [str(region.name) for region in topology("documented").regions]
    said = c.order("SC-17", *names)
    return true(
        f"regions {', '.join(said)}",
        f"the documented topology has {', '.join(names)}",
        holds=sorted(said) == sorted(names),
        against="SC-17",
    )


def _only_one_region(c: Reader) -> Outcome:
    built = topology("terraform")
    sites = {site for store in built.stores if store.kind == StoreKind.FIRESTORE for site in store.sites}
    regions = sorted(str(region.name) for region in built.regions if sites & set(region.zones))
    said = c.order("TF-2", *(str(region.name) for region in built.regions))
    return true(
        f"Firestore is in {', '.join(said)} only",
        f"the topology that would be built has it in {', '.join(regions)}",
        holds=sorted(said) == regions,
        against="TF-2",
    )


def _second_region(c: Reader) -> Outcome:
    built = topology("terraform")
    lost = [
        f"{store.name} without {region.name}"
        for store in built.stores
        if store.kind == StoreKind.FIRESTORE
        for region in built.regions
        if not survives_loss_of(store, region) and set(store.sites) & set(region.zones)
    ]
    wanted = c.says("T2-A1", "replicated to a second region")
    return true(
        "each store is in two regions",
        f"lost as it would be built: {', '.join(lost) or 'none'}",
        holds=not (wanted and lost),
        against="T2-A1",
    )


def _customers(c: Reader) -> Outcome:
    fleet = served(c, c("PO-03", "workers on @")) * c("AS-03", "Hard limit @")
    share = c("SC-02") / c("SC-01")
    peak = c("SC-03") / c("SC-01")
    return cases(
        {
            "the average load": at_most("customers", c("SC-01"), fleet / share),
            "the peak load": at_most("customers", c("SC-01"), fleet / peak),
        }
    )


def _lost_customers(c: Reader) -> Outcome:
    lost = c("T4-R2") / c("T4-R2", "once per @")
    return at_least("losses, against the loss that is accepted elsewhere", c("T2-N4"), lost)


def _example(c: Reader) -> Outcome:
    after = c("EC-01") - c("EC-01", "-@")
    return every(
        below("balance of the example", after, c("EC-01", "<@")),
        equal("code of its refusal", c("EC-01", "HTTP @"), c("AP-6", ", @ balance")),
    )


def _orphan(c: Reader) -> Outcome:
    """The published gap test on the ledger without the event."""
    left = c("T6-P3", "orphans event @") - (c("T6-P3") - 1)
    return joint(at_least("step in the sequence, above the gap test's", left, c("T6-P4", "> @") + 1), "T6-P3")


def _reserved(c: Reader) -> Outcome:
    return every(
        equal("least saving by reserving", c("RC-3", "(@"), c("OP-1", "Spanner @")),
        equal("most saving by reserving", c("RC-3", "-@)"), c("OP-1", "Run @")),
    )


SUPPORTS: dict[str, Check] = {
    "SC-01": _customers,
    "SC-04": lambda c: joint(below("sum of the stages", latency_sum(c), c("SC-04")), "SC-04"),
    "SC-05": lambda c: equal("downtime of a year", c("SC-05", "= @ downtime"), (1 - c("SC-05")) * year()),
    "SC-09": lambda c: at_least("errors of a year", c("SC-09"), c("PR-01") * c("PR-03", "= @") * year()),
    "SC-17": _regions,
    "SC-26": lambda c: equal("load", c("SC-26"), c("SC-02")),
    "T1-R": lambda c: same("retention of keys", c("T1-R"), c("RE-01")),
    "RE-01": lambda c: same("retention of keys", c("RE-01"), c("T1-R")),
    "T1-G": refuted("T1", "one_charge_per_key", "T1-G", "recorded exactly once"),
    "T1-C": refuted("T1", "one_charge_per_key", "T1-C", "impossible"),
    "T2-A1": _second_region,
    "T2-SA": refuted("T2", "acknowledged_is_committed", "T2-SA", "no loss"),
    "T2-N4": _lost_customers,
    "T3-D": refuted("T3", "accepted_presentation_is_the_log", "T3-D", "identified"),
    "T3-Q": refuted("T3", "accepted_presentation_is_the_log", "T3-Q", "invalidates all later ones"),
    "T4-C": lambda c: same("bound of consistency", c("T4-C"), c("T4-L3")),
    "T4-D": refuted("T4", "replica_is_a_prefix", "T4-D", "same state"),
    "T4-F1": refuted("T4", "replica_is_a_prefix", "T4-F1", "true"),
    "T5-C": refuted("T5", "usage_stays_within_the_limit", "T5-C", "prevents overage"),
    "T5-D2": lambda c: switch_falls(
        c,
        "T5",
        "overage is seen before the balance is negative",
        said={"balance_rule": c.says("T5-D2", "before") and c.says("T5-I2", "starts at balance")},
        against="T5-D2",
    ),
    "T5-I1": refuted("T5", "usage_stays_within_the_limit", "T5-I1", "usage <= quota + buffer"),
    "T5-I4": lambda c: (
        joint(
            at_most(
                "time between the two resets of a month",
                c("T5-A3") + seconds(86_400) - c("T5-A2"),
                seconds(0),
            ),
            "T5-I4",
        )
        if c.says("T5-I4", "same time")
        else true("resets at one time", "not said", holds=True)
    ),
    "T5-N": refuted("T5", "usage_stays_within_the_limit", "T5-N", "probability 0"),
    "T6-D1": refuted("T6", "sequence_is_unique", "T6-D1", "order can be rebuilt"),
    "T6-D2": refuted("T6", "accepted_chain_is_the_committed_one", "T6-D2", "vanish"),
    "T6-C": refuted("T6", "accepted_chain_is_the_committed_one", "T6-C", "impossible"),
    "T6-N": refuted("T6", "accepted_chain_is_the_committed_one", "T6-N", "deletion detection"),
    "T6-P3": _orphan,
    "T7-N3": lambda c: same("success without people", c("T7-N3"), c("T7-N2", "; > @")),
    "T7-W": lambda c: equal("steps", c("T7-W"), _listed(c, "T7-W", r"steps: (.*)")),
    "RS-04": lambda c: equal("steps", c("RS-04"), _listed(c, "RS-04", r"steps: (.*)")),
    "LA-09": lambda c: at_least("processing time, against two serial writes", c("LA-09"), two_writes(c)),
    "EC-01": _example,
    "FM-04": lambda c: same("delay of the analytics", c("FM-04"), c("EC-04", "dashboard < @")),
    "RS-14": lambda c: at_least(
        "restart with its detection", c("RS-14"), c("RS-08") + c("RS-08", "restart @")
    ),
    "BK-02": lambda c: every(
        same("retention of receipts", c("BK-02"), c("RE-02")),
        same(
            "price of the archive, a month",
            c("BK-02", "restore, @") * seconds(year().value / 12),
            c("CT-08", "at @ #;"),
        ),
    ),
    "BK-05": lambda c: same("takeover by the standby", c("BK-05"), c("RT-03")),
    "PO-05": lambda c: below(
        "keep-alive of the client, against the server's", c("PO-05"), c("PO-05", "server @")
    ),
    "PO-06": lambda c: same("time-out of a task", c("PO-06"), c("PO-04")),
    "CS-22": lambda c: equal("all shares", total((c("CS-22"), c("CS-22", "@ EU"), c("CS-22", "@ APAC"))), 1),
    "CT-05": lambda c: equal(
        "compute",
        c.yearly("CT-05"),
        c("CT-02", "-> @") + c.yearly("CT-03", "x # = @") + c.yearly("CT-04", "= #; @"),
    ),
    "CT-09": lambda c: equal(
        "database",
        c.yearly("CT-09"),
        c.yearly("CT-06", "backups # #; @")
        + c.yearly("CT-07", "total @")
        + c.yearly("CT-08", "backups #; @"),
    ),
    "RC-3": _reserved,
    "SL-15": lambda c: same("allowed variance of cost", c("SL-15"), c("RC-2")),
    "RC-2": lambda c: same("allowed variance of cost", c("RC-2"), c("SL-15")),
    "RB-2": lambda c: equal(
        "code of too many requests", c.number("RB-2"), c.number("AP-6", "#, # balance, @")
    ),
    "SE-1": _eight_layers,
    "SE-10": lambda c: same("window of point-in-time recovery", c("SE-10", "PITR @"), c("BK-06")),
    "TF-2": _only_one_region,
    "MG-6": lambda c: at_most(
        "phase of the mandatory migration", c("MG-6", "mandatory in phase @"), c("MG-1", "in @ phases")
    ),
    "MG-9": lambda c: at_most(
        "week of the last mail", c("MG-9", "weeks #, #, #, #, @") * seconds(7 * 86_400), c("MG-1")
    ),
}
"""By claim."""
