"""What happens without a repair: the shortest counterexample, or why the design makes no sense.

A trace that refutes a point bounds how long a shortest one can be; every domain of the theorem is searched up
to one step less. What is left stands: no shorter trace lies within the bounds of the domains.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from billproof.invariants.counterexample import Counterexample, replay
from billproof.invariants.explore.search import Limits, UndefinedStepError, search
from billproof.invariants.repairs.judging import Judge, Judgement
from billproof.invariants.repairs.lattice import Point
from billproof.invariants.repairs.traces import Trace, tried
from billproof.invariants.searching import STATES_MAX_DEEP, context_of
from billproof.invariants.verdicts import Verdict
from billproof.model.core import step
from billproof.model.design import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One switch of a set left out."""

    switch: str
    of: tuple[str, ...]
    """The set."""
    also: tuple[str, ...]
    """What had to be left out with it, because it makes no sense without the switch."""
    verdict: Verdict
    reason: str
    """Why more was left out, or what it is inconclusive for want of."""
    counterexample: Counterexample | None
    """The shortest."""


def leave_out(judge: Judge, point: Point, switch: str) -> LeftOut:
    """Judge a point without one of its switches, and without what that one is needed for."""
    lattice = judge.lattice
    rest = lattice.without_dependants(point - {switch})
    also = tuple(name for name in lattice.switches if name in point - {switch} - rest)
    faults = lattice.faults(point - {switch})
    reason = "; ".join(
        f"{rule.switch} = {rule.value.value!r} requires {rule.needs_switch} = {rule.needs_value.value!r}"
        for rule in faults
    )
    found = judge.judge(rest)
    shown = shortest(judge, found) if found.verdict == Verdict.REFUTED else None
    return LeftOut(
        switch=switch,
        of=tuple(name for name in lattice.switches if name in point),
        also=also,
        verdict=found.verdict,
        reason=reason or found.reason,
        counterexample=shown,
    )


def shortest(judge: Judge, found: Judgement) -> Counterexample:
    """Return a shortest counterexample of a refuted point, replayed."""
    assert found.trace is not None, "a refutation has a trace"
    assert found.design is not None, "a refutation has a design"
    best = min(_known(judge, found.design), key=lambda it: len(it.commands), default=found.trace)
    for domain in judge.domains():
        nearer = replace(domain, moves_max=min(domain.moves_max, len(best.commands) - 1))
        limits = Limits(states_max=STATES_MAX_DEEP, deadline=judge.deadline, stop_at_first=True)
        context = context_of(domain.design(found.design))
        clauses = judge.theorem.clauses
        try:
            result = search(nearer, clauses, (), step=step, context=context, limits=limits)
        except UndefinedStepError:
            continue
        for clause in clauses:
            if clause.name in result.violations:
                best = Trace(clause=clause, domain=domain, commands=result.violations[clause.name].commands)
                break
    shown = replay(
        best.clause,
        best.domain,
        best.commands,
        step=step,
        context=context_of(best.domain.design(found.design)),
        money=judge.theorem.money,
    )
    assert shown is not None, "a trace that was tried is replayed"
    return shown


def _known(judge: Judge, design: Design) -> Iterable[Trace]:
    for trace in judge.traces:
        commands = tried(trace, design).commands
        if commands is not None:
            yield replace(trace, commands=commands)
