"""All minimal sufficient sets of repairs for one theorem.

A set is sufficient if the theorem holds at its point in every reading, and minimal if it is not at any
smaller well-formed point that is contained in it.

Source: ``system.md`` section 1; issue text "Repairs".
"""

from dataclasses import dataclass

from billproof.invariants.repairs.branching import constraints_of
from billproof.invariants.repairs.candidates import smallest_point
from billproof.invariants.repairs.judging import Judge, Judgement
from billproof.invariants.repairs.lattice import Constraint, Point
from billproof.invariants.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumeration:
    """What an enumeration came to."""

    minimal: tuple[Point, ...]
    """In the order in which they were found, smallest first."""
    unknown: tuple[tuple[Point, str], ...]
    """Points that could not be judged, with the reason. Each stands for all that agree with it on what its
    search read; a minimal set may be among them."""
    is_finished: bool
    """Whether every point is accounted for: judged, refuted by a trace, or above a minimal set."""
    judged: int
    """Points that were judged."""


def enumerate_minimal(judge: Judge) -> Enumeration:
    """Find every minimal sufficient set, until there is none left or the time is used up."""
    lattice = judge.lattice
    constraints: list[Constraint] = list(lattice.requirements())
    minimal: list[Point] = []
    unknown: list[tuple[Point, str]] = []
    size, judged, is_finished = 0, 0, False
    try:
        while not judge.is_late:
            point = smallest_point(constraints, size_min=size, size_max=len(lattice.switches))
            if point is None:
                is_finished = True
                break
            size = len(point)
            found = judge.judge(point)
            judged += 1
            if found.verdict == Verdict.HOLDS:
                minimal.append(point)
                constraints.append(frozenset((name, False) for name in point))
            elif found.verdict == Verdict.REFUTED:
                constraints += _constraints(judge, found)
            else:
                unknown.append((point, found.reason))
                constraints.append(found.constraint)
    except KeyboardInterrupt:
        # What is known stays known; what is missing is said.
        judge.deadline = 0.0
    return Enumeration(minimal=tuple(minimal), unknown=tuple(unknown), is_finished=is_finished, judged=judged)


def _constraints(judge: Judge, found: Judgement) -> tuple[Constraint, ...]:
    assert found.trace is not None, "a refutation has a trace"
    assert found.design is not None, "a refutation has a design"
    return constraints_of(found.trace, found.design, judge.lattice)
