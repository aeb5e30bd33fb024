"""Money: whole units of 10^-12 of a currency's major unit, as integers; decimal strings outside.

No float appears anywhere, and one function rounds: an invoice line, half to even.

Source: ``system.md`` section 3.
"""

import re
from typing import Final

SCALE: Final = 12
"""Decimals of the major unit that are kept."""

UNITS: Final = 10**SCALE
"""Units in one major unit."""

WHOLE_DIGITS_MAX: Final = 15
"""Digits before the point that a request may have."""

_AMOUNT: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")

# Currencies whose minor unit is not a hundredth (ISO 4217); every other code has two decimals.
_EXPONENTS: Final = {
    code: exponent
    for exponent, codes in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }.items()
    for code in codes.split()
}


class AmountError(ValueError):
    """A text that is no amount; the client must mend it."""


def parse_amount(text: object) -> int:
    """Return the units of a decimal string.

    Raises:
        AmountError: Not a plain decimal string, or more than 15 digits before or 12 after the point.
    """
    match = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise AmountError(f"{text!r} is no decimal string like '12.5'")
    sign, whole, decimals = match[1], match[2], match[3] or ""
    if len(whole) > WHOLE_DIGITS_MAX or len(decimals.rstrip("0")) > SCALE:
        raise AmountError(f"{text!r} has more than 15 digits before or 12 after the point")
    units = int(whole) * UNITS + int(decimals.rstrip("0").ljust(SCALE, "0"))
    return -units if sign else units


def render_amount(units: int) -> str:
    """Return the one decimal string of an amount: no superfluous zeros, no sign on zero."""
    whole, rest = divmod(abs(units), UNITS)
    decimals = str(rest).rjust(SCALE, "0").rstrip("0")
    text = f"{whole}.{decimals}" if decimals else str(whole)
    return f"-{text}" if units < 0 else text


def exponent_of(currency: str) -> int:
    """Return the decimals of a currency's minor unit."""
    return _EXPONENTS.get(currency, 2)


def round_line(units: int, currency: str) -> int:
    """Return an amount rounded to the currency's minor unit, half to even, in units."""
    minor: int = 10 ** (SCALE - exponent_of(currency))
    below, rest = divmod(units, minor)
    if 2 * rest > minor or (2 * rest == minor and below % 2 == 1):
        below += 1
    return below * minor
