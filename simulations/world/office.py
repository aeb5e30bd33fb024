"""The office: what people and jobs do to accounts that no customer asks for by a charge.

Theory of operation. A clerk does one thing after another to entries that are there: refunds, voids,
chargebacks, credits, holds and releases, erasures, registrations of keys, events that come late or from the
future. At the turn of a month the invoices of the month before are cut. Everything goes to an instance under
an idempotency key, like a customer's request; nobody waits for the answer.

Source: ``system.md`` sections 4, 6 and 8; family 11 of ``simulation.md``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from billproof.model import outside_commands
from billproof.model.customer_keys import EVIDENCE_ISSUER
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CustomerId,
    Instant,
    IssuerId,
    Period,
    Position,
    Sequence,
    UsageText,
)
from billproof.model.outcomes import EntryKind
from billproof.model.periods import period_of
from billproof.model.state import Entry, Request
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import Behaviour
from billproof.simulations.world.clients import (
    UNIT,
    WIDE,
    customer_of,
    key_of,
    make_request,
    signed_by,
    terms_of,
)
from billproof.simulations.world.messages import Ask
from billproof.simulations.world.options import MILLISECOND, SECOND
from billproof.simulations.world.world import World

DAY: Final = 86_400 * SECOND

NOBODY: Final = -1
"""The client of a request that nobody waits for."""

CUT_EVERY: Final = 120 * MILLISECOND
"""How often it is looked whether a month is over."""

LATE_DAYS: Final = 18
"""How long ago a late event happened: in the month before, and within the late window."""

TOO_LATE_DAYS: Final = 70


def ask_office(world: World, operation: str, request: Request) -> None:
    """Send a request of the office to an instance of whoever leads."""
    running = [item for item in world.instances[world.state.leader] if world.timeline.is_running(item)]
    if running:
        process = running[world.number_of(request.customer) % len(running)]
        world.timeline.send(process, Ask(NOBODY, 0, operation, request), 0)


def clerk(world: World, draws: Draws) -> Behaviour:
    """Do one thing after another, until the faults end."""
    number = 0
    while world.options.office and world.timeline.now < world.options.safety:
        yield draws.between(world.options.office // 2, world.options.office)
        number += 1
        DEEDS[draws.below(len(DEEDS))](world, draws, f"desk-{number}")


def invoicing(world: World) -> Behaviour:
    """Cut the invoices of every month that is over."""
    cut = world.state.period
    while True:
        yield CUT_EVERY
        if world.state.period > cut:
            cut = world.state.period
            for customer in range(world.options.customers):
                close_months(world, customer_of(customer), cut)


def close_months(world: World, customer: CustomerId, period: Period) -> None:
    """Ask for the invoice of the month before one."""
    request = make_request(world, customer, f"cut-{period}", 0)
    ask_office(world, "ClosePeriod", replace(request, period=Period(period - 1)))


def some_debit(world: World, draws: Draws) -> Entry | None:
    """Return some charge of the leader's log, or None if what was looked at is none."""
    ledger = world.site(world.state.leader).ledger
    if ledger.length == 0:
        return None
    entry = ledger.at(Position(draws.below(ledger.length)))
    return entry if entry.kind == EntryKind.DEBIT and entry.amount > 0 else None


def about(world: World, entry: Entry, key: str, units: int) -> Request:
    """Return a request about an entry."""
    return make_request(world, entry.customer, key, units, refers_to=entry.sequence)


def units_of(entry: Entry) -> int:
    """Return the amount of an entry in whole units."""
    return entry.amount // UNIT


def event_at(world: World, customer: CustomerId, key: str, days: int, seconds: int = 0) -> Request:
    """Return a charge for an event some days ago or, below zero, ahead."""
    request = make_request(world, customer, key, 1)
    time = Instant(max(0, request.event_time - days * DAY - seconds * SECOND))
    return replace(request, event_time=time, period=period_of(time))


def _return(kind: str) -> Callable[[World, Draws, str], None]:
    def deed(world: World, draws: Draws, key: str) -> None:
        entry = some_debit(world, draws)
        if entry is not None:
            units = units_of(entry) if kind == "Void" else draws.between(1, units_of(entry) + 1)
            for _ in range(draws.between(1, 2)):
                ask_office(world, kind, about(world, entry, key, units))

    return deed


def _dispute(world: World, draws: Draws, key: str) -> None:
    entry = some_debit(world, draws)
    if entry is None:
        return
    units = draws.between(1, units_of(entry))
    ask_office(world, "Hold", about(world, entry, f"{key}-held", units))
    # The customer asks the seller as well, while the bank is looking into it.
    ask_office(world, "Refund", about(world, entry, f"{key}-refund", units_of(entry)))
    if draws.chance(500_000):
        ask_office(world, "Chargeback", about(world, entry, f"{key}-bank", units))
    if draws.chance(300_000):
        ask_office(world, "Erase", make_request(world, entry.customer, f"{key}-erase", 0))
    ask_office(world, "Release", about(world, entry, f"{key}-freed", units))


