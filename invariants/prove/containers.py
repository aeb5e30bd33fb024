"""Symbolic containers: maps and logs of which only symbols are known, plus the writes of one path.

A map is base functions (is there a value; each leaf of the value) under a chain of writes; reading expands
the chain into choices at once, shortened by what the path has decided about the keys. A log is base functions
of the position up to a limit, plus appended items. A total is an uninterpreted function of the subject and
the number of items summed, plus the effects of the appended items: nothing is assumed about it except that
the sum of no items is 0.

Sound reading: outside its domain a base function has some value that nothing is known about; the need that
a lookup is inside its domain is recorded with the execution and becomes an obligation of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from billproof.invariants.prove.effects import Effect, effect_of
from billproof.invariants.prove.exploration import require
from billproof.invariants.prove.facts import choose, decide
from billproof.invariants.prove.shapes import LENGTH, Shape, wrap
from billproof.invariants.prove.symbols import BOOL, INT, Domain, Role, Symbol, SymbolicError, symbol
from billproof.invariants.prove.terms import (
    FALSE,
    TRUE,
    Term,
    add,
    apply,
    at_most,
    below,
    conjunction,
    equal,
    integer,
    linear,
)
from billproof.invariants.prove.values import SymbolicBool, ask, int_term, refuse
from billproof.model.containers import Log, PartialMap
from billproof.model.identifiers import Amount, Position

K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S")

_TRUTH = Domain(name="bool", sort=BOOL)
_POSITION = Domain(name="Position", sort=INT)
_SUM = Domain(name="Amount", sort=INT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapBase:
    """The symbols of one map of a state."""

    place: str
    key: Shape
    value: Shape
    present: Symbol
    fields: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogBase:
    """The symbols of one log of a state."""

    place: str
    item: Shape
    length: Symbol
    fields: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write to a map; ``value`` is empty for a removal."""

    key: tuple[Term, ...]
    value: tuple[Term, ...]


def _leaf_symbols(place: str, parameters: tuple[Domain, ...], shape: Shape, role: Role) -> tuple[Symbol, ...]:
    return tuple(
        symbol(
            f"{place}.{leaf.path or 'value'}", parameters, leaf.domain, role=role, place=place, detail=index
        )
        for index, leaf in enumerate(shape.leaves)
    )


def map_base(place: str, key: Shape, value: Shape) -> MapBase:
    """Return the symbols of the map at ``place``."""
    parameters = tuple(leaf.domain for leaf in key.leaves)
    present = symbol(f"{place}?", parameters, _TRUTH, role=Role.PRESENT, place=place)
    fields = _leaf_symbols(place, parameters, value, Role.FIELD)
    return MapBase(place=place, key=key, value=value, present=present, fields=fields)


def log_base(place: str, item: Shape) -> LogBase:
    """Return the symbols of the log at ``place``."""
    length = symbol(f"{place}#", (), LENGTH, role=Role.LENGTH, place=place)
    fields = _leaf_symbols(place, (_POSITION,), item, Role.ITEM)
    return LogBase(place=place, item=item, length=length, fields=fields)


def same_terms(left: Sequence[Term], right: Sequence[Term]) -> Term:
    """Return the condition that two tuples of leaves are equal."""
    return conjunction(equal(one, other) for one, other in zip(left, right, strict=True))


class _Unlisted:
    """Refuses by name what Python could do with a collection and no formula can follow."""

    __slots__ = ()

    __iter__ = refuse(
        "iteration", "a loop over a container is no formula; ask for a total, or state it per key"
    )
    __len__ = refuse("len()", "ask a Log for its length")
    __contains__ = refuse("in", "ask contains()")
    __getitem__ = refuse("indexing", "use get() or at()")
    __bool__ = refuse("a truth value", "ask a Log whether its length is 0")
    __hash__ = refuse("hash()", "a symbolic container is no key")
    __str__ = refuse("str()", "the core may not turn a value into text")
    __format__ = refuse("formatting", "the core may not turn a value into text")


