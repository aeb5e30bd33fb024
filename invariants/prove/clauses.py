"""From theorems to proof problems: which commands, which initial states, which invariants.

One problem covers a design: every command but those on presented ledgers, started with one region and with
two, and all supporting invariants together. What a clause is told is what the engine found: PROVED, or
INCONCLUSIVE with the reason; a failed induction step is never a refutation.

Source: ``verification.md`` "Engines"; ``theorems.md``.
"""

import time
import typing
from collections.abc import Sequence

from billproof.invariants.prove.engine import prove
from billproof.invariants.prove.execution import oracle
from billproof.invariants.prove.goals import StepClause
from billproof.invariants.prove.problem import (
    ClauseResult,
    ProofOptions,
    ProofProblem,
    ProofResult,
    StateClause,
    Status,
)
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.prove.symbols import SymbolicError
from billproof.invariants.supporting import SUPPORTING
from billproof.invariants.theorem import Clause, Transition
from billproof.invariants.theorems import all_clauses
from billproof.invariants.verdicts import EngineFinding, Verdict
from billproof.model import core
from billproof.model.commands import Command, PresentedCommand
from billproof.model.context import Context, Outcome
from billproof.model.design import Design
from billproof.model.identifiers import Digest
from billproof.model.state import Entry, State, initial_state

PRESENTED = typing.get_args(PresentedCommand)
"""Commands on a presented ledger; the clauses about those are searched."""

COMMANDS: tuple[type, ...] = tuple(kind for kind in typing.get_args(Command) if kind not in PRESENTED)
"""Every command that can touch what a site stores."""


def problem_of(design: Design, clauses: Sequence[Clause]) -> ProofProblem:
    """Return the proof problem of a design and clauses."""
    return ProofProblem(
        step=core.step,
        state=State,
        initial=(("one region", initial_state(regions=1)), ("two regions", initial_state(regions=2))),
        commands=COMMANDS,
        context=Context(design=design, digest=oracle("digest", Entry, Digest, omit=("digest",))),
        supporting=tuple(StateClause(name=item.name, predicate=item.predicate) for item in SUPPORTING),
        clauses=tuple(
            StateClause(name=clause.name, predicate=clause.invariant.predicate)
            for clause in clauses
            if clause.invariant is not None
        ),
        steps=tuple(
            StepClause(name=clause.name, predicate=clause.step)
            for clause in clauses
            if clause.step is not None
        ),
        transition=_transition,
    )


def prove_clauses(design: Design, clauses: tuple[Clause, ...], deadline: float) -> dict[str, EngineFinding]:
    """Prove clauses under a design; return a finding for each, by name."""
    started = time.monotonic()
    try:
        result = prove(problem_of(design, clauses), ProofOptions(deadline=deadline))
    except SymbolicError as error:
        return {clause.name: _not_followed(error, time.monotonic() - started) for clause in clauses}
    seconds = time.monotonic() - started
    return {clause.name: _finding(result, result.clause(clause.name), seconds) for clause in clauses}


def check_obligations(design: Design, clause: Clause, deadline: float) -> bool:
    """Tell whether some obligation of a clause, or of what it rests on, has a model: the proof is broken.

    Running out of time, an unknown, or code that cannot be followed breaks nothing, so it is no kill.
    """
    # All clauses take part: one that does not follow from the supporting invariants supports others.
    everything = tuple(it for it in all_clauses() if it.provable)
    options = ProofOptions(deadline=deadline, witnesses=False, stop_at=clause.name)
    try:
        result = prove(problem_of(design, everything), options)
    except SymbolicError:
        return False
    return result.clause(clause.name).status == Status.NOT_PROVED


def _not_followed(error: SymbolicError, seconds: float) -> EngineFinding:
    return EngineFinding(
        engine="prove",
        verdict=Verdict.INCONCLUSIVE,
        seconds=seconds,
        reason=f"the code cannot be followed: {error}",
    )


def _transition(before: object, command: object, outcome: object) -> Transition:
    return Transition(
        before=typing.cast("State", before),
        command=typing.cast("Command", command),
        outcome=typing.cast("Outcome", outcome),
    )


def _finding(result: ProofResult, found: ClauseResult, seconds: float) -> EngineFinding:
    replies = [
        reply
        for item in result.decided
        if item.obligation.name in set(found.obligations)
        for reply in item.replies
    ]
    solvers = {reply.solver: Answer.UNSAT.value for reply in replies}
    for reply in replies:
        if reply.answer is not Answer.UNSAT:
            solvers[reply.solver] = reply.answer.value
    proved = found.status == Status.PROVED
    return EngineFinding(
        engine="prove",
        verdict=Verdict.PROVED if proved else Verdict.INCONCLUSIVE,
        seconds=seconds,
        reason="" if proved else found.reason,
        solvers=tuple(sorted(solvers.items())),
        obligations=len(found.obligations),
    )
