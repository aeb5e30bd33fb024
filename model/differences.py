"""Differences between a ledger and what is derived from it, at one cut: which kind each is.

A cut is a number of log entries. What a store holds is compared with what the log comes to at the cut; where
that differs, with what it comes to at the end of the log: a projection that is merely further than the cut
is no fault.

Source: rule R4.3; known-bugs rule R19; schedule T4-S4.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | bytes | None
"""What a column of a projection holds."""


class Difference(StrEnum):
    """What kind of difference it is."""

    IN_FLIGHT = "in_flight"
    """Entries after the cut explain it: nothing is wrong."""
    MISSING = "missing"
    """The log has it, the projection does not."""
    EXTRA = "extra"
    """The projection has it, the log does not."""
    CURRENCY = "currency"
    """Another currency."""
    AMOUNT = "amount"
    """The same thing with another amount."""
    CONTENT = "content"
    """Something else of it differs: a digest, a status, a hold."""


AMOUNT_COLUMNS: Final = frozenset(
    {
        "amount", "balance", "credit_limit", "disputed", "held_at_limit", "quota", "returned", "usage_limit",
        "used",
    }
)  # fmt: skip
"""The columns that hold amounts."""


def classify(
    columns: Sequence[str],
    stored: Sequence[Cell] | None,
    *,
    at_cut: Sequence[Cell] | None,
    at_end: Sequence[Cell] | None,
) -> tuple[Difference, str] | None:
    """Return the kind of a difference and the column that shows it, or ``None`` where there is none.

    Args:
        columns: The names of the columns.
        stored: The row that the projection has; None without one.
        at_cut: The row that the log comes to at the cut; None where it comes to none.
        at_end: The same at the end of the log.
    """
    if stored == at_cut:
        return None
    if stored == at_end:
        return Difference.IN_FLIGHT, ""
    if stored is None:
        return Difference.MISSING, ""
    if at_end is None:
        return Difference.EXTRA, ""
    wrong = [name for name, one, other in zip(columns, stored, at_end, strict=True) if one != other]
    if "currency" in wrong:
        return Difference.CURRENCY, "currency"
    amounts = [name for name in wrong if name in AMOUNT_COLUMNS]
    if amounts:
        return Difference.AMOUNT, amounts[0]
    return Difference.CONTENT, wrong[0]
