"""The vocabulary that runs and proves: immutable partial maps and append-only logs.

The core reads and writes its state only through these two interfaces. Three families implement them:

- ``FrozenMap`` and ``FrozenLog`` below, for running, exploring and simulating;
- table-backed ones in ``service``, so that the very same functions commit to SQLite;
- symbolic ones in ``invariants.prove``, so that the very same functions are proved.

No implementation offers iteration to the core: a loop over an unbounded container is a branch that a
symbolic run cannot see. Sums over a log are asked for by ``total``, which every family can unfold.

Source: ``verification.md``, "The central idea".
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from billproof.model.identifiers import Amount, Position
from billproof.model.portable import PortableError

K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S")


class UndefinedLookupError(PortableError, LookupError):
    """A partial operation was used outside its domain: a bug of the caller, never of the input.

    Args:
        container: What was read, for example ``FrozenMap``.
        key: The key or position that has no value.
    """

    def __init__(self, container: str, key: object) -> None:
        super().__init__(f"{container} has no value at {key!r}; check contains() or length first")
        self.container = container
        self.key = key


class PartialMap(ABC, Generic[K, V]):
    """An immutable partial function from ``K`` to ``V``."""

    __slots__ = ()

    @abstractmethod
    def contains(self, key: K) -> bool:
        """Tell whether ``key`` has a value."""

    @abstractmethod
    def get(self, key: K) -> V:
        """Return the value of ``key``.

        Raises:
            UndefinedLookupError: ``key`` has no value; the caller should have asked ``contains``.
        """

    def get_or(self, key: K, default: V) -> V:
        """Return the value of ``key``, or ``default`` where it has none.

        The core asks this where both ways go on alike, so that engines need not follow them apart.
        """
        return self.get(key) if self.contains(key) else default

    @abstractmethod
    def put(self, key: K, value: V) -> "PartialMap[K, V]":
        """Return the map in which ``key`` has ``value`` and all else is as before."""

    @abstractmethod
    def without(self, key: K) -> "PartialMap[K, V]":
        """Return the map in which ``key`` has no value and all else is as before."""

    @abstractmethod
    def emptied(self) -> "PartialMap[K, V]":
        """Return the map without any value, of the same family."""


class Log(ABC, Generic[V]):
    """An immutable sequence that grows at its end."""

    __slots__ = ()

    @property
    @abstractmethod
    def length(self) -> Position:
        """The number of items, which is the position of the next one."""

    @abstractmethod
    def at(self, position: Position) -> V:
        """Return the item at ``position``, counted from 0.

        Raises:
            UndefinedLookupError: ``position`` is not below ``length``.
        """

    @abstractmethod
    def append(self, item: V) -> "Log[V]":
        """Return the log with ``item`` at its end."""

    @abstractmethod
    def first(self, count: Position) -> "Log[V]":
        """Return the first ``count`` items; ``count`` is at most ``length``."""

    @abstractmethod
    def total(self, effect: Callable[[V, S], Amount], subject: S) -> Amount:
        """Return the sum of ``effect(item, subject)`` over all items, in units of ``effect``."""


class FrozenMap(PartialMap[K, V]):
    """A partial map over a private dictionary that is copied on write; hashable, equal by content."""

    __slots__ = ("_hash", "_items")

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        self._items: dict[K, V] = dict(items or {})
        self._hash: int | None = None

    def contains(self, key: K) -> bool:
        """Tell whether ``key`` has a value."""
        return key in self._items

    def get(self, key: K) -> V:
        """Return the value of ``key``, or raise ``UndefinedLookupError``."""
        try:
            return self._items[key]
        except KeyError:
            raise UndefinedLookupError("FrozenMap", key) from None

    def get_or(self, key: K, default: V) -> V:
        """Return the value of ``key``, or ``default`` where it has none."""
        return self._items.get(key, default)

    def put(self, key: K, value: V) -> "FrozenMap[K, V]":
        """Return a copy in which ``key`` has ``value``."""
        items = dict(self._items)
        items[key] = value
        return FrozenMap(items)

    def without(self, key: K) -> "FrozenMap[K, V]":
        """Return a copy in which ``key`` has no value."""
        items = dict(self._items)
        items.pop(key, None)
        return FrozenMap(items)

    def emptied(self) -> "FrozenMap[K, V]":
        """Return the empty map."""
        return FrozenMap()

    def items(self) -> Iterator[tuple[K, V]]:
        """Iterate over the pairs, for engines and reports; the core never does."""
        return iter(self._items.items())

    def __len__(self) -> int:
        """The number of keys with a value."""
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, FrozenMap) and self._items == other._items

    def __hash__(self) -> int:
        """Hash by content, computed once."""
        if self._hash is None:
            self._hash = hash(frozenset(self._items.items()))
        return self._hash

    def __repr__(self) -> str:
        """Show the pairs in insertion order."""
        return f"FrozenMap({self._items!r})"


class FrozenLog(Log[V]):
    """A log over a tuple; hashable, equal by content."""

    __slots__ = ("_hash", "_items")

    def __init__(self, items: tuple[V, ...] = ()) -> None:
        self._items = items
        self._hash: int | None = None

    @property
    def length(self) -> Position:
        """The number of items."""
        return Position(len(self._items))

    def at(self, position: Position) -> V:
        """Return the item at ``position``, or raise ``UndefinedLookupError``."""
        if not 0 <= position < len(self._items):
            raise UndefinedLookupError("FrozenLog", position)
        return self._items[position]

    def append(self, item: V) -> "FrozenLog[V]":
        """Return the log with ``item`` at its end."""
        return FrozenLog((*self._items, item))

    def first(self, count: Position) -> "FrozenLog[V]":
        """Return the first ``count`` items, or raise ``UndefinedLookupError``."""
        if not 0 <= count <= len(self._items):
            raise UndefinedLookupError("FrozenLog", count)
        return FrozenLog(self._items[:count])

    def total(self, effect: Callable[[V, S], Amount], subject: S) -> Amount:
        """Return the sum of ``effect(item, subject)`` over all items."""
        return Amount(sum(effect(item, subject) for item in self._items))

    def __iter__(self) -> Iterator[V]:
        """Iterate over the items, for engines and reports; the core never does."""
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, FrozenLog) and self._items == other._items

    def __hash__(self) -> int:
        """Hash by content, computed once."""
        if self._hash is None:
            self._hash = hash(self._items)
        return self._hash

    def __repr__(self) -> str:
        """Show the items in order."""
        return f"FrozenLog({self._items!r})"
