"""Jobs: the clock, reconciliation, checkpoints, the monthly reset, the purge of keys, the operator.

Theory of operation. Each job looks at the region that leads in its own belief: a region that was not told of
its successor goes on reconciling. The operator probes the leader from outside both regions and promotes the
other one after some missed answers; it brings a region back once both reach each other.

Source: CO-11, CO-12, T4-V, QU-08, RE-01, RS-03 to RS-05, T4-R3; ``system.md`` section 7.
"""

from typing import Final

from billproof.model import commands, outside_commands
from billproof.model.containers import FrozenMap
from billproof.model.identifiers import Instant
from billproof.model.outcomes import Region, Status
from billproof.model.periods import period_of
from billproof.model.posting import other_region
from billproof.model.switches import (
    HeadPublication,
    KeyRetention,
    PeriodAccounting,
    RepairDirection,
    Replication,
)
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import Behaviour
from billproof.simulations.world.clients import customer_of
from billproof.simulations.world.options import MILLISECOND
from billproof.simulations.world.world import OUTSIDE, REGIONS, World

TICK: Final = 20 * MILLISECOND
"""How often the clock of the store is read; commits between two readings have one time."""

RECONCILE_EVERY: Final = 90 * MILLISECOND
CHECKPOINT_EVERY: Final = 150 * MILLISECOND
CLEAN_EVERY: Final = 200 * MILLISECOND
PROBE_EVERY: Final = 40 * MILLISECOND

MISSES: Final = 3
"""Probes without an answer after which the other region is promoted."""

PARTED: Final = 4
"""Probes in a row in which the regions did not reach each other, after which the leader goes on alone."""

PURGES: Final = 4
"""Keys that one run of the purge job deletes at most."""


def clock(world: World) -> Behaviour:
    """Let the core see the clock of the region that leads."""
    shown = Instant(0)
    while True:
        yield TICK
        now = world.timeline.now + world.calendar + world.clock_offsets[world.state.leader]
        now = Instant(max(0, now))
        if now != shown:
            shown = now
            world.execute(commands.AdvanceTime(now=now, period=period_of(now)))


def reconciler(world: World, draws: Draws) -> Behaviour:
    """Compare one balance after the other with the ledger."""
    customer = 0
    either = world.design.repair_direction == RepairDirection.EITHER
    while True:
        yield RECONCILE_EVERY
        customer = (customer + 1) % world.options.customers
        roll_back = either and draws.chance(500_000)
        for region in REGIONS:
            if world.site(region).leading and not world.lost[region]:
                world.execute(
                    commands.Reconcile(region=region, customer=customer_of(customer), roll_back=roll_back)
                )


def checkpoints(world: World) -> Behaviour:
    """Publish heads, where the design does."""
    while world.design.head_publication != HeadPublication.NONE:
        yield CHECKPOINT_EVERY
        for region in REGIONS:
            if world.site(region).leading and not world.lost[region] and world.state.leader == region:
                world.execute(commands.PublishCheckpoint(region=region))


def cleaner(world: World) -> Behaviour:
    """Reset the rows of a month that is over, and purge keys, where the design does."""
    resets = world.design.period_accounting == PeriodAccounting.RESET_JOB
    purges = world.design.key_retention == KeyRetention.DAYS
    period = world.state.period
    while resets or purges:
        yield CLEAN_EVERY
        leader = world.state.leader
        site = world.site(leader)
        assert isinstance(site.rows, FrozenMap)
        assert isinstance(site.keys, FrozenMap)
        if resets and world.state.period != period:
            for name in sorted(
                (name for name, _ in site.rows.items()), key=lambda name: (name.customer, name.entitlement)
            ):
                world.execute(commands.ResetUsage(region=leader, name=name))
        period = world.state.period
        if not purges or world.state.now < world.design.key_retention_micros:
            continue
        left = PURGES
        for key in sorted(
            (name for name, _ in site.keys.items()), key=lambda name: (name.customer, name.key)
        ):
            if left and world.execute(commands.PurgeKey(region=leader, name=key)).status == Status.DONE:
                left -= 1


def operator(world: World) -> Behaviour:
    """Promote the other region when the leader does not answer; bring a region back when it does."""
    misses = alone = 0
    while True:
        yield PROBE_EVERY
        leader = world.state.leader
        other = other_region(leader)
        if is_reached(world, leader) and not world.buggify("probe_is_missed"):
            misses = 0
        else:
            misses += 1
            if misses >= MISSES and is_reached(world, other):
                promote(world)
                misses = 0
        alone = 0 if are_linked(world) or not world.state.joined else alone + 1
        if alone >= PARTED and world.design.replication == Replication.SYNC_QUORUM:
            # Nothing is confirmed any more: the standby leaves the quorum, by a committed event (R4.2).
            world.execute(outside_commands.LeaveQuorum())
        if not world.state.joined and not world.lost[0] and not world.lost[1] and are_linked(world):
            world.execute(commands.Heal())


def is_reached(world: World, region: Region) -> bool:
    """Tell whether the operator reaches a region and is answered, and some instance is there."""
    network = world.network
    if world.lost[region] or network.is_blocked(OUTSIDE, region) or network.is_blocked(region, OUTSIDE):
        return False
    return any(world.timeline.is_running(process) for process in world.instances[region])


def are_linked(world: World) -> bool:
    """Tell whether the regions reach each other, both ways."""
    return not (world.network.is_blocked(0, 1) or world.network.is_blocked(1, 0))


def promote(world: World) -> bool:
    """Promote the other region, if the arbiter lets it; count what it has not of what was acknowledged."""
    if world.execute(commands.FailOver()).status != Status.DONE:
        return False
    world.recovery.events = max(world.recovery.events, forgotten_in(world))
    return True


def forgotten_in(world: World) -> int:
    """Return how many charges that a client was told are accepted the leader does not know."""
    keys, acknowledged = world.site(world.state.leader).keys, world.state.acknowledged
    assert isinstance(acknowledged, FrozenMap)
    return sum(
        1
        for name, reply in acknowledged.items()
        if reply.status <= Status.ACCEPTED_WITH_WARNING and not keys.contains(name)
    )
