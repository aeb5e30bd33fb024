"""A disk: what was written, what of it was synced, and what a crash makes of the rest.

Theory of operation. A write is seen at once and is safe only after a sync. A crash keeps any subset of the
writes since then, in any order across blocks, and may tear one: its block is then neither old nor new and
reads as ``TORN``, which a checksum shows. A flipped bit and a misdirected write are not shown by the disk:
they read as values, and only whoever keeps digests sees them. Which writes a crash keeps is an argument.

Source: ``simulation.md``, faults 5 and 7; TigerBeetle's storage fault model.
"""

from dataclasses import dataclass
from typing import Final

from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.table import Table
from billproof.model.platform.units import Mask

TORN: Final = -1
"""What a torn block reads as; values are not negative."""

NOTHING: Final = -1
"""No pending write is torn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One disk of numbered blocks."""

    synced: Table[int]
    """What survives every crash."""
    pending: tuple[tuple[int, int], ...]
    """Block and value of each write since the last sync, in order."""


EMPTY: Final = Disk(synced=Table(), pending=())
"""A new disk."""


def read(disk: Disk, block: int) -> int | None:
    """Return what a block reads as; None if it was never written."""
    for written, value in reversed(disk.pending):
        if written == block:
            return value
    return disk.synced.get(block)


def write(disk: Disk, block: int, value: int) -> Disk:
    """Write a block; a crash before the next sync may undo it."""
    return Disk(synced=disk.synced, pending=(*disk.pending, (block, value)))


def sync(disk: Disk) -> Disk:
    """Make everything written so far safe."""
    synced = disk.synced
    for block, value in disk.pending:
        synced = synced.put(block, value)
    return Disk(synced=synced, pending=())


def crash(disk: Disk, kept: Mask, torn: int = NOTHING) -> Disk:
    """Lose what was not synced, but for the pending writes of ``kept``; ``torn`` is the one that is torn."""
    synced = disk.synced
    for number, (block, value) in enumerate(disk.pending):
        if number == torn:
            synced = synced.put(block, TORN)
        elif kept >> number & 1:
            synced = synced.put(block, value)
    return Disk(synced=synced, pending=())


def flip(disk: Disk, block: int, bit: int) -> Disk:
    """Flip a bit of what is on the disk; nothing says so."""
    value = disk.synced.get(block)
    if value is None or value == TORN:
        return disk
    return Disk(synced=disk.synced.put(block, value ^ 1 << bit), pending=disk.pending)


def misdirect(disk: Disk, meant: int, hit: int) -> Disk:
    """Let the last pending write of one block have gone to another."""
    pending = list(disk.pending)
    for number in range(len(pending) - 1, -1, -1):
        if pending[number][0] == meant:
            pending[number] = (hit, pending[number][1])
            break
    return Disk(synced=disk.synced, pending=tuple(pending))


def synced_survives(before: Disk, after: Disk) -> bool:
    """Tell whether a block that no pending write touches reads as before."""
    touched = {block for block, _ in before.pending} | {block for block, _ in after.pending}
    return all(
        after.synced.get(block) == value for block, value in before.synced.items() if block not in touched
    )


def nothing_is_invented(before: Disk, after: Disk) -> bool:
    """Tell whether each block reads as something that was once written to it, or as torn."""
    for block, value in after.synced.items():
        known = {old for written, old in (*before.pending, *after.pending) if written == block}
        if value not in known | {before.synced.get(block), TORN}:
            return False
    return True


LAWS: Final[tuple[Law[Disk], ...]] = (
    Law(
        name="synced_survives",
        statement="what was synced is there after every crash",
        source="simulation.md, fault 5",
        holds=synced_survives,
    ),
    Law(
        name="nothing_invented",
        statement="a crash leaves old values, new values and torn blocks, and nothing else",
        source="simulation.md, fault 5",
        holds=nothing_is_invented,
    ),
)
"""What holds until a bit is flipped or a write is misdirected."""

SHARP_EDGES: Final = (
    SharpEdge(
        name="unsynced_writes_survive_out_of_order",
        statement="a later write may survive a crash that an earlier one does not",
        source="simulation.md, fault 5",
    ),
    SharpEdge(
        name="flipped_bit_reads_as_a_value",
        statement="a flipped bit or a misdirected write is not reported by the disk",
        source="simulation.md, fault 7",
    ),
)
