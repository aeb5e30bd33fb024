"""The next point to judge is a smallest one that satisfies every constraint, and none is missed."""

import random
from itertools import combinations

from billproof.invariants.repairs.candidates import smallest_point
from billproof.invariants.repairs.lattice import Constraint, Point

NAMES = ("a", "b", "c", "d", "e")


def constraint(text: str) -> Constraint:
    """Return the constraint of ``a -b``: a repaired, or b not repaired."""
    return frozenset((word.removeprefix("-"), not word.startswith("-")) for word in text.split())


def by_hand(constraints: list[Constraint]) -> int | None:
    """Return the size of a smallest satisfying point by trying all of them."""
    for size in range(len(NAMES) + 1):
        for names in combinations(NAMES, size):
            if all(any((name in names) == wanted for name, wanted in item) for item in constraints):
                return size
    return None


def found(*texts: str) -> Point | None:
    """Return the smallest point for constraints written as text."""
    return smallest_point([constraint(text) for text in texts], size_min=0, size_max=len(NAMES))


def test_without_constraints_nothing_is_repaired() -> None:
    assert found() == frozenset()


def test_one_switch_that_meets_two_constraints_is_preferred_to_two() -> None:
    assert found("a b", "b c") == frozenset({"b"})


def test_a_constraint_may_demand_that_a_switch_is_not_repaired() -> None:
    assert found("a", "-a b", "-a -b c") == frozenset({"a", "b", "c"})


def test_where_nothing_satisfies_there_is_no_point() -> None:
    assert found("a", "-a") is None
    assert found("") is None


def test_every_answer_is_as_small_as_one_found_by_trying_all() -> None:
    draw = random.Random(7)  # noqa: S311 - the seed makes the cases, nothing is secret
    for _ in range(300):
        constraints: list[Constraint] = [
            frozenset((name, draw.random() < 0.6) for name in draw.sample(NAMES, draw.randint(1, 3)))
            for _ in range(draw.randint(0, 6))
        ]
        point = smallest_point(constraints, size_min=0, size_max=len(NAMES))
        assert (None if point is None else len(point)) == by_hand(constraints), constraints
        if point is not None:
            assert all(any((name in point) == wanted for name, wanted in item) for item in constraints)
