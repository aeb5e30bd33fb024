"""A changed cell of any table is found, and a container that cannot be read is an error and no verdict."""

from pathlib import Path

import pytest

from tests.service.auditing import alter, first_bad, one_row
from tests.service.commands import billproof
from tests.service.conftest import Ledger

DERIVED_CHANGES = [
    "UPDATE receipts SET customer = 'nobody' WHERE rowid = 2",
    "UPDATE receipts SET seq = 999 WHERE rowid = 3",
    "UPDATE receipts SET seq = seq + 1000",
    "UPDATE log SET customer = 'nobody' WHERE position = 4",
    "UPDATE log SET seq = 77 WHERE position = 4",
    "UPDATE log SET digest = SUBSTR(digest, 2) || SUBSTR(digest, 1, 1) WHERE position = 4",
    "UPDATE log SET position = 100000 WHERE position = 4",
    "DELETE FROM log WHERE position = 4",
    "DELETE FROM log WHERE position = (SELECT MAX(position) FROM log)",
    "UPDATE accounts SET balance = '1' WHERE rowid = 1",
    "UPDATE accounts SET balance = balance || '0' WHERE rowid = 1",
    "UPDATE accounts SET currency = 'EUR' WHERE rowid = 1",
    "UPDATE accounts SET kind = 'prepaid' WHERE rowid = 1",
    "UPDATE accounts SET credit_limit = '1' WHERE rowid = 1",
    "UPDATE accounts SET quota = '1' WHERE rowid = 1",
    "UPDATE accounts SET usage_limit = '1' WHERE rowid = 1",
    "UPDATE accounts SET customer = 'nobody' WHERE rowid = 1",
    "INSERT INTO accounts SELECT 'nobody', currency, balance, kind, credit_limit, quota, usage_limit,"
    " first_period, closed_through, holds FROM accounts LIMIT 1",
    "DELETE FROM accounts WHERE rowid = 1",
    "UPDATE quota_rows SET used = '0.1' WHERE rowid = 1",
    "UPDATE quota_rows SET held = 1 WHERE rowid = 1",
    "UPDATE quota_rows SET held_at_limit = '3' WHERE rowid = 1",
    "UPDATE quota_rows SET period = '2024-01' WHERE rowid = 1",
    "UPDATE quota_rows SET entitlement = 'x' WHERE rowid = 1",
    "UPDATE quota_rows SET customer = 'nobody' WHERE rowid = 1",
    "DELETE FROM quota_rows WHERE rowid = 1",
    "UPDATE keys SET fingerprint = SUBSTR(fingerprint, 2) || SUBSTR(fingerprint, 1, 1) WHERE position = 5",
    "UPDATE keys SET key = 'x' WHERE position = 5",
    "UPDATE keys SET customer = 'nobody' WHERE position = 5",
    "UPDATE keys SET status = 'account_held' WHERE position = 5",
    "UPDATE keys SET position = 6 WHERE position = 5",
    "UPDATE keys SET digest = '' WHERE position = 5",
    "DELETE FROM keys WHERE position = 5",
    "INSERT INTO keys VALUES ('nobody', 'k', '', 'accepted', -1, '')",
    "UPDATE heads SET seq = seq - 1 WHERE rowid = 1",
    "UPDATE heads SET digest = SUBSTR(digest, 2) || 'x' WHERE rowid = 1",
    "UPDATE heads SET commit_time = '2030-01-01T00:00:00Z' WHERE rowid = 1",
    "UPDATE heads SET customer = 'nobody' WHERE rowid = 1",
    "DELETE FROM heads WHERE rowid = 1",
    "INSERT INTO standings SELECT customer, 2, '1', '0', 0 FROM accounts LIMIT 1",
    "INSERT INTO invoices VALUES (1, 'nobody', 2, '2025-03')",
    "UPDATE accounts SET first_period = '2024-01' WHERE rowid = 1",
    "UPDATE accounts SET closed_through = '2024-01' WHERE rowid = 1",
    "UPDATE accounts SET holds = 1 WHERE rowid = 1",
    "UPDATE outbox SET customer = 'nobody' WHERE position = 4",
    "UPDATE outbox SET seq = 77 WHERE position = 4",
    "DELETE FROM outbox WHERE position = 4",
    "INSERT INTO outbox VALUES (100000, 'nobody', 1)",
    "INSERT INTO unsigned SELECT position, customer, seq, 'x' FROM log WHERE position = 3",
    "INSERT INTO receipts SELECT 'nobody', 1, jws FROM receipts LIMIT 1",
    "UPDATE receipts SET jws = 17 WHERE rowid = 3",
    "UPDATE receipts SET jws = NULL WHERE rowid = 3",
    "UPDATE receipts SET jws = x'ff00ff' WHERE rowid = 3",
    "UPDATE receipts SET customer = CAST(x'ff' AS TEXT) WHERE rowid = 3",
    "UPDATE log SET seq = 'many' WHERE position = 4",
    "UPDATE accounts SET balance = CAST(x'ff' AS TEXT) WHERE rowid = 1",
    "UPDATE heads SET seq = 'many' WHERE rowid = 1",
]


@pytest.mark.parametrize("statement", DERIVED_CHANGES)
def test_any_changed_column_makes_the_ledger_invalid(ledger: Ledger, statement: str) -> None:
    alter(ledger.database, statement)
    first_bad(ledger.database)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"SQLite format 3\0" + b"\xff" * 3_000, "cannot be"),
        (b"not a ledger", "neither a SQLite database nor JSON lines"),
        (b"\x89PNG", "neither"),
    ],
)
def test_container_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(content)
    answer = billproof("audit", path)
    assert answer.code == 3
    assert message in answer.err
    assert "internal error" not in answer.err


def test_missing_ledger_checkpoint_and_keys_are_errors(whole: Ledger, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    garbage = tmp_path / "garbage"
    garbage.write_text("{}", encoding="utf-8")
    for arguments in (
        ("audit", nowhere),
        ("audit", tmp_path),
        ("audit", whole.database, "--checkpoint", nowhere),
        ("audit", whole.database, "--checkpoint", garbage),
        ("audit", whole.database, "--jwks", nowhere),
        ("audit", whole.database, "--jwks", garbage),
    ):
        answer = billproof(*arguments)
        assert answer.code == 3, arguments
        assert "internal error" not in answer.err


def test_unknown_schema_version_and_foreign_databases_are_errors(ledger: Ledger, tmp_path: Path) -> None:
    alter(ledger.database, "UPDATE meta SET value = '999' WHERE name = 'schema_version'")
    answer = billproof("audit", ledger.database)
    assert answer.code == 3
    assert "schema version 999" in answer.err
    foreign = tmp_path / "foreign.db"
    alter(foreign, "CREATE TABLE things (name TEXT)")
    assert billproof("audit", foreign).code == 3
    assert billproof("ingest", one_row(tmp_path), "--db", foreign).code == 3
