"""Reconciliation compares at one index, says what kind each difference is, and repairs what is derived."""

import json
import sqlite3
from pathlib import Path

import pytest

from billproof.model.differences import Difference, classify
from tests.service.auditing import alter, audited, select
from tests.service.commands import Document, asked, billproof, inner, listed
from tests.service.conftest import Ledger
from tests.service.usage_files import write_events

COLUMNS = ("customer", "currency", "balance", "kind")
RIGHT = ("acme", "USD", "5", "credit")
LATER = ("acme", "USD", "9", "credit")


@pytest.mark.parametrize(
    ("stored", "at_cut", "at_end", "kind"),
    [
        (RIGHT, RIGHT, LATER, None),
        (LATER, RIGHT, LATER, Difference.IN_FLIGHT),
        (LATER, None, LATER, Difference.IN_FLIGHT),
        (None, RIGHT, RIGHT, Difference.MISSING),
        (RIGHT, None, None, Difference.EXTRA),
        (("acme", "EUR", "6", "credit"), RIGHT, RIGHT, Difference.CURRENCY),
        (("acme", "USD", "6", "credit"), RIGHT, RIGHT, Difference.AMOUNT),
        (("acme", "USD", "5", "prepaid"), RIGHT, RIGHT, Difference.CONTENT),
    ],
)
def test_each_difference_has_its_kind(
    stored: tuple[str, ...] | None,
    at_cut: tuple[str, ...] | None,
    at_end: tuple[str, ...] | None,
    kind: Difference | None,
) -> None:
    """What later entries explain is in flight; all else names what is wrong."""
    found = classify(COLUMNS, stored, at_cut=at_cut, at_end=at_end)
    assert (None if found is None else found[0]) == kind


def reconciled(database: Path, *arguments: str | Path) -> tuple[int, Document]:
    """Reconcile, and return exit code and document."""
    answer = billproof("reconcile", "--db", database, "--format", "json", *arguments)
    assert answer.err == ""
    return answer.code, answer.document


def kinds(document: Document) -> dict[str, str]:
    """Return the kind of each listed difference by its table."""
    return {str(item["table"]): str(item["kind"]) for item in listed(document, "differences")}


def test_a_healthy_ledger_is_silent_at_every_cut(whole: Ledger) -> None:
    """No cut of a healthy ledger shows anything but what is in flight, and the last one nothing."""
    for cut in ("0", "1", "30", "64"):
        code, document = reconciled(whole.database, "--at", cut)
        counts = inner(document, "counts")
        assert code == 0
        assert {name for name, count in counts.items() if count} == {"in_flight"}
    code, document = reconciled(whole.database)
    assert (code, document["differences"], document["alarms"]) == (0, [], [])


def test_every_divergence_is_reported_and_classified(ledger: Ledger) -> None:
    """A moved balance, a lost head, a row of nobody and another currency."""
    alter(ledger.database, "UPDATE accounts SET balance = '1' WHERE rowid = 1")
    alter(ledger.database, "DELETE FROM heads WHERE rowid = 1")
    alter(ledger.database, "INSERT INTO quota_rows VALUES ('x', 'y', '2024-01', '5', 0, '0')")
    alter(ledger.database, "UPDATE keys SET status = 'quota_exceeded' WHERE rowid = 3")
    code, document = reconciled(ledger.database)
    assert code == 1
    assert kinds(document) == {
        "accounts": "amount", "heads": "missing", "quota_rows": "extra", "keys": "content",
    }  # fmt: skip
    alter(ledger.database, "UPDATE accounts SET currency = 'EUR' WHERE rowid = 1")
    assert kinds(reconciled(ledger.database)[1])["accounts"] == "currency"


def test_repair_goes_from_the_log_to_the_projection(ledger: Ledger) -> None:
    """After a repair the audit is VALID, the log is as it was, and each repair is a row of its own."""
    before = select(ledger.database, "SELECT * FROM log ORDER BY position")
    alter(ledger.database, "UPDATE accounts SET balance = '1' WHERE rowid = 1")
    alter(ledger.database, "DELETE FROM heads WHERE rowid = 1")
    assert audited(ledger.database)[1]["verdict"] == "INVALID"
    code, document = reconciled(ledger.database, "--repair")
    assert (code, document["repaired"]) == (0, 2)
    assert audited(ledger.database)[1]["verdict"] == "VALID"
    assert select(ledger.database, "SELECT * FROM log ORDER BY position") == before
    assert select(ledger.database, "SELECT name, kind FROM repairs ORDER BY repair") == [
        ("accounts", "amount"),
        ("heads", "missing"),
    ]
    assert reconciled(ledger.database, "--repair")[1]["repaired"] == 0


def test_a_cut_before_the_end_repairs_nothing(ledger: Ledger) -> None:
    """Only the end of the log says what a projection should be."""
    refused = billproof("reconcile", "--db", ledger.database, "--at", "3", "--repair")
    assert refused.code == 3
    assert billproof("reconcile", "--db", ledger.database, "--at", "99999").code == 3


def test_an_error_that_cancels_inside_is_seen_from_outside(tmp_path: Path) -> None:
    """A payment that is booked at a hundredth agrees with itself, not with the statement (B79)."""
    payment = {"kind": "top_up", "amount": "1", "currency": "JPY", "idempotency_key": "p1"}
    events = write_events(tmp_path / "e.jsonl", [payment])
    asked("ingest", events, "--db", tmp_path / "l.db")
    assert reconciled(tmp_path / "l.db")[0] == 0
    statement = tmp_path / "statement.json"
    statement.write_text(json.dumps({"JPY": "100"}), encoding="utf-8")
    code, document = reconciled(tmp_path / "l.db", "--outside", statement)
    assert (code, document["alarms"]) == (1, ["outside JPY"])
    statement.write_text(json.dumps({"JPY": "1"}), encoding="utf-8")
    assert reconciled(tmp_path / "l.db", "--outside", statement)[0] == 0


def test_an_alarm_waits_for_as_many_cuts_as_it_is_told(ledger: Ledger) -> None:
    """The same difference at the second cut raises it; one that has gone does not."""
    history = ledger.database.with_name("history")
    alter(ledger.database, "UPDATE accounts SET balance = '1' WHERE rowid = 1")
    waiting = ("--history", history, "--alarm-after", "2")
    assert reconciled(ledger.database, *waiting)[1]["alarms"] == []
    alarms = reconciled(ledger.database, *waiting)[1]["alarms"]
    assert isinstance(alarms, list)
    assert len(alarms) == 1
    reconciled(ledger.database, "--repair", *waiting)
    assert reconciled(ledger.database, *waiting)[1]["alarms"] == []


def test_what_reads_does_not_write(ledger: Ledger) -> None:
    """Without --repair the file has no table of repairs."""
    reconciled(ledger.database)
    tables = sqlite3.connect(ledger.database).execute("SELECT name FROM sqlite_master").fetchall()
    assert ("repairs",) not in tables
