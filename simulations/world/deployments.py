"""Deployments and hand-overs: versions that come to one instance after another, and imports of an old system.

Source: ``simulation.md``, fault 10; TF-6, MG-3 to MG-5, CO-16.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from billproof.invariants.price_list import published_rate
from billproof.model.identifiers import Amount, Count, CustomerId, Fingerprint, Position
from billproof.model.migration import BilledEvent, compare_events
from billproof.model.outcomes import EntryKind, Region
from billproof.model.platform.monitoring import MILLION, Minute, bad_share
from billproof.model.state import Request
from billproof.simulations.kernel.timeline import Behaviour
from billproof.simulations.world.clients import UNIT, customer_of, make_request
from billproof.simulations.world.faults import Fault
from billproof.simulations.world.instances import serve
from billproof.simulations.world.office import ask_office
from billproof.simulations.world.options import MILLISECOND
from billproof.simulations.world.world import World

UPGRADE_STEP: Final = 60 * MILLISECOND
"""Between two instances of a deployment."""

BAD_SHARE_MAX: Final = MILLION // 100
"""Of the receipts of a version, so many parts per million may be rated wrong before it is rolled back."""


def deploy(*, misrating: bool) -> Callable[[World, Fault], None]:
    """Return what brings a version to the instances of a region."""

    def act(world: World, fault: Fault) -> None:
        world.timeline.add(_deployment(world, fault.place, misrating=misrating))

    return act


def _deployment(world: World, region: int, *, misrating: bool) -> Behaviour:
    """Bring a version to one instance after another; roll it back when its receipts are wrong."""
    seen = world.site(Region(region)).ledger.length
    for process in tuple(world.instances[region]):
        if world.timeline.is_running(process):
            world.timeline.start(process, serve(world, Region(region), process))
            if misrating:
                world.services.misrating.add(process)
        yield UPGRADE_STEP
        if bad_share((_receipts_since(world, region, seen),)) > BAD_SHARE_MAX:
            break
    # Stopped or through: a version that rates wrong is rolled back everywhere in this region.
    for process in sorted(world.services.misrating.intersection(world.instances[region])):
        world.services.misrating.discard(process)
        if world.timeline.is_running(process):
            world.timeline.start(process, serve(world, Region(region), process))


def _receipts_since(world: World, region: int, seen: int) -> Minute:
    """Count the receipts since then by whether their amount is what the published plan says."""
    ledger = world.site(Region(region)).ledger
    good = bad = 0
    for number in range(seen, ledger.length):
        entry = ledger.at(Position(number))
        rated = published_rate(entry)
        if rated is not None:
            good, bad = (good + 1, bad) if rated == entry.amount else (good, bad + 1)
    return Minute(Count(good), Count(bad))


def migrate(world: World, fault: Fault) -> None:
    """Import what an old system has billed."""
    world.timeline.add(_hand_over(world, fault))


def _hand_over(world: World, fault: Fault) -> Behaviour:
    """Import what an old system has billed, which has one event twice and one wrong; compare, correct.

    Both copies of the event have its key; the wrong one is corrected by an adjustment.
    """
    number = fault.choice % world.options.customers
    customer = customer_of(number)
    old = [make_request(world, customer, f"old-{fault.at}-{item}", 2 + item) for item in range(4)]
    wrong = replace(old[2], amount=Amount(old[2].amount + UNIT), fingerprint=Fingerprint("imported wrong"))
    for request in (old[0], old[1], old[1], wrong, old[3]):
        ask_office(world, "Charge", request)
        yield fault.lasts // 16
    new = _billed_by(world, customer, f"old-{fault.at}-")
    differences = compare_events(_billed(old), new, None).differences
    for item in differences:
        correction = make_request(world, customer, f"mend-{item.key}", 0)
        ask_office(world, "Adjust", replace(correction, amount=Amount(-UNIT)))


def _billed(requests: list[Request]) -> tuple[BilledEvent, ...]:
    return tuple(
        BilledEvent(
            customer=request.customer,
            key=request.key,
            kind=EntryKind.DEBIT,
            amount=request.amount,
            currency=request.currency,
            event_time=request.event_time,
            number=0,
        )
        for request in requests
    )


def _billed_by(world: World, customer: CustomerId, prefix: str) -> tuple[BilledEvent, ...]:
    ledger = world.site(world.state.leader).ledger
    entries = [ledger.at(Position(number)) for number in range(ledger.length)]
    return tuple(
        BilledEvent(
            customer=entry.customer,
            key=entry.key,
            kind=entry.kind,
            amount=entry.amount,
            currency=entry.currency,
            event_time=entry.event_time,
            number=entry.sequence,
            is_refused=entry.kind == EntryKind.REFUSAL,
        )
        for entry in entries
        if entry.customer == customer and entry.key.startswith(prefix)
    )
