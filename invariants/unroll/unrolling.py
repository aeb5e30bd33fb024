"""Unrolling: what each symbol of a state means after so many steps, as a term over the choices made.

Theory of operation. ``choice t`` is an unknown number: which command of the world is executed at time t. A
read of the state at time t + 1 is a chain of choices over the ways of all commands that write there, and
below them the same read at time t; at time 0 it is a read of the start. Nothing is quantified and no array
is made: only what is asked is built, and asked twice it is built once. So a formula about the state after k
steps is a formula about k choices, and of the digest oracle nothing is assumed that is not said aloud
(``digests``).

Source: ``verification.md``, pitfall 2: traces come from unrolling, without quantified axioms.
"""

from collections.abc import Sequence
from time import monotonic

from billproof.invariants.prove.containers import SymbolicLog, SymbolicMap, base_total, same_terms
from billproof.invariants.prove.effects import Effect
from billproof.invariants.prove.records import AnyLog, AnyMap, lift, places, read_in
from billproof.invariants.prove.symbols import INT, Domain, Role, Symbol, SymbolicError, symbol
from billproof.invariants.prove.terms import (
    FALSE,
    TRUE,
    Term,
    add,
    apply,
    conjunction,
    disjunction,
    equal,
    integer,
    ite,
    symbol_of,
)
from billproof.invariants.prove.traversal import substitute
from billproof.invariants.prove.values import term_in
from billproof.invariants.unroll.moves import LateError, Move
from billproof.model.state import State

Args = tuple[Term, ...]

STATE_ROLES = (Role.VALUE, Role.PRESENT, Role.FIELD, Role.LENGTH, Role.ITEM, Role.TOTAL, Role.SAME)
"""The roles of symbols that belong to a state."""


def choice(time: int, moves: int) -> Term:
    """Return the unknown number of the command that is executed at a time."""
    domain = Domain(name="Move", sort=INT, low=0, high=moves - 1)
    return apply(symbol(f"choice {time}", (), domain, role=Role.FREE))


