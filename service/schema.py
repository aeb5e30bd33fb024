"""The tables of a store, and opening and making the one file that holds them.

``receipts`` is the ledger. Everything else can be derived from it and is audited against it: the log and
its digests, accounts, quota rows, keys, heads, standings, invoice numbers, the outbox. ``unsigned`` holds
bodies that are committed and whose signature is not written yet: the time between a commit and its reply.

Choices: no 64-bit column holds money; amounts are the canonical decimal strings of the wire. No STRICT
tables: a store that has been tampered with must still open, so that the audit can say what is wrong.

Source: ``system.md`` section 9.
"""

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from billproof.model.design import Design
from billproof.model.design_files import parse_design, render_design
from billproof.service.errors import StoreBusyError, StoredDesignError, StoreFileError

SCHEMA_VERSION: Final = "2"
"""The version of the tables below."""

BUSY_SECONDS: Final = 60.0
"""How long a writer waits for another one; one batch takes well under a second."""

_TABLES: Final[tuple[tuple[str, dict[str, type], tuple[str, ...]], ...]] = (
    ("meta", {"name": str, "value": str}, ("name",)),
    ("receipts", {"customer": str, "seq": int, "jws": str}, ("customer", "seq")),
    ("log", {"position": int, "customer": str, "seq": int, "digest": str}, ("position",)),
    ("unsigned", {"position": int, "customer": str, "seq": int, "body": str}, ("position",)),
    ("outbox", {"position": int, "customer": str, "seq": int}, ("position",)),
    (
        "accounts",
        {
            "customer": str, "currency": str, "balance": str, "kind": str, "credit_limit": str,
            "quota": str, "usage_limit": str, "first_period": str, "closed_through": str, "holds": int,
        },
        ("customer",),
    ),
    (
        "quota_rows",
        {
            "customer": str, "entitlement": str, "period": str, "used": str, "held": int,
            "held_at_limit": str,
        },
        ("customer", "entitlement", "period"),
    ),
    (
        "keys",
        {"customer": str, "key": str, "fingerprint": str, "status": str, "position": int, "digest": str},
        ("customer", "key"),
    ),
    ("heads", {"customer": str, "seq": int, "digest": str, "commit_time": str}, ("customer",)),
    (
        "standings",
        {"customer": str, "seq": int, "returned": str, "disputed": str, "ended": int},
        ("customer", "seq"),
    ),
    ("invoices", {"number": int, "customer": str, "seq": int, "period": str}, ("number",)),
)  # fmt: skip

TABLE_COLUMNS: Final = {name: tuple(columns) for name, columns, _ in _TABLES}
"""The columns of every table, in order."""

_FORMS: Final = {
    name: tuple(
        (column, "TEXT" if sort is str else "INTEGER", 0 if column not in key else key.index(column) + 1, 0)
        for column, sort in columns.items()
    )
    for name, columns, key in _TABLES
}
"""Name, type, place in the primary key and kind of every column: 0 is one that holds what was written."""

CELL_BYTES_MAX: Final = 16_000_000
"""The largest cell that is read, in bytes; a signed request has a sixteenth of it."""

STEPS_AT_A_TIME: Final = 1_000_000
"""How many steps of SQLite lie between two looks at a budget."""

_STEPS_MIN: Final = 50_000_000
_STEPS_PER_BYTE: Final = 4
"""A whole audit of an honest store takes fewer than a tenth of a step for each of its bytes."""

_INDICES: Final = (
    "CREATE UNIQUE INDEX log_by_link ON log (customer, seq)",
    "CREATE INDEX keys_by_position ON keys (position)",
)


def is_absent(path: Path) -> bool:
    """Tell whether there is no store at ``path`` yet: no file, or an empty one."""
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)


