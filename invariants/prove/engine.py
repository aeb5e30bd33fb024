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
from dataclasses import replace
from itertools import chain

from billproof.invariants.prove.assembly import CORE, Ledger, ShareResult, assemble
from billproof.invariants.prove.deciding import Deciding
from billproof.invariants.prove.discharge import (
    TOGETHER,
    Discharged,
    Hypotheses,
    OutOfTimeError,
    Settled,
    Unproved,
    discharge,
    insist,
)
from billproof.invariants.prove.evidence import Decided, Witness
from billproof.invariants.prove.exchange import Exchanger, in_two
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
from billproof.invariants.prove.induction import failure_of
from billproof.invariants.prove.merging import Cases, merge
from billproof.invariants.prove.problem import ProofOptions, ProofProblem, ProofResult, StateClause
from billproof.invariants.prove.records import shown, symbolic_record
from billproof.invariants.prove.sharing import Share, settled_shares
from billproof.invariants.prove.smtlib import render_named
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.prove.terms import Term
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


def prove(problem: ProofProblem, options: ProofOptions | None = None, *, shares: int = 1) -> ProofResult:
    """Try to prove everything that a problem asks.

    Args:
        problem: Step function, commands, invariants, clauses.
        options: Solvers, limits, deadline.
        shares: In how many parts. The parts are made one after the other here; ``sharing`` makes them in
            processes, with the same obligations.

    Returns:
        A result for every supporting invariant and clause, the obligations with the answers of the solvers,
        and whether each case of each command can happen.

    Raises:
        SymbolicError: The step function or a predicate does what cannot be followed; its author's to mend.
    """
    asked = options or ProofOptions()
    parts = [Share(index=index, of=shares) for index in range(shares)]

    def run(wanted: Sequence[Share], dead: frozenset[str]) -> list[ShareResult]:
        return [prove_share(problem, asked, share, dead) for share in wanted]

    return assemble(problem, asked, settled_shares(parts, run))


def prove_share(
    problem: ProofProblem, options: ProofOptions, share: Share, dead: frozenset[str]
) -> ShareResult:
    """Make one share of a proof.

    Args:
        problem: What is asked.
        options: How.
        share: Which part of the commands.
        dead: Invariants that another share has found not to be preserved; they are no hypotheses.
    """
    return _Proof(problem, options, share, dead).run()


