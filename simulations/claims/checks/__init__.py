"""The checks by the id of their contradiction, and the reasons of those that nothing can compute."""

from typing import Final

from billproof.simulations.claims.checks.capacity import CAPACITY
from billproof.simulations.claims.checks.chances import CHANCES
from billproof.simulations.claims.checks.cost_lines import COST_LINES
from billproof.simulations.claims.checks.cost_totals import COST_TOTALS
from billproof.simulations.claims.checks.finance import FINANCE
from billproof.simulations.claims.checks.recovery import RECOVERY
from billproof.simulations.claims.checks.scaling import SCALING
from billproof.simulations.claims.relations import Check

CHECKS: Final[dict[str, Check]] = {
    **RECOVERY,
    **CAPACITY,
    **SCALING,
    **COST_LINES,
    **COST_TOTALS,
    **FINANCE,
    **CHANCES,
}
"""Contradictions that are computed."""

REASONS: Final[dict[str, str]] = {}
"""Why the others are not."""

SUPPORTS: Final[dict[str, Check]] = {}
"""Computations about single claims that no contradiction names, or that speak for a claim."""

UNSUPPORTED: Final[dict[str, str]] = {}
"""Why a claim that nothing computes is not checkable, where the general reason does not fit."""