class SymbolicMap(_Unlisted, PartialMap[K, V], Generic[K, V]):
    """A partial map of which the base is symbolic, or empty."""

    __slots__ = ("base", "empty", "writes")

    def __init__(self, base: MapBase, *, empty: bool = False, writes: tuple[Write, ...] = ()) -> None:
        self.base = base
        self.empty = empty
        self.writes = writes

    def matches(self, key: tuple[Term, ...]) -> list[tuple[Term, Write]]:
        """Return the writes that may be to ``key`` with the condition of each, newest first.

        The list ends with a write whose condition is ``TRUE`` if one certainly is.
        """
        found: list[tuple[Term, Write]] = []
        for write in reversed(self.writes):
            condition = same_terms(write.key, key)
            verdict = decide(condition)
            if verdict is True:
                found.append((TRUE, write))
                break
            if verdict is None:
                found.append((condition, write))
        return found

    def present_term(self, key: tuple[Term, ...]) -> Term:
        """Return the condition that ``key`` has a value."""
        result = FALSE if self.empty else apply(self.base.present, key)
        for condition, write in reversed(self.matches(key)):
            result = choose(condition, TRUE if write.value else FALSE, result)
        return result

    def field_terms(self, key: tuple[Term, ...]) -> tuple[Term, ...]:
        """Return the leaves of the value of ``key``; meaningless where it has none."""
        # A removal is passed over: what it leaves is never read, and the older value is the simpler term.
        matches = [pair for pair in self.matches(key) if pair[1].value]
        if matches and matches[-1][0] is TRUE:
            result = matches.pop()[1].value
        else:
            result = tuple(apply(field, key) for field in self.base.fields)
        for condition, write in reversed(matches):
            pairs = zip(write.value, result, strict=True)
            result = tuple(choose(condition, new, old) for new, old in pairs)
        return result

    def contains(self, key: K) -> bool:
        """Return the condition that ``key`` has a value."""
        return cast("bool", wrap(self.present_term(self.base.key.flatten(key)), _TRUTH))

    def get(self, key: K) -> V:
        """Return the value of ``key``; that it has one becomes an obligation."""
        terms = self.base.key.flatten(key)
        require(self.present_term(terms), f"{self.base.place}.get")
        return cast("V", self.base.value.build(self.field_terms(terms)))

    def get_or(self, key: K, default: V) -> V:
        """Return a choice between the value of ``key`` and ``default``, leaf by leaf."""
        terms = self.base.key.flatten(key)
        present = self.present_term(terms)
        pairs = zip(self.field_terms(terms), self.base.value.flatten(default), strict=True)
        return cast("V", self.base.value.build([choose(present, own, other) for own, other in pairs]))

    def put(self, key: K, value: V) -> "SymbolicMap[K, V]":
        """Return the map with one more write."""
        write = Write(key=self.base.key.flatten(key), value=self.base.value.flatten(value))
        return self._with(write)

    def without(self, key: K) -> "SymbolicMap[K, V]":
        """Return the map with a removal."""
        return self._with(Write(key=self.base.key.flatten(key), value=()))

    def _with(self, write: Write) -> "SymbolicMap[K, V]":
        kept = tuple(old for old in self.writes if old.key != write.key)
        return SymbolicMap(self.base, empty=self.empty, writes=(*kept, write))

    def emptied(self) -> "SymbolicMap[K, V]":
        """Return the empty map."""
        return SymbolicMap(self.base, empty=True)

    def identical(self, other: "SymbolicMap[K, V]") -> bool:
        """Tell whether two maps are equal because they are made of the same symbols and writes."""
        return self.writes == other.writes and (
            (self.empty and other.empty) or (self.base is other.base and self.empty == other.empty)
        )

    def __eq__(self, other: object) -> bool:
        """Compare; only maps that are identical as terms can be told equal."""
        return _container_equality(self, other)

    __hash__ = _Unlisted.__hash__  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show the place and the number of writes."""
        return f"SymbolicMap({self.base.place}, empty={self.empty}, writes={len(self.writes)})"


def same_symbol(
    left: "SymbolicMap[K, V] | SymbolicLog[V]", right: "SymbolicMap[K, V] | SymbolicLog[V]"
) -> Symbol:
    """Return the symbol that stands for the equality of two containers."""
    places = f"{left.base.place} = {right.base.place}"
    return symbol(places, (), _TRUTH, role=Role.SAME, place=left.base.place, detail=right.base.place)


def _container_equality(left: object, right: object) -> bool:
    if isinstance(left, SymbolicMap) and isinstance(right, SymbolicMap):
        if left.identical(right):
            return True
        bare = not (left.writes or left.empty or right.writes or right.empty)
    elif isinstance(left, SymbolicLog) and isinstance(right, SymbolicLog):
        if left.identical(right):
            return True
        bare = left.is_whole_base() and right.is_whole_base()
    else:
        return False
    if not bare:
        raise SymbolicError(f"{left!r} == {right!r}", "compare containers at a key, not as a whole")
    return cast("bool", SymbolicBool(apply(same_symbol(left, right))))


class SymbolicLog(_Unlisted, Log[V], Generic[V]):
    """A log: the first ``limit`` items of a base, and appended ones."""

    __slots__ = ("base", "items", "limit")

    def __init__(
        self, base: LogBase, *, limit: Term | None = None, items: tuple[tuple[Term, ...], ...] = ()
    ) -> None:
        self.base = base
        self.limit = apply(base.length) if limit is None else limit
        self.items = items

    @property
    def length_term(self) -> Term:
        """The number of items."""
        return add(self.limit, integer(len(self.items)))

    @property
    def length(self) -> Position:
        """The number of items."""
        return cast("Position", wrap(self.length_term, LENGTH))

    def is_whole_base(self) -> bool:
        """Tell whether the log is the base, unshortened and not extended."""
        return not self.items and self.limit is apply(self.base.length)

    def item_terms(self, position: Term) -> tuple[Term, ...]:
        """Return the leaves of the item at ``position``; meaningless outside the log."""
        result: tuple[Term, ...] | None = None
        pending: list[tuple[Term, tuple[Term, ...]]] = []
        for index in reversed(range(len(self.items))):
            condition = equal(position, add(self.limit, integer(index)))
            verdict = decide(condition)
            if verdict is True:
                result = self.items[index]
                break
            if verdict is None:
                pending.append((condition, self.items[index]))
        if result is None:
            result = tuple(apply(field, (position,)) for field in self.base.fields)
        for condition, item in reversed(pending):
            result = tuple(choose(condition, new, old) for new, old in zip(item, result, strict=True))
        return result

    def at(self, position: Position) -> V:
        """Return the item at ``position``; that there is one becomes an obligation."""
        term = int_term(position)
        inside = conjunction((at_most(integer(0), term), below(term, self.length_term)))
        require(inside, f"{self.base.place}.at")
        return cast("V", self.base.item.build(self.item_terms(term)))

    def append(self, item: V) -> "SymbolicLog[V]":
        """Return the log with one more item."""
        return SymbolicLog(self.base, limit=self.limit, items=(*self.items, self.base.item.flatten(item)))

    def first(self, count: Position) -> "SymbolicLog[V]":
        """Return the first ``count`` items; decides whether that reaches into the appended ones."""
        term = int_term(count)
        inside = conjunction((at_most(integer(0), term), at_most(term, self.length_term)))
        require(inside, f"{self.base.place}.first")
        for kept in range(len(self.items), 0, -1):
            if ask(equal(term, add(self.limit, integer(kept)))):
                return SymbolicLog(self.base, limit=self.limit, items=self.items[:kept])
        return SymbolicLog(self.base, limit=term)

    def total_term(self, effect: Effect, subject: tuple[Term, ...]) -> Term:
        """Return the sum of an effect for a subject over all items."""
        parts = [(1, base_total(self.base, effect, (*subject, self.limit)))]
        parts += [(1, effect.of(item, subject)) for item in self.items]
        return linear(*parts)

    def total(self, effect: Callable[[V, S], Amount], subject: S) -> Amount:
        """Return the sum of ``effect(item, subject)`` over all items."""
        found = effect_of(cast("Callable[[object, object], object]", effect), self.base.item)
        return cast("Amount", wrap(self.total_term(found, found.subject.flatten(subject)), _SUM))

    def identical(self, other: "SymbolicLog[V]") -> bool:
        """Tell whether two logs are equal because they are made of the same symbols and items."""
        no_base = self.limit is integer(0) and other.limit is integer(0)
        same_base = self.base is other.base and self.limit is other.limit
        return self.items == other.items and (no_base or same_base)

    def __eq__(self, other: object) -> bool:
        """Compare; only logs that are identical as terms can be told equal."""
        return _container_equality(self, other)

    __hash__ = _Unlisted.__hash__  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show the place and the number of appended items."""
        return f"SymbolicLog({self.base.place}, items={len(self.items)})"


def total_symbol(base: LogBase, effect: Effect) -> Symbol:
    """Return the function that gives the sum of an effect for a subject over the first items of a base."""
    parameters = (*[leaf.domain for leaf in effect.subject.leaves], _POSITION)
    return symbol(
        f"{base.place}+{effect.name}", parameters, _SUM, role=Role.TOTAL, place=base.place, detail=effect
    )


def base_total(base: LogBase, effect: Effect, args: tuple[Term, ...]) -> Term:
    """Return the total over the first items of a base; ``args`` ends with their number."""
    if args[-1] is integer(0):
        return integer(0)
    return apply(total_symbol(base, effect), args)
