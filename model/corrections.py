"""Operations that open accounts, change terms and move money without usage.

Credits and adjustments need issuer authority and are bounded by no capture, except for a credit that names
the debit that it returns (``refunds``); none of them lowers the usage of a period.

Source: ``system.md`` section 4 "Rules of the commit"; rules R5.3, R5.4; known-bugs rule R15.
"""

from dataclasses import replace

from billproof.model.commands import Adjust, ChangeTier, Erase, GiveCredit, OpenAccount, RegisterKey, TopUp
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import NO_PERIOD, NO_SEQUENCE, Amount, Count
from billproof.model.outcomes import EntryKind, Status
from billproof.model.posting import billing_period, floor_of, post, refuse, site_of
from billproof.model.refunds import judge_return
from billproof.model.screening import is_stopped, screen, screen_account
from billproof.model.state import Account, ChainName, State, Terms


def is_sound(terms: Terms) -> bool:
    """Tell whether terms make sense: no negative member, and a limit that is not below the quota.

    post: _ == (min(terms.credit_limit, terms.quota, terms.limit - terms.quota) >= 0)
    """
    return terms.credit_limit >= 0 and terms.quota >= 0 and terms.limit >= terms.quota


def open_account(state: State, command: OpenAccount, context: Context) -> Outcome:
    """Open an account; its first entry records the terms."""
    request = command.request
    screened = screen(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    if site_of(state, command.region).accounts.contains(request.customer):
        return refuse(state, Status.ACCOUNT_EXISTS)
    if not is_sound(request.terms) or request.amount != 0:
        return refuse(state, Status.BAD_AMOUNT)
    account = Account(
        currency=request.currency,
        balance=Amount(0),
        terms=request.terms,
        first_period=billing_period(state, request, context.design),
        closed_through=NO_PERIOD,
        holds=Count(0),
    )
    return post(
        state,
        request,
        context,
        region=command.region,
        account=account,
        kind=EntryKind.TIER_CHANGE,
        status=Status.ACCEPTED,
    )


def change_tier(state: State, command: ChangeTier, context: Context) -> Outcome:
    """Change the terms from now on; what was committed before stays judged by the terms of its time."""
    request = command.request
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    if not is_sound(request.terms) or request.amount != 0:
        return refuse(state, Status.BAD_AMOUNT)
    account = site_of(state, command.region).accounts.get(request.customer)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=replace(account, terms=request.terms),
        kind=EntryKind.TIER_CHANGE,
        status=Status.ACCEPTED,
    )


def top_up(state: State, command: TopUp, context: Context) -> Outcome:
    """Record a payment received."""
    request = command.request
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    if request.amount <= 0:
        return refuse(state, Status.BAD_AMOUNT)
    account = site_of(state, command.region).accounts.get(request.customer)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=account,
        kind=EntryKind.TOP_UP,
        status=Status.ACCEPTED,
    )


def give_credit(state: State, command: GiveCredit, context: Context) -> Outcome:
    """Credit an amount by issuer authority; one that names a debit is bounded by what that captured."""
    request = command.request
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    if request.amount < 0:
        return refuse(state, Status.BAD_AMOUNT)
    site = site_of(state, command.region)
    if request.refers_to != NO_SEQUENCE:
        judged = judge_return(site, request, EntryKind.CREDIT)
        if judged != Status.ACCEPTED:
            return refuse(state, judged)
    account = site.accounts.get(request.customer)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=account,
        kind=EntryKind.CREDIT,
        status=Status.ACCEPTED,
    )


def adjust(state: State, command: Adjust, context: Context) -> Outcome:
    """Correct by an amount of either sign; one that charges respects the balance rule."""
    request = command.request
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    account = site_of(state, command.region).accounts.get(request.customer)
    if request.amount > 0 and account.balance - request.amount < floor_of(account.terms):
        return post(
            state,
            request,
            context,
            region=command.region,
            account=account,
            kind=EntryKind.REFUSAL,
            status=Status.INSUFFICIENT_BALANCE,
        )
    return post(
        state,
        request,
        context,
        region=command.region,
        account=account,
        kind=EntryKind.ADJUSTMENT,
        status=Status.ACCEPTED,
    )


def register_key(state: State, command: RegisterKey, context: Context) -> Outcome:
    """Record that a key of the customer is registered or, if the request names a registration, revoked.

    Anybody with the operator's authority can record one; whether it counts is for the reader to judge, by
    who vouches for it (rule R7.3, switch ``customer_keys``).
    """
    request = command.request
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    if request.amount != 0:
        return refuse(state, Status.BAD_AMOUNT)
    site = site_of(state, command.region)
    if request.refers_to != NO_SEQUENCE:
        name = ChainName(customer=request.customer, sequence=request.refers_to)
        if not site.chain.contains(name):
            return refuse(state, Status.UNKNOWN_RECEIPT)
        if site.ledger.at(site.chain.get(name)).kind != EntryKind.KEY_REGISTRATION:
            return refuse(state, Status.UNKNOWN_RECEIPT)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=site.accounts.get(request.customer),
        kind=EntryKind.KEY_REGISTRATION,
        status=Status.ACCEPTED,
    )


def erase(state: State, command: Erase, context: Context) -> Outcome:
    """Record that the personal data of a customer is erased; chain, balance and usage stay as they are."""
    request = command.request
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    if request.amount != 0 or request.refers_to != NO_SEQUENCE:
        return refuse(state, Status.BAD_AMOUNT)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=site_of(state, command.region).accounts.get(request.customer),
        kind=EntryKind.ERASURE,
        status=Status.ACCEPTED,
    )
