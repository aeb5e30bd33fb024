"""Returning what a debit captured: refunds, voids, chargebacks, and credits that name a receipt.

All of them together never return more than was captured, and that is checked inside the commit that adds
to them. A dispute in progress keeps what it is about from being returned in any way but a chargeback, so
that a customer who asks the seller and the bank at once is paid once, whoever comes first.

Source: ``system.md`` sections 4 and 8; rules R5.3, R5.4; known-bugs rule R15 and rows B31 to B34, B39, B40,
B114, B115.
"""

from billproof.model.commands import Chargeback, Refund, Void
from billproof.model.context import Context, Outcome
from billproof.model.effects import is_charge_bearing
from billproof.model.outcomes import EntryKind, Region, Status
from billproof.model.posting import post, refuse, site_of, standing_of
from billproof.model.screening import is_stopped, screen_account
from billproof.model.state import ChainName, Request, Site, State


def judge_return(site: Site, request: Request, kind: EntryKind) -> Status:
    """Decide whether ``request.amount`` of the debit ``request.refers_to`` may be returned or disputed.

    Law: if every entry that names a debit was judged so, then ``returned <= captured``, and whatever is no
    chargeback was committed with ``returned + disputed <= captured``.

    Args:
        site: Where the debit lies.
        request: Names the debit; its amount is positive.
        kind: What is to be committed.
    """
    name = ChainName(customer=request.customer, sequence=request.refers_to)
    if not site.chain.contains(name):
        return Status.UNKNOWN_RECEIPT
    captured = site.ledger.at(site.chain.get(name))
    if not is_charge_bearing(captured):
        return Status.UNKNOWN_RECEIPT
    standing = standing_of(site, name)
    if standing.returned + request.amount > captured.amount:
        return Status.REFUND_ABOVE_CAPTURE
    if kind == EntryKind.CHARGEBACK:
        return Status.ACCEPTED
    if standing.returned + standing.disputed + request.amount > captured.amount:
        return Status.RECEIPT_DISPUTED
    if kind == EntryKind.VOID and request.amount != captured.amount:
        return Status.REFUND_ABOVE_CAPTURE
    return Status.ACCEPTED


def give_back(
    state: State, region: Region, request: Request, context: Context, *, kind: EntryKind
) -> Outcome:
    """Commit an entry of ``kind`` that returns part of a debit, if that may be returned."""
    screened = screen_account(state, region, request, context)
    if is_stopped(screened):
        return screened
    if request.amount <= 0:
        return refuse(state, Status.BAD_AMOUNT)
    site = site_of(state, region)
    judged = judge_return(site, request, kind)
    if judged != Status.ACCEPTED:
        return refuse(state, judged)
    account = site.accounts.get(request.customer)
    return post(
        state,
        request,
        context,
        region=region,
        account=account,
        kind=kind,
        status=Status.ACCEPTED,
    )


def refund(state: State, command: Refund, context: Context) -> Outcome:
    """Return part of a debit, never more than it captured and has not yet returned."""
    return give_back(state, command.region, command.request, context, kind=EntryKind.REFUND)


def void(state: State, command: Void, context: Context) -> Outcome:
    """Return the whole of a debit of which nothing was returned before."""
    return give_back(state, command.region, command.request, context, kind=EntryKind.VOID)


def charge_back(state: State, command: Chargeback, context: Context) -> Outcome:
    """Return part of a debit as the payer's bank demands, whether or not a dispute is in progress."""
    return give_back(state, command.region, command.request, context, kind=EntryKind.CHARGEBACK)
