"""Counting equal rows of a file, in flat memory, and the keys that follow from it.

Source: issue text "Store and rim": the key is derived from a row's content and its ordinal among equal rows.
"""

import sqlite3
from types import TracebackType

from billproof.model.identifiers import IdempotencyKey


class Ordinals:
    """How often each content has come so far.

    A temporary SQLite database holds the counts, in memory while they are few and on disk when they are
    many, so that a file of any length can be read.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA cache_size = -8000")
        self._connection.execute(
            "CREATE TABLE seen (digest BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._connection.execute("BEGIN")

    def key(self, kind: str, digest: str) -> IdempotencyKey:
        """Count a content and return the key of this occurrence: the first is 1.

        Args:
            kind: The kind of file, so that equal digests of different forms are different keys.
            digest: The SHA-256 of the content, hex.
        """
        (times,) = self._connection.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT (digest) DO UPDATE SET times = times + 1"
            " RETURNING times",
            (bytes.fromhex(digest),),
        ).fetchone()
        return IdempotencyKey(f"{kind}:{digest}:{times}")

    def __enter__(self) -> "Ordinals":
        """Return the counter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop the counts."""
        self._connection.close()
