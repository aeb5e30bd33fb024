"""Documented figures, read out of the claims: nothing of the documents is typed a second time here.

A figure is named by its claim and a piece of the claim's text in which ``{}`` stands for the number:
``figure("MS-05", "{} peak")``. If the claim changes, so does the figure; if it no longer says such a thing,
there is an error and no old value.

Source: ``claims.csv``, the register of ``claims.md`` part 1.
"""

import csv
import re
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Final

from billproof.model.portable import PortableError

_NUMBER: Final = r"\$?([0-9][0-9,]*(?:\.[0-9]+)?)(K|M|B|T)?"
_SCALES: Final = {"": 0, "K": 3, "M": 6, "B": 9, "T": 12}


class FigureError(PortableError, LookupError):
    """A claim that does not say what is asked of it: a mistake here, or a register that was changed.

    Args:
        claim: The id of the claim.
        pattern: What was looked for.
        text: What the claim says.
    """

    def __init__(self, claim: str, pattern: str, text: str) -> None:
        super().__init__(f"claim {claim} says {text[:120]!r}, in which {pattern!r} is not there exactly once")
        self.claim = claim
        self.pattern = pattern
        self.text = text


@lru_cache(maxsize=1)
def claims() -> dict[str, tuple[str, str]]:
    """Return the topic and the text of each claim."""
    text = files("billproof.simulations").joinpath("claims", "claims.csv").read_text(encoding="utf-8")
    return {row["id"]: (row["topic"], row["claim"]) for row in csv.DictReader(text.splitlines())}


@lru_cache(maxsize=512)
def figure(claim: str, pattern: str) -> Decimal:
    """Return the number that stands at ``{}`` in the text of a claim, or in its topic.

    >>> figure("PO-04", "Queue timeout {} s")
    Decimal('5')
    >>> figure("MS-05", "{} peak")
    Decimal('100000')

    Raises:
        FigureError: There is no such claim or no such piece, or the piece is there more than once.
    """
    topic, text = claims().get(claim, ("", ""))
    before, _, after = pattern.partition("{}")
    # A piece that begins with a word or a number must not begin within one.
    edge = r"(?<![0-9A-Za-z.,])" if not before or before[0].isalnum() else ""
    end = "(?![0-9])" if after and after[0].isalpha() else r"(?![0-9A-Za-z])\+?"
    wanted = rf"{edge}{re.escape(before)}{_NUMBER}{end}{re.escape(after)}"
    found = re.findall(wanted, f"{topic} | {text}")
    if len(found) != 1:
        raise FigureError(claim, pattern, f"{topic} | {text}")
    digits, scale = found[0]
    return Decimal(digits.replace(",", "")).scaleb(_SCALES[scale])


def whole(claim: str, pattern: str) -> int:
    """Return a figure that is a whole number.

    Raises:
        FigureError: It is none, or as ``figure`` has it.
    """
    value = figure(claim, pattern)
    if value != int(value):
        raise FigureError(claim, pattern, f"{value}")
    return int(value)
