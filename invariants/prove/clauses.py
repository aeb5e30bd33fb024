"""From theorems to proof problems: which commands, which initial states, which invariants.

One problem covers a design: every command but those on presented ledgers, started with one region and with
two, and all supporting invariants together. A second covers every reader of anything that may be presented,
and is given the invariants of the first. What a clause is told is what the engine found: PROVED, or
INCONCLUSIVE with the reason; a failed induction step is never a refutation.

Source: ``verification.md`` "Engines"; ``theorems.md``.
"""

import time
import typing
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from billproof.invariants import reading
from billproof.invariants.prove.assembly import ShareResult, assemble
from billproof.invariants.prove.discharge import Limits
from billproof.invariants.prove.engine import given_name, prove, prove_share
from billproof.invariants.prove.exchange import Exchange
from billproof.invariants.prove.goals import StepClause
from billproof.invariants.prove.memory import Memory
from billproof.invariants.prove.oracles import is_injective, oracle
from billproof.invariants.prove.problem import (
    ClauseResult,
    ProofOptions,
    ProofProblem,
    ProofResult,
    StateClause,
    Status,
)
from billproof.invariants.prove.records import symbolic_record
from billproof.invariants.prove.sharing import WHOLE, Share, settled_shares
from billproof.invariants.prove.solvers import BOTH, Answer
from billproof.invariants.prove.symbols import SymbolicError
from billproof.invariants.supporting import SUPPORTING
from billproof.invariants.theorem import Clause, Transition
from billproof.invariants.theorems import all_clauses
from billproof.invariants.verdicts import EngineFinding, Verdict
from billproof.model import core
from billproof.model.commands import Charge, Command, PresentedCommand, Replicate
from billproof.model.context import Context, Outcome
from billproof.model.design import Design
from billproof.model.identifiers import Digest
from billproof.model.outcomes import Region
from billproof.model.outside_commands import ExhibitCommand
from billproof.model.state import Entry, State, initial_state
from billproof.model.switches import Preimage

PRESENTED = tuple(set(typing.get_args(PresentedCommand)) - set(typing.get_args(ExhibitCommand)))
"""Commands on a presented ledger; the clauses about those are proved of any reader of anything."""

LONGEST: tuple[type, ...] = (Charge, Replicate)
"""The commands whose proofs take longest. They come first and in different shares, so that nothing is left to
wait for when all else is done."""

COMMANDS: tuple[type, ...] = (
    *LONGEST,
    *(kind for kind in typing.get_args(Command) if kind not in (*PRESENTED, *LONGEST)),
)
"""Every command that can touch what a site stores, or what lies outside the sites."""


SHARES = 2
"""Parts of the proof about the system: one for each core of the reference machine. What one goal has
needed is tried first for the next, so that more parts would take more time in all.

Their number decides what each can learn from what came before, hence the text of obligations; so it is the
same on every machine.
"""

MILLISECONDS = 10_000
"""The limit of one question to one solver, where none is given."""

P = ParamSpec("P")
R = TypeVar("R")

DIGEST = ("digest", Entry, Digest, ("digest",))
"""The digest oracle: its name, what it takes and returns, and the field that it does not read."""


SITES = Exchange(first="primary", second="standby", kind=Region)
"""The two sites of a state: most commands are made of a region, and say the same of either."""


def context_of(design: Design) -> Context:
    """Return the context of a proof: the design, and a digest of which nothing is known."""
    name, argument, result, omit = DIGEST
    return Context(design=design, digest=oracle(name, argument, result, omit=omit))  # pyright: ignore[reportArgumentType] # a new type


def problem_of(design: Design, clauses: Sequence[Clause]) -> ProofProblem:
    """Return the proof problem of a design and clauses about the system itself."""
    return ProofProblem(
        step=core.step,
        state=State,
        initial=(("one region", initial_state(regions=1)), ("two regions", initial_state(regions=2))),
        commands=COMMANDS,
        context=context_of(design),
        supporting=tuple(StateClause(name=item.name, predicate=item.predicate) for item in SUPPORTING),
        clauses=tuple(
            StateClause(name=clause.name, predicate=clause.invariant.predicate)
            for clause in clauses
            if clause.invariant is not None and clause.reader is None
        ),
        steps=tuple(
            StepClause(name=clause.name, predicate=clause.step)
            for clause in clauses
            if clause.step is not None
        ),
        transition=_transition,
        exchange=SITES,
    )


