"""Documented figures come from the claims, and a claim that does not say a thing is an error."""

from decimal import Decimal

import pytest

from billproof.simulations.capacity import documented
from billproof.simulations.capacity.documented import FigureError, figure, whole


@pytest.mark.parametrize(
    ("claim", "pattern", "value"),
    [
        ("CT-01", "vCPU-s x {}", "0.00002472"),
        ("MS-05", "{} peak", "100000"),
        ("MS-02", "; {}/day", "1300000000"),
        ("CS-14", "largest {};", "500000"),
        ("CT-14", "{}/year", "755189"),
        ("DB-09", "{}x peak", "1.5"),
    ],
)
def test_figure_is_read_with_commas_money_and_multiplier(claim: str, pattern: str, value: str) -> None:
    assert figure(claim, pattern) == Decimal(value)


@pytest.mark.parametrize(
    ("claim", "pattern"),
    [("XX-99", "{}"), ("MS-05", "{} trough"), ("CS-15", "{}"), ("MS-01", "00 peak, {}-5 instances or more")],
)
def test_what_is_not_said_exactly_once_is_an_error(claim: str, pattern: str) -> None:
    with pytest.raises(FigureError, match=claim):
        figure(claim, pattern)


def test_part_of_a_number_is_no_figure() -> None:
    with pytest.raises(FigureError):
        figure("MS-05", "{}00+ peak")


def test_fraction_is_no_whole_number() -> None:
    with pytest.raises(FigureError):
        whole("CT-01", "vCPU-s x {}")


def test_changed_claim_changes_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    figure.cache_clear()
    monkeypatch.setattr(documented, "claims", lambda: {"MS-05": ("milestone 1200", "8.3B/day, 90,000 peak")})
    assert figure("MS-05", "{} peak") == 90_000
    figure.cache_clear()
