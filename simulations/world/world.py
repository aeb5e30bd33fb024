"""The world of one run: the state of billing, time, the network, and who is where.

``execute`` is the only way to billing: it calls the core, records the command, and hands the transition to
the judge. A command that its actor could not issue changes nothing and is not part of the trace.

Not here: what processes do (``clients``, ``instances``, ``carriers``, ``jobs``, ``operator``), what faults do
(``acts``), how a run goes (``runs``).
"""

import zlib
from collections.abc import Callable
from typing import Final, Protocol

from billproof.invariants.explore.search import StepFunction
from billproof.invariants.recorded import START
from billproof.invariants.theorem import Transition
from billproof.model.commands import Command
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import CustomerId, Digest
from billproof.model.outcomes import Region, Status
from billproof.model.platform.units import Micros
from billproof.model.posting import site_of
from billproof.model.state import Site, State, initial_state
from billproof.model.topology.records import Link, RegionName
from billproof.simulations.kernel.network import Network
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import Behaviour, Timeline
from billproof.simulations.kernel.versions import versioned
from billproof.simulations.world.buggify import NUMBER, SHARE
from billproof.simulations.world.messages import NUDGE, Ask
from billproof.simulations.world.options import Options
from billproof.simulations.world.services import Services

REGIONS: Final = (Region.PRIMARY, Region.STANDBY)

OUTSIDE: Final = 2
"""The third region: operator, arbiter, witness, consumer, the cold copy, and clients of neither other one."""

_EAST, _WEST = RegionName("us-central1"), RegionName("us-east1")
_NEAR: Final = Link(regions=(_EAST, _EAST), typical=Micros(500), slow=Micros(3_000), slowest=Micros(20_000))
_FAR: Final = Link(
    regions=(_EAST, _WEST), typical=Micros(16_000), slow=Micros(30_000), slowest=Micros(120_000)
)

ASKS_KEPT: Final = 64
"""How many requests of the past can be delivered once more."""


class Watcher(Protocol):
    """Who is shown everything that happens to billing."""

    def look(self, transition: Transition, number: int) -> None:
        """See a transition of the run and its number in the trace, counted from 1."""

    def look_aside(self, transitions: tuple[Transition, ...], number: int, *, is_disputed: bool) -> None:
        """See what a reader is shown, beside the run, after so many commands, and maybe disputes."""


