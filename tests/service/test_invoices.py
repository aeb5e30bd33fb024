"""Invoices are made of receipts alone, rounded once a line, and lose nothing."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from billproof.service.schema import reading_store
from tests.service.commands import asked, billproof, inner, listed
from tests.service.usage_files import REAL, SAMPLE, many, write_events, write_focus


@pytest.mark.parametrize("usage", [SAMPLE, REAL], ids=["synthetic", "real"])
def test_invoices_and_their_residues_add_up_to_the_total_of_the_file(tmp_path: Path, usage: Path) -> None:
    if not usage.exists():
        pytest.skip(f"the sample is not at {usage}")
    database = tmp_path / "ledger.db"
    total = inner(asked("ingest", usage, "--db", database), "total")
    with reading_store(database) as connection:
        names = connection.execute("SELECT DISTINCT customer, period FROM quota_rows").fetchall()
        names += connection.execute("SELECT customer, '2024-09' FROM accounts").fetchall()
        names += connection.execute("SELECT customer, '2025-03' FROM accounts").fetchall()
    summed = Decimal(0)
    for customer, period in sorted(set(names)):
        document = asked("invoice", "--db", database, "--customer", customer, "--period", period)
        lines = listed(document, "lines")
        rounded = sum((Decimal(str(line["amount"])) for line in lines), Decimal(0))
        assert Decimal(str(document["total"])) == rounded
        summed += rounded + Decimal(str(document["residue"]))
    assert summed == Decimal(str(total["USD"]))


def test_line_is_rounded_half_even_once_and_keeps_its_residue(tmp_path: Path) -> None:
    rows = [
        {"ServiceName": "a", "BilledCost": "0.0025"},
        {"ServiceName": "a", "BilledCost": "0.0025"},
        {"ServiceName": "b", "BilledCost": "0.015"},
        {"ServiceName": "b", "BilledCost": "-0.005"},
    ]
    database = tmp_path / "ledger.db"
    asked("ingest", write_focus(tmp_path / "usage.csv", rows), "--db", database)
    document = asked("invoice", "--db", database, "--customer", "acme", "--period", "2025-03")
    shown = [
        tuple(line[name] for name in ("entitlement", "kind", "entries", "exact", "amount", "residue"))
        for line in listed(document, "lines")
    ]
    assert shown == [
        ("a", "debit", 2, "0.005", "0.00", "0.005"),
        ("b", "debit", 1, "0.015", "0.02", "-0.005"),
        ("b", "credit", 1, "-0.005", "0.00", "-0.005"),
    ]
    assert (document["total"], document["residue"]) == ("0.02", "-0.005")


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [("JPY", "1.5", "2"), ("KWD", "1.0005", "1.000"), ("CLF", "1.00005", "1.0000"), ("USD", "1.005", "1.00")],
)
def test_currency_decides_the_decimals(tmp_path: Path, currency: str, amount: str, shown: str) -> None:
    usage = write_events(tmp_path / "usage.jsonl", [{"currency": currency, "amount": amount}])
    database = tmp_path / "ledger.db"
    asked("ingest", usage, "--db", database)
    assert asked("invoice", "--db", database, "--customer", "acme", "--period", "2025-03")["total"] == shown


def test_payments_refusals_and_terms_are_no_lines(tmp_path: Path) -> None:
    events = [{"kind": "top_up", "amount": "9"}, {"amount": "200000"}]
    database = tmp_path / "ledger.db"
    asked("ingest", write_events(tmp_path / "usage.jsonl", events), "--db", database)
    document = asked("invoice", "--db", database, "--customer", "acme", "--period", "2025-03")
    assert (document["lines"], document["total"], document["residue"]) == ([], "0.00", "0")


def test_month_without_entries_has_an_empty_invoice(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    asked("ingest", write_focus(tmp_path / "usage.csv", many(2)), "--db", database)
    document = asked("invoice", "--db", database, "--customer", "customer-1", "--period", "2031-01")
    assert (document["lines"], document["total"]) == ([], "0.00")


def test_unknown_customer_is_named_with_near_ones(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    asked("ingest", write_focus(tmp_path / "usage.csv", many(7)), "--db", database)
    answer = billproof("invoice", "--db", database, "--customer", "custmer-3", "--period", "2025-03")
    assert answer.code == 3
    assert "customer-3" in answer.err


def test_invoice_reads_receipts_and_not_the_derived_tables(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    asked("ingest", write_focus(tmp_path / "usage.csv", [{}]), "--db", database)
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE accounts SET balance = '0'")
        connection.execute("UPDATE quota_rows SET used = '0'")
    connection.close()
    assert asked("invoice", "--db", database, "--customer", "acme", "--period", "2025-03")["total"] == "1.25"


@pytest.mark.parametrize("period", ["2025-13", "2025", "march"])
def test_period_that_is_none_is_a_usage_error(tmp_path: Path, period: str) -> None:
    answer = billproof("invoice", "--db", tmp_path / "x.db", "--customer", "a", "--period", period)
    assert answer.code == 3
    assert "--period" in answer.err
