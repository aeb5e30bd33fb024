"""Validation of a run against the core: the same commands, executed again, come to the same state.

A run may do to billing what the core does and nothing else. So its trace is executed once more, from the
empty system, by the core alone; whatever somebody changed behind its back shows in the digest of the state.
"""

import hashlib
from dataclasses import dataclass, fields, is_dataclass

from billproof.invariants.explore.search import StepFunction
from billproof.invariants.recorded import START
from billproof.model.commands import Command
from billproof.model.containers import FrozenLog, FrozenMap
from billproof.model.context import Context
from billproof.model.core import step as core_step
from billproof.model.outcomes import Status
from billproof.model.state import State, initial_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """Where a trace and the core part."""

    steps: int
    """After so many commands of the trace."""
    problem: str


def state_digest(state: State) -> str:
    """Return the SHA-256 of everything in a state, the same whatever order its tables were filled in."""
    return hashlib.sha256(_text(state).encode()).hexdigest()


def validate(
    trace: tuple[Command, ...], state: State, context: Context, *, step: StepFunction = core_step
) -> Divergence | None:
    """Execute a trace once more; return where it parts from what the run has come to, or None."""
    reached = initial_state(regions=2, period=START)
    for number, command in enumerate(trace):
        outcome = step(reached, command, context)
        if outcome.status == Status.NOT_POSSIBLE:
            name = type(command).__name__
            return Divergence(steps=number, problem=f"the core cannot execute {name} there")
        reached = outcome.state
    expected, found = state_digest(reached), state_digest(state)
    if expected != found:
        return Divergence(steps=len(trace), problem=f"the core comes to state {expected}, the run to {found}")
    return None


def _text(value: object) -> str:
    if isinstance(value, FrozenMap):
        return "{" + ",".join(sorted(f"{_text(key)}:{_text(item)}" for key, item in value.items())) + "}"
    if isinstance(value, FrozenLog):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if is_dataclass(value):
        return "(" + ",".join(_text(getattr(value, item.name)) for item in fields(value)) + ")"
    return repr(value)
