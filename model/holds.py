"""Holds: on the charges of an account, and on what a dispute keeps from being returned.

A hold is an entry and is ended by an entry, never by a job or by the turn of a month. Only the hold that
passing a quota places belongs to its period and is derived from the quota row (``charging.is_held``): it
needs no entry of its own to end.

Without a receipt named, a hold stops every charge of the account, and its amount is zero. With one named,
it keeps that much of the debit from being returned while a dispute is in progress.

Source: ``system.md`` sections 4, 6 and 8; rule R5.5; known-bugs rule R15.
"""

from billproof.model.commands import Hold, Release
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import NO_SEQUENCE
from billproof.model.outcomes import EntryKind, Status
from billproof.model.posting import post, refuse, site_of, standing_of
from billproof.model.refunds import judge_return
from billproof.model.screening import is_stopped, screen_account
from billproof.model.state import ChainName, Request, Site, State


def judge_hold(site: Site, request: Request) -> Status:
    """Decide whether a hold may be placed."""
    if request.refers_to == NO_SEQUENCE:
        if request.amount != 0:
            return Status.BAD_AMOUNT
        return Status.ACCEPTED
    if request.amount <= 0:
        return Status.BAD_AMOUNT
    return judge_return(site, request, EntryKind.HOLD)


def judge_release(site: Site, request: Request) -> Status:
    """Decide whether a hold may be ended: it must be in force, and no more may be freed than is held."""
    name = ChainName(customer=request.customer, sequence=request.refers_to)
    if not site.chain.contains(name):
        return Status.UNKNOWN_RECEIPT
    standing = standing_of(site, name)
    if request.amount == 0:
        held = site.ledger.at(site.chain.get(name))
        if held.kind != EntryKind.HOLD or held.amount != 0 or standing.ended:
            return Status.UNKNOWN_RECEIPT
        return Status.ACCEPTED
    if request.amount < 0 or request.amount > standing.disputed:
        return Status.BAD_AMOUNT
    return Status.ACCEPTED


def hold(state: State, command: Hold, context: Context) -> Outcome:
    """Place a hold on an account or, naming a debit, on what may be returned of it."""
    request = command.request
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    site = site_of(state, command.region)
    judged = judge_hold(site, request)
    if judged != Status.ACCEPTED:
        return refuse(state, judged)
    account = site.accounts.get(request.customer)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=account,
        kind=EntryKind.HOLD,
        status=Status.ACCEPTED,
    )


def release(state: State, command: Release, context: Context) -> Outcome:
    """End a hold on an account, or free part of what a dispute holds."""
    request = command.request
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    site = site_of(state, command.region)
    judged = judge_release(site, request)
    if judged != Status.ACCEPTED:
        return refuse(state, judged)
    account = site.accounts.get(request.customer)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=account,
        kind=EntryKind.RELEASE,
        status=Status.ACCEPTED,
    )
