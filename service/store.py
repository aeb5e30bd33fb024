"""The store: the core's own ``step`` on tables, one transaction per commit, a signature before the reply.

Theory of operation. A transaction takes the write lock of the file, makes a ``State`` whose site reads from
the tables, executes any number of commands with the same ``step`` that is explored and proved, and at its
end writes what they have changed - log, derived tables, outbox, and the receipt bodies in ``unsigned`` -
and commits. Body, key id and commit time are fixed there. The signatures are made after the commit, on
other threads, and written once, when the body leaves ``unsigned``; ``settle`` waits for that, and no reply
is given before it. After a crash in between, the next opening signs what was left: RS256 gives the same
bytes whoever makes them.

Not here: any decision about billing. What a charge does is in ``model.charging`` and ``model.posting``.

Source: ``system.md`` sections 4 and 9.
"""

import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from billproof.model.checkpoints import DEFAULT_ORIGIN
from billproof.model.containers import FrozenMap
from billproof.model.context import Context
from billproof.model.design import Design
from billproof.model.identifiers import CustomerId, Digest, Instant, Position, Sequence, SigningKeyId
from billproof.model.jws import JwsEncodingError, split_jws
from billproof.model.key_sets import render_key_set
from billproof.model.keys import ReceiptSigner
from billproof.model.receipts import ReceiptFormatError, body_digest, digest_of, parse_receipt, receipt_body
from billproof.model.state import Entry, initial_state
from billproof.model.switches import Preimage
from billproof.service import codecs
from billproof.service.audit_trail import log_action
from billproof.service.customer_keys import write_customer_keys
from billproof.service.errors import UnreadableEntryError
from billproof.service.keystore import open_or_create_keys
from billproof.service.numbering import write_numbers
from billproof.service.rotation import check_signing_key, open_current_keys
from billproof.service.schema import open_for_writing, read_meta, store_error, stored_design, write_meta
from billproof.service.signing import Committed, SigningPool
from billproof.service.tables import LogTable, Table, TableLog, TableMap
from billproof.service.transactions import Tables, Transaction

K = TypeVar("K")
V = TypeVar("V")


