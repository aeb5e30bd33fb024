"""Unfolding: a sum over one item more is the sum and what that item adds.

A total over the first items of a log is an uninterpreted function of the subject and their number. What it
means is told to the solvers only where it matters: where the totals over n and over n + 1 items are both
spoken of, for the same subject. This is the definition of ``Log.total``, hence true of every log.

Source: ``verification.md`` "Measured on a prototype": a sum over keys is not first-order, a fold that unfolds
on the appended tail is.
"""

from collections.abc import Iterable
from itertools import permutations
from typing import TypeAlias

from billproof.invariants.prove.containers import log_base
from billproof.invariants.prove.effects import Effect
from billproof.invariants.prove.symbols import Role, Symbol
from billproof.invariants.prove.terms import (
    Op,
    Term,
    add,
    apply,
    at_most,
    below,
    conjunction,
    equal,
    implies,
    integer,
    linear,
    symbol_of,
)

Total: TypeAlias = tuple[Symbol, tuple[Term, ...], Term]
"""The function that gives the total, the subject, and the number of items."""


def totals_in(terms: Iterable[Term]) -> tuple[Total, ...]:
    """Return the totals among applications, without repetition."""
    found: dict[Total, None] = {}
    for term in terms:
        if term.op == Op.APPLY and term.args and symbol_of(term).role is Role.TOTAL:
            *subject, count = term.args
            found[symbol_of(term), tuple(subject), count] = None
    return tuple(found)


def unfoldings(totals: Iterable[Total]) -> dict[Term, None]:
    """Return what holds between totals over n and over n + 1 items, for the same subject."""
    counts: dict[tuple[Symbol, tuple[Term, ...]], list[Term]] = {}
    for function, subject, count in totals:
        counts.setdefault((function, subject), []).append(count)
    return {
        _unfolding(function, subject, before): None
        for (function, subject), found in counts.items()
        for before, after in permutations(found, 2)
        if linear((1, after), (-1, before)) is integer(1)
    }


def _unfolding(function: Symbol, subject: tuple[Term, ...], before: Term) -> Term:
    effect = function.detail
    assert isinstance(effect, Effect), "a total names what it sums"
    base = log_base(function.place, effect.item)
    item = tuple(apply(name, (before,)) for name in base.fields)
    total, more = (apply(function, (*subject, count)) for count in (before, add(before, integer(1))))
    inside = conjunction((at_most(integer(0), before), below(before, apply(base.length))))
    return implies(inside, equal(more, linear((1, total), (1, effect.of(item, subject)))))
