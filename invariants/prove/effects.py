"""Effects: what ``Log.total`` sums, each function extracted once as a term over an item and a subject."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import get_type_hints

from billproof.invariants.prove.exploration import summarise
from billproof.invariants.prove.shapes import Shape, shape_of, symbolic_equality
from billproof.invariants.prove.symbols import Role, Symbol, SymbolicError, symbol
from billproof.invariants.prove.terms import Term, apply
from billproof.invariants.prove.traversal import substitute
from billproof.invariants.prove.values import int_term


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effect:
    """A summand: what one item adds for one subject."""

    name: str
    function: Callable[[object, object], object]
    """What was extracted, for running it."""
    item: Shape
    subject: Shape
    parameters: tuple[Symbol, ...]
    """The leaves of the item, then those of the subject."""
    body: Term

    def of(self, item: tuple[Term, ...], subject: tuple[Term, ...]) -> Term:
        """Return what ``item`` adds for ``subject``."""
        meaning = dict(zip(self.parameters, (*item, *subject), strict=True))
        return substitute((self.body,), lambda name, _: meaning.get(name))[0]


_EFFECTS: dict[tuple[str, Shape, Shape, Term], Effect] = {}


def _generic(prefix: str, shape: Shape) -> tuple[Symbol, ...]:
    return tuple(
        symbol(f"{prefix}.{leaf.path}", (), leaf.domain, role=Role.FREE, place=prefix)
        for leaf in shape.leaves
    )


@cache
def effect_of(function: Callable[[object, object], object], item: Shape) -> Effect:
    """Return the effect that a function of (item, subject) has.

    It is extracted once in each execution of a core: what the function calls may be edited between two
    (``forget_effects``), although the function itself is the same.

    Raises:
        SymbolicError: Its second parameter has no annotation that says what the subject is.
    """
    name = getattr(function, "__qualname__", repr(function))
    hints = [hint for parameter, hint in get_type_hints(function).items() if parameter != "return"]
    if len(hints) != 2:
        raise SymbolicError(
            f"the effect {name}", "annotate both parameters, item and subject, and nothing else"
        )
    subject = shape_of(hints[1])
    items = _generic("item", item)
    subjects = _generic("subject", subject)
    with symbolic_equality():
        summary = summarise(
            lambda: function(
                item.build([apply(leaf) for leaf in items]), subject.build([apply(leaf) for leaf in subjects])
            ),
            int_term,
        )
    if summary.needs:
        raise SymbolicError(f"the effect {name}", "it may read its item and its subject, nothing partial")
    # A function made anew at each call, such as a lambda, is the same effect if it has the same body.
    key = (name, item, subject, summary.term)
    effect = Effect(
        name=name,
        function=function,
        item=item,
        subject=subject,
        parameters=(*items, *subjects),
        body=summary.term,
    )
    return _EFFECTS.setdefault(key, effect)


def forget_effects() -> None:
    """Let every effect be extracted anew; one with the same body is the same effect as before."""
    effect_of.cache_clear()
