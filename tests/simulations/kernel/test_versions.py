"""Versioned maps and logs read like frozen ones, whichever version is read, put into or iterated."""

import pytest

from billproof.model.containers import FrozenLog, FrozenMap, UndefinedLookupError
from billproof.model.identifiers import Amount, Position
from billproof.model.state import initial_state
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.versions import FAR, VersionedLog, VersionedMap, versioned


@pytest.mark.parametrize("seed", range(20))
def test_any_version_reads_as_a_frozen_map_made_by_the_same_steps(seed: int) -> None:
    draws = Draws(seed)
    versions: list[tuple[FrozenMap[int, int], FrozenMap[int, int]]] = [(VersionedMap(), FrozenMap())]
    for _ in range(60):
        fast, plain = versions[-1 - draws.below(min(len(versions), 2 * FAR))]
        key = draws.below(6)
        if draws.chance(300_000):
            versions.append((fast.without(key), plain.without(key)))
        else:
            value = draws.below(100)
            versions.append((fast.put(key, value), plain.put(key, value)))
        fast, plain = draws.pick(versions)
        assert [fast.contains(name) for name in range(6)] == [plain.contains(name) for name in range(6)]
    for fast, plain in versions:
        assert dict(fast.items()) == dict(plain.items())
        assert fast == plain
        assert hash(fast) == hash(plain)
        assert len(fast) == len(plain)


def test_what_differs_is_named_over_few_and_over_many_steps() -> None:
    first: VersionedMap[int, int] = VersionedMap({number: number for number in range(3)})
    near = first.put(1, 100).without(2)
    far = near
    for number in range(2 * FAR):
        far = far.put(10 + number, 0)
    assert set(first.differing(near)) == {1, 2}
    assert set(first.differing(far)) == {1, 2} | {10 + number for number in range(2 * FAR)}
    assert first.differing(first) == ()


def test_a_value_put_and_put_back_does_not_differ() -> None:
    value = "the same object"
    first: VersionedMap[int, str] = VersionedMap({1: value})
    assert first.differing(first.put(1, "another").put(1, value)) == ()


def test_what_is_not_there_is_undefined_in_every_version() -> None:
    first: VersionedMap[int, int] = VersionedMap()
    second = first.put(1, 1)
    for empty in (first, second.without(1), second.emptied()):
        with pytest.raises(UndefinedLookupError):
            empty.get(1)


@pytest.mark.parametrize("seed", range(20))
def test_any_version_of_a_log_reads_as_a_frozen_log(seed: int) -> None:
    draws = Draws(seed)
    versions: list[tuple[FrozenLog[int], FrozenLog[int]]] = [(VersionedLog(), FrozenLog())]
    for number in range(60):
        fast, plain = draws.pick(versions)
        if draws.chance(200_000):
            count = Position(draws.below(plain.length + 1))
            versions.append((fast.first(count), plain.first(count)))
        else:
            versions.append((fast.append(number), plain.append(number)))
        fast, plain = draws.pick(versions)
        assert fast.total(weighed, 3) == plain.total(weighed, 3)
    for fast, plain in versions:
        assert tuple(fast) == tuple(plain)
        assert fast == plain
        assert fast.total(weighed, 2) == plain.total(weighed, 2)
        with pytest.raises(UndefinedLookupError):
            fast.at(plain.length)


def weighed(item: int, weight: int) -> Amount:
    """Return an amount that depends on both."""
    return Amount(item * weight)


def test_a_log_says_whether_another_goes_on_from_it() -> None:
    first: VersionedLog[int] = VersionedLog((1,))
    second = first.append(2)
    assert first.shares(second)
    assert not second.shares(first.append(3))


def test_a_whole_state_is_made_of_versions_and_reads_the_same() -> None:
    plain = initial_state(regions=2)
    fast = versioned(plain)
    assert isinstance(fast.standby.ledger, VersionedLog)
    assert isinstance(fast.exhibits.archive, VersionedMap)
    assert fast == plain


def test_everything_that_a_frozen_family_does_is_done_here_too() -> None:
    """A method that is added there reads a table that a version does not have."""
    for frozen, fast in ((FrozenMap, VersionedMap), (FrozenLog, VersionedLog)):
        made = {name for name, item in vars(frozen).items() if callable(item) or isinstance(item, property)}
        assert made <= set(vars(fast)), fast.__name__


def test_an_old_version_gives_what_it_had_or_the_default() -> None:
    first: VersionedMap[int, int] = VersionedMap({1: 10})
    first.put(1, 11).put(2, 20)
    assert (first.get_or(1, 0), first.get_or(2, 0)) == (10, 0)
