"""Judging: every contradiction computed, and from that the status of every claim.

A contradiction HOLDS where its claims go together after all, is CONTRADICTED where they do not, CONDITIONAL
where they do under some documented values of a parameter only, and NOT CHECKABLE where no text and no
computation can settle it. A claim is contradicted where a computation speaks against it, conditional where it
holds only if another claim gives way or a parameter is chosen, and holds where something was computed and
nothing speaks against it.

Source: ``claims.md`` part 2; ``cli.md``, ``claims``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from billproof.simulations.claims.checks import CHECKS, REASONS, SUPPORTS, UNSUPPORTED
from billproof.simulations.claims.derived import Derivation, derivations
from billproof.simulations.claims.quantities import DimensionError
from billproof.simulations.claims.ranges import Range, ranges
from billproof.simulations.claims.reading import Reader, UnreadableClaimError
from billproof.simulations.claims.register import Claim, Contradiction, Register
from billproof.simulations.claims.relations import Check, Outcome

RANGES_MAX: Final = 3
"""How many figures are named that would each make a contradiction vanish."""


class Status(StrEnum):
    """What is known of a claim or of a contradiction."""

    CONTRADICTED = "contradicted"
    CONDITIONAL = "conditional"
    HOLDS = "holds"
    NOT_CHECKABLE = "not-checkable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A contradiction or a supporting computation, judged."""

    id: str
    status: Status
    claims: tuple[str, ...]
    outcome: Outcome | None
    """``None`` where nothing was computed."""
    when: str
    """Under which condition it would hold; empty where it does, or where no single figure would do."""
    reason: str
    """Why it is not checkable; empty where it is."""
    reads: tuple[str, ...]
    """The claims whose words or figures went into it."""
    figures: tuple[tuple[str, int], ...]
    """The figures that went into it, by claim and index."""
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedClaim:
    """A claim, judged."""

    claim: Claim
    status: Status
    computed: str
    when: str
    reason: str
    by: tuple[str, ...]
    """The contradictions and computations that decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything, judged."""

    register: Register
    claims: Mapping[str, JudgedClaim]
    contradictions: Mapping[str, Judged]
    supports: Mapping[str, Judged]
    derivations: tuple[Derivation, ...]
    """What the documented probabilities could defensibly be."""


def judge(register: Register, *, only: Collection[str] = (), with_ranges: bool = True) -> Judgement:
    """Judge every contradiction and every claim of a register.

    Args:
        register: What is documented.
        only: If not empty, just these claims and contradictions, and what decides them.
        with_ranges: Whether to search from where a figure would do.
    """
    contradictions = {
        name: judge_contradiction(register, entry, with_ranges=with_ranges)
        for name, entry in register.contradictions.items()
        if not only or name in only or set(only) & set(entry.claims)
    }
    supports = {
        name: _judged(register, name, (name,), check, with_ranges=with_ranges)
        for name, check in SUPPORTS.items()
        if name in register.claims and (not only or name in only)
    }
    wanted = {name: claim for name, claim in register.claims.items() if not only or name in only}
    return Judgement(
        register=register,
        claims={name: _claim(claim, contradictions, supports) for name, claim in wanted.items()},
        contradictions=contradictions,
        supports=supports,
        derivations=tuple(item for item in derivations(register) if not only or item.claim in only),
    )


def judge_contradiction(register: Register, entry: Contradiction, *, with_ranges: bool) -> Judged:
    """Compute one contradiction."""
    check = CHECKS.get(entry.id)
    if check is None:
        reason = REASONS.get(entry.id, "nobody has written its computation")
        return _open(entry.id, entry.claims, reason)
    return _judged(register, entry.id, entry.claims, check, with_ranges=with_ranges)


