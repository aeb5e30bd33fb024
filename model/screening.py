"""The guards that every operation passes before it may write: leadership, account, key, currency, backlog.

Source: ``system.md`` section 4, steps 1 to 3, and "Rules of the commit"; rules R1.1, R1.2, R4.2, R5.3.
"""

from billproof.model.context import Context, Outcome
from billproof.model.outcomes import Region, Status
from billproof.model.posting import refuse, site_of
from billproof.model.state import KeyName, KeyRecord, Request, Site, State
from billproof.model.switches import AmountRule, KeyBinding, LagControl


def key_name(request: Request) -> KeyName:
    """Return the name of a request's idempotency key.

    post: _.customer == request.customer and _.key == request.key
    """
    return KeyName(customer=request.customer, key=request.key)


def is_admitted(site: Site, context: Context) -> bool:
    """Tell whether a leader may append: fewer than K entries are unconfirmed, or it leads alone (R4.2).

    pre: context.design.lag_control != LagControl.NONE
    post: _ == (site.solo or site.ledger.length < site.confirmed + context.design.lag_entries_max)
    """
    if context.design.lag_control == LagControl.NONE or site.solo:
        return True
    return site.ledger.length - site.confirmed < context.design.lag_entries_max


def is_bound(record: KeyRecord, request: Request, context: Context) -> bool:
    """Tell whether a key record stands for this request and no other (R1.2).

    post: _ or context.design.key_binding != KeyBinding.NONE
    post: context.design.key_binding == KeyBinding.NONE or _ == (record.fingerprint == request.fingerprint)
    """
    if context.design.key_binding == KeyBinding.NONE:
        return True
    return record.fingerprint == request.fingerprint


def stored_outcome(state: State, site: Site, request: Request, context: Context) -> Outcome:
    """Return the outcome stored under a key that is known: a replay, or a refusal of another request.

    The key must be known at ``site``.
    """
    record = site.keys.get(key_name(request))
    if not is_bound(record, request, context):
        return refuse(state, Status.KEY_REUSED)
    return Outcome(
        state=state, status=record.status, position=record.position, receipt=record.digest, replayed=True
    )


def screen(state: State, region: Region, request: Request, context: Context) -> Outcome:
    """Return the stored or refused outcome of a request, or status ``DONE`` where it may go on."""
    site = site_of(state, region)
    if not site.leading:
        return refuse(state, Status.NOT_LEADER)
    if site.keys.contains(key_name(request)):
        return stored_outcome(state, site, request, context)
    if not is_admitted(site, context):
        return refuse(state, Status.BACKLOG_FULL)
    return refuse(state, Status.DONE)


def is_stopped(screened: Outcome) -> bool:
    """Tell whether ``screen`` gave the final outcome: a stored one, or a refusal.

    post: _ == (screened.replayed or screened.status != Status.DONE)
    """
    return screened.replayed or screened.status != Status.DONE


def screen_account(state: State, region: Region, request: Request, context: Context) -> Outcome:
    """As ``screen``, for operations on an account that must be open, in its own currency."""
    screened = screen(state, region, request, context)
    if is_stopped(screened):
        return screened
    site = site_of(state, region)
    if not site.accounts.contains(request.customer):
        return refuse(state, Status.UNKNOWN_CUSTOMER)
    if context.design.amount_rule == AmountRule.TYPED_NON_NEGATIVE_OWN_CURRENCY:
        if request.currency != site.accounts.get(request.customer).currency:
            return refuse(state, Status.BAD_CURRENCY)
    return screened
