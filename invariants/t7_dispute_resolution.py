"""T7: automatic dispute resolution, for the single receipt.

Documented: "resolvable iff a receipt exists with valid signature, hash and timestamp; evidence settles more
than 99 %" (T7-D, T7-F, T7-N1). False: two receipts of one key are each valid, so "charged twice" is settled
against the customer (T7-S3); whoever may sign can mint what settles (T7-S2).

Repaired, as far as this core goes: for the claims issued, altered, missing and duplicated, every definite
verdict is the correct one for the committed log; what the evidence does not decide is INCONCLUSIVE.

Not here: mis-rated and not-signed-by-my-key; the automation rate, which is an empirical frequency.
"""

from billproof.invariants.presentation import (
    committed_entries,
    presentation_money,
    presented_items,
    witnessed_heads,
)
from billproof.invariants.theorem import Scope, Theorem, Transition, invariant_clause, sometimes_mark
from billproof.model.context import Context
from billproof.model.disputes import Claim, Evidence, Resolution, resolve
from billproof.model.posting import is_charge_bearing
from billproof.model.state import Entry, Presented, State


def true_resolution(claim: Claim, entry: Entry, state: State) -> Resolution:
    """Return the resolution that the committed log demands: the truth table of T7."""
    committed = committed_entries(state)
    if entry not in committed:
        return Resolution.SYSTEM_FAULT
    if claim == Claim.DUPLICATED and is_charge_bearing(entry):
        twins = [
            other
            for other in committed
            if other.customer == entry.customer and other.key == entry.key and is_charge_bearing(other)
        ]
        if len(twins) > 1:
            return Resolution.REVERSED
    return Resolution.UPHELD


def definite_verdicts_are_correct(state: State, context: Context, claim: Claim) -> bool:
    """Every definite verdict on a presented or held receipt is the one that the committed log demands."""
    if not state.presenting:
        return True
    for item in _disputable(state):
        given = resolve(claim, _evidence(state, item), context)
        if given not in (Resolution.INCONCLUSIVE, true_resolution(claim, item.entry, state)):
            return False
    return True


def honest_evidence_decides(state: State, context: Context, claim: Claim) -> bool:
    """With an unedited ledger under a witnessed head, every dispute about an entry below it is decided."""
    if not state.presenting:
        return True
    heads = witnessed_heads(state)
    shown = presented_items(state)
    if tuple(item.entry for item in shown) != committed_entries(state):
        return True
    for item in shown:
        head = heads.get(item.entry.customer)
        if head is None or item.entry.sequence > head.sequence or item.signed != item.entry.digest:
            continue
        if resolve(claim, _evidence(state, item), context) == Resolution.INCONCLUSIVE:
            return False
    return True


def decided(transition: Transition, context: Context) -> bool:
    """Some dispute was decided for the charge."""
    return _some(transition.after, context, Resolution.UPHELD)


def fault_found(transition: Transition, context: Context) -> bool:
    """Some dispute ended in a system fault."""
    return _some(transition.after, context, Resolution.SYSTEM_FAULT)


def left_to_a_person(transition: Transition, context: Context) -> bool:
    """Some dispute was left to a person."""
    return _some(transition.after, context, Resolution.INCONCLUSIVE)


def _some(state: State, context: Context, wanted: Resolution) -> bool:
    return state.presenting and any(
        resolve(claim, _evidence(state, item), context) == wanted
        for item in _disputable(state)
        for claim in Claim
    )


def _evidence(state: State, item: Presented) -> Evidence:
    return Evidence(presented=presented_items(state), witnessed=witnessed_heads(state), disputed=item)


def _disputable(state: State) -> tuple[Presented, ...]:
    held = tuple(Presented(entry=entry, signed=entry.digest) for entry in committed_entries(state))
    return (*presented_items(state), *held)


THEOREM = Theorem(
    id="T7",
    title="dispute resolution",
    documented="evidence settles more than 99 % of disputes",
    repaired=(
        "for claims issued / altered / missing / duplicated about one receipt, every definite verdict is the "
        "correct one for the committed log, and an unedited ledger under a witnessed head decides"
    ),
    assumptions=(
        "C5: SHA-256 is collision resistant and signatures are unforgeable",
        "the reader has the witnessed head; claims of the classes mis-rated and not-signed are not judged",
    ),
    clauses=(
        invariant_clause(
            "T7",
            definite_verdicts_are_correct,
            scope=Scope.PRESENTED,
            provable=False,
            sometimes=("decided", "fault_found", "left_to_a_person"),
        ),
        invariant_clause(
            "T7", honest_evidence_decides, scope=Scope.PRESENTED, provable=False, sometimes=("decided",)
        ),
    ),
    sometimes=tuple(sometimes_mark(predicate) for predicate in (decided, fault_found, left_to_a_person)),
    money=presentation_money,
    claims=("T7-D", "T7-F", "T7-N1", "T7-S2", "T7-S3"),
)
