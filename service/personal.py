"""Personal data beside the ledger, encrypted under a key per customer, and its erasure by shredding the key.

An erasure takes more with it than personal values: tokens, plan, grants, public keys and signed requests of
the customer are in tables beside the ledger (``access``), and go too. Table ``personal_data`` holds
ciphertexts (AES-256-GCM) and commitments; the key of a customer is a file in
the key directory, mode 0600. Plain values never reach the database, its WAL or a log. An erasure overwrites
and removes the key file, deletes the rows, vacuums the file and empties the WAL, so that not even ciphertexts
stay in free pages; it leaves an entry in the customer's chain and one in the audit log.

Choices: the key is shredded first and the entry written after it. A crash in between leaves data that nobody
can read and no entry; the same command again writes it. The other order would log an erasure that had not
happened.

Not here: overwriting on media that remap blocks, and copies of the key file in backups of the key directory,
which an operator has to keep for no longer than erasure may take.

Source: ``model.erasure``; known-bugs rule R20, B107, B108.
"""

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from billproof.model.access import ActorId
from billproof.model.audit_log import AuditAction, AuditRecord
from billproof.model.canonical import CanonicalValue, canonical_bytes, request_fingerprint
from billproof.model.commands import Erase
from billproof.model.compliance import (
    ErasureDecision,
    compliance_state,
    decide_on_erasure,
    decide_on_release,
    is_on_hold,
)
from billproof.model.erasure import KEY_BYTES, Commitment, PersonalKey, commit_to
from billproof.model.governors.compliance import State
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    Count,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    IdempotencyKey,
    Instant,
    IssuerId,
    PricePlanHash,
    UsageText,
)
from billproof.model.keys import ReceiptSigner
from billproof.model.outcomes import Status
from billproof.model.periods import period_of, render_instant
from billproof.model.state import NO_TERMS, Request
from billproof.service.access import ensure_tables
from billproof.service.audit_trail import log_action, read_trail
from billproof.service.errors import RimError, StoreBusyError, UnknownCustomerError
from billproof.service.keystore import key_directory, read_secret, shred_secret, write_secret
from billproof.service.operations import HOME
from billproof.service.residing import check_may_lie
from billproof.service.schema import open_for_writing, reading_store, store_error
from billproof.service.store import Store, store_signer
from billproof.service.usage import SCHEMA_VERSION, Signature

VALUE_MAX: Final = 10_000
"""The longest personal value, in characters."""

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS personal_data (customer TEXT, field TEXT, nonce BLOB, ciphertext BLOB,"
    " commitment TEXT, PRIMARY KEY (customer, field))"
)
_NONCE_BYTES: Final = 12

ERASURE_ISSUER: Final = IssuerId("erasure")
"""The actor of erasures in the ledger; the audit log has the persons."""

ERASING: Final = (
    "DELETE FROM personal_data WHERE customer = ?",
    "DELETE FROM credentials WHERE customer = ?",
    "DELETE FROM plans WHERE customer = ?",
    "DELETE FROM signed_requests WHERE customer = ?",
    # Its row follows from the ledger and stays; what it says of the customer, the key itself, goes.
    "UPDATE customer_keys SET public = NULL WHERE customer = ?",
    # A grant to nobody: without it, an entitlement that only this customer had would be everybody's.
    "UPDATE OR REPLACE entitlements SET customer = '' WHERE customer = ?",
)
"""What an erasure does to the tables beside the ledger."""

