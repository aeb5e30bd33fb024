"""An audit finds every change of a stored ledger, names the first, and says what it did not check."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from billproof.model.jws import split_jws
from billproof.model.outcomes import ReceiptVerdict
from billproof.service.audit import AuditOptions, audit
from tests.service.auditing import FREQUENT, alter, audited, first_bad, one_row, select
from tests.service.commands import asked, inner
from tests.service.conftest import Ledger
from tests.service.usage_files import many, write_focus


def test_whole_ledger_is_valid_with_an_unanchored_tail(whole: Ledger) -> None:
    answer, document = audited(whole.database)
    assert (answer.code, document["verdict"], document["first_bad"]) == (0, "VALID", None)
    assert inner(document, "coverage")["tail"] == "unanchored"
    assert inner(document, "coverage")["keys"] == "from the ledger itself"


def test_checkpoint_anchors_the_tail(whole: Ledger) -> None:
    for ledger in (whole.database, whole.lines):
        _, document = audited(ledger, "--checkpoint", whole.checkpoint, "--jwks", whole.keys)
        assert document["verdict"] == "VALID"
        assert "anchored by" in str(inner(document, "coverage")["tail"])


def test_entries_after_a_checkpoint_are_said_to_be_unanchored(ledger: Ledger, tmp_path: Path) -> None:
    asked("ingest", write_focus(tmp_path / "more.csv", many(3)), "--db", ledger.database)
    _, document = audited(ledger.database, "--checkpoint", ledger.checkpoint)
    assert document["verdict"] == "VALID"
    assert "unanchored after" in str(inner(document, "coverage")["tail"])


def test_lines_without_keys_are_incomplete_and_with_keys_valid(whole: Ledger) -> None:
    answer, document = audited(whole.lines)
    assert (answer.code, document["verdict"]) == (2, "INCOMPLETE")
    assert "--jwks" in str(document["unchecked"])
    answer, document = audited(whole.lines, "--jwks", whole.keys)
    assert (answer.code, document["verdict"]) == (0, "VALID")


def test_several_processes_come_to_the_same_verdict(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billproof.service.ledgers.STRETCH_POSITIONS", 7)
    monkeypatch.setattr("billproof.service.ledgers.STRETCH_BYTES", 9_000)
    for source, keys in ((ledger.database, ()), (ledger.lines, ("--jwks", ledger.keys))):
        reports = [
            audited(source, *keys, "--checkpoint", ledger.checkpoint, "--jobs", jobs)[1]
            for jobs in ("1", "3")
        ]
        assert reports[0] == reports[1]
        assert reports[0]["verdict"] == "VALID"
    ((customer,),) = select(ledger.database, FREQUENT)
    alter(ledger.database, "DELETE FROM receipts WHERE seq = 2 AND customer = ?", cells=(customer,))
    bad = [first_bad(ledger.database, "--jobs", jobs) for jobs in ("1", "3")]
    assert bad[0] == bad[1]
    assert (bad[0]["seq"], bad[0]["code"]) == (2, "GAP")


def test_nothing_found_is_not_valid(tmp_path: Path, whole: Ledger) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"")
    answer, document = audited(empty, "--jwks", whole.keys)
    assert (answer.code, document["verdict"]) == (2, "INCOMPLETE")


def test_every_changed_byte_of_a_receipt_is_found(tmp_path: Path) -> None:
    """Header, body and signature: each byte of one receipt, every eleventh and the last ones of another."""
    database = tmp_path / "ledger.db"
    asked("ingest", one_row(tmp_path), "--db", database)
    connection = sqlite3.connect(database)
    update = "UPDATE receipts SET jws = CAST(? AS TEXT) WHERE customer = ? AND seq = ?"
    found = set()
    for customer, sequence, jws in select(database, "SELECT customer, seq, jws FROM receipts"):
        assert isinstance(jws, str)
        places = range(len(jws)) if sequence == 2 else (*range(0, len(jws), 11), len(jws) - 2, len(jws) - 1)
        for place in places:
            changed = bytearray(jws.encode())
            changed[place] ^= (0x01, 0x80, 0x20)[place % 3]
            # Written as a text of whatever bytes: SQLite stores what it is given.
            connection.execute(update, (bytes(changed), customer, sequence))
            connection.commit()
            report = audit(database, AuditOptions())
            assert report.verdict == ReceiptVerdict.INVALID, place
            assert report.first is not None
            assert (report.first.customer, report.first.sequence) == (customer, sequence), place
            found.add(report.first.code.value)
        connection.execute(update, (jws, customer, sequence))
        connection.commit()
    connection.close()
    assert found == {"ENCODING", "UNKNOWN_KEY", "SIGNATURE"}
    assert audit(database, AuditOptions()).verdict == ReceiptVerdict.VALID


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_deleted_entry_is_found(ledger: Ledger, place: str) -> None:
    ((customer,),) = select(ledger.database, FREQUENT)
    ((length,),) = select(
        ledger.database, "SELECT MAX(seq) FROM receipts GROUP BY customer HAVING customer = ?", customer
    )
    assert isinstance(length, int)
    sequence = {"first": 1, "middle": length // 2, "last": length}[place]
    alter(ledger.database, "DELETE FROM receipts WHERE customer = ? AND seq = ?", cells=(customer, sequence))
    bad = first_bad(ledger.database, "--checkpoint", ledger.checkpoint)
    assert (bad["customer"], bad["seq"]) == (customer, sequence)
    assert bad["code"] == ("TRUNCATED" if place == "last" else "GAP")
    assert first_bad(ledger.database)["customer"] == customer


def cut_last(database: Path) -> tuple[str, int]:
    """Remove the last entry of the log from every table, as if it had never been."""
    ((customer, sequence),) = select(database, "SELECT customer, seq FROM log ORDER BY position DESC LIMIT 1")
    assert isinstance(customer, str)
    assert isinstance(sequence, int)
    alter(
        database,
        "DELETE FROM receipts WHERE (customer, seq) ="
        " (SELECT customer, seq FROM log ORDER BY position DESC LIMIT 1)",
        "DELETE FROM keys WHERE position = (SELECT MAX(position) FROM log)",
        "DELETE FROM outbox WHERE position = (SELECT MAX(position) FROM log)",
        "DELETE FROM log WHERE position = (SELECT MAX(position) FROM log)",
    )
    return customer, sequence


def test_cut_tail_is_found_by_a_checkpoint_before_anything_derived(ledger: Ledger) -> None:
    customer, sequence = cut_last(ledger.database)
    bad = first_bad(ledger.database, "--checkpoint", ledger.checkpoint)
    assert (bad["customer"], bad["seq"], bad["code"]) == (customer, sequence, "TRUNCATED")


def test_lines_without_their_tail_are_valid_and_unanchored_but_truncated_by_a_checkpoint(
    ledger: Ledger,
) -> None:
    kept = ledger.lines.read_bytes().splitlines(keepends=True)[:-1]
    ledger.lines.write_bytes(b"".join(kept))
    answer, document = audited(ledger.lines, "--jwks", ledger.keys)
    assert answer.code == 0
    assert inner(document, "coverage")["tail"] == "unanchored"
    bad = first_bad(ledger.lines, "--jwks", ledger.keys, "--checkpoint", ledger.checkpoint)
    assert bad["code"] == "TRUNCATED"


def test_chain_that_is_missing_as_a_whole_is_truncated_by_a_checkpoint(ledger: Ledger) -> None:
    lines = [json.loads(line) for line in ledger.lines.read_text(encoding="utf-8").splitlines()]
    gone = lines[-1]["customer"]
    kept = [line for line in lines if line["customer"] != gone]
    for position, line in enumerate(kept):
        line["position"] = position
    ledger.lines.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
    assert audited(ledger.lines, "--jwks", ledger.keys)[1]["verdict"] == "VALID"
    bad = first_bad(ledger.lines, "--jwks", ledger.keys, "--checkpoint", ledger.checkpoint)
    assert (bad["customer"], bad["seq"], bad["code"]) == (gone, 1, "TRUNCATED")


def test_order_across_customers_is_bound_by_the_checkpoint(ledger: Ledger) -> None:
    lines = [json.loads(line) for line in ledger.lines.read_text(encoding="utf-8").splitlines()]
    place = next(at for at in range(1, len(lines)) if lines[at]["customer"] != lines[at - 1]["customer"])
    lines[place - 1]["position"], lines[place]["position"] = place, place - 1
    lines.sort(key=lambda line: int(line["position"]))
    ledger.lines.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert audited(ledger.lines, "--jwks", ledger.keys)[1]["verdict"] == "VALID"
    bad = first_bad(ledger.lines, "--jwks", ledger.keys, "--checkpoint", ledger.checkpoint)
    assert (bad["customer"], bad["code"]) == (None, "FORK")


def swap(lines: list[str]) -> list[str]:
    """Swap two lines."""
    return [lines[1], lines[0], *lines[2:]]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (swap, "GAP"),
        (lambda lines: [*lines, lines[-1]], "FORK"),
        (lambda lines: lines[1:], "GAP"),
        (lambda lines: [*lines[:3], *lines[4:]], "GAP"),
        (lambda lines: ["{", *lines[1:]], "ENCODING"),
        (lambda lines: [lines[0], "[]", *lines[2:]], "ENCODING"),
        (lambda lines: [lines[0], lines[1].replace('"seq":', '"seq":1,"seq":'), *lines[2:]], "ENCODING"),
        (lambda lines: [lines[0], lines[1].replace('"jws":"', '"jws":"\x00'), *lines[2:]], "ENCODING"),
        (lambda lines: [lines[0].replace('"seq":1', '"seq":2'), *lines[1:]], "DERIVED"),
        (lambda lines: [lines[0].replace('"customer":"', '"customer":"x'), *lines[1:]], "DERIVED"),
        (lambda lines: [*lines[:-1], lines[-1][:300]], "ENCODING"),
    ],
)
def test_edited_lines_are_invalid(ledger: Ledger, edit: Callable[[list[str]], list[str]], code: str) -> None:
    lines = edit(ledger.lines.read_text(encoding="utf-8").splitlines())
    ledger.lines.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert first_bad(ledger.lines, "--jwks", ledger.keys)["code"] == code


def test_swapped_receipts_are_found(ledger: Ledger) -> None:
    alter(
        ledger.database,
        "CREATE TEMP TABLE two AS SELECT rowid AS at, jws FROM receipts WHERE rowid IN (4, 5)",
        "UPDATE receipts SET jws = (SELECT jws FROM two WHERE at = 9 - receipts.rowid) WHERE rowid IN (4, 5)",
    )
    first_bad(ledger.database)


def test_receipt_of_another_customer_is_found(ledger: Ledger) -> None:
    """A genuine receipt in the place of another one of the same number."""
    alter(
        ledger.database,
        "UPDATE receipts SET jws ="
        " (SELECT jws FROM receipts r WHERE r.seq = 1 AND r.customer <> receipts.customer)"
        " WHERE seq = 1 AND customer = ?",
        cells=select(ledger.database, FREQUENT)[0],
    )
    assert first_bad(ledger.database)["code"] in {"DERIVED", "FORK", "GAP"}


def test_receipts_signed_under_other_keys_are_unknown(ledger: Ledger, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    asked("ingest", write_focus(tmp_path / "usage.csv", many(2)), "--db", other)
    keys = tmp_path / "other-keys.json"
    asked("export", other, "--to", "jwks", "--out", keys)
    assert first_bad(ledger.database, "--jwks", keys)["code"] == "UNKNOWN_KEY"
    assert first_bad(ledger.lines, "--jwks", keys)["code"] == "UNKNOWN_KEY"
    bad = first_bad(other, "--checkpoint", ledger.checkpoint)
    assert (bad["customer"], bad["code"]) == (None, "UNKNOWN_KEY")


def test_checkpoint_of_another_content_is_falsely_signed(ledger: Ledger, tmp_path: Path) -> None:
    document = json.loads(ledger.checkpoint.read_text(encoding="utf-8"))
    origin, size, *rest = document["note"].split("\n")
    document["note"] = "\n".join([origin, str(int(size) - 1), *rest])
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(document), encoding="utf-8")
    bad = first_bad(ledger.database, "--checkpoint", changed)
    assert (bad["customer"], bad["code"]) == (None, "SIGNATURE")


def test_entry_that_waits_for_its_signature_is_incomplete_and_signed_by_the_next_ingest(
    ledger: Ledger, tmp_path: Path
) -> None:
    ((customer, sequence, jws),) = select(
        ledger.database,
        "SELECT r.customer, r.seq, r.jws FROM receipts r JOIN log l USING (customer, seq)"
        " ORDER BY l.position DESC LIMIT 1",
    )
    body = split_jws(str(jws)).payload.decode("utf-8")
    cells = (customer, sequence)
    alter(ledger.database, "DELETE FROM receipts WHERE customer = ? AND seq = ?", cells=cells)
    alter(
        ledger.database,
        "INSERT INTO unsigned SELECT position, customer, seq, ? FROM log WHERE customer = ? AND seq = ?",
        cells=(body, *cells),
    )
    answer, document = audited(ledger.database)
    assert (answer.code, document["verdict"]) == (2, "INCOMPLETE")
    asked("ingest", one_row(tmp_path), "--db", ledger.database)
    assert asked("audit", ledger.database)["verdict"] == "VALID"
    query = "SELECT jws FROM receipts WHERE customer = ? AND seq = ?"
    assert select(ledger.database, query, *cells) == [(jws,)]


def test_audit_changes_nothing(ledger: Ledger) -> None:
    before = ledger.database.read_bytes()
    audited(ledger.database)
    assert ledger.database.read_bytes() == before