class _Proof:
    """One run; mutable, used once."""

    def __init__(
        self, problem: ProofProblem, options: ProofOptions, share: Share, dead: frozenset[str]
    ) -> None:
        self.problem = problem
        self.options = options
        self.share = share
        self.started = time.perf_counter()
        self.limits = replace(options.limits, deadline=options.deadline)
        self.ledger = Ledger(dead=set(dead))
        self.settled: list[Settled] = []
        self.needed: list[Batch] = []
        """The definedness of predicates, to be proved when the hypotheses are known."""
        self.state: object = symbolic_record(problem.state)
        self.runs: tuple[tuple[Run, Cases], ...] = ()
        self.inductive: list[Formula] = []
        self.given: list[Formula] = []
        self.known: tuple[tuple[Formula, ...], Hypotheses] | None = None
        self.exchanger: Exchanger | None = None
        self.deciding = Deciding(options, self.limits)

    def run(self) -> ShareResult:
        """Execute, discharge, decide, assemble."""
        problem = self.problem
        runs = runs_of(
            problem.step,
            self.state,
            problem.context,
            commands=problem.commands[self.share.index :: self.share.of],
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
        for item in () if self.options.first_break else self.settled:
            decided += self.deciding.decide(item)
        return ShareResult(
            ledger=self.ledger,
            decided=tuple(decided),
            witnesses=witnesses,
            paths=tuple((run.label, cases.paths) for run, cases in self.runs),
            seconds=time.perf_counter() - self.started,
        )

    def _formulas(self, clause: StateClause) -> tuple[Formula, ...]:
        found = formulas_of(clause.name, clause.predicate, self.state, self.problem.context)
        self.ledger.titles[clause.name] = tuple(formula.title for formula in found)
        self.needed.append(definedness(found))
        return found

    def _prove_all(self) -> None:
        """Prove every clause; drop invariants that fail until what stands rests on nothing that failed."""
        self._derive_all()
        exchange = self.problem.exchange
        apart = exchange is not None and not (self.problem.given or self.problem.axioms)
        first, second = in_two(self.runs, exchange) if exchange and apart else (self.runs, ())
        steps = self.problem.steps
        start = chain(self.needed, self._initial(self.inductive))
        self._sweep(chain(start, self._batches(first, self.inductive, steps)))
        if second and exchange is not None:
            exchanger = self.exchanger = Exchanger(exchange, self.inductive)
            for item in self.settled:
                exchanger.note(item)
            self._sweep(self._exchanged(exchanger, self._batches(second, self.inductive, steps)))
        while tainted := self._take_tainted():
            self._sweep(
                Batch(where=f"{item.obligation.name} again", goals=item.goals, identical=())
                for item in tainted
            )

    def _exchanged(self, exchanger: Exchanger, batches: Iterable[Batch]) -> Iterable[Batch]:
        """Yield batches without the goals that say of one region what is settled of the other."""
        for batch in batches:
            self.ledger.attempted(batch.goals)
            settled, others = exchanger.settled(batch.goals)
            self._record(Discharged(settled=settled, unproved=(), capped=()))
            yield replace(batch, goals=others)

    def _seek_break(self, names: frozenset[str]) -> None:
        """Prove some clauses and what their proofs rest on, up to the first goal that does not follow."""
        self._derive_all()
        self.settled = [it for it in self.settled if any(goal.clause in names for goal in it.goals)]
        steps = tuple(clause for clause in self.problem.steps if clause.name in names)
        wanted = {formula.title for formula in self.inductive if formula.name in names}
        done: set[str] = set()
        while True:
            wanted |= {label for it in self.settled for label in it.obligation.rests_on}
            formulas = [it for it in self.inductive if it.title in wanted - done]
            if not formulas and not steps:
                return
            self._sweep(chain(self._initial(formulas), self._batches(self.runs, formulas, steps)))
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
        if self.share.index > 0:
            # The first share answers for what is said of any state; here it only tells what joins.
            self.ledger = Ledger(titles=self.ledger.titles, dead=self.ledger.dead)
            self.settled, self.needed = [], []

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

    def _initial(self, formulas: Sequence[Formula]) -> Iterable[Batch]:
        """Yield the goals that invariants hold in the initial states."""
        if self.share.index == 0:
            for name, state in self.problem.initial:
                yield initiation(name, state, formulas)

    def _batches(
        self, runs: Iterable[tuple[Run, Cases]], formulas: Sequence[Formula], steps: Sequence[StepClause]
    ) -> Iterable[Batch]:
        """Yield the goals of invariants, step clauses and definedness, by commands and their cases."""
        for run, cases in runs:
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
        key = (*self.given, *alive)
        if self.known is None or self.known[0] != key:
            # The same object as long as the formulas are the same, for its caches.
            previous = None if self.known is None else self.known[1]
            self.known = (key, Hypotheses(key, self.problem.axioms, previous))
        return self.known[1]

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
        for item in done.settled:
            self.settled.append(item)
            if not self.options.first_break:
                self.deciding.submit(item)
        self.ledger.capped.update(dict.fromkeys(done.capped))

    def _fail(self, unproved: Unproved) -> None:
        goal = unproved.goal
        failure = failure_of(unproved)
        self.ledger.failures.setdefault(goal.clause or CORE, []).append(failure)
        if goal.kind in (Kind.INITIATION, Kind.CONSECUTION):
            self.ledger.dead.add(goal.title)
        if (self.options.stop_at or self.options.first_break) and unproved.answer is Answer.SAT:
            self.ledger.broken = failure
            raise BrokenError(goal.name)

    def _take_tainted(self) -> list[Settled]:
        """Return what uses an invariant that has failed, and forget it."""
        tainted = [it for it in self.settled if self.ledger.dead.intersection(it.obligation.rests_on)]
        for item in tainted:
            self.settled.remove(item)
        return tainted

    def _witnesses(self) -> tuple[Witness, ...]:
        """Return whether each case can happen in a state that satisfies what stands of the invariants."""
        found: list[Witness] = []
        known: dict[Term, Answer] = {}
        alive = {formula.title for formula in self.inductive} - self.ledger.dead
        exchanger = self.exchanger
        if exchanger is not None and not all(exchanger.labels.get(title) in alive for title in alive):
            # What stands does not say the same of both regions.
            exchanger = None
        for run, cases in self.runs:
            conditions = [case.condition for case in cases.cases]
            forms = [] if exchanger is None else [exchanger.normal(condition) for condition in conditions]
            if forms and all(form in known for form in forms):
                answers = [known[form] for form in forms]
            else:
                answers = self._happening(run.label, conditions)
            for case, answer in zip(cases.cases, answers, strict=True):
                found.append(Witness(command=run.label, case=case.name, answer=answer))
                if exchanger is not None:
                    known[exchanger.exchanged(case.condition)] = answer
        return tuple(found)

    def _happening(self, where: str, conditions: Sequence[Term]) -> list[Answer]:
        self.limits.check_time(f"witnesses of {where}")
        hypotheses, _ = self._hypotheses().instantiate(conditions, 1)
        text = render_named(list(hypotheses), conditions)
        finder = Finder(text, len(hypotheses), len(conditions), self.limits.question())
        return [finder.ask([index]).answer for index in range(len(conditions))]
