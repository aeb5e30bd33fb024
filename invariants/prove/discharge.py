"""Discharge: from goals to obligations, and from obligations to answers.

Goals of one place are tried together. Round 0 uses what earlier proofs have needed, the first round the
hypotheses that match what the goals read, each further round those that match what the hypotheses read; a
goal that fails in a model of Z3 goes on to the next round, the others are settled. The easy rounds are made
for all goals before the hard ones, which come by few goals at a time. Settled goals become one obligation:
its text has exactly the hypotheses that Z3 needed, and both solvers decide that text. If they do not both say
unsat, the obligation is split into one for each goal, so that an answer always belongs to a clause.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from billproof.invariants.prove.advice import Advice, Part, keep_advice, recall_advice
from billproof.invariants.prove.evidence import Obligation
from billproof.invariants.prove.finding import Finder
from billproof.invariants.prove.formulas import Formula
from billproof.invariants.prove.goals import Batch, Goal
from billproof.invariants.prove.instances import (
    InstanceCache,
    Instantiation,
    facts_of,
    reads_in,
)
from billproof.invariants.prove.memory import Memory
from billproof.invariants.prove.smtlib import render, render_named
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.prove.terms import Term, disjunction
from billproof.invariants.prove.traversal import Value, post_order
from billproof.invariants.prove.unfolding import totals_in, unfoldings
from billproof.model.portable import PortableError


class OutOfTimeError(PortableError):
    """The deadline of a proof has passed; nobody's fault, and caught by the engine.

    Args:
        where: What was being worked on.
    """

    def __init__(self, where: str) -> None:
        super().__init__(f"out of time at {where}")
        self.where = where


RANGE = "range of an enumeration or a length"
"""The label of the hypotheses that say so."""

EMPTY_SUM = "the sum of no items is 0"
"""The label of the hypotheses that say so."""

UNFOLDED_SUM = "a sum over one item more is the sum and what that item adds"
"""The label of the hypotheses that say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Goals that follow from hypotheses, as an obligation and as terms."""

    obligation: Obligation
    goals: tuple[Goal, ...]
    hypotheses: tuple[tuple[Term, str], ...]
    """Each with its label: the title of an invariant, an axiom, a range."""
    decided_as: tuple[Goal, ...] = ()
    """The goals that the text is about, where it is about those of which these are the exchanged ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproved:
    """A goal that does not follow from the instances of the invariants: a counterexample to induction.

    The state before may be unreachable; this is never a refutation.
    """

    goal: Goal
    answer: Answer
    """``sat``, or ``unknown`` where Z3 gave up."""
    values: dict[Term, Value]
    """Every term of the goal in a state from which it fails; empty for ``unknown``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axioms:
    """Hypotheses that hold of any state: about an oracle, or about inputs."""

    label: str
    instances: Callable[[Iterable[Term]], Sequence[Term]]
    """The instances that matter for given terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is tried before a goal counts as not proved."""

    rounds: int = 3
    """Rounds of instantiation."""
    milliseconds: int = 10_000
    """The limit of one question to one solver."""
    deadline: float | None = None
    """On the clock of ``time.monotonic``; what is not decided by then is unknown."""
    memory: Memory | None = None
    """What was found in earlier runs; each is computed if ``None``."""

    def check_time(self, where: str) -> None:
        """Raise ``OutOfTimeError`` if the deadline has passed."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfTimeError(where)

    def question(self) -> int:
        """Return the limit of the next question in milliseconds: none may outlast the deadline."""
        if self.deadline is None:
            return self.milliseconds
        return max(1, min(self.milliseconds, int((self.deadline - time.monotonic()) * 1000)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharged:
    """What became of one batch."""

    settled: tuple[Settled, ...]
    unproved: tuple[Unproved, ...]
    """The goals that are open."""
    capped: tuple[str, ...]
    """Formulas of which instances were left out."""


class Hypotheses:
    """Where hypotheses come from: the invariants before, and the axioms."""

    def __init__(
        self,
        formulas: Sequence[Formula],
        axioms: Sequence[Axioms] = (),
        previous: "Hypotheses | None" = None,
    ) -> None:
        """Start.

        Args:
            formulas: The invariants.
            axioms: What else holds.
            previous: Hypotheses about the same state, of which instances are taken over where they stand.
        """
        self.formulas = formulas
        self.axioms = axioms
        self.cache: InstanceCache = InstanceCache() if previous is None else previous.cache
        self._titles = {formula.title for formula in formulas}
        used = {} if previous is None else previous.used
        self.used: dict[Term, str] = {term: label for term, label in used.items() if label in self._titles}
        """Instances of invariants that some proof has needed, in order of first use."""

    def note(self, settled: Settled) -> None:
        """Remember what a proof has needed; the next one often needs the same."""
        for term, label in settled.hypotheses:
            if label in self._titles:
                self.used[term] = label

    def recall(self, roots: Sequence[Term]) -> dict[Term, str]:
        """Return what earlier proofs have needed, as far as it is connected with some conditions."""
        reads = set(reads_in(roots))
        left = dict(self.used)
        found: dict[Term, str] = {}
        while True:
            linked = {
                term: label
                for term, label in left.items()
                # What reads no container speaks about scalars, such as the watermark; it is always of use.
                if not self.cache.reads(term) or reads & self.cache.reads(term)
            }
            if not linked:
                return self._with_facts(roots, found)
            for term, label in linked.items():
                del left[term]
                found[term] = label
                reads |= self.cache.reads(term)

    def instantiate(self, roots: Sequence[Term], rounds: int) -> tuple[dict[Term, str], tuple[str, ...]]:
        """Return the hypotheses for conditions, each with its label, and the formulas that were capped."""
        growing = Instantiation(self.formulas, self.cache)
        growing.grow(roots, rounds)
        return self._with_facts(roots, growing.instances), tuple(growing.capped)

    def _with_facts(self, roots: Sequence[Term], instances: dict[Term, str]) -> dict[Term, str]:
        found = dict(instances)
        for axioms in self.axioms:
            found.update(dict.fromkeys(axioms.instances([*roots, *found]), axioms.label))
        totals = [*totals_in(post_order(roots)), *(it for term in found for it in self.cache.totals(term))]
        found.update(dict.fromkeys(unfoldings(totals), UNFOLDED_SUM))
        known = [facts_of(roots), *[self.cache.facts(term) for term in found]]
        sums = {fact: EMPTY_SUM for sums, _ in known for fact in sums}
        ranges = {fact: RANGE for _, ranges in known for fact in ranges}
        # A fact that is an instance as well keeps the label of the instance, and depends on it.
        return {**ranges, **sums, **found}


def settle(name: str, goals: Sequence[Goal], hypotheses: Sequence[tuple[Term, str]]) -> Settled:
    """Return the obligation that the goals follow from the hypotheses."""
    rests_on = tuple(dict.fromkeys(label for _, label in hypotheses))
    notes = [
        f"obligation {name}",
        *[f"goal {goal.name}" for goal in goals],
        *[f"uses {it}" for it in rests_on],
    ]
    refuted = disjunction(goal.refuted_by for goal in goals)
    text = render([*[term for term, _ in hypotheses], refuted], notes=notes)
    listed = tuple(goal.listed for goal in goals)
    return Settled(
        obligation=Obligation(name=name, goals=listed, rests_on=rests_on, text=text),
        goals=tuple(goals),
        hypotheses=tuple(hypotheses),
    )


EASY = (0, 1)
"""The rounds in which goals of one place are tried together."""

MODELS_MAX = 3
"""How many models are asked for in round 0, for each part, which may have none of what is needed."""

PART = 20
"""How many goals come into one obligation. Each needs few of the hypotheses that the others there need:
three obligations of a third of the goals take cvc5 less than half the time of one."""

TOGETHER = 4
"""How many goals are tried together in the later rounds, where hypotheses are many."""


def in_parts(goals: int) -> list[list[int]]:
    """Return the numbers of goals in parts of about equal size, the last first."""
    parts = max(1, -(-goals // PART))
    return [list(range(goals * index // parts, goals * (index + 1) // parts)) for index in range(parts)][::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What is asked of one round."""

    first: bool
    """Whether to stop after a few models."""
    final: bool
    """Whether goals that fail are wanted with the states in which they do."""


def discharge(batch: Batch, hypotheses: Hypotheses, limits: Limits) -> Discharged:
    """Return obligations for the goals of a batch that follow easily; the others are open.

    Raises:
        OutOfTimeError: The deadline has passed.
    """
    return _rounds(batch.where, batch.goals, hypotheses, limits, EASY)


def insist(where: str, goals: Sequence[Goal], hypotheses: Hypotheses, limits: Limits) -> Discharged:
    """Return what the later rounds make of a few open goals; what is open then counts as not proved.

    Raises:
        OutOfTimeError: The deadline has passed.
    """
    return _rounds(where, goals, hypotheses, limits, range(max(EASY) + 1, limits.rounds + 1))


def _rounds(
    where: str, goals: Sequence[Goal], hypotheses: Hypotheses, limits: Limits, rounds: Sequence[int]
) -> Discharged:
    done: list[Settled] = []
    capped: dict[str, None] = {}
    left = tuple(Unproved(goal=goal, answer=Answer.UNKNOWN, values={}) for goal in goals)
    for number in rounds:
        if not left:
            break
        limits.check_time(where)
        roots = [unproved.goal.refuted_by for unproved in left]
        if number == 0:
            # Commands that commit an entry need the same of the invariants; what one needed is tried first.
            found = hypotheses.recall(roots)
        else:
            found, cut = hypotheses.instantiate(roots, number)
            capped.update(dict.fromkeys(cut))
        name = f"{where} round {number}"
        questions = [unproved.goal for unproved in left]
        effort = Effort(first=number == 0, final=number == max(rounds) and number >= limits.rounds)
        settled, left = _round(name, questions, tuple(found.items()), limits, effort)
        for item in settled:
            hypotheses.note(item)
        done += settled
    return Discharged(settled=tuple(done), unproved=left, capped=tuple(capped))


def _round(
    name: str, goals: Sequence[Goal], hypotheses: Sequence[tuple[Term, str]], limits: Limits, effort: Effort
) -> tuple[list[Settled], tuple[Unproved, ...]]:
    refuted = [goal.refuted_by for goal in goals]
    text = render_named([term for term, _ in hypotheses], refuted)
    advice = recall_advice(text, len(hypotheses), len(goals), limits.memory, final=effort.final)
    failing: list[Unproved] = []
    if advice is None:
        finder = Finder(text, len(hypotheses), len(goals), limits.question(), models=effort.final)
        limits.check_time(name)
        advice, failing = _advise(goals, refuted, finder, limits, effort)
        keep_advice(advice, text, limits.memory, final=effort.final)
    settled = [
        settle(
            f"{name} part {number}", [goals[it] for it in part.goals], [hypotheses[it] for it in part.needs]
        )
        for number, part in enumerate(advice.parts, 1)
    ]
    known = {unproved.goal.name for unproved in failing}
    left = [goals[index] for index in advice.left if goals[index].name not in known]
    return settled, (*failing, *(Unproved(goal=goal, answer=Answer.UNKNOWN, values={}) for goal in left))


def _advise(
    goals: Sequence[Goal],
    refuted: Sequence[Term],
    finder: Finder,
    limits: Limits,
    effort: Effort,
) -> tuple[Advice, list[Unproved]]:
    """Return what follows from what, and in the final round the states in which goals fail."""
    settled: list[Part] = []
    left: list[int] = []
    failing: list[Unproved] = []
    models = 0
    parts = in_parts(len(goals))
    models_max = MODELS_MAX * len(parts)
    while parts:
        part = parts.pop()
        limits.check_time(goals[part[0]].where)
        if effort.first and models >= models_max:
            # A model only says that the next round is needed: a few are enough to go on.
            left += part
            continue
        found = finder.ask(part)
        if found.answer is Answer.UNSAT:
            settled.append(Part(goals=tuple(part), needs=found.core))
        elif found.answer is Answer.UNKNOWN and len(part) > 1:
            middle = len(part) // 2
            parts += [part[middle:], part[:middle]]
        elif found.answer is Answer.UNKNOWN:
            left += part
        else:
            models += 1
            left += found.failing
            if effort.final:
                values = finder.values([refuted[index] for index in found.failing])
                failing += [
                    Unproved(goal=goals[it], answer=Answer.SAT, values=values) for it in found.failing
                ]
            rest = [index for index in part if index not in found.failing]
            if rest:
                parts.append(rest)
    return Advice(parts=tuple(settled), left=tuple(left)), failing


def split(settled: Settled) -> tuple[Settled, ...]:
    """Return one obligation for each goal of an obligation."""
    return tuple(
        _part(settled, goal, asked, index)
        for index, (goal, asked) in enumerate(
            zip(settled.goals, settled.decided_as or settled.goals, strict=True), 1
        )
    )


def _part(settled: Settled, goal: Goal, asked: Goal, number: int) -> Settled:
    whole = settled.obligation
    part = settle(f"{whole.exchanged or whole.name} goal {number}", [asked], settled.hypotheses)
    if not whole.exchanged:
        return part
    own = replace(
        part.obligation,
        name=f"{whole.name} goal {number}",
        goals=(goal.listed,),
        rests_on=whole.rests_on,
        exchanged=part.obligation.name,
    )
    return replace(part, obligation=own, goals=(goal,), decided_as=(asked,))