_HAVING: Final = (
    "SELECT 1 FROM personal_data WHERE customer = ?",
    "SELECT 1 FROM credentials WHERE customer = ?",
    "SELECT 1 FROM plans WHERE customer = ?",
    "SELECT 1 FROM signed_requests WHERE customer = ?",
    "SELECT 1 FROM customer_keys WHERE customer = ? AND public IS NOT NULL",
    "SELECT 1 FROM entitlements WHERE customer = ?",
)
"""What finds whatever an erasure would take away."""


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
        ResidencyError: The customer's data may not lie where this store does.
        RimError: The store or its keys cannot be used.
    """
    if not field or not value or len(field) > VALUE_MAX or len(value) > VALUE_MAX:
        raise PersonalDataError(
            str(database), "", f"a field and a value of 1 to {VALUE_MAX} characters are needed", "give both"
        )
    with _changing(database) as (connection, signer):
        _check_customer(connection, database, customer)
        check_may_lie(connection, database, customer)
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


def set_legal_hold(
    database: Path, customer: CustomerId, deed: Deed, *, is_held: bool
) -> ErasureReport | None:
    """Put a legal hold on a customer's personal data, or release it: an entry of the audit log.

    The end of a hold carries out an erasure that was asked for meanwhile.

    Returns:
        What came of that erasure; None where none was asked for.

    Raises:
        UnknownCustomerError: No account of this name.
        StoreBusyError: Erased, but another process keeps what was written before it; see its remedy.
        RimError: The store or its keys cannot be used.
    """
    action = AuditAction.LEGAL_HOLD_SET if is_held else AuditAction.LEGAL_HOLD_RELEASE
    with _changing(database) as (connection, signer):
        _check_customer(connection, database, customer)
        state = _state(connection, database, customer)
        states = ("held" if is_on_hold(state) else "free", "held" if is_held else "free")
        log_action(connection, signer, _record(deed, action, customer, *states))
    if is_held or decide_on_release(state) != ErasureDecision.ERASE:
        return None
    return erase(database, customer, deed)


def erase(database: Path, customer: CustomerId, deed: Deed) -> ErasureReport:
    """Erase the personal data of a customer; the same again finds nothing more, and adds nothing.

    Personal values and their key, tokens, plan, grants, public keys and signed requests go; an entry of kind
    ``erasure`` and one of the audit log are committed with it. Under a legal hold only the request is logged;
    it is carried out when the hold ends.

    Raises:
        UnknownCustomerError: No account of this name.
        StoreBusyError: Erased, but another process keeps what was written before it; see its remedy.
        RimError: The store or its keys cannot be used.
    """
    with _changing(database) as (connection, signer):
        _check_customer(connection, database, customer)
        decision = decide_on_erasure(_state(connection, database, customer))
        if decision == ErasureDecision.LEGAL_HOLD:
            held = _record(deed, AuditAction.ERASE, customer, "held", "held", result=decision.value)
            log_action(connection, signer, held)
        (fields,) = connection.execute(
            "SELECT COUNT(*) FROM personal_data WHERE customer = ?", (customer,)
        ).fetchone()
    if decision == ErasureDecision.NOTHING_LEFT:
        # An erasure that was interrupted after its commit is finished here.
        _compact(database)
    if decision != ErasureDecision.ERASE:
        return ErasureReport(decision=decision, fields=Count(0), was_key_shredded=False)
    shredded = shred_secret(_key_path(database, customer))
    with Store.open(database) as store:
        store.prepare(_make_ready)
        by = Signature(issuer=ERASURE_ISSUER, signing_key=store.signing_key)
        with store.transaction(deed.now) as transaction:
            account = transaction.account(customer)
            assert account is not None, "checked above, and accounts stay"
            outcome = transaction.execute(
                Erase(region=HOME, request=erasure_request((customer, account.currency), deed.now, by))
            )
            assert outcome.status == Status.ACCEPTED, f"an erasure was refused: {outcome.status.name}"
            transaction.attached += [(statement, (customer,)) for statement in ERASING]
            states = (f"{fields} fields", "0 fields")
            transaction.records.append(_record(deed, AuditAction.ERASE, customer, *states))
        store.settle_all()
    _compact(database)
    return ErasureReport(decision=decision, fields=Count(fields), was_key_shredded=shredded)


def erasure_request(account: tuple[CustomerId, CurrencyCode], at: Instant, by: Signature) -> Request:
    """Return the request of the entry that records an erasure; the same instant twice is one entry.

    Args:
        account: Customer and currency.
        at: When.
        by: Who erases: no person, since the entry stays for ever.
    """
    customer, currency = account
    body: dict[str, CanonicalValue] = {"erased_at": render_instant(at)}
    return Request(
        customer=customer,
        key=IdempotencyKey(f"erasure:{render_instant(at)}"),
        fingerprint=request_fingerprint("erase", customer, body, SCHEMA_VERSION),
        amount=Amount(0),
        currency=currency,
        entitlement=EntitlementId(""),
        usage=UsageText(""),
        price_plan=PricePlanHash(""),
        event_time=at,
        period=period_of(at),
        refers_to=NO_SEQUENCE,
        terms=NO_TERMS,
        issuer=by.issuer,
        signing_key=by.signing_key,
    )


def _make_ready(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(_TABLE)
    ensure_tables(connection)


@contextmanager
def _changing(database: Path) -> Generator[tuple[sqlite3.Connection, ReceiptSigner], None, None]:
    """Run one transaction on a store, with the signer of its audit log."""
    connection = open_for_writing(database)
    try:
        signer = store_signer(connection, database)
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        ensure_tables(connection)
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
        (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise StoreBusyError(
                str(database), "", "is erased, but its WAL still holds what another process is reading",
                "stop that process and run the same command again",
            )  # fmt: skip
    except sqlite3.Error as error:
        raise store_error(database, error) from error
    finally:
        connection.close()


def _state(connection: sqlite3.Connection, database: Path, customer: CustomerId) -> State:
    """Return what the compliance governor says of a customer: by the audit log, and by what lies there."""
    has_rows = any(connection.execute(query, (customer,)).fetchone() for query in _HAVING)
    has_data = has_rows or _key_path(database, customer).exists()
    return compliance_state(customer, read_trail(connection, None).entries, has_data=has_data)


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
