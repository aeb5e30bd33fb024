"""The checks by the id of their contradiction, and the reasons of those that nothing can compute."""

from typing import Final

from billproof.simulations.claims.checks.capacity import CAPACITY
from billproof.simulations.claims.checks.chances import CHANCES
from billproof.simulations.claims.checks.compliance import COMPLIANCE
from billproof.simulations.claims.checks.cost_lines import COST_LINES
from billproof.simulations.claims.checks.cost_totals import COST_TOTALS
from billproof.simulations.claims.checks.finance import FINANCE
from billproof.simulations.claims.checks.integrity import INTEGRITY
from billproof.simulations.claims.checks.lags import LAGS
from billproof.simulations.claims.checks.operations import OPERATIONS
from billproof.simulations.claims.checks.protocol import PROTOCOL
from billproof.simulations.claims.checks.quota import QUOTA
from billproof.simulations.claims.checks.recovery import RECOVERY
from billproof.simulations.claims.checks.scaling import SCALING
from billproof.simulations.claims.relations import Check

CHECKS: Final[dict[str, Check]] = {
    **PROTOCOL,
    **INTEGRITY,
    **LAGS,
    **QUOTA,
    **RECOVERY,
    **CAPACITY,
    **SCALING,
    **COST_LINES,
    **COST_TOTALS,
    **FINANCE,
    **CHANCES,
    **COMPLIANCE,
    **OPERATIONS,
}
"""Contradictions that are computed."""

REASONS: Final[dict[str, str]] = {
    "XA-72": "rests on what a vendor's commit returns, which neither the claims nor the model say",
    "XB-21": "rests on a vendor's list of column types, which was not verified",
    "XE-57": "rests on an argument that the claim abridges, about a database outside the model",
    "XH-07": "rests on the law: whether it knows such a period",
    "XH-15": "the claim keeps only one of the two sentences",
}
"""Why the others are not."""

SUPPORTS: Final[dict[str, Check]] = {}
"""Computations about single claims that no contradiction names, or that speak for a claim."""

UNSUPPORTED: Final[dict[str, str]] = {}
"""Why a claim that nothing computes is not checkable, where the general reason does not fit."""
