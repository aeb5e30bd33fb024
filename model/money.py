"""Money: exact integers, one rounding point, conserving splits.

An amount is an integer number of units of 10^-12 of the currency's major unit, so that real metered prices
survive; it is unbounded in memory. On every wire it is a decimal string in major units, and each amount
has exactly one such string. The only rounding is ``round_to_minor``, used at invoice lines; its residue is
kept, so that receipts and invoice reconcile exactly. No float, no decimal context, and no division that
does not name its rounding.

Not here: which amounts an operation takes (``charging``, ``refunds``), and how they are stored.

Source: ``system.md`` section 3; house style rule 10.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billproof.model.currencies import EXPONENTS
from billproof.model.identifiers import Amount, Count, CurrencyCode
from billproof.model.misreadings import problem_of, shown
from billproof.model.portable import PortableError

DECIMALS_MAX: Final = Count(12)
"""Decimals that an amount can have."""

UNITS: Final = 10**DECIMALS_MAX
"""Units of an amount in one major unit."""

AMOUNT_MAX: Final = Amount(10**15 * UNITS)
"""The largest magnitude of one amount on a wire: 10^15 major units."""

TOTAL_MAX: Final = Amount(10**27 * UNITS - 1)
"""The largest magnitude of a sum, such as a balance: 27 digits before the point."""

# The length bounds keep int() away from hostile input; the range check after it is the real bound.
_CANONICAL = re.compile(r"(-?(?:0|[1-9][0-9]{0,39}))(?:\.([0-9]{0,11}[1-9]))?")
_SOURCE = re.compile(r"(-?(?:0|[1-9][0-9]{0,39}))(?:\.([0-9]{1,60}))?")
_SCALE: Final = tuple(10 ** (DECIMALS_MAX - decimals) for decimals in range(DECIMALS_MAX + 1))


class AmountFormatError(PortableError, ValueError):
    """A text that is no amount; whoever wrote it must mend it.

    Args:
        text: What was read.
        problem: What is wrong with it.
        remedy: What to write instead.
    """

    def __init__(self, text: str, problem: str, remedy: str) -> None:
        super().__init__(f"amount {shown(text)} {problem}; {remedy}")
        self.text = text
        self.problem = problem
        self.remedy = remedy


class AmountRangeError(PortableError, ValueError):
    """An amount beyond the range; whoever asked for it must split it.

    Args:
        amount: The amount, in units.
        maximum: The largest magnitude, in units.
    """

    def __init__(self, amount: Amount, maximum: Amount) -> None:
        super().__init__(
            f"amount {render_amount(amount)} is beyond the range of -{render_amount(maximum)} "
            f"to {render_amount(maximum)} major units; split it"
        )
        self.amount = amount
        self.maximum = maximum


class UnknownCurrencyError(PortableError, ValueError):
    """A code that ISO 4217 does not list as money; whoever wrote it must mend it.

    Args:
        code: What was read.
    """

    def __init__(self, code: str) -> None:
        super().__init__(
            f"currency {shown(code)} is not an active ISO 4217 code with a minor unit; "
            "use three capital letters, for example USD"
        )
        self.code = code


class UnroundedAmountError(PortableError, ValueError):
    """An amount shown with a currency's decimals that it does not fit: a bug of the caller.

    Args:
        amount: The amount, in units.
        currency: The currency in whose minor units it should be whole.
    """

    def __init__(self, amount: Amount, currency: CurrencyCode) -> None:
        super().__init__(
            f"{render_amount(amount)} {currency} has more than {EXPONENTS[currency]} decimals; "
            "apply round_to_minor first"
        )
        self.amount = amount
        self.currency = currency


class DivisorError(PortableError, ValueError):
    """A divisor that is not positive: a bug of the caller.

    Args:
        dividend: What was to be divided.
        divisor: The divisor given.
    """

    def __init__(self, dividend: int, divisor: int) -> None:
        super().__init__(f"{dividend} cannot be divided by {divisor}; give a divisor of at least 1")
        self.dividend = dividend
        self.divisor = divisor


class AllocationError(PortableError, ValueError):
    """Weights by which nothing can be split: a bug of the caller.

    Args:
        total: The amount to split, in units.
        weights: The weights given.
    """

    def __init__(self, total: Amount, weights: Sequence[Count]) -> None:
        super().__init__(
            f"{render_amount(total)} cannot be split by the weights {list(weights)!r}; "
            "give weights of at least 0, not all of them 0"
        )
        self.total = total
        self.weights = tuple(weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundedAmount:
    """An amount in whole minor units, and what rounding has taken away."""

    rounded: Amount
    """A whole number of minor units, in units."""
    residue: Amount
    """The exact amount minus the rounded one, in units; at most half a minor unit either way."""


def floor_div(dividend: int, divisor: int) -> int:
    """Return the largest integer ``q`` with ``q * divisor <= dividend``.

    pre: divisor >= 1
    post: _ * divisor <= dividend < (_ + 1) * divisor

    Raises:
        DivisorError: ``divisor`` is not positive; a bug of the caller.
    """
    if divisor < 1:
        raise DivisorError(dividend, divisor)
    return dividend // divisor


def ceil_div(dividend: int, divisor: int) -> int:
    """Return the smallest integer ``q`` with ``q * divisor >= dividend``.

    pre: divisor >= 1
    post: (_ - 1) * divisor < dividend <= _ * divisor

    Raises:
        DivisorError: ``divisor`` is not positive; a bug of the caller.
    """
    if divisor < 1:
        raise DivisorError(dividend, divisor)
    return -(-dividend // divisor)


def check_currency(code: str) -> CurrencyCode:
    """Return ``code`` as a currency if ISO 4217 lists it with a minor unit.

    pre: code in EXPONENTS
    post: _ == code

    Raises:
        UnknownCurrencyError: It does not; lower case and blanks are not mended.
    """
    currency = CurrencyCode(code)
    if currency not in EXPONENTS:
        raise UnknownCurrencyError(code)
    return currency


def exponent_of(currency: CurrencyCode) -> Count:
    """Return the number of decimals of a currency's minor unit (ISO 4217).

    pre: currency in EXPONENTS
    post: _ == EXPONENTS[currency]
    post: 0 <= _ <= DECIMALS_MAX

    Raises:
        UnknownCurrencyError: ISO 4217 lists no such currency.
    """
    return EXPONENTS[check_currency(currency)]


def check_amount_range(amount: Amount, maximum: Amount = AMOUNT_MAX) -> Amount:
    """Return ``amount`` if its magnitude is at most ``maximum``, both in units.

    pre: -maximum <= amount <= maximum
    post: _ == amount

    Raises:
        AmountRangeError: It is beyond.
    """
    if not -maximum <= amount <= maximum:
        raise AmountRangeError(amount, maximum)
    return amount


def units_of_parts(whole: str, fraction: str) -> Amount:
    """Return the amount of a decimal string that a caller has already checked and split at its point.

    pre: re.fullmatch("-?[0-9]{1,40}", whole) and re.fullmatch("[0-9]{0,12}", fraction)
    post: _ * 10 ** len(fraction) == int(whole + fraction) * UNITS

    Args:
        whole: Digits with an optional ``-``.
        fraction: At most 12 digits; empty for none.
    """
    # The sign stands before all digits, so that "-0" and "5" make -5 tenths.
    return Amount(int(whole + fraction) * _SCALE[len(fraction)])


def parse_amount(text: str, maximum: Amount = AMOUNT_MAX) -> Amount:
    """Read the canonical decimal string of an amount: the strict inverse of ``render_amount``.

    An optional ``-``, digits without superfluous leading zeros, and a fraction of at most 12 digits without
    superfluous trailing zeros; no ``+``, no exponent, no blank, no sign on zero.

    pre: _CANONICAL.fullmatch(text) and text != "-0"
    raises: AmountRangeError
    post: render_amount(_) == text
    post: _ * 10 ** len(text.partition(".")[2]) == int(text.replace(".", "")) * UNITS
    post: -maximum <= _ <= maximum

    Args:
        text: Major units, for example ``0.0000008``.
        maximum: The largest magnitude taken, in units.

    Returns:
        The amount in units of 10^-12 major units.

    Raises:
        AmountFormatError: Not the canonical string of an amount.
        AmountRangeError: The magnitude is beyond ``maximum``.
    """
    match = _CANONICAL.fullmatch(text)
    if match is None or text == "-0":
        raise AmountFormatError(
            text, problem_of(text, DECIMALS_MAX), 'write major units like "12.5", "-3" or "0.0000008"'
        )
    return check_amount_range(units_of_parts(match[1], match[2] or ""), maximum)


def parse_source_amount(text: str) -> Amount:
    """Read an amount from somebody else's file, such as ``BilledCost`` of FOCUS 1.0.

    As ``parse_amount``, but superfluous trailing zeros are taken (``0.00000080000``, ``2.0``), also beyond
    12 decimals, and so is a sign on zero. Nothing is ever rounded.

    raises: AmountFormatError
    raises: AmountRangeError
    post: _ * 10 ** len(text.partition(".")[2]) == int(text.replace(".", "")) * UNITS
    post: -AMOUNT_MAX <= _ <= AMOUNT_MAX

    Args:
        text: Major units.

    Returns:
        The amount in units of 10^-12 major units.

    Raises:
        AmountFormatError: Not a plain decimal number, or a digit other than 0 beyond 12 decimals.
        AmountRangeError: The magnitude is beyond ``AMOUNT_MAX``.
    """
    match = _SOURCE.fullmatch(text)
    if match is None:
        raise AmountFormatError(
            text, problem_of(text, DECIMALS_MAX), 'write major units like "12.50" or "-2.6137"'
        )
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > DECIMALS_MAX:
        raise AmountFormatError(
            text, f"has {len(fraction)} significant decimals", f"at most {DECIMALS_MAX} can be kept exactly"
        )
    return check_amount_range(units_of_parts(match[1], fraction))


def render_amount(amount: Amount) -> str:
    """Return the one decimal string of an amount given in units: major units, nothing superfluous.

    Total: it renders amounts beyond the range too, since messages must show them.

    post: parse_amount(_, maximum=Amount(abs(amount))) == amount
    """
    whole, fraction = divmod(abs(amount), UNITS)
    sign = "-" if amount < 0 else ""
    if not fraction:
        return f"{sign}{whole}"
    decimals = f"{fraction:012d}".rstrip("0")
    return f"{sign}{whole}.{decimals}"


def round_to_minor(amount: Amount, currency: CurrencyCode) -> RoundedAmount:
    """Round an amount to its currency's minor unit, ties to the even one, and keep the residue.

    Law: ``rounded + residue == amount``. This is the only rounding of money (``system.md`` section 3).

    pre: currency in EXPONENTS
    post: _.rounded + _.residue == amount
    post: _.rounded % 10 ** (DECIMALS_MAX - EXPONENTS[currency]) == 0
    post: 2 * abs(_.residue) <= 10 ** (DECIMALS_MAX - EXPONENTS[currency])
    post: 2 * abs(_.residue) < (m := 10 ** (DECIMALS_MAX - EXPONENTS[currency])) or _.rounded // m % 2 == 0

    Args:
        amount: In units.
        currency: Gives the exponent of the minor unit.

    Raises:
        UnknownCurrencyError: ISO 4217 lists no such currency.
    """
    minor = _SCALE[exponent_of(currency)]
    below = floor_div(amount, minor)
    twice = 2 * (amount - below * minor)
    # Ties go to the even neighbour, so that rounding many lines favours neither side.
    is_up = twice > minor or (twice == minor and below % 2 == 1)
    rounded = Amount((below + 1 if is_up else below) * minor)
    return RoundedAmount(rounded=rounded, residue=Amount(amount - rounded))


def render_minor(amount: Amount, currency: CurrencyCode) -> str:
    """Return a rounded amount in major units with exactly the currency's decimals, as invoices show it.

    pre: currency in EXPONENTS and amount % 10 ** (DECIMALS_MAX - EXPONENTS[currency]) == 0
    post: int(_.replace(".", "")) * 10 ** (DECIMALS_MAX - EXPONENTS[currency]) == amount
    post: len(_.partition(".")[2]) == EXPONENTS[currency]

    Args:
        amount: In units; a whole number of minor units.
        currency: Gives the number of decimals.

    Raises:
        UnknownCurrencyError: ISO 4217 lists no such currency.
        UnroundedAmountError: The amount is not a whole number of minor units; a bug of the caller.
    """
    exponent = exponent_of(currency)
    whole, fraction = divmod(abs(amount), UNITS)
    minor, rest = divmod(fraction, _SCALE[exponent])
    if rest:
        raise UnroundedAmountError(amount, currency)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}.{minor:0{exponent}d}" if exponent else f"{sign}{whole}"


def allocate(total: Amount, weights: Sequence[Count]) -> tuple[Amount, ...]:
    """Split an amount in proportion to weights, so that the parts add up to it exactly.

    Every part is first rounded towards zero; the units left over go one each to the parts with the largest
    remainders, ties to the lowest index. A part of weight 0 is 0. Splitting the negated amount negates the
    parts, so that a refund of a split returns what each part had taken.

    pre: sum(weights) >= 1 and min(weights) >= 0
    post: sum(_) == total
    post: len(_) == len(weights)
    post: all(part * total >= 0 for part in _)
    post: all(abs(p * sum(weights) - total * w) < sum(weights) for p, w in zip(_, weights))
    post: max(e := [p * sum(weights) - total * w for p, w in zip(_, weights)]) - min(e) <= sum(weights)
    post: all(abs(_[i]) >= abs(_[i + 1]) for i in range(len(_) - 1) if weights[i] == weights[i + 1])

    Args:
        total: In units, of either sign.
        weights: Not negative, not all 0.

    Raises:
        AllocationError: There are no weights, one is negative, or all are 0; a bug of the caller.
    """
    whole_weight = sum(weights)
    if whole_weight < 1 or min(weights) < 0:
        raise AllocationError(total, weights)
    magnitude = abs(total)
    parts = [floor_div(magnitude * weight, whole_weight) for weight in weights]
    remainders = [magnitude * weight % whole_weight for weight in weights]
    left_over = magnitude - sum(parts)
    # sorted() is stable: equal remainders keep the order of their indices.
    for index in sorted(range(len(parts)), key=lambda place: -remainders[place])[:left_over]:
        parts[index] += 1
    sign = -1 if total < 0 else 1
    return tuple(Amount(sign * part) for part in parts)
