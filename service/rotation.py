"""Key rotation: a new key signs from here on, the old public key stays, and the old private key goes.

Theory of operation. The new key is staged beside the old one. One transaction then publishes it in the key
set, names it as the one that signs, and writes the audit entry, signed by the old key, that says at which
length of the log the old one ended. After that commit the staged file takes the place of the old one; an
opening that finds the two apart finishes this. So at every instant exactly one key may sign, whoever may
possess others, and every receipt is verified under the key set that is published with it.

Choices: where a key ends is a length of the log, not a time: order is by sequence, and clocks are not
believed. The old private key is dropped, for whoever could use it once more would be a thief.

Source: claim SE-3 (quarterly); switch ``key_history``; known-bugs rule R16; ``system.md`` section 2.
"""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from billproof.model.access import ActorId
from billproof.model.audit_log import AuditAction, AuditRecord
from billproof.model.identifiers import Instant, Position, SigningKeyId
from billproof.model.key_sets import (
    JsonWebKeySet,
    ed25519_key_id,
    key_set,
    parse_key_set,
    render_key_set,
    rsa_key_id,
)
from billproof.service.audit_trail import log_action, read_trail, retired_keys, rotation_before
from billproof.service.errors import StoreBusyError, StoreFileError
from billproof.service.keystore import (
    CHECKPOINT_FILE,
    RECEIPT_FILE,
    KeyStore,
    adopt_next_key,
    key_directory,
    open_keys,
    stage_next_key,
)
from billproof.service.schema import read_meta, write_meta

SIGNING_KEY: Final = "signing_key"
"""The name in table ``meta`` of the id of the receipt key that may sign; absent before the first rotation."""

CHECKPOINT_KEY: Final = "checkpoint_key"
"""The same for the checkpoint key."""


class KeyKind(StrEnum):
    """Which key."""

    RECEIPT = "receipt"
    CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What a rotation has done."""

    kind: KeyKind
    old: SigningKeyId
    new: SigningKeyId
    from_position: Position
    """The length of the log at the rotation: the first entry that the new key may sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKey:
    """One key of the key set, with what it may do."""

    kind: KeyKind
    key_id: SigningKeyId
    may_sign: bool
    retired_at: Position | None
    """The length of the log when it was retired; None while it signs."""


def open_current_keys(connection: sqlite3.Connection, path: Path, published: str) -> KeyStore:
    """Return the private keys that may sign, and finish a rotation that a crash has cut off.

    Args:
        connection: The store, inside a transaction.
        path: Its file.
        published: Its key set.

    Raises:
        KeyStoreError: The keys cannot be used.
        StoreFileError: They are not those that may sign.
    """
    keys = open_keys(path)
    wanted = read_meta(connection, SIGNING_KEY)
    if wanted is not None and keys.signer.key_id != wanted and adopt_next_key(path, RECEIPT_FILE):
        keys = open_keys(path)
    edwards = read_meta(connection, CHECKPOINT_KEY)
    checkpoint_id = ed25519_key_id(keys.checkpoint_key.public_key())
    if edwards is not None and checkpoint_id != edwards and adopt_next_key(path, CHECKPOINT_FILE):
        keys = open_keys(path)
    known = parse_key_set(published, f"{path} (table meta)").receipts
    if keys.signer.key_id not in known or wanted not in (None, keys.signer.key_id):
        raise StoreFileError(
            str(key_directory(path)), "", "holds other keys than those of the database",
            "put back the directory that belongs to it",
        )  # fmt: skip
    return keys


def check_signing_key(connection: sqlite3.Connection, path: Path, key_id: SigningKeyId) -> None:
    """Check, inside a transaction, that a key may still sign.

    Raises:
        StoreBusyError: The keys have been rotated since the store was opened; nothing was changed.
    """
    if read_meta(connection, SIGNING_KEY) not in (None, key_id):
        raise StoreBusyError(
            str(path), "", "the signing key has been rotated meanwhile", "run the same command again"
        )


