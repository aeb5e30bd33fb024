"""What an incremental export takes over, and what it misses or doubles."""

from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.firestore import Document
from billproof.model.platform.table import Table
from billproof.model.platform.units import RowKey
from billproof.model.platform.warehouse import (
    LAWS,
    SNAPSHOTS_KEPT,
    export,
    new_warehouse,
    snapshot,
    take_row,
)

HOURS = st.integers(0, 9)


def documents(*times: int) -> Table[Document[int]]:
    """Return documents with these server times, numbered from 0."""
    return Table((key, Document(Count(1), Instant(time), 7)) for key, time in enumerate(times))


@given(st.lists(HOURS, max_size=8), st.lists(HOURS, max_size=5), st.booleans())
def test_the_laws_hold_and_nothing_is_exported_twice(
    times: list[int], runs: list[int], merges: bool  # noqa: FBT001 - drawn
) -> None:  # fmt: skip
    store = documents(*times)
    warehouse = new_warehouse(merges=merges)
    for now in runs:
        after = export(warehouse, store, Instant(now))
        assert all(law.holds(warehouse, after) for law in LAWS)
        warehouse = after
    assert dict(warehouse.rows.items()) == {
        key: 1 for key, time in enumerate(times) if runs and time <= max(runs)
    }


def test_laws_fail_on_broken_steps() -> None:
    before = export(new_warehouse(merges=False), documents(1, 2), Instant(5))
    by_name = {law.name: law for law in LAWS}
    assert not by_name["watermark_never_falls"].holds(before, new_warehouse(merges=False))
    twice = take_row(before, RowKey(0))
    merging = new_warehouse(merges=True)
    broken = type(merging)(merges=True, watermark=Instant(5), rows=twice.rows, snapshots=())
    assert not by_name["merged_once"].holds(merging, broken)


def test_snapshots_of_a_year_are_kept() -> None:
    warehouse = new_warehouse(merges=True)
    for week in range(60):
        warehouse = snapshot(take_row(warehouse, RowKey(week)), Instant(week))
    assert len(warehouse.snapshots) == SNAPSHOTS_KEPT
    assert warehouse.snapshots[0].time == 60 - SNAPSHOTS_KEPT
    assert len(warehouse.snapshots[0].rows) == 60 - SNAPSHOTS_KEPT + 1, "a snapshot is not changed later"


def test_edge_late_document_is_never_exported() -> None:
    warehouse = export(new_warehouse(merges=True), documents(1), Instant(10))
    behind = documents(1, 9)
    for now in (11, 20):
        warehouse = export(warehouse, behind, Instant(now))
    assert warehouse.rows.get(1) is None


def test_edge_two_feeds_double_the_rows() -> None:
    for merges, rows in ((False, 2), (True, 1)):
        fed = take_row(new_warehouse(merges=merges), RowKey(0))
        assert export(fed, documents(1), Instant(5)).rows.get(0) == rows
