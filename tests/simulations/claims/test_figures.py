"""The figures of a text are read with value, unit and precision; what is part of a name is none."""

from fractions import Fraction

import pytest

from billproof.simulations.claims.figures import figures_of, quantity_of, skeleton_of
from billproof.simulations.claims.quantities import (
    BYTES,
    DAY,
    DOLLARS,
    MONTH,
    NUMBER,
    SECONDS,
    YEAR,
    Dimension,
)

CASES: list[tuple[str, Fraction, Dimension]] = [
    ("1,000+", Fraction(1000), NUMBER),
    ("10K RPS", Fraction(10_000), (-1, 0, 0)),
    ("12.5K/s", Fraction(12_500), (-1, 0, 0)),
    ("100+ billion events per year", Fraction(10**11) / YEAR, (-1, 0, 0)),
    ("1.1 trillion events/day", Fraction(11 * 10**11) / DAY, (-1, 0, 0)),
    ("99.99966 %", Fraction(9999966, 10**7), NUMBER),
    ("1 in 10^27", Fraction(1, 10**27), NUMBER),
    ("3 in 1000", Fraction(3, 1000), NUMBER),
    ("10^-9", Fraction(1, 10**9), NUMBER),
    ("10^-9 per month", Fraction(1, 10**9) / MONTH, (-1, 0, 0)),
    ("52.6 min", Fraction(3156), SECONDS),
    ("100 ms", Fraction(1, 10), SECONDS),
    ("5-minute", Fraction(300), SECONDS),
    ("14 months", 14 * MONTH, SECONDS),
    ("$265K/year", 265_000 / YEAR, (-1, 1, 0)),
    ("$0.23/customer-month", Fraction(23, 100) / MONTH, (-1, 1, 0)),
    ("$0.025/M", Fraction(25, 10**9), DOLLARS),
    ("$0.06/10K", Fraction(6, 10**6), DOLLARS),
    ("$0.30/GB", Fraction(3, 10**10), (0, 1, -1)),
    ("$0.004/GB-month", Fraction(4, 10**12) / MONTH, (-1, 1, -1)),
    ("5 TB/yr", 5 * 10**12 / YEAR, (-1, 0, 1)),
    ("172 KB", Fraction(172_000), BYTES),
    ("2400 UTC", Fraction(86_400), SECONDS),
    ("1 am UTC", Fraction(3600), SECONDS),
    ("1970-01-02", Fraction(86_400), SECONDS),
    ("80x", Fraction(80), NUMBER),
]

NAMES = [
    "us-central1",
    "RS256",
    "p99",
    "T4",
    "r5",
    "SOC2",
    "nam11",
    "billing-prod-key-2026-01",
    "RSA-256",
    "Q2 2026",
]


@pytest.mark.parametrize(("text", "value", "dimension"), CASES)
def test_a_figure_has_its_value_and_dimension(text: str, value: Fraction, dimension: Dimension) -> None:
    found = quantity_of(text)
    assert found is not None
    assert (found.value, found.dimension) == (value, dimension)


@pytest.mark.parametrize("text", NAMES)
def test_digits_of_a_name_are_no_figure(text: str) -> None:
    assert figures_of(f"see {text} there") == ()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("10-50 ms", [Fraction(1, 100), Fraction(1, 20)]),
        ("30K->50K RPS", [30_000, 50_000]),
        ("15->30 instances", [15, 30]),
        ("45->65 ms", [Fraction(45, 1000), Fraction(65, 1000)]),
        ("$150-250K", [150_000, 250_000]),
        ("$141K-$480K", [141_000, 480_000]),
        ("$50-500", [50, 500]),
        ("3B -> 430M events/day", [3 * 10**9 / DAY, 430 * 10**6 / DAY]),
        ("12+2+2 = 16 TB", [12, 2, 2, 16 * 10**12]),
        ("12 x 2 vCPU", [12, 2]),
        ("stop with 503 in 1 min", [503, 60]),
    ],
)
def test_ends_of_a_range_share_multiplier_and_unit(text: str, values: list[int | Fraction]) -> None:
    assert [figure.quantity.value for figure in figures_of(text)] == values


def test_money_of_a_range_is_money_at_both_ends() -> None:
    assert [figure.quantity.dimension for figure in figures_of("$2,500-7,500")] == [DOLLARS, DOLLARS]


def test_precision_is_half_of_the_last_digit_written() -> None:
    found = quantity_of("8.6M")
    assert found is not None
    assert found.precision == 50_000


def test_what_is_said_to_be_approximate_is() -> None:
    assert [figure.quantity.is_approximate for figure in figures_of("~$5M and 5")] == [True, False]


def test_a_skeleton_has_a_mark_for_each_figure() -> None:
    text = "Writes 12.5K/s at $1.00/M $39,000"
    assert skeleton_of(text, figures_of(text)) == "Writes @ at @ @"


def test_a_figure_comes_from_its_claim() -> None:
    assert figures_of("30 ms", "LA-04")[0].quantity.origins == {"LA-04"}


@pytest.mark.parametrize("text", ["30 ms and 2 s", "about", "", "30 ms later"])
def test_a_text_that_is_not_one_figure_is_no_quantity(text: str) -> None:
    assert quantity_of(text) is None


@pytest.mark.parametrize(
    "text", ["10^99999999", "1e99999999", "9" * 70_000, "x" * 70_000, "1" + ",000" * 20_000, "1.0^-9999999"]
)
def test_a_figure_that_would_be_computed_for_ever_is_not(text: str) -> None:
    """Found by fuzzing: a power of a hundred million, and a text that is read again at each place."""
    for figure in figures_of(text):
        assert figure.quantity.value.numerator.bit_length() < 10_000
