"""Shapes: how a type of the model is made of leaves, read from its annotations.

A leaf is a ``NewType`` over ``int`` or ``str``, a ``bool`` or an ``IntEnum``; a record is a dataclass of
leaves and records. A shape turns a value into the tuple of its leaf terms and back. Containers are not part
of a shape: a record with containers, such as a state, is built by ``records``.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum
from functools import cache
from typing import NewType, cast, get_type_hints

from billproof.invariants.prove.symbols import BOOL, INT, Domain, SymbolicError
from billproof.invariants.prove.terms import FALSE, TRUE, Op, Term, conjunction
from billproof.invariants.prove.values import (
    Symbolic,
    SymbolicBool,
    SymbolicId,
    SymbolicInt,
    bool_term,
    term_in,
)

LENGTH = Domain(name="Length", sort=INT, low=0)
"""The length of a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One scalar inside a shape."""

    path: str
    """Field names joined by dots; empty for a type that is a leaf itself."""
    domain: Domain


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """A type as a tree of leaves."""

    record: Callable[..., object] | None
    """The dataclass, or ``None`` for a leaf."""
    parts: tuple[tuple[str, "Shape"], ...]
    leaves: tuple[Leaf, ...]

    def flatten(self, value: object) -> tuple[Term, ...]:
        """Return the leaf terms of a value of this shape, concrete or symbolic.

        Raises:
            SymbolicError: The value is of another type.
        """
        if self.record is None:
            return (term_in(value, self.leaves[0].domain.sort),)
        if type(value) is not self.record:
            raise SymbolicError(f"{value!r} in place of a {self.record}", "keep the types of the record")
        terms: list[Term] = []
        for name, part in self.parts:
            terms += part.flatten(getattr(value, name))
        return tuple(terms)

    def build(self, terms: Sequence[Term]) -> object:
        """Return the value whose leaf terms are ``terms``."""
        if self.record is None:
            return wrap(terms[0], self.leaves[0].domain)
        values: dict[str, object] = {}
        start = 0
        for name, part in self.parts:
            end = start + len(part.leaves)
            values[name] = part.build(terms[start:end])
            start = end
        return self.record(**values)


def wrap(term: Term, domain: Domain) -> object:
    """Return the value of a term: symbolic, or concrete where the term is a constant."""
    if term.op == Op.LITERAL:
        return term.datum
    if term.op == Op.CONSTANT:
        assert isinstance(term.datum, int)
        if domain.kind is not None and term.datum in domain.kind._value2member_map_:
            return domain.kind(term.datum)
        return term.datum
    if term.sort == INT:
        return SymbolicInt(term)
    return SymbolicBool(term) if term.sort == BOOL else SymbolicId(term)


@cache
def domain_of(annotation: object) -> Domain | None:
    """Return the domain of an annotation, or ``None`` if it is not that of a leaf."""
    if annotation is bool:
        return Domain(name="bool", sort=BOOL)
    if isinstance(annotation, NewType):
        base = annotation.__supertype__
        if base is int:
            return Domain(name=annotation.__name__, sort=INT)
        return Domain(name=annotation.__name__, sort=annotation.__name__) if base is str else None
    if annotation is int:
        return Domain(name="int", sort=INT)
    if annotation is str:
        return Domain(name="str", sort="str")
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        numbers = sorted(int(member) for member in annotation)
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise SymbolicError(f"the enumeration {annotation.__name__}", "number its members without gaps")
        return Domain(name=annotation.__name__, sort=INT, low=numbers[0], high=numbers[-1], kind=annotation)
    return None


def is_record(annotation: object) -> bool:
    """Tell whether an annotation is a dataclass."""
    return isinstance(annotation, type) and is_dataclass(annotation)


_HINTS: dict[type, tuple[tuple[str, object], ...]] = {}


def hints_of(record: type) -> tuple[tuple[str, object], ...]:
    """Return the fields of a dataclass with their resolved annotations, in order."""
    found = _HINTS.get(record)
    if found is None:
        hints = get_type_hints(record)
        found = tuple((field.name, hints[field.name]) for field in fields(record))
        _HINTS[record] = found
        _register(record)
    return found


@cache
def shape_of(annotation: object) -> Shape:
    """Return the shape of an annotation.

    Raises:
        SymbolicError: It is neither a leaf nor a record of such.
    """
    domain = domain_of(annotation)
    if domain is not None:
        return Shape(record=None, parts=(), leaves=(Leaf(path="", domain=domain),))
    if not is_record(annotation):
        raise SymbolicError(
            f"the type {annotation!r}", "use NewType over int or str, bool, IntEnum, or a dataclass of these"
        )
    parts = tuple((name, shape_of(hint)) for name, hint in hints_of(cast("type", annotation)))
    leaves = tuple(
        Leaf(path=f"{name}.{leaf.path}" if leaf.path else name, domain=leaf.domain)
        for name, part in parts
        for leaf in part.leaves
    )
    return Shape(record=cast("Callable[..., object]", annotation), parts=parts, leaves=leaves)


# --- equality of records ----------------------------------------------------------------------------------

_RECORDS: dict[type, None] = {}
"""Every dataclass of which the hints were read: those whose instances may hold symbolic values."""

_SAVED: list[dict[type, object]] = []
"""The equalities that are replaced at present; at most one element."""


def _register(record: type) -> None:
    _RECORDS.setdefault(record, None)
    if _SAVED and record not in _SAVED[0]:
        _replace_equality(record, _SAVED[0])


def _replace_equality(record: type, saved: dict[type, object]) -> None:
    saved[record] = record.__dict__.get("__eq__")
    type.__setattr__(record, "__eq__", _fieldwise)


def _fieldwise(self: object, other: object) -> object:
    if type(self) is not type(other):
        return NotImplemented
    verdict = same(self, other)
    return verdict if isinstance(verdict, bool) else SymbolicBool(bool_term(verdict))


def same(left: object, right: object) -> "bool | SymbolicBool":
    """Return whether two values of one type are equal, as one condition, without deciding field by field."""
    if not is_record(type(left)) or type(left) is not type(right):
        # What the operator of a symbolic value returns is no bool, whatever its declaration says.
        verdict = cast("object", left == right)
        return verdict if isinstance(verdict, SymbolicBool) else bool(verdict)
    parts: list[Term] = []
    for name, _ in hints_of(type(left)):
        term = bool_term(same(getattr(left, name), getattr(right, name)))
        if term is FALSE:
            return False
        parts.append(term)
    term = conjunction(parts)
    return term is TRUE if term.op == Op.CONSTANT else SymbolicBool(term)


@contextmanager
def symbolic_equality() -> Generator[None, None, None]:
    """Let ``==`` between records build one condition within the block.

    The equality that ``dataclass`` generates compares tuples, which decides field after field: an entry of
    27 fields would make 28 paths where two are meant. It is replaced while symbolic code runs, and put back.
    """
    if _SAVED:
        yield
        return
    saved: dict[type, object] = {}
    _SAVED.append(saved)
    try:
        for record in _RECORDS:
            _replace_equality(record, saved)
        yield
    finally:
        _SAVED.pop()
        for record, original in saved.items():
            if original is None:
                type.__delattr__(record, "__eq__")
            else:
                type.__setattr__(record, "__eq__", original)


def is_symbolic(value: object) -> bool:
    """Tell whether a value is a symbolic scalar."""
    return isinstance(value, Symbolic)