class World:
    """One run."""

    def __init__(
        self,
        options: Options,
        context: Context,
        step: StepFunction,
        judge: Watcher,
    ) -> None:
        """Make an empty world.

        Args:
            options: What it is made of.
            context: Design and digest oracle.
            step: The core under test.
            judge: Is shown every transition, and what readers are shown.
        """
        self.options = options
        self.context = context
        self.design = context.design
        self.state: State = versioned(initial_state(regions=2, period=START))
        self.trace: list[Command] = []
        self.draws = Draws(options.seed)
        self.timeline = Timeline()
        links = tuple(tuple(_NEAR if a == b else _FAR for b in range(3)) for a in range(3))
        self.network = Network(self.timeline, self.draws.split(3), links)
        self.clock_offsets = [0, 0]
        """How wrong the clock of each region is, in microseconds."""
        self.calendar = 0
        """Microseconds that have passed without traffic."""
        self.instances: list[list[int]] = [[], []]
        """The processes that serve, by region."""
        self.incarnations: dict[int, int] = {}
        self.shippers = [0, 0]
        self.replicas = [0, 0]
        self.publishers = [0, 0]
        self.consumer = 0
        self.busy = [False, False]
        """Whether the store of a region aborts what it is asked."""
        self.lost = [False, False]
        """Whether a region is gone."""
        self.services = Services(options)
        self.third = 0
        """The process that keeps the copy of the third region."""
        self.copies: list[Digest] = []
        """What the third region holds."""
        self.in_flight: dict[int, int] = {}
        """Requests that each instance works on."""
        self.points = self.draws.split(5)
        """Decides where the rim misbehaves."""
        self.asks: list[Ask] = []
        self.unsettled = 0
        """Intents of clients that have no definite answer yet."""
        self.fired: dict[str, int] = {}
        """How often each kind of fault happened."""
        self.misbehaved: dict[str, int] = {}
        """How often each point of the rim misbehaved."""
        self.recovery = Recovery()
        self._step = step
        self._judge = judge

    def execute(self, command: Command) -> Outcome:
        """Let a command happen to billing, if its actor can issue it here."""
        before = self.state
        outcome = self._step(before, command, self.context)
        if outcome.status == Status.NOT_POSSIBLE:
            return outcome
        self.trace.append(command)
        self.state = outcome.state
        receipt = outcome.receipt
        self.timeline.note(
            (zlib.crc32(receipt.encode()) << 24 if receipt else 0)
            | outcome.status << 16
            | outcome.position & 0xFFFF
        )
        self._judge.look(Transition(before=before, command=command, outcome=outcome), len(self.trace))
        for region in REGIONS:
            if _concerns_carriers(site_of(before, region), site_of(outcome.state, region)):
                self.timeline.send(self.shippers[region], NUDGE, 0)
                self.timeline.send(self.publishers[region], NUDGE, 0)
        return outcome

    def show(self, commands: tuple[Command, ...], *, is_disputed: bool = True) -> None:
        """Show a reader a ledger, edited on the way, beside the run: the run itself goes on without it.

        Args:
            commands: How it is presented and edited.
            is_disputed: Whether somebody disputes what it says.
        """
        state, transitions = self.state, []
        for command in commands:
            outcome = self._step(state, command, self.context)
            if outcome.status == Status.NOT_POSSIBLE:
                return
            transitions.append(Transition(before=state, command=command, outcome=outcome))
            state = outcome.state
        self._judge.look_aside(tuple(transitions), len(self.trace), is_disputed=is_disputed)

    def site(self, region: Region) -> Site:
        """Return what a region holds."""
        return site_of(self.state, region)

    def add(self, behave: Callable[[int], Behaviour], place: int) -> int:
        """Add a process, which is told its number, at a place."""
        number = self.timeline.count
        self.network.place(number, place)
        return self.timeline.add(behave(number))

    def buggify(self, point: str) -> bool:
        """Tell whether a point of the rim misbehaves this time."""
        if not self.options.buggify >> NUMBER[point] & 1 or self.timeline.now >= self.options.safety:
            return False
        if not self.points.chance(SHARE):
            return False
        self.misbehaved[point] = self.misbehaved.get(point, 0) + 1
        return True

    def number_of(self, customer: CustomerId) -> int:
        """Return the number of a customer."""
        return int(customer[1:])

    def fire(self, kind: str) -> None:
        """Note that a fault of a kind has happened."""
        self.fired[kind] = self.fired.get(kind, 0) + 1

    def keep(self, ask: Ask) -> None:
        """Keep a request, so that it can be delivered once more."""
        if len(self.asks) < ASKS_KEPT:
            self.asks.append(ask)


def _concerns_carriers(before: Site, after: Site) -> bool:
    """Tell whether shipper and publisher have something to look at: more entries, or another role."""
    if after is before:
        return False
    if after.ledger.length > before.ledger.length:
        return True
    return after.epoch != before.epoch or after.solo != before.solo


class Recovery:
    """What is measured of a loss: how long something was not there, and what was forgotten."""

    __slots__ = ("events", "micros", "since")

    def __init__(self) -> None:
        self.since: dict[str, int] = {}
        """Since when what is lost."""
        self.micros = -1
        """The longest time until something was there again; -1 if nothing was lost."""
        self.events = -1
        """The most acknowledged events that a new leader did not have; -1 if none was promoted."""

    def begin(self, what: str, now: int) -> None:
        """Something is lost: ``charge`` (a leader that answers), ``document`` or ``repair``."""
        self.since.setdefault(what, now)

    def end(self, what: str, now: int, *, asked: int | None = None) -> None:
        """It is there again: the leader has accepted a charge, a document was written or repaired.

        Args:
            what: What was lost.
            now: The time.
            asked: When the charge was asked for; one from before the loss does not count.
        """
        since = self.since.get(what)
        if since is not None and (asked is None or asked >= since):
            self.micros = max(self.micros, now - self.since.pop(what))
