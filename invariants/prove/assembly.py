"""Assembly: from the bookkeeping of a proof to what is said of each clause.

The rule is one: a clause is PROVED only if every goal of it, and every goal of every invariant that it rests
on - directly or through other invariants - was decided unsat by enough solvers, and the core is defined.
"""

from collections.abc import Iterable, Iterator, Sequence

from billproof.invariants.prove.discharge import Axioms, Hypotheses, Obligation, Unproved
from billproof.invariants.prove.formulas import Formula
from billproof.invariants.prove.goals import Batch, Goal
from billproof.invariants.prove.induction import render_counterexample
from billproof.invariants.prove.problem import (
    ClauseResult,
    Decided,
    ProofOptions,
    ProofProblem,
    ProofResult,
    Status,
    Witness,
)
from billproof.invariants.prove.solvers import Answer

CORE = "core_is_defined"
"""The name under which the definedness of the commands is listed."""


class Ledger:
    """The bookkeeping of one proof; mutable."""

    def __init__(self) -> None:
        self.titles: dict[str, tuple[str, ...]] = {}
        """The formulas of each clause."""
        self.obligations: list[Obligation] = []
        self.failures: dict[str, list[Unproved]] = {}
        self.dead: set[str] = set()
        """Titles of invariants that are not preserved, hence no hypotheses any more."""
        self.derived: set[str] = set()
        self.capped: dict[str, None] = {}
        self.goals: dict[str, int] = {}
        self.identical: dict[str, int] = {}
        self.expected: dict[str, set[str]] = {}
        """The names of all goals of each clause; what is not decided by the end is unknown."""
        self.out_of_time = ""
        self.broken: Unproved | None = None
        """The goal at which the proof that was to be broken is broken."""
        self._needed: list[Batch] = []
        self._hypotheses: tuple[tuple[Formula, ...], Hypotheses] | None = None

    def add_title(self, name: str, title: str) -> None:
        """Note a formula of a clause."""
        known = self.titles.get(name, ())
        if title not in known:
            self.titles[name] = (*known, title)

    def needed(self, batch: Batch) -> None:
        """Note the definedness of a predicate, to be proved when the hypotheses are known."""
        if batch.goals:
            self._needed.append(batch)

    def take_needed(self) -> Iterator[Batch]:
        """Return the definedness of the predicates."""
        return iter(self._needed)

    def count(self, batch: Batch) -> None:
        """Count goals that hold by identity."""
        for name in batch.identical:
            self.identical[name] = self.identical.get(name, 0) + 1

    def attempted(self, goals: Iterable[Goal]) -> None:
        """Note goals that were put to the solvers."""
        for goal in goals:
            names = self.expected.setdefault(goal.clause or CORE, set())
            if goal.name not in names:
                names.add(goal.name)
                self.goals[goal.clause or CORE] = len(names)

    def hypotheses_of(self, formulas: Sequence[Formula], axioms: Sequence[Axioms]) -> Hypotheses:
        """Return hypotheses, the same object as long as the formulas are the same, for its caches."""
        key = tuple(formulas)
        if self._hypotheses is None or self._hypotheses[0] != key:
            previous = None if self._hypotheses is None else self._hypotheses[1]
            self._hypotheses = (key, Hypotheses(formulas, axioms, previous))
        return self._hypotheses[1]


class _Judgement:
    """What the decided obligations say, indexed."""

    def __init__(self, ledger: Ledger, decided: Sequence[Decided], options: ProofOptions) -> None:
        self.ledger = ledger
        self.options = options
        self.by_clause: dict[str, list[Decided]] = {}
        self.by_title: dict[str, list[Decided]] = {}
        self.settled: set[str] = set()
        for item in decided:
            enough = len(item.replies) >= options.solvers_needed and item.answer is Answer.UNSAT
            for goal in item.obligation.goals:
                self.by_clause.setdefault(goal.clause, []).append(item)
                self.by_title.setdefault(goal.title, []).append(item)
                if enough:
                    self.settled.add(goal.name)

    def closure(self, name: str) -> dict[str, None]:
        """Return every label that the proof of a clause uses, in the end."""
        found: dict[str, None] = {}
        pending = [label for item in self.by_clause.get(name, ()) for label in item.obligation.rests_on]
        while pending:
            label = pending.pop()
            if label not in found:
                found[label] = None
                for item in self.by_title.get(label, ()):
                    pending.extend(item.obligation.rests_on)
        return dict.fromkeys(sorted(found))

    def open_goals(self, name: str) -> list[str]:
        """Return the goals of a clause that were tried and not decided unsat by enough solvers."""
        return sorted(self.ledger.expected.get(name, set()) - self.settled)


