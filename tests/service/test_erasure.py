"""After an erasure the chain and the totals are VALID, and no byte of any file tells what was erased."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from billproof.model.access import ActorId
from billproof.model.audit_log import AuditEntry
from billproof.model.erasure import PersonalKey, commit_to
from billproof.model.identifiers import CustomerId, Instant
from billproof.service import personal
from billproof.service.audit_trail import read_trail
from billproof.service.keystore import key_directory
from billproof.service.personal import Deed, erase, read_personal, set_personal
from tests.service.auditing import alter, audited, select
from tests.service.commands import asked, billproof, listed
from tests.service.usage_files import many, write_focus

WHO = CustomerId("customer-1")
OTHER = CustomerId("customer-2")
SECRETS = {"email": "zoe.quark@example.org", "name": "Zo\u00eb Quark-Mu\u00f1oz", "phone": "+1 555 0100 222"}
DEED = Deed(actor=ActorId("dana"), approver=ActorId("carol"), now=Instant(1_800_000_000_000_000))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ledger; not to be changed."""
    directory = tmp_path_factory.mktemp("begun")
    asked("ingest", write_focus(directory / "a.csv", many(15)), "--db", directory / "ledger.db")
    return directory / "ledger.db"


@pytest.fixture
def database(begun: Path, tmp_path: Path) -> Path:
    """A copy of it with personal data of two customers."""
    copy = tmp_path / "ledger.db"
    shutil.copyfile(begun, copy)
    shutil.copytree(key_directory(begun), key_directory(copy))
    for customer in (WHO, OTHER):
        for field, value in SECRETS.items():
            set_personal(copy, customer, field, value + customer, DEED)
    return copy


def files(directory: Path) -> Iterator[bytes]:
    for path in directory.rglob("*"):
        if path.is_file():
            yield path.name.encode() + path.read_bytes()


def entries(database: Path) -> tuple[AuditEntry, ...]:
    connection = sqlite3.connect(database)
    trail = read_trail(connection, None)
    connection.close()
    assert trail.finding is None
    return trail.entries


def test_values_are_kept_readable_and_in_no_file_in_the_clear(database: Path) -> None:
    assert {item.field: item.value for item in read_personal(database, WHO)} == {
        field: value + WHO for field, value in SECRETS.items()
    }
    for content in files(database.parent):
        assert not any(value.encode() in content for value in SECRETS.values())


def test_an_erasure_leaves_no_key_and_no_ciphertext_in_any_byte_and_everything_valid(database: Path) -> None:
    """Keys and ciphertexts are read before the erasure, and searched for in every file after it."""
    rows = select(database, "SELECT hex(ciphertext), hex(nonce) FROM personal_data WHERE customer = ?", WHO)
    key_files = {path: path.read_bytes() for path in key_directory(database).glob("personal-*.key")}
    before = audited(database)[1]
    totals = select(database, "SELECT customer, balance FROM accounts ORDER BY customer")
    report = asked("erase", "--db", database, "--customer", WHO, "--actor", "dana")
    assert (report["verdict"], report["fields"], report["key_shredded"]) == ("ERASED", 3, True)
    (gone,) = (path for path in key_files if not path.exists())
    traces = [key_files[gone], *(bytes.fromhex(str(cell)) for row in rows for cell in row)]
    assert len(traces) == 7
    for content in files(database.parent):
        assert not any(trace in content for trace in traces)
        assert not any(value.encode() in content for value in SECRETS.values())
    after = audited(database)[1]
    assert (after["verdict"], after["entries"]) == ("VALID", int(str(before["entries"])) + 1)
    assert select(database, "SELECT customer, balance FROM accounts ORDER BY customer") == totals
    assert entries(database)[-1].record.action == "erase"
    assert read_personal(database, WHO) == ()
    assert len(read_personal(database, OTHER)) == 3


def test_what_was_searched_for_would_have_been_found(database: Path) -> None:
    """Without an erasure the same search finds the ciphertexts and the key: it can fail."""
    ((text,),) = select(
        database, "SELECT hex(ciphertext) FROM personal_data WHERE customer = ? AND field = 'email'", WHO
    )
    sealed = bytes.fromhex(str(text))
    assert any(sealed in content for content in files(database.parent))
    alter(database, "PRAGMA secure_delete = OFF", "DELETE FROM personal_data")
    assert any(sealed in content for content in files(database.parent)), "a plain DELETE leaves them behind"


