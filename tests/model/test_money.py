"""Money is exact, each amount has one text, and what is rounded or split is all still there."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.currencies import EXPONENTS
from billproof.model.identifiers import Amount, Count, CurrencyCode
from billproof.model.money import (
    AMOUNT_MAX,
    UNITS,
    AllocationError,
    AmountFormatError,
    AmountRangeError,
    DivisorError,
    UnknownCurrencyError,
    UnroundedAmountError,
    allocate,
    ceil_div,
    check_currency,
    exponent_of,
    floor_div,
    parse_amount,
    parse_source_amount,
    render_amount,
    render_minor,
    round_to_minor,
)

AMOUNTS = st.one_of(st.integers(-(10**14), 10**14), st.integers(-AMOUNT_MAX, AMOUNT_MAX)).map(Amount)
CURRENCIES = st.sampled_from(sorted(EXPONENTS))
USD = CurrencyCode("USD")
JPY = CurrencyCode("JPY")


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0", 0),
        ("1", UNITS),
        ("-1", -UNITS),
        ("0.000000000001", 1),
        ("-0.000000000001", -1),
        ("0.0000008", 800_000),
        ("-2.6137", -2_613_700_000_000),
        ("1000000000000000", AMOUNT_MAX),
        ("-1000000000000000", -AMOUNT_MAX),
        ("999999999999999.999999999999", AMOUNT_MAX - 1),
    ],
)
def test_the_canonical_text_of_an_amount_is_read_and_written(text: str, units: int) -> None:
    assert parse_amount(text) == units
    assert render_amount(Amount(units)) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" 1", "blanks"),
        ("1\n", "blanks"),
        ("+1", "plus"),
        ("-0", "sign on zero"),
        ("-0.0", "trailing zeros"),
        ("01", "leading zeros"),
        ("00", "leading zeros"),
        ("-01.5", "leading zeros"),
        ("1.0", "trailing zeros"),
        ("1.50", "trailing zeros"),
        ("1.", "plain"),
        (".5", "plain"),
        ("1e2", "exponent"),
        ("1E-7", "exponent"),
        ("1,000", "plain"),
        ("1_000", "plain"),
        ("0x10", "plain"),
        ("\u0661", "plain"),
        ("NaN", "plain"),
        ("Infinity", "plain"),
        ("--1", "plain"),
        ("0.0000000000001", "13 decimals"),
        ("1" * 41, "41 digits"),
        ("9" * 5000, "5000 digits"),
    ],
)
def test_any_other_text_is_refused_with_its_fault(text: str, says: str) -> None:
    with pytest.raises(AmountFormatError, match=says):
        parse_amount(text)


@pytest.mark.parametrize("text", ["1000000000000000.000000000001", "-1000000000000001", "1" * 40])
def test_an_amount_beyond_the_range_is_refused(text: str) -> None:
    with pytest.raises(AmountRangeError, match="1000000000000000"):
        parse_amount(text)


@given(AMOUNTS)
def test_parsing_inverts_rendering(amount: Amount) -> None:
    assert parse_amount(render_amount(amount)) == amount
    assert Decimal(render_amount(amount)).scaleb(12) == amount


@given(st.from_regex(r"-?[0-9]{0,3}(\.[0-9]{0,13})?", fullmatch=True))
def test_a_text_that_is_taken_is_the_one_that_would_be_written(text: str) -> None:
    try:
        amount = parse_amount(text)
    except (AmountFormatError, AmountRangeError):
        return
    assert render_amount(amount) == text


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0.00000080000", 800_000),
        ("2.0", 2 * UNITS),
        ("0.00000000000", 0),
        ("-0.00", 0),
        ("-2.6137", -2_613_700_000_000),
        ("1.0000000000010000", UNITS + 1),
    ],
)
def test_a_source_may_pad_its_decimals(text: str, units: int) -> None:
    assert parse_source_amount(text) == units


@pytest.mark.parametrize(
    "text", ["", "1e-7", "+1", " 1", "1.", ".5", "NULL", "01.5", "0.0000000000001", "1.2.3"]
)
def test_a_source_may_not_hide_what_it_means(text: str) -> None:
    with pytest.raises(AmountFormatError):
        parse_source_amount(text)


def test_a_source_amount_beyond_the_range_is_refused() -> None:
    with pytest.raises(AmountRangeError):
        parse_source_amount("1000000000000000.10")


@pytest.mark.parametrize(
    ("code", "exponent"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("UYW", 4), ("ISK", 0)]
)
def test_the_exponent_is_that_of_iso_4217(code: str, exponent: int) -> None:
    assert exponent_of(CurrencyCode(code)) == exponent


def test_the_table_has_every_active_code_and_no_other_exponent() -> None:
    assert len(EXPONENTS) == 165
    assert set(EXPONENTS.values()) == {0, 2, 3, 4}


@pytest.mark.parametrize("code", ["", "usd", "US", "USDX", " USD", "XXX", "XTS", "XAU", "XDR", "HRK", "ABC"])
def test_a_code_that_is_no_money_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrencyError, match="ISO 4217"):
        check_currency(code)


@pytest.mark.parametrize(
    ("text", "rounded"),
    [
        ("0.005", "0"),
        ("0.015", "0.02"),
        ("0.025", "0.02"),
        ("0.0250000001", "0.03"),
        ("0.0249999999", "0.02"),
        ("-0.005", "0"),
        ("-0.015", "-0.02"),
        ("-0.025", "-0.02"),
        ("1.005", "1"),
        ("2.675", "2.68"),
        ("0", "0"),
    ],
)
def test_rounding_goes_to_the_nearest_cent_and_ties_to_the_even_one(text: str, rounded: str) -> None:
    assert render_amount(round_to_minor(parse_amount(text), USD).rounded) == rounded


@given(AMOUNTS, CURRENCIES)
def test_what_is_rounded_away_is_kept_and_is_what_exact_fractions_give(
    amount: Amount, currency: CurrencyCode
) -> None:
    result = round_to_minor(amount, currency)
    minor = 10 ** (12 - exponent_of(currency))
    assert result.rounded + result.residue == amount
    # Python rounds fractions half to even: an implementation that is not ours.
    assert result.rounded == round(Fraction(amount, minor)) * minor


@pytest.mark.parametrize(
    ("text", "currency", "shown"),
    [
        ("1.5", "USD", "1.50"),
        ("0", "USD", "0.00"),
        ("-0.07", "USD", "-0.07"),
        ("5", "JPY", "5"),
        ("0.1", "KWD", "0.100"),
    ],
)
def test_an_invoice_shows_all_decimals_of_its_currency(text: str, currency: str, shown: str) -> None:
    assert render_minor(parse_amount(text), CurrencyCode(currency)) == shown


def test_an_unrounded_amount_is_not_shown_as_if_it_were_rounded() -> None:
    with pytest.raises(UnroundedAmountError, match="round_to_minor"):
        render_minor(parse_amount("0.5"), JPY)


@given(st.integers(), st.integers(1))
def test_floor_and_ceiling_enclose_the_quotient(dividend: int, divisor: int) -> None:
    low, high = floor_div(dividend, divisor), ceil_div(dividend, divisor)
    assert low * divisor <= dividend < (low + 1) * divisor
    assert (high - 1) * divisor < dividend <= high * divisor


@pytest.mark.parametrize("divisor", [0, -1])
def test_a_divisor_below_one_is_refused(divisor: int) -> None:
    with pytest.raises(DivisorError, match=str(divisor)):
        floor_div(1, divisor)
    with pytest.raises(DivisorError, match=str(divisor)):
        ceil_div(1, divisor)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, (1, 1, 1), (4, 3, 3)),
        (11, (1, 1, 1), (4, 4, 3)),
        (-10, (1, 1, 1), (-4, -3, -3)),
        (100, (1, 2, 4), (14, 29, 57)),
        (1, (0, 1, 0), (0, 1, 0)),
        (0, (3, 5), (0, 0)),
        (5, (7,), (5,)),
        (3, (2, 3, 2, 3), (1, 1, 0, 1)),
    ],
)
def test_a_split_gives_the_rest_to_the_largest_remainders_first(
    total: int, weights: tuple[int, ...], parts: tuple[int, ...]
) -> None:
    assert allocate(Amount(total), [Count(weight) for weight in weights]) == parts


@given(AMOUNTS, st.lists(st.integers(0, 10**9).map(Count), min_size=1, max_size=12))
def test_a_split_loses_nothing_and_is_fair_to_less_than_a_unit(amount: Amount, weights: list[Count]) -> None:
    if not sum(weights):
        with pytest.raises(AllocationError):
            allocate(amount, weights)
        return
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(amount * weight, sum(weights)) - part) < 1
    assert allocate(Amount(-amount), weights) == tuple(-part for part in parts)


@pytest.mark.parametrize("weights", [(), (0, 0), (1, -1, 5)])
def test_weights_that_say_nothing_are_refused(weights: tuple[int, ...]) -> None:
    with pytest.raises(AllocationError):
        allocate(Amount(10), [Count(weight) for weight in weights])


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(AmountFormatError) as caught:
        parse_amount("x" * 1000)
    assert len(str(caught.value)) < 250
