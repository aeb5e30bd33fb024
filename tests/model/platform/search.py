"""A search of every state that a few moves reach, for machines small enough: the judge of the laws."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from billproof.model.platform.law import Law

S = TypeVar("S", bound=Hashable)

Moves: TypeAlias = Callable[[S], Iterable[tuple[str, S]]]
"""What may happen next: a label and the record after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[S]):
    """What a search found."""

    states: int
    depth: int
    complete: bool
    """Whether every state within the depth was searched, or the whole space if it is smaller."""
    broken: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By law: the labels of a shortest way to a step that breaks it."""


def explore(
    start: S, moves: Moves[S], laws: tuple[Law[S], ...], *, depth_max: int = 100, states_max: int = 40_000
) -> Found[S]:
    """Search breadth first and judge every step by every law."""
    ways: dict[S, tuple[str, ...]] = {start: ()}
    broken: dict[str, tuple[str, ...]] = {}
    frontier, depth = [start], 0
    while frontier and depth < depth_max and len(ways) <= states_max:
        following: list[S] = []
        depth += 1
        for state in frontier:
            for label, after in moves(state):
                if after == state:
                    continue
                for law in laws:
                    if law.name not in broken and not law.holds(state, after):
                        broken[law.name] = (*ways[state], label)
                if after not in ways:
                    ways[after] = (*ways[state], label)
                    following.append(after)
        frontier = following
    return Found(states=len(ways), depth=depth, complete=len(ways) <= states_max, broken=broken)
