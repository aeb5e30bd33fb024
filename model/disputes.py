"""Disputes about one receipt: issued, altered, missing, duplicated.

The procedure sees what anybody can see: the ledger as the operator presents it, the witnessed heads, and
the receipt that the customer holds. It never sees the committed log. Under ``signature_only`` it does what
the documents say: a valid signature settles the dispute against the customer.

Not here: rating, authorisation and key theft, which need evidence that this core does not carry.

Source: ``theorems.md`` T7; rules R7.1, R7.4, R7.5; schedules T7-S3, T7-S4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from billproof.model.context import Context
from billproof.model.identifiers import CustomerId
from billproof.model.posting import is_charge_bearing
from billproof.model.state import Head, Presented
from billproof.model.switches import DisputeEvidence
from billproof.model.verification import check_signature, first_finding


class Claim(StrEnum):
    """What a customer claims about a receipt."""

    ISSUED = "issued"
    """"This charge was never made": the receipt shown is not in the ledger."""
    ALTERED = "altered"
    """"This is not what I was charged": the receipt shown differs from the one handed out."""
    MISSING = "missing"
    """"My receipt has gone": the receipt that I hold is not in the ledger presented."""
    DUPLICATED = "duplicated"
    """"I was charged twice": another charge bears the same key."""


class Resolution(StrEnum):
    """How a dispute ends."""

    UPHELD = "UPHELD"
    """The charge stands."""
    REVERSED = "REVERSED"
    """The charge is returned."""
    SYSTEM_FAULT = "SYSTEM_FAULT"
    """The operator's records are wrong; the charge is returned and the fault is recorded."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """The evidence does not decide; a person does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the procedure is given."""

    presented: Sequence[Presented]
    """The ledger that the operator shows, in log order."""
    witnessed: Mapping[CustomerId, Head]
    """The heads of the last witnessed checkpoint; empty without one."""
    disputed: Presented
    """The receipt in dispute: the customer's copy for ``MISSING`` and ``ALTERED``, else the operator's."""


def resolve(claim: Claim, evidence: Evidence, context: Context) -> Resolution:
    """Return the resolution of a dispute from its evidence alone.

    Args:
        claim: What the customer claims.
        evidence: Presented ledger, witnessed heads, the receipt in dispute.
        context: The design's rule of evidence and the digest oracle.
    """
    if context.design.dispute_evidence == DisputeEvidence.SIGNATURE_ONLY:
        return Resolution.UPHELD if check_signature(evidence.disputed, context) else Resolution.SYSTEM_FAULT
    entry = evidence.disputed.entry
    if not check_signature(evidence.disputed, context):
        # Nobody's signature stands behind it: it is no receipt, whatever the ledger says.
        return Resolution.SYSTEM_FAULT
    head = evidence.witnessed.get(entry.customer)
    if head is None or entry.sequence > head.sequence:
        return Resolution.INCONCLUSIVE
    if first_finding(evidence.presented, evidence.witnessed, context) is not None:
        return Resolution.INCONCLUSIVE
    chain = [item.entry for item in evidence.presented if item.entry.customer == entry.customer]
    if chain[entry.sequence - 1] != entry:
        return Resolution.SYSTEM_FAULT
    if claim == Claim.DUPLICATED and is_charge_bearing(entry):
        twins = [other for other in chain if other.key == entry.key and is_charge_bearing(other)]
        if len(twins) > 1:
            return Resolution.REVERSED
    return Resolution.UPHELD
