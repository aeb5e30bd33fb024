"""SMT-LIB 2.6 text of a set of assertions: the only form in which an obligation reaches a solver.

Both solvers read the same bytes. Shared terms become nullary definitions, so the text is as small as the
graph. There are no arrays and no quantifiers: the logic is QF_UFLIA. The same terms give the same bytes.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from billproof.invariants.prove.symbols import BOOL, INT, Symbol, SymbolicError
from billproof.invariants.prove.terms import Op, Term, numbers_of, symbol_of
from billproof.invariants.prove.traversal import post_order

LOGIC = "QF_UFLIA"

_NESTING_MAX = 60
"""Deeper terms are cut by a definition, so that no parser recurses far."""

_NAMES = {Op.NOT: "not", Op.AND: "and", Op.OR: "or", Op.ITE: "ite", Op.EQUAL: "="}


def quoted(name: str) -> str:
    """Return a name as a quoted SMT-LIB symbol."""
    if "|" in name or "\\" in name:
        raise SymbolicError(f"the name {name!r}", "a symbol may not contain | or a backslash")
    return f"|{name}|"


def literal_name(sort: str, text: str) -> str:
    """Return the name of the constant that stands for the string ``text`` in ``sort``."""
    return f"{sort}:{text}"


def _number(value: int) -> str:
    return str(value) if value >= 0 else f"(- {-value})"


def _scaled(coefficient: int, text: str) -> str:
    return text if coefficient == 1 else f"(* {_number(coefficient)} {text})"


def _plus(parts: Sequence[str]) -> str:
    if not parts:
        return "0"
    return parts[0] if len(parts) == 1 else f"(+ {' '.join(parts)})"


def _comparison(term: Term, args: Sequence[str]) -> str:
    # Both sides are kept free of negative numbers: a reader sees used + amount <= limit, as in the source.
    bound, *numbers = numbers_of(term)
    left = [_scaled(-number, arg) for number, arg in zip(numbers, args, strict=True) if number < 0]
    right = [_scaled(number, arg) for number, arg in zip(numbers, args, strict=True) if number > 0]
    if bound > 0:
        left.append(str(bound))
    elif bound < 0:
        right.append(str(-bound))
    operator = "<=" if term.op == Op.AT_LEAST else "="
    return f"({operator} {_plus(left)} {_plus(right)})"


def _node(term: Term, args: Sequence[str]) -> str:
    op = term.op
    if op == Op.CONSTANT:
        assert isinstance(term.datum, int)
        return ("true" if term.datum else "false") if term.sort == BOOL else _number(term.datum)
    if op == Op.LITERAL:
        return quoted(literal_name(term.sort, str(term.datum)))
    if op == Op.APPLY:
        name = quoted(symbol_of(term).name)
        return f"({name} {' '.join(args)})" if args else name
    if op == Op.SUM:
        constant, *numbers = numbers_of(term)
        parts = [_scaled(number, arg) for number, arg in zip(numbers, args, strict=True)]
        return _plus([*parts, _number(constant)] if constant else parts)
    if op == Op.AT_LEAST or op == Op.EQUAL_INT:
        return _comparison(term, args)
    return f"({_NAMES[op]} {' '.join(args)})"


def declarations(terms: Iterable[Term]) -> list[str]:
    """Return sort and symbol declarations and the distinctness of literals, for terms in post order."""
    sorts: dict[str, None] = {}
    symbols: dict[Symbol, None] = {}
    literals: dict[str, list[str]] = {}
    for term in terms:
        if term.op == Op.LITERAL:
            sorts[term.sort] = None
            literals.setdefault(term.sort, []).append(_node(term, ()))
        elif term.op == Op.APPLY:
            symbol = symbol_of(term)
            symbols[symbol] = None
            for domain in (*symbol.parameters, symbol.result):
                sorts[domain.sort] = None
    if len({symbol.name for symbol in symbols}) < len(symbols):
        names = sorted(symbol.name for symbol in symbols)
        twice = next(name for name, other in pairwise(names) if name == other)
        raise SymbolicError(
            f"two symbols named {twice!r}", "give each container, effect and oracle its own name"
        )
    lines = [f"(declare-sort {quoted(sort)} 0)" for sort in sorts if sort not in (INT, BOOL)]
    for symbol in symbols:
        parameters = " ".join(_sort(domain.sort) for domain in symbol.parameters)
        lines.append(f"(declare-fun {quoted(symbol.name)} ({parameters}) {_sort(symbol.result.sort)})")
    for sort, names in literals.items():
        lines += [f"(declare-fun {name} () {_sort(sort)})" for name in names]
        if len(names) > 1:
            lines.append(f"(assert (distinct {' '.join(names)}))")
    return lines


def _sort(sort: str) -> str:
    return sort if sort in (INT, BOOL) else quoted(sort)


def _body(roots: Sequence[Term]) -> tuple[list[str], dict[Term, str]]:
    """Return declarations and definitions, and the text of each root."""
    terms = list(post_order(roots))
    uses: dict[Term, int] = dict.fromkeys(roots, 1)
    for term in terms:
        for arg in term.args:
            uses[arg] = uses.get(arg, 0) + 1
    lines = declarations(terms)
    text: dict[Term, str] = {}
    depth: dict[Term, int] = {}
    for term in terms:
        body = _node(term, [text[arg] for arg in term.args])
        depth[term] = 1 + max([depth[arg] for arg in term.args], default=0)
        if term.args and (uses[term] > 1 or depth[term] > _NESTING_MAX):
            # No symbol of ours begins with a dollar sign, so a definition cannot capture one.
            name = f"${len(lines)}"
            lines.append(f"(define-fun {name} () {_sort(term.sort)} {body})")
            body = name
            depth[term] = 1
        text[term] = body
    return lines, text


def render(assertions: Sequence[Term], *, notes: Sequence[str] = ()) -> str:
    """Return a complete script that asserts all ``assertions`` and asks whether they can hold together.

    Args:
        assertions: Terms of sort Bool.
        notes: Comment lines for the head of the script.
    """
    lines, text = _body(assertions)
    head = [f"; {note}" for note in notes]
    asserted = [f"(assert {text[assertion]})" for assertion in assertions]
    return "\n".join([*head, f"(set-logic {LOGIC})", *lines, *asserted, "(check-sat)"]) + "\n"


def render_named(hypotheses: Sequence[Term], goals: Sequence[Term]) -> str:
    """Return assertions in which ``hi`` switches hypothesis ``i`` on and ``gi`` stands for goal ``i``."""
    lines, text = _body([*hypotheses, *goals])
    for index, term in enumerate(hypotheses):
        lines += [f"(declare-fun h{index} () Bool)", f"(assert (=> h{index} {text[term]}))"]
    for index, term in enumerate(goals):
        lines += [f"(declare-fun g{index} () Bool)", f"(assert (= g{index} {text[term]}))"]
    return "\n".join(lines) + "\n"