def open_for_writing(
    path: Path, *, wanted: Design | None = None, default: Design | None = None
) -> sqlite3.Connection:
    """Open a store for writing, and make it if there is none.

    Args:
        path: The file.
        wanted: What a new store is made with, and what an old one must have been made with, if given.
        default: What a new store is made with otherwise; without both, none is made.

    Raises:
        StoreFileError: No such file and no design to make one with, not a database, or another schema.
        StoredDesignError: Made under another design.
        StoreBusyError: Another process is writing for too long.
    """
    design = wanted or default
    if design is None and is_absent(path):
        raise _missing(path)
    if not path.absolute().parent.is_dir():
        raise StoreFileError(str(path), "", "the directory does not exist", "make it, or name another file")
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise StoreFileError(str(path), "", str(error), "check the path and its permissions") from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit is on the disk when it returns, which is what the reply promises.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            if design is None:
                raise _missing(path)
            create_tables(connection, design)
        check_schema(connection, path)
        if wanted is not None:
            _check_design(connection, path, wanted)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        connection.close()
        raise store_error(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a store without any way to change it.

    Raises:
        StoreFileError: No such file, not a database, or another schema.
    """
    if is_absent(path) or not path.is_file():
        raise _missing(path)
    uri = path.absolute().as_uri()
    try:
        try:
            connection = _reader(f"{uri}?mode=ro")
        except sqlite3.OperationalError:
            # On a read-only medium SQLite cannot make the shared-memory file of a WAL database. Without a
            # WAL beside it the file itself is complete.
            if path.with_name(path.name + "-wal").exists():
                raise
            connection = _reader(f"{uri}?mode=ro&immutable=1")
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    try:
        check_schema(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise store_error(path, error) from error
    except StoreFileError:
        connection.close()
        raise
    return connection


@contextmanager
def reading_store(path: Path) -> Generator[sqlite3.Connection, None, None]:
    """Open a store for reading one snapshot of it, and close it.

    Raises:
        StoreFileError: No such file, not a database, another schema, or damaged where it is read.
    """
    connection = open_for_reading(path)
    try:
        connection.execute("BEGIN")
        yield connection
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        connection.close()


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Check that a database is a store of this version.

    Raises:
        StoreFileError: A table is missing or has other columns, or the schema version is another one.
    """
    # Whatever is computed when it is read may compute for ever, the version as well: views, virtual tables.
    computed = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index')"
        " OR (type = 'table' AND sql LIKE 'create virtual%') LIMIT 1"
    ).fetchone()
    if computed is not None:
        kind, name = (_shown(cell) for cell in computed)
        raise StoreFileError(
            str(path), f"{kind} {name[:60]}", "is nothing that a billproof database has",
            "read a copy that nobody has added to",
        )  # fmt: skip
    has_meta = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
    version = read_meta(connection, "schema_version") if has_meta else SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        raise StoreFileError(
            str(path), "", f"has schema version {version}, this version reads {SCHEMA_VERSION}",
            "read it with the version that made it, or bill the usage into a new file",
        )  # fmt: skip
    for table, form in _FORMS.items():
        rows = connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
        found = tuple((_shown(row[1]), _shown(row[2]), row[5], row[6]) for row in rows)
        if not found:
            raise StoreFileError(
                str(path), "", f"is no billproof database: it has no table {table}", "name the right file"
            )
        if found != form:
            raise StoreFileError(
                str(path), f"table {table}", f"has the columns {_columns_text(found)}",
                f"this version reads {_columns_text(form)}",
            )  # fmt: skip


def bound_steps(connection: sqlite3.Connection, path: Path) -> None:
    """Let a connection take only as many steps as a file of this size can honestly need.

    A damaged tree of pages may lead to the same page again and again, which no other limit ends. Beyond the
    budget, statements fail as interrupted.
    """
    budget = _STEPS_MIN + _STEPS_PER_BYTE * path.stat().st_size
    looks = iter(range(budget // STEPS_AT_A_TIME))
    connection.set_progress_handler(lambda: next(looks, None) is None, STEPS_AT_A_TIME)


def read_meta(connection: sqlite3.Connection, name: str) -> str | None:
    """Return a value of table ``meta``, or None."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    return row[0].decode("utf-8", "replace") if isinstance(row[0], bytes) else str(row[0])


def write_meta(connection: sqlite3.Connection, items: Iterable[tuple[str, str]]) -> None:
    """Set values of table ``meta``, inside the transaction of the caller."""
    connection.executemany("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", list(items))


def stored_design(connection: sqlite3.Connection, path: Path) -> Design:
    """Return the design under which a store was made.

    Raises:
        StoreFileError: The store names none.
        DesignError: What it names is no design.
    """
    text = read_meta(connection, "design")
    if text is None:
        raise StoreFileError(str(path), "table meta", "names no design", "restore the file from a copy")
    return parse_design(text, source=f"{path} (table meta)")


def store_error(path: Path, error: sqlite3.Error) -> StoreFileError | StoreBusyError:
    """Return the typed error for what SQLite says."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreBusyError(
            str(path), "", f"another process is writing to it ({text})", "run the same command again later"
        )
    if "interrupted" in text:
        return StoreFileError(
            str(path),
            "",
            "takes more steps to read than any store of its size",
            "restore the file from a copy",
        )
    if "not a database" in text or "malformed" in text:
        return StoreFileError(str(path), "", f"cannot be read: {text}", "name the right file, or a copy")
    return StoreFileError(str(path), "", f"cannot be used: {text}", "check the path and its permissions")


def create_tables(connection: sqlite3.Connection, design: Design) -> None:
    """Make the tables of a store, inside the transaction of the caller."""
    # sqlite-utils is slow to import and only a new store needs it.
    from sqlite_utils import Database

    writer = Database(connection)
    for name, columns, key in _TABLES:
        connection.execute(writer.create_table_sql(name, columns, pk=key if len(key) > 1 else key[0]))
    for statement in _INDICES:
        connection.execute(statement)
    write_meta(connection, (("schema_version", SCHEMA_VERSION), ("design", render_design(design))))


def _check_design(connection: sqlite3.Connection, path: Path, design: Design) -> None:
    stored = stored_design(connection, path)
    if stored != design:
        raise StoredDesignError(
            str(path), "", f"was made under design {stored.name}, not {design.name}",
            f"leave out --design, or bill into another file under {design.name}",
        )  # fmt: skip


def _reader(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, CELL_BYTES_MAX)
        # Nothing that a file brings along is run, and the sizes that its pages state are checked.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _shown(cell: object) -> str:
    return cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else str(cell)


def _columns_text(form: tuple[tuple[str, str, int, int], ...]) -> str:
    kinds = ("", " (hidden)", " (generated)", " (generated)")
    return ", ".join(f"{name[:60]} {sort[:60]}{kinds[kind]}" for name, sort, _, kind in form)


def _missing(path: Path) -> StoreFileError:
    return StoreFileError(str(path), "", "no such store", "make one with: billproof ingest FILE --db DB")
