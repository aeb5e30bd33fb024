"""Reading for the service: one read-only connection per thread, and receipts by their ids.

Readers never wait for the writer: they see the last commit. A receipt whose signature is not written yet is
waited for, a few milliseconds.

Choices: the id of a receipt is a hash of customer and sequence number, so an index from id to number is
kept in memory per customer that asks, and grows with its chain. The store needs no table for it, which would
have to be audited.
"""

import sqlite3
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from billproof.model.identifiers import CustomerId, Digest, Fingerprint, IdempotencyKey, Sequence
from billproof.model.jws import JwsEncodingError, split_jws
from billproof.model.receipts import ReceiptFormatError, parse_receipt, receipt_id
from billproof.model.state import Account, Entry, KeyName
from billproof.service.codecs import AccountCodec, KeyCodec
from billproof.service.errors import UnreadableEntryError
from billproof.service.schema import open_for_reading

SIGNATURE_SECONDS_MAX: Final = 5.0
"""How long a reader waits for the signature of a committed entry."""

_INDICES_MAX: Final = 1_000
_POLL_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedEntry:
    """An entry with its receipt."""

    entry: Entry
    jws: str


class UnsignedEntryError(UnreadableEntryError):
    """A committed entry that nobody has signed for seconds; the writer is stuck or gone."""


@dataclass(frozen=False, slots=True, kw_only=True)
class _Index:
    known: int = 0
    sequences: dict[str, Sequence] = field(default_factory=dict)


class Readers:
    """Read access to a store, for any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._indices: OrderedDict[CustomerId, _Index] = OrderedDict()

    def connection(self) -> sqlite3.Connection:
        """Return the connection of this thread."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = open_for_reading(self.path)
            self._local.connection = found
        return found

    def account(self, customer: CustomerId) -> Account | None:
        """Return the account of a customer, or None."""
        codec = AccountCodec()
        row = self.connection().execute(codec.select, codec.key_cells(customer)).fetchone()
        return None if row is None else codec.value(row)

    def fingerprint_under(self, customer: CustomerId, key: IdempotencyKey) -> Fingerprint | None:
        """Return the fingerprint of the request that a key is bound to, or None for a fresh key."""
        codec, name = KeyCodec(), KeyName(customer=customer, key=key)
        row = self.connection().execute(codec.select, codec.key_cells(name)).fetchone()
        return None if row is None else codec.value(row).fingerprint

    def head(self, customer: CustomerId) -> Sequence:
        """Return the last sequence number of a customer's chain; 0 for an empty one."""
        row = self.connection().execute("SELECT seq FROM heads WHERE customer = ?", (customer,)).fetchone()
        return Sequence(0 if row is None else row[0])

    def sequence_of(self, customer: CustomerId, identifier: str) -> Sequence | None:
        """Return the place of a receipt in a customer's chain, or None where it is not one of theirs."""
        head = self.head(customer)
        with self._lock:
            index = self._indices.setdefault(customer, _Index())
            self._indices.move_to_end(customer)
            if len(self._indices) > _INDICES_MAX:
                self._indices.popitem(last=False)
            for number in range(index.known + 1, head + 1):
                index.sequences[receipt_id(customer, Sequence(number))] = Sequence(number)
            index.known = max(index.known, head)
            return index.sequences.get(identifier)

    def entry(self, customer: CustomerId, sequence: Sequence) -> SignedEntry | None:
        """Return an entry with its receipt, or None where there is none.

        Raises:
            UnreadableEntryError: The stored receipt does not read as one, or none is made.
        """
        entries = self.entries(customer, Sequence(sequence - 1), 1)
        return entries[0] if entries and entries[0].entry.sequence == sequence else None

    def entries(self, customer: CustomerId, after: Sequence, limit: int) -> list[SignedEntry]:
        """Return the entries of a chain after a sequence number, in order, at most ``limit``.

        Raises:
            UnreadableEntryError: A stored receipt does not read as one, or is not made.
        """
        deadline = time.monotonic() + SIGNATURE_SECONDS_MAX
        while True:
            rows = self.connection().execute(
                "SELECT l.seq, l.digest, r.jws FROM log l"
                " LEFT JOIN receipts r ON r.customer = l.customer AND r.seq = l.seq"
                " WHERE l.customer = ? AND l.seq > ? ORDER BY l.seq LIMIT ?",
                (customer, after, limit),
            ).fetchall()  # fmt: skip
            if all(row[2] is not None for row in rows):
                return [self._parsed(customer, *row) for row in rows]
            if time.monotonic() > deadline:
                raise UnsignedEntryError(
                    str(self.path), f"after seq {after}", "an entry is not signed", "start the service again"
                )
            time.sleep(_POLL_SECONDS)

    def _parsed(self, customer: CustomerId, sequence: int, digest: str, jws: str) -> SignedEntry:
        try:
            entry = parse_receipt(split_jws(jws).payload)
        except (ReceiptFormatError, JwsEncodingError) as error:
            raise UnreadableEntryError(
                str(self.path), f"seq {sequence}", f"cannot be read as a receipt: {error}",
                "run billproof audit on the database",
            ) from error  # fmt: skip
        if (entry.customer, entry.sequence) != (customer, sequence):
            raise UnreadableEntryError(
                str(self.path),
                f"seq {sequence}",
                "holds another receipt",
                "run billproof audit on the database",
            )
        # The digest is not part of the body; the log's column is audited against it.
        return SignedEntry(entry=replace(entry, digest=Digest(digest)), jws=jws)
