"""Months that close: previews equal bills, numbers have no gaps, late events say which month they are of."""

from pathlib import Path

from tests.service.commands import Document, asked, billproof, inner, listed
from tests.service.usage_files import write_events

SEPTEMBER, OCTOBER = "2024-09-10T00:00:00Z", "2024-10-03T00:00:00Z"


def bill(database: Path, name: str, *events: dict[str, str], as_of: str) -> Document:
    """Bill events of customer ``acme`` and return what came of it."""
    common = {"customer": "acme", "currency": "USD", "entitlement": "api"}
    file = write_events(database.parent / f"{name}.jsonl", [{**common, **event} for event in events])
    return asked("ingest", file, "--db", database, "--as-of", as_of)


def shown(database: Path, period: str, *options: str) -> Document:
    """Return the invoice document of ``acme`` for a month."""
    return asked("invoice", "--db", database, "--customer", "acme", "--period", period, *options)


def test_a_preview_is_the_bill_but_for_its_number(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    bill(database, "a", {"amount": "1.005", "event_time": SEPTEMBER}, as_of=OCTOBER)
    preview = shown(database, "2024-09", "--preview")
    bill_ = shown(database, "2024-09", "--issue", "--as-of", "2024-10-05T00:00:00Z")
    assert (preview["number"], preview["closed"]) == (None, False)
    assert (bill_["number"], bill_["closed"]) == (1, True)
    assert {**bill_, "number": None, "closed": False} == preview


def test_a_bill_does_not_change_when_more_is_billed_or_it_is_issued_again(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    bill(database, "a", {"amount": "2", "event_time": SEPTEMBER}, as_of=OCTOBER)
    issued = shown(database, "2024-09", "--issue", "--as-of", "2024-10-05T00:00:00Z")
    bill(database, "b", {"amount": "7", "event_time": SEPTEMBER}, as_of="2024-10-06T00:00:00Z")
    assert shown(database, "2024-09", "--issue", "--as-of", "2024-10-07T00:00:00Z") == issued


def test_a_late_event_is_on_the_next_invoice_on_a_line_of_its_own_month(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    bill(database, "a", {"amount": "2", "event_time": SEPTEMBER}, as_of=OCTOBER)
    shown(database, "2024-09", "--issue", "--as-of", "2024-10-05T00:00:00Z")
    late = {"amount": "7", "event_time": SEPTEMBER}
    bill(database, "b", late, {"amount": "1", "event_time": OCTOBER}, as_of="2024-10-06T00:00:00Z")
    lines = listed(shown(database, "2024-10"), "lines")
    assert [(line["period"], line["kind"], line["amount"]) for line in lines] == [
        ("2024-10", "debit", "1.00"),
        ("2024-09", "adjustment", "7.00"),
    ]


def test_an_event_beyond_the_late_window_is_refused_and_the_refusal_is_a_receipt(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    bill(database, "a", {"amount": "2", "event_time": SEPTEMBER}, as_of=OCTOBER)
    shown(database, "2024-09", "--issue", "--as-of", "2024-10-05T00:00:00Z")
    late = {"amount": "7", "event_time": SEPTEMBER}
    refused = bill(database, "b", late, as_of="2024-10-16T00:00:00Z")
    assert inner(refused, "refused") == {"PERIOD_CLOSED": 1}
    again = bill(database, "b", late, as_of="2024-10-16T00:00:00Z")
    assert inner(again, "duplicates_refused") == {"PERIOD_CLOSED": 1}
    assert asked("audit", database)["verdict"] == "VALID"


def test_numbers_have_no_gaps_whatever_was_previewed_or_refused(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    bill(database, "a", {"amount": "2", "event_time": "2024-08-10T00:00:00Z"}, as_of=OCTOBER)
    bill(database, "b", {"amount": "3", "event_time": SEPTEMBER}, as_of=OCTOBER)
    shown(database, "2024-09")
    options = ("--db", database, "--customer", "acme", "--period", "2024-10", "--issue", "--as-of", OCTOBER)
    failed = billproof("invoice", *options)
    assert failed.code == 3
    assert "cannot be closed now: BAD_PERIOD" in failed.err
    # The month that was missed is caught up first.
    assert shown(database, "2024-09", "--issue", "--as-of", "2024-10-05T00:00:00Z")["number"] == 2
    assert shown(database, "2024-08")["number"] == 1
    assert [line["amount"] for line in listed(shown(database, "2024-08"), "lines")] == ["2.00"]


def test_a_missed_run_makes_the_documents_of_a_timely_one(tmp_path: Path) -> None:
    documents = []
    for name, months in (("timely", ("2024-08", "2024-09")), ("missed", ("2024-09",))):
        database = tmp_path / f"{name}.db"
        for month in ("2024-08", "2024-09"):
            event = {"amount": "2", "event_time": f"{month}-10T00:00:00Z"}
            bill(database, f"{name}{month}", event, as_of=OCTOBER)
        for month in months:
            shown(database, month, "--issue", "--as-of", "2024-10-05T00:00:00Z")
        documents.append([shown(database, month)["lines"] for month in ("2024-08", "2024-09")])
    assert documents[0] == documents[1]


def test_history_is_opened_by_entries_and_the_ledger_stays_valid(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    bill(database, "a", {"amount": "2", "event_time": SEPTEMBER}, as_of=OCTOBER)
    opened = bill(database, "b", {"amount": "3", "event_time": "2023-05-01T00:00:00Z"}, as_of=OCTOBER)
    assert (opened["periods_opened"], opened["charged"]) == (1, 1)
    assert asked("audit", database)["verdict"] == "VALID"
    again = bill(database, "b", {"amount": "3", "event_time": "2023-05-01T00:00:00Z"}, as_of=OCTOBER)
    assert (again["periods_opened"], again["duplicates"]) == (0, 1)
