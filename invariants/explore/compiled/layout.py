"""How a record is packed into 64-bit words, the first place in the highest bits of the first word.

So packed records compare like the tuples of their numbers, and "the least state" means the same to both
searches. A place never straddles two words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from billproof.invariants.explore.compiled.extraction import Place

Words: TypeAlias = tuple[NDArray[np.uint64], ...]
"""Packed records: one array for each word, all of one length."""

Flags: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.int64]

WORD_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where a place lies."""

    word: int
    shift: int
    bits: int

    @property
    def mask(self) -> int:
        """The bits of the place, in its word."""
        return ((1 << self.bits) - 1) << self.shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where every place of a record lies."""

    slots: tuple[Slot, ...]
    words: int

    def packed(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Return the words of one record."""
        words = [0] * self.words
        for slot, number in zip(self.slots, numbers, strict=True):
            words[slot.word] |= number << slot.shift
        return tuple(words)

    def numbers(self, words: Sequence[int]) -> tuple[int, ...]:
        """Return the numbers of one packed record."""
        return tuple((words[slot.word] & slot.mask) >> slot.shift for slot in self.slots)


def layout_of(places: Sequence[Place]) -> Layout:
    """Return the layout of records with these places."""
    widths = [1 if place.field.is_flag else max(1, place.field.highest.bit_length()) for place in places]
    where: list[tuple[int, int]] = []
    word, used = 0, 0
    for width in widths:
        if used + width > WORD_BITS:
            word, used = word + 1, 0
        used += width
        where.append((word, used))
    return Layout(
        slots=tuple(
            Slot(word=number, shift=WORD_BITS - end, bits=width)
            for (number, end), width in zip(where, widths, strict=True)
        ),
        words=word + 1,
    )


def size_of(words: Words) -> int:
    """Return how many records there are."""
    return len(words[0])


def taken(words: Words, chosen: "NDArray[np.intp] | Flags") -> Words:
    """Return the chosen records."""
    return tuple(word[chosen] for word in words)


def joined(parts: Sequence[Words], words: int) -> Words:
    """Return records one after the other."""
    return tuple(
        np.concatenate([part[number] for part in parts]) if parts else np.zeros(0, dtype=np.uint64)
        for number in range(words)
    )
