"""On which calls the contracts of ``model.money`` and ``model.tiers`` are judged.

The divisors and weights of the money path are constants of tables, so a case fixes them and leaves the
amount symbolic: without a symbolic divisor CrossHair exhausts the paths. Texts it does not exhaust; those
calls are listed.
"""

from collections.abc import Iterator
from itertools import product

from billproof.invariants.contracts.contract import Arguments, Contract, Listed, Symbolic
from billproof.model.currencies import EXPONENTS
from billproof.model.identifiers import Amount, BasisPoints, CurrencyCode
from billproof.model.money import AMOUNT_MAX, TOTAL_MAX, UNITS
from billproof.model.outcomes import AccountKind
from billproof.model.tiers import Tier

CURRENCY_OF_EXPONENT: dict[int, str] = {
    exponent: code for code, exponent in sorted(EXPONENTS.items(), reverse=True)
}
"""One currency for each exponent that ISO 4217 has."""


def edge_amounts() -> Iterator[int]:
    """Yield amounts where carries, signs and bounds are: around every power of ten, and halves of them."""
    yield 0
    for power, offset, sign in product(range(40), (-1, 0, 1), (1, -1)):
        yield sign * (10**power + offset)
        yield sign * (5 * 10**power + offset)
    for bound in (AMOUNT_MAX, TOTAL_MAX):
        yield from (bound - 1, bound, -bound, 1 - bound, bound // 7)


def minor(amount: int, exponent: int) -> Arguments:
    """An amount in the currency of each exponent of ISO 4217."""
    currency = CURRENCY_OF_EXPONENT.get(exponent, "no currency")
    return {"amount": amount, "currency": currency}


def whole_minor(minors: int, exponent: int) -> Arguments:
    """A whole number of minor units in the currency of each exponent of ISO 4217."""
    return {
        "amount": minors * 10 ** (12 - exponent) if exponent in CURRENCY_OF_EXPONENT else 1,
        "currency": CURRENCY_OF_EXPONENT.get(exponent, "no currency"),
    }


def halves(total: int) -> Arguments:
    """Two equal weights."""
    return {"total": total, "weights": (1, 1)}


def thirds(total: int) -> Arguments:
    """Three equal weights."""
    return {"total": total, "weights": (1, 1, 1)}


def unequal(total: int) -> Arguments:
    """Weights that differ, one of them 0, none first in order of size."""
    return {"total": total, "weights": (2, 0, 3, 2)}


def small_splits() -> Iterator[Arguments]:
    """Yield every split of a small amount by up to three small weights."""
    for length in (1, 2, 3):
        for total, *weights in product(range(-7, 8), *[range(4)] * length):
            yield {"total": Amount(total), "weights": tuple(weights)}


def edge_splits() -> Iterator[Arguments]:
    """Yield splits of amounts around carries and bounds."""
    for total in edge_amounts():
        for weights in ((1, 1, 1), (1, 2, 4, 0, 8), (999, 1), (10**12, 3), (7,) * 7):
            yield {"total": Amount(total), "weights": weights}


def canonical_amounts() -> Iterator[str]:
    """Yield canonical texts written without the model."""
    for whole, fraction in product(
        ("0", "1", "10", "907", "1000000000000000"), ("", "1", "05", "000000000001")
    ):
        for sign in ("", "-"):
            text = f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
            if text != "-0":
                yield text


def source_amounts() -> Iterator[str]:
    """Yield texts of other people's files, and texts that are no amounts."""
    yield from canonical_amounts()
    yield from (
        "0.00000080000",
        "2.0",
        "-0",
        "-0.00",
        "1.0000000000000000",
        "00.5",
        "1e3",
        "+1",
        "",
        " 1",
        ".5",
    )
    yield from ("0.0000000000001", "5.", "1" * 41, "1,5", "--1", "9999999999999999.5")


def _texts(texts: Iterator[str]) -> Iterator[Arguments]:
    return ({"text": text} for text in texts)


def _currencies(name: str) -> Iterator[Arguments]:
    return ({name: code} for code in EXPONENTS)


def _amounts_and_currencies() -> Iterator[Arguments]:
    for amount, code in product(edge_amounts(), CURRENCY_OF_EXPONENT.values()):
        yield {"amount": Amount(amount), "currency": CurrencyCode(code)}


def _parts() -> Iterator[Arguments]:
    for whole, fraction in product(("0", "-0", "7", "-12", "9" * 27), ("", "5", "05", "999999999999")):
        yield {"whole": whole, "fraction": fraction}


def _terms() -> Iterator[Arguments]:
    limits = (0, 1, AMOUNT_MAX, -1, AMOUNT_MAX + 1)
    quotas = (None, 0, 1, 10_001, UNITS, AMOUNT_MAX, -1)
    for tier, kind, credit_limit, quota in product(Tier, AccountKind, limits, quotas):
        yield {"tier": tier, "kind": kind, "credit_limit": credit_limit, "quota": quota}


def _buffers() -> Iterator[Arguments]:
    for quota, buffer in product(edge_amounts(), (0, 1, 1_000, 2_000, 5_000, 9_999)):
        yield {"quota": Amount(quota), "buffer": BasisPoints(buffer)}


CONTRACTS: tuple[Contract, ...] = (
    Contract(module="money", function="floor_div"),
    Contract(module="money", function="ceil_div"),
    Contract(
        module="money",
        function="check_currency",
        cases=(Listed(calls=lambda: _currencies("code"), bound="every currency of ISO 4217", is_whole=True),),
    ),
    Contract(
        module="money",
        function="exponent_of",
        cases=(
            Listed(calls=lambda: _currencies("currency"), bound="every currency of ISO 4217", is_whole=True),
        ),
    ),
    Contract(module="money", function="check_amount_range"),
    Contract(
        module="money",
        function="units_of_parts",
        cases=(Listed(calls=_parts, bound="digits before and behind the point, both signs"),),
    ),
    Contract(
        module="money",
        function="parse_amount",
        cases=(Listed(calls=lambda: _texts(canonical_amounts()), bound="canonical texts"),),
    ),
    Contract(
        module="money",
        function="parse_source_amount",
        cases=(Listed(calls=lambda: _texts(source_amounts()), bound="texts of other files, and no amounts"),),
    ),
    Contract(
        module="money",
        function="render_amount",
        cases=(
            Listed(
                calls=lambda: ({"amount": Amount(amount)} for amount in edge_amounts()),
                bound="amounts around every power of ten",
            ),
        ),
    ),
    Contract(
        module="money",
        function="round_to_minor",
        cases=(
            Symbolic(build=minor, bound="one currency for each exponent of ISO 4217, any amount"),
            Listed(calls=_amounts_and_currencies, bound="amounts around every power of ten"),
        ),
    ),
    Contract(
        module="money",
        function="render_minor",
        cases=(Listed(calls=_amounts_and_currencies, bound="whole minor units around every power of ten"),),
    ),
    Contract(
        module="money",
        function="allocate",
        cases=(
            Listed(calls=small_splits, bound="-7 to 7 units by up to 3 weights of up to 3", is_whole=True),
            Listed(calls=edge_splits, bound="amounts around every power of ten"),
            Symbolic(build=halves, bound="weights 1, 1, any amount"),
            Symbolic(build=thirds, bound="weights 1, 1, 1, any amount"),
            Symbolic(build=unequal, bound="weights 2, 0, 3, 2, any amount"),
        ),
    ),
    Contract(
        module="tiers",
        function="parse_tier",
        cases=(Listed(calls=lambda: _texts(tier.value for tier in Tier), bound="every plan", is_whole=True),),
    ),
    Contract(
        module="tiers",
        function="limit_of",
        cases=(
            Symbolic(),
            Listed(calls=_buffers, bound="quotas around every power of ten, buffers of plans"),
        ),
    ),
    Contract(
        module="tiers",
        function="terms_of",
        cases=(
            Listed(calls=_terms, bound="every plan and kind, limits and quotas at and past their bounds"),
        ),
    ),
)
"""Amounts, rounding, splitting, limits."""
