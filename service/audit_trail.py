"""The audit log in a store: appended inside the transaction of what it tells, and verified by ``audit``.

Table ``audit_log(seq, jws)``: each entry is a compact JWS under the receipt key of its time, so whoever
verifies receipts verifies it. The table is made when the first entry is written. No command deletes a row.

Source: ``system.md`` section 8; known-bugs B105, B108.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from billproof.model.audit_log import (
    AuditAction,
    AuditEntry,
    AuditFinding,
    AuditFormatError,
    AuditRecord,
    check_audit_link,
    next_body,
    parse_audit_body,
)
from billproof.model.identifiers import NO_SEQUENCE, Position, Sequence, SigningKeyId
from billproof.model.jws import JwsEncodingError, split_jws
from billproof.model.key_sets import JsonWebKeySet
from billproof.model.keys import ReceiptSigner, is_signed, sign_receipt
from billproof.model.outcomes import ReceiptCode

_TABLE: Final = "CREATE TABLE IF NOT EXISTS audit_log (seq INTEGER PRIMARY KEY, jws TEXT)"

_RETIRED: Final = "retired "
"""How the state before of a rotation names the key that ends: its id, and the length of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTrail:
    """An audit log as it was read."""

    entries: tuple[AuditEntry, ...]
    finding: AuditFinding | None
    """The first thing that is wrong with it."""


def log_action(connection: sqlite3.Connection, signer: ReceiptSigner, record: AuditRecord) -> AuditEntry:
    """Append an entry inside the transaction of the caller: what it tells is committed with it.

    Raises:
        AuditFormatError: The record cannot be an entry, or the last entry cannot be read.
    """
    connection.execute(_TABLE)
    row = connection.execute("SELECT seq, jws FROM audit_log ORDER BY seq DESC LIMIT 1").fetchone()
    before = None if row is None else parse_audit_body(split_jws(_text(row[1])).payload)
    body = next_body(before, record)
    entry = parse_audit_body(body)
    connection.execute("INSERT INTO audit_log VALUES (?, ?)", (entry.sequence, sign_receipt(body, signer)))
    return entry


def read_trail(connection: sqlite3.Connection, keys: JsonWebKeySet | None) -> AuditTrail:
    """Read and verify the audit log; one that has no table has no entries.

    Args:
        connection: The store; its texts may be read as bytes.
        keys: The keys that are trusted; None leaves signatures unchecked.
    """
    entries: list[AuditEntry] = []
    for sequence, jws in _rows(connection):
        number = Sequence(sequence) if isinstance(sequence, int) else NO_SEQUENCE
        read = _read(number, _text(jws), keys)
        finding = (
            read
            if isinstance(read, AuditFinding)
            else check_audit_link(entries[-1] if entries else None, read)
        )
        if finding is not None:
            return AuditTrail(entries=tuple(entries), finding=finding)
        assert isinstance(read, AuditEntry), "what is no finding is an entry"
        if read.sequence != number:
            reason = f"entry {read.sequence} is stored under number {number}"
            finding = AuditFinding(sequence=number, code=ReceiptCode.DERIVED, reason=reason)
            return AuditTrail(entries=tuple(entries), finding=finding)
        entries.append(read)
    return AuditTrail(entries=tuple(entries), finding=None)


def retired_keys(trail: AuditTrail) -> dict[SigningKeyId, Position]:
    """Return the length that the log had when each retired receipt key was retired.

    Whoever still possesses such a key has no permission to sign with it: an entry from there on that it
    signs is false.
    """
    retired: dict[SigningKeyId, Position] = {}
    for entry in trail.entries:
        record = entry.record
        if record.action == AuditAction.KEYS_ROTATE and record.before.startswith(_RETIRED):
            _, key_id, _, length = record.before.split(" ")
            retired[SigningKeyId(key_id)] = Position(int(length))
    return retired


def rotation_before(key_id: SigningKeyId, length: Position) -> str:
    """Return how a rotation names the key that ends."""
    return f"{_RETIRED}{key_id} at {length}"


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[object, object]]:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_log'").fetchone()
    if known:
        yield from connection.execute("SELECT seq, jws FROM audit_log ORDER BY seq")


def _read(number: Sequence, jws: str, keys: JsonWebKeySet | None) -> AuditEntry | AuditFinding:
    try:
        entry = parse_audit_body(split_jws(jws).payload)
    except (JwsEncodingError, AuditFormatError) as error:
        return AuditFinding(sequence=number, code=ReceiptCode.ENCODING, reason=str(error))
    if keys is not None:
        code = is_signed(jws, keys)
        if code is not None:
            return AuditFinding(sequence=number, code=code, reason="is not signed by a key of the key set")
    return entry


def _text(cell: object) -> str:
    return cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else str(cell)
