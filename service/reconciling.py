"""Reconciling a store at one named index of its log: compare, classify, and repair what is derived.

Theory of operation. One snapshot of the store is read. The log is replayed up to the cut and to its end by
the function that commits (``replaying``), and every derived table is compared row by row with both. A total
from outside - what a payment processor says it has collected - is compared with the ledger's own, because an
error that is made outward and inward alike cancels inside (B79).

Choices. Repairs go from the log to the projection, at the end of the log only, in one transaction, and each
is written down as a new row of table ``repairs``; the log and its receipts are never touched. An alarm is
raised where the same difference stands at several cuts in a row; what is in flight never raises one.

Not here: signatures and links, which are for the audit.

Source: ``system.md`` section 4, step 7; rules R2.4, R4.3; known-bugs rule R19, B79.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from billproof.model.canonical import parse_json
from billproof.model.differences import Cell, Difference, classify
from billproof.model.identifiers import Amount, Count, CurrencyCode, Position
from billproof.model.money import AmountFormatError, AmountRangeError, parse_amount
from billproof.model.outcomes import EntryKind
from billproof.model.receipts import digest_of
from billproof.model.state import Entry
from billproof.service.errors import InputFileError
from billproof.service.files import read_input, write_output
from billproof.service.reading import read_receipts
from billproof.service.replaying import Replay
from billproof.service.schema import (
    TABLE_COLUMNS,
    open_for_writing,
    reading_store,
    store_error,
    stored_design,
)

COMPARED: Final = (
    ("accounts", 1),
    ("quota_rows", 3),
    ("keys", 2),
    ("heads", 1),
    ("standings", 2),
    ("invoices", 1),
)
"""The derived tables, each with the number of columns of its key."""

LISTED_MAX: Final = 1_000
"""How many differences a report lists; all are counted."""

_REPAIRS: Final = (
    "CREATE TABLE IF NOT EXISTS repairs (repair INTEGER PRIMARY KEY, cut INTEGER, name TEXT, key TEXT,"
    " kind TEXT, stored TEXT, expected TEXT)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileOptions:
    """What the user has asked for."""

    at: Position | None = None
    """The cut; None takes the end of the log."""
    is_repairing: bool = False
    outside: Path | None = None
    """A statement of payments from outside: amounts by currency."""
    history: Path | None = None
    """Where the differences of earlier runs are kept."""
    alarm_after: Count = Count(1)
    """At how many cuts in a row a difference must stand before it raises an alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One difference."""

    kind: Difference
    table: str
    key: tuple[Cell, ...]
    column: str
    """The first column that differs; empty for a whole row."""
    stored: tuple[Cell, ...] | None
    expected: tuple[Cell, ...] | None
    """What the log comes to at its end."""

    @property
    def name(self) -> str:
        """Names the same difference from run to run."""
        return json.dumps([self.table, *self.key], ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTotal:
    """What came in of one currency, by the ledger and by somebody outside."""

    currency: CurrencyCode
    ledger: Amount
    outside: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileReport:
    """What was compared, and what came of it."""

    cut: Position
    entries: Count
    rows: Count
    """Rows compared."""
    counts: dict[Difference, Count]
    items: tuple[Item, ...]
    """The first differences."""
    outside: tuple[OutsideTotal, ...]
    alarms: tuple[str, ...]
    """The differences that have stood long enough."""
    repaired: Count

    @property
    def is_clean(self) -> bool:
        """Whether nothing but what is in flight differs, outside totals included."""
        at_fault = sum(count for kind, count in self.counts.items() if kind != Difference.IN_FLIGHT)
        return at_fault == 0 and all(item.ledger == item.outside for item in self.outside)


def reconcile(database: Path, options: ReconcileOptions) -> ReconcileReport:
    """Reconcile a store at a cut of its log.

    Args:
        database: The store.
        options: What the user has asked for.

    Raises:
        StoreFileError, StoreBusyError, DesignError: The store cannot be used.
        UnreadableEntryError: A receipt does not read as one; that is for an audit.
        InputFileError: A cut beyond the log, or a statement that is none.
    """
    outside = {} if options.outside is None else _statement(options.outside)
    if not options.is_repairing:
        with reading_store(database) as connection:
            return _reconciled(connection, database, options, outside)
    connection = open_for_writing(database)
    try:
        connection.execute(_REPAIRS)
        connection.execute("BEGIN IMMEDIATE")
        report = _reconciled(connection, database, options, outside)
        connection.execute("COMMIT")
        return report
    except sqlite3.Error as error:
        raise store_error(database, error) from error
    finally:
        connection.close()


def _reconciled(
    connection: sqlite3.Connection,
    database: Path,
    options: ReconcileOptions,
    outside: dict[CurrencyCode, Amount],
) -> ReconcileReport:
    (entries,) = connection.execute("SELECT COUNT(*) FROM log").fetchone()
    cut = Position(entries) if options.at is None else options.at
    if cut > entries:
        raise InputFileError(
            str(database), "", f"has {entries} entries, so there is no cut at {cut}", "name a smaller index"
        )
    if options.is_repairing and cut != entries:
        raise InputFileError(
            str(database), "", f"a cut at {cut} of {entries} entries repairs nothing", "leave out --at"
        )
    design = stored_design(connection, database)
    digest = digest_of(design)
    paid: Counter[CurrencyCode] = Counter()
    replay = Replay(design)
    log = _entries(connection, database, paid)
    replay.apply(replace(entry, digest=digest(entry)) for entry in islice(log, cut))
    at_cut = sqlite3.connect(":memory:", isolation_level=None)
    replay.connection.backup(at_cut)
    paid_at_cut = dict(paid)
    replay.apply(replace(entry, digest=digest(entry)) for entry in log)
    counts: Counter[Difference] = Counter()
    items: list[Item] = []
    standing: list[str] = []
    repaired = rows = 0
    for table, key_length in COMPARED:
        for item in _compared(connection, at_cut, replay.connection, table, key_length):
            rows += 1
            if item is None:
                continue
            counts[item.kind] += 1
            if len(items) < LISTED_MAX:
                items.append(item)
            if item.kind == Difference.IN_FLIGHT:
                continue
            standing.append(item.name)
            if options.is_repairing:
                _repair(connection, item, cut)
                repaired += 1
    totals = tuple(
        OutsideTotal(currency=currency, ledger=Amount(paid_at_cut.get(currency, 0)), outside=amount)
        for currency, amount in sorted(outside.items())
    )
    standing += [f"outside {item.currency}" for item in totals if item.ledger != item.outside]
    return ReconcileReport(
        cut=cut,
        entries=Count(entries),
        rows=Count(rows),
        counts={kind: Count(counts[kind]) for kind in Difference},
        items=tuple(items),
        outside=totals,
        alarms=_alarms(standing, options),
        repaired=Count(repaired),
    )


def _entries(connection: sqlite3.Connection, database: Path, paid: Counter[CurrencyCode]) -> Iterator[Entry]:
    for receipt in read_receipts(connection, database):
        if receipt.entry.kind == EntryKind.TOP_UP:
            paid[receipt.entry.currency] += receipt.entry.amount
        yield receipt.entry


def _compared(
    store: sqlite3.Connection,
    at_cut: sqlite3.Connection,
    at_end: sqlite3.Connection,
    table: str,
    key_length: int,
) -> Iterator[Item | None]:
    """Yield, for every row that any of the three has, the difference or ``None``."""
    columns = TABLE_COLUMNS[table]
    found: list[dict[tuple[Cell, ...], tuple[Cell, ...]]] = []
    for connection in (store, at_cut, at_end):
        rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - constants
        found.append({tuple(row[:key_length]): tuple(row) for row in rows})
    stored, cut, end = found
    for key in sorted({*stored, *cut, *end}, key=repr):
        kind = classify(columns, stored.get(key), at_cut=cut.get(key), at_end=end.get(key))
        if kind is None:
            yield None
        else:
            yield Item(
                kind=kind[0],
                table=table,
                key=key,
                column=kind[1],
                stored=stored.get(key),
                expected=end.get(key),
            )


def _repair(connection: sqlite3.Connection, item: Item, cut: Position) -> None:
    """Write a row of a projection as the log has it, and the repair as a row of its own."""
    columns = TABLE_COLUMNS[item.table]
    names = columns[: len(item.key)]
    where = " AND ".join(f"{name} IS ?" for name in names)
    # Table and columns are constants of the schema; what the ledger holds goes in as parameters.
    connection.execute(f"DELETE FROM {item.table} WHERE {where}", item.key)  # noqa: S608
    if item.expected is not None:
        marks = ", ".join("?" for _ in columns)
        connection.execute(f"INSERT INTO {item.table} VALUES ({marks})", item.expected)  # noqa: S608
    connection.execute(
        "INSERT INTO repairs (cut, name, key, kind, stored, expected) VALUES (?, ?, ?, ?, ?, ?)",
        (cut, item.table, item.name, item.kind.value, _text(item.stored), _text(item.expected)),
    )


def _text(row: tuple[Cell, ...] | None) -> str | None:
    return None if row is None else json.dumps([_plain(cell) for cell in row], ensure_ascii=False)


def _plain(cell: Cell) -> str | int | None:
    return cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else cell


def _alarms(standing: list[str], options: ReconcileOptions) -> tuple[str, ...]:
    """Return the differences that have stood at enough cuts in a row, this one included."""
    runs: list[list[str]] = []
    if options.history is not None and options.history.is_file():
        for line in read_input(options.history).splitlines():
            document = parse_json(line, str(options.history))
            if not isinstance(document, list):
                raise InputFileError(
                    str(options.history), "", "is no history of reconciliations", "name another file"
                )
            runs.append([str(name) for name in document])
    runs.append(standing)
    if options.history is not None:
        kept = runs[-max(2, options.alarm_after) :]
        lines = "".join(json.dumps(run, ensure_ascii=False) + "\n" for run in kept)
        write_output(options.history, lines.encode("utf-8"))
    last = runs[-options.alarm_after :]
    if len(last) < options.alarm_after:
        return ()
    return tuple(name for name in standing if all(name in run for run in last))


def _statement(path: Path) -> dict[CurrencyCode, Amount]:
    document = parse_json(read_input(path), str(path))
    try:
        if not isinstance(document, dict):
            raise AmountFormatError(str(document)[:60], "is no object", 'write {"USD": "120.5"}')
        return {CurrencyCode(name): parse_amount(str(amount)) for name, amount in document.items()}
    except (AmountFormatError, AmountRangeError) as error:
        raise InputFileError(
            str(path), "", f"is no statement of payments: {error}", 'write {"USD": "120.5"}'
        ) from error
