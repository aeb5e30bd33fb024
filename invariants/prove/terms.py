"""Terms: the formulas that symbolic execution builds, as one immutable graph with sharing.

Theory of operation. A ``Term`` is an operator, a sort, arguments and one datum. Terms are hash-consed: equal
terms are the same object, so equality is identity, a memo is a dictionary, and a formula of thousands of
nodes costs what its distinct parts cost. Integers are kept in linear normal form: a sum is a constant and
coefficients over atoms, a comparison is ``sum >= bound``; so ``length + 1 > length`` is true the moment it
is built, and a condition and its negation are recognised. What cannot be decided locally is left to the
solvers.

Structure never depends on what was built before: arguments of symmetric operators are ordered by a hash of
their content, not by age or address. The same execution therefore prints the same bytes.

Not here: anything of Z3 or cvc5 (``solvers``), any knowledge about a path (``facts``).
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum, auto
from functools import lru_cache
from math import gcd
from typing import TypeAlias
from weakref import WeakValueDictionary

from billproof.invariants.prove.symbols import BOOL, INT, Symbol, order_of_name

Datum: TypeAlias = int | bool | str | Symbol | tuple[int, ...] | None


class Op(IntEnum):
    """The operators of a term."""

    CONSTANT = auto()
    """An integer or a truth value; the datum."""
    LITERAL = auto()
    """A concrete string of an uninterpreted sort; literals of one sort differ pairwise."""
    APPLY = auto()
    """A symbol applied to arguments; a variable has none."""
    SUM = auto()
    """``datum[0] + sum(datum[i + 1] * args[i])``."""
    AT_LEAST = auto()
    """``sum(datum[i + 1] * args[i]) >= datum[0]``."""
    EQUAL_INT = auto()
    """``sum(datum[i + 1] * args[i]) = datum[0]``."""
    EQUAL = auto()
    """Equality of two identifiers or of two truth values."""
    NOT = auto()
    AND = auto()
    OR = auto()
    ITE = auto()


class Term:
    """One node; immutable, made only by the functions of this module, equal exactly if identical."""

    __slots__ = ("__weakref__", "args", "datum", "op", "order", "sort")

    def __init__(self, op: Op, sort: str, args: "tuple[Term, ...]", datum: Datum) -> None:
        self.op = op
        self.sort = sort
        self.args = args
        self.datum = datum
        self.order: int = hash(
            (int(op), order_of_name(sort), _order_of_datum(datum), *[arg.order for arg in args])
        )

    def __repr__(self) -> str:
        """Show the operator and the datum; ``smtlib.render`` shows the whole."""
        return f"Term({self.op.name}, {self.datum!r}, {len(self.args)} args)"


def _order_of_datum(datum: Datum) -> int:
    if isinstance(datum, Symbol):
        return datum.order
    if isinstance(datum, str):
        return order_of_name(datum)
    return hash(datum) if datum is not None else -7


_TERMS: "WeakValueDictionary[tuple[object, ...], Term]" = WeakValueDictionary()


def _make(op: Op, sort: str, args: tuple[Term, ...], datum: Datum) -> Term:
    key = (op, sort, args, datum)
    found = _TERMS.get(key)
    if found is None:
        found = Term(op, sort, args, datum)
        _TERMS[key] = found
    return found


TRUE = _make(Op.CONSTANT, BOOL, (), True)
FALSE = _make(Op.CONSTANT, BOOL, (), False)


@lru_cache(maxsize=4096)
def integer(value: int) -> Term:
    """Return the constant of an integer."""
    return _make(Op.CONSTANT, INT, (), int(value))


def literal(sort: str, text: str) -> Term:
    """Return the constant of an uninterpreted sort that stands for ``text``."""
    return _make(Op.LITERAL, sort, (), text)


def apply(function: Symbol, args: tuple[Term, ...] = ()) -> Term:
    """Return a function symbol applied to arguments, or a variable."""
    return _make(Op.APPLY, function.result.sort, args, function)


def symbol_of(term: Term) -> Symbol:
    """Return the symbol of an application."""
    assert isinstance(term.datum, Symbol)
    return term.datum


def numbers_of(term: Term) -> tuple[int, ...]:
    """Return constant or bound, and the coefficients, of a sum or comparison."""
    assert isinstance(term.datum, tuple)
    return term.datum


def is_constant(term: Term) -> bool:
    """Tell whether a term is a value: two different ones are unequal."""
    return term.op == Op.CONSTANT or term.op == Op.LITERAL


# --- integers ---------------------------------------------------------------------------------------------


def _combine(parts: Sequence[tuple[int, Term]]) -> tuple[int, dict[Term, int]]:
    constant = 0
    coefficients: dict[Term, int] = {}
    for factor, term in parts:
        if term.op == Op.CONSTANT:
            assert isinstance(term.datum, int)
            constant += factor * term.datum
        elif term.op == Op.SUM:
            numbers = numbers_of(term)
            constant += factor * numbers[0]
            for coefficient, atom in zip(numbers[1:], term.args, strict=True):
                coefficients[atom] = coefficients.get(atom, 0) + factor * coefficient
        else:
            coefficients[term] = coefficients.get(term, 0) + factor
    return constant, {atom: number for atom, number in coefficients.items() if number}


def _sorted(coefficients: dict[Term, int]) -> tuple[tuple[Term, ...], tuple[int, ...]]:
    if len(coefficients) == 1:
        return tuple(coefficients), tuple(coefficients.values())
    pairs = sorted(coefficients.items(), key=lambda pair: pair[0].order)
    return tuple(atom for atom, _ in pairs), tuple(number for _, number in pairs)


def linear(*parts: tuple[int, Term]) -> Term:
    """Return the sum of ``factor * term`` over the parts, in normal form."""
    constant, coefficients = _combine(parts)
    if not coefficients:
        return integer(constant)
    atoms, numbers = _sorted(coefficients)
    if constant == 0 and numbers == (1,):
        return atoms[0]
    return _make(Op.SUM, INT, atoms, (constant, *numbers))


def add(left: Term, right: Term) -> Term:
    """Return ``left + right``."""
    return linear((1, left), (1, right))


def subtract(left: Term, right: Term) -> Term:
    """Return ``left - right``."""
    return linear((1, left), (-1, right))


def at_most(left: Term, right: Term) -> Term:
    """Return ``left <= right``."""
    constant, coefficients = _combine(((1, right), (-1, left)))
    return _at_least(coefficients, -constant)


def below(left: Term, right: Term) -> Term:
    """Return ``left < right``."""
    constant, coefficients = _combine(((1, right), (-1, left)))
    return _at_least(coefficients, 1 - constant)


def _at_least(coefficients: dict[Term, int], bound: int) -> Term:
    if not coefficients:
        return TRUE if bound <= 0 else FALSE
    divisor = gcd(*coefficients.values())
    if divisor > 1:
        coefficients = {atom: number // divisor for atom, number in coefficients.items()}
        bound = -(-bound // divisor)
    atoms, numbers = _sorted(coefficients)
    if len(atoms) == 1 and _is_choice_of_constants(atoms[0]):
        condition, first, second = atoms[0].args
        return ite(
            condition,
            _at_least(*_scaled(numbers[0], first, bound)),
            _at_least(*_scaled(numbers[0], second, bound)),
        )
    return _make(Op.AT_LEAST, BOOL, atoms, (bound, *numbers))


def _is_choice_of_constants(term: Term) -> bool:
    return term.op == Op.ITE and is_constant(term.args[1]) and is_constant(term.args[2])


def _scaled(factor: int, term: Term, bound: int) -> tuple[dict[Term, int], int]:
    constant, coefficients = _combine(((factor, term),))
    return coefficients, bound - constant


def _equal_int(left: Term, right: Term) -> Term:
    constant, coefficients = _combine(((1, left), (-1, right)))
    if not coefficients:
        return TRUE if constant == 0 else FALSE
    target = -constant
    divisor = gcd(*coefficients.values())
    if target % divisor:
        return FALSE
    atoms, numbers = _sorted(coefficients)
    if numbers[0] < 0:
        divisor = -divisor
    numbers = tuple(number // divisor for number in numbers)
    target //= divisor
    if len(atoms) == 1 and numbers == (1,) and _has_constant_branch(atoms[0]):
        return _equal_branches(atoms[0], integer(target))
    return _make(Op.EQUAL_INT, BOOL, atoms, (target, *numbers))


def _has_constant_branch(term: Term) -> bool:
    return term.op == Op.ITE and (is_constant(term.args[1]) or is_constant(term.args[2]))


def _equal_branches(choice: Term, value: Term) -> Term:
    condition, first, second = choice.args
    return ite(condition, equal(first, value), equal(second, value))


# --- equality, connectives, choice ------------------------------------------------------------------------


def equal(left: Term, right: Term) -> Term:
    """Return ``left = right``; both have the same sort."""
    if left is right:
        return TRUE
    if left.sort == INT:
        return _equal_int(left, right)
    if left.sort == BOOL:
        return _equal_bool(left, right)
    if left.op == Op.LITERAL and right.op == Op.LITERAL:
        return FALSE
    if left.op == Op.LITERAL:
        left, right = right, left
    if right.op == Op.LITERAL and _has_constant_branch(left):
        return _equal_branches(left, right)
    return _make(Op.EQUAL, BOOL, _in_order(left, right), None)


def _in_order(left: Term, right: Term) -> tuple[Term, Term]:
    return (left, right) if left.order <= right.order else (right, left)


def _equal_bool(left: Term, right: Term) -> Term:
    if left.op == Op.CONSTANT:
        return right if left is TRUE else negate(right)
    if right.op == Op.CONSTANT:
        return left if right is TRUE else negate(left)
    if negate(left) is right:
        return FALSE
    return _make(Op.EQUAL, BOOL, _in_order(left, right), None)


def negate(term: Term) -> Term:
    """Return ``not term``."""
    if term.op == Op.CONSTANT:
        return FALSE if term is TRUE else TRUE
    if term.op == Op.NOT:
        return term.args[0]
    if term.op == Op.AT_LEAST:
        bound, *numbers = numbers_of(term)
        return _make(Op.AT_LEAST, BOOL, term.args, (1 - bound, *[-number for number in numbers]))
    return _make(Op.NOT, BOOL, (term,), None)


def conjunction(parts: Iterable[Term]) -> Term:
    """Return the conjunction, flat, without repetitions; ``TRUE`` if empty."""
    return _junction(Op.AND, parts, TRUE, FALSE)


def disjunction(parts: Iterable[Term]) -> Term:
    """Return the disjunction, flat, without repetitions; ``FALSE`` if empty."""
    return _junction(Op.OR, parts, FALSE, TRUE)


def _junction(op: Op, parts: Iterable[Term], neutral: Term, absorbing: Term) -> Term:
    kept: dict[Term, None] = {}
    for part in parts:
        for piece in part.args if part.op == op else (part,):
            if piece is absorbing:
                return absorbing
            if piece is not neutral:
                kept[piece] = None
    for piece in kept:
        # Only the forms that a negation can take are looked up; the other half of the pair is found by its.
        if piece.op == Op.NOT or piece.op == Op.AT_LEAST:
            if negate(piece) in kept:
                return absorbing
    if not kept:
        return neutral
    if len(kept) == 1:
        return next(iter(kept))
    return _make(op, BOOL, tuple(kept), None)


def implies(premise: Term, conclusion: Term) -> Term:
    """Return ``premise => conclusion``."""
    return disjunction((negate(premise), conclusion))


def ite(condition: Term, first: Term, second: Term) -> Term:
    """Return ``first`` where the condition holds, ``second`` elsewhere."""
    if condition.op == Op.NOT:
        return ite(condition.args[0], second, first)
    if condition is TRUE or first is second:
        return first
    if condition is FALSE:
        return second
    if first.op == Op.ITE and first.args[0] is condition:
        first = first.args[1]
    if second.op == Op.ITE and second.args[0] is condition:
        second = second.args[2]
    if first is second:
        return first
    if first.sort == BOOL:
        if first is TRUE or first is condition:
            return disjunction((condition, second))
        if first is FALSE:
            return conjunction((negate(condition), second))
        if second is TRUE:
            return disjunction((negate(condition), first))
        if second is FALSE or second is condition:
            return conjunction((condition, first))
    return _make(Op.ITE, first.sort, (condition, first, second), None)
