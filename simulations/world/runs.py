"""One run: options, safety phase, mending, liveness phase, what came of it.

Theory of operation. In the safety phase faults happen and every clause is judged as things go on. Then all
is mended and nothing strikes any more; now the system must drain within a bound: every intent has its
definite answer, the replica holds the log, the consumer has taken every entry, every balance is the sum of
its entries. What has not drained by then is named.

Source: ``simulation.md`` "Runs"; house style rule 20.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from billproof.invariants.explore.search import StepFunction
from billproof.invariants.theorem import Transition
from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.containers import Log
from billproof.model.context import Context
from billproof.model.core import step as core_step
from billproof.model.design import Design
from billproof.model.effects import balance_effect
from billproof.model.identifiers import Instant, Position
from billproof.model.outcomes import Region, Status
from billproof.model.periods import period_of
from billproof.model.posting import other_region, site_of
from billproof.model.state import ChainName, Entry, State
from billproof.simulations.judging.judge import Found, Judge
from billproof.simulations.kernel.timeline import Behaviour
from billproof.simulations.world.acts import mend, strike
from billproof.simulations.world.carriers import consumer, publisher, replica, shipper
from billproof.simulations.world.clients import client, customer_of, make_request, signs, terms_of
from billproof.simulations.world.instances import serve
from billproof.simulations.world.jobs import (
    checkpoints,
    cleaner,
    clock,
    forgotten_in,
    operator,
    reconciler,
)
from billproof.simulations.world.keepers import (
    archivist,
    autoscaler,
    backups,
    comparer,
    health_checks,
    projector,
    readers,
    third_region,
)
from billproof.simulations.world.office import clerk, invoicing, register_first_key
from billproof.simulations.world.options import MILLISECOND, Options
from billproof.simulations.world.oracle import oracle_of
from billproof.simulations.world.world import OUTSIDE, REGIONS, World

FIRST_DAY: Final = 40 * 86_400_000_000
"""When a run starts, in microseconds after 1970: in February, so that there is a month before."""

EVENTS_MAX: Final = 400_000
"""A run with more events than this does not drain."""

COMMANDS_OF_VIOLATED: Final = 2_000
"""After so many commands of the liveness phase, a run that has violated something and has not drained is cut:
the documented merge of two histories, once begun, may go on making entries for ever."""

LOOK_EVERY: Final = 50 * MILLISECOND
"""How often the liveness phase looks whether everything is drained."""

_AUDIT_EVERY: Final = 400 * MILLISECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one run."""

    options: Options
    design: str
    events: int
    """Messages delivered, ends of patience, and commands that the store executed."""
    found: tuple[Found, ...]
    """The first violation of each clause that was violated, in the order of the theorems."""
    met: frozenset[str]
    """The sometimes marks that were met."""
    fired: dict[str, int]
    """How often each kind of fault happened."""
    misbehaved: dict[str, int]
    """How often each point of the rim misbehaved."""
    undrained: tuple[str, ...]
    """What had not drained at the end of the liveness phase; empty is well."""
    drained_micros: int
    """How long the liveness phase took."""
    rto_micros: int
    """The longest time from a loss to the next accepted charge, written or repaired document; -1 without."""
    rpo_events: int
    """The most acknowledged charges that a promoted region, or the leader at the end, did not know."""
    committed: int
    """Entries in the log of the leader at the end."""
    history: int
    """The hash of when what happened to whom and what came of it."""
    trace: tuple[Command, ...]
    """Every command of the core, in order."""
    state: State
    """What they came to."""


def run_once(
    options: Options, design: Design, *, step: StepFunction = core_step, judge_every: int = 1
) -> Run:
    """Run once and judge.

    Args:
        options: What the run is made of.
        design: The design under test.
        step: The core under test.
        judge_every: Judge one transition in so many, and everything at the end.
    """
    context = context_of(options, design)
    judge = Judge(context, every=judge_every)
    world, undrained, began = run_judged(options, context, step=step, judge=judge, trace=[])
    if options.faults:
        world.recovery.events = max(world.recovery.events, forgotten_in(world))
    return Run(
        options=options,
        design=design.name,
        events=world.timeline.events + len(world.trace),
        found=tuple(sorted(judge.found.values(), key=lambda item: (item.theorem, item.steps, item.clause))),
        met=frozenset(judge.met),
        fired=dict(sorted(world.fired.items())),
        misbehaved=dict(sorted(world.misbehaved.items())),
        undrained=undrained,
        drained_micros=world.timeline.now - began,
        rto_micros=world.recovery.micros,
        rpo_events=world.recovery.events,
        committed=world.site(world.state.leader).ledger.length,
        history=world.timeline.history,
        trace=tuple(world.trace),
        state=world.state,
    )


def run_judged(
    options: Options, context: Context, *, step: StepFunction, judge: Judge, trace: list[Command]
) -> tuple[World, tuple[str, ...], int]:
    """Run once before a judge; return the world at the end, what had not drained, and when faults ended.

    Args:
        options: What the run is made of.
        context: Design, with the parameters of the run, and digest oracle.
        step: The core under test.
        judge: Sees everything; what it raises ends the run.
        trace: Takes every command of the core, also of a run that is ended early.
    """
    world = World(options, context, step, judge)
    world.trace = trace
    people(world)
    for fault in options.faults:
        world.timeline.add(strike(world, fault))
    world.network.weather = options.weather
    world.timeline.run(options.safety, EVENTS_MAX)
    mend(world)
    began = world.timeline.now
    undrained = _drain(world, judge)
    _end(world, judge)
    return world, undrained, began


