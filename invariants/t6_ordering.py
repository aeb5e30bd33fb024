"""T6: event ordering.

Documented: "previous_hash = hash(E(i-1)), sequence = i, timestamp strictly greater; deletion and reordering
are impossible" (T6-F1, T6-F2, T6-C). False: two events read the same head (T6-S2), a clock goes back
(T6-S5), a cut suffix satisfies all three conditions (T6-S1).

Repaired: order is the sequence number; commit time never decreases; and any entries accepted for a customer
against the witnessed head (n, h) are exactly the committed sequence 1..n.
"""

from billproof.invariants.chains import is_position
from billproof.invariants.presentation import presentation_money, presented_clause
from billproof.invariants.reading import accepted_chain_is_the_committed_one
from billproof.invariants.supporting import (
    chain_is_dense,
    commit_time_never_decreases,
    entry_is_linked,
    head_is_the_last_entry,
)
from billproof.invariants.t1_no_double_billing import OPERATIONS
from billproof.invariants.t3_corruption_detection import tampered
from billproof.invariants.theorem import (
    Money,
    Theorem,
    Transition,
    invariant_clause,
    sometimes_mark,
    step_clause,
)
from billproof.model.commands import AdvanceTime, Charge
from billproof.model.context import Context
from billproof.model.effects import invoice_effect
from billproof.model.identifiers import Amount, Position
from billproof.model.outcomes import Region, Status
from billproof.model.posting import site_of
from billproof.model.state import NO_HEAD, State


def sequence_is_unique(
    state: State, context: Context, region: Region, first: Position, second: Position
) -> bool:
    """No two entries of a customer have the same sequence number."""
    del context
    site = site_of(state, region)
    if not is_position(site, first) or not is_position(site, second) or first >= second:
        return True
    one, other = site.ledger.at(first), site.ledger.at(second)
    return one.customer != other.customer or one.sequence != other.sequence


def sequence_follows_the_log(
    state: State, context: Context, region: Region, first: Position, second: Position
) -> bool:
    """An entry that is linked behind another lies behind it in the log."""
    del context
    site = site_of(state, region)
    if not is_position(site, first) or not is_position(site, second):
        return True
    one, other = site.ledger.at(first), site.ledger.at(second)
    if one.customer != other.customer or one.sequence + 1 != other.sequence:
        return True
    return first < second and other.previous == one.digest


def commit_time_is_that_of_the_clock(transition: Transition, context: Context) -> bool:
    """An entry has the time of its commit, or that of the entry before where the clock is behind that."""
    del context
    command = transition.command
    if not isinstance(command, OPERATIONS) or transition.outcome.replayed:
        return True
    before, after = site_of(transition.before, command.region), site_of(transition.after, command.region)
    if after.ledger.length <= before.ledger.length:
        return True
    entry = after.ledger.at(Position(after.ledger.length - 1))
    if entry.commit_time == transition.before.now:
        return True
    previous = before.heads.get_or(entry.customer, NO_HEAD).commit_time
    return entry.commit_time == previous and transition.before.now < previous


def second_entry_committed(transition: Transition, context: Context) -> bool:
    """A customer's chain grew beyond its first entry."""
    del context
    command = transition.command
    if not isinstance(command, Charge) or transition.status > Status.ACCEPTED_WITH_WARNING:
        return False
    site = site_of(transition.before, command.region)
    customer = command.request.customer
    return site.heads.contains(customer) and not transition.outcome.replayed


def clock_went_back(transition: Transition, context: Context) -> bool:
    """The clock was set back."""
    del context
    return isinstance(transition.command, AdvanceTime) and transition.after.now < transition.before.now


def money(state: State) -> Money:
    """State a fork: owed counts one entry per place in a chain, billed counts all; or what is presented."""
    if state.presenting:
        return presentation_money(state)
    site = site_of(state, state.leader)
    owed, billed, places = 0, 0, set()
    for index in range(site.ledger.length):
        entry = site.ledger.at(Position(index))
        billed += invoice_effect(entry)
        if (entry.customer, entry.sequence) not in places:
            places.add((entry.customer, entry.sequence))
            owed += invoice_effect(entry)
    return Money(owed=Amount(owed), billed=Amount(billed))


THEOREM = Theorem(
    id="T6",
    title="event ordering",
    documented="gap-free, linked, strictly increasing timestamps; deletion impossible",
    repaired=(
        "any entries accepted for customer c against witnessed head (n, h) are exactly the committed "
        "sequence 1..n, except with Adv_CR; order is seq; commit time never decreases"
    ),
    assumptions=(
        "C1, C3: one writer advances a head per epoch",
        "C5: SHA-256 is collision resistant (an oracle in the proof, SHA-256 in the search)",
        "nothing is claimed beyond the witnessed head",
    ),
    clauses=(
        invariant_clause("T6", sequence_is_unique, sometimes=("second_entry_committed",)),
        invariant_clause("T6", sequence_follows_the_log, sometimes=("second_entry_committed",)),
        invariant_clause("T6", chain_is_dense, sometimes=("second_entry_committed",)),
        invariant_clause("T6", entry_is_linked, sometimes=("second_entry_committed",)),
        invariant_clause("T6", head_is_the_last_entry, sometimes=("second_entry_committed",)),
        invariant_clause("T6", commit_time_never_decreases, sometimes=("clock_went_back",)),
        step_clause(
            "T6", commit_time_is_that_of_the_clock, sometimes=("second_entry_committed", "clock_went_back")
        ),
        presented_clause("T6", accepted_chain_is_the_committed_one, sometimes=("tampered",), descends=True),
    ),
    sometimes=tuple(
        sometimes_mark(predicate) for predicate in (second_entry_committed, clock_went_back, tampered)
    ),
    money=money,
    claims=("T6-F1", "T6-F2", "T6-C", "T6-S1", "T6-S2", "T6-S5"),
)