def _judged(
    register: Register, name: str, claims: tuple[str, ...], check: Check, *, with_ranges: bool
) -> Judged:
    reader = Reader(register=register)
    try:
        outcome = check(reader)
    except (UnreadableClaimError, DimensionError) as error:
        return _open(name, claims, f"the changed text cannot be computed with: {error}")
    except (ArithmeticError, ValueError, OSError) as error:
        return _open(name, claims, f"the changed figures leave what can be computed: {error}")
    reads = tuple(dict.fromkeys([key[0] for key in (*reader.figures, *reader.words)]))
    if outcome.holds:
        status, found = Status.HOLDS, []
    else:
        status = Status.CONDITIONAL if outcome.is_conditional else Status.CONTRADICTED
        found = ranges(check, register, reader.figures, RANGES_MAX) if with_ranges else []
    told = [outcome.when, *(item.told() for item in found)]
    return Judged(
        id=name,
        status=status,
        claims=claims,
        outcome=outcome,
        when="; or ".join(filter(None, told)),
        reason="",
        reads=reads,
        figures=tuple(reader.figures),
        ranges=tuple(found),
    )


def _open(name: str, claims: tuple[str, ...], reason: str) -> Judged:
    return Judged(
        id=name,
        status=Status.NOT_CHECKABLE,
        claims=claims,
        outcome=None,
        when="",
        reason=reason,
        reads=(),
        figures=(),
        ranges=(),
    )


def _claim(claim: Claim, contradictions: Mapping[str, Judged], supports: Mapping[str, Judged]) -> JudgedClaim:
    own = [supports[claim.id]] if claim.id in supports else []
    about = [item for item in contradictions.values() if claim.id in item.claims]
    computed = [item for item in (*own, *about) if item.outcome is not None]
    against = [item for item in computed if _speaks_against(item, claim.id)]
    if against:
        return _made(claim, Status.CONTRADICTED, against)
    open_ = [item for item in computed if item.status in {Status.CONTRADICTED, Status.CONDITIONAL}]
    if open_:
        return _made(claim, Status.CONDITIONAL, open_)
    if computed:
        return _agreed(claim, computed)
    reasons = [item.reason for item in (*own, *about)] or [UNSUPPORTED.get(claim.id, _reason(claim))]
    return JudgedClaim(
        claim=claim,
        status=Status.NOT_CHECKABLE,
        computed="",
        when="",
        reason="; ".join(reasons),
        by=tuple(item.id for item in about),
    )


def _agreed(claim: Claim, computed: Sequence[Judged]) -> JudgedClaim:
    """Nothing speaks against a claim; it holds if all of its figures went into what was computed."""
    read = {index for item in computed for name, index in item.figures if name == claim.id}
    unread = [figure.text for index, figure in enumerate(claim.figures) if index not in read]
    made = _made(claim, Status.CONDITIONAL if unread else Status.HOLDS, computed)
    return replace(made, when=f"if what nothing computes is right: {', '.join(unread)}") if unread else made


def _speaks_against(item: Judged, claim: str) -> bool:
    assert item.outcome is not None
    is_alone = item.id != claim and item.claims == (claim,)
    return item.status == Status.CONTRADICTED and (claim in item.outcome.against or is_alone)


def _made(claim: Claim, status: Status, by: Sequence[Judged]) -> JudgedClaim:
    told = [f"{item.id}: {item.outcome.computed}" for item in by if item.outcome is not None]
    whens = []
    for item in by:
        others = [name for name in (item.claims if item.id != claim.id else item.reads) if name != claim.id]
        if item.status == Status.CONTRADICTED and status == Status.CONDITIONAL and others:
            whens.append(f"{_gives_way(others)} ({item.id})")
        elif item.when:
            whens.append(f"{item.when} ({item.id})")
    return JudgedClaim(
        claim=claim,
        status=status,
        computed="; ".join(told),
        when="; ".join(whens),
        reason="",
        by=tuple(item.id for item in by),
    )


def _gives_way(others: Sequence[str]) -> str:
    if len(others) == 1:
        return f"only without {others[0]}"
    return f"only if one of {', '.join(others)} gives way"


def _reason(claim: Claim) -> str:
    if claim.figures:
        return "an input of the documents: a choice or a measurement that nothing else in them determines"
    return "a statement of intent or of an outside product: no figure and no behaviour that the model has"
