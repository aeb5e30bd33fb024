"""Goals: everything that must hold for a set of clauses to be proved, one formula each.

Five kinds. Initiation: an invariant in an initial state. Consecution: an invariant after a case of a command,
given all invariants before. Consequence: a clause that follows from the invariants in any state. Step: a
clause about one transition. Definedness: a partial operation of the
core, or of a predicate, is used inside its domain, and no path raises.

A goal that the case leaves untouched - nothing that the formula reads has changed - is not made; it is
counted as held by identity. A goal that our own simplification finds true is spelled out again, the values
after the step as equations, so that the solvers and not the simplification say that it holds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from billproof.invariants.prove.evidence import GoalName
from billproof.invariants.prove.execution import Run
from billproof.invariants.prove.exploration import Need
from billproof.invariants.prove.facts import Facts, assuming
from billproof.invariants.prove.formulas import Formula, changed_places, formulas_of
from billproof.invariants.prove.merging import Case, Cases
from billproof.invariants.prove.records import lift, reader, symbolic_record
from billproof.invariants.prove.symbols import Role, symbol
from billproof.invariants.prove.terms import (
    TRUE,
    Op,
    Term,
    apply,
    conjunction,
    equal,
    implies,
    negate,
    symbol_of,
)
from billproof.invariants.prove.traversal import Reader, post_order, rebuild, substitute

AFTER = "outcome."
"""The prefix of the symbols of an outcome in a step clause; those of the state before have none."""


class Kind(StrEnum):
    """What a goal is for."""

    INITIATION = "initiation"
    CONSECUTION = "consecution"
    CONSEQUENCE = "consequence"
    STEP = "step"
    DEFINEDNESS = "definedness"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goal:
    """One formula to be proved from the hypotheses and a premise."""

    clause: str
    """The invariant or clause that it belongs to; empty for the definedness of the core."""
    kind: Kind
    title: str
    """Clause with its enumerated variables, or what must be defined."""
    where: str
    """Command and case, or the initial state."""
    premise: Term
    conclusion: Term

    @property
    def refuted_by(self) -> Term:
        """The condition that must be impossible."""
        return conjunction((self.premise, negate(self.conclusion)))

    @property
    def listed(self) -> GoalName:
        """The goal without its formulas."""
        return GoalName(clause=self.clause, kind=self.kind.value, title=self.title, where=self.where)

    @property
    def name(self) -> str:
        """A name that is unique in a run."""
        return self.listed.name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Goals about one place, to be put to the solvers together."""

    where: str
    goals: tuple[Goal, ...]
    identical: tuple[str, ...]
    """The clauses that hold here by identity, once for each formula."""


def joined(first: Batch, *others: Batch) -> Batch:
    """Return one batch of several, at the place of the first."""
    batches = (first, *others)
    return Batch(
        where=first.where,
        goals=tuple(goal for batch in batches for goal in batch.goals),
        identical=tuple(name for batch in batches for name in batch.identical),
    )


def spelled_out(formula: Formula, read: Reader) -> Term:
    """Return a formula in another state, with the meaning of each symbol as an equation before it.

    It says the same as the formula read there, and leaves all inference to whoever decides it.
    """
    there: dict[Term, Term] = {}
    named: dict[Term, Term] = {}
    equations: list[Term] = []
    for term in post_order((formula.term,)):
        args = tuple(named[arg] for arg in term.args)
        there_args = tuple(there[arg] for arg in term.args)
        if term.op != Op.APPLY:
            there[term] = rebuild(term, there_args)
            with assuming(Facts()):
                named[term] = rebuild(term, args)
            continue
        name = symbol_of(term)
        value = read(name, there_args)
        there[term] = apply(name, there_args) if value is None else value
        if there[term] is term:
            named[term] = apply(name, args)
            continue
        known = symbol(f"there {name.name}", name.parameters, name.result, role=Role.ORACLE, place="there")
        named[term] = apply(known, args)
        equations.append(equal(named[term], there[term]))
    return implies(conjunction(equations), named[formula.term])


def _goals_of_needs(
    needs: Iterable[Need], read: Reader, clause: str, where: str, premise: Term
) -> list[Goal]:
    goals: list[Goal] = []
    for need in needs:
        obligation = substitute((need.obligation,), read)[0]
        if obligation is not TRUE:
            title = f"{clause}: {need.description}" if clause else need.description
            goals.append(
                Goal(
                    clause=clause,
                    kind=Kind.DEFINEDNESS,
                    title=title,
                    where=where,
                    premise=premise,
                    conclusion=obligation,
                )
            )
    return goals


def _told_apart(goals: Sequence[Goal]) -> tuple[Goal, ...]:
    """Return goals with different names: one that is settled must not stand for another."""
    counts: dict[str, int] = {}
    found: list[Goal] = []
    for goal in goals:
        number = counts[goal.name] = counts.get(goal.name, 0) + 1
        found.append(goal if number == 1 else replace(goal, title=f"{goal.title} ({number})"))
    return tuple(found)


