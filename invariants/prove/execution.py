"""Execution: every path of a command through the very step function that runs.

The state before is fully symbolic and the same for all commands, so that what is known of it is built once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from billproof.invariants.prove.effects import forget_effects
from billproof.invariants.prove.exploration import Path, explore_paths
from billproof.invariants.prove.records import variants_of
from billproof.invariants.prove.shapes import symbolic_equality
from billproof.invariants.prove.symbols import SymbolicError
from billproof.invariants.prove.terms import Term

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One command with its enumerated fields fixed, and all its paths."""

    label: str
    """For example ``Charge[region=PRIMARY]``."""
    command: object
    paths: tuple[Path[object], ...]


def runs_of(
    step: Callable[[object, object, object], object],
    state: object,
    context: object,
    *,
    commands: Sequence[type],
    assumptions: Callable[[object], Sequence[Term]] = lambda _: (),
) -> tuple[Run, ...]:
    """Execute ``step`` for every command and return all paths.

    Args:
        step: ``step(state, command, context)``; returns an outcome with a ``state`` and a ``status``.
        state: The fully symbolic state before.
        context: Handed to ``step``; its oracle must be uninterpreted.
        commands: Command classes; their top-level enumerations are enumerated.
        assumptions: What may be assumed of a command, as terms.

    Raises:
        SymbolicError: The step function cannot be followed; the message begins with the command.
    """
    forget_effects()
    runs: list[Run] = []
    for kind in commands:
        for label, command in variants_of(cast("type[object]", kind)):
            try:
                with symbolic_equality():
                    paths = explore_paths(
                        partial(step, state, command, context), assumptions=assumptions(command)
                    )
            except SymbolicError as error:
                raise SymbolicError(f"{label}: {error.operation}", error.remedy) from error
            runs.append(Run(label=label, command=command, paths=paths))
    return tuple(runs)
