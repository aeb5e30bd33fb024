"""Judging designs: every engine on every clause, merged into the verdicts of the seven theorems.

Data flow: design -> readings -> searches of the domains (one task each, over processes) -> replayed
counterexamples -> proofs for what no search has refuted -> findings per clause -> verdicts.

A theorem is refuted under a design where it is refuted under some reading of it; later readings are
searched only for theorems that the earlier ones did not refute.

Source: ``theorems.md``; ``verification.md`` "Guards against empty passes".
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from billproof.invariants.counterexample import Counterexample
from billproof.invariants.counterexample import replay as replay_counterexample
from billproof.invariants.engine import Engine, Judgement, begin, time_beside
from billproof.invariants.explain.explained import explained
from billproof.invariants.explore.search import SearchResult
from billproof.invariants.patience import Patience
from billproof.invariants.provers import Proof, ProofStart, begun, not_proved
from billproof.invariants.reachability import with_reach
from billproof.invariants.registry import registry
from billproof.invariants.searching import STATES_MAX_DEEP, SearchTask, context_of, domain_named, run_search
from billproof.invariants.theorem import Clause, Tag, Theorem
from billproof.invariants.verdicts import POSITIVE, EngineFinding, Verdict, merge_clause, weakest
from billproof.model.core import step
from billproof.model.design import Design, readings

ENGINES = ("explore", "prove", "property")
"""The engines that judge unless others are named, in the order in which they run."""

ON_REQUEST = ("unroll",)
"""The engines that judge only where they are named: what they say, others say too, of more."""

Prover: TypeAlias = Callable[[Design, tuple[Clause, ...], float], dict[str, EngineFinding]]
"""``prover(design, clauses, deadline)``: what the proof engine says of each clause, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseReport:
    """What is known of one clause."""

    clause: Clause
    verdict: Verdict
    findings: tuple[EngineFinding, ...]
    counterexample: Counterexample | None
    unmet: tuple[str, ...]
    """Sometimes marks that no search met."""
    guard: str = ""
    """Why a positive verdict was not believed; empty where it was, or where there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TheoremReport:
    """What is known of one theorem under one design."""

    theorem: Theorem
    verdict: Verdict
    safety: Verdict
    """The verdict of the safety clauses alone."""
    reading: str
    """The reading that was judged; for a refuted theorem, the one that refutes it."""
    clauses: tuple[ClauseReport, ...]

    @property
    def counterexample(self) -> Counterexample | None:
        """The counterexample of the first refuted clause; clauses stand in the order of what they mean."""
        found = [item.counterexample for item in self.clauses if item.verdict == Verdict.REFUTED]
        return found[0] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignReport:
    """What is known of one design."""

    design: Design
    theorems: tuple[TheoremReport, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """The weakest verdict of its theorems."""
        return weakest(report.verdict for report in self.theorems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What judges."""

    names: tuple[str, ...]
    """Which engines were asked for."""
    prover: Prover | None
    executor: Executor
    """Where searches run."""
    provers: Executor | None = None
    """Where proofs run; ``None`` for the same."""
    deadline: float
    """On the clock of ``time.monotonic``."""
    progress: Callable[[str], None]
    start: ProofStart | None = None
    """Begins proofs that are made by several processes; ``prover`` runs in one where this is ``None``."""
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    """Proofs that were started early, by the name of their design."""
    others: tuple[Engine, ...] = ()
    ask_all: bool = True
    """Whether the ``others`` are asked too about theorems that a search has refuted: a lie is found out only
    of an engine that is asked."""
    seconds_alone: float = float("inf")
    """What the ``others`` may take for one reading when no other engine runs."""
    patience: Patience = field(default_factory=lambda: Patience(float("inf")))
    """How long is waited for what other processes do."""


def judge_design(design: Design, theorems: Sequence[Theorem], engines: Engines) -> DesignReport:
    """Judge the theorems under a design, in every reading that it takes."""
    started = time.monotonic()
    reports: dict[str, TheoremReport] = {}
    for reading in readings(design):
        open_theorems = [
            item for item in theorems if item.id not in reports or reports[item.id].verdict != Verdict.REFUTED
        ]
        for report in _judge_reading(reading, open_theorems, engines):
            known = reports.get(report.theorem.id)
            if known is None or weakest((known.verdict, report.verdict)) == report.verdict:
                reports[report.theorem.id] = report
    return DesignReport(
        design=design,
        theorems=tuple(reports[item.id] for item in theorems),
        seconds=time.monotonic() - started,
    )


def with_proofs_started(designs: Sequence[Design], theorems: Sequence[Theorem], engines: Engines) -> Engines:
    """Return engines that prove in the background while domains are searched.

    Only for designs with one reading: where there are several, the searches decide what is worth a proof.
    """
    if "prove" not in engines.names or engines.prover is None:
        return engines
    clauses = tuple(clause for theorem in theorems for clause in theorem.clauses if clause.provable)
    proofs = {
        design.name: begun(
            engines.start,
            engines.prover,
            engines.provers or engines.executor,
            (design, clauses, engines.deadline),
        )
        for design in designs
        if len(readings(design)) == 1
    }
    return replace(engines, proofs=proofs)


