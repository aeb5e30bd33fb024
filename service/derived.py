"""Every derived table of a store against the fold of its receipts.

Per-entry rows - log digests and key records - have been compared while the receipts were read; here follow
the tables with one row per customer, quota row, returned or disputed debit or hold, and the counts that
show rows too many.

Source: ``system.md`` section 9, "every other column or table that can be derived from them is derived, and
audited against them"; code ``DERIVED`` of section 5.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from billproof.model.identifiers import NO_PERIOD, NO_SEQUENCE, Amount, CustomerId, Period, Sequence
from billproof.model.outcomes import ReceiptCode
from billproof.model.periods import render_period
from billproof.model.state import Account, ChainName, QuotaRow, RowName, Standing
from billproof.model.verification import Finding
from billproof.service.access import read_public_key
from billproof.service.codecs import AccountCodec, HeadCodec, QuotaRowCodec, StandingCodec
from billproof.service.errors import InputFileError
from billproof.service.fold import Fold
from billproof.service.inspection import NO_CUSTOMER
from billproof.service.schema import TABLE_COLUMNS
from billproof.service.tables import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """The rows that a table should have: per key cells, the whole row and the entry it follows from."""

    rows: Mapping[Row, tuple[Row, CustomerId, Sequence]]


def derived_findings(
    connection: sqlite3.Connection, fold: Fold, *, entries: int, unsigned: int
) -> Iterator[Finding]:
    """Compare the derived tables with a fold.

    Args:
        connection: A store whose texts are read as bytes.
        fold: Of all its receipts.
        entries: How many entries the log has.
        unsigned: How many of them wait for their signature.

    Yields:
        What disagrees.
    """
    yield from _links(connection, entries, unsigned)
    yield from _compare(connection, "heads", 1, _heads(fold))
    yield from _compare(connection, "accounts", 1, _accounts(fold))
    yield from _compare(connection, "quota_rows", 3, _quota_rows(fold))
    yield from _compare(connection, "standings", 2, _standings(fold))
    yield from _compare(connection, "invoices", 1, _invoices(fold))
    yield from _customer_keys(connection, fold)


def waiting(connection: sqlite3.Connection, seen: int) -> int:
    """Return how many entries wait for their signature in the snapshot of a connection.

    Those who read the stretches look a moment later, when somebody may have signed some of them.

    Args:
        connection: A store.
        seen: How many they saw waiting.
    """
    (rows,) = connection.execute("SELECT COUNT(*) FROM unsigned").fetchone()
    if rows == seen:
        return seen
    (count,) = connection.execute(
        "SELECT COUNT(*) FROM log l"
        " WHERE NOT EXISTS (SELECT 1 FROM receipts r WHERE r.customer = l.customer AND r.seq = l.seq)"
    ).fetchone()
    return int(count)


def _links(connection: sqlite3.Connection, entries: int, unsigned: int) -> Iterator[Finding]:
    """Compare the tables that have one row per entry: none too many, none too few, none elsewhere."""
    for table, expected, wrong in (
        (
            "receipts",
            entries - unsigned,
            "NOT EXISTS (SELECT 1 FROM log l WHERE l.customer = t.customer AND l.seq = t.seq)",
        ),
        ("unsigned", unsigned, _NOT_AS_IN_LOG),
        ("outbox", entries, _NOT_AS_IN_LOG),
    ):
        # The two table names and conditions are the constants above: nothing comes from outside.
        row = connection.execute(
            f"SELECT customer, seq FROM {table} t WHERE {wrong} LIMIT 1"  # noqa: S608
        ).fetchone()
        (count,) = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608
        if row is not None:
            yield _finding(
                _customer(row[0]), row[1], f"table {table} names an entry that the log does not have"
            )
        elif count != expected:
            yield _finding(NO_CUSTOMER, None, f"table {table} has {count} rows instead of {expected}")
    (keys,) = connection.execute("SELECT COUNT(*) FROM keys").fetchone()
    if keys != entries:
        yield _finding(NO_CUSTOMER, None, f"table keys has {keys} rows for {entries} entries")


_NOT_AS_IN_LOG = (
    "NOT EXISTS (SELECT 1 FROM log l WHERE l.position = t.position AND l.customer = t.customer"
    " AND l.seq = t.seq)"
)


def _compare(
    connection: sqlite3.Connection, table: str, key_length: int, expected: _Expected
) -> Iterator[Finding]:
    columns = TABLE_COLUMNS[table]
    seen = 0
    for cells in connection.execute(f"SELECT {', '.join(columns)} FROM {table}"):  # noqa: S608
        found = expected.rows.get(cells[:key_length])
        if found is None:
            yield _finding(_customer(cells[0]), None, f"table {table} has a row that no receipt accounts for")
            continue
        seen += 1
        row, customer, sequence = found
        for column, cell, wanted in zip(columns, cells, row, strict=True):
            if cell != wanted:
                yield _finding(
                    customer,
                    sequence,
                    f"{table}.{column} is {_shown(cell)}, the receipts say {_shown(wanted)}",
                )
                break
    if seen != len(expected.rows):
        present = set(connection.execute(_keys_of(table, columns[:key_length])))
        for key, (_, customer, sequence) in expected.rows.items():
            if key not in present:
                yield _finding(customer, sequence, f"table {table} lacks the row of this entry")


def _keys_of(table: str, columns: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - both are constants of the schema


def _heads(fold: Fold) -> _Expected:
    codec = HeadCodec()
    return _Expected(
        rows={
            _raw(codec.key_cells(customer)): (
                _raw(codec.cells(customer, account.head)),
                customer,
                account.head.sequence,
            )
            for customer, account in fold.accounts.items()
        }
    )


def _accounts(fold: Fold) -> _Expected:
    codec = AccountCodec()
    return _Expected(
        rows={
            _raw(codec.key_cells(customer)): (
                _raw(
                    codec.cells(
                        customer,
                        Account(
                            currency=account.currency,
                            balance=account.balance,
                            terms=account.terms,
                            first_period=_or_none(account.first_period),
                            closed_through=_or_none(account.closed_through),
                            holds=account.holds,
                        ),
                    )
                ),
                customer,
                account.head.sequence,
            )
            for customer, account in fold.accounts.items()
        }
    )


def _quota_rows(fold: Fold) -> _Expected:
    codec = QuotaRowCodec()
    rows: dict[Row, tuple[Row, CustomerId, Sequence]] = {}
    for (customer, entitlement, period), row in fold.rows.items():
        name = RowName(customer=customer, entitlement=entitlement, period=period)
        value = QuotaRow(
            used=row.used,
            held=row.held_at_limit is not None,
            held_at_limit=Amount(0) if row.held_at_limit is None else row.held_at_limit,
        )
        rows[_raw(codec.key_cells(name))] = (_raw(codec.cells(name, value)), customer, row.sequence)
    return _Expected(rows=rows)


def _standings(fold: Fold) -> _Expected:
    codec = StandingCodec()
    rows: dict[Row, tuple[Row, CustomerId, Sequence]] = {}
    for (customer, sequence), folded in fold.standings.items():
        name = ChainName(customer=customer, sequence=sequence)
        value = Standing(returned=folded.returned, disputed=folded.disputed, ended=folded.ended)
        rows[_raw(codec.key_cells(name))] = (_raw(codec.cells(name, value)), customer, sequence)
    return _Expected(rows=rows)


def _invoices(fold: Fold) -> _Expected:
    return _Expected(
        rows={
            (number,): (_raw((number, customer, sequence, render_period(period))), customer, sequence)
            for number, (customer, sequence, period) in enumerate(fold.invoices, start=1)
        }
    )


def _customer_keys(connection: sqlite3.Connection, fold: Fold) -> Iterator[Finding]:
    """Compare the registered keys, and each public key with the thumbprint that its registration names."""
    expected: dict[tuple[bytes, bytes], tuple[CustomerId, Sequence, Sequence]] = {}
    for customer, sequence, key_id, revokes in fold.registrations:
        if revokes == NO_SEQUENCE:
            expected[_encoded(customer, key_id)] = (customer, sequence, NO_SEQUENCE)
            continue
        for name, known in expected.items():
            if known == (customer, revokes, NO_SEQUENCE):
                expected[name] = (customer, revokes, sequence)
    rows: list[tuple[object, ...]] = []
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'customer_keys'").fetchone():
        rows = connection.execute(
            "SELECT customer, key_id, seq, revoked, public FROM customer_keys"
        ).fetchall()
    for owner, key, *cells, public in rows:
        found = (
            expected.pop((owner, key), None) if isinstance(owner, bytes) and isinstance(key, bytes) else None
        )
        if found is None:
            yield _finding(
                _customer(owner), None, "table customer_keys has a key that no receipt accounts for"
            )
        elif cells != [found[1], found[2]]:
            yield _finding(found[0], found[1], "table customer_keys says otherwise than the receipts")
        elif not _is_named(public, key) and not (public is None and found[0] in fold.erased):
            yield _finding(found[0], found[1], "the public key kept is not the one that was registered")
    for customer, sequence, _ in expected.values():
        yield _finding(customer, sequence, "table customer_keys lacks a key that was registered")


def _is_named(public: object, key_id: object) -> bool:
    if not isinstance(public, bytes):
        return False
    try:
        return read_public_key(public).key_id.encode("utf-8") == key_id
    except InputFileError:
        return False


def _encoded(customer: CustomerId, key_id: str) -> tuple[bytes, bytes]:
    return customer.encode("utf-8"), key_id.encode("utf-8")


def _or_none(period: Period | None) -> Period:
    return NO_PERIOD if period is None else period


def _raw(cells: Row) -> Row:
    return tuple(cell.encode("utf-8") if isinstance(cell, str) else cell for cell in cells)


def _customer(cell: object) -> CustomerId:
    return CustomerId(cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else str(cell))


def _shown(cell: object) -> str:
    text = cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else str(cell)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _finding(customer: CustomerId, sequence: object, reason: str) -> Finding:
    return Finding(
        customer=customer,
        sequence=Sequence(sequence) if isinstance(sequence, int) else NO_SEQUENCE,
        code=ReceiptCode.DERIVED,
        template=reason,
    )
