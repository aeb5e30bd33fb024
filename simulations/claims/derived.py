"""Every figure of ``claims.md`` 3.8 with its derivation: what a documented probability could defensibly be.

The derivations are functions of ``simulations.probability``; here they get their parameters from the claims
and the assumptions, so that a changed input changes them.

Source: ``claims.md`` 3.8.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from billproof.simulations.claims.checks.shared import customer_rate, year, yearly_events
from billproof.simulations.claims.quantities import DimensionError, Quantity, total
from billproof.simulations.claims.reading import Reader, UnreadableClaimError
from billproof.simulations.claims.register import Register
from billproof.simulations.probability.collisions import birthday_bound, expected_collisions, keys_below
from billproof.simulations.probability.durability import Replicas, loss_for, rate_of_loss
from billproof.simulations.probability.exposure import double_charges, unreplicated, unwritten
from billproof.simulations.probability.forgery import (
    RSA_STRENGTH_BITS,
    collision_of_hash,
    corrupt_witnesses,
    forged_signature,
)
from billproof.simulations.probability.lag import behind, entries_for
from billproof.simulations.probability.proportions import six_sigma, trials_without_failure
from billproof.simulations.probability.rare import at_least_one, expected, poisson_at_least_one

SIGMAS: Final = 4.5
"""What the convention of "six sigma" leaves after its shift of 1.5."""

Row: TypeAlias = tuple[str, str, float]
"""What it is, by which formula, and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """One derived figure."""

    claim: str
    """The claim whose figure it could replace."""
    what: str
    formula: str
    value: float
    reads: tuple[str, ...]
    """The claims and assumptions that its parameters come from."""


def derivations(register: Register) -> tuple[Derivation, ...]:
    """Return every derived figure; one that a changed input makes impossible is left out."""
    found: list[Derivation] = []
    for claim, derive in DERIVED.items():
        reader = Reader(register=register)
        try:
            rows = list(derive(reader))
        except (UnreadableClaimError, DimensionError, ArithmeticError, ValueError):
            continue
        reads = tuple(dict.fromkeys(key[0] for key in reader.figures))
        found += [
            Derivation(claim=claim, what=what, formula=formula, value=value, reads=reads)
            for what, formula, value in rows
        ]
    return tuple(found)


def _n(quantity: Quantity) -> float:
    return float(quantity.value)


def _keys(c: Reader) -> Iterator[Row]:
    bits = int(_n(c("A6", "@ bits")))
    bound = "n(n-1)/2 / 2^bits"
    each = int(_n(customer_rate(c) * c("T1-R")))
    windows = float((year() / c("T1-R")).value) * _n(c("SC-01"))
    yield "collision of one customer's keys in 90 days", bound, float(birthday_bound(each, bits))
    yield (
        "of all customers in a year of such windows",
        f"windows x {bound}",
        windows * float(expected_collisions(1, each, bits)),
    )
    yearly = int(_n(c("CS-15", "avg @") * year()))
    yield "of one namespace in a year", bound, float(birthday_bound(yearly, bits))
    kept = int(_n(c("CS-15", "avg @") * c("RE-02")))
    yield "of one namespace in the retention", bound, float(birthday_bound(kept, bits))
    most = keys_below(c("T1-N").value, bits)
    yield "keys up to which the documented figure holds", "inverse of the bound", float(most)
    yield "seconds of peak load that this is", "keys / rate", most / _n(c("SC-03"))
    charges = double_charges(_n(c("A9") * year()), _n(c("SC-02")), _n(c("T4-R1")), _n(c("A9", "and @")))
    yield "double charges of a year, documented design", "failovers x rate x lag x retried", charges
    yield "the same per event", "charges / events", charges / _n(yearly_events(c))


def _replicas(c: Reader, loss: Quantity, days: Quantity, common: float = 0.0) -> float:
    rebuild = float((year() / days).value)
    return rate_of_loss(
        Replicas(domains=int(_n(c("T2-C"))), loss=_n(loss * year()), rebuild=rebuild, common=common)
    )


def _losses(c: Reader) -> Iterator[Row]:
    chain = "n l (l/m)^(n-1) + b l"
    loss, week = c("A7"), c("A7", "in @")
    yield "loss of all domains in a year, rebuilt in 7 days", chain, _replicas(c, loss, week)
    yield "rebuilt in 1 day", chain, _replicas(c, loss, c("A12", "take @"))
    yield "rebuilt in 30 days", chain, _replicas(c, loss, c("A12", "or @ to"))
    yield "with ten times the failures", chain, _replicas(c, c("A12", "at @"), week)
    yield "with the common cause", chain, _replicas(c, loss, week, _n(c("A8")))
    yield "with ten times the common cause", chain, _replicas(c, loss, week, _n(c("A12", "cause @")))
    asked = Replicas(domains=int(_n(c("T2-C"))), loss=_n(loss * year()), rebuild=float((year() / week).value))
    yield (
        "failures of a domain in a year that the figure needs",
        "inverse",
        loss_for(_n(c("T2-N2") * year()), asked),
    )
    dwell = total(c(f"LA-0{stage}") for stage in range(3, 8))
    rate = _n(c("SC-02") / c("AS-04", "nominal @"))
    yield (
        "acknowledged events lost with one busy instance",
        "rate x dwell",
        unwritten(rate, _n(dwell), _n(c("T2-A2"))),
    )


