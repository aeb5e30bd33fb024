"""The private keys of a database, in a directory beside it.

``ledger.db`` has its keys in ``ledger.db.keys/``, mode 0700: one PEM file per key, mode 0600, PKCS #8, not
encrypted. Whoever can read them can sign receipts, so a directory or file that others may enter or read is
refused rather than used. Names: ``receipt.pem`` (RSA, 2048 bits) and ``checkpoint.pem`` (Ed25519).

A key file is written under another name, made durable, and then linked to its own: a process that dies in
between leaves no half-written key, and of two processes that begin at once one key remains, which both use.

Not here: what a rotation publishes and logs (``rotation``).

Source: ``system.md`` section 9, "Private keys lie outside the database, mode 0600".
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from billproof.model.identifiers import SigningKeyId
from billproof.model.key_sets import JsonWebKeySet, KeyFormatError, ed25519_key_id, key_set, rsa_key_id
from billproof.model.keys import ReceiptSigner, load_checkpoint_key, load_receipt_key, receipt_signer
from billproof.service.errors import RimError

DIRECTORY_SUFFIX: Final = ".keys"
"""What is put after the name of a database to name the directory of its keys."""

RECEIPT_FILE: Final = "receipt.pem"
"""The file of the RSA key."""

CHECKPOINT_FILE: Final = "checkpoint.pem"
"""The file of the Ed25519 key."""

WITNESS_FILE: Final = "witness.pem"
"""The file of a witness's Ed25519 key, beside its memory."""

NEXT_SUFFIX: Final = ".next"
"""What is put after the name of a key file to name the key that is to follow."""

RSA_BITS: Final = 2048
"""The length of a generated RSA key."""

_PUBLIC_EXPONENT: Final = 65_537
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

_Key = TypeVar("_Key", RSAPrivateKey, Ed25519PrivateKey, bytes)