def _keep(name: object, args: object) -> None:
    """Read every symbol as itself."""
    del name, args


def initiation(name: str, state: object, formulas: Sequence[Formula]) -> Batch:
    """Return the goals that every invariant holds in an initial state."""
    where = f"initial state {name}"
    read = reader(lift(state))
    memo: dict[Term, Term] = {}
    goals: list[Goal] = []
    identical: list[str] = []
    for formula in formulas:
        conclusion = substitute((formula.term,), read, memo)[0]
        if conclusion is TRUE:
            conclusion = spelled_out(formula, read)
        if conclusion is TRUE:
            identical.append(formula.name)
            continue
        goals.append(_goal(formula, Kind.INITIATION, where, TRUE, conclusion))
    return Batch(where=where, goals=tuple(goals), identical=tuple(identical))


def _goal(formula: Formula, kind: Kind, where: str, premise: Term, conclusion: Term) -> Goal:
    return Goal(
        clause=formula.name,
        kind=kind,
        title=formula.title,
        where=where,
        premise=premise,
        conclusion=conclusion,
    )


def consequences(name: str, formulas: Sequence[Formula]) -> Batch:
    """Return the goals that a clause follows from the supporting invariants in any state."""
    where = "any state"
    goals = tuple(_goal(formula, Kind.CONSEQUENCE, where, TRUE, formula.term) for formula in formulas)
    return Batch(where=f"{where} {name}", goals=goals, identical=())


def definedness(formulas: Sequence[Formula]) -> Batch:
    """Return the goals that the predicates of invariants read nothing undefined in any state."""
    goals = [goal for f in formulas for goal in _goals_of_needs(f.needs, _keep, f.name, "any state", TRUE)]
    return Batch(where="any state", goals=_told_apart(goals), identical=())


def core_definedness(label: str, cases: Cases) -> Batch:
    """Return the goals that a command reads nothing undefined and raises nothing."""
    goals = _goals_of_needs(cases.needs, _keep, "", label, TRUE)
    return Batch(where=label, goals=_told_apart(goals), identical=())


def _facts_of(condition: Term) -> Facts:
    return Facts((condition,))


def consecution(label: str, before: object, case: Case, after: object, formulas: Sequence[Formula]) -> Batch:
    """Return the goals that every invariant holds after one case of a command."""
    where = f"{label} -> {case.name}"
    changed = changed_places(before, after)
    read = reader(after)
    memo: dict[Term, Term] = {}
    goals: list[Goal] = []
    identical: list[str] = []
    with assuming(_facts_of(case.condition)):
        for formula in formulas:
            # A formula about an unknown state means in any state what its symbols mean there; where they
            # mean the same as before, so does the formula, and before it is assumed.
            if not any(name.place in changed for name in formula.symbols):
                identical.append(formula.name)
                continue
            conclusion = substitute((formula.term,), read, memo)[0]
            if conclusion is TRUE:
                conclusion = spelled_out(formula, read)
            if conclusion is TRUE or conclusion is formula.term:
                identical.append(formula.name)
                continue
            goals.append(_goal(formula, Kind.CONSECUTION, where, case.condition, conclusion))
    return Batch(where=where, goals=tuple(goals), identical=tuple(identical))


def outcome_of(cases: Cases) -> object | None:
    """Return a fully symbolic outcome of the type that the cases have, or ``None`` if there are none."""
    if not cases.cases:
        return None
    return symbolic_record(type(cases.cases[0].outcome), AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepClause:
    """A clause about one transition: ``predicate(transition, context, *free)``."""

    name: str
    predicate: Callable[..., bool]


def step_formulas(clauses: Sequence[StepClause], transition: object, context: object) -> tuple[Formula, ...]:
    """Return the formulas of all clauses for one command, about an unknown outcome."""
    return tuple(
        formula
        for clause in clauses
        for formula in formulas_of(clause.name, clause.predicate, transition, context)
    )


def step_goals(run: Run, case: Case, formulas: Sequence[Formula]) -> Batch:
    """Return the goals that every step clause holds of one case of a command."""
    where = f"{run.label} -> {case.name}"
    read = reader(case.outcome, AFTER)
    memo: dict[Term, Term] = {}
    goals: list[Goal] = []
    identical: list[str] = []
    with assuming(_facts_of(case.condition)):
        for formula in formulas:
            goals += _goals_of_needs(formula.needs, read, formula.name, where, case.condition)
            conclusion = substitute((formula.term,), read, memo)[0]
            if conclusion is TRUE:
                conclusion = spelled_out(formula, read)
            if conclusion is TRUE:
                identical.append(formula.name)
                continue
            goals.append(_goal(formula, Kind.STEP, where, case.condition, conclusion))
    return Batch(where=where, goals=_told_apart(goals), identical=tuple(identical))
