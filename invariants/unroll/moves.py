"""Moves: what each command of a small world can come to, extracted from the step function that runs.

The extraction is that of the proofs (``prove.exploration``, ``prove.merging``): every path of the step
function on one unknown state. Only the command is known here: it is one of those of the world.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from billproof.invariants.prove.effects import forget_effects
from billproof.invariants.prove.engine import status_name
from billproof.invariants.prove.exploration import explore_paths
from billproof.invariants.prove.merging import Case, merge
from billproof.invariants.prove.shapes import symbolic_equality
from billproof.invariants.prove.symbols import SymbolicError
from billproof.invariants.prove.terms import Term, equal, integer, negate
from billproof.invariants.prove.values import int_term
from billproof.model.commands import Command
from billproof.model.context import Context, Outcome
from billproof.model.outcomes import Status
from billproof.model.portable import PortableError
from billproof.model.state import State


class LateError(PortableError):
    """The time was up; whoever set the deadline has what was found before.

    Args:
        doing: What was not finished.
    """

    def __init__(self, doing: str) -> None:
        super().__init__(f"the time was up before {doing}")
        self.doing = doing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One way in which a command can come out."""

    condition: Term
    """About the state before; the ways of a command exclude each other."""
    possible: Term
    """Whether the actor could issue the command here: the status is not ``NOT_POSSIBLE``."""
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Move:
    """One command of a world and its ways; where the step function fails, none applies."""

    command: Command
    ways: tuple[Way, ...]


def moves_of(
    commands: Sequence[Command],
    state: State,
    *,
    step: Callable[[State, Command, Context], Outcome],
    context: Context,
    deadline: float = float("inf"),
) -> tuple[Move, ...]:
    """Return what each command can come to in an unknown state.

    Args:
        commands: The commands of a world.
        state: The unknown state.
        step: The model under test.
        context: The design, and a digest of which nothing is known.
        deadline: On the clock of ``time.monotonic``.

    Raises:
        LateError: The deadline has passed.
        SymbolicError: The step function cannot be followed; the message begins with the command.
    """
    forget_effects()
    moves = []
    for command in commands:
        if time.monotonic() > deadline:
            raise LateError("the commands were followed")
        moves.append(_move(command, partial(step, state, command, context)))
    return tuple(moves)


def _move(command: Command, run: Callable[[], object]) -> Move:
    try:
        with symbolic_equality():
            cases = merge(explore_paths(run), status_name)
    except SymbolicError as error:
        raise SymbolicError(f"{type(command).__name__}: {error.operation}", error.remedy) from error
    return Move(command=command, ways=tuple(_way(case) for case in cases.cases))


def _way(case: Case) -> Way:
    assert isinstance(case.outcome, Outcome), "the step function returns outcomes"
    status = int_term(case.outcome.status)
    return Way(
        condition=case.condition,
        possible=negate(equal(status, integer(Status.NOT_POSSIBLE))),
        outcome=case.outcome,
    )
