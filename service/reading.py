"""Reading the entries of a store in order, for exports and invoices: from receipts, never from projections.

A committed entry whose signature is not written yet is an entry all the same; its body is read instead.
Signatures are not verified here: that is what an audit is for.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from billproof.model.identifiers import CustomerId, IdempotencyKey, Position, Sequence
from billproof.model.jws import JwsEncodingError, split_jws
from billproof.model.receipts import ReceiptFormatError, parse_receipt
from billproof.model.state import Entry
from billproof.service.errors import UnreadableEntryError

_SELECT: Final = (
    "SELECT l.position, l.customer, l.seq, r.jws, u.body FROM log l"
    " LEFT JOIN receipts r ON r.customer = l.customer AND r.seq = l.seq"
    " LEFT JOIN unsigned u ON u.position = l.position"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReceipt:
    """One receipt as it lies in a store."""

    position: Position
    customer: CustomerId
    sequence: Sequence
    jws: str
    """Empty while it is not signed."""
    entry: Entry


def read_receipts(
    connection: sqlite3.Connection, path: Path, customer: CustomerId | None = None
) -> Iterator[StoredReceipt]:
    """Read the receipts of a store in log order.

    Args:
        connection: The store.
        path: Its file, for messages.
        customer: Only the receipts of this one; in the order of their chain.

    Raises:
        UnreadableEntryError: A receipt is missing or does not read as one.
    """
    if customer is None:
        rows = connection.execute(f"{_SELECT} ORDER BY l.position")
    else:
        rows = connection.execute(f"{_SELECT} WHERE l.customer = ? ORDER BY l.seq", (customer,))
    for position, name, sequence, jws, body in rows:
        try:
            if jws is not None:
                entry = parse_receipt(split_jws(str(jws)).payload)
            elif isinstance(body, str):
                entry = parse_receipt(body.encode("utf-8"))
            else:
                raise ReceiptFormatError("missing", "restore it")
        except (ReceiptFormatError, JwsEncodingError, UnicodeEncodeError) as error:
            raise UnreadableEntryError(
                str(path), f"customer {name}, seq {sequence}", f"cannot be read as a receipt: {error}",
                "run billproof audit on the database",
            ) from error  # fmt: skip
        if (entry.customer, entry.sequence) != (name, sequence):
            raise UnreadableEntryError(
                str(path), f"customer {name}, seq {sequence}",
                f"holds the receipt of customer {entry.customer}, seq {entry.sequence}",
                "run billproof audit on the database",
            )  # fmt: skip
        yield StoredReceipt(
            position=Position(position),
            customer=entry.customer,
            sequence=entry.sequence,
            jws=str(jws or ""),
            entry=entry,
        )


def read_entry_under(
    connection: sqlite3.Connection, path: Path, customer: CustomerId, key: IdempotencyKey
) -> Entry | None:
    """Return the entry that an idempotency key is bound to, or None where it is not bound.

    Raises:
        UnreadableEntryError: It does not read as an entry.
    """
    row = connection.execute(
        "SELECT r.jws, u.body FROM keys k JOIN log l ON l.position = k.position"
        " LEFT JOIN receipts r ON r.customer = l.customer AND r.seq = l.seq"
        " LEFT JOIN unsigned u ON u.position = l.position WHERE k.customer = ? AND k.key = ?",
        (customer, key),
    ).fetchone()
    if row is None:
        return None
    try:
        return parse_receipt(split_jws(str(row[0])).payload if row[0] is not None else str(row[1]).encode())
    except (ReceiptFormatError, JwsEncodingError, UnicodeEncodeError) as error:
        raise UnreadableEntryError(
            str(path), f"customer {customer}, key {key}", f"cannot be read as a receipt: {error}",
            "run billproof audit on the database",
        ) from error  # fmt: skip
