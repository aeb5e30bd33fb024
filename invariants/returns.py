"""What T5 says of returns, disputes, holds and closed months.

Part of T5 (``t5_quota``), kept apart for its length: the predicates about operations that correct a charge
or keep one from being made, and about the month that an event is billed in.

Source: rules R5.1, R5.3, R5.5 of ``claims.md``; known-bugs rules R13 and R15; schedule T5-S3.
"""

from billproof.invariants.theorem import Transition
from billproof.model.commands import (
    Charge,
    Chargeback,
    ClosePeriod,
    GiveCredit,
    Hold,
    OpenPeriod,
    Refund,
    Release,
    Void,
)
from billproof.model.context import Context
from billproof.model.effects import hold_effect, is_charge_bearing, return_effect
from billproof.model.identifiers import NO_SEQUENCE, CustomerId, Position
from billproof.model.outcomes import EntryKind, Region, Status
from billproof.model.posting import site_of, standing_of
from billproof.model.state import ChainName, Site, State


def refunds_stay_within_the_capture(transition: Transition, context: Context) -> bool:
    """Refunds, voids, chargebacks and named credits of a charge never exceed what it captured."""
    del context
    command = transition.command
    if not isinstance(command, (Refund, Void, Chargeback, GiveCredit)) or transition.outcome.replayed:
        return True
    request = command.request
    if transition.status != Status.ACCEPTED or request.refers_to == NO_SEQUENCE:
        return not isinstance(command, (Refund, Void, Chargeback)) or transition.status != Status.ACCEPTED
    site = site_of(transition.after, command.region)
    name = ChainName(customer=request.customer, sequence=request.refers_to)
    if not site.chain.contains(name):
        return False
    captured = site.ledger.at(site.chain.get(name))
    if not is_charge_bearing(captured) or request.amount < 0:
        return False
    returned = site.ledger.total(return_effect, name)
    if isinstance(command, Void) and request.amount != captured.amount:
        return False
    return returned <= captured.amount


def is_return_refused_rightly(transition: Transition, site: Site) -> bool:
    """Tell whether what was not returned, for its capture or for a dispute, really could not be.

    Args:
        transition: A refund, void, chargeback or credit, and what it came to.
        site: The site before it.
    """
    command, status = transition.command, transition.status
    if not isinstance(command, (Refund, Void, Chargeback, GiveCredit)):
        return True
    if isinstance(command, GiveCredit) and command.request.refers_to == NO_SEQUENCE:
        return status != Status.UNKNOWN_RECEIPT
    if status != Status.REFUND_ABOVE_CAPTURE and status != Status.RECEIPT_DISPUTED:
        return True
    request = command.request
    name = ChainName(customer=request.customer, sequence=request.refers_to)
    if not site.chain.contains(name):
        return False
    captured = site.ledger.at(site.chain.get(name))
    standing = standing_of(site, name)
    if status == Status.RECEIPT_DISPUTED:
        if isinstance(command, Chargeback):
            return False
        return standing.returned + standing.disputed + request.amount > captured.amount
    if isinstance(command, Void) and request.amount != captured.amount:
        return True
    return standing.returned + request.amount > captured.amount


def a_dispute_holds_what_it_is_about(transition: Transition, context: Context) -> bool:
    """While a dispute holds part of a charge, nothing but a chargeback returns that part."""
    del context
    command = transition.command
    if not isinstance(command, (Refund, Void, GiveCredit, Hold)) or transition.outcome.replayed:
        return True
    request = command.request
    if transition.status != Status.ACCEPTED or request.refers_to == NO_SEQUENCE:
        return True
    site = site_of(transition.after, command.region)
    name = ChainName(customer=request.customer, sequence=request.refers_to)
    if not site.chain.contains(name):
        return False
    standing = standing_of(site, name)
    return standing.returned + standing.disputed <= site.ledger.at(site.chain.get(name)).amount


def disputes_and_holds_do_as_they_say(transition: Transition, context: Context) -> bool:
    """A hold or a release changes by its amount what a dispute holds, or by one the holds on charges."""
    del context
    command = transition.command
    if not isinstance(command, (Hold, Release)) or transition.outcome.replayed:
        return True
    if transition.status != Status.ACCEPTED:
        return True
    request = command.request
    before = site_of(transition.before, command.region)
    after = site_of(transition.after, command.region)
    if not before.accounts.contains(request.customer) or not after.accounts.contains(request.customer):
        return False
    holds = after.accounts.get(request.customer).holds - before.accounts.get(request.customer).holds
    name = ChainName(customer=request.customer, sequence=request.refers_to)
    freed = standing_of(before, name).disputed - standing_of(after, name).disputed
    if isinstance(command, Release):
        if request.amount == 0:
            return holds == -1 and freed == 0
        if standing_of(after, name).disputed < 0:
            return False
        return request.amount > 0 and holds == 0 and freed == request.amount
    if request.refers_to == NO_SEQUENCE:
        return request.amount == 0 and holds == 1
    return request.amount > 0 and holds == 0 and freed == -request.amount


def holds_are_the_fold(state: State, context: Context, region: Region, customer: CustomerId) -> bool:
    """The holds on an account are those that were placed by an entry and not ended by one."""
    del context
    site = site_of(state, region)
    placed = site.ledger.total(hold_effect, customer)
    if not site.accounts.contains(customer):
        return placed == 0
    return site.accounts.get(customer).holds - placed == 0


