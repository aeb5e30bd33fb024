"""What a transition table is: rows of states and events, compiled so that a step is one look-up.

Theory of operation. An event says what is the case ("usage would pass the limit"), not what is asked; so
rows need no guards, and a table is deterministic if no pair of state and event has two rows and total if
each has one. Where the documents say two things there are two tables, each a named reading; the repaired
design has its own.

A row that changes nothing must be written down like any other: an omitted pair is a fault, not a default.

Source: house style rule 4; h11's ``_state.py`` is the model.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

from billproof.model.portable import PortableError

S = TypeVar("S", bound=IntEnum)
"""The states of a machine: numbered from 0."""

E = TypeVar("E", bound=IntEnum)
"""Its events: numbered from 0."""

A = TypeVar("A", bound=IntEnum)
"""What it does."""


class TableError(PortableError):
    """A table that is not a deterministic, total one; a bug of whoever wrote it.

    Args:
        machine: Which machine, with its reading.
        fault: What is wrong.
    """

    def __init__(self, machine: str, fault: str) -> None:
        super().__init__(f"machine {machine}: {fault}")
        self.machine = machine
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[S, E, A]):
    """What happens in each of some states at each of some events."""

    states: tuple[S, ...]
    events: tuple[E, ...]
    after: S | None
    """The next state; None stays."""
    actions: tuple[A, ...]
    """In order."""
    source: str
    """The claims that it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[S, A]):
    """What one event does in one state."""

    after: S
    actions: tuple[A, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Generic[S, E, A]):
    """One governor or lifecycle, in one reading."""

    name: str
    reading: str
    story: str
    """One sentence."""
    states: type[S]
    events: type[E]
    initial: S
    final: frozenset[S]
    """Where it may end; nothing leaves them."""
    expected_unreachable: frozenset[S]
    """States of other readings that this one never enters: said, so that a new one is noticed."""
    rows: tuple[Row[S, E, A], ...]

    @property
    def title(self) -> str:
        """Return the name with the reading."""
        return f"{self.name} [{self.reading}]"


def row(
    states: tuple[S, ...], events: tuple[E, ...], after: S | None, actions: tuple[A, ...], source: str
) -> Row[S, E, A]:
    """Return a row, written as in a table."""
    return Row(states=states, events=events, after=after, actions=actions, source=source)


def faults(machine: Machine[S, E, A]) -> Iterator[str]:
    """Yield what is wrong with a table: pairs without a row or with two, unreachable states, dead ends."""
    counts = {(state, event): 0 for state in machine.states for event in machine.events}
    for line in machine.rows:
        for state in line.states:
            for event in line.events:
                counts[state, event] += 1
    for (state, event), count in counts.items():
        if count == 0:
            yield f"{state.name} has no row for {event.name}"
        if count > 1:
            yield f"{state.name} has {count} rows for {event.name}"
    unreachable = frozenset(machine.states) - reachable(machine)
    for state in sorted(unreachable ^ machine.expected_unreachable):
        yield f"{state.name} is {'un' if state in unreachable else ''}reachable, against what is said"
    for state in sorted(reachable(machine)):
        leaves = any(
            state in line.states and line.after is not None and line.after != state for line in machine.rows
        )
        if leaves == (state in machine.final):
            yield f"{state.name} is {'left although final' if leaves else 'never left and not final'}"


def reachable(machine: Machine[S, E, A]) -> frozenset[S]:
    """Return the states that some sequence of events leads to."""
    found = {machine.initial}
    frontier = [machine.initial]
    while frontier:
        state = frontier.pop()
        for line in machine.rows:
            if state in line.states and line.after is not None and line.after not in found:
                found.add(line.after)
                frontier.append(line.after)
    return frozenset(found)


def compiled(machine: Machine[S, E, A]) -> tuple[tuple[Step[S, A], ...], ...]:
    """Return the steps of a sound table, by state and event: ``table[state][event]``.

    Raises:
        TableError: The table is not sound.
    """
    for fault in faults(machine):
        raise TableError(machine.title, fault)
    pairs = {
        (state, event): Step(after=state if line.after is None else line.after, actions=line.actions)
        for line in machine.rows
        for state in line.states
        for event in line.events
    }
    return tuple(tuple(pairs[state, event] for event in machine.events) for state in machine.states)
