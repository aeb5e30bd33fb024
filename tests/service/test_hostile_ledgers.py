"""A hostile ledger ends an audit with a typed error or a finding, in bounded memory and time.

Whoever sends a file decides every byte of it: what a name in a database stands for, how long a cell or a line
is, how the pages hang together. Nothing here waits for a clock; what is endless would hang the test.
"""

import os
import resource
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from billproof.model.identifiers import Position
from billproof.model.outcomes import ReceiptVerdict
from billproof.service.audit import AuditOptions, audit
from billproof.service.derived import waiting
from billproof.service.errors import InputFileError, RimError, StoreFileError
from billproof.service.following import read_entries
from billproof.service.keystore import key_directory
from billproof.service.ledgers import LEDGER_LINE_MAX, database_spans, open_raw
from billproof.service.reconciling import ReconcileOptions, reconcile
from billproof.service.schema import CELL_BYTES_MAX, bound_steps, open_for_writing
from billproof.service.trace import read_trace
from tests.service.auditing import alter
from tests.service.conftest import Ledger

AWAY = "ALTER TABLE {0} RENAME TO t"
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT"
ROW = "position INTEGER PRIMARY KEY"

HOSTILE = {
    "view": ("outbox", AWAY, "CREATE VIEW {0} AS SELECT * FROM t"),
    "endless view": (
        "outbox", AWAY, f"CREATE VIEW {{0}} AS {ENDLESS} x AS position, 'a' AS customer, 1 AS seq FROM c",
    ),
    "endless meta": ("meta", AWAY, f"CREATE VIEW {{0}} AS {ENDLESS} x AS name, 'a' AS value FROM c"),
    "virtual table": ("outbox", AWAY, "CREATE VIRTUAL TABLE {0} USING fts5(position, customer, seq)"),
    "generated column": (
        "outbox", AWAY, f"CREATE TABLE {{0}} ({ROW}, customer TEXT, seq INTEGER, g AS (1))",
    ),
    "no primary key": ("outbox", AWAY, "CREATE TABLE {0} (position INTEGER, customer TEXT, seq INTEGER)"),
    "other types": ("outbox", AWAY, f"CREATE TABLE {{0}} ({ROW}, customer BLOB, seq TEXT)"),
    "trigger": ("outbox", "CREATE TRIGGER x AFTER INSERT ON {0} BEGIN DELETE FROM receipts; END"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "statements"), [(it[0], it[1:]) for it in HOSTILE.values()], ids=HOSTILE.keys()
)
def test_what_is_computed_when_it_is_read_is_no_table_of_a_store(
    table: str, statements: tuple[str, ...], ledger: Ledger
) -> None:
    alter(ledger.database, *(statement.format(table) for statement in statements))
    with pytest.raises(StoreFileError, match=r"nothing that a billproof database has|has the columns"):
        audit(ledger.database, AuditOptions())
    with pytest.raises(StoreFileError):
        open_for_writing(ledger.database)


@pytest.mark.parametrize("position", [2**62, 2**63 - 1, -1, -(2**63)])
def test_an_entry_far_from_the_others_is_found_and_not_looked_for_one_by_one(
    position: int, ledger: Ledger
) -> None:
    alter(ledger.database, "UPDATE log SET position = ? WHERE position = 5", cells=(position,))
    report = audit(ledger.database, AuditOptions())
    assert report.verdict == ReceiptVerdict.INVALID
    with closing(open_raw(ledger.database)) as connection:
        spans = list(database_spans(connection))
    assert any(span.start <= position < span.end or position == 2**63 - 1 for span in spans)
    assert len(spans) <= 2


def test_a_head_of_a_size_that_no_log_has_is_followed_to_the_end_of_the_entries(ledger: Ledger) -> None:
    """The size of a checkpoint is the word of whoever signed it: here of a log that lies."""
    found = list(read_entries(ledger.database, Position(0), Position(10**15 - 1)))
    assert len(found) == len(ledger.lines.read_bytes().splitlines())


def test_a_cell_beyond_the_limit_is_not_read(ledger: Ledger) -> None:
    alter(ledger.database, "UPDATE receipts SET jws = zeroblob(?) WHERE seq = 1", cells=(CELL_BYTES_MAX + 1,))
    with pytest.raises(StoreFileError):
        audit(ledger.database, AuditOptions())


def test_a_cell_below_the_limit_is_judged(ledger: Ledger) -> None:
    alter(ledger.database, "UPDATE receipts SET jws = zeroblob(3000000) WHERE seq = 1")
    assert audit(ledger.database, AuditOptions()).verdict == ReceiptVerdict.INVALID


def test_steps_without_end_are_interrupted_and_named(ledger: Ledger) -> None:
    """What a ring of pages would do, done by a query, since SQLite refuses most rings by itself."""
    with closing(sqlite3.connect(ledger.database)) as connection:
        bound_steps(connection, ledger.database)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            connection.execute(f"{ENDLESS} MAX(x) FROM c").fetchone()


