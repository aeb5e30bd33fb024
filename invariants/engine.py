"""What an engine is to the judge: a name, and a function from a design and theorems to judgements.

Search and proof feed each other and are the judge's own; every other engine is a value of ``Engine`` and runs
beside them on a share of the time.

Source: ``verification.md`` "Engines".
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from billproof.invariants.counterexample import Counterexample
from billproof.invariants.theorem import Theorem
from billproof.invariants.verdicts import EngineFinding
from billproof.model.design import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an engine says of one clause."""

    finding: EngineFinding
    counterexample: Counterexample | None
    """Replayed."""
    unmet: tuple[str, ...]
    """Sometimes marks of the clause that the engine did not meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine that needs nothing from the others."""

    name: str
    judge: Callable[[Design, tuple[Theorem, ...], float], dict[str, Judgement]]
    """``judge(reading, theorems, deadline)``: a judgement for each clause, by name."""
    seconds_max: float
    """What it may take of the time for one reading when it is not the only engine."""


def begin(
    engines: Sequence[Engine],
    reading: Design,
    theorems: tuple[Theorem, ...],
    executor: Executor,
    deadline: float,
) -> dict[str, Future[dict[str, Judgement]]]:
    """Start engines in other processes and return what they will say, by their name."""
    if not theorems:
        return {}
    return {engine.name: executor.submit(engine.judge, reading, theorems, deadline) for engine in engines}


def time_beside(
    asked: Sequence[Engine], names: Sequence[str], deadline: float, seconds_alone: float
) -> float:
    """Return until when engines may run: their share beside search and proof, or what they have alone.

    Args:
        asked: The engines.
        names: All engines that were asked for, search and proof included.
        deadline: Of the whole, on the clock of ``time.monotonic``.
        seconds_alone: What they may take for one reading where there are no others.
    """
    if {engine.name for engine in asked} == set(names):
        return min(deadline, time.monotonic() + seconds_alone)
    return min(deadline, time.monotonic() + max((engine.seconds_max for engine in asked), default=0.0))
