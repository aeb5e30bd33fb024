"""Merging: paths that end alike become one, with choices at the leaves.

A command that looks up a head that may be missing, and a row that may be missing, has four paths where one
says as much: ``sequence = ite(present, stored, 0) + 1``. Paths merge where their outcomes have the same
status and write the same containers equally often; what differs is then only leaves. Nothing is lost: the
condition of a merged path is the disjunction of its parts, as one term along the decision tree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from billproof.invariants.prove.containers import SymbolicLog, SymbolicMap, Write
from billproof.invariants.prove.exploration import Need, Path
from billproof.invariants.prove.shapes import hints_of, is_record, shape_of, wrap
from billproof.invariants.prove.symbols import Domain
from billproof.invariants.prove.terms import FALSE, TRUE, Term, disjunction, ite

Signature = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One way in which a command can come out."""

    name: str
    """The status, numbered where several cases share it."""
    condition: Term
    outcome: object


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cases:
    """All ways in which a command can come out: exclusive, and together exhaustive."""

    cases: tuple[Case, ...]
    needs: tuple[Need, ...]
    """What the partial operations on all paths require, and that no path raises."""
    paths: int
    """The number of paths before merging."""


def _signature(value: object, hint: object, *, top: bool) -> Signature:
    """Return what two values must agree in to be merged."""
    if isinstance(value, SymbolicMap):
        return (value.base, value.empty, tuple(bool(write.value) for write in value.writes))
    if isinstance(value, SymbolicLog):
        return (value.base, value.limit, len(value.items))
    if is_record(hint):
        parts = (_signature(getattr(value, name), part, top=False) for name, part in hints_of(type(value)))
        return tuple(parts)
    leaf = shape_of(hint).leaves[0].domain
    named = leaf.kind is not None or leaf.name == "bool"
    return shape_of(hint).flatten(value) if top and named else ()


def signature_of(outcome: object) -> Signature:
    """Return status and flags of an outcome, and which containers it writes how often."""
    return tuple(_signature(getattr(outcome, name), hint, top=True) for name, hint in hints_of(type(outcome)))


def _choose_all(condition: Term, first: Sequence[Term], second: Sequence[Term]) -> tuple[Term, ...]:
    return tuple(ite(condition, one, other) for one, other in zip(first, second, strict=True))


def _merge(condition: Term, first: object, second: object, hint: object) -> object:
    if first is second:
        return first
    if isinstance(first, SymbolicMap):
        assert isinstance(second, SymbolicMap)
        writes = tuple(
            Write(
                key=_choose_all(condition, one.key, other.key),
                value=_choose_all(condition, one.value, other.value),
            )
            for one, other in zip(first.writes, second.writes, strict=True)
        )
        return SymbolicMap[object, object](first.base, empty=first.empty, writes=writes)
    if isinstance(first, SymbolicLog):
        assert isinstance(second, SymbolicLog)
        items = tuple(_choose_all(condition, *pair) for pair in zip(first.items, second.items, strict=True))
        return SymbolicLog[object](first.base, limit=first.limit, items=items)
    if is_record(hint):
        kind = cast("Callable[..., object]", type(first))
        return kind(
            **{
                name: _merge(condition, getattr(first, name), getattr(second, name), part)
                for name, part in hints_of(type(first))
            }
        )
    shape = shape_of(hint)
    domain: Domain = shape.leaves[0].domain
    return wrap(ite(condition, shape.flatten(first)[0], shape.flatten(second)[0]), domain)


Group = dict[Signature, tuple[Term, object]]


def _fold(paths: Sequence[Path[object]], depth: int) -> Group:
    first = paths[0]
    if len(paths) == 1 and len(first.decisions) == depth:
        return {} if first.error is not None else {signature_of(first.result): (TRUE, first.result)}
    condition = first.decisions[depth][0]
    split = next((index for index, path in enumerate(paths) if not path.decisions[depth][1]), len(paths))
    then, other = _fold(paths[:split], depth + 1), _fold(paths[split:], depth + 1)
    merged: Group = {}
    for signature in {**then, **other}:
        guard_then, outcome_then = then.get(signature, (FALSE, None))
        guard_other, outcome_other = other.get(signature, (FALSE, None))
        guard = ite(condition, guard_then, guard_other)
        if outcome_then is None or outcome_other is None:
            merged[signature] = (guard, outcome_then if outcome_other is None else outcome_other)
        else:
            outcome = _merge(condition, outcome_then, outcome_other, type(outcome_then))
            merged[signature] = (guard, outcome)
    return merged


def _needs_of(paths: Sequence[Path[object]]) -> tuple[Need, ...]:
    """Return the needs of all paths; those of one condition are joined."""
    premises: dict[tuple[Term, str], dict[Term, None]] = {}
    for path in paths:
        for need in path.needs:
            premises.setdefault((need.condition, need.description), {})[need.premise] = None
        if path.error is not None:
            description = f"no path raises {type(path.error).__name__}: {path.error}"
            premises.setdefault((FALSE, description), {})[path.condition] = None
    return tuple(
        Need(premise=disjunction(found), condition=condition, description=description)
        for (condition, description), found in premises.items()
    )


def merge(paths: Sequence[Path[object]], status: Callable[[object], str]) -> Cases:
    """Return the cases of a command.

    Args:
        paths: All paths of the command, in the order of exploration.
        status: Names an outcome, for labels.
    """
    counts: dict[str, int] = {}
    cases: list[Case] = []
    for condition, outcome in _fold(paths, 0).values():
        name = status(outcome)
        counts[name] = counts.get(name, 0) + 1
        label = name if counts[name] == 1 else f"{name} {counts[name]}"
        cases.append(Case(name=label, condition=condition, outcome=outcome))
    return Cases(cases=tuple(cases), needs=_needs_of(paths), paths=len(paths))


def unmerged(paths: Sequence[Path[object]], status: Callable[[object], str]) -> Cases:
    """Return every path as a case of its own, for checking that merging changes nothing."""
    cases = tuple(
        Case(name=f"{status(path.result)} {path.name}", condition=path.condition, outcome=path.result)
        for path in paths
        if path.error is None
    )
    return Cases(cases=cases, needs=_needs_of(paths), paths=len(paths))
