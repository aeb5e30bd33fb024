"""What each kind of fault does to the world: how it begins, how it ends.

One process per fault waits for its time, begins it, waits while it lasts, and ends it. What is begun is
ended, also when two faults of one kind overlap: the second end finds nothing to do.

Source: ``simulation.md`` "Faults".
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from billproof.invariants.price_list import TWO_CALLS
from billproof.model import commands
from billproof.model.containers import FrozenMap
from billproof.model.identifiers import Amount, CurrencyCode, Fingerprint, Position, Sequence
from billproof.model.outcomes import EntryKind, Region
from billproof.simulations.kernel.network import FAIR, Weather
from billproof.simulations.kernel.timeline import Behaviour
from billproof.simulations.world import outages
from billproof.simulations.world.clients import TIGHT, UNIT, WIDE, customer_of, make_request
from billproof.simulations.world.faults import Fault
from billproof.simulations.world.jobs import promote
from billproof.simulations.world.messages import REPUBLISH, Ask
from billproof.simulations.world.office import DAY, NOBODY
from billproof.simulations.world.options import SECOND
from billproof.simulations.world.world import OUTSIDE, World

LOSSY: Final = Weather(lost=600_000, doubled=50_000, late=50_000, lateness=2)
STORMY: Final = Weather(lost=20_000, doubled=100_000, late=600_000, lateness=10)


def strike(world: World, fault: Fault) -> Behaviour:
    """Let one fault happen."""
    yield fault.at
    world.fire(fault.kind)
    (BEGIN.get(fault.kind) or outages.BEGIN[fault.kind])(world, fault)
    yield fault.lasts
    (END.get(fault.kind) or outages.END.get(fault.kind, _nothing))(world, fault)


def open_part(world: World, region: int) -> None:
    """Start every instance of a region that is not there, but for the zones that are lost."""
    outages.open_instances(world, region)


def mend(world: World) -> None:
    """End every fault: the network is fair, every instance is there, clocks are right."""
    world.network.heal()
    world.network.weather = FAIR
    world.busy[:] = [False, False]
    world.lost[:] = [False, False]
    world.clock_offsets[:] = [0, 0]
    world.services.paused_until[:] = [0, 0]
    world.services.zones_lost.clear()
    world.services.misrating.clear()
    world.services.mend(world.timeline.now)
    open_part(world, 0)
    open_part(world, 1)


def _nothing(world: World, fault: Fault) -> None:
    """Some faults happen at an instant."""


def _late_duplicate(world: World, fault: Fault) -> None:
    for number in range(min(4, len(world.asks))):
        ask = world.asks[(fault.choice + number * 7) % len(world.asks)]
        instances = world.instances[(fault.place + number) % 2]
        world.timeline.send(instances[fault.choice % len(instances)], ask._replace(client=NOBODY), number)


def _weather(weather: Weather) -> Callable[[World, Fault], None]:
    def begin(world: World, fault: Fault) -> None:
        del fault
        world.network.weather = weather

    return begin


def _fair(world: World, fault: Fault) -> None:
    del fault
    world.network.weather = world.options.weather


def _part(world: World, fault: Fault) -> None:
    del fault
    world.network.block(0, 1)
    world.network.block(1, 0)
    world.recovery.begin("charge", world.timeline.now)


def _join(world: World, fault: Fault) -> None:
    del fault
    world.network.unblock(0, 1)
    world.network.unblock(1, 0)


def _isolate(world: World, fault: Fault) -> None:
    for other in (1 - fault.place, OUTSIDE):
        world.network.block(fault.place, other)
        world.network.block(other, fault.place)
    if world.state.leader == fault.place:
        world.recovery.begin("charge", world.timeline.now)


def _reconnect(world: World, fault: Fault) -> None:
    for other in (1 - fault.place, OUTSIDE):
        world.network.unblock(fault.place, other)
        world.network.unblock(other, fault.place)


def _one_way(world: World, fault: Fault) -> None:
    world.network.block(fault.place, 1 - fault.place)


def _both_ways(world: World, fault: Fault) -> None:
    world.network.unblock(fault.place, 1 - fault.place)


def _flap(world: World, fault: Fault) -> None:
    for number in range(6):
        world.timeline.add(_one_flap(world, fault, number))


def _one_flap(world: World, fault: Fault, number: int) -> Behaviour:
    yield fault.lasts * number // 6
    (_part if number % 2 == 0 else _join)(world, fault)


def _kill_instance(world: World, fault: Fault) -> None:
    instances = world.instances[fault.place]
    world.timeline.kill(instances[fault.choice % len(instances)])
    if world.state.leader == fault.place:
        world.recovery.begin("charge", world.timeline.now)


def _restart(world: World, fault: Fault) -> None:
    if not world.lost[fault.place]:
        open_part(world, fault.place)


def _crash_region(world: World, fault: Fault) -> None:
    for process in world.instances[fault.place]:
        world.timeline.kill(process)
    world.execute(commands.Crash(region=Region(fault.place)))
    if world.state.leader == fault.place:
        world.recovery.begin("charge", world.timeline.now)


def _lose_region(world: World, fault: Fault) -> None:
    world.lost[fault.place] = True
    _isolate(world, fault)
    _crash_region(world, fault)


def _regain_region(world: World, fault: Fault) -> None:
    world.lost[fault.place] = False
    _reconnect(world, fault)
    open_part(world, fault.place)


def _tamper(world: World, fault: Fault) -> None:
    length = world.site(world.state.leader).ledger.length
    if length < 2:
        return
    place = Position(fault.choice % (length - 1))
    more = Amount((1 + fault.choice % 7) * UNIT)
    edits = (
        commands.AlterPresented(position=place, amount=more, event_time=world.state.now),
        commands.DeletePresented(position=place),
        commands.TruncatePresented(size=Position(place + 1)),
        commands.ReorderPresented(position=place),
        commands.ForkPresented(position=place, amount=more),
        commands.ResignPresented(position=place, amount=more),
    )
    world.show((commands.Present(), edits[(fault.choice >> 4) % len(edits)]))


def _jump(forward: int) -> Callable[[World, Fault], None]:
    def begin(world: World, fault: Fault) -> None:
        world.clock_offsets[world.state.leader] = forward * (1 + fault.choice % 600) * SECOND // 10

    return begin


def _right_clock(world: World, fault: Fault) -> None:
    del fault
    world.clock_offsets[:] = [0, 0]


def _busy(world: World, fault: Fault) -> None:
    world.busy[fault.place] = True
    if world.state.leader == fault.place:
        world.recovery.begin("charge", world.timeline.now)


def _free(world: World, fault: Fault) -> None:
    world.busy[fault.place] = False


def _promote(world: World, fault: Fault) -> None:
    del fault
    promote(world)


def _batch_again(world: World, fault: Fault) -> None:
    del fault
    for process in world.publishers:
        world.timeline.send(process, REPUBLISH, 0)


def _month_end(world: World, fault: Fault) -> None:
    del fault
    world.calendar += 31 * DAY


def _retention(world: World, fault: Fault) -> None:
    del fault
    world.calendar += 91 * DAY


def _old_request(world: World, fault: Fault) -> None:
    _late_duplicate(world, replace(fault, place=int(world.state.leader)))


def _office(world: World, ask: Ask) -> None:
    instances = world.instances[world.state.leader]
    world.timeline.send(instances[0], ask, 0)


def _change_terms(world: World, fault: Fault) -> None:
    customer = fault.choice % world.options.customers
    terms = (*TIGHT, WIDE)[(fault.choice >> 4) % (len(TIGHT) + 1)]
    request = make_request(world, customer_of(customer), f"terms-{fault.at}-{fault.choice}", 0, terms=terms)
    _office(world, Ask(NOBODY, 0, "ChangeTier", request))


def _refunds(world: World, fault: Fault) -> None:
    ledger = world.site(world.state.leader).ledger
    made = 0
    for number in range(ledger.length - 1, -1, -1):
        entry = ledger.at(Position(number))
        if entry.kind != EntryKind.DEBIT or made >= 3:
            continue
        made += 1
        kind = ("Refund", "GiveCredit", "TopUp", "Adjust")[(fault.choice + made) % 4]
        request = make_request(
            world,
            entry.customer,
            f"office-{fault.at}-{number}",
            1 + fault.choice % 3,
            refers_to=Sequence(entry.sequence) if kind == "Refund" else Sequence(0),
        )
        for _ in range(2):
            _office(world, Ask(NOBODY, 0, kind, request))


def _burst(world: World, fault: Fault) -> None:
    customer = customer_of(fault.choice % world.options.customers)
    leader = world.instances[world.state.leader]
    for number in range(20):
        key = f"burst-{fault.at}-{number // 2}"
        request = make_request(world, customer, key, 1 + number // 2 % 3)
        world.timeline.send(leader[number % len(leader)], Ask(NOBODY, 0, "Charge", request), number * 300)


def _key_reused(world: World, fault: Fault) -> None:
    charges = [ask for ask in world.asks if ask.operation == "Charge"]
    if charges:
        ask = charges[fault.choice % len(charges)]
        request = ask.request
        more = replace(
            request,
            amount=Amount(request.amount + 100 * UNIT),
            fingerprint=Fingerprint(f"{request.fingerprint}+100"),
        )
        _office(world, Ask(NOBODY, 0, "Charge", more))


def _odd_amounts(world: World, fault: Fault) -> None:
    customer = customer_of(fault.choice % world.options.customers)
    negative = make_request(world, customer, f"negative-{fault.at}", -1 - fault.choice % 9)
    foreign = make_request(world, customer, f"foreign-{fault.at}", 1)
    foreign = replace(foreign, currency=CurrencyCode("EUR"), fingerprint=Fingerprint(f"{foreign.key}:1EUR"))
    _office(world, Ask(NOBODY, 0, "Charge", negative))
    _office(world, Ask(NOBODY, 0, "Charge", foreign))


def _wrong_price(world: World, fault: Fault) -> None:
    customer = customer_of(fault.choice % world.options.customers)
    request = make_request(world, customer, f"price-{fault.at}", 1 + fault.choice % 5)
    _office(world, Ask(NOBODY, 0, "Charge", replace(request, usage=TWO_CALLS)))


def _reset_again(world: World, fault: Fault) -> None:
    del fault
    rows = world.site(world.state.leader).rows
    assert isinstance(rows, FrozenMap)
    for name in sorted(
        (name for name, _ in rows.items()), key=lambda name: (name.customer, name.entitlement)
    ):
        world.execute(commands.ResetUsage(region=world.state.leader, name=name))


BEGIN: Final[dict[str, Callable[[World, Fault], None]]] = {
    "late_duplicate": _late_duplicate,
    "replies_lost": _weather(LOSSY),
    "storm": _weather(STORMY),
    "regions_parted": _part,
    "region_isolated": _isolate,
    "one_way": _one_way,
    "flapping": _flap,
    "instance_crash": _kill_instance,
    "region_crash": _crash_region,
    "region_loss": _lose_region,
    "tampering": _tamper,
    "clock_jump": _jump(1),
    "clock_back": _jump(-1),
    "store_busy": _busy,
    "scale_in": _kill_instance,
    "planned_failover": _promote,
    "batch_again": _batch_again,
    "month_end": _month_end,
    "retention": _retention,
    "terms_changed": _change_terms,
    "refunds": _refunds,
    "key_reused": _key_reused,
    "odd_amounts": _odd_amounts,
    "wrong_price": _wrong_price,
    "reset_again": _reset_again,
    "burst": _burst,
}
"""How each kind begins."""

END: Final[dict[str, Callable[[World, Fault], None]]] = {
    "replies_lost": _fair,
    "storm": _fair,
    "regions_parted": _join,
    "region_isolated": _reconnect,
    "one_way": _both_ways,
    "flapping": _join,
    "instance_crash": _restart,
    "region_crash": _restart,
    "region_loss": _regain_region,
    "clock_jump": _right_clock,
    "clock_back": _right_clock,
    "store_busy": _free,
    "scale_in": _restart,
    "retention": _old_request,
}
"""How those end that last."""
