"""After a rotation one new key signs, old receipts verify, and a retired key has no permission any more."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from billproof.model.access import ActorId
from billproof.model.identifiers import Instant
from billproof.service import rotation
from billproof.service.errors import StoreBusyError
from billproof.service.keystore import NEXT_SUFFIX, RECEIPT_FILE, key_directory
from billproof.service.rotation import KeyKind, rotate_key
from billproof.service.schema import open_for_writing
from billproof.service.store import Store
from tests.service.auditing import alter, audited, first_bad, select
from tests.service.commands import Document, asked, billproof, listed
from tests.service.usage_files import many, write_focus

NOW = Instant(1_800_000_000_000_000)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ledger; not to be changed."""
    directory = tmp_path_factory.mktemp("begun")
    asked("ingest", write_focus(directory / "a.csv", many(9)), "--db", directory / "ledger.db")
    return directory / "ledger.db"


@pytest.fixture
def database(begun: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    copy = tmp_path / "ledger.db"
    shutil.copyfile(begun, copy)
    shutil.copytree(key_directory(begun), key_directory(copy))
    return copy


def more(database: Path, count: int) -> None:
    rows = write_focus(database.parent / "more.csv", many(count))
    asked("ingest", rows, "--db", database)


def keys_of(database: Path) -> list[Document]:
    return listed(asked("keys", "list", "--db", database), "keys")


def test_receipts_of_both_keys_verify_and_the_key_set_lists_both(database: Path, tmp_path: Path) -> None:
    rotated = asked("keys", "rotate", "--db", database, "--actor", "ann", "--approved-by", "ben")
    more(database, 20)
    answer, document = audited(database)
    assert (answer.code, document["verdict"]) == (0, "VALID")
    asked("export", database, "--to", "jwks", "--out", tmp_path / "keys.json")
    kids = [key["kid"] for key in json.loads((tmp_path / "keys.json").read_text())["keys"]]
    assert kids[:2] == [rotated["old"], rotated["new"]]
    asked("export", database, "--to", "jsonl", "--out", tmp_path / "l.jsonl")
    assert billproof("audit", tmp_path / "l.jsonl", "--jwks", tmp_path / "keys.json").code == 0
    states = {key["kid"]: (key["may_sign"], key["retired_at"]) for key in keys_of(database)[:2]}
    assert states == {rotated["old"]: (False, rotated["from_position"]), rotated["new"]: (True, None)}


def test_both_kinds_of_key_rotate_twice_and_checkpoints_verify(database: Path, tmp_path: Path) -> None:
    for which in ("checkpoint", "receipt", "checkpoint", "receipt"):
        asked("keys", "rotate", "--db", database, "--which", which)
    assert [key["may_sign"] for key in keys_of(database)] == [False, False, True] * 2
    asked("export", database, "--to", "checkpoint", "--out", tmp_path / "head.json")
    assert billproof("audit", database, "--checkpoint", tmp_path / "head.json").code == 0


def test_a_retired_key_signs_nothing_more_even_for_who_still_has_it(database: Path, tmp_path: Path) -> None:
    """A copy of the old directory is a stolen key: it opens nothing, and what it signed is INVALID."""
    stolen = tmp_path / "stolen"
    shutil.copytree(key_directory(database), stolen)
    thief = tmp_path / "thief"
    thief.mkdir()
    shutil.copyfile(database, thief / "ledger.db")
    shutil.copytree(stolen, key_directory(thief / "ledger.db"))
    asked("keys", "rotate", "--db", database)
    shutil.rmtree(key_directory(database))
    shutil.copytree(stolen, key_directory(database))
    rows = write_focus(tmp_path / "rows.csv", many(12))
    assert billproof("ingest", rows, "--db", database).code == 3
    # The thief signs further entries with the old key, and carries the whole log over.
    more(thief / "ledger.db", 12)
    ((jws,),) = select(database, "SELECT jws FROM audit_log")
    ((keys,),) = select(database, "SELECT value FROM meta WHERE name = 'jwks'")
    alter(thief / "ledger.db", "CREATE TABLE audit_log (seq INTEGER PRIMARY KEY, jws TEXT)")
    alter(thief / "ledger.db", "INSERT INTO audit_log VALUES (1, ?)", cells=(jws,))
    alter(thief / "ledger.db", "UPDATE meta SET value = ? WHERE name = 'jwks'", cells=(keys,))
    bad = first_bad(thief / "ledger.db")
    assert bad["code"] == "SIGNATURE"
    assert "retired" in str(bad["reason"])


def test_a_store_that_was_open_before_the_rotation_commits_nothing_more(database: Path) -> None:
    with Store.open(database) as store:
        asked("keys", "rotate", "--db", database)
        with pytest.raises(StoreBusyError, match="rotated"), store.transaction(NOW):
            raise AssertionError("the transaction has begun")
    assert billproof("audit", database).code == 0


def test_a_crash_between_commit_and_swap_is_finished_by_the_next_opening(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> bool:
        raise KeyboardInterrupt("killed")

    connection = open_for_writing(database)
    with monkeypatch.context() as patch:
        patch.setattr(rotation, "adopt_next_key", die)
        with pytest.raises(KeyboardInterrupt):
            rotate_key(
                connection, database, KeyKind.RECEIPT, actor=ActorId("a"), approver=ActorId(""), now=NOW
            )
    connection.close()
    staged = key_directory(database) / (RECEIPT_FILE + NEXT_SUFFIX)
    assert staged.exists()
    more(database, 12)
    assert not staged.exists()
    assert audited(database)[1]["verdict"] == "VALID"


def test_a_crash_before_the_commit_changes_nothing(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt("killed")

    before = keys_of(database)
    connection = open_for_writing(database)
    with monkeypatch.context() as patch:
        patch.setattr(rotation, "log_action", die)
        with pytest.raises(KeyboardInterrupt):
            rotate_key(
                connection, database, KeyKind.RECEIPT, actor=ActorId("a"), approver=ActorId(""), now=NOW
            )
    connection.close()
    assert keys_of(database) == before
    more(database, 12)
    assert audited(database)[1]["verdict"] == "VALID"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM audit_log WHERE seq = 1", "GAP"),
        ("UPDATE audit_log SET seq = 9 WHERE seq = 2", "DERIVED"),
        ("UPDATE audit_log SET jws = (SELECT jws FROM audit_log WHERE seq = 1) WHERE seq = 2", "FORK"),
        ("UPDATE audit_log SET jws = 'x' WHERE seq = 2", "ENCODING"),
        (
            "UPDATE audit_log SET jws = substr(jws, 1, length(jws) - 8) || 'AAAAAAAA'",
            "SIGNATURE",
        ),
    ],
)
def test_a_damaged_audit_log_makes_the_audit_invalid(database: Path, statement: str, code: str) -> None:
    for which in ("receipt", "checkpoint"):
        asked("keys", "rotate", "--db", database, "--which", which)
    assert audited(database)[1]["verdict"] == "VALID"
    alter(database, statement)
    bad = first_bad(database)
    assert bad["code"] == code
    assert "audit log" in str(bad["reason"])


def test_one_person_is_not_two(database: Path) -> None:
    answer = billproof("keys", "rotate", "--db", database, "--actor", "ann", "--approved-by", "ann")
    assert answer.code == 3
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_log'").fetchone() is None
    connection.close()