class Store:
    """An open store: the only writer of its file while a transaction lasts.

    Use it as a context manager. Its methods are for one thread.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, design: Design, pool: SigningPool) -> None:
        self.path = path
        self.design = design
        self.is_journaling = False
        """Whether transactions keep what was executed, for a trace."""
        self._connection = connection
        self._pool = pool
        self._bodies: dict[Digest, bytes] = {}
        self._context = Context(design=design, digest=self._digest_function())

    @classmethod
    def open(cls, path: Path, *, wanted: Design | None = None, default: Design | None = None) -> "Store":
        """Open a store, make it where there is none, and sign what a crash has left unsigned.

        Args:
            path: The file.
            wanted: The design that the store must have; None takes the stored one.
            default: The design of a new store where none is wanted; without both, none is made.

        Raises:
            StoreFileError: Not a store, or no store and no design to make one with.
            StoredDesignError: Made under another design.
            StoreBusyError: Another process is writing for too long.
        """
        connection = open_for_writing(path, wanted=wanted, default=default)
        try:
            pool = SigningPool(store_signer(connection, path))
            store = cls(path, connection, stored_design(connection, path), pool)
            store.settle_all()
        except sqlite3.Error as error:
            connection.close()
            raise store_error(path, error) from error
        except BaseException:
            connection.close()
            raise
        return store

    @property
    def signing_key(self) -> SigningKeyId:
        """The id of the key that signs new receipts."""
        return self._pool.key_id

    def prepare(self, make_tables: Callable[[sqlite3.Connection], None]) -> None:
        """Make tables beside the ledger, where they are not there yet.

        Raises:
            StoreFileError, StoreBusyError: They cannot be made.
        """
        try:
            make_tables(self._connection)
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    @property
    def is_settled(self) -> bool:
        """Tell whether every signature of what this store has committed is written."""
        return self._pool.batches_open == 0

    @contextmanager
    def transaction(self, now: Instant) -> Generator[Transaction, None, None]:
        """Run commands in one transaction at the instant ``now``; commit at the end, or nothing at all.

        Raises:
            StoreBusyError: Another process is writing for too long.
            StoreFileError: The file cannot be written.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                check_signing_key(self._connection, self.path, self.signing_key)
                # Signatures made meanwhile are written by the same commit: one access to the disk less.
                made = self._pool.finished()
                for batch, signatures in made:
                    self._insert_signed(batch, signatures)
                tables = self._tables()
                transaction = Transaction(tables, now, self._context, is_journaling=self.is_journaling)
                yield transaction
                committed = self._flush(tables)
                write_customer_keys(self._connection, tables.log.appended, transaction.publics)
                for record in transaction.records:
                    log_action(self._connection, self._pool.signer, record)
                for statement, row in transaction.attached:
                    self._connection.execute(statement, row)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._bodies.clear()
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error
        self._pool.take_out(len(made))
        transaction.chunks = self._pool.submit(committed)

    def signature_at(self, position: Position) -> str | tuple[Future[list[str]], int]:
        """Return the JWS of a committed entry, or where it is being made and its place there.

        Raises:
            UnreadableEntryError: The store has neither a receipt nor a body at this position.
        """
        found = self._pool.find(position)
        if found is not None:
            return found
        row = self._connection.execute(
            "SELECT l.customer, l.seq, r.jws, u.body FROM log l"
            " LEFT JOIN receipts r ON r.customer = l.customer AND r.seq = l.seq"
            " LEFT JOIN unsigned u ON u.position = l.position WHERE l.position = ?",
            (position,),
        ).fetchone()
        if row is not None and row[2] is not None:
            return str(row[2])
        if row is None or row[3] is None:
            raise UnreadableEntryError(
                str(self.path), f"log position {position}", "has neither a receipt nor a body",
                "run billproof audit on the database",
            )  # fmt: skip
        item = Committed(
            position=position,
            customer=CustomerId(row[0]),
            sequence=Sequence(row[1]),
            body=str(row[3]).encode("utf-8"),
        )
        return self._pool.sign(item), 0

    def settle(self, *, batches_open: int = 0) -> None:
        """Write the signatures of committed batches, all but the newest ``batches_open`` ones."""
        try:
            while self._pool.batches_open > batches_open:
                self._write_signed(*self._pool.oldest())
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def settle_all(self) -> None:
        """Sign and write whatever is committed in this file, by any process, and not signed yet.

        A reply may stand on an entry that another process has committed, so it waits for this.
        """
        self.settle()
        try:
            self._sign_left_over()
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def close(self) -> None:
        """Close the file. What is committed and not settled is signed at the next opening."""
        self._pool.close()
        self._connection.close()

    def __enter__(self) -> "Store":
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def _digest_function(self) -> Callable[[Entry], Digest]:
        if self.design.preimage != Preimage.CANONICAL_ALL_FIELDS:
            return digest_of(self.design)

        def digest(entry: Entry) -> Digest:
            # Kept until the flush, which would otherwise render the same body again.
            body = receipt_body(entry)
            made = body_digest(body)
            self._bodies[made] = body
            return made

        return digest

    def _tables(self) -> Tables:
        connection = self._connection
        row = connection.execute("SELECT MAX(position) FROM log").fetchone()
        log = LogTable(Position(0 if row[0] is None else row[0] + 1), self._read_entry)
        accounts = Table(connection, codecs.AccountCodec())
        rows = Table(connection, codecs.QuotaRowCodec())
        keys = Table(connection, codecs.KeyCodec())
        heads = Table(connection, codecs.HeadCodec())
        standings = Table(connection, codecs.StandingCodec())
        site = replace(
            initial_state(regions=1).primary,
            accounts=TableMap(accounts),
            rows=TableMap(rows),
            keys=TableMap(keys),
            heads=TableMap(heads),
            chain=TableMap(Table(connection, codecs.ChainCodec())),
            standings=TableMap(standings),
            ledger=TableLog(log, log.length),
            # Volatile in the model too: what an instance remembers does not outlive it.
            attempts=FrozenMap(),
        )
        maps = (accounts.flush, rows.flush, keys.flush, heads.flush, standings.flush)
        return Tables(site=site, maps=maps, log=log, connection=connection)

    def _flush(self, tables: Tables) -> tuple[Committed, ...]:
        """Write everything that the commands of a transaction have changed."""
        for flush in tables.maps:
            flush()
        committed = tuple(
            Committed(
                position=Position(tables.log.stored_length + place),
                customer=entry.customer,
                sequence=entry.sequence,
                body=self._bodies.get(entry.digest) or receipt_body(entry),
            )
            for place, entry in enumerate(tables.log.appended)
        )
        links = [(item.position, item.customer, item.sequence) for item in committed]
        self._connection.executemany(
            "INSERT INTO log VALUES (?, ?, ?, ?)",
            [(*link, entry.digest) for link, entry in zip(links, tables.log.appended, strict=True)],
        )
        self._connection.executemany(
            "INSERT INTO unsigned VALUES (?, ?, ?, ?)",
            [(*link, item.body.decode("utf-8")) for link, item in zip(links, committed, strict=True)],
        )
        self._connection.executemany("INSERT INTO outbox VALUES (?, ?, ?)", links)
        write_numbers(self._connection, tables.log.appended)
        return committed

    def _write_signed(self, committed: tuple[Committed, ...], signatures: list[str]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._insert_signed(committed, signatures)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _insert_signed(self, committed: tuple[Committed, ...], signatures: list[str]) -> None:
        # Another process that opened the store in the meantime may have signed the same bodies; its text is
        # the same, and the first one stays.
        self._connection.executemany(
            "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?)",
            [(item.customer, item.sequence, jws) for item, jws in zip(committed, signatures, strict=True)],
        )
        self._connection.executemany(
            "DELETE FROM unsigned WHERE position = ?", [(item.position,) for item in committed]
        )

    def _sign_left_over(self) -> None:
        rows = self._connection.execute(
            "SELECT position, customer, seq, body FROM unsigned ORDER BY position"
        ).fetchall()
        for start in range(0, len(rows), _LEFT_OVER_BATCH):
            batch = [
                Committed(
                    position=Position(position),
                    customer=CustomerId(customer),
                    sequence=Sequence(sequence),
                    body=body.encode("utf-8"),
                )
                for position, customer, sequence, body in rows[start : start + _LEFT_OVER_BATCH]
            ]
            self._pool.submit(tuple(batch))
        self.settle()

    def _read_entry(self, position: Position) -> Entry:
        """Return a stored entry, from its receipt or from its body that is not signed yet."""
        row = self._connection.execute(
            "SELECT l.digest, r.jws, u.body FROM log l"
            " LEFT JOIN receipts r ON r.customer = l.customer AND r.seq = l.seq"
            " LEFT JOIN unsigned u ON u.position = l.position WHERE l.position = ?",
            (position,),
        ).fetchone()
        try:
            if row is None or (row[1] is None and row[2] is None):
                raise ReceiptFormatError("missing", "restore it")
            body = row[2].encode("utf-8") if row[1] is None else split_jws(row[1]).payload
            entry = parse_receipt(body)
        except (ReceiptFormatError, JwsEncodingError, UnicodeEncodeError) as error:
            raise UnreadableEntryError(
                str(self.path), f"log position {position}", f"cannot be read as a receipt: {error}",
                "run billproof audit on the database",
            ) from error  # fmt: skip
        return replace(entry, digest=Digest(row[0]))


_LEFT_OVER_BATCH = 500


def store_signer(connection: sqlite3.Connection, path: Path) -> ReceiptSigner:
    """Return the signer of a store; a store that has never had keys gets them here."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        published = read_meta(connection, "jwks")
        if published is None:
            keys = open_or_create_keys(path)
            origin = f"{DEFAULT_ORIGIN}/{keys.signer.key_id[:16]}"
            write_meta(connection, (("jwks", render_key_set(keys.public_keys)), ("log_origin", origin)))
        else:
            keys = open_current_keys(connection, path, published)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return keys.signer
