"""A usage file is billed exactly, each row once for ever; a malformed one changes nothing."""

import csv
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from tests.service.commands import asked, billproof, inner, listed
from tests.service.usage_files import REAL, ROW, SAMPLE, many, write_events, write_focus


def exact_sum(path: Path) -> Decimal:
    """Return the decimal sum of a FOCUS file, by the standard library alone."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum((Decimal(row["BilledCost"]) for row in csv.DictReader(file)), Decimal(0))


def count(database: Path, table: str) -> int:
    """Return how many rows a table has."""
    connection = sqlite3.connect(database)
    (number,) = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608 - names of tests
    connection.close()
    assert isinstance(number, int)
    return number


@pytest.mark.skipif(not REAL.exists(), reason=f"the real sample is not at {REAL}")
def test_real_usage_is_billed_to_the_last_decimal_and_only_once(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    first = asked("ingest", REAL, "--db", database)
    again = asked("ingest", REAL, "--db", database)
    assert (first["read"], first["charged"], first["duplicates"]) == (1000, 1000, 0)
    assert (again["read"], again["charged"], again["duplicates"]) == (1000, 0, 1000)
    assert first["total"] == again["total"] == {"USD": "20.52022672899"}
    assert Decimal("20.52022672899") == exact_sum(REAL)
    assert again["charged_total"] == {}
    assert asked("audit", database)["entries"] == 1073


def test_sample_of_the_repository_is_billed_exactly_and_only_once(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    first = asked("ingest", SAMPLE, "--db", database)
    before = database.read_bytes()
    again = asked("ingest", SAMPLE, "--db", database)
    assert first["charged"] == first["read"] == again["duplicates"]
    assert first["total"] == again["total"]
    assert Decimal(str(inner(first, "total")["USD"])) == exact_sum(SAMPLE)
    assert database.read_bytes() == before


def test_rows_that_are_equal_are_as_many_charges(tmp_path: Path) -> None:
    usage = write_focus(tmp_path / "usage.csv", [{}, {}, {}])
    answer = asked("ingest", usage, "--db", tmp_path / "ledger.db")
    assert answer["charged"] == 3
    assert answer["total"] == {"USD": "3.75"}


def test_overlapping_exports_bill_the_overlap_once(tmp_path: Path) -> None:
    rows = many(10)
    database = tmp_path / "ledger.db"
    first = write_focus(tmp_path / "first.csv", [*rows[:6], {}])
    second = write_focus(tmp_path / "second.csv", [{}, *rows[4:], {}])
    assert asked("ingest", first, "--db", database)["charged"] == 7
    answer = asked("ingest", second, "--db", database)
    assert (answer["charged"], answer["duplicates"]) == (5, 3)


@pytest.mark.parametrize("form", ["crlf", "bom", "reordered"])
def test_same_rows_in_another_dress_are_the_same_rows(tmp_path: Path, form: str) -> None:
    usage = write_focus(tmp_path / "usage.csv", many(3))
    database = tmp_path / "ledger.db"
    asked("ingest", usage, "--db", database)
    text = usage.read_text(encoding="utf-8").replace("\r\n", "\n")
    dressed = tmp_path / "dressed.csv"
    if form == "crlf":
        dressed.write_bytes(text.replace("\n", "\r\n").encode())
    elif form == "bom":
        dressed.write_bytes(b"\xef\xbb\xbf" + text.encode())
    else:
        rows = list(csv.DictReader(text.splitlines()))
        with dressed.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, sorted(ROW, reverse=True))
            writer.writeheader()
            writer.writerows(rows)
    assert asked("ingest", dressed, "--db", database)["duplicates"] == 3


@pytest.mark.parametrize(
    ("category", "cost", "kind", "amount"),
    [
        ("Usage", "1.5", "debit", "1.5"),
        ("Usage", "0", "debit", "0"),
        ("Usage", "-0.5", "credit", "0.5"),
        ("Purchase", "2", "debit", "2"),
        ("Tax", "0.19", "debit", "0.19"),
        ("Tax", "-0.19", "credit", "0.19"),
        ("Credit", "-2.6137", "credit", "2.6137"),
        ("Credit", "0", "credit", "0"),
        ("Credit", "3", "adjustment", "3"),
        ("Adjustment", "0.25", "adjustment", "0.25"),
        ("Adjustment", "-0.25", "adjustment", "-0.25"),
    ],
)
def test_category_and_sign_decide_the_kind_of_entry(
    tmp_path: Path, category: str, cost: str, kind: str, amount: str
) -> None:
    usage = write_focus(tmp_path / "usage.csv", [{"ChargeCategory": category, "BilledCost": cost}])
    database = tmp_path / "ledger.db"
    answer = asked("ingest", usage, "--db", database)
    assert answer["total"] == {"USD": cost}
    invoice = asked("invoice", "--db", database, "--customer", "acme", "--period", "2025-03")
    (line,) = listed(invoice, "lines")
    assert (line["kind"], line["exact"]) == (kind, cost)
    text = billproof("export", database, "--to", "beancount").out
    assert f" {amount} USD" in text


def test_events_without_a_key_are_as_many_charges_and_with_one_a_single_one(tmp_path: Path) -> None:
    usage = write_events(
        tmp_path / "usage.jsonl", [{}, {}, {"idempotency_key": "k"}, {"idempotency_key": "k"}]
    )
    answer = asked("ingest", usage, "--db", tmp_path / "ledger.db")
    assert (answer["charged"], answer["duplicates"]) == (3, 1)


def test_key_with_another_request_is_refused_without_effect(tmp_path: Path) -> None:
    events = [{"idempotency_key": "k"}, {"idempotency_key": "k", "amount": "2"}]
    answer = asked("ingest", write_events(tmp_path / "u.jsonl", events), "--db", tmp_path / "l.db")
    assert answer["refused"] == {"KEY_REUSED": 1}
    assert answer["refused_lines"] == [{"line": 2, "code": "KEY_REUSED"}]
    assert answer["total"] == {"USD": "1.25"}


def test_refund_returns_at_most_what_was_captured(tmp_path: Path) -> None:
    events: list[dict[str, str | int]] = [
        {"amount": "5"},
        {"kind": "refund", "refers_to": 2, "amount": "3"},
        {"kind": "refund", "refers_to": 2, "amount": "2.5"},
        {"kind": "top_up", "amount": "7"},
    ]
    database = tmp_path / "ledger.db"
    answer = asked("ingest", write_events(tmp_path / "u.jsonl", events), "--db", database)
    assert answer["refused"] == {"REFUND_ABOVE_CAPTURE": 1}
    assert answer["total"] == {"USD": "2"}
    assert asked("audit", database)["verdict"] == "VALID"


def test_charge_in_another_currency_than_the_accounts_is_refused(tmp_path: Path) -> None:
    usage = write_focus(tmp_path / "usage.csv", [{}, {"BillingCurrency": "EUR"}])
    answer = asked("ingest", usage, "--db", tmp_path / "ledger.db")
    assert answer["refused"] == {"BAD_CURRENCY": 1}
    assert answer["total"] == {"USD": "1.25"}


def test_charges_above_the_limit_are_refused_with_a_receipt_and_hold_the_period(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    rows = [{"BilledCost": cost} for cost in ("1", "0.4", "0.2", "0.1")]
    usage = write_focus(tmp_path / "usage.csv", rows)
    answer = asked("ingest", usage, "--db", database, "--quota", "1")
    assert answer["refused"] == {"QUOTA_EXCEEDED": 1, "ACCOUNT_HELD": 1}
    assert answer["total"] == {"USD": "1.4"}
    assert asked("audit", database)["entries"] == 5
    again = asked("ingest", usage, "--db", database)
    assert (again["duplicates"], again["refused"]) == (4, {})
    assert again["duplicates_refused"] == {"QUOTA_EXCEEDED": 1, "ACCOUNT_HELD": 1}
    retried = asked("ingest", usage, "--db", database, "--retry-refused")
    assert (retried["duplicates"], retried["refused"]) == (2, {"ACCOUNT_HELD": 2})
    assert retried["total"] == answer["total"]
    assert asked("audit", database)["entries"] == 7


def test_credit_limit_is_the_floor_of_the_balance(tmp_path: Path) -> None:
    usage = write_focus(tmp_path / "usage.csv", [{"BilledCost": "3"}, {"BilledCost": "3.1"}])
    answer = asked("ingest", usage, "--db", tmp_path / "ledger.db", "--credit-limit", "6")
    assert answer["refused"] == {"INSUFFICIENT_BALANCE": 1}


def test_commit_time_is_the_latest_of_the_file_or_as_of(tmp_path: Path) -> None:
    usage = write_focus(tmp_path / "usage.csv", many(2))
    assert asked("ingest", usage, "--db", tmp_path / "a.db")["as_of"] == "2025-03-02T00:00:00Z"
    later = asked("ingest", usage, "--db", tmp_path / "b.db", "--as-of", "2025-04-01T00:00:00Z")
    assert later["as_of"] == "2025-04-01T00:00:00Z"


def test_ledger_keeps_the_design_that_it_was_made_under(tmp_path: Path) -> None:
    usage = write_focus(tmp_path / "usage.csv", many(2))
    database = tmp_path / "ledger.db"
    assert asked("ingest", usage, "--db", database, "--design", "documented")["design"] == "documented"
    assert asked("audit", database)["verdict"] == "VALID"
    assert asked("ingest", usage, "--db", database)["duplicates"] == 2
    answer = billproof("ingest", usage, "--db", database, "--design", "repaired")
    assert answer.code == 3
    assert "documented" in answer.err


def test_skip_bad_bills_the_others_and_lists_the_bad(tmp_path: Path) -> None:
    rows = [*many(2), {"BilledCost": "1,25"}, {"BillingCurrency": "XXX"}]
    usage = write_focus(tmp_path / "usage.csv", rows)
    answer = asked("ingest", usage, "--db", tmp_path / "ledger.db", "--skip-bad")
    assert (answer["read"], answer["charged"], answer["skipped_count"]) == (4, 2, 2)
    first, second = listed(answer, "skipped")
    assert (first["line"], first["column"]) == (4, "BilledCost")
    assert (second["line"], second["column"]) == (5, "BillingCurrency")


def test_bad_line_among_many_refuses_the_file_before_anything_is_written(tmp_path: Path) -> None:
    usage = write_focus(tmp_path / "usage.csv", [*many(700), {"BilledCost": "x"}])
    answer = billproof("ingest", usage, "--db", tmp_path / "ledger.db", "--format", "json")
    assert answer.code == 3
    assert "line 702, column BilledCost" in answer.err
    assert list(tmp_path.iterdir()) == [usage]


def test_refused_file_leaves_an_existing_ledger_as_it_was(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    asked("ingest", write_focus(tmp_path / "good.csv", many(3)), "--db", database)
    kept = tmp_path / "kept.db"
    shutil.copyfile(database, kept)
    bad = write_focus(tmp_path / "bad.csv", [*many(4), {"ServiceName": "NULL"}])
    assert billproof("ingest", bad, "--db", database).code == 3
    assert database.read_bytes() == kept.read_bytes()


def test_more_bad_lines_than_fit_are_counted(tmp_path: Path) -> None:
    usage = write_focus(tmp_path / "usage.csv", [{"BilledCost": "x"}] * 30)
    answer = billproof("ingest", usage, "--db", tmp_path / "ledger.db")
    assert "30 of 30 rows are malformed" in answer.err
    assert answer.err.count("\n") == 21


def test_file_that_changes_while_it_is_billed_stops_the_ingest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billproof.service.survey.UsageFile.is_changed", property(lambda _: True))
    usage = write_focus(tmp_path / "usage.csv", many(3))
    answer = billproof("ingest", usage, "--db", tmp_path / "ledger.db")
    assert answer.code == 3
    assert "changed while it was being billed" in answer.err


def test_form_is_guessed_by_content_where_the_name_does_not_say(tmp_path: Path) -> None:
    events = write_events(tmp_path / "events.dat", [{}])
    rows = write_focus(tmp_path / "rows.dat", [{}])
    database = tmp_path / "ledger.db"
    assert asked("ingest", events, "--db", database)["input"] == "jsonl"
    assert asked("ingest", rows, "--db", database)["input"] == "focus"
    assert billproof("ingest", rows, "--db", database, "--input", "jsonl").code == 3


def test_documented_design_bills_by_looking_first_and_writing_twice(tmp_path: Path) -> None:
    events = [{"idempotency_key": "k"}, {"idempotency_key": "k", "amount": "9"}]
    usage = write_events(tmp_path / "usage.jsonl", events)
    answer = asked("ingest", usage, "--db", tmp_path / "ledger.db", "--design", "documented")
    assert (answer["charged"], answer["duplicates"]) == (1, 1)
