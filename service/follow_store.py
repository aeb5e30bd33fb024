"""What a witness or an auditor remembers of logs between two rounds: one small database of its own.

Per log: the last head with its note, the growing tree, the end of every chain, the nodes of the tree. A round
runs inside one transaction that holds the write lock from its first read, so that two processes never decide
on one record; it is durable when it returns.

Not here: what is decided.

Source: C2SP tlog-witness, "must be performed atomically"; ``system.md`` section 5.
"""

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from billproof.model.identifiers import Amount, CustomerId, Digest, Position, Sequence
from billproof.model.merkle import CompactRange, append_leaf
from billproof.model.merkle_proofs import Level, completed_nodes
from billproof.model.money import TOTAL_MAX, parse_amount, render_amount
from billproof.model.periods import parse_instant, render_instant
from billproof.model.state import Head
from billproof.model.witness import NO_RECORD, WitnessRecord
from billproof.service.errors import RimError
from billproof.service.following import ChainEnd, Seen

BUSY_SECONDS: Final = 60.0
"""How long a round waits for another process."""

_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS logs (origin TEXT PRIMARY KEY, size INTEGER, root BLOB, heads_root BLOB,"
    " tree BLOB, note TEXT, sample INTEGER)",
    "CREATE TABLE IF NOT EXISTS chains (origin TEXT, customer TEXT, seq INTEGER, digest TEXT,"
    " commit_time TEXT, balance TEXT, PRIMARY KEY (origin, customer))",
    "CREATE TABLE IF NOT EXISTS nodes (origin TEXT, level INTEGER, place INTEGER, hash BLOB,"
    " PRIMARY KEY (origin, level, place)) WITHOUT ROWID",
)


class FollowStoreError(RimError):
    """The memory of a witness or an auditor that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is remembered of one log."""

    record: WitnessRecord
    seen: Seen
    note: str
    """The last signed note; empty where there was none."""
    sample: Position
    """Where the next sample of old entries begins."""


class FollowStore:
    """An open memory, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def load(self, origin: str) -> Remembered:
        """Return what is remembered of a log; of one that was never seen, nothing.

        Raises:
            FollowStoreError: The memory is damaged.
        """
        row = self._connection.execute(
            "SELECT size, root, heads_root, tree, note, sample FROM logs WHERE origin = ?", (origin,)
        ).fetchone()
        if row is None:
            return Remembered(record=NO_RECORD, seen=Seen(), note="", sample=Position(0))
        size, root, heads, tree, note, sample = row
        hashes = tuple(tree[place : place + 32] for place in range(0, len(tree), 32))
        seen = Seen(tree=CompactRange(size=Position(size), roots=hashes), chains=self._chains(origin))
        record = WitnessRecord(size=Position(size), root=root, heads_root=heads)
        # A memory that contradicts itself must not be signed on: it would make a fork look like growth.
        if seen.root != root or seen.heads_root != heads or len(hashes) != int(size).bit_count():
            raise FollowStoreError(
                str(self._path), f"log {origin}", "remembers a head that its own entries do not give",
                "put back a copy of the file, or stop using this witness",
            )  # fmt: skip
        return Remembered(record=record, seen=seen, note=str(note), sample=Position(sample))

    def save(
        self, origin: str, remembered: Remembered, changed: Iterable[CustomerId], *, sample: Position
    ) -> None:
        """Remember a head and the chains that have grown."""
        seen, record = remembered.seen, remembered.record
        self._connection.execute(
            "INSERT OR REPLACE INTO logs VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                origin, record.size, record.root, record.heads_root, b"".join(seen.tree.roots),
                remembered.note, sample,
            ),
        )  # fmt: skip
        rows = []
        for customer in changed:
            end = seen.chains[customer]
            rows.append(
                (
                    origin, customer, end.head.sequence, end.head.digest,
                    render_instant(end.head.commit_time), render_amount(end.balance),
                )
            )  # fmt: skip
        self._connection.executemany("INSERT OR REPLACE INTO chains VALUES (?, ?, ?, ?, ?, ?)", rows)

    def add_leaves(self, origin: str, tree: CompactRange, leaves: Iterable[Digest]) -> None:
        """Store the nodes that new leaves complete.

        Args:
            origin: The log.
            tree: The tree before them.
            leaves: The digests, in order.
        """
        for digest in leaves:
            data = bytes.fromhex(digest)
            self._connection.executemany(
                "INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?)",
                [(origin, node.level, node.index, node.digest) for node in completed_nodes(tree, data)],
            )
            tree = append_leaf(tree, data)

    def node(self, origin: str, level: Level, index: Position) -> bytes:
        """Return a stored node.

        Raises:
            FollowStoreError: It is not there.
        """
        row = self._connection.execute(
            "SELECT hash FROM nodes WHERE origin = ? AND level = ? AND place = ?", (origin, level, index)
        ).fetchone()
        if row is None:
            raise FollowStoreError(
                str(self._path), f"log {origin}", f"lacks node {index} of level {level}",
                "put back a copy of the file",
            )  # fmt: skip
        found = row[0]
        assert isinstance(found, bytes), "nodes are stored as bytes"
        return found

    def _chains(self, origin: str) -> dict[CustomerId, ChainEnd]:
        rows = self._connection.execute(
            "SELECT customer, seq, digest, commit_time, balance FROM chains WHERE origin = ?", (origin,)
        )
        return {
            CustomerId(customer): ChainEnd(
                head=Head(
                    sequence=Sequence(sequence), digest=Digest(digest), commit_time=parse_instant(commit_time)
                ),
                balance=Amount(parse_amount(balance, TOTAL_MAX)),
            )
            for customer, sequence, digest, commit_time, balance in rows
        }


@contextmanager
def remembering(path: Path) -> Generator[FollowStore, None, None]:
    """Open a memory for one round, made where there is none; it is durable at the end, or as it was.

    Raises:
        FollowStoreError: It cannot be opened, written, or is being used for too long.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise _failed(path, error) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES:
            connection.execute(statement)
        yield FollowStore(connection, path)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise _failed(path, error) from error
    finally:
        # Whatever is not committed by now is rolled back.
        connection.close()


def _failed(path: Path, error: sqlite3.Error) -> FollowStoreError:
    return FollowStoreError(
        str(path), "", f"cannot be used: {error}", "check the path, or put back a copy of the file"
    )
