"""What keeps a text from being an amount, in words: for messages only.

Source: house style rule 11.
"""

import re

from billproof.model.identifiers import Count


def problem_of(text: str, decimals_max: Count) -> str:
    """Name the first thing that keeps a text from being an amount of so many decimals, for the message."""
    if not text:
        return "is empty"
    if text.strip() != text:
        return "has blanks around it"
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", text):
        return "has an exponent"
    if text.startswith("+"):
        return "has a plus sign"
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        return "is not a plain decimal number"
    whole, _, fraction = text.removeprefix("-").partition(".")
    if len(whole) > 1 and whole.startswith("0"):
        return "has superfluous leading zeros"
    if fraction.endswith("0"):
        return "has superfluous trailing zeros"
    if len(fraction) > decimals_max:
        return f"has {len(fraction)} decimals, more than {decimals_max}"
    if whole == "0" and not fraction:
        return "has a sign on zero"
    return f"has {len(whole)} digits before the point, far beyond the range"


def shown(text: str) -> str:
    """Quote a text for a message, cut to a length that a terminal can show."""
    return repr(text) if len(text) <= 60 else f"{text[:60]!r}... ({len(text)} characters)"
