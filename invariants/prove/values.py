"""Symbolic values: what stands in for int, bool and identifiers when the core is executed for a proof.

Each wraps a term. Operators build terms; only asking a ``SymbolicBool`` for its truth value makes the
execution decide (``exploration``). Whatever Python could do with a value behind the back of the execution -
hash it, iterate over it, turn it into text or a machine integer - raises ``SymbolicError``.
"""

from collections.abc import Callable
from typing import ClassVar, NoReturn, TypeAlias

from billproof.invariants.prove.symbols import BOOL, INT, Domain, Role, SymbolicError, symbol
from billproof.invariants.prove.terms import (
    FALSE,
    TRUE,
    Op,
    Term,
    apply,
    at_most,
    below,
    conjunction,
    disjunction,
    equal,
    integer,
    ite,
    linear,
    literal,
    negate,
)

_DECIDERS: "list[Callable[[Term], bool]]" = []
"""The executions that are under way; the last one is asked."""


def decider_stack() -> "list[Callable[[Term], bool]]":
    """Return the stack on which ``exploration`` puts the decision procedure of the execution under way."""
    return _DECIDERS


def ask(condition: Term) -> bool:
    """Decide a condition: at once if it is constant, else by the execution under way.

    Raises:
        SymbolicError: No execution is under way.
    """
    if condition.op == Op.CONSTANT:
        return condition is TRUE
    if not _DECIDERS:
        raise SymbolicError("a symbolic condition outside an exploration", "call explore_paths or summarise")
    return _DECIDERS[-1](condition)


def refuse(operation: str, remedy: str) -> "Callable[..., NoReturn]":
    """Return a method that raises ``SymbolicError`` with the operation and what to do instead."""

    def refusal(self: object, *_: object) -> NoReturn:
        raise SymbolicError(f"{operation} on {self!r}", remedy)

    return refusal


class Symbolic:
    """A value of which only a term is known."""

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        self.term = term

    def __repr__(self) -> str:
        """Show the class and the outermost operator, for error messages."""
        return f"{type(self).__name__}({self.term!r})"

    __hash__ = refuse("hash()", "keep it in a PartialMap, not in a set or dictionary")
    __str__ = refuse("str()", "the core may not turn a value into text")
    __format__ = refuse("formatting", "the core may not turn a value into text")
    __iter__ = refuse("iteration", "the core may not loop over a value")
    __len__ = refuse("len()", "ask a Log for its length")
    __getitem__ = refuse("indexing", "an identifier is opaque")
    __contains__ = refuse("in", "compare with == instead")
    __int__ = refuse("int()", "the value is not known; compare it instead")
    __index__ = refuse("use as an index", "use a PartialMap or a Log")
    __float__ = refuse("float()", "money is never a float")
    __round__ = refuse("round()", "money is never rounded in the core")
    __call__ = refuse("a call", "a value is not a function")


class SymbolicBool(Symbolic):
    """A truth value."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Decide; both ways are explored unless the path fixes one."""
        return ask(self.term)

    def __eq__(self, other: object) -> "SymbolicBool":  # type: ignore[override]
        """Compare with another truth value."""
        return SymbolicBool(equal(self.term, bool_term(other)))

    def __ne__(self, other: object) -> "SymbolicBool":  # type: ignore[override]
        """Compare with another truth value."""
        return SymbolicBool(negate(equal(self.term, bool_term(other))))

    __hash__ = Symbolic.__hash__  # type: ignore[assignment]

    def __and__(self, other: object) -> "SymbolicBool":
        """Conjoin without deciding."""
        return SymbolicBool(conjunction((self.term, bool_term(other))))

    def __or__(self, other: object) -> "SymbolicBool":
        """Disjoin without deciding."""
        return SymbolicBool(disjunction((self.term, bool_term(other))))

    def __xor__(self, other: object) -> "SymbolicBool":
        """Tell whether the two differ, without deciding."""
        return self != other

    def __invert__(self) -> "SymbolicBool":
        """Refuse: plain ``~`` on a bool is a number, so the core does not use it."""
        raise SymbolicError("~ on a truth value", "write not")

    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__


