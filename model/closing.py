"""Opening and closing months: which of them an account bills, and which invoice is cut.

An account bills the months from its first one on. Closing a month is an entry of its chain: the cut of its
invoice. Months close in order and stay closed; closing one closes all before it. Events of a closed month
are late (``charging.judge_time``). An import of history opens earlier months, by an entry too, as long as
none of them has been closed.

Source: ``system.md`` section 6; known-bugs rule R13; schedule T5-S3.
"""

from billproof.model.commands import ClosePeriod, OpenPeriod
from billproof.model.context import Context, Outcome
from billproof.model.outcomes import EntryKind, Status
from billproof.model.posting import post, refuse, site_of
from billproof.model.screening import is_stopped, screen_account
from billproof.model.state import State
from billproof.model.switches import PeriodOf


def open_period(state: State, command: OpenPeriod, context: Context) -> Outcome:
    """Let an account bill from an earlier month on than it has so far."""
    request = command.request
    if context.design.period_of == PeriodOf.PROCESSING_TIME:
        return refuse(state, Status.NOT_POSSIBLE)
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    account = site_of(state, command.region).accounts.get(request.customer)
    if request.amount != 0:
        return refuse(state, Status.BAD_AMOUNT)
    if request.period >= account.first_period or request.period <= account.closed_through:
        return refuse(state, Status.BAD_PERIOD)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=account,
        kind=EntryKind.PERIOD_OPEN,
        status=Status.ACCEPTED,
    )


def close_period(state: State, command: ClosePeriod, context: Context) -> Outcome:
    """Close a month that is over, and with it all before it."""
    request = command.request
    if context.design.period_of == PeriodOf.PROCESSING_TIME:
        return refuse(state, Status.NOT_POSSIBLE)
    screened = screen_account(state, command.region, request, context)
    if is_stopped(screened):
        return screened
    account = site_of(state, command.region).accounts.get(request.customer)
    if request.amount != 0:
        return refuse(state, Status.BAD_AMOUNT)
    if request.period < account.first_period or request.period <= account.closed_through:
        return refuse(state, Status.BAD_PERIOD)
    if request.period >= state.period:
        return refuse(state, Status.BAD_PERIOD)
    return post(
        state,
        request,
        context,
        region=command.region,
        account=account,
        kind=EntryKind.PERIOD_CLOSE,
        status=Status.ACCEPTED,
    )
