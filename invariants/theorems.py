"""The seven theorems and T0, in one explicit tuple; ids are never reused."""

from billproof.invariants import (
    t0_conservation,
    t1_no_double_billing,
    t2_no_data_loss,
    t3_corruption_detection,
    t4_consistency_bound,
    t5_quota,
    t6_ordering,
    t7_dispute_resolution,
)
from billproof.invariants.theorem import Clause, Theorem

THEOREMS: tuple[Theorem, ...] = (
    t0_conservation.THEOREM,
    t1_no_double_billing.THEOREM,
    t2_no_data_loss.THEOREM,
    t3_corruption_detection.THEOREM,
    t4_consistency_bound.THEOREM,
    t5_quota.THEOREM,
    t6_ordering.THEOREM,
    t7_dispute_resolution.THEOREM,
)
"""T0, which is our own, and T1 to T7."""

BY_ID: dict[str, Theorem] = {theorem.id: theorem for theorem in THEOREMS}
"""The theorems by id."""


def all_clauses() -> tuple[Clause, ...]:
    """Return every clause of every theorem, in order."""
    return tuple(clause for theorem in THEOREMS for clause in theorem.clauses)
