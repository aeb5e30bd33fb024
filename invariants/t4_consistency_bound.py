"""T4: the consistency bound.

Documented: "replicas converge; at any time the difference is at most K, about 5,000 events" (T4-F1, T4-C).
False: a link outage of 30 s leaves 300,000 (T4-S1), and diverged histories have no merge rule (T4-S2).

Repaired, as far as this core goes: every replica state is a prefix state, and by admission the backlog is
at most K. Not here: age of reads, drain time, reconciliation across projections.
"""

from billproof.invariants.chains import is_position
from billproof.invariants.supporting import is_same_entry
from billproof.invariants.theorem import (
    Money,
    Scope,
    Theorem,
    Transition,
    invariant_clause,
    sometimes_mark,
    step_clause,
)
from billproof.model.commands import Charge, Reconcile, Replicate
from billproof.model.context import Context
from billproof.model.identifiers import Amount, CustomerId, Position
from billproof.model.outcomes import Status
from billproof.model.posting import invoice_effect, other_region, site_of
from billproof.model.state import State


def replica_is_a_prefix(state: State, context: Context, position: Position) -> bool:
    """The log of a replica that belongs to the quorum is a prefix of the leader's log."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if not state.joined:
        return True
    if other.ledger.length > leader.ledger.length:
        return False
    if not is_position(other, position):
        return True
    return is_same_entry(other.ledger.at(position), leader.ledger.at(position))


def backlog_is_bounded(state: State, context: Context) -> bool:
    """The replica in the quorum is never more than K entries behind."""
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if not state.joined:
        return True
    return leader.ledger.length - other.ledger.length <= context.design.lag_entries_max


def reconciliation_is_silent_when_healthy(
    transition: Transition, context: Context, customer: CustomerId
) -> bool:
    """Reconciliation moves no balance of a log that its balances agree with."""
    del context
    command = transition.command
    if not isinstance(command, Reconcile):
        return True
    before = site_of(transition.before, command.region)
    after = site_of(transition.after, command.region)
    if not before.accounts.contains(customer) or not after.accounts.contains(customer):
        return before.accounts.contains(customer) == after.accounts.contains(customer)
    return before.accounts.get(customer).balance == after.accounts.get(customer).balance


def backlog_refusals_are_justified(transition: Transition, context: Context) -> bool:
    """A charge is refused for the backlog only by a leader whose replica is K entries behind, as it knows."""
    command = transition.command
    if not isinstance(command, Charge) or transition.outcome.replayed:
        return True
    if transition.status != Status.BACKLOG_FULL:
        return True
    site = site_of(transition.before, command.region)
    return not site.solo and site.ledger.length - site.confirmed >= context.design.lag_entries_max


def backlog_refused(transition: Transition, context: Context) -> bool:
    """A charge met a replica that was K entries behind."""
    command = transition.command
    if not isinstance(command, Charge):
        return False
    site = site_of(transition.before, command.region)
    return not site.solo and site.ledger.length - site.confirmed >= context.design.lag_entries_max


def reconciled_when_healthy(transition: Transition, context: Context) -> bool:
    """Reconciliation ran on an account that has entries, and found nothing to move."""
    del context
    command = transition.command
    if not isinstance(command, Reconcile) or transition.status != Status.DONE:
        return False
    site = site_of(transition.before, command.region)
    return site.accounts.contains(command.customer) and transition.after == transition.before


def replica_behind(transition: Transition, context: Context) -> bool:
    """A replica took an entry and was still behind."""
    del context
    if not isinstance(transition.command, Replicate) or transition.status != Status.DONE:
        return False
    leader = site_of(transition.after, transition.after.leader)
    other = site_of(transition.after, other_region(transition.after.leader))
    return other.ledger.length < leader.ledger.length


def money(state: State) -> Money:
    """State divergence: owed is what the leader's log bills, billed what the replica's log bills."""
    totals = []
    for region in (state.leader, other_region(state.leader)):
        ledger = site_of(state, region).ledger
        totals.append(sum(invoice_effect(ledger.at(Position(index))) for index in range(ledger.length)))
    return Money(owed=Amount(totals[0]), billed=Amount(totals[1]))


THEOREM = Theorem(
    id="T4",
    title="consistency bound",
    documented="lag at most 30 s, difference at most K, about 5,000 events",
    repaired="every replica state is a prefix state, and the backlog is at most K by admission",
    assumptions=(
        "C1, C3 as for T2",
        "safety half only: prefix and backlog; age and drain time are not judged yet",
    ),
    clauses=(
        invariant_clause("T4", replica_is_a_prefix, scope=Scope.TWO_REGIONS, sometimes=("replica_behind",)),
        invariant_clause("T4", backlog_is_bounded, scope=Scope.TWO_REGIONS, sometimes=("backlog_refused",)),
        step_clause(
            "T4", backlog_refusals_are_justified, scope=Scope.TWO_REGIONS, sometimes=("backlog_refused",)
        ),
        step_clause(
            "T4",
            reconciliation_is_silent_when_healthy,
            scope=Scope.TWO_REGIONS,
            sometimes=("reconciled_when_healthy",),
        ),
    ),
    sometimes=tuple(
        sometimes_mark(predicate) for predicate in (backlog_refused, replica_behind, reconciled_when_healthy)
    ),
    money=money,
    claims=("T4-F1", "T4-C", "T4-S1", "T4-S2"),
)
