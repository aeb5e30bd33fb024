"""What a reader concludes from a presented ledger, and what was committed: shared by T3, T6 and T7.

Source: rules R3.4, R6.4, R6.5; ``system.md`` section 5.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import update_wrapper, wraps
from operator import is_
from typing import ParamSpec, TypeVar

from billproof.invariants.reading import Reading, read_presented
from billproof.invariants.theorem import Clause, Money, Scope, invariant_clause
from billproof.model.containers import FrozenMap
from billproof.model.context import Context
from billproof.model.effects import invoice_effect
from billproof.model.identifiers import Amount, CustomerId, Position
from billproof.model.outcomes import Status
from billproof.model.posting import site_of
from billproof.model.state import Entry, Head, Presented, State
from billproof.model.verification import Finding, first_finding

P = ParamSpec("P")
R = TypeVar("R")


def once_in_a_row(compute: Callable[P, R]) -> Callable[P, R]:
    """Return a function that computes once for calls in a row with the same objects.

    An engine asks many clauses, at many values, of one state before it goes to the next. Objects are compared
    by identity: to hash a state takes longer than most of what is asked of it.
    """
    asked: tuple[object, ...] = ()
    known: list[R] = []

    @wraps(compute)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        nonlocal asked
        if known and not kwargs and all(map(is_, asked, args)):
            return known[0]
        found = compute(*args, **kwargs)
        if not kwargs:
            asked = args
            known[:] = [found]
        return found

    return remembered


@once_in_a_row
def committed_entries(state: State) -> tuple[Entry, ...]:
    """Return the log of the leader."""
    ledger = site_of(state, state.leader).ledger
    return tuple(ledger.at(Position(index)) for index in range(ledger.length))


@once_in_a_row
def presented_items(state: State) -> tuple[Presented, ...]:
    """Return what the reader is shown."""
    return tuple(state.presented.at(Position(index)) for index in range(state.presented.length))


@once_in_a_row
def witnessed_heads(state: State) -> dict[CustomerId, Head]:
    """Return the heads that the reader knows from the published checkpoint; empty without one."""
    heads = state.checkpoint.heads
    if not state.checkpoint.published or not isinstance(heads, FrozenMap):
        return {}
    return dict(heads.items())


def reader_finding(state: State, context: Context) -> Finding | None:
    """Return what the reader finds wrong, with whatever checkpoint there is."""
    return first_finding(presented_items(state), witnessed_heads(state), context)


def presented_clause(
    theorem: str, predicate: Callable[..., bool], *, sometimes: tuple[str, ...], descends: bool = False
) -> Clause:
    """Make a clause about presented ledgers of a predicate about readers.

    It is explored on the reader of what is presented in a state, and proved of every reader.

    Args:
        theorem: Its theorem.
        predicate: ``predicate(reading, context, *free)``.
        sometimes: The marks without which it was not exercised.
        descends: Whether the proof is by descent along a chain.
    """
    made = invariant_clause(theorem, OfTheReader(predicate), scope=Scope.PRESENTED, sometimes=sometimes)
    return replace(made, reader=predicate, descends=descends)


class OfTheReader:
    """A predicate about readers, asked of the reader of what is presented in a state.

    A class and not a closure, so that a clause can be sent to another process.
    """

    def __init__(self, predicate: Callable[..., bool]) -> None:
        """Take over name, docstring and annotations of ``predicate(reading, context, *free)``."""
        self.predicate = predicate
        update_wrapper(self, predicate)

    def __call__(self, state: State, context: Context, *free: object) -> bool:
        """Tell whether it holds; of a state in which nothing is presented, it says nothing."""
        return not state.presenting or self.predicate(_reading(state, context), context, *free)

    def __reduce__(self) -> tuple[type["OfTheReader"], tuple[Callable[..., bool]]]:
        """Return how to make it again in another process."""
        return (OfTheReader, (self.predicate,))

    def __eq__(self, other: object) -> bool:
        """Compare by predicate."""
        return isinstance(other, OfTheReader) and self.predicate is other.predicate

    def __hash__(self) -> int:
        """Hash by predicate."""
        return hash(self.predicate)


@once_in_a_row
def _reading(state: State, context: Context) -> Reading:
    # A clause is asked once for each place of each chain; the reader reads once for all of them.
    return read_presented(state, context)


def presentation_money(state: State) -> Money:
    """State tampering: owed is what the committed ledger bills, billed is what is presented."""
    owed = sum(_billed(entry) for entry in committed_entries(state))
    billed = sum(_billed(item.entry) for item in presented_items(state))
    return Money(owed=Amount(owed), billed=Amount(billed if state.presenting else owed))


def _billed(entry: Entry) -> int:
    return invoice_effect(entry) if entry.status <= Status.ACCEPTED_WITH_WARNING else 0
