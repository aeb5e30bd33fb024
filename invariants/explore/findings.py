"""What a search of a named model is limited by, and what it finds."""

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Final, TypeAlias

from billproof.invariants.explore.models.model import Action, Model, S
from billproof.model.portable import PortableError

Progress: TypeAlias = Callable[[str], None]
"""Told how far a search is."""

_PROCESS_PAGES: Final = Path("/proc/self/statm")


class Stopped(PortableError):  # noqa: N818 - not an error: a search that reaches its limit says so
    """A search gives up.

    Args:
        reason: Which limit was reached.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a search gives up; giving up is INCONCLUSIVE."""

    deadline: float = float("inf")
    """On the clock of ``time.monotonic``."""
    memory_bytes: int | None = None
    """Most that the process may hold."""

    def check(self, more_bytes: int = 0) -> None:
        """Check the limits.

        Args:
            more_bytes: What is about to be taken in addition.

        Raises:
            Stopped: One is reached.
        """
        if time.monotonic() > self.deadline:
            raise Stopped("the budget of time is spent")
        if self.memory_bytes is not None and held_bytes() + more_bytes > self.memory_bytes:
            raise Stopped(f"it would exceed the memory of {self.memory_bytes:,} bytes")


def held_bytes() -> int:
    """Return the memory that this process holds now; where the system does not say, the most it has held."""
    if _PROCESS_PAGES.exists():
        return int(_PROCESS_PAGES.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a trace, as a person reads it."""

    action: str
    changes: tuple[str, ...]
    """What it changed: ``field: before -> after``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A broken invariant, with a shortest trace from the initial state, executed by the plain functions."""

    invariant: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCounts:
    """What a search found."""

    distinct: int
    generated: int
    """Transitions and the initial state."""
    depth: int
    """Levels, that of the initial state included."""
    breach: Breach | None
    stopped: str
    """Why the search ended early; nothing if it did not."""
    canonical: int | None = None
    """States that were stored, where each stands for its orbit."""
    symmetry: str = ""
    """How it was shown that the model does not care about the relabellings; nothing without symmetry."""


class FalseTraceError(PortableError):
    """A search reports a trace that the model does not execute: a bug of the search, and no verdict.

    Args:
        model: Which model.
        action: The action that is not possible, or nothing.
    """

    def __init__(self, model: str, action: str) -> None:
        super().__init__(f"model {model}: the trace does not replay at {action or 'its end'}")
        self.model = model
        self.action = action


def replayed(model: Model[S], actions: tuple[Action[S], ...]) -> tuple[S, ...]:
    """Execute a trace and return every state of it.

    Raises:
        FalseTraceError: An action is not possible where the trace has it.
    """
    states = [model.initial]
    for action in actions:
        if not action.can(states[-1], action.argument):
            raise FalseTraceError(model.name, action.label)
        states.append(action.do(states[-1], action.argument))
    return tuple(states)


def steps_of(model: Model[S], actions: tuple[Action[S], ...], *, breaks: str) -> tuple[Step, ...]:
    """Execute a trace and return it in words.

    Args:
        model: What to execute.
        actions: The trace.
        breaks: The invariant that does not hold at its end.

    Raises:
        FalseTraceError: An action is not possible, or the invariant holds.
    """
    states = replayed(model, actions)
    broken = [item for item in model.invariants if item.name == breaks]
    if all(item.holds(states[-1], argument) for item in broken for argument in item.arguments):
        raise FalseTraceError(model.name, "")
    return tuple(
        Step(action=action.label, changes=_changes(before, after))
        for action, before, after in zip(actions, states, states[1:], strict=False)
    )


def _changes(before: object, after: object) -> tuple[str, ...]:
    assert is_dataclass(before)
    pairs = [(item.name, getattr(before, item.name), getattr(after, item.name)) for item in fields(before)]
    return tuple(f"{name}: {_shown(old)} -> {_shown(new)}" for name, old, new in pairs if old != new)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(_shown(item) for item in value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