def a_hold_ends_once(transition: Transition, context: Context) -> bool:
    """What is ended is a hold on charges that was not ended before, by a release and nothing else."""
    del context
    command = transition.command
    if not isinstance(command, (Refund, Void, Chargeback, GiveCredit, Hold, Release)):
        return True
    if transition.status != Status.ACCEPTED or transition.outcome.replayed:
        return True
    name = ChainName(customer=command.request.customer, sequence=command.request.refers_to)
    site = site_of(transition.before, command.region)
    after = standing_of(site_of(transition.after, command.region), name)
    if not isinstance(command, Release) or command.request.amount != 0:
        return after.ended == standing_of(site, name).ended
    if not site.chain.contains(name):
        return False
    held = site.ledger.at(site.chain.get(name))
    if held.kind != EntryKind.HOLD or held.amount != 0:
        return False
    return after.ended and not standing_of(site, name).ended


def nothing_enters_a_closed_month(transition: Transition, context: Context) -> bool:
    """A closed month takes no debit; months close once, in order, when over, and none before opens."""
    del context
    command = transition.command
    if not isinstance(command, (Charge, OpenPeriod, ClosePeriod)) or transition.outcome.replayed:
        return True
    if transition.status > Status.ACCEPTED_WITH_WARNING:
        return True
    request = command.request
    before = site_of(transition.before, command.region)
    after = site_of(transition.after, command.region)
    if not before.accounts.contains(request.customer) or not after.accounts.contains(request.customer):
        return False
    was, now = before.accounts.get(request.customer), after.accounts.get(request.customer)
    if isinstance(command, OpenPeriod):
        if now.first_period != request.period or now.closed_through != was.closed_through:
            return False
        return was.closed_through < request.period and request.period < was.first_period
    if now.first_period != was.first_period:
        return False
    if isinstance(command, ClosePeriod):
        if now.closed_through != request.period or request.period >= transition.before.period:
            return False
        return was.closed_through < request.period and was.first_period <= request.period
    if now.closed_through != was.closed_through:
        return False
    return transition.status == Status.ACCEPTED_LATE or request.period > was.closed_through


def time_decides_how_an_event_is_billed(transition: Transition, context: Context) -> bool:
    """An event is billed in its open month, as an adjustment while it is late, and else refused."""
    command = transition.command
    if not isinstance(command, Charge) or transition.outcome.replayed:
        return True
    site = site_of(transition.before, command.region)
    request = command.request
    if not site.accounts.contains(request.customer) or transition.status == Status.NOT_POSSIBLE:
        return True
    account = site.accounts.get(request.customer)
    is_billed = request.period >= account.first_period
    is_open = is_billed and request.period > account.closed_through
    if transition.status == Status.ACCEPTED or transition.status == Status.ACCEPTED_WITH_WARNING:
        return is_open and _kind_of_last(transition, command) == EntryKind.DEBIT
    if transition.status == Status.ACCEPTED_LATE:
        late = is_billed and not is_open and not _is_beyond(transition, command, context)
        return late and _kind_of_last(transition, command) == EntryKind.ADJUSTMENT
    if transition.status == Status.PERIOD_CLOSED:
        return not is_open and (not is_billed or _is_beyond(transition, command, context))
    return True


def no_event_comes_from_the_future(transition: Transition, context: Context) -> bool:
    """No charge commits for an event beyond its commit time and the skew allowance."""
    command = transition.command
    if not isinstance(command, Charge) or transition.outcome.replayed:
        return True
    if transition.status > Status.ACCEPTED_WITH_WARNING:
        return True
    site = site_of(transition.after, command.region)
    if site.ledger.length < 1:
        return False
    entry = site.ledger.at(Position(site.ledger.length - 1))
    return entry.event_time <= entry.commit_time + context.design.skew_micros


def _kind_of_last(transition: Transition, command: Charge) -> EntryKind:
    site = site_of(transition.after, command.region)
    if site.ledger.length < 1:
        return EntryKind.REFUSAL
    return site.ledger.at(Position(site.ledger.length - 1)).kind


def _is_beyond(transition: Transition, command: Charge, context: Context) -> bool:
    site = site_of(transition.after, command.region)
    if site.ledger.length < 1:
        return False
    entry = site.ledger.at(Position(site.ledger.length - 1))
    return entry.commit_time - entry.event_time > context.design.late_window_micros


def returned_in_a_dispute(transition: Transition, context: Context) -> bool:
    """A refund, void or credit was refused because a dispute was in progress."""
    del context
    return transition.status == Status.RECEIPT_DISPUTED


def charged_back(transition: Transition, context: Context) -> bool:
    """A chargeback committed."""
    del context
    return isinstance(transition.command, Chargeback) and transition.status == Status.ACCEPTED


def hold_placed(transition: Transition, context: Context) -> bool:
    """A hold on charges was placed by an entry."""
    del context
    command = transition.command
    if not isinstance(command, Hold) or command.request.refers_to != NO_SEQUENCE:
        return False
    return _is_booked(transition)


def hold_released(transition: Transition, context: Context) -> bool:
    """A hold was ended by an entry."""
    del context
    return isinstance(transition.command, Release) and _is_booked(transition)


def _is_booked(transition: Transition) -> bool:
    # A status alone is what a system says of itself; the entry is what it did.
    if transition.status != Status.ACCEPTED:
        return False
    before, after = transition.before, transition.after
    grown = site_of(after, after.leader).ledger.length - site_of(before, before.leader).ledger.length
    return grown == 1


def came_late(transition: Transition, context: Context) -> bool:
    """An event came after its month was closed and became an adjustment."""
    del context
    return transition.status == Status.ACCEPTED_LATE and not transition.outcome.replayed


def came_too_late(transition: Transition, context: Context) -> bool:
    """An event came after its month was closed and was refused."""
    del context
    return transition.status == Status.PERIOD_CLOSED and not transition.outcome.replayed


def came_too_early(transition: Transition, context: Context) -> bool:
    """An event came from the future."""
    del context
    return isinstance(transition.command, Charge) and transition.status == Status.BAD_PERIOD
