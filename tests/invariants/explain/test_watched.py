"""Nothing is read of a watched container that is not noted."""

import inspect

import pytest

from billproof.invariants.explain.recording import WatchedLog, WatchedMap
from billproof.model.containers import FrozenLog, FrozenMap

NOT_NOTED = {"__init__", "__eq__", "__hash__", "__repr__", "__len__"}
"""What compares or shows whole containers, which the core never does."""


def unwatched(watched: type, plain: type) -> set[str]:
    """Return the methods of a plain container that a watched one takes over without noting a read."""
    methods = {name for name, _ in inspect.getmembers(plain, inspect.isfunction)}
    methods |= {name for name, value in vars(plain).items() if isinstance(value, property)}
    return {name for name in methods & set(vars(plain)) if name not in vars(watched)} - NOT_NOTED


@pytest.mark.parametrize(("watched", "plain"), [(WatchedMap, FrozenMap), (WatchedLog, FrozenLog)])
def test_every_way_to_read_is_watched(watched: type, plain: type) -> None:
    """A method that is added to a container must be watched too."""
    assert unwatched(watched, plain) == set()


def test_a_way_to_read_that_is_not_watched_is_found() -> None:
    """The known bad: a watched map that forgets the default."""

    class Forgetful(FrozenMap[str, int]):
        def contains(self, key: str) -> bool:
            return super().contains(key)

    assert "get_or" in unwatched(Forgetful, FrozenMap)
