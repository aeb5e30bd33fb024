"""Reconciliation finds and repairs damage of invoice numbers and of standings, as of every derived table."""

from pathlib import Path

import pytest

from tests.service.auditing import alter, audited, select
from tests.service.commands import Document, asked, billproof, inner, listed
from tests.service.usage_files import write_events

SEPTEMBER, OCTOBER, ISSUED = "2024-09-10T00:00:00Z", "2024-10-03T00:00:00Z", "2024-10-05T00:00:00Z"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two customers with a refund each, and a numbered invoice each."""
    path = tmp_path / "ledger.db"
    common = {"currency": "USD", "entitlement": "api", "event_time": SEPTEMBER}
    events: list[dict[str, str | int]] = []
    for name in ("acme", "rival"):
        events += [
            {**common, "customer": name, "amount": "5", "idempotency_key": f"{name}-1"},
            {
                **common, "customer": name, "amount": "2", "idempotency_key": f"{name}-2", "kind": "refund",
                "refers_to": 2,
            },
        ]  # fmt: skip
    asked("ingest", write_events(tmp_path / "e.jsonl", events), "--db", path, "--as-of", OCTOBER)
    for name in ("acme", "rival"):
        invoice = ("--customer", name, "--period", "2024-09", "--issue", "--as-of", ISSUED)
        asked("invoice", "--db", path, *invoice)
    assert reconciled(path)[0] == 0
    return path


def reconciled(database: Path, *options: str) -> tuple[int, Document]:
    """Reconcile; return exit code and document."""
    answer = billproof("reconcile", "--db", database, "--format", "json", *options)
    return answer.code, answer.document


DAMAGE = [
    ("UPDATE standings SET returned = '3' WHERE customer = 'acme'", "standings", "amount"),
    ("UPDATE standings SET disputed = '1' WHERE customer = 'acme'", "standings", "amount"),
    ("UPDATE standings SET ended = 1 WHERE customer = 'acme'", "standings", "content"),
    ("DELETE FROM standings WHERE customer = 'acme'", "standings", "missing"),
    ("INSERT INTO standings VALUES ('acme', 1, '0', '0', 1)", "standings", "extra"),
    ("UPDATE invoices SET period = '2024-08' WHERE customer = 'acme'", "invoices", "content"),
    ("UPDATE invoices SET seq = seq + 1 WHERE customer = 'acme'", "invoices", "content"),
    ("UPDATE invoices SET customer = 'nobody' WHERE customer = 'acme'", "invoices", "content"),
    ("DELETE FROM invoices WHERE customer = 'rival'", "invoices", "missing"),
    ("INSERT INTO invoices VALUES (7, 'acme', 9, '2024-10')", "invoices", "extra"),
]


@pytest.mark.parametrize(("statement", "table", "kind"), DAMAGE)
def test_damage_is_found_named_and_repaired_from_the_log(
    database: Path, statement: str, table: str, kind: str
) -> None:
    before = [select(database, f"SELECT * FROM {name} ORDER BY 1, 2") for name in ("standings", "invoices")]  # noqa: S608 - fixed names
    log = select(database, "SELECT * FROM log ORDER BY position")
    alter(database, statement)
    assert audited(database)[1]["verdict"] == "INVALID"
    code, document = reconciled(database)
    assert code == 1
    assert [(item["table"], item["kind"]) for item in listed(document, "differences")] == [(table, kind)]
    code, document = reconciled(database, "--repair")
    assert (code, document["repaired"]) == (0, 1)
    after = [select(database, f"SELECT * FROM {name} ORDER BY 1, 2") for name in ("standings", "invoices")]  # noqa: S608 - fixed names
    assert after == before
    assert select(database, "SELECT * FROM log ORDER BY position") == log
    assert select(database, "SELECT name, kind FROM repairs") == [(table, kind)]
    assert audited(database)[1]["verdict"] == "VALID"


def test_numbers_that_were_exchanged_are_two_differences(database: Path) -> None:
    """A swap keeps every number and every sum: only the comparison row by row sees it."""
    alter(
        database,
        "UPDATE invoices SET number = 99 WHERE number = 1",
        "UPDATE invoices SET number = 1 WHERE number = 2",
        "UPDATE invoices SET number = 2 WHERE number = 99",
    )
    code, document = reconciled(database, "--repair")
    assert (code, document["repaired"]) == (0, 2)
    assert inner(document, "counts")["content"] == 2
    assert audited(database)[1]["verdict"] == "VALID"
