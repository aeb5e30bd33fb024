"""Is there an order? The search of Wing and Gong, with Lowe's memory of what was tried.

An operation takes effect at one moment between its call and its reply. The search takes, one after
another, an operation that can be next - none that is left was over before it began - and asks the
specification whether it can have had the reply that it had. Sets of operations that were already taken
with the same state are not tried again. An operation in doubt may take effect at any moment after its
call, or never.

The answer is ``ORDERED``, ``ILLEGAL`` with the longest prefix that was found, or ``UNKNOWN`` where the
budget was spent: a search that was cut short says nothing.

Source: Wing and Gong 1993; Lowe 2017; ``conformance.md`` section 7.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeAlias, TypeVar

S = TypeVar("S")

_Path: TypeAlias = "tuple[_Path, int] | None"
"""What was taken, last first: shared between all that begin alike."""

BUDGET: Final = 6_000
"""How many times the specification may be asked for one customer."""


class Order(StrEnum):
    """The answers."""

    ORDERED = "ORDERED"
    ILLEGAL = "ILLEGAL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Generic[S]):
    """One operation of a history."""

    index: int
    """Its name in the answer."""
    begin: int
    end: int | None
    """None where it is in doubt: then it may never have happened."""
    apply: Callable[[S], S | None]
    """The state after it, or None where it cannot happen in a state with this reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a search found."""

    order: Order
    prefix: tuple[int, ...]
    """An order of all that must have happened, or the longest that was found."""
    asked: int
    """How many times the specification was asked."""


def find_order(
    items: Sequence[Item[S]], initial: S, essence: Callable[[S], Hashable], budget: int = BUDGET
) -> Answer:
    """Search an order of operations that the specification allows.

    Args:
        items: The operations.
        initial: The state before all of them.
        essence: What of a state decides about everything later.
        budget: How many times the specification may be asked.
    """
    ordered = sorted(items, key=lambda item: (item.begin, item.index))
    certain = sum(1 << place for place, item in enumerate(ordered) if item.end is not None)
    tried: set[tuple[int, Hashable]] = set()
    best: _Path = None
    longest = asked = 0
    stack: list[tuple[int, S, _Path, int]] = [(0, initial, None, 0)]
    while stack:
        taken, state, path, length = stack.pop()
        if taken & certain == certain:
            return Answer(order=Order.ORDERED, prefix=_listed(path), asked=asked)
        if length > longest:
            best, longest = path, length
        following: list[tuple[int, S, _Path, int]] = []
        for place in _next(ordered, taken):
            if asked >= budget:
                return Answer(order=Order.UNKNOWN, prefix=_listed(best), asked=asked)
            asked += 1
            after = ordered[place].apply(state)
            if after is None:
                continue
            both = taken | 1 << place
            key = (both, essence(after))
            if key not in tried:
                tried.add(key)
                following.append((both, after, (path, ordered[place].index), length + 1))
        # What is in doubt comes last in the order of trying: mostly it is not needed.
        stack.extend(reversed(following))
    return Answer(order=Order.ILLEGAL, prefix=_listed(best), asked=asked)


def _listed(path: "_Path") -> tuple[int, ...]:
    """Return the operations of a path in their order."""
    found: list[int] = []
    while path is not None:
        path, index = path
        found.append(index)
    return tuple(reversed(found))


def _next(ordered: Sequence[Item[S]], taken: int) -> list[int]:
    """Return the places of what can be next: it began before anything left over was finished."""
    first_end: int | None = None
    for place, item in enumerate(ordered):
        if not taken >> place & 1 and item.end is not None and (first_end is None or item.end < first_end):
            first_end = item.end
    places = [
        place
        for place, item in enumerate(ordered)
        if not taken >> place & 1 and (first_end is None or item.begin <= first_end)
    ]
    return sorted(places, key=lambda place: (ordered[place].end is None, ordered[place].begin))
