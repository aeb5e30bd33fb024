"""What was synced survives, what was not may survive in any order, and what lies is not told by the disk."""

from collections.abc import Iterator
from dataclasses import replace

from billproof.model.platform.table import Table
from billproof.model.platform.units import Mask
from billproof.simulations.kernel.disks import (
    EMPTY,
    LAWS,
    SHARP_EDGES,
    TORN,
    Disk,
    crash,
    flip,
    misdirect,
    read,
    sync,
    write,
)
from tests.model.platform.search import explore


def moves(disk: Disk) -> Iterator[tuple[str, Disk]]:
    """Yield writes of two values to two blocks, syncs, and every crash."""
    if len(disk.pending) < 3:
        for block in (0, 1):
            for value in (1, 2):
                yield f"write {block} {value}", write(disk, block, value)
    yield "sync", sync(disk)
    for kept in range(1 << len(disk.pending)):
        for torn in range(-1, len(disk.pending)):
            yield f"crash {kept} {torn}", crash(disk, Mask(kept), torn)


def test_the_laws_hold_in_every_state() -> None:
    found = explore(EMPTY, moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states == 16 * (1 + 4 + 16 + 64), "two blocks of four values, and up to three writes"


def test_laws_fail_on_a_disk_that_forgets_or_invents() -> None:
    before = sync(write(EMPTY, 0, 1))
    by_name = {law.name: law for law in LAWS}
    assert not by_name["synced_survives"].holds(before, EMPTY)
    assert not by_name["nothing_invented"].holds(before, replace(before, synced=Table([(0, 9)])))


def test_a_write_is_seen_at_once_and_safe_after_a_sync() -> None:
    disk = write(write(EMPTY, 0, 1), 0, 2)
    assert read(disk, 0) == 2
    assert read(crash(disk, Mask(0)), 0) is None
    assert read(crash(sync(disk), Mask(0)), 0) == 2
    assert read(disk, 1) is None


def test_a_torn_block_is_neither_old_nor_new() -> None:
    disk = write(sync(write(EMPTY, 0, 1)), 0, 2)
    assert read(crash(disk, Mask(0), torn=0), 0) == TORN
    assert flip(crash(disk, Mask(0), torn=0), 0, 3) == crash(disk, Mask(0), torn=0)


def test_edge_unsynced_writes_survive_out_of_order() -> None:
    disk = write(write(EMPTY, 0, 1), 1, 2)
    after = crash(disk, Mask(0b10))
    assert (read(after, 0), read(after, 1)) == (None, 2)


def test_edge_flipped_bit_reads_as_a_value() -> None:
    disk = sync(write(EMPTY, 0, 4))
    assert read(flip(disk, 0, 1), 0) == 6
    hit = sync(misdirect(write(disk, 0, 8), 0, 1))
    assert (read(hit, 0), read(hit, 1)) == (4, 8)
    assert {edge.name for edge in SHARP_EDGES} == {
        "unsynced_writes_survive_out_of_order", "flipped_bit_reads_as_a_value",
    }  # fmt: skip
