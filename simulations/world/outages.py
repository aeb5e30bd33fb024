"""Faults of the platform, of operations and of trust: what each kind does, how it ends.

Zones, document store, signing service, certificates, deployments, backups, archives, stolen credentials;
``acts`` has the faults of network, instances, regions, clocks and accounts.

Source: ``simulation.md``, faults 5 to 12; ``claims.md`` 1.13.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from billproof.model import outside_commands
from billproof.model.identifiers import Amount, Count, Digest, Position
from billproof.model.outcomes import Region
from billproof.model.platform.units import Mask
from billproof.model.posting import other_region
from billproof.simulations.kernel import disks
from billproof.simulations.kernel.timeline import Behaviour
from billproof.simulations.world import deployments
from billproof.simulations.world.clients import UNIT, WIDE, customer_of, make_request
from billproof.simulations.world.faults import Fault
from billproof.simulations.world.instances import serve
from billproof.simulations.world.keepers import repair
from billproof.simulations.world.office import (
    DAY,
    about,
    ask_office,
    close_months,
    event_at,
    release_last,
    report_theft,
    some_debit,
    units_of,
    use_stolen_key,
)
from billproof.simulations.world.options import MILLISECOND, SECOND
from billproof.simulations.world.services import SCARCE_WRITES, ZONES
from billproof.simulations.world.world import World

CUT_WITHIN: Final = 200 * MILLISECOND
"""After a month has ended its invoices are cut within this time."""

TAIL: Final = 8
"""How many of the last entries of a standby are on the disk and may not be synced."""

SPIKE: Final = 60
"""Requests of a load spike, in steps that grow."""

Act = Callable[[World, Fault], None]


def open_instances(world: World, region: int) -> None:
    """Start every instance of a region that is not there and whose zone is."""
    for number, process in enumerate(world.instances[region]):
        if (
            not world.timeline.is_running(process)
            and (region, number % ZONES) not in world.services.zones_lost
        ):
            world.timeline.start(process, serve(world, Region(region), process))


def _lose_zone(world: World, fault: Fault) -> None:
    zone = (fault.place, fault.choice % ZONES)
    world.services.zones_lost.append(zone)
    world.recovery.begin("charge", world.timeline.now)
    for number, process in enumerate(world.instances[fault.place]):
        if number % ZONES == zone[1]:
            world.timeline.kill(process)


def _regain_zone(world: World, fault: Fault) -> None:
    zone = (fault.place, fault.choice % ZONES)
    if zone in world.services.zones_lost:
        world.services.zones_lost.remove(zone)
    if not world.lost[fault.place]:
        open_instances(world, fault.place)


def _pause(world: World, fault: Fault) -> None:
    world.services.paused_until[fault.place] = world.timeline.now + fault.lasts
    if world.state.leader == fault.place:
        world.recovery.begin("charge", world.timeline.now)


def _documents_down(world: World, fault: Fault) -> None:
    del fault
    world.services.set_documents(available=False)
    world.recovery.begin("document", world.timeline.now)


def _documents_up(world: World, fault: Fault) -> None:
    del fault
    world.services.set_documents(available=True)


def _stores_down(world: World, fault: Fault) -> None:
    _documents_down(world, fault)
    world.busy[:] = [True, True]
    world.recovery.begin("charge", world.timeline.now)


def _stores_up(world: World, fault: Fault) -> None:
    _documents_up(world, fault)
    world.busy[:] = [False, False]


def _quota_of_documents(world: World, fault: Fault) -> None:
    del fault
    world.services.limit_documents(SCARCE_WRITES, world.timeline.now)
    world.recovery.begin("document", world.timeline.now)


def _quota_raised(world: World, fault: Fault) -> None:
    del fault
    world.services.limit_documents(Count(0), world.timeline.now)


def _signer_down(world: World, fault: Fault) -> None:
    del fault
    world.services.set_signer(available=False)
    world.recovery.begin("charge", world.timeline.now)


def _signer_up(world: World, fault: Fault) -> None:
    del fault
    world.services.set_signer(available=True)


def _rotate(world: World, fault: Fault) -> None:
    del fault
    key = world.services.rotate(world.timeline.now)
    world.execute(outside_commands.RotateSigningKey(signing_key=key))


def _certificate(*, valid: bool) -> Act:
    def act(world: World, fault: Fault) -> None:
        world.services.certified[fault.place] = valid
        if not valid and world.state.leader == fault.place:
            world.recovery.begin("charge", world.timeline.now)

    return act


def _corrupt_document(world: World, fault: Fault) -> None:
    customer = customer_of(fault.choice % world.options.customers)
    amount = Amount((1 + fault.choice % 97) * UNIT)
    world.recovery.begin("repair", world.timeline.now)
    world.execute(outside_commands.CorruptDocument(customer=customer, amount=amount))


def _damage_disk(world: World, fault: Fault) -> None:
    """Damage the disk of the standby: un-synced writes lost, one torn, one misdirected, or a bit flipped."""
    region = other_region(world.state.leader)
    site = world.site(region)
    first = max(0, site.ledger.length - TAIL)
    expected = {
        number: int(site.ledger.at(Position(number)).digest[:8], 16)
        for number in range(first, site.ledger.length)
    }
    disk = disks.EMPTY
    for number, checksum in expected.items():
        disk = disks.write(disk, number, checksum)
    if not expected:
        return
    last = site.ledger.length - 1
    kind = fault.choice % 3
    if kind == 0:
        disk = disks.crash(disk, Mask(fault.choice >> 4), (fault.choice >> 2) % len(expected))
    elif kind == 1:
        disk = disks.sync(disks.misdirect(disk, last, first))
    else:
        disk = disks.flip(disks.sync(disk), last, fault.choice % 32)
    found = dict(disk.synced.items())
    if any(found.get(number) != checksum for number, checksum in expected.items()):
        # The checksums are compared on restart and by the scrubber: what is damaged is not used.
        repair(world, region)


def _rebuild(world: World, fault: Fault) -> None:
    del fault
    repair(world, other_region(world.state.leader))


def _restore_old(world: World, fault: Fault) -> None:
    del fault
    world.recovery.begin("charge", world.timeline.now)
    world.execute(outside_commands.RestoreBackup(region=world.state.leader))


def _edit_archive(world: World, fault: Fault) -> None:
    length = world.site(world.state.leader).ledger.length
    if length:
        place = Position(fault.choice % length)
        world.execute(outside_commands.OverwriteArchive(position=place, digest=Digest("edited")))


def _forge_head(world: World, fault: Fault) -> None:
    customer = customer_of(fault.choice % world.options.customers)
    world.execute(outside_commands.ForgeCheckpoint(customer=customer))


def _configure_wrong(world: World, fault: Fault) -> None:
    customer = customer_of(fault.choice % world.options.customers)
    terms = replace(WIDE, limit=Amount(WIDE.quota - 1), credit_limit=Amount(-(fault.choice % 2)))
    ask_office(world, "ChangeTier", make_request(world, customer, f"config-{fault.at}", 0, terms=terms))


def _late_events(world: World, fault: Fault) -> None:
    world.timeline.add(_turn_of_a_month(world, fault))


def _turn_of_a_month(world: World, fault: Fault) -> Behaviour:
    """A month ends and its invoices are cut; then events come late, too late, and from the future."""
    world.calendar += 31 * DAY
    yield CUT_WITHIN
    for number in range(world.options.customers):
        customer = customer_of(number)
        close_months(world, customer, world.state.period)
        yield MILLISECOND * 20
        for name, days, seconds in (("late", 18, 0), ("too-late", 70, 0), ("early", 0, -3_600)):
            key = f"{name}-{fault.at}-{number}"
            ask_office(world, "Charge", event_at(world, customer, key, days, seconds))


def _day_of_an_hour_more(world: World, fault: Fault) -> None:
    """The customers' clocks change to winter time: what they stamp lies an hour ahead, then one behind."""
    for number in range(world.options.customers):
        for name, seconds in (("ahead", -3_600), ("behind", 3_600)):
            key = f"dst-{name}-{fault.at}-{number}"
            ask_office(world, "Charge", event_at(world, customer_of(number), key, 0, seconds))


