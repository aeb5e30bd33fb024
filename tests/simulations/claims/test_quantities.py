"""Quantities compute exactly, keep their origins, and refuse to be mixed."""

from fractions import Fraction

import pytest

from billproof.simulations.claims.quantities import (
    DOLLARS,
    MONTH,
    YEAR,
    DimensionError,
    Quantity,
    quantity,
    seconds,
    shown,
)


def _figure(value: int, precision: Fraction, *, is_approximate: bool = False) -> Quantity:
    return Quantity(value=Fraction(value), precision=precision, is_approximate=is_approximate)


def test_a_rate_times_a_time_is_a_number() -> None:
    rate = Quantity(value=Fraction(10), dimension=(-1, 0, 0))
    assert (rate * seconds(60)).dimension == (0, 0, 0)


def test_different_dimensions_are_not_added() -> None:
    with pytest.raises(DimensionError, match="different dimensions"):
        seconds(1) + quantity(1)


def test_different_dimensions_are_not_compared() -> None:
    with pytest.raises(DimensionError):
        assert seconds(1) < quantity(2)


def test_a_division_by_zero_is_refused() -> None:
    with pytest.raises(DimensionError, match="division by 0"):
        seconds(1) / quantity(0)


def test_what_is_computed_names_all_claims_it_comes_from() -> None:
    one = Quantity(value=Fraction(1), origins=frozenset({"A"}))
    two = Quantity(value=Fraction(2), origins=frozenset({"B"}))
    assert (one * two + 3).origins == {"A", "B"}


@pytest.mark.parametrize(("computed", "is_same"), [(755_189, True), (755_190, False), (755_188, False)])
def test_a_figure_is_what_rounds_to_it(computed: int, *, is_same: bool) -> None:
    assert _figure(755_189, Fraction(1, 2)).is_written_as(quantity(computed)) is is_same


def test_an_approximate_figure_may_be_off_by_a_twentieth() -> None:
    figure = _figure(100, Fraction(1, 2), is_approximate=True)
    assert figure.is_written_as(quantity(105))
    assert not figure.is_written_as(quantity(106))


def test_a_year_is_twelve_months() -> None:
    assert MONTH * 12 == YEAR == 31_536_000


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (Fraction(1, 20), (1, 0, 0), "50 ms"),
        (Fraction(7200), (1, 0, 0), "2 h"),
        (Fraction(1200) / YEAR, (-1, 1, 0), "$1,200/year ($100/month)"),
        (Fraction(36 * 10**12), (0, 0, 1), "36 TB"),
        (Fraction(1, 4), (0, 0, 0), "25 %"),
        (Fraction(1) / YEAR, (-1, 0, 0), "1/year"),
        (Fraction(-3), DOLLARS, "$-3"),
    ],
)
def test_a_quantity_is_shown_in_a_unit_for_people(
    value: Fraction, dimension: tuple[int, int, int], text: str
) -> None:
    assert shown(value, dimension) == text
