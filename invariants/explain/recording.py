"""What a step or a predicate reads, and what a step writes, noted while the running code executes.

Theory of operation. The containers of a state are wrapped in ones that note every access, and its records in
subclasses that note every read of a plain field; then the very same function runs on it. Only values that
were there before count as read: what a step itself has written is not news from another step. Writes are the
differences between the state before and the state after.

Choices. ``dataclasses.replace`` reads every field to copy it; that is no reading by the model, so it is told
apart by the module that asks. Guessing the reads from the kind of command would be a second specification.

Source: Elle's dependencies (``verification.md``, "What the best do that must be matched").
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Final, TypeVar, cast

from billproof.invariants.explore.search import StepFunction
from billproof.model.commands import Command
from billproof.model.containers import FrozenLog, FrozenMap
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import Amount, Position
from billproof.model.state import State

K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S")
R = TypeVar("R")

SITES: Final = ("primary", "standby", "backup")
"""The fields of a state that are sites."""

LENGTH: Final = ".length"
"""What is added to the name of a log for its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One thing in a state that is read or written as a whole."""

    site: str
    """``primary``, ``standby``, ``backup``, or empty for what belongs to no site."""
    part: str
    """The field, with the fields above it: ``keys``, ``ledger.length``, ``checkpoint.heads``."""
    key: object = None
    """The key in a map or the position in a log; ``None`` for a plain field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place that a step has changed; ``None`` where there was or is nothing."""

    place: Place
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one step did: its outcome on plain containers, its reads and its writes."""

    outcome: Outcome
    reads: dict[Place, object]
    """Each place that was read, with the value found; ``None`` where there was none."""
    writes: tuple[Change, ...]


class _Notes:
    """What was read, in order of first reading."""

    def __init__(self) -> None:
        self.reads: dict[Place, object] = {}

    def note(self, place: Place, value: object) -> None:
        self.reads.setdefault(place, value)


class WatchedMap(FrozenMap[K, V]):
    """A map that notes what is read of its first content."""

    __slots__ = ("_base", "_notes", "_part", "_site", "plain")

    def __init__(
        self, plain: FrozenMap[K, V], base: FrozenMap[K, V], site: str, part: str, notes: _Notes
    ) -> None:
        super().__init__(dict(plain.items()))
        self.plain, self._base, self._site, self._part, self._notes = plain, base, site, part, notes

    def _read(self, key: K) -> None:
        found = self.plain.get(key) if self.plain.contains(key) else None
        known = self._base.get(key) if self._base.contains(key) else None
        if found == known:
            self._notes.note(Place(site=self._site, part=self._part, key=key), found)

    def _with(self, plain: FrozenMap[K, V]) -> "WatchedMap[K, V]":
        return WatchedMap(plain, self._base, self._site, self._part, self._notes)

    def contains(self, key: K) -> bool:
        """Tell whether ``key`` has a value."""
        self._read(key)
        return self.plain.contains(key)

    def get(self, key: K) -> V:
        """Return the value of ``key``, or raise ``UndefinedLookupError``."""
        self._read(key)
        return self.plain.get(key)

    def get_or(self, key: K, default: V) -> V:
        """Return the value of ``key``, or ``default`` where it has none."""
        self._read(key)
        return self.plain.get_or(key, default)

    def put(self, key: K, value: V) -> "WatchedMap[K, V]":
        """Return the map in which ``key`` has ``value``."""
        return self._with(self.plain.put(key, value))

    def without(self, key: K) -> "WatchedMap[K, V]":
        """Return the map in which ``key`` has no value."""
        return self._with(self.plain.without(key))

    def emptied(self) -> "WatchedMap[K, V]":
        """Return the empty map."""
        return self._with(self.plain.emptied())

    def items(self) -> Iterator[tuple[K, V]]:
        """Iterate over the pairs; all are read."""
        for key, value in self.plain.items():
            self._read(key)
            yield key, value


class WatchedLog(FrozenLog[V]):
    """A log that notes what is read of its first content."""

    __slots__ = ("_base", "_notes", "_part", "_site", "plain")

    def __init__(self, plain: FrozenLog[V], base: FrozenLog[V], site: str, part: str, notes: _Notes) -> None:
        super().__init__(tuple(plain))
        self.plain, self._base, self._site, self._part, self._notes = plain, base, site, part, notes

    def _read(self, position: int) -> None:
        found = self.plain.at(Position(position)) if 0 <= position < self.plain.length else None
        known = self._base.at(Position(position)) if 0 <= position < self._base.length else None
        if found == known:
            self._notes.note(Place(site=self._site, part=self._part, key=position), found)

    def _with(self, plain: FrozenLog[V]) -> "WatchedLog[V]":
        return WatchedLog(plain, self._base, self._site, self._part, self._notes)

    @property
    def length(self) -> Position:
        """The number of items."""
        if self.plain.length == self._base.length:
            self._notes.note(Place(site=self._site, part=self._part + LENGTH), int(self.plain.length))
        return self.plain.length

    def at(self, position: Position) -> V:
        """Return the item at ``position``, or raise ``UndefinedLookupError``."""
        self._read(position)
        return self.plain.at(position)

    def append(self, item: V) -> "WatchedLog[V]":
        """Return the log with ``item`` at its end."""
        return self._with(self.plain.append(item))

    def first(self, count: Position) -> "WatchedLog[V]":
        """Return the first ``count`` items."""
        return self._with(self.plain.first(count))

    def total(self, effect: Callable[[V, S], Amount], subject: S) -> Amount:
        """Return the sum of ``effect`` over all items; those that count are read."""
        for position, item in enumerate(self.plain):
            if effect(item, subject) != 0:
                self._read(position)
        return self.plain.total(effect, subject)

    def __iter__(self) -> Iterator[V]:
        """Iterate over the items; all are read."""
        for position, item in enumerate(self.plain):
            self._read(position)
            yield item


