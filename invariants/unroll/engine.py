"""The engine ``unroll``: shortest counterexamples of so many steps, by Z3, from the extracted transitions.

Theory of operation. Every world of the theorems is unrolled one step further at a time: a few steps when its
turn comes, so that what falls at once is told at once, and from there on all worlds to one depth before any
goes deeper. What is shorter than what was found is still looked for, so that the shortest is told. The solver
proposes commands and nothing more: they are executed by the running model, and only what violates the clause
there is a counterexample. What is proposed and does not is excluded, and the solver asked again; after
``PROPOSALS_MAX`` the clause is open at this depth, and so it remains.

A clause that nothing violates to depth k in every world HOLDS with k as its bound. A world with a command
that cannot be followed symbolically says nothing of clauses that it does not refute.

Source: ``verification.md`` "Engines" (bounded unrolling) and pitfalls 2 and 3.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from billproof.invariants.counterexample import Counterexample, replay, transitions_of
from billproof.invariants.engine import Engine, Judgement
from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import StepFunction, UndefinedStepError
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.prove.symbols import SymbolicError
from billproof.invariants.prove.terms import Term, conjunction, equal, integer, negate
from billproof.invariants.registry import registry
from billproof.invariants.theorem import Clause, Sometimes, Theorem
from billproof.invariants.unroll.asking import Asked
from billproof.invariants.unroll.moves import LateError
from billproof.invariants.unroll.world import Fall, World
from billproof.invariants.verdicts import EngineFinding, Verdict
from billproof.model.commands import Command
from billproof.model.containers import UndefinedLookupError
from billproof.model.core import step
from billproof.model.design import Design

NAME = "unroll"
"""The name of the engine."""

DEPTH_MAX = 8
"""Steps, where no other number is asked for; a world may permit fewer."""

DEPTH_FIRST = 3
"""So far each world is unrolled when its turn comes; deeper, all go together."""

PROPOSALS_MAX = 8
"""How many proposals of one clause at one depth are executed."""

MILLISECONDS = 20_000
"""The limit of one question to the solver."""

SECONDS_MAX = 6.0
"""What the engine may take for one reading beside others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How far is unrolled."""

    depth_max: int = DEPTH_MAX
    deadline: float = float("inf")
    """On the clock of ``time.monotonic``."""


@dataclass(frozen=False, slots=True, kw_only=True)
class Unrolled:
    """One world under way; mutable."""

    domain: Domain
    world: World | None
    """``None`` where it cannot be followed."""
    falls: dict[str, Fall] = field(default_factory=dict)
    """Where the clauses fall that nothing has refuted yet, by name."""
    shows: dict[str, Fall] = field(default_factory=dict)
    """Where the marks are met that were not met yet, by name."""
    problems: dict[str, str] = field(default_factory=dict)
    """Why nothing is said of a clause here, by name; under the empty name, of any."""
    depth: int = -1
    """How many steps were searched whole."""
    is_late: bool = False


class _Judging:
    """One pass over all worlds; used once."""

    def __init__(
        self, design: Design, theorems: Sequence[Theorem], effort: Effort, model: StepFunction
    ) -> None:
        self.design = design
        self.effort = effort
        self.model = model
        self.theorems = {item.id: item for item in theorems}
        self.clauses = {clause.name: clause for item in theorems for clause in item.clauses}
        self.marks = {mark.name: mark for item in theorems for mark in item.sometimes}
        self.found: dict[str, Counterexample] = {}
        self.met: set[str] = set()
        self.worlds: list[Unrolled] = []

    def run(self, domains: Sequence[Domain]) -> None:
        """Unroll until all has fallen, the depth is reached, or the time is up."""
        for domain in domains:
            if set(domain.theorems) & set(self.theorems):
                world = self._begin(domain)
                self.worlds.append(world)
                for depth in range(min(DEPTH_FIRST, self.effort.depth_max) + 1):
                    self._go_to(world, depth)
        for depth in range(DEPTH_FIRST + 1, self.effort.depth_max + 1):
            for world in self.worlds:
                self._go_to(world, depth)

    def _go_to(self, world: Unrolled, depth: int) -> None:
        world.is_late = world.is_late or self._is_late()
        if depth <= world.domain.moves_max and not world.is_late:
            self._deepen(world, depth)

    def _is_late(self) -> bool:
        return time.monotonic() > self.effort.deadline

    def _milliseconds(self) -> int:
        left = self.effort.deadline - time.monotonic()
        return MILLISECONDS if left * 1000 > MILLISECONDS else max(1, int(left * 1000))

    def _begin(self, domain: Domain) -> Unrolled:
        if self._is_late():
            return Unrolled(domain=domain, world=None, problems={"": "no time was left"}, is_late=True)
        try:
            world = World(domain, self.design, self.model, self.effort.deadline)
            begun = Unrolled(domain=domain, world=world)
            for name in domain.theorems:
                for clause in self.theorems[name].clauses if name in self.theorems else ():
                    self._prepare(begun, world, clause)
        except LateError as late:
            return Unrolled(domain=domain, world=None, problems={"": str(late)}, is_late=True)
        except (SymbolicError, UndefinedStepError) as error:
            return Unrolled(domain=domain, world=None, problems={"": str(error)})
        return begun

    def _prepare(self, begun: Unrolled, world: World, clause: Clause) -> None:
        try:
            begun.falls[clause.name] = world.fall_of(clause)
            for name in clause.sometimes:
                if name not in begun.shows:
                    begun.shows[name] = world.showing(self.marks[name])
        except SymbolicError as error:
            begun.problems[clause.name] = str(error)

    def _is_open(self, name: str, depth: int) -> bool:
        """Tell whether a counterexample of so many steps would be the shortest so far."""
        return name not in self.found or len(self.found[name].commands) > depth

    def _deepen(self, begun: Unrolled, depth: int) -> None:
        """Ask of one world what can happen in so many steps."""
        world = begun.world
        clauses = [name for name in begun.falls if self._is_open(name, depth) and name not in begun.problems]
        marks = [name for name in begun.shows if name not in self.met]
        if world is None or not (clauses or marks):
            return
        try:
            laws = world.laws(depth)
            wanted = {name: world.after(depth, begun.falls[name]) for name in clauses}
            shown = {name: world.after(depth, begun.shows[name]) for name in marks}
        except LateError:
            begun.is_late = True
            return
        except SymbolicError as error:
            begun.problems[""] = str(error)
            begun.world = None
            return
        asked = Asked(laws, [*wanted.values(), *shown.values()], world.digests, self._milliseconds())
        for index, name in enumerate(wanted):
            if self._is_late():
                begun.is_late = True
                return
            self._seek(begun, asked, (index, depth), (name, laws, wanted[name]))
            if begun.is_late:
                return
        for index, name in enumerate(shown, len(wanted)):
            if self._is_late():
                begun.is_late = True
                return
            answer, numbers = asked.ask(index, world.choices(depth))
            if answer is Answer.SAT and self._shows(world, self.marks[name], world.commands(numbers)):
                self.met.add(name)
        begun.depth = depth

    def _seek(
        self, begun: Unrolled, asked: Asked, place: tuple[int, int], what: tuple[str, Sequence[Term], Term]
    ) -> None:
        """Look for a counterexample of one clause of so many steps in one world."""
        world, (index, depth), (name, laws, question) = begun.world, place, what
        assert world is not None, "only worlds that can be followed are deepened"
        choices = world.choices(depth)
        for _ in range(PROPOSALS_MAX):
            answer, numbers = asked.ask(index, choices)
            if answer is Answer.UNSAT:
                return
            if answer is Answer.UNKNOWN and self._is_late():
                begun.is_late = True
                return
            if answer is Answer.UNKNOWN:
                begun.problems[name] = f"{begun.domain.name}: the solver gave up at depth {depth}"
                return
            clause = self.clauses[name]
            shown = self._replayed(begun.domain, world, clause, world.commands(numbers))
            if shown is not None:
                self.found[name] = shown
                return
            taken = conjunction(
                equal(choice, integer(number)) for choice, number in zip(choices, numbers, strict=True)
            )
            question = conjunction((question, negate(taken)))
            asked, index = Asked(laws, [question], world.digests, self._milliseconds()), 0
        begun.problems[name] = (
            f"{begun.domain.name}: {PROPOSALS_MAX} proposals of {depth} steps were executed, "
            "and none violates it"
        )

    def _replayed(
        self, domain: Domain, world: World, clause: Clause, commands: tuple[Command, ...]
    ) -> Counterexample | None:
        try:
            shown = replay(
                clause,
                domain,
                commands,
                step=self.model,
                context=world.context,
                money=self.theorems[clause.theorem].money,
            )
        except UndefinedLookupError:
            return None
        return None if shown is None else replace(shown, engine=NAME)

    def _shows(self, world: World, mark: Sometimes, commands: tuple[Command, ...]) -> bool:
        try:
            transitions = transitions_of(world.domain, commands, self.model, world.context)
            return bool(mark.predicate(transitions[-1], world.context))
        except UndefinedLookupError:
            return False


def check_theorems(
    design: Design,
    theorems: Sequence[Theorem],
    domains: Sequence[Domain],
    effort: Effort,
    model: StepFunction = step,
) -> dict[str, Judgement]:
    """Judge the clauses of theorems by unrolling the worlds that name them.

    Args:
        design: One reading.
        theorems: What to judge.
        domains: Where; a theorem is judged in the domains that name it.
        effort: How many steps, how long.
        model: The model under test.
    """
    started = time.monotonic()
    judging = _Judging(design, theorems, effort, model)
    judging.run(domains)
    seconds = time.monotonic() - started
    return {name: _judgement(judging, clause, seconds) for name, clause in judging.clauses.items()}


def _judgement(judging: _Judging, clause: Clause, seconds: float) -> Judgement:
    seen = [world for world in judging.worlds if clause.theorem in world.domain.theorems]
    unmet = tuple(name for name in clause.sometimes if name not in judging.met)
    shown = judging.found.get(clause.name)
    depth = min((world.depth for world in seen), default=-1)
    reason = _reason(clause, seen, unmet, depth)
    verdict = Verdict.INCONCLUSIVE if reason else Verdict.HOLDS
    if shown is not None:
        # Where a world left this clause open at a smaller depth, a shorter one may have been missed.
        missed = [
            f"{world.domain.name}: {world.problems[clause.name]}"
            if clause.name in world.problems
            else f"{world.domain.name} was searched to depth {world.depth} only"
            for world in seen
            if clause.name in world.problems
            or world.depth < min(len(shown.commands) - 1, world.domain.moves_max)
        ]
        verdict, reason = Verdict.REFUTED, f"perhaps not the shortest: {missed[0]}" if missed else ""
        depth = len(shown.commands)
    finding = EngineFinding(engine=NAME, verdict=verdict, seconds=seconds, reason=reason, depth=max(depth, 0))
    return Judgement(finding=finding, counterexample=shown, unmet=unmet)


def _reason(clause: Clause, seen: Sequence[Unrolled], unmet: tuple[str, ...], depth: int) -> str:
    """Return why a clause that was not refuted is not said to hold; empty where it is."""
    if not seen:
        return "no domain names the theorem; register one, or add the theorem to one"
    for world in seen:
        problem = world.problems.get(clause.name) or world.problems.get("")
        if problem:
            return f"{world.domain.name}: {problem}"
    if depth < 1:
        return "no step was searched whole in time"
    return f"never met within {depth} steps: {', '.join(unmet)}" if unmet else ""


def judge(design: Design, theorems: tuple[Theorem, ...], deadline: float) -> dict[str, Judgement]:
    """Judge the clauses of theorems under one reading of a design, by the name of the clause."""
    return check_theorems(design, theorems, registry().domains, Effort(deadline=deadline))


def find_counterexample(
    design: Design, theorem: Theorem, clause: Clause, deadline: float
) -> Counterexample | None:
    """Return a shortest replayed counterexample to one clause, or ``None`` where none is found in time."""
    alone = replace(theorem, clauses=(replace(clause, sometimes=()),))
    return check_theorems(design, (alone,), registry().domains, Effort(deadline=deadline))[
        clause.name
    ].counterexample


ENGINE = Engine(name=NAME, judge=judge, seconds_max=SECONDS_MAX)
"""The engine, for the judge."""
