"""A map from small numbers to values that is never changed, only put beside a new one.

Theory of operation. A tree of tuples with 32 places; a key's bits, five at a time, lead to its leaf. A put
copies one node per level and shares the rest, so that it costs about a microsecond whatever the map holds,
and every older map stays what it was: history costs nothing. Two maps with the same content have the same
tree, hence equality and hash are those of tuples.

Choices. A dictionary copied on write (``containers.FrozenMap``) costs its whole length at each put; a
simulated store holds thousands of rows. ``None`` stands for "no value" and cannot be one.

Source: P. Bagwell, "Ideal Hash Trees" (2001); here without hashing, since the keys are numbers.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar, cast

from billproof.model.portable import PortableError

V = TypeVar("V")

_BITS: Final = 5
_WIDTH: Final = 1 << _BITS
_LAST: Final = _WIDTH - 1
_NOTHING: Final[tuple[object, ...]] = (None,) * _WIDTH


class NegativeKeyError(PortableError, ValueError):
    """A key below zero: a bug of whoever numbered the rows.

    Args:
        key: The key given.
    """

    def __init__(self, key: int) -> None:
        super().__init__(f"a table has no place {key}; number the rows from 0")
        self.key = key


class Table(Generic[V]):
    """An immutable partial map from integers that are not negative; hashable, equal by content."""

    __slots__ = ("_root", "_shift")
    _root: tuple[object, ...]
    _shift: int

    def __init__(self, pairs: Iterable[tuple[int, V]] = ()) -> None:
        made: Table[V] = self
        self._root, self._shift = _NOTHING, 0
        for key, value in pairs:
            made = made.put(key, value)
        self._root, self._shift = made._root, made._shift

    @classmethod
    def _made(cls, root: tuple[object, ...], shift: int) -> "Table[V]":
        table: Table[V] = cls.__new__(cls)
        table._root, table._shift = root, shift
        return table

    def get(self, key: int) -> V | None:
        """Return the value at ``key``, or None."""
        shift = self._shift
        if key >> (shift + _BITS):
            return None
        node: tuple[object, ...] = self._root
        while shift:
            below = node[key >> shift & _LAST]
            if below is None:
                return None
            node = below  # type: ignore[assignment] # above the leaves every place holds a node
            shift -= _BITS
        return node[key & _LAST]  # type: ignore[return-value] # a leaf holds values

    def put(self, key: int, value: V) -> "Table[V]":
        """Return the map in which ``key`` has ``value`` and all else is as before.

        Raises:
            NegativeKeyError: The key is below 0.
        """
        if key < 0:
            raise NegativeKeyError(key)
        root, shift = self._root, self._shift
        while key >> (shift + _BITS):
            root = _NOTHING if root is _NOTHING else (root, *_NOTHING[1:])
            shift += _BITS
        return self._made(_put(root, shift, key, value), shift)

    def without(self, key: int) -> "Table[V]":
        """Return the map in which ``key`` has no value and all else is as before."""
        if self.get(key) is None:
            return self
        shift = self._shift
        root: tuple[object, ...] | None = _without(self._root, shift, key)
        # The same content has the same tree: no level that only its first place uses.
        while shift and root is not None and root[1:] == _NOTHING[1:]:
            root, shift = cast("tuple[object, ...]", root[0]), shift - _BITS
        return self._made(_NOTHING if root is None else root, 0 if root is None else shift)

    def items(self) -> Iterator[tuple[int, V]]:
        """Iterate over the pairs in order of the keys."""
        return _items(self._root, self._shift, 0)

    def __len__(self) -> int:
        """The number of keys with a value; counts them."""
        return sum(1 for _ in self.items())

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, Table) and self._shift == other._shift and self._root == other._root

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(self._root)

    def __repr__(self) -> str:
        """Show the pairs in order of the keys."""
        return f"Table({list(self.items())!r})"


def _put(node: tuple[object, ...], shift: int, key: int, value: object) -> tuple[object, ...]:
    copy = list(node)
    place = key >> shift & _LAST
    if shift:
        below = node[place]
        value = _put(_NOTHING if below is None else below, shift - _BITS, key, value)  # type: ignore[arg-type] # a node
    copy[place] = value
    return tuple(copy)


def _without(node: tuple[object, ...], shift: int, key: int) -> tuple[object, ...] | None:
    copy = list(node)
    place = key >> shift & _LAST
    copy[place] = _without(node[place], shift - _BITS, key) if shift else None  # type: ignore[arg-type] # a node
    return None if copy.count(None) == _WIDTH else tuple(copy)


def _items(node: tuple[object, ...], shift: int, base: int) -> Iterator[tuple[int, V]]:
    for place, value in enumerate(node):
        if value is None:
            continue
        if shift:
            yield from _items(value, shift - _BITS, base + (place << shift))  # type: ignore[arg-type] # a node
        else:
            yield base + place, value  # type: ignore[misc] # a leaf holds values
