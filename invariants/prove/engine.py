"""The proof engine: from a problem to a result.

Theory of operation. The step function is executed once for every command on one unknown state. Clauses that
follow from the supporting invariants are derived; the others join them, and all are proved by induction over
every case of every command. An invariant that is not preserved is dropped as a hypothesis, and whatever had
used it is tried again without it, until nothing changes: what remains rests on nothing unproved. Both solvers
decide every obligation that remains.

A clause is PROVED only if all its goals, and all goals of every invariant that its proof uses in the end,
are decided by both solvers, and no command can leave the domain of a partial operation.
"""

import time
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace

from billproof.invariants.prove.assembly import CORE, Ledger, assemble
from billproof.invariants.prove.discharge import (
    Discharged,
    Hypotheses,
    Obligation,
    Unproved,
    discharge,
    split,
)
from billproof.invariants.prove.execution import Run, runs_of
from billproof.invariants.prove.finding import Finder
from billproof.invariants.prove.formulas import Formula, formulas_of
from billproof.invariants.prove.goals import (
    Batch,
    Kind,
    consecution,
    consequences,
    core_definedness,
    definedness,
    initiation,
    joined,
    outcome_of,
    step_formulas,
    step_goals,
)
from billproof.invariants.prove.merging import Cases, merge
from billproof.invariants.prove.problem import (
    Decided,
    ProofOptions,
    ProofProblem,
    ProofResult,
    StateClause,
    Witness,
)
from billproof.invariants.prove.records import shown, symbolic_record
from billproof.invariants.prove.solvers import Answer, Reply, replies
from billproof.invariants.prove.values import Symbolic

SMALL = 24
"""Cases of one command with fewer goals than this, refusals mostly, go to the solvers together."""


class OutOfTimeError(Exception):
    """The deadline of a proof has passed; nobody's fault, and caught by the engine.

    Args:
        where: What was being worked on.
    """

    def __init__(self, where: str) -> None:
        super().__init__(f"out of time at {where}")
        self.where = where


class Stopped(Exception):  # noqa: N818 - not an error: the question was answered early
    """The clause that the proof was to stop at has failed."""


def status_name(outcome: object) -> str:
    """Return the status of an outcome for a label; ``STORED`` where it was read from the state."""
    status = getattr(outcome, "status", None)
    return "STORED" if isinstance(status, Symbolic) else shown(status)


def prove(problem: ProofProblem, options: ProofOptions | None = None) -> ProofResult:
    """Try to prove everything that a problem asks.

    Args:
        problem: Step function, commands, invariants, clauses.
        options: Solvers, limits, deadline.

    Returns:
        A result for every supporting invariant and clause, the obligations with the answers of the solvers,
        and whether each case of each command can happen.

    Raises:
        SymbolicError: The step function or a predicate does what cannot be followed; its author's to mend.
    """
    return _Proof(problem, options or ProofOptions()).run()