class SymbolicInt(Symbolic):
    """An integer."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Decide whether it is not zero."""
        return ask(negate(equal(self.term, integer(0))))

    def __eq__(self, other: object) -> "SymbolicBool":  # type: ignore[override]
        """Compare with another integer."""
        return SymbolicBool(equal(self.term, int_term(other)))

    def __ne__(self, other: object) -> "SymbolicBool":  # type: ignore[override]
        """Compare with another integer."""
        return SymbolicBool(negate(equal(self.term, int_term(other))))

    __hash__ = Symbolic.__hash__  # type: ignore[assignment]

    def __lt__(self, other: object) -> "SymbolicBool":
        """Compare by size."""
        return SymbolicBool(below(self.term, int_term(other)))

    def __le__(self, other: object) -> "SymbolicBool":
        """Compare by size."""
        return SymbolicBool(at_most(self.term, int_term(other)))

    def __gt__(self, other: object) -> "SymbolicBool":
        """Compare by size."""
        return SymbolicBool(below(int_term(other), self.term))

    def __ge__(self, other: object) -> "SymbolicBool":
        """Compare by size."""
        return SymbolicBool(at_most(int_term(other), self.term))

    def __add__(self, other: object) -> "SymbolicInt":
        """Add."""
        return SymbolicInt(linear((1, self.term), (1, int_term(other))))

    __radd__ = __add__

    def __sub__(self, other: object) -> "SymbolicInt":
        """Subtract."""
        return SymbolicInt(linear((1, self.term), (-1, int_term(other))))

    def __rsub__(self, other: object) -> "SymbolicInt":
        """Subtract from a concrete number."""
        return SymbolicInt(linear((1, int_term(other)), (-1, self.term)))

    def __neg__(self) -> "SymbolicInt":
        """Change the sign."""
        return SymbolicInt(linear((-1, self.term)))

    def __pos__(self) -> "SymbolicInt":
        """Return itself."""
        return self

    def __abs__(self) -> "SymbolicInt":
        """Return the magnitude, without deciding the sign."""
        return SymbolicInt(ite(at_most(integer(0), self.term), self.term, linear((-1, self.term))))

    def __mul__(self, other: object) -> "SymbolicInt":
        """Multiply; one of the two must be a constant."""
        factor = int_term(other)
        for number, term in ((factor, self.term), (self.term, factor)):
            if number.op == Op.CONSTANT:
                assert isinstance(number.datum, int)
                return SymbolicInt(linear((number.datum, term)))
        raise SymbolicError(
            "a product of two symbolic numbers", "the logic is linear; keep one factor constant"
        )

    __rmul__ = __mul__
    __floordiv__ = refuse("//", "divide before the core, and pass the result as a parameter")
    __rfloordiv__ = __floordiv__
    __mod__ = refuse("%", "divide before the core, and pass the result as a parameter")
    __rmod__ = __mod__
    __truediv__ = refuse("/", "money is never divided by /")
    __rtruediv__ = __truediv__
    __pow__ = refuse("**", "the logic is linear")
    __and__ = refuse("& on a number", "compare instead")
    __or__ = refuse("| on a number", "compare instead")


class SymbolicId(Symbolic):
    """An identifier: opaque, only comparable."""

    __slots__ = ()

    def __eq__(self, other: object) -> "SymbolicBool":  # type: ignore[override]
        """Compare with an identifier of the same sort, or with a concrete string."""
        return SymbolicBool(equal(self.term, id_term(other, self.term.sort)))

    def __ne__(self, other: object) -> "SymbolicBool":  # type: ignore[override]
        """Compare with an identifier of the same sort, or with a concrete string."""
        return SymbolicBool(negate(equal(self.term, id_term(other, self.term.sort))))

    __hash__ = Symbolic.__hash__  # type: ignore[assignment]
    __bool__ = refuse("the truth value of an identifier", "compare it with the neutral identifier")
    __add__ = refuse("+ on an identifier", "an identifier is opaque")
    __radd__ = __add__
    __lt__ = refuse("< on an identifier", "an identifier is opaque; it has no order")
    __gt__ = __lt__
    __le__ = __lt__
    __ge__ = __lt__

    text_methods: ClassVar[frozenset[str]] = frozenset(name for name in dir(str) if not name.startswith("_"))

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse the methods of ``str`` by name."""
        if name in SymbolicId.text_methods:
            raise SymbolicError(f".{name} on an identifier", "an identifier is opaque")
        raise AttributeError(f"{type(self).__name__} has no attribute {name}")


SymbolicValue: TypeAlias = SymbolicInt | SymbolicBool | SymbolicId


def bool_term(value: object) -> Term:
    """Return the term of a truth value, symbolic or not."""
    if isinstance(value, SymbolicBool):
        return value.term
    if isinstance(value, bool):
        return TRUE if value else FALSE
    raise SymbolicError(f"{value!r} in place of a truth value", "compare first")


def int_term(value: object) -> Term:
    """Return the term of an integer, symbolic or not; an enumeration counts as its number."""
    if isinstance(value, SymbolicInt):
        return value.term
    if isinstance(value, int) and not isinstance(value, bool):
        return integer(int(value))
    raise SymbolicError(f"{value!r} in place of an integer", "keep the types of the record")


def id_term(value: object, sort: str) -> Term:
    """Return the term of an identifier of ``sort``, symbolic or a concrete string."""
    if isinstance(value, SymbolicId):
        return value.term if value.term.sort == sort else _converted(value.term, sort)
    if isinstance(value, str):
        return literal(sort, value)
    raise SymbolicError(f"{value!r} in place of a {sort}", "keep the types of the record")


def _converted(term: Term, sort: str) -> Term:
    # Broken variants confuse identifiers. Strings of two sorts may well be equal; nothing is known of when.
    name = f"{term.sort} as {sort}"
    domains = [Domain(name=it, sort=it) for it in (term.sort, sort)]
    return apply(symbol(name, (domains[0],), domains[1], role=Role.CONVERSION, place=name), (term,))


def term_in(value: object, sort: str) -> Term:
    """Return the term of a value of any sort."""
    if sort == INT:
        return int_term(value)
    return bool_term(value) if sort == BOOL else id_term(value, sort)