def _reason(name: str, judgement: _Judgement, owners: dict[str, str]) -> tuple[Status, str]:
    """Return status and reason of a clause, from what concerns it most directly outward."""
    ledger = judgement.ledger
    if judgement.options.stop_at:
        return _break_found(name, judgement)
    failed = [it for it in ledger.failures.get(name, ()) if it.answer is Answer.SAT]
    if failed:
        places = dict.fromkeys(it.goal.where for it in failed)
        return Status.NOT_PROVED, f"does not follow at {'; '.join(list(places)[:3])}"
    if ledger.failures.get(name):
        return Status.UNKNOWN, f"no answer at {ledger.failures[name][0].goal.where}"
    if ledger.out_of_time:
        return Status.UNKNOWN, f"time ran out at {ledger.out_of_time}"
    undecided = judgement.open_goals(name)
    if undecided:
        return Status.UNKNOWN, f"the solvers do not both say unsat: {undecided[0]}"
    for label in judgement.closure(name):
        owner = owners.get(label)
        if owner is not None and (judgement.open_goals(owner) or ledger.failures.get(owner)):
            if label in ledger.dead or _is_open(label, owner, judgement):
                return Status.UNKNOWN, f"rests on {label}, which is not proved"
    return Status.PROVED, ""


def _break_found(name: str, judgement: _Judgement) -> tuple[Status, str]:
    """Return status and reason where only a break was looked for; then nothing is proved."""
    ledger = judgement.ledger
    if name not in judgement.options.stop_at:
        return Status.UNKNOWN, "not asked"
    if ledger.broken is not None:
        goal = ledger.broken.goal
        rests = "" if goal.clause == name else f"rests on {goal.title}, which "
        return Status.NOT_PROVED, f"{rests}does not follow at {goal.where}"
    late = f", time ran out at {ledger.out_of_time}" if ledger.out_of_time else ""
    return Status.UNKNOWN, f"no break found{late}"


def _is_open(title: str, owner: str, judgement: _Judgement) -> bool:
    return any(f" {title} @ " in goal for goal in judgement.open_goals(owner))


def assemble(
    problem: ProofProblem,
    options: ProofOptions,
    ledger: Ledger,
    *,
    decided: Sequence[Decided],
    witnesses: tuple[Witness, ...],
    paths: tuple[tuple[str, int], ...],
    seconds: float,
) -> ProofResult:
    """Return the result of a proof.

    Args:
        problem: What was asked.
        options: How many solvers are needed.
        ledger: The bookkeeping.
        decided: The obligations with answers.
        witnesses: Which cases can happen.
        paths: Paths of each command.
        seconds: The time of the whole.
    """
    judgement = _Judgement(ledger, decided, options)
    owners = {title: name for name, titles in ledger.titles.items() for title in titles}
    states = [item.name for item in (*problem.supporting, *problem.clauses)]
    names = dict.fromkeys([*states, *[item.name for item in problem.steps]])
    core = _result(CORE, judgement, owners, None)
    results = [core, *[_result(name, judgement, owners, core) for name in names]]
    return ProofResult(
        clauses=tuple(results),
        decided=tuple(decided),
        witnesses=witnesses,
        paths=paths,
        goals=sum(ledger.goals.values()),
        identical=sum(ledger.identical.values()),
        capped=tuple(ledger.capped),
        seconds=seconds,
    )


def _result(
    name: str, judgement: _Judgement, owners: dict[str, str], core: ClauseResult | None
) -> ClauseResult:
    ledger = judgement.ledger
    status, reason = _reason(name, judgement, owners)
    if status is Status.PROVED and core is not None and core.status is not Status.PROVED:
        # The clause itself has no counterexample to induction; what is missing is that the code runs at all.
        status, reason = Status.UNKNOWN, f"the commands are not shown to be defined: {core.reason}"
    own = judgement.by_clause.get("" if name == CORE else name, ())
    unique = {item.obligation.name: item for item in own}
    seconds: dict[str, float] = {}
    for item in unique.values():
        for reply in item.replies:
            seconds[reply.solver] = seconds.get(reply.solver, 0.0) + reply.seconds
    failed = [it for it in ledger.failures.get(name, ()) if it.answer is Answer.SAT]
    if ledger.broken is not None and name in judgement.options.stop_at:
        failed = [ledger.broken]
    return ClauseResult(
        name=name,
        status=status,
        reason=reason,
        derived=name in ledger.derived,
        goals=ledger.goals.get(name, 0),
        identical=ledger.identical.get(name, 0),
        obligations=tuple(unique),
        rests_on=tuple(judgement.closure("" if name == CORE else name)),
        seconds=tuple(seconds.items()),
        counterexample=render_counterexample(failed[0].goal, failed[0].values) if failed else "",
    )
