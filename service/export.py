"""Ledgers for others: JSON lines, beancount text, a signed checkpoint, the public keys.

What a crash has left unsigned is signed first, so that an export is of signed and durable entries only; it
is then one snapshot, whoever writes meanwhile. A file is written under another name and renamed, so that
nobody finds half of one.

Source: ``cli.md``, ``export``; ``system.md`` sections 4 to 6 and 9.
"""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from billproof.model.canonical import canonical_bytes
from billproof.model.checkpoints import (
    DEFAULT_ORIGIN,
    ChainHead,
    CheckpointBody,
    heads_root,
    render_checkpoint,
    sign_checkpoint,
)
from billproof.model.identifiers import Count, CustomerId, Digest
from billproof.model.merkle import EMPTY_RANGE, append_digest, root_of
from billproof.model.receipts import digest_of
from billproof.model.state import NO_HEAD, Account, Head
from billproof.model.verification import check_link, head_after
from billproof.service.beancount import beancount_lines
from billproof.service.codecs import AccountCodec
from billproof.service.errors import RimError, StoreBusyError, StoreFileError, UnreadableEntryError
from billproof.service.keystore import open_keys
from billproof.service.reading import StoredReceipt, read_receipts
from billproof.service.schema import read_meta, reading_store, stored_design
from billproof.service.store import Store


class ExportForm(StrEnum):
    """What can be exported."""

    JSONL = "jsonl"
    BEANCOUNT = "beancount"
    CHECKPOINT = "checkpoint"
    JWKS = "jwks"


class ExportFileError(RimError):
    """The file to write cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was written."""

    entries: Count
    """Entries that the export covers; 0 for a key set."""
    size_bytes: Count


def export(database: Path, form: ExportForm, out: Path | BinaryIO) -> ExportReport:
    """Write an export.

    Args:
        database: The store.
        form: What to write.
        out: A path, written whole or not at all; or an open file.

    Raises:
        StoreFileError, StoreBusyError, KeyStoreError: The store or its keys cannot be used.
        UnreadableEntryError: A receipt does not read as one, or does not follow the one before.
        ExportFileError: The file cannot be written.
    """
    _sign_left_over(database)
    with reading_store(database) as connection:
        (entries,) = connection.execute("SELECT COUNT(*) FROM log").fetchone()
        (unsigned,) = connection.execute("SELECT COUNT(*) FROM unsigned").fetchone()
        if unsigned and form != ExportForm.JWKS:
            raise StoreBusyError(
                str(database), "", f"{unsigned} entries are being signed at this moment",
                "run the same command again when the ingest has ended",
            )  # fmt: skip
        pieces = _pieces(connection, database, form)
        size = _write_file(out, pieces) if isinstance(out, Path) else _write(out, pieces)
    return ExportReport(entries=Count(0 if form == ExportForm.JWKS else entries), size_bytes=Count(size))


def _pieces(connection: sqlite3.Connection, database: Path, form: ExportForm) -> Iterator[bytes]:
    if form == ExportForm.JWKS:
        return iter((_stored_text(connection, database, "jwks").encode("utf-8") + b"\n",))
    if form == ExportForm.CHECKPOINT:
        return iter((checkpoint_json(connection, database).encode("utf-8") + b"\n",))
    receipts = _followed(connection, database)
    if form == ExportForm.JSONL:
        return (_ledger_line(receipt) for receipt in receipts)
    lines = beancount_lines(receipts, _accounts(connection))
    return (line.encode("utf-8") for line in lines)


def _followed(connection: sqlite3.Connection, database: Path) -> Iterator[StoredReceipt]:
    """Yield the receipts of a store with their digests, each a link to the one before."""
    digest = digest_of(stored_design(connection, database))
    heads: dict[CustomerId, Head] = {}
    for receipt in read_receipts(connection, database):
        entry = replace(receipt.entry, digest=digest(receipt.entry))
        # What does not follow is not handed on, still less signed.
        finding = check_link(heads.get(entry.customer, NO_HEAD), entry)
        if finding is not None:
            raise UnreadableEntryError(
                str(database), f"customer {finding.customer}, seq {finding.sequence}",
                f"{finding.code.value}: {finding.reason}", "run billproof audit on the database",
            )  # fmt: skip
        heads[entry.customer] = head_after(entry)
        yield replace(receipt, entry=entry)


def _ledger_line(receipt: StoredReceipt) -> bytes:
    line = canonical_bytes(
        {
            "customer": receipt.customer,
            "jws": receipt.jws,
            "position": receipt.position,
            "seq": receipt.sequence,
        }
    )
    return line + b"\n"


def checkpoint_json(connection: sqlite3.Connection, database: Path) -> str:
    """Return the signed checkpoint over all that is committed, as JSON.

    Args:
        connection: The store, in one snapshot.
        database: Its file, for messages and keys.

    Raises:
        UnreadableEntryError: A receipt does not read as one, or does not follow the one before.
        KeyStoreError: The keys cannot be used.
    """
    tree = EMPTY_RANGE
    ends: dict[CustomerId, Head] = {}
    for receipt in _followed(connection, database):
        tree = append_digest(tree, receipt.entry.digest)
        ends[receipt.customer] = head_after(receipt.entry)
    heads = [
        ChainHead(customer=customer, sequence=head.sequence, digest=Digest(head.digest))
        for customer, head in ends.items()
    ]
    body = CheckpointBody(
        origin=read_meta(connection, "log_origin") or DEFAULT_ORIGIN,
        size=tree.size,
        root=root_of(tree),
        heads_root=heads_root(heads),
    )
    return render_checkpoint(sign_checkpoint(body, heads, open_keys(database).checkpoint_key))


def _accounts(connection: sqlite3.Connection) -> dict[CustomerId, Account]:
    codec = AccountCodec()
    rows = connection.execute(
        "SELECT customer, currency, balance, kind, credit_limit, quota, usage_limit, first_period,"
        " closed_through, holds FROM accounts"
    )
    return {CustomerId(str(row[0])): codec.value(row[1:]) for row in rows}


def _stored_text(connection: sqlite3.Connection, database: Path, name: str) -> str:
    text = read_meta(connection, name)
    if text is None:
        raise StoreFileError(str(database), "table meta", f"has no {name}", "restore the file from a copy")
    return text


def _sign_left_over(database: Path) -> None:
    with reading_store(database) as connection:
        (unsigned,) = connection.execute("SELECT COUNT(*) FROM unsigned").fetchone()
    if unsigned:
        Store.open(database).close()


def _write(out: BinaryIO, pieces: Iterator[bytes]) -> int:
    size = 0
    for piece in pieces:
        out.write(piece)
        size += len(piece)
    out.flush()
    return size


def _write_file(path: Path, pieces: Iterator[bytes]) -> int:
    # The first piece is made before any file: most of what can fail has failed by then.
    first = next(pieces, b"")
    try:
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with draft.open("wb") as file:
                size = _write(file, chain((first,), pieces))
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ExportFileError(
            str(path), "", f"cannot be written: {error.strerror}", "check the directory and the free space"
        ) from error
    return size