def _forgeries(c: Reader) -> Iterator[Row]:
    much, less = int(_n(c("A13", "does @"))), int(_n(c("A13", "or @ bits")))
    old, new = RSA_STRENGTH_BITS
    yield "collision of SHA-256", "w(w-1)/2 / 2^256", float(collision_of_hash(much, 256))
    for modulus, work in ((old, much), (old, less), (new, much)):
        yield (
            f"forged signature, RSA-{modulus}, 2^{work} of work",
            "2^work / 2^strength",
            float(forged_signature(work, RSA_STRENGTH_BITS[modulus])),
        )
    count = int(_n(c("A13", "; @ witnesses")))
    yield (
        "all witnesses corrupt",
        "binomial tail",
        float(corrupt_witnesses(count, count, c("A13", "corrupt with @").value)),
    )


def _lags(c: Reader) -> Iterator[Row]:
    bound, rate, chance = _n(c("T4-F2")), _n(c("SC-02")), _n(c("T4-F2", "< @"))
    tail = "0.01^(K / (rate x p99))"
    for claim, place in (("T4-L1", "lag <= @"), ("T4-L3", "@"), ("T4-L4", "@")):
        lag = c(claim, place)
        yield f"more than K behind, p99 {lag.shown()}", tail, behind(bound, rate, _n(lag))
        yield f"K for the documented chance, p99 {lag.shown()}", "inverse", entries_for(chance, rate, _n(lag))
    fast = behind(bound, _n(c("SC-03")), _n(c("T4-L1", "lag <= @")))
    yield "more than K behind at peak, p99 100 ms", tail, fast


def _proportions(claim: str, place: str) -> Callable[[Reader], Iterator[Row]]:
    def rows(c: Reader) -> Iterator[Row]:
        needed = trials_without_failure(c(claim, place).value, c("A5").value)
        yield "disputes without a failure that support it", "ln(1 - confidence) / ln(share)", float(needed)
        years = needed / _n(c("PR-04", "disputes < @") * year())
        yield "years of disputes at the documented rate", "disputes / rate", years

    return rows


def _certainty(c: Reader) -> Iterator[Row]:
    yield "the convention of six sigma", "Phi(4.5)", six_sigma(SIGMAS)
    yield (
        "errors of a year at that rate",
        "chance x events",
        expected(_n(1 - c("SC-08")), _n(yearly_events(c))),
    )
    needed = trials_without_failure(c("SC-08").value, c("A5").value)
    yield "trials without a failure that support it", "ln(1 - confidence) / ln(share)", float(needed)
    better = trials_without_failure(1 - c("PR-01").value, c("A5").value)
    yield "trials for the chance per transaction", "ln(1 - confidence) / ln(share)", float(better)


def _errors(c: Reader) -> Iterator[Row]:
    stated = c("PR-03", "= @") * year()
    yield "errors of a year at the stated volume", "chance x events", expected(_n(c("PR-01")), _n(stated))
    yield "at the design volume", "chance x events", expected(_n(c("PR-01")), _n(yearly_events(c)))
    yield "chance that the yearly figure needs", "errors / events", _n(c("PR-04") * year() / stated)


def _bills(c: Reader) -> Iterator[Row]:
    stated = c("PR-03", "= @") * year() / c("PR-03")
    formula = "1 - (1 - p)^n"
    yield "wrong bill of a customer-year, stated volume", formula, at_least_one(_n(c("PR-01")), _n(stated))
    busy = customer_rate(c) * year()
    yield "wrong bill of a customer-year, design volume", formula, at_least_one(_n(c("PR-01")), _n(busy))


def _region(c: Reader) -> Iterator[Row]:
    rate = 1 / _n(c("T4-R2", "once per @"))
    yield "losses of a region in a year", "Poisson rate", rate * _n(year())
    yield "at least one in 5 years", "1 - exp(-rate x time)", poisson_at_least_one(rate, 5 * _n(year()))
    yield "events lost with it", "rate x lag", unreplicated(_n(c("SC-02")), _n(c("T4-R1")))


DERIVED: Final[dict[str, Callable[[Reader], Iterator[Row]]]] = {
    "T1-N": _keys,
    "T2-N1": _losses,
    "T3-F": _forgeries,
    "T4-F2": _lags,
    "T7-N1": _proportions("T7-N1", "@"),
    "T7-N2": _proportions("T7-N2", "; > @"),
    "SC-08": _certainty,
    "PR-01": _errors,
    "PR-02": _bills,
    "T4-R2": _region,
}
"""The rows of the table, by the claim whose figure they derive."""
