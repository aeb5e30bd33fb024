"""The repairs of theorems between two designs: sets, what each switch of them is for, and the evidence.

Data flow: lattice -> one task a theorem, over processes -> enumeration of minimal sets -> each switch left
out of each set -> proofs of the sets while there is time -> the table of what bears on what.

Source: ``system.md`` section 1; ``cli.md`` ``repairs``.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TypeAlias

from billproof.invariants.patience import Patience
from billproof.invariants.registry import registry
from billproof.invariants.repairs.enumeration import enumerate_minimal
from billproof.invariants.repairs.judging import Judge
from billproof.invariants.repairs.lattice import Lattice, Point
from billproof.invariants.repairs.left_out import LeftOut, leave_out
from billproof.invariants.theorem import Clause
from billproof.invariants.verdicts import EngineFinding, Verdict, merge_clause, weakest
from billproof.model.design import Design

Prover: TypeAlias = Callable[[Design, tuple[Clause, ...], float], dict[str, EngineFinding]]
"""``prover(design, clauses, deadline)``: what the proof engine says of each clause, by name."""


class Bearing(StrEnum):
    """What a switch is to a theorem."""

    NEEDED = "needed"
    """Every minimal set has it."""
    ALTERNATIVE = "alternative"
    """Some minimal set has it and some does not."""
    READ = "read"
    """Some search or trace read it, and no minimal set needs it."""
    INDEPENDENT = "independent"
    """No run on behalf of the theorem read it, so its value cannot have mattered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSet:
    """A minimal sufficient set."""

    switches: tuple[str, ...]
    design: Design
    """The start with these switches repaired."""
    verdict: Verdict
    """PROVED or HOLDS."""
    states: int
    depth: int
    proved: int
    """Clauses that both solvers proved."""
    clauses: int
    proof: str
    """What was not proved and why; empty where all was, or where no proof was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TheoremRepairs:
    """What is known of one theorem between two designs."""

    theorem: str
    minimal: tuple[RepairSet, ...]
    left_out: tuple[LeftOut, ...]
    """Every switch of every set."""
    bearing: tuple[tuple[str, Bearing], ...]
    unknown: tuple[tuple[tuple[str, ...], str], ...]
    """Points that could not be judged; each stands for those that its search cannot tell apart."""
    is_finished: bool
    judged: int
    searches: int

    @property
    def verdict(self) -> Verdict:
        """REFUTED if nothing repairs the theorem, INCONCLUSIVE if a set may be missing, else the weakest."""
        if not self.is_finished or self.unknown:
            return Verdict.INCONCLUSIVE
        if not self.minimal:
            return Verdict.REFUTED
        if any(item.verdict != Verdict.REFUTED for item in self.left_out):
            return Verdict.INCONCLUSIVE
        return weakest(item.verdict for item in self.minimal)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairTask:
    """One theorem; small enough to be sent to another process."""

    theorem: str
    lattice: Lattice
    deadline: float


def repairs_of(task: RepairTask) -> TheoremRepairs:
    """Find the repairs of one theorem by exhaustive search of its domains."""
    judge = Judge(theorem=registry().by_id[task.theorem], lattice=task.lattice, deadline=task.deadline)
    found = enumerate_minimal(judge)
    # Leaving out a switch is quick, and half an answer is worse than a late one.
    judge.deadline = max(task.deadline, time.monotonic() + GRACE_SECONDS)
    left_out = tuple(
        leave_out(judge, point, name)
        for point in found.minimal
        for name in task.lattice.switches
        if name in point
    )
    return TheoremRepairs(
        theorem=task.theorem,
        minimal=tuple(_set(judge, point) for point in found.minimal),
        left_out=left_out,
        bearing=_bearing(judge, found.minimal),
        unknown=tuple((_ordered(task.lattice, point), reason) for point, reason in found.unknown),
        is_finished=found.is_finished,
        judged=found.judged,
        searches=judge.searches,
    )


GRACE_SECONDS = 1.0
"""How long after the deadline the switches of the sets that were found are still left out."""


def search_repairs(
    theorems: Sequence[str],
    lattice: Lattice,
    executor: Executor,
    *,
    patience: Patience,
    progress: Callable[[str], None],
) -> tuple[TheoremRepairs, ...]:
    """Find the repairs of theorems over the processes of ``executor``, in order.

    Args:
        theorems: Ids.
        lattice: The designs.
        executor: Where each theorem is searched.
        patience: How long it may take; what was not brought then, or when the user stops it, is not finished.
        progress: Called with a line after each.
    """
    deadline = patience.deadline - GRACE_SECONDS
    tasks = [RepairTask(theorem=name, lattice=lattice, deadline=deadline) for name in theorems]
    futures = [executor.submit(repairs_of, task) for task in tasks]
    found = []
    for task, future in zip(tasks, futures, strict=True):
        item = patience.wait(future) or _nothing(task)
        progress(f"{item.theorem}: {len(item.minimal)} minimal sets, {item.judged} designs judged")
        found.append(item)
    return tuple(found)


def _nothing(task: RepairTask) -> TheoremRepairs:
    """Return what is known where a search brought nothing: nothing, and that it is not finished."""
    return TheoremRepairs(
        theorem=task.theorem,
        minimal=(),
        left_out=(),
        bearing=(),
        unknown=(),
        is_finished=False,
        judged=0,
        searches=0,
    )


def prove_sets(
    found: Sequence[TheoremRepairs],
    prover: Prover,
    executor: Executor,
    *,
    patience: Patience,
    progress: Callable[[str], None],
) -> tuple[TheoremRepairs, ...]:
    """Prove the sets that were found, as far as time goes; a set that is not proved stays as it was."""
    sets = [(item.theorem, one) for item in found for one in item.minimal]
    prove = partial(_proved, prover=prover, deadline=patience.deadline)
    futures = [executor.submit(prove, item) for item in sets]
    proved: dict[tuple[str, tuple[str, ...]], RepairSet] = {}
    for (theorem, asked), future in zip(sets, futures, strict=True):
        one = patience.wait(future) or replace(asked, proof=f"not proved: {patience.reason}")
        proved[theorem, one.switches] = one
        progress(f"{theorem}: {', '.join(one.switches)}: {one.verdict.value}")
    return tuple(
        replace(item, minimal=tuple(proved[item.theorem, one.switches] for one in item.minimal))
        for item in found
    )


def _proved(item: tuple[str, RepairSet], *, prover: Prover, deadline: float) -> RepairSet:
    theorem, one = item
    clauses = registry().by_id[theorem].clauses
    if time.monotonic() > deadline:
        return replace(one, proof="no time was left for a proof")
    findings = prover(one.design, tuple(clause for clause in clauses if clause.provable), deadline)
    searched = EngineFinding(engine="explore", verdict=one.verdict, seconds=0.0)
    verdicts = {
        clause.name: merge_clause([searched, *(findings[name] for name in [clause.name] if name in findings)])
        for clause in clauses
    }
    open_ = [name for name, verdict in verdicts.items() if verdict != Verdict.PROVED]
    return replace(
        one,
        verdict=weakest(verdicts.values()),
        proved=len(verdicts) - len(open_),
        proof=f"not proved: {', '.join(open_)}" if open_ else "",
    )


def _set(judge: Judge, point: Point) -> RepairSet:
    found = judge.judge(point)
    return RepairSet(
        switches=_ordered(judge.lattice, point),
        design=judge.lattice.designs(point)[0],
        verdict=found.verdict,
        states=found.states,
        depth=found.depth,
        proved=0,
        clauses=len(judge.theorem.clauses),
        proof="",
    )


def _bearing(judge: Judge, minimal: Sequence[Point]) -> tuple[tuple[str, Bearing], ...]:
    return tuple((name, _bearing_of(judge, minimal, name)) for name in judge.lattice.switches)


def _bearing_of(judge: Judge, minimal: Sequence[Point], name: str) -> Bearing:
    holding = [name in point for point in minimal]
    if any(holding):
        return Bearing.NEEDED if all(holding) else Bearing.ALTERNATIVE
    return Bearing.READ if name in judge.read else Bearing.INDEPENDENT


def _ordered(lattice: Lattice, point: Point) -> tuple[str, ...]:
    return tuple(name for name in lattice.switches if name in point)
