"""Assembly: from the bookkeeping of a proof to what is said of each clause.

The rule is one: a clause is PROVED only if every goal of it, and every goal of every invariant that it rests
on - directly or through other invariants - was decided unsat by enough solvers, the core is defined, every
case in which the clause is at stake was shown to happen or not to, and at least one of them happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from billproof.invariants.prove.evidence import Decided, Failure, Witness
from billproof.invariants.prove.goals import Batch, Goal
from billproof.invariants.prove.problem import (
    ClauseResult,
    ProofOptions,
    ProofProblem,
    ProofResult,
    Status,
)
from billproof.invariants.prove.solvers import Answer

CORE = "core_is_defined"
"""The name under which the definedness of the commands is listed."""


@dataclass(frozen=False, slots=True, kw_only=True)
class Ledger:
    """The bookkeeping of one proof, or of one share of it; mutable, and without terms."""

    titles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The formulas of each clause."""
    failures: dict[str, list[Failure]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    """Titles of invariants that are not preserved, hence no hypotheses any more."""
    derived: set[str] = field(default_factory=set)
    capped: dict[str, None] = field(default_factory=dict)
    identical: dict[str, int] = field(default_factory=dict)
    expected: dict[str, dict[str, str]] = field(default_factory=dict)
    """Name and place of all goals of each clause; what is not decided by the end is unknown."""
    out_of_time: str = ""
    broken: Failure | None = None
    """The goal at which the proof that was to be broken is broken."""

    def add_title(self, name: str, title: str) -> None:
        """Note a formula of a clause."""
        known = self.titles.get(name, ())
        if title not in known:
            self.titles[name] = (*known, title)

    def count(self, batch: Batch) -> None:
        """Count goals that hold by identity."""
        for name in batch.identical:
            self.identical[name] = self.identical.get(name, 0) + 1

    def attempted(self, goals: Sequence[Goal]) -> None:
        """Note goals that were put to the solvers."""
        for goal in goals:
            self.expected.setdefault(goal.clause or CORE, {})[goal.name] = goal.where

    def add(self, other: "Ledger") -> None:
        """Take over what another share of the same proof has found."""
        for name, titles in other.titles.items():
            for title in titles:
                self.add_title(name, title)
        for name, failures in other.failures.items():
            self.failures.setdefault(name, []).extend(failures)
        for name, number in other.identical.items():
            self.identical[name] = self.identical.get(name, 0) + number
        for name, goals in other.expected.items():
            self.expected.setdefault(name, {}).update(goals)
        self.dead |= other.dead
        self.derived |= other.derived
        self.capped.update(other.capped)
        self.out_of_time = self.out_of_time or other.out_of_time
        self.broken = self.broken or other.broken


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareResult:
    """What one share of a proof came to; it can be sent to another process."""

    ledger: Ledger
    decided: tuple[Decided, ...]
    witnesses: tuple[Witness, ...]
    paths: tuple[tuple[str, int], ...]
    seconds: float


class _Judgement:
    """What the decided obligations say, indexed."""

    def __init__(
        self, ledger: Ledger, decided: Sequence[Decided], witnesses: Sequence[Witness], options: ProofOptions
    ) -> None:
        self.ledger = ledger
        self.options = options
        self.by_clause: dict[str, list[Decided]] = {}
        self.by_title: dict[str, list[Decided]] = {}
        self.settled: set[str] = set()
        self.happens = {witness.where: witness.answer for witness in witnesses}
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
        return sorted(self.ledger.expected.get(name, {}).keys() - self.settled)

    def cases(self, name: str) -> tuple[str, ...]:
        """Return the cases of commands in which a clause had goals."""
        places = dict.fromkeys(self.ledger.expected.get(name, {}).values())
        return tuple(place for place in places if place in self.happens)

    def doubt(self, name: str) -> str:
        """Return why the goals of a clause may be about nothing that happens; empty where they are not."""
        if not self.options.witnesses:
            return "no witnesses were asked for"
        answers = {place: self.happens[place] for place in self.cases(name)}
        unknown = [place for place, answer in answers.items() if answer is Answer.UNKNOWN]
        if unknown:
            return f"not known whether this case can happen: {unknown[0]}"
        if answers and Answer.SAT not in answers.values():
            return "vacuous: no case in which it is at stake can happen"
        return ""


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
    doubt = judgement.doubt(name)
    return (Status.UNKNOWN, doubt) if doubt else (Status.PROVED, "")


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


def assemble(problem: ProofProblem, options: ProofOptions, shares: Sequence[ShareResult]) -> ProofResult:
    """Return the result of a proof.

    Args:
        problem: What was asked.
        options: How many solvers are needed.
        shares: What was found, in a fixed order.
    """
    ledger = Ledger()
    for share in shares:
        ledger.add(share.ledger)
    decided = tuple(item for share in shares for item in share.decided)
    witnesses = tuple(item for share in shares for item in share.witnesses)
    judgement = _Judgement(ledger, decided, witnesses, options)
    owners = {title: name for name, titles in ledger.titles.items() for title in titles}
    states = [item.name for item in (*problem.supporting, *problem.clauses)]
    names = dict.fromkeys([*states, *[item.name for item in problem.steps]])
    core = _result(CORE, judgement, owners, None)
    results = [core, *[_result(name, judgement, owners, core) for name in names]]
    return ProofResult(
        clauses=tuple(results),
        decided=decided,
        witnesses=witnesses,
        paths=tuple(item for share in shares for item in share.paths),
        goals=sum(len(goals) for goals in ledger.expected.values()),
        identical=sum(ledger.identical.values()),
        capped=tuple(ledger.capped),
        seconds=sum(share.seconds for share in shares),
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
        goals=len(ledger.expected.get(name, ())),
        identical=ledger.identical.get(name, 0),
        obligations=tuple(unique),
        rests_on=tuple(judgement.closure("" if name == CORE else name)),
        seconds=tuple(seconds.items()),
        failure=failed[0] if failed else None,
        cases=judgement.cases(name),
    )
