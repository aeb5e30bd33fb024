"""Personal data beside the ledger, encrypted under a key per customer, and its erasure by shredding the key.

Table ``personal_data`` holds ciphertexts (AES-256-GCM) and commitments; the key of a customer is a file in
the key directory, mode 0600. Plain values never reach the database, its WAL or a log. An erasure overwrites
and removes the key file, deletes the rows, vacuums the file and empties the WAL, so that not even ciphertexts
stay in free pages; it leaves an entry in the audit log and touches no other table.

Choices: the key is shredded first and the entry written after it. A crash in between leaves data that nobody
can read and no entry; the same command again writes it. The other order would log an erasure that had not
happened.

Not here: overwriting on media that remap blocks, and copies of the key file in backups of the key directory,
which an operator has to keep for no longer than erasure may take.

Source: ``model.erasure``; known-bugs rule R20, B107, B108.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from billproof.model.access import ActorId
from billproof.model.audit_log import AuditAction, AuditRecord, legal_holds
from billproof.model.canonical import canonical_bytes
from billproof.model.erasure import (
    KEY_BYTES,
    Commitment,
    ErasureDecision,
    PersonalKey,
    commit_to,
    decide_erasure,
)
from billproof.model.identifiers import Count, CustomerId, Instant
from billproof.model.keys import ReceiptSigner
from billproof.service.audit_trail import log_action, read_trail
from billproof.service.errors import RimError, UnknownCustomerError
from billproof.service.keystore import key_directory, read_secret, shred_secret, write_secret
from billproof.service.schema import open_for_writing, reading_store, store_error
from billproof.service.store import store_signer

VALUE_MAX: Final = 10_000
"""The longest personal value, in characters."""

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS personal_data (customer TEXT, field TEXT, nonce BLOB, ciphertext BLOB,"
    " commitment TEXT, PRIMARY KEY (customer, field))"
)
_NONCE_BYTES: Final = 12


class PersonalDataError(RimError):
    """Personal data that cannot be stored or read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who does something, when, and with whose approval."""

    actor: ActorId
    approver: ActorId
    now: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalField:
    """One field as it is kept."""

    field: str
    value: str
    commitment: Commitment


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReport:
    """What came of a request for erasure."""

    decision: ErasureDecision
    fields: Count
    """Rows of personal data that were deleted."""
    was_key_shredded: bool
    """Whether there was a key; without one there was nothing that anybody could read."""


def set_personal(database: Path, customer: CustomerId, field: str, value: str, deed: Deed) -> Commitment:
    """Keep a personal value, in place of the one before.

    Raises:
        UnknownCustomerError: No account of this name.
        PersonalDataError: An empty or too long field or value.
        RimError: The store or its keys cannot be used.
    """
    if not field or not value or len(field) > VALUE_MAX or len(value) > VALUE_MAX:
        raise PersonalDataError(
            str(database), "", f"a field and a value of 1 to {VALUE_MAX} characters are needed", "give both"
        )
    with _changing(database) as (connection, signer):
        _check_customer(connection, database, customer)
        key = _open_or_create_key(database, customer)
        commitment = commit_to(key, customer, field, value)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, value.encode("utf-8"), _bound(customer, field))
        before = connection.execute(
            "SELECT commitment FROM personal_data WHERE customer = ? AND field = ?", (customer, field)
        ).fetchone()
        connection.execute(
            "INSERT OR REPLACE INTO personal_data VALUES (?, ?, ?, ?, ?)",
            (customer, field, nonce, sealed, commitment),
        )
        was = "" if before is None else str(before[0])
        # The name of the field is not logged either: "pregnant" says something without its value.
        log_action(connection, signer, _record(deed, AuditAction.PERSONAL_SET, customer, was, commitment))
    return commitment


def read_personal(database: Path, customer: CustomerId) -> tuple[PersonalField, ...]:
    """Return the personal data of a customer; nothing after an erasure.

    Raises:
        PersonalDataError: A value does not open under the customer's key, or not to what was committed to.
    """
    with reading_store(database) as connection:
        if not _has_table(connection):
            return ()
        rows = connection.execute(
            "SELECT field, nonce, ciphertext, commitment FROM personal_data WHERE customer = ?"
            " ORDER BY field",
            (customer,),
        ).fetchall()
    path = _key_path(database, customer)
    if not rows or not path.exists():
        return ()
    key = PersonalKey(read_secret(path))
    found = []
    for field, nonce, sealed, commitment in rows:
        try:
            value = AESGCM(key).decrypt(nonce, sealed, _bound(customer, field)).decode("utf-8")
        except (InvalidTag, ValueError, TypeError) as error:
            raise _damaged(database, field) from error
        if commit_to(key, customer, field, value) != commitment:
            raise _damaged(database, field)
        found.append(PersonalField(field=field, value=value, commitment=Commitment(commitment)))
    return tuple(found)


def set_legal_hold(database: Path, customer: CustomerId, deed: Deed, *, is_held: bool) -> None:
    """Put a legal hold on a customer's personal data, or release it: an entry of the audit log.

    Raises:
        UnknownCustomerError: No account of this name.
        RimError: The store or its keys cannot be used.
    """
    action = AuditAction.LEGAL_HOLD_SET if is_held else AuditAction.LEGAL_HOLD_RELEASE
    with _changing(database) as (connection, signer):
        _check_customer(connection, database, customer)
        was = customer in legal_holds(read_trail(connection, None).entries)
        states = ("held" if was else "free", "held" if is_held else "free")
        log_action(connection, signer, _record(deed, action, customer, *states))


def erase(database: Path, customer: CustomerId, deed: Deed) -> ErasureReport:
    """Erase the personal data of a customer; the same again finds nothing more, and says so.

    Raises:
        UnknownCustomerError: No account of this name.
        RimError: The store or its keys cannot be used.
    """
    path = _key_path(database, customer)
    shredded, fields = False, 0
    with _changing(database) as (connection, signer):
        _check_customer(connection, database, customer)
        decision = decide_erasure(customer, legal_holds(read_trail(connection, None).entries))
        if decision == ErasureDecision.ERASE:
            shredded = shred_secret(path)
            fields = connection.execute("DELETE FROM personal_data WHERE customer = ?", (customer,)).rowcount
        states = (f"{fields} fields", "0 fields") if decision == ErasureDecision.ERASE else ("held", "held")
        result = "done" if decision == ErasureDecision.ERASE else decision.value
        log_action(connection, signer, _record(deed, AuditAction.ERASE, customer, *states, result=result))
    if decision == ErasureDecision.ERASE:
        _compact(database)
    return ErasureReport(decision=decision, fields=Count(fields), was_key_shredded=shredded)


@contextmanager
def _changing(database: Path) -> Iterator[tuple[sqlite3.Connection, ReceiptSigner]]:
    """Run one transaction on a store, with the signer of its audit log."""
    connection = open_for_writing(database)
    try:
        signer = store_signer(connection, database)
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        yield connection, signer
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise store_error(database, error) from error
    finally:
        # Whatever is not committed by now is rolled back.
        connection.close()


def _compact(database: Path) -> None:
    """Write the file anew without its free pages, and empty the WAL."""
    connection = open_for_writing(database)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise store_error(database, error) from error
    finally:
        connection.close()


def _check_customer(connection: sqlite3.Connection, database: Path, customer: CustomerId) -> None:
    row = connection.execute("SELECT 1 FROM accounts WHERE customer = ?", (customer,)).fetchone()
    if row is None:
        raise UnknownCustomerError(
            str(database), "", f"has no account {customer!r}", "name a customer of this database"
        )


def _open_or_create_key(database: Path, customer: CustomerId) -> PersonalKey:
    path = _key_path(database, customer)
    if not path.exists():
        write_secret(path, os.urandom(KEY_BYTES))
    return PersonalKey(read_secret(path))


def _key_path(database: Path, customer: CustomerId) -> Path:
    # The name of a file must not tell whose it is, nor depend on what a customer is called.
    name = sha256(b"billproof/personal-key/v1\n" + customer.encode("utf-8")).hexdigest()[:32]
    return key_directory(database) / f"personal-{name}.key"


def _bound(customer: CustomerId, field: str) -> bytes:
    """Return what binds a ciphertext to its place, so that it cannot be moved to another row."""
    return canonical_bytes([customer, field])


def _has_table(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'personal_data'").fetchone()
    return found is not None


def _record(
    deed: Deed, action: AuditAction, customer: CustomerId, before: str, after: str, *, result: str = "done"
) -> AuditRecord:
    return AuditRecord(
        actor=deed.actor, action=action, resource=customer, before=before, after=after, result=result,
        at=deed.now, approved_by=deed.approver,
    )  # fmt: skip


def _damaged(database: Path, field: str) -> PersonalDataError:
    return PersonalDataError(
        str(database), f"table personal_data, field {field}", "does not open under the customer's key",
        "restore the row and the key from one backup",
    )  # fmt: skip
