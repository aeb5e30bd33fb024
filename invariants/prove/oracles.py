"""Oracles: functions of which a proof knows nothing, or only that they are injective.

An oracle stands for SHA-256 over a receipt body. Injectivity is the premise C5 of the theorems, collision
resistance, taken as exact: what is proved with it holds except with the probability of a collision.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import TypeVar, cast

from billproof.invariants.prove.containers import same_terms
from billproof.invariants.prove.discharge import Axioms
from billproof.invariants.prove.shapes import shape_of, wrap
from billproof.invariants.prove.symbols import Role, Symbol, symbol
from billproof.invariants.prove.terms import Op, Term, apply, equal, implies
from billproof.invariants.prove.traversal import post_order

A = TypeVar("A")
R = TypeVar("R")


def oracle_symbol(
    name: str, argument: type, result: object, omit: Sequence[str]
) -> tuple[Symbol, tuple[int, ...]]:
    """Return the symbol of an oracle and the indices of the leaves of its argument that it reads."""
    shape = shape_of(argument)
    read = tuple(index for index, leaf in enumerate(shape.leaves) if leaf.path not in omit)
    domains = tuple(shape.leaves[index].domain for index in read)
    return symbol(name, domains, shape_of(result).leaves[0].domain, role=Role.ORACLE, place=name), read


def oracle(name: str, argument: type[A], result: type[R], *, omit: Sequence[str] = ()) -> Callable[[A], R]:
    """Return an uninterpreted function of the leaves of a record, to stand for a hash function.

    Args:
        name: The name of the function in the text of obligations.
        argument: The record that it takes.
        result: The annotation of what it returns.
        omit: Leaves that it does not read.
    """
    function, read = oracle_symbol(name, argument, result, omit)
    # The cast is for the cache of shapes, which mypy does not let a type variable into.
    shape = shape_of(cast("object", argument))

    def ask(record: A) -> R:
        terms = shape.flatten(record)
        return cast("R", wrap(apply(function, tuple(terms[index] for index in read)), function.result))

    return ask


def is_injective(name: str, argument: type, result: object, omit: Sequence[str] = ()) -> Axioms:
    """Return the hypothesis that an oracle gives no value twice: collision resistance, taken as exact.

    Args:
        name: As for ``oracle``; so are the others.
        argument: The record that it takes.
        result: The annotation of what it returns.
        omit: Leaves that it does not read.
    """
    function, _ = oracle_symbol(name, argument, result, omit)

    def instances(terms: Iterable[Term]) -> tuple[Term, ...]:
        asked = [term for term in post_order(terms) if term.op == Op.APPLY and term.datum is function]
        return tuple(
            implies(equal(one, other), same_terms(one.args, other.args))
            for one, other in combinations(asked, 2)
        )

    return Axioms(label=f"{name} is injective", instances=instances)