class _Proof:
    """One run; mutable, used once."""

    def __init__(self, problem: ProofProblem, options: ProofOptions) -> None:
        self.problem = problem
        self.options = options
        self.started = time.perf_counter()
        self.ledger = Ledger()
        self.state: object = symbolic_record(problem.state)
        self.runs: tuple[tuple[Run, Cases], ...] = ()
        self.inductive: list[Formula] = []
        self.answers: dict[str, Future[tuple[Reply, ...]] | None] = {}

    def run(self) -> ProofResult:
        """Execute, discharge, decide, assemble."""
        problem = self.problem
        runs = runs_of(
            problem.step,
            self.state,
            problem.context,
            commands=problem.commands,
            assumptions=problem.assumptions,
        )
        self.runs = tuple((run, merge(run.paths, status_name)) for run in runs)
        self.inductive = [formula for clause in problem.supporting for formula in self._formulas(clause)]
        decided: list[Decided] = []
        witnesses: tuple[Witness, ...] = ()
        try:
            self._derive()
            for batch in self._batches():
                self._discharge(batch)
            self._retry_tainted()
            witnesses = self._witnesses() if self.options.witnesses else ()
        except OutOfTimeError as error:
            self.ledger.out_of_time = error.where
        except Stopped:
            self.ledger.stopped = True
        for obligation in self.ledger.obligations:
            decided += self._decide(obligation)
        return assemble(
            self.problem,
            self.options,
            self.ledger,
            decided=decided,
            witnesses=witnesses,
            paths=tuple((run.label, cases.paths) for run, cases in self.runs),
            seconds=time.perf_counter() - self.started,
        )

    def _formulas(self, clause: StateClause) -> tuple[Formula, ...]:
        found = formulas_of(clause.name, clause.predicate, self.state, self.problem.context)
        self.ledger.titles[clause.name] = tuple(formula.title for formula in found)
        self.ledger.needed(definedness(found))
        return found

    def _derive(self) -> None:
        """Derive the clauses that follow from the supporting invariants; the others become inductive."""
        known = {clause.name for clause in self.problem.supporting}
        joining: list[Formula] = []
        for clause in self.problem.clauses:
            if clause.name in known:
                continue
            found = self._formulas(clause)
            batch = consequences(clause.name, found)
            self._check_time(batch.where)
            # What follows at all follows soon; what does not is only a candidate for induction.
            limits = replace(self.options.limits, rounds=min(2, self.options.limits.rounds))
            done = discharge(batch, self._hypotheses(), limits)
            if done.unproved:
                joining += found
                continue
            self.ledger.derived.add(clause.name)
            self._record(batch, done)
        self.inductive += joining

    def _batches(self) -> Iterable[Batch]:
        """Yield the goals of everything but derivation, those of definedness first."""
        yield from self.ledger.take_needed()
        for name, state in self.problem.initial:
            yield initiation(name, state, self.inductive)
        for run, cases in self.runs:
            small = [core_definedness(run.label, cases)]
            clauses = self._step_formulas(run, cases)
            for case in cases.cases:
                after = getattr(case.outcome, "state", None)
                kept = consecution(run.label, self.state, case, after, self.inductive)
                batch = joined(kept, step_goals(run, case, clauses))
                if len(batch.goals) < SMALL:
                    small.append(batch)
                else:
                    yield batch
            yield joined(*small)

    def _step_formulas(self, run: Run, cases: Cases) -> tuple[Formula, ...]:
        outcome = outcome_of(cases)
        if outcome is None or self.problem.transition is None or not self.problem.steps:
            return ()
        transition = self.problem.transition(self.state, run.command, outcome)
        found = step_formulas(self.problem.steps, transition, self.problem.context)
        for formula in found:
            self.ledger.add_title(formula.name, formula.title)
        return found

    def _hypotheses(self) -> Hypotheses:
        """Return the invariants that still stand, and the axioms."""
        alive = [formula for formula in self.inductive if formula.title not in self.ledger.dead]
        return self.ledger.hypotheses_of(alive, self.problem.axioms)

    def _check_time(self, where: str) -> None:
        if self.options.deadline is not None and time.monotonic() > self.options.deadline:
            raise OutOfTimeError(where)

    def _discharge(self, batch: Batch) -> None:
        self._check_time(batch.where)
        self.ledger.count(batch)
        # Goals of an invariant that has failed elsewhere are not worth the time: it is not proved already.
        goals = tuple(goal for goal in batch.goals if goal.title not in self.ledger.dead)
        kept = Batch(where=batch.where, goals=goals, identical=())
        self._record(kept, discharge(kept, self._hypotheses(), self.options.limits))

    def _record(self, batch: Batch, done: Discharged) -> None:
        for obligation in done.obligations:
            self.ledger.obligations.append(obligation)
            self._submit(obligation)
        self.ledger.capped.update(dict.fromkeys(done.capped))
        self.ledger.attempted(batch.goals)
        for unproved in done.unproved:
            self._fail(unproved)

    def _fail(self, unproved: Unproved) -> None:
        goal = unproved.goal
        self.ledger.failures.setdefault(goal.clause or CORE, []).append(unproved)
        if goal.kind in (Kind.INITIATION, Kind.CONSECUTION):
            self.ledger.dead.add(goal.title)
        if goal.clause == self.options.stop_at and unproved.answer is Answer.SAT:
            raise Stopped(goal.clause)

    def _retry_tainted(self) -> None:
        """Try again, without the invariants that failed, what had used them, until nothing changes."""
        while True:
            tainted = [it for it in self.ledger.obligations if self.ledger.dead.intersection(it.rests_on)]
            if not tainted:
                return
            for obligation in tainted:
                self.ledger.obligations.remove(obligation)
                self.answers.pop(obligation.name, None)
            for obligation in tainted:
                self._check_time(obligation.name)
                goals = tuple(goal for goal in obligation.goals if goal.title not in self.ledger.dead)
                batch = Batch(where=f"{obligation.name} again", goals=goals, identical=())
                self._record(batch, discharge(batch, self._hypotheses(), self.options.limits))

    def _submit(self, obligation: Obligation) -> None:
        if self.options.executor is None:
            return
        milliseconds = self.options.limits.milliseconds
        self.answers[obligation.name] = self.options.executor.submit(
            replies, obligation.text, self.options.solvers, milliseconds
        )

    def _decide(self, obligation: Obligation) -> list[Decided]:
        """Return the answers to an obligation; split where the solvers do not both say unsat."""
        waiting = self.answers.get(obligation.name)
        found = self._ask(obligation) if waiting is None else waiting.result()
        whole = Decided(obligation=obligation, replies=found)
        if whole.answer is Answer.UNSAT or len(obligation.goals) == 1:
            return [whole]
        parts = split(obligation)
        return [Decided(obligation=part, replies=self._ask(part)) for part in parts]

    def _ask(self, obligation: Obligation) -> tuple[Reply, ...]:
        if self.options.deadline is not None and time.monotonic() > self.options.deadline:
            return ()
        return replies(obligation.text, self.options.solvers, self.options.limits.milliseconds)

    def _witnesses(self) -> tuple[Witness, ...]:
        """Return whether each case can happen in a state that satisfies what stands of the invariants."""
        found: list[Witness] = []
        for run, cases in self.runs:
            self._check_time(f"witnesses of {run.label}")
            conditions = [case.condition for case in cases.cases]
            hypotheses, _ = self._hypotheses().instantiate(conditions, 1)
            finder = Finder(list(hypotheses), conditions, self.options.limits.milliseconds)
            for index, case in enumerate(cases.cases):
                answer = finder.ask([index]).answer
                found.append(Witness(command=run.label, case=case.name, answer=answer))
        return tuple(found)
