"""Judging the points of a lattice for one theorem: by known traces first, by exhausted searches after.

Data flow: point -> designs, one per reading -> every known trace is tried -> each domain is searched, unless
a search of it under a design that agrees on all switches it read is known -> holds, refuted, or unknown.

A point is judged as ``verify`` judges the file of its design: the same domains, the same limits, the same
step function, and every clause and every sometimes mark of the theorem.
"""

import time
from dataclasses import dataclass, field

from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import Limits, SearchResult, UndefinedStepError, search
from billproof.invariants.registry import registry
from billproof.invariants.repairs.lattice import Constraint, Lattice, Point
from billproof.invariants.repairs.traces import Trace, read_in, recording_context, tried
from billproof.invariants.searching import STATES_MAX_DEEP
from billproof.invariants.theorem import Theorem
from billproof.invariants.verdicts import Verdict
from billproof.model.core import step
from billproof.model.design import Design
from billproof.model.switch_table import SWITCHES

STATES_MAX_GLANCE = 800
"""States per domain of a first look, before any domain is searched whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """An exhausted search of a domain that violated nothing, and the designs for which it speaks."""

    assumed: tuple[tuple[str, object], ...]
    """Every switch that was read, and its value."""
    met: frozenset[str]
    """The sometimes marks that were met."""
    states: int
    depth: int

    def covers(self, design: Design) -> bool:
        """Tell whether the search would go the same way under a design."""
        return all(getattr(design, name) == value for name, value in self.assumed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is known of a point."""

    verdict: Verdict
    """HOLDS, REFUTED or INCONCLUSIVE."""
    design: Design | None = None
    """The reading that is refuted."""
    trace: Trace | None = None
    """A counterexample, as it runs under that design."""
    reason: str = ""
    """What it is inconclusive for want of."""
    constraint: Constraint = frozenset()
    """For an inconclusive point: what a point must differ in, or the same search stops at the same place."""
    states: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A search of a domain that came to no end, and the designs for which it would not either."""

    reason: str
    assumed: tuple[tuple[str, object], ...]

    def covers(self, design: Design) -> bool:
        """Tell whether the search would go the same way under a design."""
        return all(getattr(design, name) == value for name, value in self.assumed)


@dataclass(frozen=False, slots=True, kw_only=True)
class Judge:
    """The judge of one theorem over one lattice; mutable: it remembers traces and searches."""

    theorem: Theorem
    lattice: Lattice
    deadline: float
    """On the clock of ``time.monotonic``."""
    traces: list[Trace] = field(default_factory=list)
    searched: dict[str, list[Searched | Unfinished]] = field(default_factory=dict)
    """By domain."""
    read: set[str] = field(default_factory=set)
    """Every switch that some run of this judge has read."""
    searches: int = 0
    refuting: list[str] = field(default_factory=list)
    """Domains in which counterexamples were found, the latest last."""
    known: dict[Point, Judgement] = field(default_factory=dict)

    @property
    def is_late(self) -> bool:
        """Tell whether the time is used up."""
        return time.monotonic() > self.deadline

    def judge(self, point: Point) -> Judgement:
        """Judge a point; what is known is not judged again."""
        found = self.known.get(point)
        if found is None:
            found = self._judge(point)
            # What time kept from being known may be known another time.
            if found.verdict != Verdict.INCONCLUSIVE or not self.is_late:
                self.known[point] = found
        return found

    def _judge(self, point: Point) -> Judgement:
        designs = self.lattice.designs(point)
        for design in designs:
            for trace in reversed(self.traces):
                trial = tried(trace, design)
                self.read |= trial.read
                if trial.commands is not None:
                    shown = Trace(clause=trace.clause, domain=trace.domain, commands=trial.commands)
                    return Judgement(verdict=Verdict.REFUTED, design=design, trace=shown)
        found = [self._searched(design) for design in designs]
        for wanted in (Verdict.REFUTED, Verdict.INCONCLUSIVE):
            for item in found:
                if item.verdict == wanted:
                    return item
        return found[0]

    def domains(self) -> tuple[Domain, ...]:
        """Return the domains of the theorem, those first that refuted a design before."""
        own = [domain for domain in registry().domains if self.theorem.id in domain.theorems]
        return tuple(sorted(own, key=lambda domain: self.refuting.count(domain.name), reverse=True))

    def _glanced(self, design: Design) -> Trace | None:
        """Search every domain a little: most counterexamples are near."""
        for domain in self.domains():
            if any(item.covers(design) for item in self.searched.get(domain.name, [])):
                continue
            limits = Limits(states_max=STATES_MAX_GLANCE, deadline=self.deadline, stop_at_first=True)
            found = self._search(domain, design, limits)
            if isinstance(found, Trace):
                return found
        return None

    def _searched(self, design: Design) -> Judgement:
        """Search every domain of the theorem under one design."""
        met: set[str] = set()
        reasons: list[str] = []
        assumed: set[str] = set()
        states = depth = 0
        glanced = self._glanced(design)
        if glanced is not None:
            return Judgement(verdict=Verdict.REFUTED, design=design, trace=glanced)
        for domain in self.domains():
            result = self._domain(domain, design)
            if isinstance(result, Trace):
                return Judgement(verdict=Verdict.REFUTED, design=design, trace=result)
            assumed |= {name for name, _ in result.assumed}
            if isinstance(result, Unfinished):
                # The other domains are searched all the same: one of them may refute.
                reasons.append(result.reason)
                continue
            met |= result.met
            states, depth = states + result.states, max(depth, result.depth)
        wanted = {name for clause in self.theorem.clauses for name in clause.sometimes}
        if not reasons and wanted - met:
            reasons.append(f"never met: {', '.join(sorted(wanted - met))}")
        if reasons:
            return Judgement(
                verdict=Verdict.INCONCLUSIVE,
                reason="; ".join(reasons),
                constraint=frozenset(
                    (name, not self.lattice.is_repaired(design, name))
                    for name in assumed & set(self.lattice.switches)
                ),
            )
        return Judgement(verdict=Verdict.HOLDS, states=states, depth=depth)

    def _domain(self, domain: Domain, design: Design) -> Searched | Trace | Unfinished:
        for item in self.searched.get(domain.name, []):
            if item.covers(design):
                return item
        found = self._search(
            domain,
            design,
            Limits(states_max=STATES_MAX_DEEP, deadline=self.deadline, stop_at_first=True),
        )
        if isinstance(found, Unfinished) and not self.is_late:
            # A search that only the clock ended says nothing of another time.
            self.searched.setdefault(domain.name, []).append(found)
        return found

    def _search(self, domain: Domain, design: Design, limits: Limits) -> Searched | Trace | Unfinished:
        context = recording_context(domain.design(design))
        self.searches += 1
        try:
            result = search(
                domain,
                self.theorem.clauses,
                self.theorem.sometimes,
                step=step,
                context=context,
                limits=limits,
            )
        except UndefinedStepError as error:
            return Unfinished(reason=str(error), assumed=_assumed(design, read_in(context)))
        finally:
            self.read |= read_in(context)
        return self._kept(domain, design, result, read_in(context))

    def _kept(
        self, domain: Domain, design: Design, result: SearchResult, read: frozenset[str]
    ) -> Searched | Trace | Unfinished:
        for clause in self.theorem.clauses:
            if clause.name in result.violations:
                trace = Trace(clause=clause, domain=domain, commands=result.violations[clause.name].commands)
                if tried(trace, design).commands != trace.commands:
                    reason = f"a counterexample found in {domain.name} could not be replayed"
                    return Unfinished(reason=reason, assumed=_assumed(design, read))
                self.traces.append(trace)
                self.refuting.append(domain.name)
                return trace
        if not result.complete:
            reason = f"search not complete in {domain.name}, {result.states} states"
            return Unfinished(reason=reason, assumed=_assumed(design, read))
        kept = Searched(
            assumed=_assumed(design, read), met=result.met, states=result.states, depth=result.depth
        )
        self.searched.setdefault(domain.name, []).append(kept)
        return kept


def _assumed(design: Design, read: frozenset[str]) -> tuple[tuple[str, object], ...]:
    return tuple((item.name, getattr(design, item.name)) for item in SWITCHES if item.name in read)
