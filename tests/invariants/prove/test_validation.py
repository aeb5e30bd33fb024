"""What is extracted says what the code does: on the toy core and on the real one, at random states."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import pytest

from billproof.invariants.prove.clauses import COMMANDS
from billproof.invariants.prove.engine import status_name
from billproof.invariants.prove.execution import runs_of
from billproof.invariants.prove.formulas import formulas_of
from billproof.invariants.prove.merging import Cases, merge, unmerged
from billproof.invariants.prove.oracles import oracle
from billproof.invariants.prove.problem import StateClause
from billproof.invariants.prove.records import label_of, symbolic_record
from billproof.invariants.prove.sampling import Sampler
from billproof.invariants.prove.terms import FALSE, TRUE
from billproof.invariants.prove.validation import (
    Oracles,
    TranslationError,
    check_case,
    check_formula,
    evaluator_of,
    oracle_values,
)
from billproof.invariants.reading import READER_INVARIANTS, Reading
from billproof.invariants.supporting import SUPPORTING
from billproof.invariants.theorems import all_clauses
from billproof.model.commands import Command
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design
from billproof.model.identifiers import GENESIS_DIGEST, Digest
from billproof.model.state import Entry, State

from . import toy

NAMES = {"Digest": (GENESIS_DIGEST, "", "d")}
"""Neutral identifiers of the real core, so that comparisons with them go both ways."""


Step = Callable[[object, object], object]
"""A step function without its context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A core as extracted and as it runs."""

    state: type
    commands: tuple[type, ...]
    step: Step
    oracles: Oracles
    merged: dict[str, Cases]
    apart: dict[str, Cases]


def extracted(
    state: type, commands: tuple[type, ...], symbolic: Step, running: Step, oracles: Oracles
) -> Subject:
    """Return a core with its cases."""
    runs = runs_of(
        lambda before, command, _: symbolic(before, command), symbolic_record(state), None, commands=commands
    )
    return Subject(
        state=state,
        commands=commands,
        step=running,
        oracles=oracles,
        merged={run.label: merge(run.paths, status_name) for run in runs},
        apart={run.label: unmerged(run.paths, status_name) for run in runs},
    )


def mark_of(item: object) -> str:
    """Stand in for a hash."""
    assert isinstance(item, toy.Item)
    return hashlib.sha256(repr(replace(item, mark=toy.NO_MARK)).encode()).hexdigest()[:8]


def digest_of(entry: object) -> str:
    """Stand in for a hash."""
    assert isinstance(entry, Entry)
    return hashlib.sha256(repr(replace(entry, digest=Digest(""))).encode()).hexdigest()[:8]


def toy_core(*broken: str) -> Subject:
    running = toy.Setting(broken=frozenset(broken), mark=lambda item: toy.Mark(mark_of(item)))
    symbolic = toy.setting(*broken)
    return extracted(
        toy.World,
        toy.COMMANDS,
        lambda world, command: toy.step(cast("toy.World", world), command, symbolic),
        lambda world, command: toy.step(cast("toy.World", world), command, running),
        {"mark": oracle_values(toy.Item, ("mark",), mark_of)},
    )


def real_context(design: Design) -> Context:
    return Context(design=design, digest=oracle("digest", Entry, Digest, omit=("digest",)))


def running_context(design: Design) -> Context:
    return Context(design=design, digest=lambda entry: Digest(digest_of(entry)))


REAL_ORACLES: Oracles = {"digest": oracle_values(Entry, ("digest",), digest_of)}
"""What ``running_context`` computes, on leaves."""


def real_core(design: Design) -> Subject:
    symbolic, running = real_context(design), running_context(design)
    return extracted(
        State,
        COMMANDS,
        lambda state, command: step(cast("State", state), cast("Command", command), symbolic),
        lambda state, command: step(cast("State", state), cast("Command", command), running),
        REAL_ORACLES,
    )


def compare(subject: Subject, rounds: int, seed: int) -> Counter[str]:
    """Compare at random states; return how often each case was met."""
    sampler = Sampler(seed, NAMES)
    met: Counter[str] = Counter()
    for _ in range(rounds):
        state = sampler.value(subject.state)
        for kind in subject.commands:
            command = sampler.value(kind)
            label = label_of(command)
            run = partial(subject.step, state, command)
            for cases in (subject.merged[label], subject.apart[label]):
                evaluator = evaluator_of(state, command, subject.oracles)
                check_case(label, cases, evaluator, run)
            evaluator = evaluator_of(state, command, subject.oracles)
            holding = [it for it in subject.merged[label].cases if evaluator.value(it.condition)]
            met.update(f"{label} -> {it.name}" for it in holding)
    return met


@pytest.mark.parametrize("broken", [(), ("owner check",), ("token check", "counting")])
def test_the_cases_of_the_toy_core_are_what_it_does(broken: tuple[str, ...]) -> None:
    met = compare(toy_core(*broken), rounds=300, seed=1)
    assert met["Use[note=False] -> DONE"] > 0
    assert met["Use[note=True] -> DONE"] > 0
    assert met["Forget -> REFUSED"] > 0


@pytest.mark.parametrize("design", [REPAIRED, DOCUMENTED], ids=lambda design: design.name)
def test_the_cases_of_the_real_core_are_what_it_does(design: Design) -> None:
    met = compare(real_core(design), rounds=10, seed=2)
    assert len(met) > 60


def test_a_wrong_extraction_is_noticed() -> None:
    subject = toy_core()
    swapped = {
        label: Cases(
            cases=tuple(
                replace(
                    case, condition={TRUE: FALSE}.get(case.condition, case.condition), outcome=other.outcome
                )
                for case, other in zip(cases.cases, reversed(cases.cases), strict=True)
            ),
            needs=cases.needs,
            paths=cases.paths,
        )
        for label, cases in subject.merged.items()
    }
    with pytest.raises(TranslationError, match="extracted"):
        compare(replace(subject, merged=swapped), rounds=50, seed=3)


def test_a_lost_case_is_noticed() -> None:
    subject = toy_core()
    shorter = {label: replace(cases, cases=cases.cases[1:]) for label, cases in subject.merged.items()}
    with pytest.raises(TranslationError, match="0 cases apply"):
        compare(replace(subject, merged=shorter), rounds=50, seed=3)


def test_a_lost_need_is_noticed() -> None:
    subject = toy_core("owner check")
    careless = {label: replace(cases, needs=()) for label, cases in subject.merged.items()}
    with pytest.raises(TranslationError, match="no need says so"):
        compare(replace(subject, merged=careless), rounds=50, seed=3)


def compare_formulas(design: Design, subject: type, statements: tuple[StateClause, ...]) -> None:
    """Compare what was extracted of predicates about a record with what they say of random ones."""
    sampler = Sampler(4, NAMES)
    symbolic: object = symbolic_record(subject)
    running = running_context(design)
    verdicts: Counter[bool] = Counter()
    for statement in statements:
        formulas = formulas_of(statement.name, statement.predicate, symbolic, real_context(design))
        for _ in range(10):
            value = sampler.value(subject)
            for formula in formulas:
                free = {name: sampler.leaf(name.result) for name in formula.free}
                evaluator = evaluator_of(value, None, REAL_ORACLES, free)
                verdicts[check_formula(formula, evaluator, statement.predicate, value, running)] += 1
    assert verdicts[True] > 5 * len(statements)
    assert verdicts[False] > len(statements)


@pytest.mark.parametrize("design", [REPAIRED, DOCUMENTED], ids=lambda design: design.name)
def test_the_formulas_of_the_real_theorems_are_what_they_say(design: Design) -> None:
    clauses = [clause for clause in all_clauses() if clause.provable and clause.reader is None]
    invariants = (*SUPPORTING, *(clause.invariant for clause in clauses if clause.invariant is not None))
    compare_formulas(
        design, State, tuple(StateClause(name=it.name, predicate=it.predicate) for it in invariants)
    )


@pytest.mark.parametrize("design", [REPAIRED, DOCUMENTED], ids=lambda design: design.name)
def test_the_formulas_about_readers_are_what_they_say(design: Design) -> None:
    own = [StateClause(name=it.__name__, predicate=it) for it in READER_INVARIANTS]
    stated = [StateClause(name=it.name, predicate=it.reader) for it in all_clauses() if it.reader is not None]
    compare_formulas(design, Reading, (*own, *stated))
