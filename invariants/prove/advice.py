"""Advice: which goals of a round follow and which hypotheses they need, found once and remembered.

Advice decides only what is put into the text of an obligation, which the solvers then decide; whatever it
says, it proves nothing. What is remembered is checked for its form and for naming every goal exactly once.
"""

from dataclasses import dataclass

from billproof.invariants.prove.memory import Json, Memory, digest_of
from billproof.invariants.prove.solvers import Z3Solver


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Goals that follow together, by number."""

    goals: tuple[int, ...]
    needs: tuple[int, ...]
    """The hypotheses that they need, by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What was found out about some goals."""

    parts: tuple[Part, ...]
    left: tuple[int, ...]
    """The goals that do not follow, as far as was tried."""


def recall_advice(
    text: str, hypotheses: int, goals: int, memory: Memory | None, *, final: bool
) -> Advice | None:
    """Return what an earlier run found out about a text; ``None`` where it cannot be used.

    Args:
        text: Hypotheses and goals.
        hypotheses: How many hypotheses there are.
        goals: How many goals there are.
        memory: Where it may be remembered.
        final: Whether the goals that do not follow are needed with the states in which they fail.
    """
    if memory is None:
        return None
    content = memory.recall(_key(text, final=final))
    if not isinstance(content, dict):
        return None
    parts, left = content.get("parts"), _numbers(content.get("left"), goals)
    if not isinstance(parts, list) or left is None or (left and final):
        return None
    read: list[Part] = []
    for part in parts:
        if not isinstance(part, list) or len(part) != len(("goals", "needs")):
            return None
        own, needs = _numbers(part[0], goals), _numbers(part[1], hypotheses)
        if own is None or needs is None:
            return None
        read.append(Part(goals=own, needs=needs))
    named = sorted([*left, *(goal for part in read for goal in part.goals)])
    return Advice(parts=tuple(read), left=left) if named == list(range(goals)) else None


def keep_advice(advice: Advice, text: str, memory: Memory | None, *, final: bool) -> None:
    """Remember advice, unless it would not be used."""
    if memory is None or (final and advice.left):
        return
    parts: list[Json] = [[list(part.goals), list(part.needs)] for part in advice.parts]
    memory.keep(_key(text, final=final), {"parts": parts, "left": list(advice.left)})


def _key(text: str, *, final: bool) -> str:
    return digest_of(["advice", Z3Solver().version, str(final), text])


def _numbers(value: Json, limit: int) -> tuple[int, ...] | None:
    """Return distinct numbers below a limit; ``None`` where it is anything else."""
    if not isinstance(value, list):
        return None
    found = tuple(item for item in value if isinstance(item, int) and not isinstance(item, bool))
    if len(found) != len(value) or len(set(found)) != len(found):
        return None
    return found if all(0 <= item < limit for item in found) else None
