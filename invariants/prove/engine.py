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
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import chain

from billproof.invariants.prove.assembly import CORE, Ledger, assemble
from billproof.invariants.prove.discharge import (
    TOGETHER,
    Discharged,
    Hypotheses,
    Obligation,
    OutOfTimeError,
    Unproved,
    discharge,
    insist,
    split,
)
from billproof.invariants.prove.execution import Run, runs_of
from billproof.invariants.prove.finding import Finder
from billproof.invariants.prove.formulas import Formula, formulas_of
from billproof.invariants.prove.goals import (
    Batch,
    Goal,
    Kind,
    StepClause,
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
from billproof.model.portable import PortableError

SMALL = 24
"""Cases of one command with fewer goals than this, refusals mostly, go to the solvers together."""


class BrokenError(PortableError):
    """The proof that was to be broken is broken, as the ledger says; caught by the engine."""


def status_name(outcome: object) -> str:
    """Return the status of an outcome for a label; ``STORED`` where it was read from the state."""
    status = getattr(outcome, "status", None)
    return "STORED" if isinstance(status, Symbolic) else shown(status)


def given_name(name: str) -> str:
    """Return the name under which a hypothesis is listed that another problem proves."""
    return f"given {name}"


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
        self.limits = replace(options.limits, deadline=options.deadline)
        self.ledger = Ledger()
        self.state: object = symbolic_record(problem.state)
        self.runs: tuple[tuple[Run, Cases], ...] = ()
        self.inductive: list[Formula] = []
        self.given: list[Formula] = []
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
        self.given = [
            formula
            for clause in problem.given
            for formula in formulas_of(given_name(clause.name), clause.predicate, self.state, problem.context)
        ]
        decided: list[Decided] = []
        witnesses: tuple[Witness, ...] = ()
        try:
            if self.options.stop_at:
                self._seek_break(self.options.stop_at)
            else:
                self._prove_all()
                witnesses = self._witnesses() if self.options.witnesses else ()
        except OutOfTimeError as error:
            self.ledger.out_of_time = error.where
        except BrokenError:
            # The ledger has what is broken.
            witnesses = ()
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

    def _prove_all(self) -> None:
        """Prove every clause; drop invariants that fail until what stands rests on nothing that failed."""
        self._derive_all()
        self._sweep(chain(self.ledger.take_needed(), self._batches(self.inductive, self.problem.steps)))
        while tainted := self._take_tainted():
            self._sweep(
                Batch(where=f"{obligation.name} again", goals=obligation.goals, identical=())
                for obligation in tainted
            )

    def _seek_break(self, names: frozenset[str]) -> None:
        """Prove some clauses and what their proofs rest on, up to the first goal that does not follow."""
        self._derive_all()
        self.ledger.obligations = [
            it for it in self.ledger.obligations if any(goal.clause in names for goal in it.goals)
        ]
        steps = tuple(clause for clause in self.problem.steps if clause.name in names)
        wanted = {formula.title for formula in self.inductive if formula.name in names}
        done: set[str] = set()
        while True:
            wanted |= {label for it in self.ledger.obligations for label in it.rests_on}
            formulas = [it for it in self.inductive if it.title in wanted - done]
            if not formulas and not steps:
                return
            self._sweep(self._batches(formulas, steps))
            done |= wanted
            steps = ()

    def _derive_all(self) -> None:
        """Derive the clauses that follow from the supporting invariants; the others join them."""
        known = {clause.name for clause in self.problem.supporting}
        joining: list[Formula] = []
        for clause in self.problem.clauses:
            if clause.name not in known:
                joining += self._derive(clause)
        self.inductive += joining

    def _derive(self, clause: StateClause) -> tuple[Formula, ...]:
        """Derive a clause from the supporting invariants; return its formulas if it does not follow."""
        found = self._formulas(clause)
        batch = consequences(clause.name, found)
        done = discharge(batch, self._hypotheses(), self.limits)
        if done.unproved:
            # What follows at all follows soon; what does not is only a candidate for induction.
            limits = replace(self.limits, rounds=min(2, self.limits.rounds))
            goals = [unproved.goal for unproved in done.unproved]
            rest = insist(batch.where, goals, self._hypotheses(), limits)
            if rest.unproved:
                return found
            self._record(rest)
        self.ledger.derived.add(clause.name)
        self.ledger.attempted(batch.goals)
        self._record(done)
        return ()

    def _batches(self, formulas: Sequence[Formula], steps: Sequence[StepClause]) -> Iterable[Batch]:
        """Yield the goals of invariants, step clauses and definedness, by commands and their cases."""
        for name, state in self.problem.initial:
            yield initiation(name, state, formulas)
        for run, cases in self.runs:
            small = [] if self.options.stop_at else [core_definedness(run.label, cases)]
            clauses = self._step_formulas(run, cases, steps)
            for case in cases.cases:
                after = getattr(case.outcome, "state", None)
                kept = consecution(run.label, self.state, case, after, formulas)
                batch = joined(kept, step_goals(run, case, clauses))
                if len(batch.goals) < SMALL:
                    small.append(batch)
                else:
                    yield batch
            if small:
                yield joined(*small)

    def _step_formulas(self, run: Run, cases: Cases, steps: Sequence[StepClause]) -> tuple[Formula, ...]:
        outcome = outcome_of(cases)
        if outcome is None or self.problem.transition is None or not steps:
            return ()
        transition = self.problem.transition(self.state, run.command, outcome)
        found = step_formulas(steps, transition, self.problem.context)
        for formula in found:
            self.ledger.add_title(formula.name, formula.title)
        return found

    def _hypotheses(self) -> Hypotheses:
        """Return the invariants that still stand, and the axioms."""
        alive = [formula for formula in self.inductive if formula.title not in self.ledger.dead]
        return self.ledger.hypotheses_of([*self.given, *alive], self.problem.axioms)

    def _hypotheses_for(self, goals: Sequence[Goal]) -> Hypotheses:
        # An initial state may share unknowns with the state before a step; what is to be shown of it must
        # not be assumed of them.
        if any(goal.kind is Kind.INITIATION for goal in goals):
            return Hypotheses(self.given, self.problem.axioms)
        return self._hypotheses()

    def _sweep(self, batches: Iterable[Batch]) -> None:
        """Put batches to Z3: the easy rounds of all, then the hard rounds of what is open."""
        hard: list[tuple[str, list[Goal]]] = []
        for batch in batches:
            self.ledger.count(batch)
            self.ledger.attempted(batch.goals)
            kept = replace(batch, goals=self._alive(batch.goals))
            done = discharge(kept, self._hypotheses_for(kept.goals), self.limits)
            self._record(done)
            left = [unproved.goal for unproved in done.unproved]
            hard += [(batch.where, left[start : start + TOGETHER]) for start in range(0, len(left), TOGETHER)]
        for index, (where, goals) in enumerate(hard):
            alive = self._alive(goals)
            done = insist(f"{where} hard {index}", alive, self._hypotheses_for(alive), self.limits)
            self._record(done)
            for unproved in done.unproved:
                self._fail(unproved)

    def _alive(self, goals: Iterable[Goal]) -> tuple[Goal, ...]:
        """Return the goals that are worth the time: an invariant that has failed elsewhere is not proved."""
        return tuple(goal for goal in goals if goal.title not in self.ledger.dead)

    def _record(self, done: Discharged) -> None:
        for obligation in done.obligations:
            self.ledger.obligations.append(obligation)
            self._submit(obligation)
        self.ledger.capped.update(dict.fromkeys(done.capped))

    def _fail(self, unproved: Unproved) -> None:
        goal = unproved.goal
        self.ledger.failures.setdefault(goal.clause or CORE, []).append(unproved)
        if goal.kind in (Kind.INITIATION, Kind.CONSECUTION):
            self.ledger.dead.add(goal.title)
        if self.options.stop_at and unproved.answer is Answer.SAT:
            self.ledger.broken = unproved
            raise BrokenError(goal.name)

    def _take_tainted(self) -> list[Obligation]:
        """Return the obligations that use an invariant that has failed, and forget them."""
        tainted = [it for it in self.ledger.obligations if self.ledger.dead.intersection(it.rests_on)]
        for obligation in tainted:
            self.ledger.obligations.remove(obligation)
            self.answers.pop(obligation.name, None)
        return tainted

    def _submit(self, obligation: Obligation) -> None:
        if self.options.executor is None:
            return
        milliseconds = self.limits.question()
        self.answers[obligation.name] = self.options.executor.submit(
            replies, obligation.text, self.options.solvers, milliseconds
        )

    def _decide(self, obligation: Obligation) -> list[Decided]:
        """Return the answers to an obligation; split where the solvers do not both say unsat."""
        waiting = self.answers.get(obligation.name)
        found = self._ask(obligation) if waiting is None else waiting.result()
        whole = Decided(obligation=obligation, replies=found)
        if whole.answer is Answer.UNSAT or len(obligation.goals) == 1 or self._late():
            return [whole]
        parts = split(obligation)
        return [Decided(obligation=part, replies=self._ask(part)) for part in parts]

    def _late(self) -> bool:
        return self.options.deadline is not None and time.monotonic() > self.options.deadline

    def _ask(self, obligation: Obligation) -> tuple[Reply, ...]:
        if self._late():
            return ()
        return replies(obligation.text, self.options.solvers, self.limits.question())

    def _witnesses(self) -> tuple[Witness, ...]:
        """Return whether each case can happen in a state that satisfies what stands of the invariants."""
        found: list[Witness] = []
        for run, cases in self.runs:
            self.limits.check_time(f"witnesses of {run.label}")
            conditions = [case.condition for case in cases.cases]
            hypotheses, _ = self._hypotheses().instantiate(conditions, 1)
            finder = Finder(list(hypotheses), conditions, self.limits.question())
            for index, case in enumerate(cases.cases):
                answer = finder.ask([index]).answer
                found.append(Witness(command=run.label, case=case.name, answer=answer))
        return tuple(found)
