"""Exports say exactly what the ledger says, in forms that other programs check."""

import csv
import json
import sqlite3
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data
from joserfc import jws
from joserfc.jwk import KeySet

from billproof.model.checkpoints import VerifiedCheckpoint, parse_checkpoint, verify_checkpoint
from billproof.model.identifiers import CustomerId
from billproof.model.key_sets import parse_key_set
from billproof.service.beancount import customer_account
from billproof.service.schema import reading_store
from tests.model.schemas import validator
from tests.service.commands import asked, billproof, inner
from tests.service.conftest import Ledger
from tests.service.usage_files import REAL, SAMPLE, many, write_events, write_focus


def balances(database: Path) -> dict[str, Decimal]:
    """Return the derived balance of every customer."""
    with reading_store(database) as connection:
        return {
            name: Decimal(balance)
            for name, balance in connection.execute("SELECT customer, balance FROM accounts")
        }


def checked(text: str) -> dict[str, Decimal]:
    """Return the sum of the postings of every account as beancount reads them; it must find no error."""
    entries, errors, _ = loader.load_string(text)
    assert errors == []
    found: dict[str, Decimal] = {}
    for entry in entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            assert posting.units is not None
            assert posting.units.number is not None
            found[posting.account] = found.get(posting.account, Decimal(0)) + posting.units.number
    return found


@pytest.mark.parametrize("usage", [SAMPLE, REAL], ids=["synthetic", "real"])
def test_beancount_finds_no_error_and_our_balances(tmp_path: Path, usage: Path) -> None:
    if not usage.exists():
        pytest.skip(f"the sample is not at {usage}")
    database = tmp_path / "ledger.db"
    total = inner(asked("ingest", usage, "--db", database), "total")
    accounts = checked(billproof("export", database, "--to", "beancount").out)
    derived = balances(database)
    assert len(derived) > 1
    for customer, balance in derived.items():
        assert accounts[customer_account(CustomerId(customer))] == -balance
    assert -sum(derived.values()) == Decimal(str(total["USD"]))


def test_beancount_has_a_transaction_for_every_receipt(whole: Ledger) -> None:
    text = billproof("export", whole.database, "--to", "beancount").out
    entries, errors, _ = loader.load_string(text)
    assert errors == []
    transactions = [entry for entry in entries if isinstance(entry, data.Transaction)]
    lines = [json.loads(line) for line in whole.lines.read_text(encoding="utf-8").splitlines()]
    assert {(one.meta["customer"], one.meta["seq"]) for one in transactions} == {
        (line["customer"], str(line["seq"])) for line in lines
    }
    assert len({one.meta["receipt"] for one in transactions}) == len(lines)


def test_beancount_notices_one_unit_of_difference(whole: Ledger) -> None:
    text = billproof("export", whole.database, "--to", "beancount").out
    place = text.rindex(" balance Assets:Receivable")
    line = text[place:].split("\n", 1)[0]
    number = line.split()[2]
    changed = line.replace(f" {number} ~", f" {Decimal(number) + Decimal('0.000000000001'):f} ~")
    _, errors, _ = loader.load_string(text.replace(line, changed))
    assert len(errors) == 1


def test_beancount_takes_names_of_any_characters_and_every_kind_of_entry(tmp_path: Path) -> None:
    names = ['a"b\\c', "two\nlines", "müller & söhne", "A-B", "A_B", "日本", "-", "x" * 300]
    events = [{"customer": name, "entitlement": f"{name} 2"} for name in names]
    kinds: list[dict[str, str | int]] = [
        {"kind": "refund", "refers_to": 2, "amount": "0.000000000001", "customer": names[0]},
        {"kind": "credit", "customer": names[0]},
        {"kind": "adjustment", "amount": "-0.1", "customer": names[0]},
        {"kind": "top_up", "customer": names[0]},
        {"amount": "1000000", "customer": names[0]},
    ]
    database = tmp_path / "ledger.db"
    asked("ingest", write_events(tmp_path / "u.jsonl", [*events, *kinds]), "--db", database)
    accounts = checked(billproof("export", database, "--to", "beancount").out)
    derived = balances(database)
    assert len({customer_account(CustomerId(name)) for name in names}) == len(names)
    for customer, balance in derived.items():
        assert accounts[customer_account(CustomerId(customer))] == -balance


