"""Where a store lies, and whose data may lie there: a write into the wrong region is refused.

A store says in which region it lies; without a word it is the primary one. A customer's residency is fixed
when its account is opened. Personal data, and the key under which it is kept, are written only where
``model.residency`` allows; the ledger holds pseudonyms and commitments and may be everywhere. Moving a store
is a failover like any other: it is refused while personal data in it may not come along.

Source: ``system.md`` section 7; ``model.residency``; XH-01 to XH-03.
"""

import sqlite3
from pathlib import Path
from typing import Final

from billproof.model.identifiers import CustomerId
from billproof.model.residency import (
    ALLOWED_SITES,
    DataClass,
    Residency,
    Site,
    failover_is_allowed,
    may_be_at,
)
from billproof.service.errors import RimError
from billproof.service.schema import open_for_writing, read_meta, reading_store, store_error, write_meta
from billproof.service.tables import Row

PRIMARY: Final = Site.US_CENTRAL1
"""Where a store lies that does not say so."""

RESIDENCIES_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS residencies (customer TEXT PRIMARY KEY, residency TEXT)"
)
"""The residencies of customers; who has no row may have its data anywhere."""

_META: Final = "site"


class ResidencyError(RimError):
    """Data that may not lie where it was to be written; nothing was written."""


def residency_statement(customer: CustomerId, residency: Residency) -> tuple[str, Row]:
    """Return what keeps a residency, for the transaction that opens the account."""
    return "INSERT INTO residencies VALUES (?, ?)", (customer, residency.value)


def residency_of(connection: sqlite3.Connection, customer: CustomerId) -> Residency:
    """Return the residency of a customer."""
    row = connection.execute("SELECT residency FROM residencies WHERE customer = ?", (customer,)).fetchone()
    return Residency.ANYWHERE if row is None else Residency(str(row[0]))


def site_of(connection: sqlite3.Connection) -> Site:
    """Return where a store lies."""
    stored = read_meta(connection, _META)
    return PRIMARY if stored is None else Site(stored)


def check_may_lie(connection: sqlite3.Connection, database: Path, customer: CustomerId) -> None:
    """Check that personal data of a customer may be written into this store.

    Raises:
        ResidencyError: It may lie in other regions only; the message names them.
    """
    residency, site = residency_of(connection, customer), site_of(connection)
    if not may_be_at(residency, DataClass.PERSONAL, site):
        allowed = ", ".join(item.value for item in ALLOWED_SITES[residency, DataClass.PERSONAL])
        raise ResidencyError(
            str(database), f"customer {customer!r}",
            f"lies in {site.value}, where its personal data may not be",
            f"write it into a store in {allowed}",
        )  # fmt: skip


def read_site(database: Path) -> Site:
    """Return where a store lies.

    Raises:
        StoreFileError: It cannot be read.
    """
    with reading_store(database) as connection:
        return site_of(connection)


def move_store(database: Path, target: Site) -> None:
    """Say where a store lies from now on.

    Raises:
        ResidencyError: Personal data in it may not come along; nothing was changed.
        RimError: The store cannot be used.
    """
    connection = open_for_writing(database)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(RESIDENCIES_TABLE)
        for customer in _with_personal_data(connection):
            if not failover_is_allowed(residency_of(connection, customer), DataClass.PERSONAL, target):
                raise ResidencyError(
                    str(database), f"customer {customer!r}",
                    f"has personal data that may not be in {target.value}",
                    "erase it, or keep it in a store of its own region, and move the rest",
                )  # fmt: skip
        write_meta(connection, ((_META, target.value),))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise store_error(database, error) from error
    finally:
        # Whatever is not committed by now is rolled back.
        connection.close()


def _with_personal_data(connection: sqlite3.Connection) -> tuple[CustomerId, ...]:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'personal_data'").fetchone() is None:
        return ()
    rows = connection.execute("SELECT DISTINCT customer FROM personal_data ORDER BY customer").fetchall()
    return tuple(CustomerId(row[0]) for row in rows)