class KeyStoreError(RimError):
    """Private keys that are missing, unreadable, damaged, or readable by others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStore:
    """The private keys of one database."""

    signer: ReceiptSigner
    """Signs receipts."""
    checkpoint_key: Ed25519PrivateKey
    """Signs checkpoints."""

    @property
    def public_keys(self) -> JsonWebKeySet:
        """The key set to publish."""
        return key_set([self.signer.private.public_key()], [self.checkpoint_key.public_key()])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedKey:
    """One key of a directory, without its secret."""

    file: Path
    key_id: SigningKeyId
    algorithm: str
    """``RS256`` or ``EdDSA``."""


def key_directory(database: Path) -> Path:
    """Return the directory in which the keys of a database lie."""
    return database.with_name(database.name + DIRECTORY_SUFFIX)


def open_or_create_keys(database: Path) -> KeyStore:
    """Return the keys of a database, and generate those that are missing.

    Raises:
        KeyStoreError: The directory cannot be made, or its keys cannot be used; nothing was replaced.
    """
    directory = _made_directory(database)
    for name, generate in (
        (RECEIPT_FILE, _generate_receipt_key),
        (CHECKPOINT_FILE, _generate_checkpoint_key),
    ):
        path = directory / name
        if not path.exists():
            _publish(path, generate())
    return open_keys(database)


def open_keys(database: Path) -> KeyStore:
    """Return the keys of a database that has them.

    Raises:
        KeyStoreError: They are missing, unreadable, damaged, or readable by others.
    """
    directory = key_directory(database)
    _check_directory(directory)
    return KeyStore(
        signer=receipt_signer(_read(directory / RECEIPT_FILE, load_receipt_key)),
        checkpoint_key=_read(directory / CHECKPOINT_FILE, load_checkpoint_key),
    )


def open_or_create_witness_key(state: Path) -> Ed25519PrivateKey:
    """Return the key of a witness, which lies beside its memory, and generate it where there is none.

    Raises:
        KeyStoreError: The directory cannot be made, or the key cannot be used.
    """
    directory = _made_directory(state)
    path = directory / WITNESS_FILE
    if not path.exists():
        _publish(path, _generate_checkpoint_key())
    return _read(path, load_checkpoint_key)


def stage_next_key(database: Path, name: str) -> RSAPrivateKey | Ed25519PrivateKey:
    """Generate the key that is to follow, durable beside the one in use; one staged before is dropped.

    Args:
        database: The store.
        name: ``RECEIPT_FILE`` or ``CHECKPOINT_FILE``.

    Raises:
        KeyStoreError: The directory cannot be used.
    """
    path = key_directory(database) / (name + NEXT_SUFFIX)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(path, error, "make the directory writable to its owner") from error
    if name == RECEIPT_FILE:
        _publish(path, _generate_receipt_key())
        return _read(path, load_receipt_key)
    _publish(path, _generate_checkpoint_key())
    return _read(path, load_checkpoint_key)


def adopt_next_key(database: Path, name: str) -> bool:
    """Put a staged key in the place of the one in use, whose private half is gone after that.

    Returns:
        Whether there was one.

    Raises:
        KeyStoreError: The directory cannot be used.
    """
    path = key_directory(database) / name
    staged = path.with_name(name + NEXT_SUFFIX)
    try:
        if not staged.exists():
            return False
        staged.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise _failed(path, error, "make the directory writable to its owner") from error
    return True


def write_secret(path: Path, secret: bytes) -> None:
    """Write a secret file that is not there yet, durable and for its owner alone.

    Raises:
        KeyStoreError: The directory cannot be used.
    """
    _publish(path, secret)


def read_secret(path: Path) -> bytes:
    """Read a secret file.

    Raises:
        KeyStoreError: It is missing, unreadable, or readable by others.
    """
    return _read(path, lambda content, _: content)


def shred_secret(path: Path) -> bool:
    """Overwrite a secret file, make that durable, and remove it.

    Returns:
        Whether there was one.

    Raises:
        KeyStoreError: It cannot be overwritten.
    """
    try:
        if not path.exists():
            return False
        size = path.stat().st_size
        descriptor = os.open(path, os.O_WRONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"\x00" * size)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise _failed(path, error, "make it writable to its owner") from error
    return True


def list_keys(database: Path) -> tuple[ListedKey, ...]:
    """Return what keys a database has, without their secrets.

    Raises:
        KeyStoreError: As ``open_keys``.
    """
    store, directory = open_keys(database), key_directory(database)
    return (
        ListedKey(
            file=directory / RECEIPT_FILE,
            key_id=rsa_key_id(store.signer.private.public_key()),
            algorithm="RS256",
        ),
        ListedKey(
            file=directory / CHECKPOINT_FILE,
            key_id=ed25519_key_id(store.checkpoint_key.public_key()),
            algorithm="EdDSA",
        ),
    )


def _made_directory(database: Path) -> Path:
    directory = key_directory(database)
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _failed(directory, error, "make room for the directory of the keys") from error
    _check_directory(directory)
    return directory


def _generate_receipt_key() -> bytes:
    return _pem(generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=RSA_BITS))


def _generate_checkpoint_key() -> bytes:
    return _pem(Ed25519PrivateKey.generate())


def _pem(private: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _publish(path: Path, pem: bytes) -> None:
    """Give a key file its name once its bytes are durable; keep one that is there already."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        # O_EXCL and the mode at creation: there is no instant at which others could open the file.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise _failed(path, error, "make the directory writable to its owner") from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_directory(directory: Path) -> None:
    try:
        mode = directory.stat().st_mode
    except FileNotFoundError as error:
        raise KeyStoreError(
            str(directory), "", "there are no keys", "ingest once to make them, or put the directory back"
        ) from error
    except OSError as error:
        raise _failed(directory, error, "make it readable to its owner") from error
    if not stat.S_ISDIR(mode):
        raise KeyStoreError(str(directory), "", "is no directory", "move the file away")
    if mode & _OTHERS:
        raise KeyStoreError(str(directory), "", _wide(mode), f"run: chmod 700 {directory}")


def _read(path: Path, load: Callable[[bytes, str], _Key]) -> _Key:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & _OTHERS:
                raise KeyStoreError(str(path), "", _wide(mode), f"run: chmod 600 {path}")
            pem = file.read()
    except FileNotFoundError as error:
        raise KeyStoreError(str(path), "", "the key is missing", "put the key file back") from error
    except OSError as error:
        raise _failed(path, error, "make it readable to its owner") from error
    try:
        return load(pem, str(path))
    except KeyFormatError as error:
        raise KeyStoreError(str(path), "", error.problem, error.remedy) from error


def _wide(mode: int) -> str:
    return f"others may use it: its mode is {stat.S_IMODE(mode):04o}"


def _failed(path: Path, error: OSError, remedy: str) -> KeyStoreError:
    return KeyStoreError(str(path), "", error.strerror or str(error), remedy)