def test_receipts_verify_with_another_jose_library(whole: Ledger) -> None:
    keys = KeySet.import_key_set(json.loads(whole.keys.read_text(encoding="utf-8")))
    lines = [json.loads(line) for line in whole.lines.read_text(encoding="utf-8").splitlines()]
    assert len(lines) > 60
    for line in lines:
        verified = jws.deserialize_compact(line["jws"], keys, algorithms=["RS256"])
        body = json.loads(verified.payload)
        assert (body["chain"], body["seq"]) == (line["customer"], line["seq"])


def test_lines_and_checkpoint_have_their_published_forms(whole: Ledger) -> None:
    line_form = validator("ledger-line")
    for position, line in enumerate(whole.lines.read_text(encoding="utf-8").splitlines()):
        document = json.loads(line)
        line_form.validate(document)
        assert document["position"] == position
    validator("checkpoint").validate(json.loads(whole.checkpoint.read_text(encoding="utf-8")))
    validator("jwks").validate(json.loads(whole.keys.read_text(encoding="utf-8")))


def test_checkpoint_is_signed_over_size_and_heads(whole: Ledger) -> None:
    document = parse_checkpoint(whole.checkpoint.read_bytes(), "checkpoint")
    verified = verify_checkpoint(document, parse_key_set(whole.keys.read_bytes(), "keys"))
    assert isinstance(verified, VerifiedCheckpoint)
    ends: dict[str, int] = defaultdict(int)
    lines = [json.loads(line) for line in whole.lines.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        ends[line["customer"]] = max(ends[line["customer"]], line["seq"])
    assert verified.body.size == len(lines)
    assert {head.customer: head.sequence for head in verified.heads} == ends


def test_same_export_twice_is_the_same_bytes(whole: Ledger) -> None:
    for form in ("jsonl", "beancount", "checkpoint", "jwks"):
        first, second = (billproof("export", whole.database, "--to", form) for _ in range(2))
        assert first.out == second.out
        assert first.out


def test_export_to_a_file_is_whole_or_not_at_all(ledger: Ledger, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("what was there", encoding="utf-8")
    nowhere = billproof("export", ledger.database, "--to", "jsonl", "--out", tmp_path / "no" / "x")
    assert nowhere.code == 3
    assert "cannot be written" in nowhere.err
    with reading_store(ledger.database):
        pass
    connection = sqlite3.connect(ledger.database)
    with connection:
        connection.execute("DELETE FROM receipts WHERE rowid = (SELECT MAX(rowid) FROM receipts)")
    connection.close()
    answer = billproof("export", ledger.database, "--to", "jsonl", "--out", out)
    assert answer.code == 3
    assert "billproof audit" in answer.err
    assert out.read_text(encoding="utf-8") == "what was there"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_json_result_of_an_export_that_is_no_document_needs_a_file(whole: Ledger) -> None:
    answer = billproof("export", whole.database, "--to", "jsonl", "--format", "json")
    assert answer.code == 3
    assert "--out" in answer.err


def test_export_of_missing_database_is_an_error(tmp_path: Path) -> None:
    answer = billproof("export", tmp_path / "nowhere.db", "--to", "jsonl")
    assert answer.code == 3
    assert "no such store" in answer.err


def test_ledger_of_the_documented_design_exports_and_audits(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    usage = write_focus(tmp_path / "usage.csv", many(20))
    asked("ingest", usage, "--db", database, "--design", "documented")
    lines, keys = tmp_path / "l.jsonl", tmp_path / "k.json"
    asked("export", database, "--to", "jsonl", "--out", lines)
    asked("export", database, "--to", "jwks", "--out", keys)
    assert asked("audit", lines, "--jwks", keys, "--design", "documented")["verdict"] == "VALID"
    checked(billproof("export", database, "--to", "beancount").out)
    with usage.open(encoding="utf-8", newline="") as file:
        exact = sum(Decimal(row["BilledCost"]) for row in csv.DictReader(file))
    assert -sum(balances(database).values()) == exact
