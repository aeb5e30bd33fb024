"""The domains of the money path beyond a charge: returns, disputes and holds, months that open and close.

Source: rules R5.1, R5.3, R5.5 of ``claims.md``; known-bugs rules R13 and R15, rows B31 to B40, B114, B115.
"""

from billproof.invariants.explore.cast import (
    A1,
    A2,
    ALICE,
    API,
    APRIL,
    CREDIT_TERMS,
    DAY,
    FEBRUARY,
    FIRST,
    JANUARY,
    MARCH,
    WIDE_TERMS,
    attempts,
    opened,
    request,
)
from billproof.invariants.explore.domain import Domain
from billproof.model import commands
from billproof.model.identifiers import IdempotencyKey, Instant
from billproof.model.posting import RESET_JOB_PERIOD
from billproof.model.state import RowName

_K1, _K2 = request("k1", 100), request("k2", 100)

RETURNS = Domain(
    name="returns",
    story="one charge that is refunded, voided, charged back and disputed, and holds on charges",
    theorems=("T5", "T1"),
    regions=1,
    setup=(opened(WIDE_TERMS), *attempts(_K1, A1)),
    commands=(
        commands.Refund(region=FIRST, request=request("r1", 60, refers_to=2)),
        commands.Refund(region=FIRST, request=request("r2", 5, refers_to=1)),
        commands.Void(region=FIRST, request=request("v1", 100, refers_to=2)),
        commands.Void(region=FIRST, request=request("v2", 40, refers_to=2)),
        commands.Chargeback(region=FIRST, request=request("b1", 60, refers_to=2)),
        commands.GiveCredit(region=FIRST, request=request("c1", 60, refers_to=2)),
        commands.Hold(region=FIRST, request=request("h1", 60, refers_to=2)),
        commands.Hold(region=FIRST, request=request("h2", 0)),
        commands.Hold(region=FIRST, request=request("h3", 5)),
        commands.Hold(region=FIRST, request=request("h4", 0, refers_to=2)),
        commands.Release(region=FIRST, request=request("l1", 60, refers_to=2)),
        commands.Release(region=FIRST, request=request("l2", 0, refers_to=3)),
        commands.Release(region=FIRST, request=request("l3", 0, refers_to=3)),
        commands.Release(region=FIRST, request=request("l4", -5, refers_to=2)),
        commands.Release(region=FIRST, request=request("l5", 90, refers_to=2)),
        commands.Release(region=FIRST, request=request("l6", 0, refers_to=1)),
        *attempts(_K2, A2),
        commands.ResetUsage(
            region=FIRST, name=RowName(customer=ALICE, entitlement=API, period=RESET_JOB_PERIOD)
        ),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"),),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=5,
)

MONTHS = Domain(
    name="months",
    story="an account that begins in February; months are opened and closed while events come late and early",
    theorems=("T5", "T1"),
    regions=1,
    setup=(
        commands.AdvanceTime(now=Instant(32 * DAY), period=FEBRUARY),
        opened(CREDIT_TERMS, period=FEBRUARY),
    ),
    commands=(
        *attempts(request("k1", 60, period=FEBRUARY), A1),
        *attempts(request("k2", 60, period=FEBRUARY), A2),
        *attempts(request("k3", 20, period=JANUARY), A1),
        *attempts(request("k4", 20, period=APRIL), A2),
        commands.AdvanceTime(now=Instant(60 * DAY), period=MARCH),
        commands.AdvanceTime(now=Instant(95 * DAY), period=APRIL),
        commands.OpenPeriod(region=FIRST, request=request("o1", 0, period=JANUARY)),
        commands.OpenPeriod(region=FIRST, request=request("o2", 5, period=JANUARY)),
        commands.ClosePeriod(region=FIRST, request=request("c1", 0, period=FEBRUARY)),
        commands.ClosePeriod(region=FIRST, request=request("c2", 0, period=FEBRUARY)),
        commands.ClosePeriod(region=FIRST, request=request("c3", 0, period=JANUARY)),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"), IdempotencyKey("k2")),
    entitlements=(API,),
    periods=(JANUARY, FEBRUARY),
    ledger_max=4,
    moves_max=7,
)

MONEY_DOMAINS = (RETURNS, MONTHS)
"""The domains of this module."""
