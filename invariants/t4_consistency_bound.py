"""T4: the consistency bound.

Documented: "replicas converge; at any time the difference is at most K, about 5,000 events" (T4-F1, T4-C).
False: a link outage of 30 s leaves 300,000 (T4-S1), and diverged histories have no merge rule (T4-S2).

Repaired: every replica state is a prefix state; by admission the backlog is at most K; every answer carries
its index and the time of it, and a region that has left the quorum gives none; reconciliation at one index
reports every divergence of the documents from the log, repairs it, and is silent otherwise (T4-S4).
How long a backlog takes to clear is a timed clause, run for small rates only (``drain``).
"""

from dataclasses import replace

from billproof.invariants.chains import is_position
from billproof.invariants.drain import clears_from
from billproof.invariants.explore.cast import request
from billproof.invariants.replicas import is_same_entry
from billproof.invariants.theorem import (
    Money,
    Scope,
    Tag,
    Theorem,
    Transition,
    invariant_clause,
    sometimes_mark,
    step_clause,
)
from billproof.model.commands import Charge, Reconcile, Replicate
from billproof.model.context import Context
from billproof.model.effects import balance_effect, invoice_effect
from billproof.model.identifiers import Amount, CustomerId, Position
from billproof.model.outcomes import Status
from billproof.model.outside_commands import CompareDocument, ReadBalance
from billproof.model.posting import other_region, site_of
from billproof.model.reconciliation import replayed_balance, shown_balance
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


def alarms_are_true(transition: Transition, context: Context, customer: CustomerId) -> bool:
    """Reconciliation raises no alarm and moves no document that agrees with the log at its own index."""
    del context
    command = transition.command
    if not isinstance(command, CompareDocument) or command.customer != customer:
        return True
    before, after = transition.before, transition.after
    shown = shown_balance(before.exhibits, customer)
    if shown != replayed_balance(before, customer):
        return True
    return shown_balance(after.exhibits, customer) == shown and not after.exhibits.alarms.contains(customer)


def documents_are_of_what_is_durable(state: State, context: Context) -> bool:
    """The documents are made of entries that a failover to the replica in the quorum cannot lose."""
    del context
    leader = site_of(state, state.leader)
    if state.exhibits.projected > leader.ledger.length:
        return False
    replica = site_of(state, other_region(state.leader))
    return not state.joined or state.exhibits.projected <= replica.ledger.length


def divergence_is_reported_and_repaired(
    transition: Transition, context: Context, customer: CustomerId
) -> bool:
    """Reconciliation raises an alarm for every document that disagrees, and leaves it as the log has it."""
    del context
    command = transition.command
    if not isinstance(command, CompareDocument) or command.customer != customer:
        return True
    before, after = transition.before, transition.after
    if shown_balance(after.exhibits, customer) != replayed_balance(after, customer):
        return False
    diverged = shown_balance(before.exhibits, customer) != replayed_balance(before, customer)
    return not diverged or after.exhibits.alarms.contains(customer)


def no_read_is_old_and_unlabelled(transition: Transition, context: Context) -> bool:
    """Every answer says of which index and time it is, or there is nothing that it does not know."""
    del context
    if not isinstance(transition.command, ReadBalance) or transition.status != Status.DONE:
        return True
    answer, state = transition.after.exhibits.answer, transition.after
    if answer.is_labelled:
        return True
    return answer.index == site_of(state, state.leader).ledger.length


def labelled_reads_are_of_the_log(transition: Transition, context: Context) -> bool:
    """A labelled answer is what the leader's log comes to at its index, and no region outside answers."""
    del context
    command, state = transition.command, transition.after
    if not isinstance(command, ReadBalance) or transition.status != Status.DONE:
        return True
    answer = state.exhibits.answer
    if not answer.is_labelled:
        return True
    leader = site_of(state, state.leader)
    if site_of(state, command.region).epoch < state.epoch or answer.index > leader.ledger.length:
        return False
    if answer.index >= 1 and answer.as_of != leader.ledger.at(Position(answer.index - 1)).commit_time:
        return False
    return answer.balance == leader.ledger.first(answer.index).total(balance_effect, answer.customer)


def backlog_clears_in_time(state: State, context: Context) -> bool:
    """Under bounded arrivals, a backlog clears within (b + sigma + lambda d) / (mu - lambda) of an outage."""
    if not state.joined:
        return True
    return clears_from(state, context, request("drain", 0))


def compared_while_behind(transition: Transition, context: Context) -> bool:
    """A document was compared while entries were on their way to it."""
    del context
    state = transition.before
    behind = state.exhibits.projected < site_of(state, state.leader).ledger.length
    return isinstance(transition.command, CompareDocument) and behind


def divergence_found(transition: Transition, context: Context) -> bool:
    """Reconciliation found a document that a fault had moved."""
    del context
    command = transition.command
    if not isinstance(command, CompareDocument):
        return False
    return transition.after.exhibits.alarms.contains(command.customer)


def read_while_behind(transition: Transition, context: Context) -> bool:
    """A replica that was behind answered."""
    del context
    command, state = transition.command, transition.after
    if not isinstance(command, ReadBalance) or transition.status != Status.DONE:
        return False
    behind = state.exhibits.answer.index < site_of(state, state.leader).ledger.length
    return command.region != state.leader and behind


def outsider_refused(transition: Transition, context: Context) -> bool:
    """A region that had left the quorum refused to answer."""
    del context
    return isinstance(transition.command, ReadBalance) and transition.status == Status.NOT_LEADER


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
    repaired=(
        "every replica state is a prefix state, the backlog is at most K by admission, every answer says of "
        "which index and time it is, and reconciliation at one index reports every divergence and no other"
    ),
    assumptions=(
        "C1, C3 as for T2",
        "clocks of readers have bounded drift; how old is too old is the reader's to say",
        "the time in which a backlog clears is run for sigma = lambda = 1, mu = 2, outages to 2 ticks",
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
        step_clause(
            "T4",
            alarms_are_true,
            scope=Scope.TWO_REGIONS,
            sometimes=("compared_while_behind",),
        ),
        invariant_clause(
            "T4",
            documents_are_of_what_is_durable,
            scope=Scope.TWO_REGIONS,
            sometimes=("compared_while_behind",),
        ),
        step_clause(
            "T4",
            divergence_is_reported_and_repaired,
            scope=Scope.TWO_REGIONS,
            sometimes=("divergence_found",),
        ),
        step_clause(
            "T4",
            no_read_is_old_and_unlabelled,
            scope=Scope.TWO_REGIONS,
            sometimes=("read_while_behind",),
        ),
        step_clause(
            "T4",
            labelled_reads_are_of_the_log,
            scope=Scope.TWO_REGIONS,
            sometimes=("read_while_behind", "outsider_refused"),
        ),
        replace(
            invariant_clause(
                "T4",
                backlog_clears_in_time,
                scope=Scope.TWO_REGIONS,
                provable=False,
                sometimes=("replica_behind",),
            ),
            tag=Tag.TIMED,
        ),
    ),
    sometimes=tuple(
        sometimes_mark(predicate)
        for predicate in (
            backlog_refused,
            replica_behind,
            reconciled_when_healthy,
            compared_while_behind,
            divergence_found,
            read_while_behind,
            outsider_refused,
        )
    ),
    money=money,
    claims=("T4-F1", "T4-C", "T4-V", "T4-S1", "T4-S2", "T4-S4", "T4-S6"),
)
