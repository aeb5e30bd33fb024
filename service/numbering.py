"""The numbers of invoices: one sequence for the whole ledger, without gaps.

An invoice is cut by an entry of kind ``period_close``; its number is the place of that entry among all such
entries of the log, from 1. The number is written in the transaction that commits the entry, so none is lost,
none is given twice, and a preview takes none. The table is derived: an audit counts again.

Source: issue text "number sequence without gaps"; known-bugs rule R22.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from billproof.model.identifiers import Count, CustomerId
from billproof.model.identifiers import Sequence as ChainSequence
from billproof.model.outcomes import EntryKind
from billproof.model.periods import render_period
from billproof.model.state import Entry

INSERT_INVOICE: Final = "INSERT INTO invoices (number, customer, seq, period) VALUES (?, ?, ?, ?)"
"""Writes the number of one invoice."""


def write_numbers(connection: sqlite3.Connection, appended: Iterable[Entry]) -> None:
    """Number the invoices that appended entries cut, inside the transaction of the caller.

    Args:
        connection: A store.
        appended: The entries that the transaction appends, in log order.
    """
    closes = [entry for entry in appended if entry.kind == EntryKind.PERIOD_CLOSE]
    if not closes:
        return
    (last,) = connection.execute("SELECT COALESCE(MAX(number), 0) FROM invoices").fetchone()
    connection.executemany(
        INSERT_INVOICE,
        [
            (last + place, entry.customer, entry.sequence, render_period(entry.period))
            for place, entry in enumerate(closes, start=1)
        ],
    )


def number_of(connection: sqlite3.Connection, customer: CustomerId, sequence: ChainSequence) -> Count | None:
    """Return the number of the invoice that an entry cuts, or None if it cuts none."""
    row = connection.execute(
        "SELECT number FROM invoices WHERE customer = ? AND seq = ?", (customer, sequence)
    ).fetchone()
    return None if row is None else Count(row[0])