def reading_problem(design: Design, clauses: Sequence[Clause]) -> ProofProblem:
    """Return the proof problem of clauses about readers: of anything shown by anybody, in any state.

    What the supporting invariants say of the committed state is given; ``problem_of`` proves it.
    """
    state = symbolic_record(State, "state.")
    name, argument, result, omit = DIGEST
    # Two entries have one digest under a concatenated preimage; there, injectivity would be a false premise.
    injective = design.preimage == Preimage.CANONICAL_ALL_FIELDS
    return ProofProblem(
        step=cast("Callable[..., object]", reading.read),
        state=reading.Reading,
        initial=(("nothing read", reading.begin(state)),),
        commands=(reading.Read,),
        context=context_of(design),
        supporting=tuple(StateClause(name=it.__name__, predicate=it) for it in reading.READER_INVARIANTS),
        clauses=tuple(
            StateClause(
                name=clause.name,
                predicate=reading.by_descent(clause.reader) if clause.descends else clause.reader,
            )
            for clause in clauses
            if clause.reader is not None
        ),
        given=tuple(StateClause(name=it.name, predicate=_of_the_state(it.predicate)) for it in SUPPORTING),
        axioms=(is_injective(name, argument, result, omit),) if injective else (),
    )


def _of_the_state(predicate: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(predicate)
    def read(subject: reading.Reading, context: Context, *free: object) -> bool:
        return predicate(subject.state, context, *free)

    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofTask:
    """One share of one proof; small enough to be sent to another process."""

    design: Design
    clauses: tuple[Clause, ...]
    deadline: float
    """On the clock of ``time.monotonic``."""
    memory: Memory | None
    readers: bool
    """Whether it is the proof about readers."""
    share: Share = WHOLE
    dead: frozenset[str] = frozenset()
    milliseconds: int = MILLISECONDS
    """The limit of one question to one solver."""

    @property
    def problem(self) -> ProofProblem:
        """What is to be proved."""
        if self.readers:
            return reading_problem(self.design, tuple(it for it in self.clauses if it.reader is not None))
        return problem_of(self.design, self.clauses)

    @property
    def options(self) -> ProofOptions:
        """How."""
        return ProofOptions(
            limits=Limits(memory=self.memory, milliseconds=self.milliseconds), deadline=self.deadline
        )


def run_task(task: ProofTask) -> ShareResult:
    """Make one share of a proof.

    Raises:
        SymbolicError: The code cannot be followed.
    """
    return prove_share(task.problem, task.options, task.share, task.dead)


class ProofUnderWay:
    """The proof of some clauses under a design, made by processes; asked once for its findings."""

    def __init__(
        self,
        design: Design,
        clauses: tuple[Clause, ...],
        deadline: float,
        executor: Executor,
        memory: Memory | None = None,
        *,
        milliseconds: int = MILLISECONDS,
    ) -> None:
        """Start.

        Args:
            design: Under which design.
            clauses: What is to be proved.
            deadline: On the clock of ``time.monotonic``.
            executor: Processes, not threads: symbolic execution is one at a time in a process.
            memory: What earlier runs found.
            milliseconds: The limit of one question to one solver.
        """
        self.started = time.monotonic()
        self.executor = executor
        self.task = ProofTask(
            design=design,
            clauses=clauses,
            deadline=deadline,
            memory=memory,
            readers=False,
            milliseconds=milliseconds,
        )
        self.shares = tuple(Share(index=index, of=SHARES) for index in range(SHARES))
        self.parts = self._submit(self.shares, frozenset())
        shown = any(clause.reader is not None for clause in clauses)
        self.readers = executor.submit(run_task, replace(self.task, readers=True)) if shown else None

    def _submit(self, shares: Sequence[Share], dead: frozenset[str]) -> list[Future[ShareResult]]:
        return [
            self.executor.submit(run_task, replace(self.task, share=share, dead=dead)) for share in shares
        ]

    def _run(self, shares: Sequence[Share], dead: frozenset[str]) -> list[ShareResult]:
        first, self.parts = self.parts, []
        return [part.result() for part in first or self._submit(shares, dead)]

    def results(self) -> tuple[ProofResult, ProofResult | None]:
        """Return the proof about the system, and the one about readers where there is one.

        Raises:
            SymbolicError: The code cannot be followed.
        """
        system = assemble(self.task.problem, self.task.options, settled_shares(self.shares, self._run))
        if self.readers is None:
            return system, None
        task = replace(self.task, readers=True)
        return system, assemble(task.problem, task.options, [self.readers.result()])

    def result(self) -> dict[str, EngineFinding]:
        """Return a finding for each clause, by name."""
        clauses = self.task.clauses
        try:
            system, read = self.results()
        except SymbolicError as error:
            late = time.monotonic() - self.started
            return {clause.name: _not_followed(error, late) for clause in clauses}
        seconds = time.monotonic() - self.started
        return {
            clause.name: _finding(system, system.clause(clause.name), seconds)
            if clause.reader is None or read is None
            else _resting(read, read.clause(clause.name), system, seconds)
            for clause in clauses
        }


class _Here(Executor):
    """Runs what it is given at once, in this process."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run ``fn`` and return what came of it."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except SymbolicError as error:
            future.set_exception(error)
        return future


def prove_clauses(design: Design, clauses: tuple[Clause, ...], deadline: float) -> dict[str, EngineFinding]:
    """Prove clauses under a design in this process; return a finding for each, by name."""
    return ProofUnderWay(design, clauses, deadline, _Here()).result()


def _resting(read: ProofResult, found: ClauseResult, core: ProofResult, seconds: float) -> EngineFinding:
    """Return the finding of a clause about readers; what it is given must be proved of the system."""
    finding = _finding(read, found, seconds)
    for name in _given(found):
        if finding.verdict == Verdict.PROVED and core.clause(name).status != Status.PROVED:
            reason = f"rests on {name}, which is not proved: {core.clause(name).reason}"
            return replace(finding, verdict=Verdict.INCONCLUSIVE, reason=reason)
    return finding


def _given(found: ClauseResult) -> tuple[str, ...]:
    """Return the names of the supporting invariants that a clause about readers rests on."""
    names = {given_name(item.name): item.name for item in SUPPORTING}
    labels = (label.split("[", 1)[0] for label in found.rests_on)
    return tuple(dict.fromkeys(names[label] for label in labels if label in names))


def check_obligations(design: Design, clause: Clause, deadline: float) -> bool:
    """Tell whether some obligation of a clause, or of what it rests on, has a model: the proof is broken.

    Running out of time, an unknown, or code that cannot be followed breaks nothing, so it is no kill.
    """
    # All clauses take part: one that does not follow from the supporting invariants supports others.
    provable = (*all_clauses(), clause) if clause not in all_clauses() else all_clauses()
    everything = tuple(it for it in provable if it.provable)
    names = frozenset({clause.name})
    options = ProofOptions(deadline=deadline, witnesses=False, stop_at=names)
    try:
        if clause.reader is not None:
            read = prove(reading_problem(design, (clause,)), options).clause(clause.name)
            if read.status == Status.NOT_PROVED:
                return True
            options = replace(options, stop_at=frozenset(_given(read)))
        result = prove(problem_of(design, everything), options) if options.stop_at else None
    except SymbolicError:
        return False
    return result is not None and any(
        result.clause(name).status == Status.NOT_PROVED for name in options.stop_at
    )


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
    own = set(found.obligations)
    replies = [reply for item in result.decided if item.obligation.name in own for reply in item.replies]
    solvers = {reply.solver: Answer.UNSAT.value for reply in replies}
    for reply in replies:
        if reply.answer is not Answer.UNSAT:
            solvers[reply.solver] = reply.answer.value
    # A clause of which nothing was left to ask has convinced our own simplification and no solver.
    decided = all(solvers.get(solver.name) == Answer.UNSAT.value for solver in BOTH)
    proved = found.status == Status.PROVED and decided
    undecided = "not both solvers were asked and said unsat"
    happens = {witness.where: witness.answer for witness in result.witnesses}
    return EngineFinding(
        engine="prove",
        verdict=Verdict.PROVED if proved else Verdict.INCONCLUSIVE,
        seconds=seconds,
        reason="" if proved else found.reason or undecided,
        solvers=tuple(sorted(solvers.items())),
        obligations=len(found.obligations),
        witnesses=tuple(case for case in found.cases if happens[case] is Answer.SAT),
        unreachable=tuple(case for case in found.cases if happens[case] is Answer.UNSAT),
        remembered=sum(reply.remembered for reply in replies),
        induction=found.counterexample,
        induction_at=found.failure.goal.where if found.failure is not None else "",
    )