def rotate_key(
    connection: sqlite3.Connection,
    path: Path,
    kind: KeyKind,
    *,
    actor: ActorId,
    approver: ActorId,
    now: Instant,
) -> Rotation:
    """Rotate one key of a store that has no unsigned entries.

    Args:
        connection: The store, open for writing, outside a transaction.
        path: Its file.
        kind: Which key.
        actor: Who does it.
        now: When.
        approver: The second person; empty where none has approved.

    Raises:
        StoreBusyError: Entries are being signed at this moment.
        KeyStoreError: The keys cannot be used.
    """
    name = RECEIPT_FILE if kind == KeyKind.RECEIPT else CHECKPOINT_FILE
    connection.execute("BEGIN IMMEDIATE")
    try:
        published = read_meta(connection, "jwks") or ""
        keys = open_current_keys(connection, path, published)
        (unsigned,) = connection.execute("SELECT COUNT(*) FROM unsigned").fetchone()
        if unsigned:
            raise StoreBusyError(
                str(path), "", f"{unsigned} entries are being signed at this moment", "run it again later"
            )
        (last,) = connection.execute("SELECT MAX(position) FROM log").fetchone()
        length = Position(0 if last is None else last + 1)
        staged = stage_next_key(path, name)
        old, new, listed = _extended(staged, keys, parse_key_set(published, f"{path} (table meta)"))
        meta = SIGNING_KEY if kind == KeyKind.RECEIPT else CHECKPOINT_KEY
        write_meta(connection, (("jwks", render_key_set(listed)), (meta, new)))
        before = rotation_before(old, length) if kind == KeyKind.RECEIPT else f"checkpoint key {old}"
        record = AuditRecord(
            actor=actor, action=AuditAction.KEYS_ROTATE, resource=f"{kind.value} key", before=before,
            after=f"{new} from {length}", result="done", at=now, approved_by=approver,
        )  # fmt: skip
        log_action(connection, keys.signer, record)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    adopt_next_key(path, name)
    return Rotation(kind=kind, old=old, new=new, from_position=length)


def published_keys(connection: sqlite3.Connection, path: Path) -> tuple[PublishedKey, ...]:
    """Return the keys of a store with what each may do."""
    keys = parse_key_set(read_meta(connection, "jwks") or "", f"{path} (table meta)")
    retired = retired_keys(read_trail(connection, None))
    current = read_meta(connection, SIGNING_KEY) or next(iter(keys.receipts))
    edwards = read_meta(connection, CHECKPOINT_KEY) or next(iter(keys.checkpoints))
    listed = [
        PublishedKey(
            kind=KeyKind.RECEIPT, key_id=key_id, may_sign=key_id == current, retired_at=retired.get(key_id)
        )
        for key_id in keys.receipts
    ]
    listed += [
        PublishedKey(kind=KeyKind.CHECKPOINT, key_id=key_id, may_sign=key_id == edwards, retired_at=None)
        for key_id in keys.checkpoints
    ]
    return tuple(listed)


def _extended(
    staged: RSAPrivateKey | Ed25519PrivateKey, keys: KeyStore, known: JsonWebKeySet
) -> tuple[SigningKeyId, SigningKeyId, JsonWebKeySet]:
    """Return the ids of the old and of the staged key, and the key set with both."""
    receipts = [key.public for key in known.receipts.values()]
    checkpoints = [key.public for key in known.checkpoints.values()]
    if isinstance(staged, RSAPrivateKey):
        public = staged.public_key()
        return keys.signer.key_id, rsa_key_id(public), key_set([*receipts, public], checkpoints)
    edwards = staged.public_key()
    old = ed25519_key_id(keys.checkpoint_key.public_key())
    return old, ed25519_key_id(edwards), key_set(receipts, [*checkpoints, edwards])
