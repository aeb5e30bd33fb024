"""One operation as the commands of the core that it takes, the same for a file of usage and for the service.

Nothing is decided here: which command an operation is follows from its name, and what becomes of it from the
core.

Source: ``system.md`` section 4.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Final, assert_never

from billproof.model.commands import (
    Adjust,
    Charge,
    Chargeback,
    ClosePeriod,
    Complete,
    Erase,
    GiveCredit,
    Hold,
    LookUp,
    Refund,
    RegisterKey,
    Release,
    TopUp,
    Void,
)
from billproof.model.context import Outcome
from billproof.model.design import Design
from billproof.model.identifiers import NO_POSITION, AttemptId
from billproof.model.outcomes import Region
from billproof.model.state import Request
from billproof.service.transactions import Transaction
from billproof.service.usage import Operation

HOME: Final = Region.PRIMARY
"""The region that a single store is."""

_ATTEMPT: Final = AttemptId("ingest")


class Administration(StrEnum):
    """Operations that no line of usage asks for."""

    HOLD = "hold"
    RELEASE = "release"
    CLOSE_PERIOD = "close_period"
    REGISTER_KEY = "register_key"
    HOLD_REFUNDABLE = "hold_refundable"
    """A hold on whatever of the debit named is neither returned nor held."""
    REFUND_UP_TO = "refund_up_to"
    """A refund of that, at most of the amount of the request."""
    ERASE = "erase"


def execute(
    transaction: Transaction, operation: Operation | Administration, request: Request, design: Design
) -> Outcome:
    """Execute an operation in a transaction and return what the core answers."""
    match operation:
        case Operation.CHARGE:
            return _charge(transaction, request, design)
        case Operation.CREDIT:
            return transaction.execute(GiveCredit(region=HOME, request=request))
        case Operation.ADJUSTMENT:
            return transaction.execute(Adjust(region=HOME, request=request))
        case Operation.REFUND:
            return transaction.execute(Refund(region=HOME, request=request))
        case Operation.TOP_UP:
            return transaction.execute(TopUp(region=HOME, request=request))
        case Operation.VOID:
            return transaction.execute(Void(region=HOME, request=request))
        case Operation.CHARGEBACK:
            return transaction.execute(Chargeback(region=HOME, request=request))
        case _:
            return _administer(transaction, operation, request)


def _administer(transaction: Transaction, operation: Administration, request: Request) -> Outcome:
    match operation:
        case Administration.HOLD:
            return transaction.execute(Hold(region=HOME, request=request))
        case Administration.RELEASE:
            return transaction.execute(Release(region=HOME, request=request))
        case Administration.CLOSE_PERIOD:
            return transaction.execute(ClosePeriod(region=HOME, request=request))
        case Administration.REGISTER_KEY:
            return transaction.execute(RegisterKey(region=HOME, request=request))
        case Administration.ERASE:
            return transaction.execute(Erase(region=HOME, request=request))
        case Administration.HOLD_REFUNDABLE:
            free = transaction.refundable(request.customer, request.refers_to)
            return transaction.execute(Hold(region=HOME, request=replace(request, amount=free)))
        case Administration.REFUND_UP_TO:
            free = transaction.refundable(request.customer, request.refers_to)
            amount = min(request.amount, free)
            return transaction.execute(Refund(region=HOME, request=replace(request, amount=amount)))
        case _:
            assert_never(operation)


def _charge(transaction: Transaction, request: Request, design: Design) -> Outcome:
    charge = Charge(region=HOME, attempt=_ATTEMPT, request=request)
    if not design.reads_before_commit:
        return transaction.execute(charge)
    # A design that looks first and writes twice does so here too, but nothing comes in between: its races
    # and crash windows are what ``verify`` explores.
    transaction.execute(LookUp(region=HOME, attempt=_ATTEMPT, request=request))
    outcome = transaction.execute(charge)
    if outcome.replayed or outcome.position == NO_POSITION:
        transaction.forget_attempts()
    else:
        transaction.execute(Complete(region=HOME, attempt=_ATTEMPT))
    return outcome
