"""Points that no known constraint rules out, smallest first.

Theory of operation. Every counterexample becomes a constraint: a design that is to hold must differ from the
refuted one in at least one of the switches that the counterexample depends on. The next point to judge is a
smallest one that satisfies all constraints; it then holds, and is a minimal sufficient set, or it yields
another constraint. When no point is left, all minimal sets are known. Nothing here assumes that more repairs
are better: a constraint may demand that a switch is *not* repaired.

Source: implicit hitting sets, as in MARCO-style enumeration; ``verification.md`` "What the best do".
"""

from collections.abc import Sequence

from billproof.invariants.repairs.lattice import Constraint, Point


def smallest_point(constraints: Sequence[Constraint], *, size_min: int, size_max: int) -> Point | None:
    """Return a smallest point that satisfies every constraint, or ``None`` if there is none.

    Args:
        constraints: What must hold; an empty constraint cannot be satisfied.
        size_min: No smaller point is looked for.
        size_max: How many switches there are.
    """
    ordered = sorted(set(constraints), key=lambda item: (len(item), sorted(item)))
    forced = _forced(ordered)
    if forced is None:
        return None
    chosen, barred = forced
    for size in range(max(size_min, len(chosen)), size_max + 1):
        found = _extended(ordered, chosen, barred, size)
        if found is not None:
            return found
    return None


def _forced(constraints: Sequence[Constraint]) -> tuple[Point, Point] | None:
    """Return what constraints of one literal force in and out, followed to the end."""
    chosen: set[str] = set()
    barred: set[str] = set()
    changed = True
    while changed:
        changed = False
        for item in constraints:
            if any((name in chosen) if wanted else (name in barred) for name, wanted in item):
                continue
            left = [(name, wanted) for name, wanted in item if name not in (barred if wanted else chosen)]
            if not left:
                return None
            if len(left) == 1:
                name, wanted = left[0]
                (chosen if wanted else barred).add(name)
                changed = True
    return frozenset(chosen), frozenset(barred)


def _extended(constraints: Sequence[Constraint], chosen: Point, barred: Point, size: int) -> Point | None:
    """Return a satisfying point of at most ``size`` switches, with ``chosen`` and without ``barred``."""
    violated = next((item for item in constraints if not _is_met(item, chosen)), None)
    if violated is None:
        return chosen
    if len(chosen) == size:
        return None
    for name, wanted in sorted(violated):
        if not wanted or name in barred:
            continue
        found = _extended(constraints, chosen | {name}, barred, size)
        if found is not None:
            return found
        # Every point with this switch was looked at; the next branches need not meet it again.
        barred |= {name}
    return None


def _is_met(constraint: Constraint, point: Point) -> bool:
    return any((name in point) == wanted for name, wanted in constraint)
