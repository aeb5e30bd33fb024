"""Keepers: archive, ledger documents, their reconciliation, readers, backups, health checks, autoscaler.

Theory of operation. The archivist copies every durable entry to the archive, and sends it to the third
region, which keeps a copy in the order of the log. The projector writes each durable entry to the document of
its customer; a write that the document store refuses is tried again, longer apart each time. The comparer
holds one document after the other against the log. Readers ask both regions for balances.

Source: CO-02, CO-11, BK-02, BK-05, DL-03, T4-V; EC-02, RS-12, ``model.reconciliation``, ``model.custody``.
"""

from typing import Final

from billproof.model import commands, outside_commands
from billproof.model.identifiers import Position
from billproof.model.outcomes import Region, Status
from billproof.model.platform.units import Permille
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import FOREVER, Behaviour
from billproof.simulations.world.clients import customer_of
from billproof.simulations.world.instances import serve
from billproof.simulations.world.messages import Copied, Copy
from billproof.simulations.world.options import MILLISECOND
from billproof.simulations.world.world import REGIONS, World

ARCHIVE_EVERY: Final = 70 * MILLISECOND
PROJECT_EVERY: Final = 50 * MILLISECOND
COMPARE_EVERY: Final = 110 * MILLISECOND
READ_EVERY: Final = 90 * MILLISECOND
BACKUP_EVERY: Final = 500 * MILLISECOND
CHECK_EVERY: Final = 25 * MILLISECOND
SCALE_EVERY: Final = 100 * MILLISECOND

AT_ONCE: Final = 12
"""How many entries a keeper takes on at one time."""

BACKOFF_MAX: Final = 4
"""How often the projector doubles its pause while the document store refuses."""


def archivist(world: World, me: int) -> Behaviour:
    """Copy durable entries to the archive and to the third region, in the order of the log."""
    held = 0
    while True:
        message = yield ARCHIVE_EVERY
        if isinstance(message, Copied):
            held = message.length
            continue
        leader = world.state.leader
        length = world.site(leader).ledger.length
        for number in range(held, min(length, held + AT_ONCE)):
            place = Position(number)
            if not world.state.exhibits.archive.contains(place):
                done = world.execute(outside_commands.Archive(region=leader, position=place))
                if done.status == Status.NOT_POSSIBLE:
                    break
            digest = world.site(leader).ledger.at(place).digest
            world.network.send(me, world.third, Copy(me, place, digest))


def third_region(world: World, me: int) -> Behaviour:
    """Keep a copy of the log, in its order: cold, read-only, behind."""
    while True:
        message = yield FOREVER
        if not isinstance(message, Copy):
            continue
        if message.position == len(world.copies):
            world.copies.append(message.digest)
        world.network.send(me, message.sender, Copied(len(world.copies)))


def projector(world: World) -> Behaviour:
    """Write the documents, as fast as the document store takes them."""
    doubled = 0
    while True:
        yield PROJECT_EVERY << doubled
        for _ in range(AT_ONCE):
            place = world.state.exhibits.projected
            ledger = world.site(world.state.leader).ledger
            if place >= ledger.length:
                break
            entry = ledger.at(place)
            number = world.number_of(entry.customer)
            if world.buggify("document_is_skipped_once"):
                break
            if not world.services.write_document(number, entry.sequence, world.timeline.now):
                doubled = min(doubled + 1, BACKOFF_MAX)
                break
            doubled = 0
            if world.execute(outside_commands.Project()).status == Status.NOT_POSSIBLE:
                break
            world.recovery.end("document", world.timeline.now)


def comparer(world: World) -> Behaviour:
    """Hold one document after the other against the log."""
    customer = 0
    while True:
        yield COMPARE_EVERY
        customer = (customer + 1) % world.options.customers
        name = customer_of(customer)
        before = world.state.exhibits.documents
        world.execute(outside_commands.CompareDocument(customer=name))
        if world.state.exhibits.documents is not before:
            world.recovery.end("repair", world.timeline.now)


def readers(world: World, draws: Draws) -> Behaviour:
    """Ask both regions for balances."""
    while True:
        yield READ_EVERY
        name = customer_of(draws.below(world.options.customers))
        for region in REGIONS:
            if not world.lost[region]:
                world.execute(outside_commands.ReadBalance(region=region, customer=name))


def backups(world: World) -> Behaviour:
    """Take a backup of the leader from time to time."""
    while True:
        yield BACKUP_EVERY
        world.execute(outside_commands.TakeBackup())


def health_checks(world: World) -> Behaviour:
    """Ask every instance whether it is there, as the balancer of its region does."""
    while True:
        yield CHECK_EVERY
        for region in REGIONS:
            for backend, process in enumerate(world.instances[region][: world.options.instances]):
                up = world.timeline.is_running(process) and not world.lost[region]
                world.services.check(region, backend, succeeded=up)


def autoscaler(world: World) -> Behaviour:
    """Start instances where the load asks for them; take away what it does not."""
    while True:
        yield SCALE_EVERY
        leader = world.state.leader
        running = [item for item in world.instances[leader] if world.timeline.is_running(item)]
        room = max(1, len(running) * world.options.pool)
        load = Permille(min(2_000, 1_000 * sum(world.in_flight[item] for item in running) // room))
        wanted = world.services.scale(load, world.services.offered, world.timeline.now)
        world.services.offered = 0
        if len(running) < wanted and not world.lost[leader] and not world.services.zones_lost:
            start_one(world, leader)


def start_one(world: World, region: Region) -> None:
    """Start one more instance of a region, where one was taken away or at a new place."""
    for process in world.instances[region]:
        if not world.timeline.is_running(process):
            world.timeline.start(process, serve(world, region, process))
            return
    if len(world.instances[region]) < world.options.instances + AT_ONCE:
        number = world.add(lambda me: serve(world, region, me), region)
        world.instances[region].append(number)


def repair(world: World, region: Region) -> None:
    """Rebuild a standby whose storage nobody trusts: it leaves the quorum, is emptied, and returns."""
    if world.state.leader == region:
        return
    world.execute(outside_commands.LeaveQuorum())
    world.execute(outside_commands.RestoreBackup(region=region))
    world.execute(commands.Heal())
