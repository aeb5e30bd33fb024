"""A small world to search: who is in it, what may happen, and where the search stops.

A domain does not describe behaviour; it only chooses values. Behaviour is ``model.core.step``.
"""

import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from itertools import product

from billproof.model.commands import Command
from billproof.model.design import Design
from billproof.model.identifiers import (
    CurrencyCode,
    CustomerId,
    EntitlementId,
    IdempotencyKey,
    Period,
    Position,
    Sequence,
)
from billproof.model.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A finite instance of the system."""

    name: str
    story: str
    """What it is made to exercise, in one sentence."""
    theorems: tuple[str, ...]
    regions: int
    setup: tuple[Command, ...]
    """What has happened before the search starts, executed by the same step function."""
    commands: tuple[Command, ...]
    """Everything that may happen, in any order, any number of times."""
    customers: tuple[CustomerId, ...]
    keys: tuple[IdempotencyKey, ...]
    entitlements: tuple[EntitlementId, ...]
    periods: tuple[Period, ...]
    ledger_max: int
    """States with a longer log at some site are not searched further."""
    epoch_max: int = 1
    moves_max: int = 99
    """Longest sequence of commands searched; the bound on an adversary's edits."""
    lag_entries_max: int = 99
    """K for this domain, so that a small log reaches it."""

    def design(self, design: Design) -> Design:
        """Return the design with the parameters of this domain."""
        return replace(design, lag_entries_max=Position(self.lag_entries_max))

    def is_within(self, state: State) -> bool:
        """Tell whether a state is searched further."""
        longest = max(state.primary.ledger.length, state.standby.ledger.length)
        return longest <= self.ledger_max and state.epoch <= self.epoch_max

    def values(self, sort: object) -> tuple[object, ...]:
        """Return every value of a sort in this domain.

        Args:
            sort: A ``NewType``, an ``Enum``, or a record of these.

        Raises:
            TypeError: The domain has no values of this sort; a predicate asks for one it cannot give.
        """
        if isinstance(sort, type) and issubclass(sort, Enum):
            return tuple(sort)
        if isinstance(sort, type) and is_dataclass(sort):
            hints = typing.get_type_hints(sort)
            names = [field.name for field in fields(sort)]
            columns = [self.values(hints[name]) for name in names]
            return tuple(sort(**dict(zip(names, row, strict=True))) for row in product(*columns))
        by_sort: dict[object, Iterable[object]] = {
            CustomerId: self.customers,
            CurrencyCode: (CurrencyCode("USD"), CurrencyCode("EUR")),
            IdempotencyKey: self.keys,
            EntitlementId: self.entitlements,
            Period: self.periods,
            Position: range(self.ledger_max + 1),
            Sequence: range(self.ledger_max + 2),
        }
        if sort in by_sort:
            return tuple(by_sort[sort])
        raise TypeError(f"domain {self.name} has no values of {sort!r}; add them to Domain.values")


def free_variables(predicate: object) -> tuple[tuple[str, object], ...]:
    """Return name and sort of the free variables of a predicate: its parameters after the first two."""
    hints = typing.get_type_hints(predicate)
    names = [name for name in hints if name != "return"]
    return tuple((name, hints[name]) for name in names[2:])


def assignments(domain: Domain, predicate: object) -> Iterator[tuple[object, ...]]:
    """Iterate over every assignment of the free variables of a predicate in a domain."""
    columns = [domain.values(sort) for _, sort in free_variables(predicate)]
    return product(*columns)
