"""What carries entries on: shipping to the replica, and the outbox to the invoice consumer.

Theory of operation. Each leader ships what the replica does not hold yet, in order, some entries ahead; the
replica takes an entry if it is the next one, keeps what has overtaken it until its turn, and says how far it
holds the log; whoever hears nothing ships again. The publisher sends each durable entry until the consumer
has taken it: at least once, in any order.

Choices. The core ships and delivers the entry that a log has at a position; a message here names the entry
by its digest and is dropped where the log has another one by now. The core's ``Confirm`` reads what the
replica holds when it arrives, not when it was sent; the replica's log only grows by what this leader ships,
so this is a confirmation that could have been sent.

Source: ``system.md`` section 7; R2.3, LF-08, EC-04.
"""

from typing import Final

from billproof.model import commands
from billproof.model.charging import is_durable
from billproof.model.identifiers import Position
from billproof.model.outcomes import Region, Status
from billproof.model.posting import other_region
from billproof.simulations.kernel.timeline import FOREVER, Behaviour
from billproof.simulations.world.messages import NUDGE, Held, Outbox, Republish, Ship, Taken
from billproof.simulations.world.world import World

AHEAD: Final = 8
"""How many entries are on their way to the replica at once."""

AGAIN: Final = 120_000
"""Microseconds after which a shipper or publisher that hears nothing sends again."""

NO_EPOCH: Final = -1
"""Before the first look."""

OUTBOX_AHEAD: Final = 8
"""How many messages of the outbox are on their way at once."""


def shipper(world: World, region: Region, me: int) -> Behaviour:
    """Ship the log of a region while it leads."""
    epoch, held, sent, due, patience = NO_EPOCH, 0, 0, 0, FOREVER
    while True:
        message = yield patience
        site = world.site(region)
        if site.epoch != epoch:
            epoch, held, sent = site.epoch, site.confirmed, site.confirmed
        if isinstance(message, Held) and message.epoch == epoch:
            if held < message.length <= site.ledger.length:
                held, due = message.length, world.timeline.now + AGAIN
            if message.length > site.confirmed:
                world.execute(commands.Confirm(source=region))
                world.timeline.send(world.publishers[region], NUDGE, 0)
        if world.timeline.now >= due or world.buggify("ships_from_afar"):
            # Nothing was heard for long, whatever else has woken this process meanwhile.
            sent, due = held, world.timeline.now + AGAIN
        if not site.leading or held >= site.ledger.length:
            patience = FOREVER
            continue
        target = world.replicas[other_region(region)]
        for position in range(max(sent, held), min(site.ledger.length, held + AHEAD)):
            digest = site.ledger.at(Position(position)).digest
            world.network.send(me, target, Ship(region, site.epoch, Position(position), digest))
            sent = position + 1
        patience = due - world.timeline.now


def replica(world: World, region: Region, me: int) -> Behaviour:
    """Take what the other region ships, in order; what comes early waits in memory."""
    early: dict[int, Ship] = {}
    while True:
        message = yield FOREVER
        if not isinstance(message, Ship) or not _is_of_the_log(world, message):
            continue
        own = world.site(region)
        if own.leading or own.epoch != message.epoch:
            # Whoever does not follow has a log of its own, of which no length says anything (C3).
            continue
        length = own.ledger.length
        if length <= message.position < length + AHEAD:
            early[message.position] = message
        while (ship := early.pop(world.site(region).ledger.length, None)) is not None:
            if not _is_of_the_log(world, ship):
                break
            world.execute(commands.Replicate(source=ship.source))
        if world.buggify("confirmation_is_dropped"):
            continue
        length = world.site(region).ledger.length
        world.network.send(me, world.shippers[message.source], Held(message.source, message.epoch, length))


def _is_of_the_log(world: World, ship: Ship) -> bool:
    """Tell whether an entry that was shipped still stands there in the log of whoever shipped it."""
    sender = world.site(ship.source)
    if sender.epoch != ship.epoch or ship.position >= sender.ledger.length:
        return False
    return sender.ledger.at(ship.position).digest == ship.digest


def publisher(world: World, region: Region, me: int) -> Behaviour:
    """Publish what is durable in a region while it leads, until the consumer has taken it."""
    cursor, sent, patience = 0, 0, FOREVER
    taken: set[int] = set()
    while True:
        message = yield patience
        if isinstance(message, Taken):
            taken.add(message.position)
        elif message is None:
            sent = cursor
        elif isinstance(message, Republish):
            # The whole outbox once more: a batch job that somebody started again.
            cursor, sent = 0, 0
            taken.clear()
        site = world.site(region)
        while cursor in taken:
            taken.discard(cursor)
            cursor += 1
        if not site.leading or cursor >= site.ledger.length:
            patience = FOREVER
            continue
        position = max(sent, cursor)
        while position < min(site.ledger.length, cursor + OUTBOX_AHEAD):
            if position not in taken:
                if not is_durable(site, Position(position), world.context):
                    break
                digest = site.ledger.at(Position(position)).digest
                for _ in range(2 if world.buggify("publishes_twice") else 1):
                    world.network.send(me, world.consumer, Outbox(me, region, Position(position), digest))
            position += 1
        sent = max(sent, position)
        patience = AGAIN


def consumer(world: World, me: int) -> Behaviour:
    """Add up what is to be invoiced."""
    while True:
        message = yield FOREVER
        if not isinstance(message, Outbox):
            continue
        ledger = world.site(message.region).ledger
        if message.position >= ledger.length or ledger.at(message.position).digest != message.digest:
            continue
        done = world.execute(commands.Deliver(region=message.region, position=message.position))
        if done.status != Status.NOT_POSSIBLE and not world.buggify("taken_is_dropped"):
            world.network.send(me, message.publisher, Taken(message.position))