class Unrolling:
    """The states of one world over time; grows as it is asked."""

    def __init__(self, start: State, state: State, moves: Sequence[Move], deadline: float) -> None:
        """Start.

        Args:
            start: The concrete state in which it begins.
            state: The unknown state about which the moves speak.
            moves: The commands that can be executed.
            deadline: On the clock of ``time.monotonic``; past it, nothing new is read (``LateError``).
        """
        self.moves = tuple(moves)
        self._deadline = deadline
        self._start = {place: (hint, value) for place, hint, value in places(lift(start))}
        self._known: dict[tuple[int, Symbol, Args], Term] = {}
        self._memos: list[dict[Term, Term]] = []
        self._writes: dict[str, list[tuple[int, Term, object]]] = {}
        base = {place: value for place, _, value in places(state)}
        for index, move in enumerate(self.moves):
            for way in move.ways:
                for place, _, value in places(way.outcome.state):
                    if not _is_unwritten(value, base[place]):
                        self._writes.setdefault(place, []).append((index, way.condition, value))

    def chosen(self, time: int, move: int) -> Term:
        """Return the condition that a move is executed at a time."""
        return equal(choice(time, len(self.moves)), integer(move))

    def possible(self, time: int) -> Term:
        """Return the condition that what is executed at a time is possible there."""
        return disjunction(
            conjunction((self.chosen(time, index), self.at(time, conjunction((way.condition, way.possible)))))
            for index, move in enumerate(self.moves)
            for way in move.ways
        )

    def at(self, time: int, term: Term) -> Term:
        """Return what a term about the unknown state means at a time."""
        while len(self._memos) <= time:
            self._memos.append({})

        def read(name: Symbol, args: Args) -> Term | None:
            return self._read(time, name, args) if name.role in STATE_ROLES else None

        return substitute((term,), read, self._memos[time])[0]

    def _read(self, time: int, name: Symbol, args: Args) -> Term:
        """Return the value of a symbol of a state at a time."""
        if time == 0:
            found = read_in(name, args, self._start[name.place][1], self._start)
            assert found is not None, "a state says what each of its symbols means"
            return found
        key = (time, name, args)
        if key not in self._known:
            if monotonic() > self._deadline:
                raise LateError("the states were unrolled")
            result = self._read(time - 1, name, args)
            for index, condition, value in reversed(self._writes.get(name.place, [])):
                done = conjunction((self.chosen(time - 1, index), self.at(time - 1, condition)))
                if done is not FALSE:
                    result = self._written((time - 1, name, args), done, value, result)
            self._known[key] = result
        return self._known[key]

    def _written(self, key: tuple[int, Symbol, Args], done: Term, value: object, before: Term) -> Term:
        """Return the value after a step which, if ``done``, has written ``value`` to the place."""
        time, name, _ = key
        if isinstance(value, SymbolicMap):
            return self._in_map(key, done, value, before)
        if isinstance(value, SymbolicLog):
            if name.role is Role.LENGTH:
                return ite(done, self.at(time, value.length_term), before)
            return self._in_log(key, done, value, before)
        if name.role is not Role.VALUE:
            raise SymbolicError(f"{name.name} at {name.place}", "compare containers at a key, not as a whole")
        return ite(done, self.at(time, term_in(value, name.result.sort)), before)

    def _in_map(self, key: tuple[int, Symbol, Args], done: Term, value: AnyMap, before: Term) -> Term:
        time, name, args = key
        if name.role not in (Role.PRESENT, Role.FIELD):
            raise SymbolicError(f"{name.name} at {name.place}", "compare containers at a key, not as a whole")
        is_present = name.role is Role.PRESENT
        if value.base.place != name.place or value.empty:
            before = ite(done, self._of_base_map(time, name, args, value), before)
        for write in value.writes:
            hit = conjunction((done, same_terms(tuple(self.at(time, part) for part in write.key), args)))
            if is_present:
                before = ite(hit, TRUE if write.value else FALSE, before)
            elif write.value:
                assert isinstance(name.detail, int)
                before = ite(hit, self.at(time, write.value[name.detail]), before)
        return before

    def _of_base_map(self, time: int, name: Symbol, args: Args, value: AnyMap) -> Term:
        if name.role is Role.PRESENT:
            return FALSE if value.empty else self._read(time, value.base.present, args)
        assert isinstance(name.detail, int)
        # What an emptied map held is never read; what it held before is as good as anything.
        return self._read(time, value.base.fields[name.detail], args)

    def _in_log(self, key: tuple[int, Symbol, Args], done: Term, value: AnyLog, before: Term) -> Term:
        time, name, args = key
        if name.role not in (Role.ITEM, Role.TOTAL):
            raise SymbolicError(f"{name.name} at {name.place}", "compare containers at a key, not as a whole")
        limit = self.at(time, value.limit)
        *subject, position = args
        is_sum = name.role is Role.TOTAL
        if value.base.place != name.place:
            before = ite(done, self._of_base_log(time, name, args, value), before)
        whole = self._of_base_log(time, name, (*subject, limit), value) if is_sum else integer(0)
        for index, item in enumerate(value.items):
            items = tuple(self.at(time, part) for part in item)
            if is_sum:
                assert isinstance(name.detail, Effect)
                whole = add(whole, name.detail.of(items, tuple(subject)))
                there = equal(position, add(limit, integer(index + 1)))
                before = ite(conjunction((done, there)), whole, before)
            else:
                assert isinstance(name.detail, int)
                there = equal(position, add(limit, integer(index)))
                before = ite(conjunction((done, there)), items[name.detail], before)
        return before

    def _of_base_log(self, time: int, name: Symbol, args: Args, value: AnyLog) -> Term:
        if name.role is Role.ITEM:
            assert isinstance(name.detail, int)
            return self._read(time, value.base.fields[name.detail], args)
        assert isinstance(name.detail, Effect)
        term = base_total(value.base, name.detail, args)
        return self.at(time, term) if args[-1] is integer(0) else self._read(time, symbol_of(term), args)


def _is_unwritten(value: object, base: object) -> bool:
    """Tell whether a way leaves a place as it was."""
    if isinstance(value, SymbolicMap) and isinstance(base, SymbolicMap):
        return value.identical(base)
    if isinstance(value, SymbolicLog) and isinstance(base, SymbolicLog):
        return value.identical(base)
    return value is base or getattr(value, "term", value) is getattr(base, "term", base)
