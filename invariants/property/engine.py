"""The engine ``property``: Hypothesis drives the running model, and the clauses judge.

Data flow: design and clauses -> one world a domain -> executions until their number or the deadline is
reached -> shortest trace of each violated clause -> shrunk by leaving out commands -> replayed -> findings.

Choices: one pass asks about all clauses; a violation is noted and the run goes on, so that one broken clause
does not hide the others, and the traces are shrunk here by deletion, each deletion replayed. What Hypothesis
shrinks is for users' tests, where one failure is wanted. Runs are derandomised: the same number of executions
is the same executions.

Source: ``theorems.md``, verdict TESTED(n); ``verification.md`` pitfall 10.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from billproof.invariants.counterexample import Counterexample, replay, transitions_of, violates
from billproof.invariants.engine import Engine, Judgement
from billproof.invariants.explore.domain import Domain, assignments
from billproof.invariants.explore.search import StepFunction
from billproof.invariants.property.machine import Journal, OutOfTimeError, Trace, machine_for
from billproof.invariants.property.worlds import world_of
from billproof.invariants.registry import registry
from billproof.invariants.theorem import Clause, Theorem
from billproof.invariants.verdicts import EngineFinding, Verdict
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.design import Design
from billproof.model.outcomes import Status
from billproof.model.receipts import digest_of

NAME = "property"
"""The name of the engine."""

EXECUTIONS = 60
"""Executions of each world in one pass, unless the deadline comes first."""

STEPS = 30
"""Rules in one execution."""

SECONDS_MAX = 3.0
"""What the engine may take for one reading beside others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is tried."""

    executions: int = EXECUTIONS
    steps: int = STEPS
    deadline: float = float("inf")
    """On the clock of ``time.monotonic``."""


def judge(design: Design, theorems: tuple[Theorem, ...], deadline: float) -> dict[str, Judgement]:
    """Judge the clauses of theorems under one reading of a design, by the name of the clause."""
    return check_theorems(design, theorems, registry().domains, Effort(deadline=deadline))


def find_counterexample(
    design: Design, theorem: Theorem, clause: Clause, deadline: float
) -> Counterexample | None:
    """Return a replayed and shrunk counterexample to one clause, or ``None`` where none is found in time.

    The worlds are tried one after another and the first counterexample ends it: one is enough for a kill.
    """
    alone = replace(theorem, clauses=(clause,))
    worlds = [domain for domain in registry().domains if theorem.id in domain.theorems]
    for executions in (EXECUTIONS, 5 * EXECUTIONS):
        for place, domain in enumerate(worlds):
            left = max(0.0, deadline - time.monotonic()) / (len(worlds) - place)
            effort = Effort(executions=executions, deadline=time.monotonic() + left)
            found = check_theorems(design, (alone,), (domain,), effort)[clause.name].counterexample
            if found is not None:
                return found
    return None


ENGINE = Engine(name=NAME, judge=judge, seconds_max=SECONDS_MAX)
"""The engine, for the judge."""


def check_theorems(
    design: Design,
    theorems: tuple[Theorem, ...],
    domains: Sequence[Domain],
    effort: Effort,
    model: StepFunction = step,
) -> dict[str, Judgement]:
    """Test the clauses of theorems in the worlds of their domains.

    Args:
        design: One reading.
        theorems: What to judge.
        domains: Where; a theorem is judged in the domains that name it.
        effort: How many executions, how long.
        model: The model under test.
    """
    found: dict[str, Judgement] = {}
    used = [domain for domain in domains if any(item.id in domain.theorems for item in theorems)]
    journals: list[Journal] = []
    for place, domain in enumerate(used):
        here = tuple(item for item in theorems if item.id in domain.theorems)
        left = max(0.0, effort.deadline - time.monotonic()) / (len(used) - place)
        until = min(effort.deadline, time.monotonic() + left)
        journal = journal_of(world_of(domain), design, here, model=model, deadline=until)
        run(journal, effort)
        journals.append(journal)
    for theorem in theorems:
        seen = [journal for journal in journals if theorem.id in journal.world.theorems]
        for clause in theorem.clauses:
            found[clause.name] = _judgement(theorem, clause, seen)
    return found


def journal_of(
    world: Domain,
    design: Design,
    theorems: tuple[Theorem, ...],
    *,
    model: StepFunction = step,
    deadline: float = float("inf"),
    goes_on: bool = True,
) -> Journal:
    """Return an empty journal for the clauses of theorems in a world."""
    own = world.design(design)
    marks = {mark.name: mark for theorem in theorems for mark in theorem.sometimes}
    return Journal(
        world=world,
        clauses=tuple(
            (clause, tuple(assignments(world, _predicate(clause))))
            for theorem in theorems
            for clause in theorem.clauses
        ),
        sometimes=tuple(marks.values()),
        step=model,
        context=Context(design=own, digest=digest_of(own)),
        deadline=deadline,
        goes_on=goes_on,
    )


def _predicate(clause: Clause) -> Callable[..., bool] | None:
    return clause.invariant.predicate if clause.invariant is not None else clause.step


def run(journal: Journal, effort: Effort) -> None:
    """Let Hypothesis make executions of a world; the journal says what they showed."""
    chosen = settings(
        max_examples=effort.executions,
        stateful_step_count=effort.steps,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] # an enum of a metaclass
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    try:
        run_state_machine_as_test(machine_for(journal), settings=chosen)
    except (OutOfTimeError, HypothesisException):
        # Hypothesis repeats what failed and finds that time has passed; what was seen until then stands.
        if time.monotonic() <= journal.deadline:
            raise


def shrink(clause: Clause, world: Domain, trace: Trace, *, model: StepFunction, context: Context) -> Trace:
    """Leave out commands as long as the clause is still violated by the last one."""
    shrunk, place = trace, len(trace) - 2
    while place >= 0:
        shorter = (*shrunk[:place], *shrunk[place + 1 :])
        if _breaks(clause, world, shorter, model, context):
            shrunk = shorter
            place = min(place, len(shrunk) - 1)
        place -= 1
    # A command that had to stay may be superfluous once a later one is gone.
    return (
        shrunk
        if len(shrunk) in (len(trace), 1)
        else shrink(clause, world, shrunk, model=model, context=context)
    )


def _breaks(clause: Clause, world: Domain, trace: Trace, model: StepFunction, context: Context) -> bool:
    try:
        transitions = transitions_of(world, trace, model, context)
    except UndefinedLookupError:
        return False
    if any(item.status == Status.NOT_POSSIBLE for item in transitions):
        return False
    return violates(clause, world, transitions[-1], context)


def _judgement(theorem: Theorem, clause: Clause, journals: list[Journal]) -> Judgement:
    executions = sum(journal.executions for journal in journals)
    met = {name for journal in journals for name in journal.met}
    unmet = tuple(name for name in clause.sometimes if name not in met)
    counterexample = _shortest(theorem, clause, journals)
    verdict, reason = Verdict.TESTED, ""
    if counterexample is not None:
        verdict = Verdict.REFUTED
    elif any(clause.name in journal.violations for journal in journals):
        verdict, reason = Verdict.INCONCLUSIVE, "a violation could not be replayed"
    elif any(journal.undefined is not None for journal in journals):
        verdict, reason = Verdict.INCONCLUSIVE, "the model read what is not there"
    elif not executions:
        verdict, reason = Verdict.INCONCLUSIVE, "no execution was finished in time"
    elif unmet:
        verdict, reason = Verdict.INCONCLUSIVE, f"never met: {', '.join(unmet)}"
    finding = EngineFinding(engine=NAME, verdict=verdict, seconds=0.0, reason=reason, executions=executions)
    return Judgement(finding=finding, counterexample=counterexample, unmet=unmet)


def _shortest(theorem: Theorem, clause: Clause, journals: list[Journal]) -> Counterexample | None:
    claimed = [
        (journal, journal.violations[clause.name])
        for journal in journals
        if clause.name in journal.violations
    ]
    found: list[Counterexample] = []
    for journal, trace in sorted(claimed, key=lambda pair: len(pair[1])):
        commands = shrink(clause, journal.world, trace, model=journal.step, context=journal.context)
        replayed = replay(
            clause,
            journal.world,
            commands,
            step=journal.step,
            context=journal.context,
            money=theorem.money,
        )
        if replayed is not None:
            found.append(replace(replayed, engine=NAME))
    return min(found, key=lambda item: len(item.commands), default=None)
