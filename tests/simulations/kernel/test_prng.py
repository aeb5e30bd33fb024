"""The numbers are the published ones, fair in every range, and independent of what others drew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.simulations.kernel.prng import WORD, Draws

PUBLISHED = (
    6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
)  # fmt: skip
"""The first outputs for seed 1234567 (S. Vigna's splitmix64.c, as listed by Rosetta Code)."""

SEEDS = st.integers(0, WORD)


class Fixed(Draws):
    """A stream that gives chosen words."""

    __slots__ = ("_words",)

    def __init__(self, *words: int) -> None:
        super().__init__(0)
        self._words = list(words)

    def word(self) -> int:
        """Return the next chosen word."""
        return self._words.pop(0)


def test_the_first_numbers_are_the_published_ones() -> None:
    draws = Draws(1234567)
    assert tuple(draws.word() for _ in PUBLISHED) == PUBLISHED


@given(SEEDS, st.integers(1, WORD))
def test_a_number_lies_below_its_count(seed: int, count: int) -> None:
    draws = Draws(seed)
    assert all(0 <= draws.below(count) < count for _ in range(5))


def test_a_word_that_would_make_a_number_likelier_is_rejected() -> None:
    """2^64 = 1 (mod 3): just one word is too many, the one whose low product is 0."""
    assert Fixed(0, 1 << 63).below(3) == 1
    assert Fixed(1).below(3) == 0
    assert Fixed(WORD).below(3) == 2


@given(SEEDS, st.integers(0, 50), st.integers(0, 5))
def test_a_stream_does_not_depend_on_what_was_drawn_before(seed: int, drawn: int, label: int) -> None:
    fresh, used = Draws(seed), Draws(seed)
    for _ in range(drawn):
        used.word()
    assert [fresh.split(label).word() for _ in range(3)] == [used.split(label).word() for _ in range(3)]


def test_streams_of_different_labels_differ() -> None:
    draws = Draws(1)
    assert len({draws.split(label).word() for label in range(1_000)}) == 1_000


def test_every_number_of_a_die_comes_up_about_as_often() -> None:
    """Chi-square with 5 degrees of freedom: 25.7 is passed once in 10,000 times."""
    draws, counts = Draws(7), [0] * 6
    for _ in range(60_000):
        counts[draws.below(6)] += 1
    assert sum((count - 10_000) ** 2 for count in counts) < 25.7 * 10_000


@given(SEEDS, st.lists(st.integers()))
def test_a_shuffle_loses_nothing(seed: int, items: list[int]) -> None:
    shuffled = list(items)
    Draws(seed).shuffle(shuffled)
    assert sorted(shuffled) == sorted(items)


def test_a_shuffle_reaches_every_order() -> None:
    draws, seen = Draws(3), set()
    for _ in range(500):
        items = [0, 1, 2, 3]
        draws.shuffle(items)
        seen.add(tuple(items))
    assert len(seen) == 24


@pytest.mark.parametrize(("parts", "expected"), [(0, 0), (1_000_000, 100)])
def test_never_and_always_are_never_and_always(parts: int, expected: int) -> None:
    draws = Draws(5)
    assert sum(draws.chance(parts) for _ in range(100)) == expected
    assert draws.between(4, 4) == 4
    assert draws.pick("x") == "x"
