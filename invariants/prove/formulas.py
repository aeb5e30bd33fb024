"""Formulas: predicates of theorems, executed once on unknown states and kept as terms.

A formula is read in another state, or at other values of its free variables, by substitution, never by
running the predicate again. That is exact, because a fully symbolic state stands for every state.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import get_type_hints

from billproof.invariants.prove.exploration import Need, summarise
from billproof.invariants.prove.records import places, shown, values_of
from billproof.invariants.prove.shapes import shape_of, symbolic_equality
from billproof.invariants.prove.symbols import Role, Symbol, SymbolicError, symbol
from billproof.invariants.prove.terms import Term, apply
from billproof.invariants.prove.traversal import substitute, symbols_in
from billproof.invariants.prove.values import bool_term

AFTER = "after."
"""The prefix of the symbols of the state after a step; those of the state before have none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Formula:
    """A predicate at one combination of its enumerated free variables."""

    name: str
    """The name of the invariant or clause."""
    label: str
    """The enumerated free variables, for example ``region=PRIMARY``; empty without any."""
    free: tuple[Symbol, ...]
    """The other free variables. They are shared by all formulas: each goal is about the same unknowns."""
    arguments: tuple[tuple[object, object], ...]
    """What the predicate was called with: annotation and value of each free variable."""
    term: Term
    needs: tuple[Need, ...]
    """What must hold for the predicate to be defined."""
    symbols: tuple[Symbol, ...]
    """What it reads."""

    @property
    def title(self) -> str:
        """The name with the label."""
        return f"{self.name}[{self.label}]" if self.label else self.name

    def read(self, read: Callable[[Symbol, tuple[Term, ...]], Term | None]) -> Term:
        """Return the formula where ``read`` says what its symbols mean."""
        return substitute((self.term,), read)[0]

    def at(self, bindings: Mapping[Symbol, Term]) -> Term:
        """Return the instance with the free variables replaced."""
        return substitute((self.term,), lambda name, args: None if args else bindings.get(name))[0]


def free_parameters(predicate: Callable[..., object]) -> list[tuple[str, object]]:
    """Return names and annotations of the parameters after the first two.

    Raises:
        SymbolicError: One has no annotation.
    """
    names = list(inspect.signature(predicate).parameters)[2:]
    hints = get_type_hints(predicate)
    for name in names:
        if name not in hints:
            raise SymbolicError(f"the free variable {name}", "annotate it; its type is what it ranges over")
    return [(name, hints[name]) for name in names]


def _arguments(
    parameters: list[tuple[str, object]],
) -> Iterator[tuple[str, list[object], tuple[Symbol, ...]]]:
    """Yield label, arguments and free symbols for every combination of enumerated parameters."""
    choices = [values_of(hint) or (None,) for _, hint in parameters]
    for combination in product(*choices):
        counts: dict[str, int] = {}
        labels: list[str] = []
        values: list[object] = []
        free: list[Symbol] = []
        for (name, hint), chosen in zip(parameters, combination, strict=True):
            if values_of(hint):
                labels.append(f"{name}={shown(chosen)}")
                values.append(chosen)
                continue
            shape = shape_of(hint)
            for leaf in shape.leaves:
                counts[leaf.domain.name] = counts.get(leaf.domain.name, 0) + 1
                free.append(
                    symbol(f"?{leaf.domain.name}.{counts[leaf.domain.name]}", (), leaf.domain, role=Role.FREE)
                )
            values.append(shape.build([apply(leaf) for leaf in free[len(free) - len(shape.leaves) :]]))
        yield ", ".join(labels), values, tuple(free)


def formulas_of(
    name: str, predicate: Callable[..., object], subject: object, context: object
) -> tuple[Formula, ...]:
    """Return the formulas of a predicate, one for each combination of its enumerated free variables.

    Args:
        name: The name of the invariant or clause.
        predicate: ``predicate(subject, context, *free)``.
        subject: A fully symbolic state or a transition between two.
        context: What the predicate gets as its second argument.

    Raises:
        SymbolicError: The predicate cannot be followed; the message begins with ``name``.
    """
    found: list[Formula] = []
    try:
        parameters = free_parameters(predicate)
        for label, values, free in _arguments(parameters):
            with symbolic_equality():
                summary = summarise(partial(predicate, subject, context, *values), bool_term)
            hints = [hint for _, hint in parameters]
            found.append(
                Formula(
                    name=name,
                    label=label,
                    free=free,
                    arguments=tuple(zip(hints, values, strict=True)),
                    term=summary.term,
                    needs=summary.needs,
                    symbols=tuple(symbols_in((summary.term,))),
                )
            )
    except SymbolicError as error:
        raise SymbolicError(f"{name}: {error.operation}", error.remedy) from error
    return tuple(found)


def changed_places(before: object, after: object) -> set[str]:
    """Return the places at which two states of one type are not identical as terms."""
    changed: set[str] = set()
    for (place, hint, old), (_, _, new) in zip(places(before), places(after), strict=True):
        if old is new:
            continue
        identical = getattr(old, "identical", None)
        if identical is not None:
            same = bool(identical(new))
        else:
            same = shape_of(hint).flatten(old) == shape_of(hint).flatten(new)
        if not same:
            changed.add(place)
    return changed