def recorded_step(step: StepFunction, state: State, command: Command, context: Context) -> Access:
    """Execute one step and return its outcome on plain containers with what it read and wrote."""
    notes = _Notes()
    outcome = step(_watched(state, "", "", notes), command, context)
    after = _plain(outcome.state)
    plain = Outcome(
        state=after,
        status=outcome.status,
        position=outcome.position,
        receipt=outcome.receipt,
        replayed=outcome.replayed,
    )
    return Access(outcome=plain, reads=notes.reads, writes=changes(state, after))


def reads_of(function: Callable[[State], R], state: State) -> dict[Place, object]:
    """Return what a function reads of a state, each place with the value found."""
    notes = _Notes()
    function(_watched(state, "", "", notes))
    return notes.reads


def changes(before: State, after: State) -> tuple[Change, ...]:
    """Return every place in which two states differ, in the order of the fields."""
    was, now = dict(_content(before, "", "")), dict(_content(after, "", ""))
    return tuple(
        Change(place=place, before=was.get(place), after=now.get(place))
        for place in {**was, **now}
        if was.get(place) != now.get(place)
    )


def _content(record: object, site: str, part: str) -> Iterator[tuple[Place, object]]:
    """Iterate over every place of a plain record with its value."""
    for name, value, where, path in _parts(record, site, part):
        del name
        if isinstance(value, FrozenMap):
            for key, item in value.items():
                yield Place(site=where, part=path, key=key), item
        elif isinstance(value, FrozenLog):
            for position, item in enumerate(value):
                yield Place(site=where, part=path, key=position), item
            yield Place(site=where, part=path + LENGTH), int(value.length)
        elif is_dataclass(value):
            yield from _content(value, where, path)
        else:
            yield Place(site=where, part=path), value


def _parts(record: object, site: str, part: str) -> Iterator[tuple[str, object, str, str]]:
    assert is_dataclass(record), "a state is made of records"
    for item in fields(record):
        value = getattr(record, item.name)
        if not part and item.name in SITES:
            yield item.name, value, item.name, ""
        else:
            yield item.name, value, site, f"{part}.{item.name}" if part else item.name


def _watched(record: R, site: str, part: str, notes: _Notes) -> R:
    values: dict[str, object] = {}
    places: dict[str, tuple[Place, object]] = {}
    for name, value, where, path in _parts(record, site, part):
        if isinstance(value, FrozenMap):
            values[name] = WatchedMap(value, value, where, path, notes)
        elif isinstance(value, FrozenLog):
            values[name] = WatchedLog(value, value, where, path, notes)
        elif is_dataclass(value):
            values[name] = _watched(value, where, path, notes)
        else:
            values[name] = value
            places[name] = (Place(site=where, part=path), value)
    return cast("R", _made(_watching(type(record), places, notes), values))


def _watching(kind: type, places: dict[str, tuple[Place, object]], notes: _Notes) -> type:
    """Return a subclass of a record whose plain fields note that they are read."""

    def read(self: object, name: str) -> object:
        value: object = object.__getattribute__(self, name)
        if name in places and sys._getframe(1).f_globals.get("__name__") != "dataclasses":  # pyright: ignore[reportPrivateUsage] # CPython
            place, known = places[name]
            if value == known:
                notes.note(place, value)
        return value

    return type(kind.__name__, (kind,), {"__slots__": (), "__getattribute__": read})


def _made(kind: Callable[..., object], values: dict[str, object]) -> object:
    return kind(**values)


def _plain(record: R) -> R:
    """Return a record with the containers that are not watched."""
    kind = type(record)
    origin = kind.__mro__[1] if "__getattribute__" in kind.__dict__ else kind
    values: dict[str, object] = {}
    assert is_dataclass(record), "a state is made of records"
    for item in fields(record):
        value = object.__getattribute__(record, item.name)
        if isinstance(value, (WatchedMap, WatchedLog)):
            value = value.plain
        elif is_dataclass(value) and not isinstance(value, type):
            value = _plain(value)
        values[item.name] = value
    return cast("R", _made(origin, values))
