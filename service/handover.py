"""Reading both sides of a migration check: the old system's events as JSON lines, the ledger's entries.

A line is an event as ``ingest`` takes it, with its ``idempotency_key``, and may say in ``number`` which place
the old system gave it among its customer's. The same file can be billed with ``ingest`` first and checked
here after.

Source: ``model.migration``; claims MG-4, MG-5.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from billproof.model.canonical import JsonInputError, parse_json
from billproof.model.identifiers import Instant
from billproof.model.migration import BilledEvent, Comparison, compare_events
from billproof.model.outcomes import STORED_REFUSALS, EntryKind
from billproof.service.errors import InputFileError
from billproof.service.events import event_line
from billproof.service.lines import BadLine
from billproof.service.reading import read_receipts
from billproof.service.schema import reading_store
from billproof.service.usage import OPENING_KEY, Operation

LINE_MAX: Final = 1_000_000
"""The longest line that is looked at, in bytes."""

_KINDS: Final = {
    Operation.CHARGE: EntryKind.DEBIT,
    Operation.CREDIT: EntryKind.CREDIT,
    Operation.ADJUSTMENT: EntryKind.ADJUSTMENT,
    Operation.REFUND: EntryKind.REFUND,
    Operation.TOP_UP: EntryKind.TOP_UP,
}


def check_migration(old: Path, database: Path, hand_over: Instant | None) -> Comparison:
    """Compare the old system's events with the ledger.

    Args:
        old: Its events, as JSON lines.
        database: The store.
        hand_over: From when on the new system bills.

    Raises:
        InputFileError: A line that is no event of a key.
        RimError: The store cannot be read.
    """
    events = list(read_old_events(old))
    return compare_events(events, read_new_events(database), hand_over)


def read_old_events(path: Path) -> Iterator[BilledEvent]:
    """Read the old system's events.

    Raises:
        InputFileError: The file cannot be read, or a line is no event.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_MAX):
                number += 1
                if line.strip():
                    yield _old_event(line, number, str(path))
    except OSError as error:
        raise InputFileError(
            str(path), "", f"cannot be read: {error.strerror}", "check the path and its permissions"
        ) from error


def read_new_events(database: Path) -> Iterator[BilledEvent]:
    """Read the entries of a store that bill or refuse; the opening of an account does neither.

    Raises:
        RimError: The store cannot be read.
    """
    with reading_store(database) as connection:
        for receipt in read_receipts(connection, database):
            entry = receipt.entry
            is_refused = entry.status in STORED_REFUSALS or entry.kind == EntryKind.REFUSAL
            if (entry.kind in _BILLING or is_refused) and entry.key != OPENING_KEY:
                yield BilledEvent(
                    customer=entry.customer, key=entry.key, kind=entry.kind, amount=entry.amount,
                    currency=entry.currency, event_time=entry.event_time, number=entry.sequence,
                    is_refused=is_refused,
                )  # fmt: skip


_BILLING: Final = frozenset(_KINDS.values())


def _old_event(text: bytes, number: int, source: str) -> BilledEvent:
    place = f"line {number}"
    try:
        document = parse_json(text.strip(), source)
    except JsonInputError as error:
        raise InputFileError(source, place, error.problem, error.remedy) from error
    if not isinstance(document, dict):
        raise InputFileError(source, place, "is no JSON object", "write one event per line")
    given = document.pop("number", 0)
    if type(given) is not int or given < 0:
        raise InputFileError(source, place, f"number {given!r} is no place", "count from 1, or leave it out")
    line = event_line(document, number)
    if isinstance(line, BadLine):
        raise InputFileError(source, f"{place}, member {line.column}", line.problem, line.remedy)
    return BilledEvent(
        customer=line.customer, key=line.key, kind=_KINDS[line.operation], amount=line.amount,
        currency=line.currency, event_time=line.event_time, number=given,
    )  # fmt: skip
