"""The warehouse: what an hourly export has taken over from the documents, and weekly snapshots.

Theory of operation. Each run takes the documents whose server time lies after the watermark and up to the
time of the run, and moves the watermark there. A row has a merge key or is simply appended; a second feed
(the consumer of the topic) writes the same rows.

Source: ``system.md`` section 2; SC-24, BK-04, LF-08, XA-73.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.firestore import Document
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.table import Table
from billproof.model.platform.units import HOUR, Micros, RowKey

EXPORT_EVERY: Final = HOUR
"""How often the export runs (SC-24)."""

SNAPSHOT_EVERY: Final = Micros(7 * 24 * HOUR)
"""How often a snapshot is taken (BK-04)."""

SNAPSHOTS_KEPT: Final = 52
"""How many snapshots are kept: a year (BK-04)."""


class Snapshot(NamedTuple):
    """All rows at one moment."""

    time: Instant
    rows: Table[Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """What has been taken over."""

    merges: bool
    """Whether a row is merged by its key; otherwise it is appended."""
    watermark: Instant
    """Documents up to this server time count as taken."""
    rows: Table[Count]
    """By document: how many rows of it there are."""
    snapshots: tuple[Snapshot, ...]
    """Oldest first."""


def new_warehouse(*, merges: bool) -> Warehouse:
    """Return an empty warehouse."""
    return Warehouse(merges=merges, watermark=Instant(-1), rows=Table(), snapshots=())


def take_row(warehouse: Warehouse, key: RowKey) -> Warehouse:
    """Write one row, from whichever feed."""
    there = warehouse.rows.get(key) or Count(0)
    count = Count(1) if warehouse.merges else Count(there + 1)
    return replace(warehouse, rows=warehouse.rows.put(key, count))


def export(warehouse: Warehouse, documents: Table[Document[int]], now: Instant) -> Warehouse:
    """Run the incremental export up to a time."""
    for key, document in documents.items():
        if warehouse.watermark < document.server_time <= now and document.value is not None:
            warehouse = take_row(warehouse, RowKey(key))
    return replace(warehouse, watermark=Instant(max(now, warehouse.watermark)))


def snapshot(warehouse: Warehouse, now: Instant) -> Warehouse:
    """Keep all rows as they are, and drop the oldest snapshot beyond a year."""
    kept = (*warehouse.snapshots, Snapshot(now, warehouse.rows))[-SNAPSHOTS_KEPT:]
    return replace(warehouse, snapshots=kept)


def watermark_never_falls(before: Warehouse, after: Warehouse) -> bool:
    """Tell whether no run went back."""
    return after.watermark >= before.watermark


def merged_rows_are_single(before: Warehouse, after: Warehouse) -> bool:
    """Tell whether with a merge key each document has one row, however often it is fed."""
    del before
    return not after.merges or all(count == 1 for _, count in after.rows.items())


LAWS: Final[tuple[Law[Warehouse], ...]] = (
    Law(
        name="watermark_never_falls",
        statement="an export never goes back behind an earlier one",
        source="SC-24",
        holds=watermark_never_falls,
    ),
    Law(
        name="merged_once",
        statement="with a merge key a document has one row, whatever the feeds repeat",
        source="XA-73; R8",
        holds=merged_rows_are_single,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="late_document_is_never_exported",
        statement="a document with a server time at or before the watermark is never taken over",
        source="SC-24, XA-45",
    ),
    SharpEdge(
        name="two_feeds_double_the_rows",
        statement="export and topic write the same document twice where rows are appended",
        source="SC-24, LF-08, XA-73",
    ),
)
