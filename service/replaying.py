"""Replay: the derived tables that a log comes to, made by the very function that commits.

Entries are applied one after another by ``posting.apply_entry`` to tables in memory, in the same form as
those of the store, so that the two can be compared cell by cell, whatever they hold.

Source: rules R2.4, R4.3; known-bugs rule R19.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from billproof.model.containers import FrozenMap, Log, PartialMap, UndefinedLookupError
from billproof.model.context import Context
from billproof.model.design import Design
from billproof.model.identifiers import Amount, Position
from billproof.model.posting import apply_entry
from billproof.model.receipts import digest_of
from billproof.model.state import Entry, Site, initial_state
from billproof.service import codecs
from billproof.service.numbering import write_numbers
from billproof.service.schema import create_tables
from billproof.service.tables import Table, TableMap

K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S")

_BATCH = 2_000


class CountedLog(Log[Entry]):
    """A log of which only the length is kept: replay appends, and reads nothing back."""

    __slots__ = ("_length",)

    def __init__(self, length: Position) -> None:
        self._length = length

    @property
    def length(self) -> Position:
        """The number of entries."""
        return self._length

    def at(self, position: Position) -> Entry:
        """Raise ``UndefinedLookupError``: no entry is kept."""
        raise UndefinedLookupError("CountedLog", position)

    def append(self, item: Entry) -> "CountedLog":
        """Return the log with one more entry."""
        del item
        return CountedLog(Position(self._length + 1))

    def first(self, count: Position) -> "CountedLog":
        """Return the log of the first ``count`` entries."""
        return CountedLog(count)

    def total(self, effect: Callable[[Entry, S], Amount], subject: S) -> Amount:
        """Raise ``UndefinedLookupError``: no entry is kept."""
        del effect
        raise UndefinedLookupError("CountedLog", subject)


class Replay:
    """The derived tables of a growing prefix of a log."""

    def __init__(self, design: Design) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        create_tables(self.connection, design)
        self._context = Context(design=design, digest=digest_of(design))
        self._size = Position(0)

    @property
    def size(self) -> Position:
        """How many entries have been applied."""
        return self._size

    def apply(self, entries: Iterable[Entry]) -> None:
        """Apply the entries that follow, in log order, and write the tables."""
        site, flush = self._begin()
        for entry in entries:
            site = _absorbed(apply_entry(site, entry, self._context))
            self._size = Position(self._size + 1)
            if self._size % _BATCH == 0:
                flush()
                site, flush = self._begin()
            # Each close takes the next number, whatever batch it falls into.
            write_numbers(self.connection, (entry,))
        flush()

    def _begin(self) -> tuple[Site, Callable[[], None]]:
        """Return a site on the tables as they are, and what writes its changes to them."""
        accounts = Table(self.connection, codecs.AccountCodec())
        rows = Table(self.connection, codecs.QuotaRowCodec())
        keys = Table(self.connection, codecs.KeyCodec())
        heads = Table(self.connection, codecs.HeadCodec())
        standings = Table(self.connection, codecs.StandingCodec())
        site = replace(
            initial_state(regions=1).primary,
            accounts=TableMap(accounts),
            rows=TableMap(rows),
            keys=TableMap(keys),
            heads=TableMap(heads),
            standings=TableMap(standings),
            ledger=CountedLog(self._size),
        )

        def flush() -> None:
            for write in (accounts.flush, rows.flush, keys.flush, heads.flush, standings.flush):
                write()

        return site, flush


def _absorbed(site: Site) -> Site:
    # The links of the chain are those of the log, which is not derived; nothing here reads them back.
    return replace(
        site,
        accounts=_kept(site.accounts),
        rows=_kept(site.rows),
        keys=_kept(site.keys),
        heads=_kept(site.heads),
        standings=_kept(site.standings),
        chain=FrozenMap(),
    )


def _kept(values: PartialMap[K, V]) -> PartialMap[K, V]:
    return values.absorbed() if isinstance(values, TableMap) else values
