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
from billproof.simulations.claims.checks.supports import SUPPORTS
from billproof.simulations.claims.relations import Check

__all__ = ["CHECKS", "REASONS", "SUPPORTS", "UNSUPPORTED"]

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

UNSUPPORTED: Final[dict[str, str]] = {
    "T1-A1": "an assumption about clients; theorem T1 states it as one",
    "T3-P1": "a step of a proof: that an edited receipt fails its signature is what theorem T3 is built on",
    "T3-P2": "an assumption about the key; theorem T3 states it as one",
    "T5-A1": "where a value is kept: the model has one authoritative store",
    "SC-15": "a claim about everything; the theorems are what can be judged of it",
    "SC-20": "a judgement without a figure; XC-14 and XE-44 compute what the second region costs",
    "T7-F2": "an inference from a missing receipt; theorem T7 judges the procedure, see XA-50",
    "LA-09": "a measurement",
}
"""Why a claim that nothing computes is not checkable, where the general reason does not fit."""
