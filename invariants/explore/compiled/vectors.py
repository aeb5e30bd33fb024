"""Terms over the places of a record, as operations on arrays of packed records.

A condition on one place is a mask and a comparison; nothing is unpacked for it. Updates are masks too: what
is copied from places that lie equally far apart is copied together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np

from billproof.invariants.explore.compiled.layout import (
    Flags,
    Layout,
    Numbers,
    Slot,
    Words,
    size_of,
)
from billproof.invariants.prove.symbols import INT, Symbol, SymbolicError
from billproof.invariants.prove.terms import Op, Term, numbers_of, symbol_of

Condition: TypeAlias = Callable[[Words], Flags]
Number: TypeAlias = Callable[[Words], Numbers]
Change: TypeAlias = Callable[[Words], Words]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vectors:
    """Translates terms about records of one layout."""

    layout: Layout
    slots: Mapping[Symbol, Slot]

    def condition(self, term: Term) -> Condition:
        """Return the operation that tells for each record whether a condition holds.

        Raises:
            SymbolicError: The term is none over the places of a record.
        """
        if term.op == Op.CONSTANT:
            return _constantly(value=bool(term.datum))
        if term.op == Op.APPLY:
            return _masked(self._slot(term), np.not_equal, 0)
        if term.op == Op.NOT:
            inner = self.condition(term.args[0])
            return lambda words: ~inner(words)
        if term.op in (Op.AND, Op.OR):
            return self._junction(term)
        if term.op == Op.ITE:
            test, first, second = (self.condition(arg) for arg in term.args)
            return lambda words: np.where(test(words), first(words), second(words))
        if term.op == Op.EQUAL:
            left, right = (self.condition(arg) for arg in term.args)
            return lambda words: left(words) == right(words)
        if term.op in (Op.AT_LEAST, Op.EQUAL_INT):
            return self._comparison(term)
        raise SymbolicError(f"{term.op.name} in a named model", "keep to numbers and truth values")

    def number(self, term: Term) -> Number:
        """Return the operation that gives the value of a number for each record.

        Raises:
            SymbolicError: The term is none over the places of a record.
        """
        if term.op == Op.CONSTANT:
            value = _int(term)
            return lambda words: np.full(size_of(words), value, dtype=np.int64)
        if term.op == Op.APPLY:
            slot = self._slot(term)
            low, shift = np.uint64((1 << slot.bits) - 1), np.uint64(slot.shift)
            return lambda words: ((words[slot.word] >> shift) & low).astype(np.int64)
        if term.op == Op.ITE:
            test = self.condition(term.args[0])
            first, second = (self.number(arg) for arg in term.args[1:])
            return lambda words: np.where(test(words), first(words), second(words))
        if term.op == Op.SUM:
            constant, *factors = numbers_of(term)
            return self._sum(factors, term.args, constant)
        raise SymbolicError(f"{term.op.name} in place of a number", "keep to sums of numbers")

    def change(self, changes: Sequence[tuple[int, Term]]) -> Change:
        """Return the operation that makes the records after an update.

        Args:
            changes: Number of the place and its content afterwards, which lies in the declared range.
        """
        cleared = [0] * self.layout.words
        fixed = [0] * self.layout.words
        added = [0] * self.layout.words
        copies: dict[tuple[int, int, int], int] = {}
        computed: list[tuple[Slot, Number]] = []
        for number, content in changes:
            slot = self.layout.slots[number]
            step = self._step(slot, content)
            if step is not None:
                # The content stays in its range, so that nothing is carried into the next place.
                added[slot.word] += step << slot.shift
                continue
            cleared[slot.word] |= slot.mask
            source = self.slots.get(symbol_of(content)) if content.op == Op.APPLY else None
            if content.op == Op.CONSTANT:
                fixed[slot.word] |= (
                    int(bool(content.datum) if content.sort != INT else _int(content)) << slot.shift
                )
            elif source is not None and source.bits == slot.bits:
                way = (source.word, slot.word, source.shift - slot.shift)
                copies[way] = copies.get(way, 0) | source.mask
            else:
                computed.append((slot, self._content(content)))
        return _changing(cleared, fixed, added, copies, computed)

    def _slot(self, term: Term) -> Slot:
        return self.slots[symbol_of(term)]

    def _step(self, slot: Slot, content: Term) -> int | None:
        """Return by how much a place grows, if its content is its old one and a constant."""
        if content.op != Op.SUM or len(content.args) != 1 or content.args[0].op != Op.APPLY:
            return None
        constant, factor = numbers_of(content)
        return constant if factor == 1 and self._slot(content.args[0]) == slot else None

    def _content(self, content: Term) -> Number:
        if content.sort == INT:
            return self.number(content)
        flag = self.condition(content)
        return lambda words: flag(words).astype(np.int64)

    def _junction(self, term: Term) -> Condition:
        parts = [self.condition(arg) for arg in term.args]
        join = np.logical_and if term.op == Op.AND else np.logical_or
        return lambda words: reduce(join, [part(words) for part in parts])

    def _comparison(self, term: Term) -> Condition:
        bound, *factors = numbers_of(term)
        if len(factors) == 1 and factors[0] in (1, -1) and term.args[0].op == Op.APPLY:
            return self._comparison_of_place(term, self._slot(term.args[0]), factors[0], bound)
        total = self._sum(factors, term.args, 0)
        if term.op == Op.EQUAL_INT:
            return lambda words: total(words) == bound
        return lambda words: total(words) >= bound

    def _comparison_of_place(self, term: Term, slot: Slot, factor: int, bound: int) -> Condition:
        most = (1 << slot.bits) - 1
        if term.op == Op.EQUAL_INT:
            value = bound * factor
            return _masked(slot, np.equal, value) if 0 <= value <= most else _constantly(value=False)
        if factor == 1:
            if bound <= 0 or bound > most:
                return _constantly(value=bound <= 0)
            return _masked(slot, np.greater_equal, bound)
        highest = -bound
        if highest < 0 or highest >= most:
            return _constantly(value=highest >= most)
        return _masked(slot, np.less_equal, highest)

    def _sum(self, factors: Sequence[int], args: Sequence[Term], constant: int) -> Number:
        parts = [(factor, self.number(arg)) for factor, arg in zip(factors, args, strict=True)]

        def total(words: Words) -> Numbers:
            result = np.full(size_of(words), constant, dtype=np.int64)
            for factor, part in parts:
                result += factor * part(words)
            return result

        return total


def _int(term: Term) -> int:
    """Return the number of a constant; a truth value is 0 or 1."""
    assert isinstance(term.datum, int)
    return int(term.datum)


def _constantly(*, value: bool) -> Condition:
    return lambda words: np.full(size_of(words), value, dtype=np.bool_)


def _masked(slot: Slot, compare: np.ufunc, value: int) -> Condition:
    mask, shifted = np.uint64(slot.mask), np.uint64(value << slot.shift)

    def test(words: Words) -> Flags:
        found: Flags = compare(words[slot.word] & mask, shifted)
        return found

    return test


def _changing(
    cleared: Sequence[int],
    fixed: Sequence[int],
    added: Sequence[int],
    copies: Mapping[tuple[int, int, int], int],
    computed: Sequence[tuple[Slot, Number]],
) -> Change:
    full = (1 << 64) - 1
    keep = [np.uint64(full ^ mask) if mask else None for mask in cleared]
    put = [np.uint64(bits) if bits else None for bits in fixed]
    # What is taken away is added modulo 2**64, which is how unsigned words add.
    more = [np.uint64(number & full) if number else None for number in added]
    moves = [
        (source, target, np.uint64(abs(distance)), distance >= 0, np.uint64(mask))
        for (source, target, distance), mask in copies.items()
    ]

    def change(words: Words) -> Words:
        after = [word if mask is None else word & mask for word, mask in zip(words, keep, strict=True)]
        for source, target, distance, right, mask in moves:
            part = words[source] & mask
            after[target] = after[target] | (part >> distance if right else part << distance)
        for slot, content in computed:
            part = content(words).astype(np.uint64) << np.uint64(slot.shift)
            after[slot.word] = after[slot.word] | part
        for index, (bits, step) in enumerate(zip(put, more, strict=True)):
            if bits is not None:
                after[index] = after[index] | bits
            if step is not None:
                after[index] = after[index] + step
        return tuple(after)

    return change
