"""The visited set: sorted runs of packed records, exact whatever their width.

Records of one word are sorted as they are. Wider ones are sorted by a mixed hash of their words, and where
hashes agree the words are compared, so a collision costs time and never a state. Runs are merged when the
newer is not much smaller than the older, so that there are few of them and each record is moved seldom.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from billproof.invariants.explore.compiled.layout import Flags, Words, joined, size_of, taken

Keys = NDArray[np.uint64]

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
"""The constants of splitmix64 (Steele, Lea, Flood 2014)."""

_GROWTH = 4
"""A run is merged into the one before it if that is not more than this many times as long."""


def keys_of(words: Words) -> Keys:
    """Return what records are sorted by."""
    if len(words) == 1:
        return words[0]
    mixed = np.zeros(size_of(words), dtype=np.uint64)
    for word in words:
        mixed = (mixed ^ word) + _MIX[0]
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[1]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[2]
        mixed ^= mixed >> np.uint64(31)
    return mixed


def distinct(words: Words) -> Words:
    """Return every record once, sorted by key."""
    if len(words) == 1:
        # Sorting the words themselves is faster than finding and applying an order.
        single = np.sort(words[0])
        return (single[_changes((single,))],)
    keys = keys_of(words)
    order = np.argsort(keys)
    ordered, chosen = taken(words, order), keys[order]
    same = chosen[1:] == chosen[:-1]
    if (same & _changes(ordered)[1:]).any():
        # Two records of one key need not lie next to their copies: sort by the words as well.
        order = np.lexsort((*reversed(words), keys))
        ordered = taken(words, order)
    return taken(ordered, _changes(ordered))


def first_of_each(words: Words) -> NDArray[np.intp]:
    """Return where each distinct record occurs first."""
    order = np.lexsort(tuple(reversed(words)))
    return order[_changes(taken(words, order))]


def _changes(words: Words) -> Flags:
    """Tell of each record whether it differs from the one before it."""
    found = np.ones(size_of(words), dtype=np.bool_)
    if len(found) > 1:
        found[1:] = False
        for word in words:
            found[1:] |= word[1:] != word[:-1]
    return found


@dataclass(frozen=False, slots=True, kw_only=True)
class Visited:
    """The records that were met."""

    runs: list[tuple[Keys, Words]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of records."""
        return sum(len(keys) for keys, _ in self.runs)

    def new(self, words: Words) -> Words:
        """Return those of distinct, sorted records that were not met."""
        for keys, run in self.runs:
            if not size_of(words):
                break
            words = taken(words, np.flatnonzero(~_are_in(words, keys, run)))
        return words

    def add(self, words: Words) -> None:
        """Add distinct, sorted records that were not met."""
        while self.runs and len(self.runs[-1][0]) <= _GROWTH * size_of(words):
            _, last = self.runs.pop()
            words = joined((last, words), len(words))
            if len(words) == 1:
                # Two sorted runs: the stable sort merges them.
                words = (np.sort(words[0], kind="stable"),)
            else:
                words = taken(words, np.argsort(keys_of(words), kind="stable"))
        self.runs.append((keys_of(words), words))


def _are_in(words: Words, keys: Keys, run: Words) -> Flags:
    wanted = keys_of(words)
    place = np.searchsorted(keys, wanted)
    last = len(keys) - 1
    found: Flags
    if len(words) == 1:
        found = keys[np.minimum(place, last)] == wanted
        return found
    found = np.zeros(len(wanted), dtype=np.bool_)
    open_ones = np.arange(len(wanted), dtype=np.intp)
    while len(open_ones):
        # Walk through the records of one key; mostly there is one.
        here = place[open_ones]
        inside = here <= last
        open_ones, here = open_ones[inside], here[inside]
        agree = keys[here] == wanted[open_ones]
        open_ones, here = open_ones[agree], here[agree]
        equal = np.ones(len(open_ones), dtype=np.bool_)
        for word, other in zip(words, run, strict=True):
            equal &= word[open_ones] == other[here]
        found[open_ones[equal]] = True
        open_ones = open_ones[~equal]
        place[open_ones] += 1
    return found
