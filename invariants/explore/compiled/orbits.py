"""Symmetry on packed records: the canonical record of each orbit, and how many records it stands for.

The relabellings, and what they do to places and names, are those of the plain search; here they are applied
to arrays. The canonical record is the same one: the least of its images.
"""

from collections.abc import Callable, Sequence
from math import factorial
from typing import TypeAlias

import numpy as np

from billproof.invariants.explore.compiled.layout import Flags, Layout, Numbers, Slot, Words, size_of
from billproof.invariants.explore.models.model import Model, S
from billproof.invariants.explore.symmetry import Image, Orbits

Canonical: TypeAlias = Callable[[Words], tuple[Words, Numbers]]
"""Gives the canonical record of each record, and the size of its orbit."""


def canonical_of(model: Model[S], layout: Layout) -> Canonical:
    """Return what finds the canonical records of a model.

    Raises:
        FalseSymmetryError: The model declares none, or one that does not fit its fields.
    """
    orbits = Orbits(model)
    if orbits.columns:
        return _sorting(layout, orbits.columns)
    images = [_image(layout, image) for image in orbits.group]

    def least(words: Words) -> tuple[Words, Numbers]:
        best = words
        fixed = np.zeros(size_of(words), dtype=np.int64)
        for image in images:
            other = image(words)
            fixed += _equal(other, words)
            best = _smaller(other, best)
        # The records of an orbit are the relabellings, counted modulo those that leave a record as it is.
        return best, len(images) // fixed

    return least


def _equal(left: Words, right: Words) -> Flags:
    found = np.ones(size_of(left), dtype=np.bool_)
    for one, other in zip(left, right, strict=True):
        found &= one == other
    return found


def _smaller(left: Words, right: Words) -> Words:
    if len(left) == 1:
        return (np.minimum(left[0], right[0]),)
    decided = np.zeros(size_of(left), dtype=np.bool_)
    less = np.zeros(size_of(left), dtype=np.bool_)
    for one, other in zip(left, right, strict=True):
        less |= ~decided & (one < other)
        decided |= one != other
    return tuple(np.where(less, one, other) for one, other in zip(left, right, strict=True))


def _image(layout: Layout, image: Image) -> Callable[[Words], Words]:
    moves: dict[tuple[int, int, int], int] = {}
    tables: list[tuple[Slot, Slot, np.ndarray[tuple[int], np.dtype[np.uint64]]]] = []
    for number, (source, names) in enumerate(image):
        here, there = layout.slots[number], layout.slots[source]
        if names is None:
            way = (there.word, here.word, there.shift - here.shift)
            moves[way] = moves.get(way, 0) | there.mask
        else:
            table = np.zeros(1 << there.bits, dtype=np.uint64)
            table[: len(names)] = names
            tables.append((there, here, table))

    def apply(words: Words) -> Words:
        after = [np.zeros(size_of(words), dtype=np.uint64) for _ in words]
        for (source, target, distance), mask in moves.items():
            part = words[source] & np.uint64(mask)
            shift = np.uint64(abs(distance))
            after[target] |= part >> shift if distance >= 0 else part << shift
        for there, here, table in tables:
            after[here.word] |= table[_read(words, there)] << np.uint64(here.shift)
        return tuple(after)

    return apply


def _read(words: Words, slot: Slot) -> Numbers:
    part = (words[slot.word] >> np.uint64(slot.shift)) & np.uint64((1 << slot.bits) - 1)
    return part.astype(np.int64)


def _sorting(layout: Layout, columns: Sequence[Sequence[int]]) -> Canonical:
    widths = [layout.slots[place].bits for place in columns[0]]
    total = factorial(len(columns))
    moved = [0] * layout.words
    for column in columns:
        for place in column:
            moved[layout.slots[place].word] |= layout.slots[place].mask

    def canonical(words: Words) -> tuple[Words, Numbers]:
        keys = np.empty((size_of(words), len(columns)), dtype=np.int64)
        for identity, column in enumerate(columns):
            key = np.zeros(size_of(words), dtype=np.int64)
            for place, width in zip(column, widths, strict=True):
                key = (key << width) | _read(words, layout.slots[place])
            keys[:, identity] = key
        keys.sort(axis=1)
        after = [word & np.uint64(~mask & ((1 << 64) - 1)) for word, mask in zip(words, moved, strict=True)]
        for identity, column in enumerate(columns):
            rest = keys[:, identity]
            for place, width in zip(reversed(column), reversed(widths), strict=True):
                slot = layout.slots[place]
                part = (rest & ((1 << width) - 1)).astype(np.uint64)
                after[slot.word] |= part << np.uint64(slot.shift)
                rest = rest >> width
        return tuple(after), _multinomial(keys, total)

    return canonical


def _multinomial(keys: "np.ndarray[tuple[int, int], np.dtype[np.int64]]", total: int) -> Numbers:
    """Return the number of different orders of each row of sorted keys."""
    run = np.ones(len(keys), dtype=np.int64)
    same = np.ones(len(keys), dtype=np.int64)
    for column in range(1, keys.shape[1]):
        run = np.where(keys[:, column] == keys[:, column - 1], run + 1, 1)
        same *= run
    return total // same
