"""Walks over terms: order, substitution, evaluation. None of them recurses, so depth is no limit."""

from collections.abc import Callable, Container, Iterable, Iterator
from typing import TypeAlias

from billproof.invariants.prove.facts import choose, simplified
from billproof.invariants.prove.symbols import BOOL, INT, Symbol
from billproof.invariants.prove.terms import (
    Op,
    Term,
    apply,
    at_most,
    conjunction,
    disjunction,
    equal,
    integer,
    linear,
    negate,
    numbers_of,
    symbol_of,
)

Value: TypeAlias = int | bool | str
"""What a term evaluates to: a number, a truth value, or the string that an identifier stands for."""

Reader: TypeAlias = Callable[[Symbol, tuple[Term, ...]], Term | None]
"""What a symbol means elsewhere, or ``None`` where it keeps its meaning."""


def _walk(roots: Iterable[Term], known: Container[Term], entered: set[Term]) -> Iterator[Term]:
    stack: list[Term | tuple[Term]] = list(roots)
    stack.reverse()
    while stack:
        top = stack.pop()
        if isinstance(top, tuple):
            yield top[0]
        elif top not in known and top not in entered:
            # What is entered twice before it is left would be below itself, and terms have no cycles.
            entered.add(top)
            if top.args:
                stack.append((top,))
                stack.extend(reversed(top.args))
            else:
                yield top


def unknown(roots: Iterable[Term], known: Container[Term]) -> Iterator[Term]:
    """Yield the terms below ``roots`` that are not in ``known``, each once, arguments before their users."""
    return _walk(roots, known, set())


def post_order(roots: Iterable[Term], seen: set[Term] | None = None) -> Iterator[Term]:
    """Yield every distinct term below ``roots``, arguments before their users.

    Args:
        roots: The terms to walk over.
        seen: Terms to leave out, with all below them; extended by the walk.
    """
    return _walk(roots, (), set() if seen is None else seen)


def symbols_in(roots: Iterable[Term]) -> dict[Symbol, None]:
    """Return the symbols used below ``roots``, in order of first use."""
    return {symbol_of(term): None for term in post_order(roots) if term.op == Op.APPLY}


def rebuild(term: Term, args: tuple[Term, ...]) -> Term:
    """Return the term with other arguments, simplified under the active facts."""
    op = term.op
    if op == Op.APPLY:
        return apply(symbol_of(term), args)
    if not args:
        return term
    if op == Op.NOT:
        return simplified(negate(args[0]))
    if op == Op.AND:
        return conjunction(args)
    if op == Op.OR:
        return disjunction(args)
    if op == Op.ITE:
        return choose(args[0], args[1], args[2])
    if op == Op.EQUAL:
        return simplified(equal(args[0], args[1]))
    first, *numbers = numbers_of(term)
    total = linear(*zip(numbers, args, strict=True))
    if op == Op.SUM:
        return linear((1, total), (1, integer(first)))
    if op == Op.AT_LEAST:
        return simplified(at_most(integer(first), total))
    return simplified(equal(total, integer(first)))


def substitute(roots: Iterable[Term], read: Reader, memo: dict[Term, Term] | None = None) -> tuple[Term, ...]:
    """Return the terms with every symbol read by ``read``, simplified under the active facts.

    Args:
        roots: The terms to translate.
        read: What each symbol means; it gets translated arguments and must answer in the target's terms.
        memo: Translations already known under the same reader and facts; extended.
    """
    known: dict[Term, Term] = {} if memo is None else memo
    targets = tuple(roots)
    for term in unknown(targets, known):
        args = tuple(known[arg] for arg in term.args)
        if term.op == Op.APPLY:
            found = read(symbol_of(term), args)
            if found is not None:
                known[term] = simplified(found) if found.sort == BOOL else found
                continue
            known[term] = simplified(rebuild(term, args)) if term.sort == BOOL else rebuild(term, args)
        elif not args:
            known[term] = term
        elif args == term.args:
            known[term] = simplified(term) if term.sort == BOOL else _rechosen(term)
        else:
            known[term] = rebuild(term, args)
    return tuple(known[target] for target in targets)


def _rechosen(term: Term) -> Term:
    return choose(*term.args) if term.op == Op.ITE else term


class Evaluator:
    """Values of terms under one interpretation of the symbols; remembers what it has computed."""

    def __init__(
        self,
        interpret: Callable[[Symbol, tuple[Value, ...]], Value],
        literal: Callable[[str, str], Value] = lambda _, text: text,
    ) -> None:
        """Start.

        Args:
            interpret: The value of a symbol at values.
            literal: The value of a literal, from its sort and text.
        """
        self._interpret = interpret
        self._literal = literal
        self.known: dict[Term, Value] = {}
        """The values of all terms met so far."""

    def value(self, root: Term) -> Value:
        """Return the value of a term."""
        return self.values((root,))[0]

    def values(self, roots: Iterable[Term]) -> tuple[Value, ...]:
        """Return the values of terms."""
        known = self.known
        targets = tuple(roots)
        for term in unknown(targets, known):
            args = tuple(known[arg] for arg in term.args)
            if term.op == Op.APPLY:
                known[term] = self._interpret(symbol_of(term), args)
            elif term.op == Op.LITERAL:
                known[term] = self._literal(term.sort, str(term.datum))
            else:
                known[term] = _evaluate(term, args)
        return tuple(known[target] for target in targets)


def _evaluate(term: Term, args: tuple[Value, ...]) -> Value:
    op = term.op
    if op == Op.CONSTANT:
        assert isinstance(term.datum, int)
        return term.datum
    if op == Op.NOT:
        return not args[0]
    if op == Op.AND:
        return all(args)
    if op == Op.OR:
        return any(args)
    if op == Op.ITE:
        return args[1] if args[0] else args[2]
    if op == Op.EQUAL:
        return args[0] == args[1]
    first, *numbers = numbers_of(term)
    total = sum(number * int(arg) for number, arg in zip(numbers, args, strict=True))
    if op == Op.SUM:
        return first + total
    return total >= first if op == Op.AT_LEAST else total == first


def default_value(sort: str) -> Value:
    """Return a value of a sort, for what an interpretation leaves open."""
    if sort == INT:
        return 0
    return False if sort == BOOL else ""