def _leap_second(world: World, fault: Fault) -> None:
    """The last second of the day is shown twice."""
    world.clock_offsets[fault.place] = -SECOND


def _right_clock(world: World, fault: Fault) -> None:
    del fault
    world.clock_offsets[:] = [0, 0]


def _dispute_races(world: World, fault: Fault) -> None:
    """A dispute is opened, refunded, charged back, erased and its month closed, all at once."""
    entry = some_debit(world, world.draws.split(fault.at))
    if entry is None:
        return
    key, units = f"race-{fault.at}", units_of(entry)
    ask_office(world, "Hold", about(world, entry, f"{key}-hold", units))
    ask_office(world, "Refund", about(world, entry, f"{key}-refund", units))
    ask_office(world, "Chargeback", about(world, entry, f"{key}-bank", units))
    ask_office(world, "Erase", make_request(world, entry.customer, f"{key}-erase", 0))
    close_months(world, entry.customer, world.state.period)
    ask_office(world, "Release", about(world, entry, f"{key}-free", units))


def _account_stopped(world: World, fault: Fault) -> None:
    customer = customer_of(fault.choice % world.options.customers)
    ask_office(world, "Hold", make_request(world, customer, f"stop-{fault.at}", 0))


def _account_free(world: World, fault: Fault) -> None:
    customer = customer_of(fault.choice % world.options.customers)
    release_last(world, customer, f"go-{fault.at}")