def pages_alike(database: Path) -> None:
    """Let every page of a database but the first be the same: trees whose branches meet and turn."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    data = bytearray(database.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    inner = next(at for at in range(size, len(data), size) if data[at] in (2, 5))
    for start in range(size, len(data), size):
        data[start : start + size] = data[inner : inner + size]
    database.write_bytes(data)


def test_pages_that_lead_to_each_other_are_an_error(ledger: Ledger) -> None:
    pages_alike(ledger.database)
    with pytest.raises(RimError):
        audit(ledger.database, AuditOptions())


@pytest.mark.parametrize("suffix", ["-wal", "-journal", "-shm"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 100_000, b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" * 9_000])
def test_a_file_beside_a_database_makes_no_ledger_valid_that_is_not(
    suffix: str, content: bytes, ledger: Ledger
) -> None:
    """Garbage in the place of a log of SQLite is passed over or refused; a changed receipt is still found."""
    alter(ledger.database, "UPDATE receipts SET jws = 'x' WHERE seq = 1")
    with closing(sqlite3.connect(ledger.database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    ledger.database.with_name(ledger.database.name + suffix).write_bytes(content)
    try:
        verdict = audit(ledger.database, AuditOptions()).verdict
    except RimError:
        return
    assert verdict == ReceiptVerdict.INVALID


def test_a_line_of_a_gigabyte_is_skipped_in_bounded_memory(ledger: Ledger) -> None:
    with ledger.lines.open("r+b") as file:
        file.seek(0)
        file.write(b'{"customer":"')
        # Sparse: the file system keeps nothing of it.
        file.truncate(1 << 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = audit(ledger.lines, AuditOptions())
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert report.verdict == ReceiptVerdict.INVALID
    assert report.first is not None
    assert str(LEDGER_LINE_MAX) in report.first.reason
    assert grown_kib < 100_000


@pytest.mark.parametrize("line", ["[" * 1_900_000, '{"a":' * 300_000, '{"customer":' + "9" * 900_000 + "}"])
def test_a_line_that_nests_or_counts_without_end_is_a_finding(line: str, ledger: Ledger) -> None:
    text = "{}\n" + line + "\n"
    ledger.lines.write_text(text, encoding="utf-8")
    assert audit(ledger.lines, AuditOptions()).verdict == ReceiptVerdict.INVALID


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe would be waited for, a device read for ever."""
    pipe, loop, device = tmp_path / "pipe", tmp_path / "loop", tmp_path / "device"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    device.symlink_to("/dev/zero")
    for path in (pipe, loop, device, tmp_path):
        with pytest.raises(InputFileError):
            audit(path, AuditOptions())


@pytest.mark.parametrize("name", ["jwks", "checkpoint"])
def test_a_key_set_or_checkpoint_without_end_is_read_to_its_limit(
    name: str, ledger: Ledger, tmp_path: Path
) -> None:
    device = tmp_path / "device"
    device.symlink_to("/dev/zero")
    options = AuditOptions(jwks=device) if name == "jwks" else AuditOptions(checkpoint=device)
    with pytest.raises(InputFileError, match="too large"):
        audit(ledger.lines, options)


def test_an_audit_leaves_no_file_behind_and_changes_none(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    copy = folder / "ledger.db"
    with closing(sqlite3.connect(ledger.database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    shutil.copyfile(ledger.database, copy)
    before = copy.read_bytes()
    assert audit(copy, AuditOptions()).verdict == ReceiptVerdict.VALID
    assert [path.name for path in folder.iterdir()] == ["ledger.db"]
    assert copy.read_bytes() == before
    assert not key_directory(copy).exists()


def test_a_history_of_reconciliations_that_is_no_text_is_a_typed_error(
    ledger: Ledger, tmp_path: Path
) -> None:
    history = tmp_path / "history.jsonl"
    history.write_bytes(b'["\xe5"]\n')
    with pytest.raises(Exception, match="not UTF-8") as raised:
        reconcile(ledger.database, ReconcileOptions(history=history))
    assert type(raised.value).__module__.startswith("billproof.")


def test_a_number_of_thousands_of_digits_in_a_trace_is_a_typed_error(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    asked = f'{{"command":"AdvanceTime","now":"{"9" * 5_000}","period":"1"}}'
    step = f'{{"asked":{asked},"status":"ACCEPTED","position":0,"receipt":"","replayed":false}}'
    trace.write_text(f'{{"version":1,"base":0,"steps":[{step}]}}\n', encoding="utf-8")
    with pytest.raises(InputFileError, match="line 1"):
        list(read_trace(trace))


def test_stretches_end_with_the_log_as_it_was_when_they_were_made(ledger: Ledger) -> None:
    """Whoever reads them may see more of it: the rest of a stretch is not of the snapshot that is audited."""
    with closing(open_raw(ledger.database)) as connection:
        (last,) = connection.execute("SELECT MAX(position) FROM log").fetchone()
        assert [span.end for span in database_spans(connection)][-1] == last + 1
        assert [span.end for span in database_spans(connection, 3, 7)] == [7]


def test_what_was_signed_since_the_snapshot_still_waits_in_it(ledger: Ledger) -> None:
    """Who reads the stretches saw none waiting; in the snapshot that the tables are compared in, one does."""
    alter(
        ledger.database,
        "INSERT INTO unsigned SELECT position, customer, seq, 'x' FROM log WHERE position = 3",
        "DELETE FROM receipts WHERE (customer, seq) = (SELECT customer, seq FROM log WHERE position = 3)",
    )
    with closing(open_raw(ledger.database)) as connection:
        assert [waiting(connection, seen) for seen in (0, 1, 2)] == [1, 1, 1]
