"""Numbers from a seed, in integers only: SplitMix64.

Theory of operation. The state is a counter that grows by an odd constant; a number is the counter, mixed.
Every seed gives the full period of 2^64, and streams that are split off by a label do not depend on how much
was drawn before: a new fault does not shift the draws of the others.

Choices. ``random.Random`` draws floats and its sequences are not promised across versions; xoshiro256** has
four words of state and is slower here without being better for this use.

Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators" (2014); D. Lemire,
"Fast random integer generation in an interval" (2019); house style rule 19.
"""

from collections.abc import MutableSequence, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

WORD: Final = (1 << 64) - 1
"""The largest word."""

_STEP: Final = 0x9E3779B97F4A7C15


def mixed(word: int) -> int:
    """Return the finaliser of SplitMix64 of a word: a permutation of the 64-bit words."""
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB & WORD
    return word ^ word >> 31


class Draws:
    """A stream of numbers."""

    __slots__ = ("_counter", "_seed")

    def __init__(self, seed: int) -> None:
        self._seed = seed & WORD
        self._counter = self._seed

    def word(self) -> int:
        """Return 64 bits."""
        counter = self._counter = (self._counter + _STEP) & WORD
        word = (counter ^ counter >> 30) * 0xBF58476D1CE4E5B9 & WORD
        word = (word ^ word >> 27) * 0x94D049BB133111EB & WORD
        return word ^ word >> 31

    def below(self, count: int) -> int:
        """Return a number from 0 to ``count - 1``, each as likely as the others; ``count`` is below 2^64."""
        product = self.word() * count
        low = product & WORD
        if low < count:
            # Rejected are just so many words as would make some numbers likelier than others.
            least = (1 << 64) % count
            while low < least:
                product = self.word() * count
                low = product & WORD
        return product >> 64

    def between(self, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def chance(self, parts: int, whole: int = 1_000_000) -> bool:
        """Return true in ``parts`` of ``whole`` cases."""
        return self.below(whole) < parts

    def pick(self, items: Sequence[T]) -> T:
        """Return one of some items."""
        return items[self.below(len(items))]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Bring items into one of their orders, each as likely as the others (Fisher and Yates)."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]

    def split(self, label: int) -> "Draws":
        """Return the stream of this label: the same one, however much was drawn here."""
        return Draws(mixed(mixed(self._seed ^ _STEP) + label * _STEP & WORD))
