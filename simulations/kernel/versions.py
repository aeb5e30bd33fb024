"""Maps and logs for long runs: a new version costs as much as what it changes, not as much as it holds.

Theory of operation. The newest version of a map holds the one dictionary; an older one says in which name it
differs from the version that was made from it. Reading an old version walks from difference to difference;
one from which the way has become long is given a dictionary of its own, and so is an old version that
something is put into. Versions of a log share one list, of which each sees its own length. Sums over a log
are kept as prefix sums, by what is added up and of whom.

Choices. Nothing is known here of what an effect adds up: every sum is over every item, once. The order of
iteration is not promised; whoever needs one sorts.

Source: the fourth family of ``model.containers``; H. Baker, "Shallow binding makes functional arrays fast"
(1991).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Final, TypeVar

from billproof.model.containers import FrozenLog, FrozenMap, Log, UndefinedLookupError
from billproof.model.identifiers import Amount, Position

K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S")
R = TypeVar("R")

FAR: Final = 12
"""After so many differences an old version gets a dictionary of its own."""

_ABSENT: Final = object()


class VersionedMap(FrozenMap[K, V]):
    """A partial map of which the newest version is read like a dictionary."""

    __slots__ = ("_dictionary", "_name", "_next", "_value")

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        """Take over a dictionary that nobody else changes."""
        self._hash = None
        self._dictionary: dict[K, V] | None = dict(items or {})
        self._next: VersionedMap[K, V] | None = None
        self._name: object = None
        self._value: object = None

    def _find(self, key: K) -> object:
        node, steps = self, 0
        while node._dictionary is None:
            if node._name == key:
                return node._value
            assert node._next is not None
            node = node._next
            steps += 1
        if steps > FAR:
            return self._own().get(key, _ABSENT)
        return node._dictionary.get(key, _ABSENT)

    def _own(self) -> dict[K, V]:
        """Return the dictionary of this version, made if it has none."""
        if self._dictionary is not None:
            return self._dictionary
        way: list[VersionedMap[K, V]] = []
        node: VersionedMap[K, V] = self
        while node._dictionary is None:
            way.append(node)
            assert node._next is not None
            node = node._next
        items: dict[K, V] = dict(node._dictionary)
        for older in reversed(way):
            # Names and values of a difference are those of this map, which its slots cannot say.
            if older._value is not _ABSENT:
                items[older._name] = older._value  # type: ignore[index,assignment]
            elif older._name in items:
                del items[older._name]  # pyright: ignore[reportArgumentType] # as above
        self._dictionary, self._next, self._name, self._value = items, None, None, None
        return items

    def _successor(self, key: K) -> "VersionedMap[K, V]":
        items = self._own()
        after: VersionedMap[K, V] = VersionedMap.__new__(VersionedMap)
        after._hash = None
        after._dictionary, after._next, after._name, after._value = items, None, None, None
        self._value = items.get(key, _ABSENT)
        self._dictionary, self._next, self._name = None, after, key
        return after

    def contains(self, key: K) -> bool:
        """Tell whether ``key`` has a value."""
        if self._dictionary is not None:
            return key in self._dictionary
        return self._find(key) is not _ABSENT

    def get(self, key: K) -> V:
        """Return the value of ``key``, or raise ``UndefinedLookupError``."""
        if self._dictionary is not None:
            try:
                return self._dictionary[key]
            except KeyError:
                raise UndefinedLookupError("VersionedMap", key) from None
        found = self._find(key)
        if found is _ABSENT:
            raise UndefinedLookupError("VersionedMap", key)
        return found  # type: ignore[return-value]  # what _find returns otherwise is a value of this map

    def get_or(self, key: K, default: V) -> V:
        """Return the value of ``key``, or ``default`` where it has none."""
        if self._dictionary is not None:
            return self._dictionary.get(key, default)
        found = self._find(key)
        return default if found is _ABSENT else found  # type: ignore[return-value]  # as in get()

    def put(self, key: K, value: V) -> "VersionedMap[K, V]":
        """Return the version in which ``key`` has ``value``."""
        after = self._successor(key)
        assert after._dictionary is not None
        after._dictionary[key] = value
        return after

    def without(self, key: K) -> "VersionedMap[K, V]":
        """Return the version in which ``key`` has no value."""
        if not self.contains(key):
            return self
        after = self._successor(key)
        assert after._dictionary is not None
        del after._dictionary[key]
        return after

    def emptied(self) -> "VersionedMap[K, V]":
        """Return the empty map."""
        return VersionedMap()

    def items(self) -> Iterator[tuple[K, V]]:
        """Iterate over the pairs, in no particular order."""
        return iter(tuple(self._own().items()))

    def differing(self, after: "VersionedMap[K, V]") -> tuple[K, ...]:
        """Return the names whose value is another object than in a version made from this one, or is gone."""
        if after is self:
            return ()
        names: dict[K, None] = {}
        node: VersionedMap[K, V] | None = self
        while node is not None and node is not after and node._dictionary is None and len(names) <= FAR:
            names[node._name] = None  # type: ignore[index]  # a name of this map
            node = node._next
        if node is not after:
            names = dict.fromkeys((*self._own(), *after._own()))
        return tuple(name for name in names if self._find(name) is not after._find(name))

    def __len__(self) -> int:
        """The number of keys with a value."""
        return len(self._own())

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        if self is other:
            return True
        return isinstance(other, FrozenMap) and self._own() == dict(other.items())

    def __hash__(self) -> int:
        """Hash by content, computed once."""
        if self._hash is None:
            self._hash = hash(frozenset(self._own().items()))
        return self._hash

    def __repr__(self) -> str:
        """Show the pairs."""
        return f"VersionedMap({self._own()!r})"


class _Shared:
    """What the versions of a log share."""

    __slots__ = ("items", "sums")

    def __init__(self, items: list[object]) -> None:
        self.items = items
        self.sums: dict[tuple[object, object], list[int]] = {}
        """By effect and subject: the sums over the first 0, 1, 2, ... items."""


class VersionedLog(FrozenLog[V]):
    """A log of which the longest version is the list, and every other the beginning of it."""

    __slots__ = ("_length", "_shared")

    def __init__(self, items: tuple[V, ...] = ()) -> None:
        """Make a log of some items."""
        self._shared = _Shared(list(items))
        self._length = len(items)

    @property
    def length(self) -> Position:
        """The number of items."""
        return Position(self._length)

    def at(self, position: Position) -> V:
        """Return the item at ``position``, or raise ``UndefinedLookupError``."""
        if 0 <= position < self._length:
            return self._shared.items[position]  # type: ignore[return-value]  # only items of V are appended
        raise UndefinedLookupError("VersionedLog", position)

    def append(self, item: V) -> "VersionedLog[V]":
        """Return the log with ``item`` at its end."""
        shared = self._shared
        if len(shared.items) != self._length:
            shared = _Shared(shared.items[: self._length])
        shared.items.append(item)
        return self._version(shared, self._length + 1)

    def first(self, count: Position) -> "VersionedLog[V]":
        """Return the first ``count`` items, or raise ``UndefinedLookupError``."""
        if not 0 <= count <= self._length:
            raise UndefinedLookupError("VersionedLog", count)
        return self._version(self._shared, count)

    def total(self, effect: Callable[[V, S], Amount], subject: S) -> Amount:
        """Return the sum of ``effect(item, subject)`` over all items."""
        shared = self._shared
        sums = shared.sums.get((effect, subject))
        if sums is None:
            sums = shared.sums[effect, subject] = [0]
        if len(sums) <= self._length:
            total = sums[-1]
            for item in shared.items[len(sums) - 1 : self._length]:
                total += effect(item, subject)  # type: ignore[arg-type]  # as in at()
                sums.append(total)
        return Amount(sums[self._length])

    def shares(self, other: Log[V]) -> bool:
        """Tell whether two logs are versions of one list, so that one is the beginning of the other."""
        return isinstance(other, VersionedLog) and other._shared is self._shared

    def _version(self, shared: _Shared, length: int) -> "VersionedLog[V]":
        made: VersionedLog[V] = VersionedLog.__new__(VersionedLog)
        made._shared = shared
        made._length = length
        return made

    def __iter__(self) -> Iterator[V]:
        """Iterate over the items."""
        return iter(self._shared.items[: self._length])  # type: ignore[arg-type]  # as in at()

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        if isinstance(other, VersionedLog) and other._shared is self._shared:
            return other._length == self._length
        return isinstance(other, FrozenLog) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Show the items in order."""
        return f"VersionedLog({tuple(self)!r})"


def versioned(record: R) -> R:
    """Return a record with every map and log in it, at whatever depth, as one of this family."""
    changed: dict[str, object] = {}
    assert is_dataclass(record)
    assert not isinstance(record, type)
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, FrozenMap):
            changed[item.name] = VersionedMap(dict(value.items()))
        elif isinstance(value, FrozenLog):
            changed[item.name] = VersionedLog(tuple(value))
        elif is_dataclass(value) and not isinstance(value, type):
            changed[item.name] = versioned(value)
    # replace() of a record by its own kinds of fields, which the type checker cannot see.
    return replace(record, **changed)
