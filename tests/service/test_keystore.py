"""Private keys lie beside the database, are made once, and are used only while nobody else can read them."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from billproof.model.key_sets import render_key_set
from billproof.model.keys import VerifiedReceipt, sign_receipt, verify_receipt
from billproof.model.receipts import receipt_body
from billproof.service.keystore import (
    CHECKPOINT_FILE,
    RECEIPT_FILE,
    KeyStoreError,
    key_directory,
    list_keys,
    open_keys,
    open_or_create_keys,
)
from tests.model.entries import CHARGE


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("keys") / "ledger.db"
    open_or_create_keys(database)
    return database


@pytest.fixture
def database(made: Path, tmp_path: Path) -> Path:
    """A database with a copy of the keys, which a test may damage."""
    copy = tmp_path / "ledger.db"
    directory = key_directory(copy)
    directory.mkdir(mode=0o700)
    for name in (RECEIPT_FILE, CHECKPOINT_FILE):
        (directory / name).write_bytes((key_directory(made) / name).read_bytes())
        (directory / name).chmod(0o600)
    return copy


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_made_for_their_owner_alone_and_nothing_else_is_left(made: Path) -> None:
    directory = key_directory(made)
    assert directory.name == "ledger.db.keys"
    assert mode_of(directory) == 0o700
    assert sorted(path.name for path in directory.iterdir()) == [CHECKPOINT_FILE, RECEIPT_FILE]
    assert {mode_of(path) for path in directory.iterdir()} == {0o600}


def test_keys_are_made_once(made: Path) -> None:
    first = render_key_set(open_keys(made).public_keys)
    assert render_key_set(open_or_create_keys(made).public_keys) == first


def test_a_receipt_signed_with_the_stored_key_verifies_under_the_published_one(made: Path) -> None:
    store = open_keys(made)
    entry = replace(CHARGE, signing_key=store.signer.key_id)
    jws = sign_receipt(receipt_body(entry), store.signer)
    assert isinstance(verify_receipt(jws, store.public_keys), VerifiedReceipt)


def test_keys_are_listed_without_their_secrets(made: Path) -> None:
    listed = list_keys(made)
    assert [(key.file.name, key.algorithm) for key in listed] == [
        (RECEIPT_FILE, "RS256"),
        (CHECKPOINT_FILE, "EdDSA"),
    ]
    assert listed[0].key_id == open_keys(made).signer.key_id


def test_a_missing_key_is_made_again_only_where_that_is_asked_for(database: Path) -> None:
    (key_directory(database) / CHECKPOINT_FILE).unlink()
    with pytest.raises(KeyStoreError, match="missing"):
        open_keys(database)
    assert open_or_create_keys(database).signer.key_id == open_keys(database).signer.key_id


def test_a_database_without_keys_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="no keys"):
        open_keys(tmp_path / "none.db")
    with pytest.raises(KeyStoreError, match="make room"):
        open_or_create_keys(tmp_path / "none" / "none.db")


def test_a_directory_or_file_that_others_may_use_is_refused(database: Path) -> None:
    directory = key_directory(database)
    directory.chmod(0o750)
    with pytest.raises(KeyStoreError, match="chmod 700"):
        open_or_create_keys(database)
    directory.chmod(0o700)
    (directory / RECEIPT_FILE).chmod(0o644)
    with pytest.raises(KeyStoreError, match=r"0644; run: chmod 600 .*receipt\.pem"):
        open_keys(database)


def test_a_damaged_or_wrong_key_is_refused_by_name(database: Path) -> None:
    directory = key_directory(database)
    (directory / RECEIPT_FILE).write_bytes((directory / CHECKPOINT_FILE).read_bytes())
    with pytest.raises(KeyStoreError, match=r"receipt\.pem: holds a Ed25519"):
        open_keys(database)
    (directory / RECEIPT_FILE).write_bytes(b"")
    with pytest.raises(KeyStoreError, match=r"receipt\.pem: holds no private key"):
        open_keys(database)


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    key_directory(database).write_text("not a directory")
    with pytest.raises(KeyStoreError):
        open_or_create_keys(database)
    key_directory(database).chmod(0o600)
    with pytest.raises(KeyStoreError, match="no directory"):
        open_keys(database)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_directory_that_its_owner_cannot_use_is_refused(database: Path) -> None:
    key_directory(database).chmod(0o000)
    try:
        with pytest.raises(KeyStoreError, match="owner"):
            open_keys(database)
    finally:
        key_directory(database).chmod(0o700)
