"""What an engine is to the judge: a name, and a function from a design and theorems to judgements.

Search and proof feed each other and are the judge's own; every other engine is a value of ``Engine`` and runs
beside them on a share of the time.

Source: ``verification.md`` "Engines".
"""

from collections.abc import Callable
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
