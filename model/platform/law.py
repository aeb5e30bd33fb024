"""What a platform guarantees, as predicates that can fail, and what it does not, as texts that a test shows.

A law judges a step: the record before and after. A law about states ignores what was before. A theorem that
takes a guarantee for granted cites an assumption (C1 to C3); the law that grounds it says so, and
``docs/platform.md``, which is generated, lists them side by side.

Source: ``claims.md`` part 3, "Common assumptions".
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S")
"""The record that a law judges."""


class Assumption(StrEnum):
    """The common assumptions of the theorems that a platform grounds."""

    STORE = "C1"
    """Strictly serialisable transactions and unique keys; a committed transaction survives the fault set."""
    FAULT_SET = "C2"
    """Which faults may happen, and how many failure domains may lose their storage."""
    FENCING = "C3"
    """A commit under an older epoch is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Law(Generic[S]):
    """One guarantee."""

    name: str
    statement: str
    source: str
    """Claims, contradictions or the public documentation that it comes from."""
    holds: Callable[[S, S], bool]
    """Judges a step by the record before and after it."""
    grounds: tuple[Assumption, ...] = ()
    """The assumptions of the theorems that rest on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharpEdge:
    """What a platform does not promise, and what follows for billing."""

    name: str
    statement: str
    source: str
