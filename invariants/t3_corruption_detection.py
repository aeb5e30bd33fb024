"""T3: corruption detection.

Documented: "any alteration or deletion of a historical receipt is prevented or detected within 5 minutes"
(T3-D, T3-F, T3-C). False: a cut tail verifies (T3-S2), whoever may call sign can rewrite a suffix (T3-S1),
two valid chains are shown to two readers (T3-S3), and the concatenated preimage gives one hash to two
receipts (T3-S4).

Repaired: for a witnessed head, any presentation inconsistent with it - altered, missing, reordered, forked
or re-signed at or before it - is found by any reader who checks against it, even if the operator's key is
stolen. Nothing is claimed beyond the head.

Not here: several witnesses (2w - n > f), delays of the auditor.
"""

from billproof.invariants.presentation import presentation_money, presented_clause, reader_finding
from billproof.invariants.reading import (
    accepted_presentation_is_the_log,
    honest_presentation_is_accepted,
)
from billproof.invariants.theorem import Theorem, Transition, sometimes_mark
from billproof.model.commands import (
    AlterPresented,
    DeletePresented,
    ForkPresented,
    ReorderPresented,
    ResignPresented,
    TruncatePresented,
)
from billproof.model.context import Context
from billproof.model.outcomes import Status


def tampered(transition: Transition, context: Context) -> bool:
    """A presented ledger was edited."""
    del context
    moves = (AlterPresented, DeletePresented, TruncatePresented, ReorderPresented)
    return isinstance(transition.command, moves) and transition.status == Status.DONE


def signed_with_stolen_permission(transition: Transition, context: Context) -> bool:
    """A presented ledger was edited and signed again."""
    del context
    moves = (ForkPresented, ResignPresented)
    return isinstance(transition.command, moves) and transition.status == Status.DONE


def tampering_found(transition: Transition, context: Context) -> bool:
    """A reader found an edited ledger out."""
    return transition.after.presenting and reader_finding(transition.after, context) is not None


def honest_ledger_accepted(transition: Transition, context: Context) -> bool:
    """A reader accepted a ledger that was not edited."""
    return transition.after.presenting and reader_finding(transition.after, context) is None


THEOREM = Theorem(
    id="T3",
    title="corruption detection",
    documented="any change is found in 5 minutes; P(undetected) <= 10^-15 x 10^-12",
    repaired=(
        "any presentation inconsistent with a witnessed head is detected by any reader who checks, except "
        "with Adv_CR + Adv_EUF-CMA, even with the operator's key stolen"
    ),
    assumptions=(
        "C5: SHA-256 is collision resistant (injective in the proof), the witness signature unforgeable",
        "one honest witness (w = n = 1, f = 0); its head is known to the reader",
        "signatures are ideal in the search; RSA itself is exercised by the audit and its tests",
    ),
    clauses=(
        presented_clause(
            "T3",
            accepted_presentation_is_the_log,
            sometimes=("tampered", "signed_with_stolen_permission", "tampering_found"),
            descends=True,
        ),
        presented_clause("T3", honest_presentation_is_accepted, sometimes=("honest_ledger_accepted",)),
    ),
    sometimes=tuple(
        sometimes_mark(predicate)
        for predicate in (
            tampered,
            signed_with_stolen_permission,
            tampering_found,
            honest_ledger_accepted,
        )
    ),
    money=presentation_money,
    claims=("T3-D", "T3-F", "T3-C", "T3-S1", "T3-S2", "T3-S3", "T3-S4", "T3-S5"),
)