def context_of(options: Options, design: Design) -> Context:
    """Return what the commands of a run are executed in: the design with its K, an ideal oracle."""
    own = replace(design, lag_entries_max=Position(options.lag_entries_max))
    return Context(design=own, digest=oracle_of(design))


def people(world: World) -> None:
    """Open the accounts, and let everybody take their places."""
    options, draws = world.options, world.draws
    for region in REGIONS:
        world.shippers[region] = world.add(partial(shipper, world, region), region)
        world.replicas[region] = world.add(partial(replica, world, region), region)
        world.publishers[region] = world.add(partial(publisher, world, region), region)
        world.instances[region] = [
            world.add(partial(serve, world, region), region) for _ in range(options.instances)
        ]
    world.consumer = world.add(partial(consumer, world), OUTSIDE)
    world.third = world.add(partial(third_region, world), OUTSIDE)
    world.add(partial(archivist, world), OUTSIDE)
    world.calendar = FIRST_DAY
    world.execute(commands.AdvanceTime(now=Instant(FIRST_DAY), period=period_of(Instant(FIRST_DAY))))
    for number in range(options.customers):
        _welcome(world, number)
    while world.execute(commands.Replicate(source=Region.PRIMARY)).status == Status.DONE:
        pass
    world.execute(commands.Confirm(source=Region.PRIMARY))
    for job in (clock, checkpoints, cleaner, operator, projector, comparer, backups, health_checks):
        world.timeline.add(job(world))
    for job in (invoicing, autoscaler, _audit):
        world.timeline.add(job(world))
    for drawing, label in ((reconciler, 10), (readers, 11), (clerk, 12)):
        world.timeline.add(drawing(world, draws.split(label)))
    for number in range(options.clients):
        world.unsettled += options.intents
        own = draws.split(100 + number)
        world.add(partial(client, world, own), number % 3)


def _welcome(world: World, number: int) -> None:
    """Open an account, take a first payment, and register the key of a customer who has one."""
    name = customer_of(number)
    opening = make_request(world, name, "open", 0, terms=terms_of(world, number))
    world.execute(commands.OpenAccount(region=Region.PRIMARY, request=opening))
    payment = make_request(world, name, "first-payment", world.options.price * 2)
    world.execute(commands.TopUp(region=Region.PRIMARY, request=payment))
    if signs(number):
        world.execute(commands.RegisterKey(region=Region.PRIMARY, request=register_first_key(world, number)))


def _audit(world: World) -> Behaviour:
    """Show a reader the ledger as it is, from time to time."""
    is_disputed = False
    while world.timeline.now < world.options.safety:
        yield _AUDIT_EVERY
        world.show((commands.Present(),), is_disputed=is_disputed)
        is_disputed = not is_disputed


def _drain(world: World, judge: Judge) -> tuple[str, ...]:
    """Let things go on until everything has drained or a bound is reached; return what has not."""
    until, commands_max = world.timeline.now + world.options.liveness, len(world.trace) + COMMANDS_OF_VIOLATED
    left = undrained_of(world)
    while left and world.timeline.now < until:
        if not world.timeline.run(world.timeline.now + LOOK_EVERY, EVENTS_MAX):
            break
        left = undrained_of(world)
        if judge.found and len(world.trace) > commands_max:
            break
    return left


def undrained_of(world: World) -> tuple[str, ...]:
    """Return what has not drained."""
    state, left = world.state, []
    leader = site_of(state, state.leader)
    replica_site = site_of(state, other_region(state.leader))
    if world.unsettled:
        left.append("clients without a definite answer")
    if not state.joined or replica_site.ledger.length != leader.ledger.length:
        left.append("the replica is behind")
    if not _is_applied(state, leader.ledger):
        left.append("the outbox is not empty")
    if state.exhibits.projected < leader.ledger.length:
        left.append("the documents are behind")
    if not _is_copied(world, leader.ledger):
        left.append("the third region is behind")
    for number in range(world.options.customers):
        name = customer_of(number)
        replayed = leader.ledger.total(balance_effect, name)
        if leader.accounts.contains(name) and leader.accounts.get(name).balance != replayed:
            left.append("a balance is not the sum of its entries")
            break
    return tuple(left)


def _is_copied(world: World, ledger: Log[Entry]) -> bool:
    """Tell whether the third region holds the log: as many entries, and the same."""
    if len(world.copies) != ledger.length:
        return False
    return all(ledger.at(Position(number)).digest == copy for number, copy in enumerate(world.copies))


def _is_applied(state: State, ledger: Log[Entry]) -> bool:
    """Tell whether the consumer has every entry; the last ones are looked at first, they come last."""
    for number in range(ledger.length - 1, -1, -1):
        entry = ledger.at(Position(number))
        if not state.applied.contains(ChainName(customer=entry.customer, sequence=entry.sequence)):
            return False
    return True


def _end(world: World, judge: Judge) -> None:
    """Let the clock be read once more, and ask everything of that."""
    before = world.state
    command = commands.AdvanceTime(now=before.now, period=before.period)
    outcome = world.execute(command)
    judge.look_at_everything(Transition(before=before, command=command, outcome=outcome), len(world.trace))
    world.show((commands.Present(),))
