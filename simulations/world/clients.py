"""Clients: each wants some charges made, and asks until it has a definite answer.

An honest client keeps one key for one intended charge (assumption C4). The known-bad client takes a new key
for every attempt; what it is charged twice is its own doing, counted and not judged.

Source: C4 of ``claims.md``; EC-03, T1-P3, T1-P4.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Final

from billproof.invariants.price_list import PLAN, TWO_CALLS
from billproof.model import outside_commands
from billproof.model.customer_keys import KEY_ISSUER
from billproof.model.identifiers import (
    Amount,
    CurrencyCode,
    CustomerId,
    CustomerKeyId,
    EntitlementId,
    Fingerprint,
    IdempotencyKey,
    Instant,
    IssuerId,
    Sequence,
    UsageText,
)
from billproof.model.outcomes import AccountKind, Status
from billproof.model.periods import period_of
from billproof.model.state import NO_TERMS, Request, Terms
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import Behaviour
from billproof.simulations.world.messages import Ask, Reply
from billproof.simulations.world.world import World

UNIT: Final = 10**12
"""One major unit of money."""

PRICED: Final = 150_000
"""How many charges are priced by a published plan, in millionths."""

PRICE: Final = 100
"""What two calls come to by the published plan, in major units."""

BACKOFF_MAX: Final = 4
"""How often patience is doubled."""

INDEFINITE: Final = frozenset({Status.NOT_LEADER, Status.BACKLOG_FULL, Status.NOT_POSSIBLE})
"""Answers after which the client asks again with the same key."""

WIDE: Final = Terms(
    kind=AccountKind.CREDIT,
    credit_limit=Amount(1_000_000 * UNIT),
    quota=Amount(500_000 * UNIT),
    limit=Amount(600_000 * UNIT),
)
TIGHT: Final = (
    replace(WIDE, quota=Amount(5 * UNIT), limit=Amount(7 * UNIT)),
    replace(WIDE, kind=AccountKind.PREPAID, credit_limit=Amount(0)),
    replace(WIDE, credit_limit=Amount(30 * UNIT)),
)
"""Terms that a run meets: a quota, a balance that has to be paid in, a limit of credit."""


def customer_of(number: int) -> CustomerId:
    """Return the name of a customer."""
    return CustomerId(f"c{number}")


def terms_of(world: World, customer: int) -> Terms:
    """Return what a customer may do in this run."""
    return TIGHT[customer % len(TIGHT)] if world.options.tight_terms else WIDE


def key_of(number: int) -> CustomerKeyId:
    """Return the name of the key of a customer."""
    return CustomerKeyId(f"key-of-c{number}")


def signs(number: int) -> bool:
    """Tell whether a customer has a key and signs requests with it; the others have a credential."""
    return number % 2 == 0


def signed_by(number: int, request: Request) -> Request:
    """Return a request as a customer's key has signed it."""
    return replace(request, issuer=IssuerId(f"{KEY_ISSUER}{key_of(number)}"))


def make_request(
    world: World,
    customer: CustomerId,
    key: str,
    amount: int,
    *,
    refers_to: int = 0,
    terms: Terms = NO_TERMS,
    priced: bool = False,
) -> Request:
    """Return a request for some major units, for usage that happens now; ``priced`` by a published plan."""
    now = Instant(world.timeline.now + world.calendar)
    return Request(
        customer=customer,
        key=IdempotencyKey(key),
        fingerprint=Fingerprint(f"{key}:{amount}"),
        amount=Amount(amount * UNIT),
        currency=CurrencyCode("USD"),
        entitlement=EntitlementId("api"),
        usage=TWO_CALLS if priced else UsageText("1 call"),
        price_plan=PLAN,
        event_time=now,
        period=period_of(now),
        refers_to=Sequence(refers_to),
        terms=terms,
        issuer=IssuerId("customer"),
        signing_key=world.services.signing_key,
    )


def client(world: World, draws: Draws, me: int) -> Behaviour:
    """Make one charge after the other."""
    options = world.options
    own = draws.below(options.customers)
    customer = customer_of(own)
    side = 0
    for number in range(options.intents):
        rest = yield draws.below(options.pause)
        while rest is not None:
            # An answer to a question that is settled.
            rest = yield draws.below(options.pause)
        if draws.chance(PRICED):
            request = make_request(world, customer, f"{me}-{number}", PRICE, priced=True)
        else:
            request = make_request(world, customer, f"{me}-{number}", draws.between(1, options.price))
        if signs(own):
            request = signed_by(own, request)
            world.execute(
                outside_commands.SignRequest(customer_key=key_of(own), fingerprint=request.fingerprint)
            )
        side = yield from settle(world, draws, Ask(me, number, "Charge", request), side)
        world.unsettled -= 1


def settle(world: World, draws: Draws, ask: Ask, side: int) -> Generator[int, object, int]:
    """Ask until there is a definite answer; return the region that gave it."""
    timeline = world.timeline
    doubled = attempt = 0
    while True:
        sent = ask
        if world.options.fresh_keys and attempt:
            key = IdempotencyKey(f"{ask.request.key}-{attempt}")
            sent = ask._replace(request=replace(ask.request, key=key))
        attempt += 1
        world.keep(sent)
        world.network.send(ask.client, _instance(world, draws, side, ask), sent)
        until = timeline.now + (world.options.patience << doubled)
        answered = False
        while timeline.now < until:
            message = yield until - timeline.now
            if not isinstance(message, Reply) or message.number != ask.number:
                continue
            if message.status not in INDEFINITE:
                return int(message.region)
            answered = True
            # Told to come back: rest a little, then ask whoever leads.
            until = min(until, timeline.now + draws.between(500, world.options.patience))
        if answered or draws.chance(400_000):
            side = 1 - side
        doubled = min(doubled + 1, BACKOFF_MAX)


def _instance(world: World, draws: Draws, side: int, ask: Ask) -> int:
    """Return the instance of a region that a request is sent to."""
    backend = world.services.backend_of(side, world.number_of(ask.request.customer))
    if world.options.affinity and backend >= 0:
        return world.instances[side][backend]
    return draws.pick(world.instances[side])
