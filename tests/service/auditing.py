"""Damaging a database as an intruder would, and auditing what is left."""

import sqlite3
from pathlib import Path

from tests.service.commands import Answer, Document, billproof
from tests.service.usage_files import write_focus

FREQUENT = "SELECT customer FROM receipts GROUP BY customer ORDER BY COUNT(*) DESC, customer LIMIT 1"
"""Selects the customer with the longest chain."""


def alter(database: Path, *statements: str, cells: tuple[str | int | bytes, ...] = ()) -> None:
    """Change a database as an intruder with SQL would."""
    connection = sqlite3.connect(database)
    with connection:
        for statement in statements:
            connection.execute(statement, cells)
    connection.close()


def select(database: Path, query: str, *cells: str | int) -> list[tuple[str | int, ...]]:
    """Read from a database."""
    connection = sqlite3.connect(database)
    rows = connection.execute(query, cells).fetchall()
    connection.close()
    return rows


def one_row(directory: Path) -> Path:
    """Write a usage file of one row."""
    return write_focus(directory / "one.csv", [{}])


def audited(ledger: Path, *arguments: str | Path) -> tuple[Answer, Document]:
    """Audit, and return the answer with its document."""
    answer = billproof("audit", ledger, "--format", "json", *arguments)
    return answer, answer.document


def first_bad(ledger: Path, *arguments: str | Path) -> Document:
    """Audit a ledger that is INVALID, and return what is wrong first."""
    answer, document = audited(ledger, *arguments)
    assert (answer.code, document["verdict"]) == (1, "INVALID"), answer.out
    assert answer.err == ""
    bad = document["first_bad"]
    assert isinstance(bad, dict)
    return bad