def _steal_credentials(world: World, fault: Fault) -> None:
    world.timeline.add(_theft(world, fault))


def _theft(world: World, fault: Fault) -> Behaviour:
    """Somebody charges with a customer's key, before the theft is reported and after it."""
    number = fault.choice % world.options.customers & ~1
    use_stolen_key(world, number, f"stolen-{fault.at}-1")
    yield fault.lasts // 4
    report_theft(world, customer_of(number), f"reported-{fault.at}")
    yield fault.lasts // 4
    use_stolen_key(world, number, f"stolen-{fault.at}-2")


def _spike(world: World, fault: Fault) -> None:
    world.timeline.add(_ramp(world, fault))


def _ramp(world: World, fault: Fault) -> Behaviour:
    """Requests of all customers, ever faster: the ramp of a Black Friday."""
    for number in range(SPIKE):
        customer = customer_of(number % world.options.customers)
        request = make_request(world, customer, f"spike-{fault.at}-{number}", 1 + number % 3)
        ask_office(world, "Charge", request)
        world.services.offered += 1
        yield max(200, fault.lasts // (SPIKE + number * number // 4))


BEGIN: Final[dict[str, Act]] = {
    "zone_loss": _lose_zone,
    "pause": _pause,
    "documents_down": _documents_down,
    "stores_down": _stores_down,
    "documents_quota": _quota_of_documents,
    "signer_down": _signer_down,
    "key_rotation": _rotate,
    "certificate_expired": _certificate(valid=False),
    "document_corrupted": _corrupt_document,
    "disk_damaged": _damage_disk,
    "replica_rebuilt": _rebuild,
    "old_restore": _restore_old,
    "archive_edited": _edit_archive,
    "head_forged": _forge_head,
    "rolling_upgrade": deployments.deploy(misrating=False),
    "bad_version": deployments.deploy(misrating=True),
    "wrong_configuration": _configure_wrong,
    "late_events": _late_events,
    "summer_time": _day_of_an_hour_more,
    "leap_second": _leap_second,
    "dispute_races": _dispute_races,
    "account_stopped": _account_stopped,
    "credentials_stolen": _steal_credentials,
    "load_spike": _spike,
    "migration": deployments.migrate,
}
"""How each kind begins."""

END: Final[dict[str, Act]] = {
    "zone_loss": _regain_zone,
    "documents_down": _documents_up,
    "stores_down": _stores_up,
    "documents_quota": _quota_raised,
    "signer_down": _signer_up,
    "certificate_expired": _certificate(valid=True),
    "leap_second": _right_clock,
    "account_stopped": _account_free,
}
"""How those end that last."""
