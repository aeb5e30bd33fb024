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
from billproof.model.outcomes import Region, Status
from billproof.model.platform.units import Micros
from billproof.model.posting import site_of
from billproof.model.state import Site, State, initial_state
from billproof.model.topology.records import Link, RegionName
from billproof.simulations.kernel.network import Network
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import Behaviour, Timeline
from billproof.simulations.kernel.versions import versioned
from billproof.simulations.world.messages import NUDGE, Ask
from billproof.simulations.world.options import Options

REGIONS: Final = (Region.PRIMARY, Region.STANDBY)

OUTSIDE: Final = 2
"""The place of the operator, the consumer and the clients that are in neither region."""

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

    def look_aside(self, transitions: tuple[Transition, ...], number: int) -> None:
        """See what a reader is shown, beside the run, after so many commands of the trace."""


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
        self.asks: list[Ask] = []
        self.unsettled = 0
        """Intents of clients that have no definite answer yet."""
        self.fired: dict[str, int] = {}
        """How often each kind of fault happened."""
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
        self.timeline.note(
            zlib.crc32(outcome.receipt.encode()) << 24 | outcome.status << 16 | outcome.position & 0xFFFF
        )
        self._judge.look(Transition(before=before, command=command, outcome=outcome), len(self.trace))
        for region in REGIONS:
            if site_of(outcome.state, region).ledger.length > site_of(before, region).ledger.length:
                self.timeline.send(self.shippers[region], NUDGE, 0)
                self.timeline.send(self.publishers[region], NUDGE, 0)
        return outcome

    def show(self, commands: tuple[Command, ...]) -> None:
        """Show a reader a ledger, edited on the way, beside the run: the run itself goes on without it."""
        state, transitions = self.state, []
        for command in commands:
            outcome = self._step(state, command, self.context)
            if outcome.status == Status.NOT_POSSIBLE:
                return
            transitions.append(Transition(before=state, command=command, outcome=outcome))
            state = outcome.state
        self._judge.look_aside(tuple(transitions), len(self.trace))

    def site(self, region: Region) -> Site:
        """Return what a region holds."""
        return site_of(self.state, region)

    def add(self, behave: Callable[[int], Behaviour], place: int) -> int:
        """Add a process, which is told its number, at a place."""
        number = self.timeline.count
        self.network.place(number, place)
        return self.timeline.add(behave(number))

    def fire(self, kind: str) -> None:
        """Note that a fault of a kind has happened."""
        self.fired[kind] = self.fired.get(kind, 0) + 1

    def keep(self, ask: Ask) -> None:
        """Keep a request, so that it can be delivered once more."""
        if len(self.asks) < ASKS_KEPT:
            self.asks.append(ask)


class Recovery:
    """What is measured of the loss of the leader: how long nothing was accepted, and what was forgotten."""

    __slots__ = ("events", "micros", "since")

    def __init__(self) -> None:
        self.since = -1
        """When the leader was lost; -1 while there is one."""
        self.micros = -1
        """The longest time until the next charge was accepted by a leader; -1 if none was lost."""
        self.events = -1
        """The most acknowledged events that a new leader did not have; -1 if none was promoted."""

    def begin(self, now: int) -> None:
        """The leader is lost."""
        if self.since < 0:
            self.since = now

    def end(self, now: int) -> None:
        """The arbiter's leader has accepted a charge."""
        if self.since >= 0:
            self.micros = max(self.micros, now - self.since)
            self.since = -1
