"""Symbols: the variables and uninterpreted functions that terms are built over, and their domains.

A symbol knows which part of a state it reads (its role and place). That is what lets a formula, once
extracted from a predicate on a fully symbolic state, be read in any other state: see ``reading``.
"""

import zlib
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import lru_cache
from weakref import WeakValueDictionary

from billproof.model.portable import PortableError

INT = "Int"
BOOL = "Bool"


class SymbolicError(PortableError):
    """Code under symbolic execution did what no formula can follow; the author of that code must change it.

    Args:
        operation: What was done, for example ``hash()``.
        remedy: What to do instead.
    """

    def __init__(self, operation: str, remedy: str) -> None:
        super().__init__(f"{operation}: {remedy}")
        self.operation = operation
        self.remedy = remedy


class Role(Enum):
    """What a symbol stands for in a state, so that a formula can be read in another state."""

    FREE = "free"
    """A variable of a predicate or of a command."""
    VALUE = "value"
    """A scalar leaf of a state."""
    PRESENT = "present"
    """Whether a map has a value at a key."""
    FIELD = "field"
    """A leaf of the value of a map at a key."""
    LENGTH = "length"
    """The length of a log."""
    ITEM = "item"
    """A leaf of the item of a log at a position."""
    TOTAL = "total"
    """The sum of an effect over the first items of a log."""
    SAME = "same"
    """Whether two containers are equal at every key."""
    CONVERSION = "conversion"
    """An identifier of one sort used as one of another."""
    ORACLE = "oracle"
    """An uninterpreted function that belongs to no state, such as the digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What an annotation says of a value: its sort for the solver and its name for choosing instances."""

    name: str
    sort: str
    low: int | None = None
    """The least value, where the type has one."""
    high: int | None = None
    """The greatest value, where the type has one."""
    kind: type[IntEnum] | None = None
    """The enumeration, for showing values by name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Symbol:
    """A variable or an uninterpreted function; compared by identity, made only by ``symbol``."""

    name: str
    parameters: tuple[Domain, ...]
    result: Domain
    role: Role
    place: str
    """The container or leaf of the state that it belongs to."""
    detail: object
    """The index of the leaf, or the effect of a total."""
    order: int
    """A hash of the content, equal in every process."""


_SYMBOLS: "WeakValueDictionary[tuple[object, ...], Symbol]" = WeakValueDictionary()


@lru_cache(maxsize=65536)
def order_of_name(text: str) -> int:
    """Return a hash of ``text`` that is the same in every process."""
    # Not hash(): that of a string differs between processes.
    data = text.encode()
    return (zlib.crc32(data) << 32) | zlib.adler32(data)


def symbol(
    name: str,
    parameters: tuple[Domain, ...],
    result: Domain,
    *,
    role: Role = Role.FREE,
    place: str = "",
    detail: object = None,
) -> Symbol:
    """Return the one symbol of this description."""
    key = (name, parameters, result, role, place, detail)
    found = _SYMBOLS.get(key)
    if found is None:
        found = Symbol(
            name=name,
            parameters=parameters,
            result=result,
            role=role,
            place=place,
            detail=detail,
            order=order_of_name(f"{role.value} {name} {result.name}"),
        )
        _SYMBOLS[key] = found
    return found
