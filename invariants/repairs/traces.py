"""Counterexamples tried under other designs than their own.

A trace that was found under one design is tried under others: commands that are not possible there are left
out, and it ends where the clause first fails. What is executed has the bounds of its domain, so a search of
the same domain finds it too, or a shorter one.
"""

from dataclasses import dataclass
from functools import lru_cache

from billproof.invariants.counterexample import violates
from billproof.invariants.explore.domain import Domain, assignments
from billproof.invariants.explore.search import UndefinedStepError, holds_in, start_of
from billproof.invariants.repairs.recording import RecordingDesign, recording, switches_read
from billproof.invariants.theorem import Clause, Transition
from billproof.model.commands import Command
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.design import Design
from billproof.model.outcomes import Status
from billproof.model.receipts import digest_of
from billproof.model.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Commands that violated a clause in a domain under some design."""

    clause: Clause
    domain: Domain
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of a trace under one design."""

    commands: tuple[Command, ...] | None
    """The commands that were possible, up to the violation; ``None`` where there is none."""
    read: frozenset[str]
    """The switches that it depends on: on any design that agrees on them, the same happens."""


def recording_context(design: Design) -> Context:
    """Return a context that records which switches are read; its digests are remembered."""
    kept = recording(design)
    return Context(design=kept, digest=lru_cache(maxsize=100_000)(digest_of(kept)))


def read_in(context: Context) -> frozenset[str]:
    """Return the switches that were read in a recording context."""
    design = context.design
    assert isinstance(design, RecordingDesign), "a recording context holds a recording design"
    return switches_read(design)


def tried(trace: Trace, design: Design) -> Trial:
    """Try a trace under a design."""
    context = recording_context(trace.domain.design(design))
    try:
        commands = _commands_up_to_violation(trace, context)
    except (UndefinedLookupError, UndefinedStepError):
        # A trace of another design may lead where this one is not defined; then it shows nothing.
        commands = None
    return Trial(commands=commands, read=read_in(context))


def _commands_up_to_violation(trace: Trace, context: Context) -> tuple[Command, ...] | None:
    domain, state = trace.domain, start_of(trace.domain, step, context)
    if not trace.commands:
        return () if fails_at(trace, state, context) else None
    commands: list[Command] = []
    for command in trace.commands:
        outcome = step(state, command, context)
        if outcome.status == Status.NOT_POSSIBLE or not domain.is_within(outcome.state):
            continue
        commands.append(command)
        transition = Transition(before=state, command=command, outcome=outcome)
        if violates(trace.clause, domain, transition, context):
            return tuple(commands) if len(commands) <= domain.moves_max else None
        state = outcome.state
    return None


def fails_at(trace: Trace, state: State, context: Context) -> bool:
    """Tell whether the clause of a trace is an invariant that fails in a state."""
    invariant = trace.clause.invariant
    return invariant is not None and any(
        not holds_in(invariant, state, context, values)
        for values in assignments(trace.domain, invariant.predicate)
    )