def _judge_reading(reading: Design, theorems: Sequence[Theorem], engines: Engines) -> list[TheoremReport]:
    searched = _searches(reading, theorems, engines) if "explore" in engines.names else {}
    explored = {
        theorem.id: [_explored(reading, theorem, clause, searched, engines) for clause in theorem.clauses]
        for theorem in theorems
    }
    refuted = {
        name for name, said in explored.items() if Verdict.REFUTED in {item[0].verdict for item in said}
    }
    wanted = tuple(
        clause
        for theorem in theorems
        if reading.name in engines.proofs or theorem.id not in refuted
        for clause in theorem.clauses
        if clause.provable
    )
    untested = tuple(theorem for theorem in theorems if engines.ask_all or theorem.id not in refuted)
    asked = [engine for engine in engines.others if engine.name in engines.names]
    until = time_beside(asked, engines.names, engines.deadline, engines.seconds_alone)
    begun = begin(asked, reading, untested, engines.executor, until)
    proved = _proofs(reading, wanted, engines)
    judged = {
        name: engines.patience.wait(future) or _late_judgements(name, untested, engines.patience)
        for name, future in begun.items()
    }
    return [
        _theorem_report(reading, theorem, explored[theorem.id], (proved, judged), engines.patience)
        for theorem in theorems
    ]


def _searches(
    reading: Design, theorems: Sequence[Theorem], engines: Engines
) -> dict[str, SearchResult | str]:
    ids = {theorem.id for theorem in theorems}
    domains = [domain for domain in registry().domains if ids & set(domain.theorems)]
    left = max(0.0, engines.deadline - time.monotonic())
    tasks = [
        SearchTask(
            design=reading,
            domain=domain.name,
            theorems=tuple(name for name in domain.theorems if name in ids),
            seconds=left,
            deadline=engines.deadline,
        )
        for domain in domains
    ]
    results = _run(tasks, engines)
    refuted = {
        theorem.id
        for theorem in theorems
        for result in results.values()
        if not isinstance(result, str) and any(it.name in result.violations for it in theorem.clauses)
    }
    again = [
        replace(task, states_max=STATES_MAX_DEEP, seconds=max(0.0, engines.deadline - time.monotonic()))
        for task in tasks
        if not isinstance(found := results[task.domain], str)
        and not found.complete
        and set(task.theorems) - refuted
    ]
    return results | _run(again, engines)


def _run(tasks: Sequence[SearchTask], engines: Engines) -> dict[str, SearchResult | str]:
    results: dict[str, SearchResult | str] = {}
    begun_tasks = [engines.executor.submit(run_search, task) for task in tasks]
    for task, future in zip(tasks, begun_tasks, strict=True):
        late = f"search of {task.domain}: {engines.patience.reason}"
        result = engines.patience.wait(future) or late
        results[task.domain] = result
        states = "failed" if isinstance(result, str) else f"{result.states} states"
        engines.progress(f"{task.design.name}: searched {task.domain}, {states}")
    return results


def _explored(
    reading: Design,
    theorem: Theorem,
    clause: Clause,
    searched: dict[str, SearchResult | str],
    engines: Engines,
) -> tuple[EngineFinding, Counterexample | None, tuple[str, ...]]:
    if "explore" not in engines.names:
        skipped = EngineFinding(
            engine="explore", verdict=Verdict.INCONCLUSIVE, seconds=0.0, skipped="not asked for"
        )
        return skipped, None, ()
    names = [domain.name for domain in registry().domains if theorem.id in domain.theorems]
    failures = [text for text in (searched[name] for name in names) if isinstance(text, str)]
    results = [item for item in (searched[name] for name in names) if not isinstance(item, str)]
    seconds = sum(item.seconds for item in results)
    states = sum(item.states for item in results)
    depth = max((item.depth for item in results), default=0)
    found = EngineFinding(
        engine="explore", verdict=Verdict.HOLDS, seconds=seconds, states=states, depth=depth
    )
    met = {name for item in results for name in item.met}
    unmet = tuple(name for name in clause.sometimes if name not in met)
    for counterexample in _replayed(reading, theorem, clause, results):
        return _weaker(found, Verdict.REFUTED, ""), counterexample, unmet
    claimed = [item.domain for item in results if clause.name in item.violations]
    reason = ""
    if not names:
        reason = "no domain names the theorem; register one, or add the theorem to one"
    elif failures:
        reason = failures[0]
    elif claimed:
        reason = f"a counterexample found in {claimed[0]} could not be replayed"
    elif not all(item.complete for item in results):
        unfinished = [item.domain for item in results if not item.complete]
        reason = f"search not complete in {', '.join(unfinished)}"
    elif unmet:
        reason = f"never met: {', '.join(unmet)}"
    verdict = Verdict.INCONCLUSIVE if reason else Verdict.HOLDS
    return _weaker(found, verdict, reason), None, unmet