def test_a_commitment_is_checkable_while_the_key_exists_and_tells_nothing_without_it(database: Path) -> None:
    logged = [item.record.after for item in entries(database) if item.record.resource == WHO]
    shown = {item.field: item.commitment for item in read_personal(database, WHO)}
    assert set(logged) == set(shown.values())
    for other in range(3):
        key = PersonalKey(bytes([other]) * 32)
        assert commit_to(key, WHO, "email", SECRETS["email"] + WHO) not in logged


def test_a_legal_hold_wins_and_is_logged_and_released(database: Path) -> None:
    assert billproof("erase", "--db", database, "--customer", WHO, "--legal-hold", "set").code == 0
    answer = billproof("erase", "--db", database, "--customer", WHO, "--format", "json")
    assert (answer.code, answer.document["verdict"]) == (1, "REFUSED")
    assert len(read_personal(database, WHO)) == 3
    assert entries(database)[-1].record.result == "LEGAL_HOLD"
    released = asked("erase", "--db", database, "--customer", WHO, "--legal-hold", "release")
    assert released["erased"] is True
    assert read_personal(database, WHO) == ()
    assert [item.record.action for item in entries(database)][-4:] == [
        "legal_hold.set", "erase", "legal_hold.release", "erase",
    ]  # fmt: skip
    assert audited(database)[1]["verdict"] == "VALID"


def test_the_end_of_a_hold_erases_nothing_that_nobody_asked_for(database: Path) -> None:
    asked("erase", "--db", database, "--customer", WHO, "--legal-hold", "set")
    assert asked("erase", "--db", database, "--customer", WHO, "--legal-hold", "release")["erased"] is False
    assert len(read_personal(database, WHO)) == 3


def test_erasing_twice_says_that_nothing_was_left_and_adds_no_entry(database: Path) -> None:
    erase(database, WHO, DEED)
    logged, length = entries(database), audited(database)[1]["entries"]
    again = erase(database, WHO, replace(DEED, now=Instant(DEED.now + 60_000_000)))
    assert (again.decision, again.fields, again.was_key_shredded) == ("NOTHING_LEFT", 0, False)
    assert (entries(database), audited(database)[1]["entries"]) == (logged, length)
    assert asked("erase", "--db", database, "--customer", WHO)["verdict"] == "ERASED"
    assert (entries(database), audited(database)[1]["entries"]) == (logged, length)


def test_what_is_entered_after_an_erasure_is_erased_by_the_next(database: Path) -> None:
    erase(database, WHO, DEED)
    set_personal(database, WHO, "email", SECRETS["email"], DEED)
    again = erase(database, WHO, replace(DEED, now=Instant(DEED.now + 60_000_000)))
    assert (again.decision, again.fields, again.was_key_shredded) == ("ERASE", 1, True)
    assert read_personal(database, WHO) == ()


def test_a_crash_after_the_shredding_is_finished_by_the_same_command(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt("killed")

    with monkeypatch.context() as patch:
        patch.setattr(personal, "erasure_request", die)
        with pytest.raises(KeyboardInterrupt):
            erase(database, WHO, DEED)
    assert read_personal(database, WHO) == ()
    assert erase(database, WHO, DEED).fields == 3
    assert audited(database)[1]["verdict"] == "VALID"


def test_a_moved_or_changed_ciphertext_does_not_open(database: Path) -> None:
    alter(
        database,
        "UPDATE personal_data SET ciphertext = (SELECT ciphertext FROM personal_data p WHERE"
        " p.customer = personal_data.customer AND p.field = 'phone') WHERE field = 'email'",
    )
    answer = billproof("personal", "show", "--db", database, "--customer", WHO)
    assert answer.code == 3
    assert "does not open" in answer.err


def test_the_command_line_keeps_shows_and_refuses_by_name(database: Path) -> None:
    words = ("--db", database, "--customer", OTHER)
    asked("personal", "set", *words, "--field", "email", "--value", "new@example.org")
    fields = listed(asked("personal", "show", *words), "fields")
    assert fields[0]["value"] == "new@example.org"
    for unknown in (("erase",), ("personal", "set", "--field", "f", "--value", "v")):
        answer = billproof(*unknown, "--db", database, "--customer", "nobody")
        assert answer.code == 3
        assert "no account 'nobody'" in answer.err
