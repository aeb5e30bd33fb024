"""Damage to SQLite databases: bytes of pages and of the header, and what an intruder with SQL leaves."""

import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Final

_PAGE: Final = 4_096
_TABLES: Final = (
    "receipts", "log", "keys", "heads", "accounts", "meta", "audit_log", "unsigned", "standings",
    "quota_rows", "outbox", "invoices",
)  # fmt: skip
_VALUES: Final = (
    "NULL", "''", "'x'", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5", "1e999", "x'ff00'",
    "zeroblob(3000000)", "'2024-13'", "char(0)", "'9999999999999999999999999999999999999'",
    "CAST(x'eda080' AS TEXT)", "'1e5'", "'\u0663'", "hex(zeroblob(50000))", "rowid", "'..'", "'USD'",
)  # fmt: skip
_SCHEMA: Final = "UPDATE sqlite_master SET"
_ENDLESS: Final = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT"


def damaged_database(data: bytes, draft: Path, random: Random) -> bytes:
    """Return the bytes of a database with damage.

    Args:
        data: A whole database, in one file.
        draft: Where it may be written to be changed by SQL.
        random: Decides what is damaged.
    """
    if random.randrange(3) == 0:
        return _damaged_pages(data, random)
    draft.write_bytes(data)
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")
        for _ in range(random.choice((1, 1, 2, 3))):
            # What SQLite itself refuses is no damage.
            with contextlib.suppress(sqlite3.Error):
                for statement in _intrusion(connection, random):
                    connection.execute(statement)
    made = draft.read_bytes()
    return _damaged_pages(made, random) if random.randrange(8) == 0 else made


def _damaged_pages(data: bytes, random: Random) -> bytes:
    pages = len(data) // _PAGE
    made = bytearray(data)
    for _ in range(random.choice((1, 1, 3, 10))):
        start = random.randrange(pages) * _PAGE
        way = random.randrange(7)
        if way == 0:
            place = random.randrange(len(made))
            made[place] ^= 1 << random.randrange(8)
        elif way == 1:
            # The header of a page: its kind, its cells, its right-most child.
            made[start + random.randrange(12)] = random.randrange(256)
        elif way == 2:
            made[start : start + _PAGE] = bytes(_PAGE)
        elif way == 3:
            other = random.randrange(pages) * _PAGE
            made[start : start + _PAGE] = made[other : other + _PAGE]
        elif way == 4:
            made[random.randrange(100)] = random.randrange(256)
        elif way == 5:
            place = start + random.randrange(_PAGE - 4)
            made[place : place + 4] = random.randrange(pages + 3).to_bytes(4, "big")
        else:
            return bytes(made[: random.randrange(len(made))])
    return bytes(made)


def _intrusion(connection: sqlite3.Connection, random: Random) -> tuple[str, ...]:
    """Return statements that change one thing: a cell, a row, a table, or what a name stands for."""
    table = random.choice(_TABLES)
    columns = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")] or ["x"]
    column, value = random.choice(columns), random.choice(_VALUES)
    listed = ", ".join(columns)
    one = f"rowid = (SELECT rowid FROM {table} ORDER BY RANDOM() LIMIT 1)"  # noqa: S608 - names of our own
    if random.randrange(2):
        return (f"UPDATE {table} SET {column} = {value} WHERE {one}",)  # noqa: S608 - names of our own
    hostile = ", ".join(f"{value} AS {name}" for name in columns)
    away = f"ALTER TABLE {table} RENAME TO t"
    write = "PRAGMA writable_schema = ON"
    return random.choice(
        (
            (f"DELETE FROM {table} WHERE {one}",),  # noqa: S608 - as above
            (f"INSERT INTO {table} SELECT {', '.join(value for _ in columns)}",),
            (away, f"CREATE VIEW {table} AS SELECT * FROM t"),  # noqa: S608 - as above
            (away, f"CREATE VIEW {table} AS {_ENDLESS} {hostile} FROM c"),
            (away, f"CREATE TABLE {table} ({listed})", f"INSERT INTO {table} SELECT * FROM t"),  # noqa: S608
            (away, f"CREATE TABLE {table} ({listed}, g AS ({value}))"),
            (away, f"CREATE VIRTUAL TABLE {table} USING fts5({listed})"),
            (f"DROP TABLE {table}",),
            ("DROP INDEX log_by_link",),
            ("DROP INDEX keys_by_position",),
            (
                f"CREATE INDEX i ON {table} ({column})",
                write,
                f"{_SCHEMA} rootpage = rootpage + 1 WHERE name = 'i'",
            ),
            (write, f"{_SCHEMA} sql = sql || ' --' || hex(zeroblob(99999))"),
            (write, f"{_SCHEMA} rootpage = 2 WHERE name = '{table}'"),
            (f"CREATE TRIGGER t AFTER INSERT ON {table} BEGIN SELECT 1; END",),
            ("PRAGMA journal_mode = WAL",),
            ("PRAGMA user_version = 2147483647",),
            ("PRAGMA encoding = 'UTF-16'",),
        )
    )
