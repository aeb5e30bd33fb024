"""Facts: what the decisions already taken on a path say about the next condition.

This is the cheap half of path pruning and the whole of simplification on a path: equalities with constants,
bounds of linear forms, and truth values of conditions seen before. It is sound and deliberately incomplete:
an undecided condition only means one more path, which the solvers then find unreachable.
"""

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from billproof.invariants.prove.symbols import Symbol
from billproof.invariants.prove.terms import FALSE, TRUE, Op, Term, ite, numbers_of


class Facts:
    """A growing set of conditions that hold, and the questions it can answer."""

    __slots__ = ("_bounds", "_excluded", "_literals", "_truth")

    def __init__(self, conditions: Iterable[Term] = ()) -> None:
        self._truth: dict[Term, bool] = {}
        self._bounds: dict[tuple[object, ...], tuple[int | None, int | None]] = {}
        self._excluded: dict[tuple[object, ...], set[int]] = {}
        self._literals: dict[Term, Term] = {}
        for condition in conditions:
            self.assume(condition, holds=True)

    def assume(self, condition: Term, *, holds: bool) -> None:
        """Add that ``condition`` holds, or that it does not."""
        pending = [(condition, holds)]
        while pending:
            term, value = pending.pop()
            if term.op == Op.NOT:
                pending.append((term.args[0], not value))
                continue
            self._truth[term] = value
            if (term.op == Op.AND and value) or (term.op == Op.OR and not value):
                pending.extend((arg, value) for arg in term.args)
            elif term.op == Op.AT_LEAST:
                self._assume_bound(term, value)
            elif term.op == Op.EQUAL_INT:
                self._assume_equal(term, value)
            elif term.op == Op.EQUAL and value:
                left, right = term.args
                for one, other in ((left, right), (right, left)):
                    if other.op == Op.LITERAL:
                        self._literals[one] = other

    def decide(self, condition: Term) -> bool | None:
        """Return the truth value of ``condition`` if the facts fix it, else ``None``."""
        if condition.op == Op.CONSTANT:
            return condition is TRUE
        if condition.op == Op.NOT:
            inner = self.decide(condition.args[0])
            return None if inner is None else not inner
        known = self._truth.get(condition)
        if known is not None:
            return known
        if condition.op == Op.AND or condition.op == Op.OR:
            return self._decide_junction(condition)
        if condition.op == Op.AT_LEAST:
            return self._decide_bound(condition)
        if condition.op == Op.EQUAL_INT:
            return self._decide_equal(condition)
        if condition.op == Op.EQUAL:
            return self._decide_literal(condition)
        return None

    def _decide_junction(self, condition: Term) -> bool | None:
        absorbing = condition.op == Op.OR
        answers = [self.decide(arg) for arg in condition.args]
        if absorbing in answers:
            return absorbing
        return None if None in answers else not absorbing

    def _decide_literal(self, condition: Term) -> bool | None:
        left, right = (self._literals.get(arg, arg) for arg in condition.args)
        if left.op == Op.LITERAL and right.op == Op.LITERAL:
            return left is right
        return None

    def _range(self, key: tuple[object, ...], term: Term) -> tuple[int | None, int | None]:
        found = self._bounds.get(key)
        if found is not None:
            return found
        atom = term.args[0]
        if len(term.args) == 1 and key[1] == (1,) and isinstance(atom.datum, Symbol):
            return atom.datum.result.low, atom.datum.result.high
        return None, None

    def _assume_bound(self, term: Term, value: bool) -> None:
        bound = numbers_of(term)[0]
        key, sign = _form(term)
        low, high = self._range(key, term)
        # sum >= bound, or sum <= bound - 1; both turned round where the first coefficient is negative.
        if value == (sign > 0):
            least = bound if sign > 0 else 1 - bound
            low = least if low is None else max(low, least)
        else:
            most = bound - 1 if sign > 0 else -bound
            high = most if high is None else min(high, most)
        self._bounds[key] = (low, high)

    def _decide_bound(self, term: Term) -> bool | None:
        bound = numbers_of(term)[0]
        key, sign = _form(term)
        low, high = self._range(key, term)
        if sign < 0:
            low, high = (None if high is None else -high), (None if low is None else -low)
        if low is not None and low >= bound:
            return True
        if high is not None and high < bound:
            return False
        return None

    def _assume_equal(self, term: Term, value: bool) -> None:
        target = numbers_of(term)[0]
        key, _ = _form(term)
        if value:
            self._bounds[key] = (target, target)
            return
        excluded = self._excluded.setdefault(key, set())
        excluded.add(target)
        low, high = self._range(key, term)
        while low is not None and low in excluded and (high is None or low <= high):
            low += 1
        while high is not None and high in excluded and (low is None or low <= high):
            high -= 1
        self._bounds[key] = (low, high)

    def _decide_equal(self, term: Term) -> bool | None:
        target = numbers_of(term)[0]
        key, _ = _form(term)
        low, high = self._range(key, term)
        if low is not None and low == high:
            return low == target
        if (low is not None and target < low) or (high is not None and target > high):
            return False
        return False if target in self._excluded.get(key, ()) else None


def _form(term: Term) -> tuple[tuple[object, ...], int]:
    """Return the linear form of a comparison with its first coefficient positive, and the sign it had."""
    numbers = numbers_of(term)[1:]
    if numbers[0] > 0:
        return (term.args, numbers), 1
    return (term.args, tuple(-number for number in numbers)), -1


_ACTIVE: list[Facts] = []


@contextmanager
def assuming(facts: Facts) -> Generator[None, None, None]:
    """Let ``choose`` and the containers use ``facts`` within the block."""
    _ACTIVE.append(facts)
    try:
        yield
    finally:
        _ACTIVE.pop()


def decide(condition: Term) -> bool | None:
    """Return the truth value of ``condition`` as far as the active facts fix it."""
    if condition.op == Op.CONSTANT:
        return condition is TRUE
    return _ACTIVE[-1].decide(condition) if _ACTIVE else None


def choose(condition: Term, first: Term, second: Term) -> Term:
    """Return ``ite`` under the active facts."""
    verdict = decide(condition)
    if verdict is None:
        return ite(condition, first, second)
    return first if verdict else second


def simplified(condition: Term) -> Term:
    """Return ``TRUE`` or ``FALSE`` where the active facts fix ``condition``, else the condition itself."""
    verdict = decide(condition)
    if verdict is None:
        return condition
    return TRUE if verdict else FALSE
