"""Whether the state before a failed induction step can be reached, as far as the other engines know.

A counterexample to induction is a state that the invariants permit and the system may never come to. What
decides is an execution: one that was replayed and ends by the same command shows such a state reached; a
search that visited every state within its bound, and saw none from which the clause fails, shows none reached
within that bound. Where neither is there, nothing is known, and that is said.

Source: ``verification.md``, "Counterexamples to induction that are unreachable are shown as such".
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from billproof.invariants.counterexample import Counterexample
from billproof.invariants.verdicts import EngineFinding, Verdict

UNKNOWN_TEXT = "reachable or not: unknown"
"""Said of a state before a failed step where no other engine was heard."""

SEARCHES = ("explore", "unroll")
"""The engines that look at every execution within a bound."""


class Reach(StrEnum):
    """What is known of a state before a failed induction step."""

    REACHABLE = "reachable"
    NOT_WITHIN = "not reached within"
    UNKNOWN = "unknown"


def with_reach(
    finding: EngineFinding, others: Sequence[EngineFinding], counterexample: Counterexample | None
) -> EngineFinding:
    """Return a finding of the proof engine with what is known of its counterexample to induction.

    Args:
        finding: What the proof engine says of a clause.
        others: What the other engines say of the same clause.
        counterexample: The replayed counterexample to the clause, where there is one.
    """
    if not finding.induction:
        return finding
    reach, text = _reach_of(finding.induction_at, others, counterexample)
    return replace(finding, reach=reach.value, induction=finding.induction.replace(UNKNOWN_TEXT, text))


def _reach_of(
    where: str, others: Sequence[EngineFinding], counterexample: Counterexample | None
) -> tuple[Reach, str]:
    if counterexample is not None:
        steps, last = len(counterexample.commands), type(counterexample.commands[-1]).__name__
        if where.startswith((f"{last} ", f"{last}[")):
            return Reach.REACHABLE, f"reachable: the counterexample of {steps} steps ends in one"
        # The clause is refuted by another command: nothing is said of the state that this one fails in.
        return Reach.UNKNOWN, UNKNOWN_TEXT
    whole = [item for item in others if item.engine in SEARCHES and item.verdict == Verdict.HOLDS]
    if not whole:
        return Reach.UNKNOWN, UNKNOWN_TEXT
    deepest = max(whole, key=lambda item: item.depth)
    seen = f" and {deepest.states} states" if deepest.states else ""
    return (
        Reach.NOT_WITHIN,
        f"not reached within {deepest.depth} steps{seen} of the worlds that {deepest.engine} searched",
    )
