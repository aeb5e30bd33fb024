"""T3: corruption detection.

Documented: "any alteration or deletion of a historical receipt is prevented or detected within 5 minutes"
(T3-D, T3-F, T3-C). False: a cut tail verifies (T3-S2), whoever may call sign can rewrite a suffix (T3-S1),
two valid chains are shown to two readers (T3-S3), the concatenated preimage gives one hash to two receipts
(T3-S4), the archive can be overwritten (T3-S6), a restore brings back what was superseded (T3-S7), and the
job that is to find it all replays balances only (T3-S8).

Repaired: for a witnessed head, any presentation inconsistent with it - altered, missing, reordered, forked
or re-signed at or before it - is found by any reader who checks against it, even if the operator's key is
stolen. Nothing is claimed beyond the head. The head itself names every chain, the archive keeps what was
committed, and the operator's auditor is such a reader.

Not here: several witnesses (2w - n > f), delays of the auditor.
"""

from billproof.invariants.chains import is_position
from billproof.invariants.presentation import presentation_money, presented_clause, reader_finding
from billproof.invariants.reading import (
    Reading,
    accepted_presentation_is_the_log,
    accepts,
    claimed_size,
    committed,
    honest_presentation_is_accepted,
    shows_the_committed_entry,
)
from billproof.invariants.theorem import (
    Scope,
    Theorem,
    Transition,
    invariant_clause,
    sometimes_mark,
)
from billproof.model.commands import (
    AlterPresented,
    DeletePresented,
    ForkPresented,
    PublishCheckpoint,
    ReorderPresented,
    ResignPresented,
    TruncatePresented,
)
from billproof.model.context import Context
from billproof.model.effects import balance_effect
from billproof.model.identifiers import Amount, CustomerId, Position
from billproof.model.outcomes import Status
from billproof.model.outside_commands import Archive
from billproof.model.posting import site_of
from billproof.model.state import ChainName, Presented, State
from billproof.model.switches import HeadAudit


def checkpoint_names_every_chain(state: State, context: Context, position: Position) -> bool:
    """A published checkpoint names, for every entry that it covers, a head at or after it."""
    del context
    leader = site_of(state, state.leader)
    if not state.checkpoint.published or position >= state.checkpoint.size:
        return True
    if not is_position(leader, position):
        return position < 0
    entry = leader.ledger.at(position)
    if not state.checkpoint.heads.contains(entry.customer):
        return False
    return entry.sequence <= state.checkpoint.heads.get(entry.customer).sequence


def archive_keeps_what_was_committed(state: State, context: Context, position: Position) -> bool:
    """Every archived receipt is the one that the log has at its place."""
    del context
    leader = site_of(state, state.leader)
    if not state.exhibits.archive.contains(position):
        return True
    if not is_position(leader, position):
        return False
    return leader.ledger.at(position).digest == state.exhibits.archive.get(position)


def what_the_auditor_passes_is_the_log(reading: Reading, context: Context, name: ChainName) -> bool:
    """Where the operator's own auditor raises no alarm, what it saw is the committed log, up to the head."""
    if name.sequence < 1 or name.sequence > claimed_size(reading, context, name.customer):
        return True
    if not audit_passes(reading, context, name.customer):
        return True
    return shows_the_committed_entry(reading, name)


def audit_passes(reading: Reading, context: Context, customer: CustomerId) -> bool:
    """Tell whether the auditor that the design has raises no alarm about a customer's chain.

    The documented job replays balances (XA-28); the repaired one is a reader of every head.
    """
    if context.design.head_audit == HeadAudit.EVERY_HEAD_HASHES_AND_FOLD:
        return accepts(reading, customer)
    shown = reading.state.presented.total(presented_effect, customer)
    return shown == committed(reading).ledger.total(balance_effect, customer)


def presented_effect(item: Presented, customer: CustomerId) -> Amount:
    """Return what a presented receipt adds to the balance of a customer, in units."""
    return balance_effect(item.entry, customer)


def archived(transition: Transition, context: Context) -> bool:
    """A receipt went to the archive."""
    del context
    return isinstance(transition.command, Archive) and transition.status == Status.DONE


def published(transition: Transition, context: Context) -> bool:
    """A checkpoint was published by a leader whose replica has all that it covers."""
    del context
    command = transition.command
    if not isinstance(command, PublishCheckpoint) or transition.status != Status.DONE:
        return False
    return not site_of(transition.before, command.region).solo


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
        presented_clause(
            "T3",
            what_the_auditor_passes_is_the_log,
            sometimes=("tampered", "tampering_found"),
            descends=True,
        ),
        invariant_clause(
            "T3", checkpoint_names_every_chain, scope=Scope.TWO_REGIONS, sometimes=("published",)
        ),
        invariant_clause(
            "T3", archive_keeps_what_was_committed, scope=Scope.TWO_REGIONS, sometimes=("archived",)
        ),
    ),
    sometimes=tuple(
        sometimes_mark(predicate)
        for predicate in (
            tampered,
            signed_with_stolen_permission,
            tampering_found,
            honest_ledger_accepted,
            archived,
            published,
        )
    ),
    money=presentation_money,
    claims=("T3-D", "T3-F", "T3-C", "T3-S1", "T3-S2", "T3-S3", "T3-S4", "T3-S5", "T3-S6", "T3-S7", "T3-S8"),
)