def _stop(world: World, draws: Draws, key: str) -> None:
    customer = customer_of(draws.below(world.options.customers))
    ask_office(world, "Hold", make_request(world, customer, f"{key}-stop", 0))
    for delay in (4, 30, 80):
        world.timeline.add(_go_again(world, customer, f"{key}-{delay}", delay * MILLISECOND))


def _go_again(world: World, customer: CustomerId, key: str, delay: int) -> Behaviour:
    """End the last hold on an account's charges."""
    yield delay
    release_last(world, customer, key)


def release_last(world: World, customer: CustomerId, key: str) -> None:
    """Ask that the last hold on an account's charges be ended, if there is one."""
    ledger = world.site(world.state.leader).ledger
    for number in range(ledger.length - 1, -1, -1):
        entry = ledger.at(Position(number))
        if (entry.customer, entry.kind, entry.amount) == (customer, EntryKind.HOLD, 0):
            ask_office(world, "Release", about(world, entry, key, 0))
            return


def _credit(world: World, draws: Draws, key: str) -> None:
    customer = customer_of(draws.below(world.options.customers))
    kind = draws.pick(("GiveCredit", "TopUp", "Adjust"))
    ask_office(world, kind, make_request(world, customer, key, draws.between(1, 4)))


def _open_month(world: World, draws: Draws, key: str) -> None:
    customer = customer_of(draws.below(world.options.customers))
    request = make_request(world, customer, key, 0)
    ask_office(world, "OpenPeriod", replace(request, period=Period(request.period - draws.between(1, 2))))


def _close_month(world: World, draws: Draws, key: str) -> None:
    customer = customer_of(draws.below(world.options.customers))
    request = make_request(world, customer, key, 0)
    ask_office(world, "ClosePeriod", replace(request, period=Period(request.period - draws.below(2))))


def _late(world: World, draws: Draws, key: str) -> None:
    customer = customer_of(draws.below(world.options.customers))
    days = draws.pick((LATE_DAYS, LATE_DAYS, TOO_LATE_DAYS, 0))
    ahead = draws.pick((3_600, 3_600, 60))
    ask_office(world, "Charge", event_at(world, customer, key, days, 0 if days else -ahead))


def _open_again(world: World, draws: Draws, key: str) -> None:
    number = draws.below(world.options.customers)
    request = make_request(world, customer_of(number), key, 0, terms=terms_of(world, number))
    ask_office(world, "OpenAccount", request)


def _mistake(world: World, draws: Draws, key: str) -> None:
    """Somebody mistypes: less than nothing is paid, terms are below what they may be."""
    customer = customer_of(draws.below(world.options.customers))
    wrong = draws.below(4)
    if wrong == 0:
        ask_office(world, "TopUp", make_request(world, customer, key, -draws.between(1, 3)))
        return
    unsound = (
        replace(WIDE, limit=Amount(WIDE.quota - 1)),
        replace(WIDE, credit_limit=Amount(-UNIT)),
        replace(WIDE, quota=Amount(-UNIT)),
    )[wrong - 1]
    ask_office(world, "ChangeTier", make_request(world, customer, key, 0, terms=unsound))


def _key(world: World, draws: Draws, key: str) -> None:
    number = draws.below(world.options.customers)
    customer = customer_of(number)
    request = make_request(world, customer, key, 0)
    ask_office(
        world,
        "RegisterKey",
        replace(request, usage=UsageText(f"mallory-{number}"), issuer=IssuerId("operator")),
    )


def register_first_key(world: World, number: int) -> Request:
    """Return the registration of a customer's key on evidence from outside."""
    request = make_request(world, customer_of(number), "first-key", 0)
    return replace(request, usage=UsageText(key_of(number)), issuer=IssuerId(f"{EVIDENCE_ISSUER}notary"))


def report_theft(world: World, customer: CustomerId, key: str) -> None:
    """Revoke the last key of a customer, at her word."""
    ledger = world.site(world.state.leader).ledger
    for number in range(ledger.length - 1, -1, -1):
        entry = ledger.at(Position(number))
        registers = entry.kind == EntryKind.KEY_REGISTRATION and entry.refers_to == NO_SEQUENCE
        if entry.customer == customer and registers:
            request = make_request(world, customer, key, 0, refers_to=Sequence(entry.sequence))
            ask_office(world, "RegisterKey", replace(request, usage=entry.usage))
            return


def use_stolen_key(world: World, number: int, key: str) -> None:
    """Charge with the key of a customer that somebody else holds; the signature is genuine."""
    request = signed_by(number, make_request(world, customer_of(number), key, 100, priced=True))
    world.execute(outside_commands.SignRequest(customer_key=key_of(number), fingerprint=request.fingerprint))
    ask_office(world, "Charge", request)


DEEDS: Final[tuple[Callable[[World, Draws, str], None], ...]] = (
    _return("Refund"),
    _return("Void"),
    _return("Chargeback"),
    _return("GiveCredit"),
    _dispute,
    _stop,
    _credit,
    _open_month,
    _close_month,
    _late,
    _open_again,
    _mistake,
    _key,
)
"""What the clerk does."""
