"""The domains that the theorems are searched in: few customers, few keys, few amounts, every order.

Each is small enough to be searched whole under the repaired design in seconds, and contains the schedules
of ``claims.md`` part 3 that break the documented one.
"""

from dataclasses import replace

from billproof.invariants.explore.cast import (
    A1,
    A2,
    ALICE,
    API,
    APRIL,
    BOB,
    CREDIT_TERMS,
    DAY,
    FEBRUARY,
    FIRST,
    JANUARY,
    PREPAID_TERMS,
    SECOND,
    UNIT,
    WIDE_TERMS,
    attempts,
    opened,
    replies,
    request,
)
from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.evidence_domains import EVIDENCE_DOMAINS
from billproof.invariants.explore.money_domains import MONEY_DOMAINS
from billproof.model import commands
from billproof.model.identifiers import Amount, IdempotencyKey, Instant, Position
from billproof.model.posting import RESET_JOB_PERIOD
from billproof.model.state import NO_TERMS, KeyName, RowName

_UNSOUND_TERMS = replace(CREDIT_TERMS, quota=Amount(200 * UNIT))

_K1, _K2 = request("k1", 100), request("k2", 100)

RETRIES = Domain(
    name="retries",
    story="one customer, one key sent by two attempts, the same key with another body, crash and repair",
    theorems=("T1", "T6"),
    regions=1,
    setup=(opened(WIDE_TERMS),),
    commands=(
        *attempts(_K1, A1, A2),
        commands.LookUp(region=FIRST, attempt=A2, request=request("k1", 900)),
        commands.Charge(region=FIRST, attempt=A2, request=request("k1", 900)),
        commands.Charge(region=FIRST, attempt=A2, request=request("k2", 99_000)),
        commands.Charge(region=FIRST, attempt=A2, request=request("k1", 1, customer=BOB)),
        commands.Crash(region=FIRST),
        commands.Reconcile(region=FIRST, customer=ALICE, roll_back=False),
        commands.AdvanceTime(now=Instant(91 * DAY), period=APRIL),
        commands.AdvanceTime(now=Instant(0), period=JANUARY),
        commands.PurgeKey(region=FIRST, name=KeyName(customer=ALICE, key=IdempotencyKey("k1"))),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"),),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=4,
)

CONSUMERS = Domain(
    name="consumers",
    story="one charge and its refund, delivered to the invoice consumer at least once",
    theorems=("T1", "T5"),
    regions=1,
    setup=(opened(WIDE_TERMS),),
    commands=(
        *attempts(_K1, A1),
        commands.Refund(region=FIRST, request=request("r1", 60, refers_to=2)),
        commands.Refund(region=FIRST, request=request("r2", 60, refers_to=2)),
        commands.Deliver(region=FIRST, position=Position(1)),
        commands.Deliver(region=FIRST, position=Position(2)),
        commands.Deliver(region=FIRST, position=Position(-1)),
        commands.Reconcile(region=FIRST, customer=ALICE, roll_back=False),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"), IdempotencyKey("r1"), IdempotencyKey("r2")),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=4,
    moves_max=9,
)

REGIONS = Domain(
    name="regions",
    story="two regions, one key charged at either, replies, two promotions and returns",
    theorems=("T1", "T2"),
    regions=2,
    setup=(opened(WIDE_TERMS), commands.Replicate(source=FIRST), commands.Confirm(source=FIRST)),
    commands=(
        *attempts(_K1, A1),
        *attempts(_K1, A2, region=SECOND),
        commands.LookUp(region=FIRST, attempt=A2, request=_K2),
        commands.Charge(region=FIRST, attempt=A2, request=_K2),
        commands.TopUp(region=SECOND, request=request("p1", 100)),
        *replies(FIRST, _K1, _K2, request("k1", 900)),
        *replies(SECOND, _K1),
        commands.Replicate(source=FIRST),
        commands.Replicate(source=SECOND),
        commands.Confirm(source=FIRST),
        commands.Confirm(source=SECOND),
        commands.Crash(region=FIRST),
        commands.FailOver(),
        commands.Heal(),
        commands.Deliver(region=FIRST, position=Position(1)),
        commands.Reconcile(region=FIRST, customer=ALICE, roll_back=True),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"), IdempotencyKey("k2")),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=3,
    epoch_max=3,
    moves_max=11,
    lag_entries_max=2,
)

REPLICAS = Domain(
    name="replicas",
    story="two regions that write, ship, fail over and return; no replies, for T4 says nothing of them",
    theorems=("T4",),
    regions=2,
    setup=(opened(WIDE_TERMS), commands.Replicate(source=FIRST), commands.Confirm(source=FIRST)),
    commands=(
        *attempts(_K1, A1),
        commands.TopUp(region=FIRST, request=request("p0", 100)),
        commands.TopUp(region=SECOND, request=request("p1", 100)),
        commands.Replicate(source=FIRST),
        commands.Replicate(source=SECOND),
        commands.Confirm(source=FIRST),
        commands.Confirm(source=SECOND),
        commands.FailOver(),
        commands.Heal(),
        commands.Reconcile(region=FIRST, customer=ALICE, roll_back=True),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"),),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=3,
    epoch_max=3,
    lag_entries_max=2,
)

BACKLOG = Domain(
    name="backlog",
    story="two regions, more charges than the replica may be behind",
    theorems=("T4", "T2"),
    regions=2,
    setup=(opened(WIDE_TERMS), commands.Replicate(source=FIRST), commands.Confirm(source=FIRST)),
    commands=(
        *attempts(_K1, A1),
        *attempts(_K2, A1),
        *attempts(request("k3", 100), A1),
        commands.TopUp(region=FIRST, request=request("p1", 100)),
        commands.Replicate(source=FIRST),
        commands.Confirm(source=FIRST),
        commands.Reconcile(region=FIRST, customer=ALICE, roll_back=False),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"), IdempotencyKey("k2"), IdempotencyKey("k3")),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=4,
    lag_entries_max=2,
)

BOUNDARY = Domain(
    name="boundary",
    story="charges at the boundary of a quota, and the turn of the month",
    theorems=("T5",),
    regions=1,
    setup=(opened(CREDIT_TERMS),),
    commands=(
        *attempts(request("k1", 65), A1),
        *attempts(request("k2", 50), A2),
        *attempts(request("k3", 60, period=FEBRUARY), A1),
        commands.Charge(region=FIRST, attempt=A2, request=request("k4", 40)),
        commands.Charge(region=FIRST, attempt=A2, request=request("k0", 0)),
        commands.AdvanceTime(now=Instant(31 * DAY), period=FEBRUARY),
        commands.ResetUsage(
            region=FIRST, name=RowName(customer=ALICE, entitlement=API, period=RESET_JOB_PERIOD)
        ),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"), IdempotencyKey("k2")),
    entitlements=(API,),
    periods=(JANUARY, FEBRUARY),
    ledger_max=5,
)

TERMS = Domain(
    name="terms",
    story="charges of something and of nothing, while the terms of the account change up, down and wrongly",
    theorems=("T5", "T1"),
    regions=1,
    setup=(opened(CREDIT_TERMS),),
    commands=(
        *attempts(request("k1", 115), A1),
        *attempts(request("k2", 105), A2),
        commands.Charge(region=FIRST, attempt=A2, request=request("k0", 0)),
        commands.ChangeTier(
            region=FIRST,
            request=request(
                "t1", 0, terms=replace(CREDIT_TERMS, quota=Amount(0), limit=Amount(0), credit_limit=Amount(0))
            ),
        ),
        commands.ChangeTier(region=FIRST, request=request("t2", 0, terms=WIDE_TERMS)),
        commands.ChangeTier(region=FIRST, request=request("t3", 0, terms=_UNSOUND_TERMS)),
        commands.ChangeTier(region=FIRST, request=request("t4", 5, terms=WIDE_TERMS)),
        commands.ChangeTier(
            region=FIRST, request=request("t5", 0, terms=replace(NO_TERMS, quota=Amount(-1)))
        ),
        commands.ChangeTier(
            region=FIRST, request=request("t6", 0, terms=replace(NO_TERMS, credit_limit=Amount(-1)))
        ),
        commands.Adjust(region=FIRST, request=request("j1", -5)),
        opened(CREDIT_TERMS),
        commands.OpenAccount(region=FIRST, request=request("open3", 0, customer=BOB, terms=_UNSOUND_TERMS)),
        commands.OpenAccount(region=FIRST, request=request("open4", 5, customer=BOB, terms=WIDE_TERMS)),
        commands.OpenAccount(region=FIRST, request=request("open2", 0, terms=WIDE_TERMS)),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"), IdempotencyKey("k2")),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=5,
)

FUNDS = Domain(
    name="funds",
    story="a prepaid account of 100: charges of either sign and currency, an adjustment, a top-up",
    theorems=("T5", "T1"),
    regions=1,
    setup=(opened(PREPAID_TERMS), commands.TopUp(region=FIRST, request=request("p1", 100))),
    commands=(
        *attempts(request("k1", 70), A1),
        *attempts(request("k2", 70), A2),
        *attempts(request("k3", -50), A1),
        *attempts(request("k4", 10, currency="EUR"), A2),
        commands.Charge(region=FIRST, attempt=A2, request=request("k5", 12_000)),
        commands.Adjust(region=FIRST, request=request("j1", 40)),
        commands.Adjust(region=FIRST, request=request("j2", -40)),
        commands.GiveCredit(region=FIRST, request=request("c1", 30)),
        commands.TopUp(region=FIRST, request=request("p2", 50)),
        commands.TopUp(region=FIRST, request=request("p3", 50, currency="EUR")),
        commands.TopUp(region=FIRST, request=request("p4", 50, customer=BOB)),
        commands.TopUp(region=FIRST, request=request("p5", -50)),
        commands.GiveCredit(region=FIRST, request=request("c2", -30)),
        commands.Refund(region=FIRST, request=request("r1", -5, refers_to=3)),
        commands.Refund(region=FIRST, request=request("r2", 5, refers_to=2)),
        commands.Refund(region=FIRST, request=request("r3", 5, refers_to=9)),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"), IdempotencyKey("k2")),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=5,
    moves_max=5,
)

TWO_WRITERS = Domain(
    name="two_writers",
    story="two customers, two keys committed at once, and a clock that goes back",
    theorems=("T6",),
    regions=1,
    setup=(opened(WIDE_TERMS), opened(WIDE_TERMS, customer=BOB)),
    commands=(
        *attempts(_K1, A1),
        *attempts(_K2, A2),
        commands.Charge(region=FIRST, attempt=A1, request=request("k1", 5, customer=BOB)),
        commands.AdvanceTime(now=Instant(DAY), period=JANUARY),
        commands.AdvanceTime(now=Instant(0), period=JANUARY),
    ),
    customers=(ALICE, BOB),
    keys=(IdempotencyKey("k1"), IdempotencyKey("k2")),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=5,
)

_AMBIGUOUS = replace(request("k1", 1), event_time=Instant(1_296_000_000_000))

ADVERSARY = Domain(
    name="adversary",
    story="two customers, a charge, a published head, and an adversary who edits twice what is presented",
    theorems=("T3", "T6", "T7"),
    regions=1,
    setup=(
        opened(WIDE_TERMS),
        opened(WIDE_TERMS, customer=BOB),
        commands.AdvanceTime(now=Instant(16 * DAY), period=JANUARY),
        *attempts(_AMBIGUOUS, A1),
    ),
    commands=(
        *attempts(_K2, A1),
        commands.PublishCheckpoint(region=FIRST),
        commands.Present(),
        *(
            move
            for position in (Position(2), Position(3), Position(1), Position(0))
            for move in (
                commands.DeletePresented(position=position),
                commands.TruncatePresented(size=position),
                commands.ReorderPresented(position=position),
                commands.ForkPresented(position=position, amount=Amount(7 * UNIT)),
                commands.ResignPresented(position=position, amount=Amount(7 * UNIT)),
                commands.AlterPresented(position=position, amount=Amount(7 * UNIT), event_time=Instant(0)),
            )
        ),
        # The amount takes a digit from the time: the same string, hence the same concatenated hash (T3-S4).
        commands.AlterPresented(
            position=Position(2), amount=Amount(10 * UNIT + 1), event_time=Instant(296_000_000_000)
        ),
    ),
    customers=(ALICE, BOB),
    keys=(IdempotencyKey("k1"),),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=4,
    moves_max=4,
)

TENANTS = Domain(
    name="tenants",
    story="two customers charged, refunded, paid and told beside each other, one of them above its quota",
    theorems=("T0",),
    regions=1,
    setup=(opened(CREDIT_TERMS, customer=BOB), opened(CREDIT_TERMS)),
    commands=(
        *attempts(request("k1", 65), A1),
        *attempts(request("k1", 60, customer=BOB), A2),
        commands.Charge(region=FIRST, attempt=A2, request=request("k2", 120)),
        *attempts(request("k3", 10, currency="EUR"), A1),
        commands.TopUp(region=FIRST, request=request("p1", 50)),
        commands.TopUp(region=FIRST, request=request("p2", 50, currency="EUR")),
        commands.GiveCredit(region=FIRST, request=request("c1", 5, customer=BOB)),
        commands.Adjust(region=FIRST, request=request("j1", -5)),
        commands.Refund(region=FIRST, request=request("r1", 60, refers_to=2)),
        *replies(FIRST, request("k1", 65)),
        commands.Deliver(region=FIRST, position=Position(2)),
    ),
    customers=(ALICE, BOB),
    keys=(IdempotencyKey("k1"), IdempotencyKey("p1")),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=4,
    moves_max=5,
)

DOMAINS: tuple[Domain, ...] = (
    TENANTS,
    RETRIES,
    CONSUMERS,
    REGIONS,
    REPLICAS,
    BACKLOG,
    FUNDS,
    TERMS,
    BOUNDARY,
    *MONEY_DOMAINS,
    TWO_WRITERS,
    ADVERSARY,
    *EVIDENCE_DOMAINS,
)
"""Every domain, smallest theorem first."""


def domains_of(theorem: str) -> tuple[Domain, ...]:
    """Return the domains in which a theorem is searched."""
    return tuple(domain for domain in DOMAINS if theorem in domain.theorems)
