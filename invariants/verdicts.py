"""The five verdicts, and how the findings of several engines become one - never upward.

A clause takes the strongest verdict that no engine contradicts; a theorem takes the weakest of its clauses.
An engine that says "it holds" where another shows a replayed counterexample makes the pair INCONCLUSIVE, and
both are printed. An engine that was skipped is listed as skipped and counts for nothing.

Source: ``theorems.md``, table of verdicts; house style rule 16.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What can be said of a clause, a theorem, a run."""

    PROVED = "PROVED"
    HOLDS = "HOLDS"
    TESTED = "TESTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    REFUTED = "REFUTED"


class ExitCode:
    """The exit codes of the command line (``cli.md``)."""

    HOLDS = 0
    VIOLATION = 1
    INCONCLUSIVE = 2
    ERROR = 3


STRENGTH = (Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.TESTED, Verdict.HOLDS, Verdict.PROVED)
"""From the weakest to the strongest."""

POSITIVE = (Verdict.PROVED, Verdict.HOLDS, Verdict.TESTED)
"""The verdicts that say that something holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFinding:
    """What one engine says of one clause."""

    engine: str
    verdict: Verdict
    seconds: float
    skipped: str = ""
    """Why the engine did not look; empty when it did."""
    reason: str = ""
    """What an inconclusive verdict is for want of."""
    states: int = 0
    """Distinct states searched, by ``explore``."""
    depth: int = 0
    """Longest shortest path searched, by ``explore``."""
    solvers: tuple[tuple[str, str], ...] = ()
    """(solver, answer), by ``prove``."""
    obligations: int = 0
    """Obligations decided, by ``prove``."""
    executions: int = 0
    """Executions finished, by ``property``: the n of TESTED(n)."""
    witnesses: tuple[str, ...] = ()
    """Cases of commands in which the clause was at stake and of which ``prove`` has a state."""
    unreachable: tuple[str, ...] = ()
    """Cases of commands in which the clause was at stake and which no state of the invariants permits."""
    remembered: int = 0
    """Answers to its obligations that were given in an earlier run, by ``prove``."""
    induction: str = ""
    """A counterexample to induction, by ``prove``; it is no refutation."""
    induction_at: str = ""
    """The case of a command, or the initial state, in which it fails."""
    reach: str = ""
    """Whether the state before it is ``reachable``, ``not reached within`` a bound, or ``unknown``."""


def merge_clause(findings: Sequence[EngineFinding]) -> Verdict:
    """Return the verdict of a clause from what the engines say.

    >>> holds = EngineFinding(engine="prove", verdict=Verdict.PROVED, seconds=0.0)
    >>> broken = EngineFinding(engine="explore", verdict=Verdict.REFUTED, seconds=0.0)
    >>> merge_clause([holds, broken]).value
    'INCONCLUSIVE'
    """
    heard = [finding.verdict for finding in findings if not finding.skipped]
    positive = [verdict for verdict in heard if verdict in POSITIVE]
    if Verdict.REFUTED in heard:
        return Verdict.INCONCLUSIVE if positive else Verdict.REFUTED
    if not positive:
        return Verdict.INCONCLUSIVE
    return max(positive, key=STRENGTH.index)


def weakest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the weakest verdict; INCONCLUSIVE when there is none, for nothing judged is nothing held."""
    return min(verdicts, key=STRENGTH.index, default=Verdict.INCONCLUSIVE)


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return the exit code of a run: a violation outranks what is inconclusive."""
    seen = list(verdicts)
    if Verdict.REFUTED in seen:
        return ExitCode.VIOLATION
    if not seen or Verdict.INCONCLUSIVE in seen:
        return ExitCode.INCONCLUSIVE
    return ExitCode.HOLDS
