"""The containers of the model over the tables of a store: what makes one core both proved and durable.

Theory of operation. ``TableMap`` and ``TableLog`` are values: ``put`` and ``append`` return new ones that
share the table and carry their own few changes, exactly as ``FrozenMap`` and ``FrozenLog`` do. The table
behind them is read lazily, once per key and transaction. After a step its changes are taken into the table
(``absorb``); at the end of the transaction they are written (``flush``). Between a read and the commit the
file is locked by ``BEGIN IMMEDIATE``, so that what the core has read is what it commits against.

Not here: when transactions begin and end (``store``), and what the rows mean (``codecs``).

Source: ``verification.md`` "The central idea"; issue text "Store and rim".
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeAlias, TypeVar

from billproof.model.containers import Log, PartialMap, UndefinedLookupError
from billproof.model.identifiers import Amount, Position
from billproof.model.state import Entry

K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S")

Cell: TypeAlias = str | int | bytes | None
"""What SQLite holds in one column of one row."""

Row: TypeAlias = tuple[Cell, ...]
"""What SQLite holds in one row."""


class RowCodec(ABC, Generic[K, V]):
    """How a key and a value lie in a row."""

    name: str
    """The table, for messages."""
    select: str
    """Selects the columns of the value by the columns of the key."""
    upsert: str
    """Writes the row of a key and its value."""
    delete: str
    """Removes the row of a key."""

    @abstractmethod
    def key_cells(self, key: K) -> Row:
        """Return the cells of a key."""

    @abstractmethod
    def cells(self, key: K, value: V) -> Row:
        """Return the cells that ``upsert`` writes."""

    @abstractmethod
    def value(self, row: Row) -> V:
        """Return the value of a selected row."""


class _Absent:
    """The mark of a key that is known to have no value."""


_ABSENT: Final = _Absent()


class Table(Generic[K, V]):
    """One table within one transaction: what was read, and what is to be written.

    It is the only mutable part, and nothing in the model ever sees it change: a step reads through values
    that carry their own changes.
    """

    __slots__ = ("_changed", "_connection", "_known", "codec")

    def __init__(self, connection: sqlite3.Connection, codec: RowCodec[K, V]) -> None:
        self._connection = connection
        self.codec = codec
        self._known: dict[K, V | _Absent] = {}
        self._changed: dict[K, None] = {}

    def find(self, key: K) -> V | _Absent:
        """Return the value of a key, or ``_ABSENT``; read from the file at most once per transaction."""
        known = self._known.get(key)
        if known is None:
            row = self._connection.execute(self.codec.select, self.codec.key_cells(key)).fetchone()
            known = _ABSENT if row is None else self.codec.value(row)
            self._known[key] = known
        return known

    def absorb(self, changes: Mapping[K, V | _Absent]) -> None:
        """Take the changes of a step as the new content."""
        self._known.update(changes)
        self._changed.update(dict.fromkeys(changes))

    def flush(self) -> None:
        """Write all changes to the file, inside the transaction of the caller."""
        upserts: list[Row] = []
        for key in self._changed:
            value = self._known[key]
            if isinstance(value, _Absent):
                self._connection.execute(self.codec.delete, self.codec.key_cells(key))
            else:
                upserts.append(self.codec.cells(key, value))
        if upserts:
            self._connection.executemany(self.codec.upsert, upserts)
        self._changed.clear()


class TableMap(PartialMap[K, V]):
    """A partial map over a table, with the changes that one step has made so far."""

    __slots__ = ("changes", "table")

    def __init__(self, table: Table[K, V], changes: Mapping[K, V | _Absent] | None = None) -> None:
        self.table = table
        self.changes: Mapping[K, V | _Absent] = changes or {}

    def contains(self, key: K) -> bool:
        """Tell whether ``key`` has a value."""
        return not isinstance(self._find(key), _Absent)

    def get(self, key: K) -> V:
        """Return the value of ``key``, or raise ``UndefinedLookupError``."""
        value = self._find(key)
        if isinstance(value, _Absent):
            raise UndefinedLookupError(f"table {self.table.codec.name}", key)
        return value

    def put(self, key: K, value: V) -> "TableMap[K, V]":
        """Return the map in which ``key`` has ``value``; the table is as before."""
        return TableMap(self.table, {**self.changes, key: value})

    def without(self, key: K) -> "TableMap[K, V]":
        """Return the map in which ``key`` has no value; the table is as before."""
        return TableMap(self.table, {**self.changes, key: _ABSENT})

    def emptied(self) -> "TableMap[K, V]":
        """Refuse: the model empties only what lives in memory."""
        raise AssertionError(f"table {self.table.codec.name} is durable; no command of the model empties it")

    def absorbed(self) -> "TableMap[K, V]":
        """Make the changes the content of the table, and return the map without changes."""
        if not self.changes:
            return self
        self.table.absorb(self.changes)
        return TableMap(self.table)

    def _find(self, key: K) -> V | _Absent:
        changed = self.changes.get(key)
        return self.table.find(key) if changed is None else changed


class LogTable:
    """The log of a store within one transaction: what lies in the file, and what is to be appended."""

    __slots__ = ("_read", "appended", "stored_length")

    def __init__(self, stored_length: Position, read: Callable[[Position], Entry]) -> None:
        self.stored_length = stored_length
        self._read = read
        self.appended: list[Entry] = []

    @property
    def length(self) -> Position:
        """The number of entries, appended ones included."""
        return Position(self.stored_length + len(self.appended))

    def at(self, position: Position) -> Entry:
        """Return the entry at a position below ``length``."""
        if position >= self.stored_length:
            return self.appended[position - self.stored_length]
        return self._read(position)


class TableLog(Log[Entry]):
    """The ledger of a store, with the entries that one step has appended so far."""

    __slots__ = ("_base", "_new", "_table")

    def __init__(self, table: LogTable, base: Position, new: tuple[Entry, ...] = ()) -> None:
        # The length at which this value was made: what other steps append later is not part of it.
        self._table = table
        self._base = base
        self._new = new

    @property
    def length(self) -> Position:
        """The number of entries."""
        return Position(self._base + len(self._new))

    def at(self, position: Position) -> Entry:
        """Return the entry at ``position``, or raise ``UndefinedLookupError``."""
        if not 0 <= position < self.length:
            raise UndefinedLookupError("the log", position)
        if position >= self._base:
            return self._new[position - self._base]
        return self._table.at(position)

    def append(self, item: Entry) -> "TableLog":
        """Return the log with ``item`` at its end; the table is as before."""
        return TableLog(self._table, self._base, (*self._new, item))

    def first(self, count: Position) -> "TableLog":
        """Return the first ``count`` entries, or raise ``UndefinedLookupError``."""
        if not 0 <= count <= self.length:
            raise UndefinedLookupError("the log", count)
        if count >= self._base:
            return TableLog(self._table, self._base, self._new[: count - self._base])
        return TableLog(self._table, count)

    def total(self, effect: Callable[[Entry, S], Amount], subject: S) -> Amount:
        """Return the sum of ``effect(entry, subject)`` over all entries."""
        return Amount(sum(effect(self.at(Position(place)), subject) for place in range(self.length)))

    def absorbed(self) -> "TableLog":
        """Make the appended entries content of the table, and return the log without changes."""
        if not self._new:
            return self
        assert self._base == self._table.length, "a log that is not the newest cannot be continued"
        self._table.appended.extend(self._new)
        return TableLog(self._table, self._table.length)