def _weaker(found: EngineFinding, verdict: Verdict, reason: str) -> EngineFinding:
    return EngineFinding(
        engine=found.engine,
        verdict=verdict,
        seconds=found.seconds,
        reason=reason,
        states=found.states,
        depth=found.depth,
    )


def _replayed(
    reading: Design, theorem: Theorem, clause: Clause, results: Sequence[SearchResult]
) -> Iterable[Counterexample]:
    claimed = [
        (item.domain, item.violations[clause.name]) for item in results if clause.name in item.violations
    ]
    for name, violation in sorted(claimed, key=lambda pair: len(pair[1].commands)):
        domain = domain_named(name)
        found = replay_counterexample(
            clause,
            domain,
            violation.commands,
            step=step,
            context=context_of(domain.design(reading)),
            money=theorem.money,
        )
        if found is not None:
            yield found


def _proofs(reading: Design, wanted: tuple[Clause, ...], engines: Engines) -> dict[str, EngineFinding]:
    if "prove" not in engines.names or engines.prover is None or not wanted:
        return {}
    engines.progress(f"{reading.name}: proving {len(wanted)} clauses")
    late = _late_findings("prove", wanted, engines.patience)
    if reading.name in engines.proofs:
        return engines.patience.call(engines.proofs[reading.name].result) or late
    if engines.start is not None:
        proof = engines.start(reading, wanted, engines.deadline, engines.provers or engines.executor)
        return engines.patience.call(proof.result) or late
    return engines.prover(reading, wanted, engines.deadline)


def _late_findings(engine: str, clauses: Sequence[Clause], patience: Patience) -> dict[str, EngineFinding]:
    return {
        clause.name: EngineFinding(
            engine=engine, verdict=Verdict.INCONCLUSIVE, seconds=0.0, reason=patience.reason
        )
        for clause in clauses
    }


def _late_judgements(engine: str, theorems: Sequence[Theorem], patience: Patience) -> dict[str, Judgement]:
    clauses = [clause for theorem in theorems for clause in theorem.clauses]
    return {
        name: Judgement(finding=finding, counterexample=None, unmet=())
        for name, finding in _late_findings(engine, clauses, patience).items()
    }


def _theorem_report(
    reading: Design,
    theorem: Theorem,
    explored: Sequence[tuple[EngineFinding, Counterexample | None, tuple[str, ...]]],
    others_said: tuple[dict[str, EngineFinding], Mapping[str, Mapping[str, Judgement]]],
    patience: Patience,
) -> TheoremReport:
    proved, judged = others_said
    reports = []
    for clause, (found, counterexample, unmet) in zip(theorem.clauses, explored, strict=True):
        others = [judged[name][clause.name] for name in judged if clause.name in judged[name]]
        said = tuple(judgement.finding for judgement in others)
        shown = [counterexample, *(judgement.counterexample for judgement in others)]
        example = next((item for item in shown if item is not None), None)
        proof = with_reach(proved.get(clause.name, not_proved(clause)), (found, *said), example)
        findings = (found, proof, *said)
        unmet = unmet if not found.skipped else tuple(name for other in others for name in other.unmet)
        verdict = merge_clause(findings)
        reports.append(
            ClauseReport(
                clause=clause,
                # A proof about a system in which the interesting case never happens proves nothing.
                verdict=Verdict.INCONCLUSIVE if unmet and verdict in POSITIVE else verdict,
                findings=findings,
                counterexample=example,
                unmet=unmet,
            )
        )
    safety = [item.verdict for item in reports if item.clause.tag == Tag.SAFETY]
    return TheoremReport(
        theorem=theorem,
        verdict=weakest(item.verdict for item in reports),
        safety=weakest(safety),
        reading=reading.name,
        clauses=_told(reading, theorem, reports, patience),
    )


def _told(
    reading: Design, theorem: Theorem, reports: Sequence[ClauseReport], patience: Patience
) -> tuple[ClauseReport, ...]:
    """Explain the counterexamples: the one that is shown first, the others while there is time."""
    shown = next((item for item in reports if item.verdict == Verdict.REFUTED), None)
    told = []
    for item in reports:
        found = item.counterexample
        if found is not None and (item is shown or patience.seconds() > 0):
            domain = registry().places[found.domain]
            found = explained(
                found,
                item.clause,
                domain,
                step=step,
                context=context_of(domain.design(reading)),
                money=theorem.money,
                smallest=item is shown and patience.seconds() > 0,
            )
        told.append(replace(item, counterexample=found))
    return tuple(told)
