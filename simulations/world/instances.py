"""Instances: they take requests, go through the steps of the design, and answer.

Theory of operation. An instance works on several requests at once; between two steps of one of them it waits
for the time that the work takes, so that anything may happen in between: another attempt, a crash, a
promotion. What an instance has begun is in its memory: another incarnation of it knows nothing of it. Under a
design that reads before it commits the steps are: look up, commit, second write; under one commit they are:
commit. A reply counts as given when it is sent: the client may get it.

Source: ``system.md`` section 4; LF-04, LF-05, PO-04, EC-03; T1-S1, T2-S1.
"""

from typing import Final, TypeAlias

from billproof.model import commands
from billproof.model.identifiers import AttemptId
from billproof.model.outcomes import Region, Status
from billproof.model.switches import AckPoint, WriteOrder
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import FOREVER, Behaviour
from billproof.simulations.world.messages import ANSWER, COMMIT, SECOND_WRITE, Ask, Reply, Stage
from billproof.simulations.world.world import World

ANSWER_TRIES: Final = 40
"""How often an instance looks whether it may answer yet."""

ANSWER_PAUSE: Final = 5_000
"""Microseconds between two such looks."""

Write: TypeAlias = (
    commands.TopUp
    | commands.GiveCredit
    | commands.Adjust
    | commands.Refund
    | commands.ChangeTier
    | commands.OpenAccount
)

WRITES: Final[dict[str, type[Write]]] = {
    "TopUp": commands.TopUp,
    "GiveCredit": commands.GiveCredit,
    "Adjust": commands.Adjust,
    "Refund": commands.Refund,
    "ChangeTier": commands.ChangeTier,
    "OpenAccount": commands.OpenAccount,
}
"""The operations that are one commit under every design."""


class Instance:
    """One instance of a region."""

    __slots__ = ("_begun", "_draws", "_in_flight", "_incarnation", "_me", "_region", "_world")

    def __init__(self, world: World, me: int, region: Region) -> None:
        """Make the next incarnation of the instance that is process ``me``."""
        self._world = world
        self._me = me
        self._region = region
        self._incarnation = world.incarnations[me] = world.incarnations.get(me, 0) + 1
        self._draws: Draws = world.draws.split(me << 16 | self._incarnation << 4)
        self._in_flight = 0
        self._begun = 0

    def behave(self) -> Behaviour:
        """Serve for ever."""
        while True:
            message = yield FOREVER
            if isinstance(message, Ask):
                self._take(message)
            elif isinstance(message, Stage) and message.incarnation == self._incarnation:
                self._go_on(message)

    def _take(self, ask: Ask) -> None:
        world = self._world
        if self._in_flight >= world.options.pool or world.busy[self._region]:
            self._tell(ask, Status.BACKLOG_FULL)
            return
        if not world.site(self._region).leading:
            self._tell(ask, Status.NOT_LEADER)
            return
        self._begun += 1
        attempt = AttemptId(f"{self._me}.{self._incarnation}.{self._begun}")
        answered = False
        if ask.operation == "Charge" and world.design.reads_before_commit:
            looked = world.execute(commands.LookUp(region=self._region, attempt=attempt, request=ask.request))
            if looked.status == Status.NOT_POSSIBLE:
                self._tell(ask, Status.NOT_LEADER)
                return
            if world.design.ack_point == AckPoint.MEMORY_BUFFER:
                # The reply of the documents: from memory, before anything is written.
                answered = self._acknowledge(ask, attempt)
        self._in_flight += 1
        self._later(Stage(self._incarnation, COMMIT, attempt, ask, 0, answered))

    def _go_on(self, stage: Stage) -> None:
        if self._world.busy[self._region] and stage.step == COMMIT:
            # Aborted by the store; nothing was written.
            self._end(stage, Status.BACKLOG_FULL)
        elif stage.step == COMMIT:
            self._commit(stage)
        elif stage.step == SECOND_WRITE:
            done = self._world.execute(commands.Complete(region=self._region, attempt=stage.attempt))
            if done.status == Status.NOT_POSSIBLE:
                self._end(stage, Status.NOT_POSSIBLE)
            else:
                self._answer(stage)
        else:
            self._answer(stage)

    def _commit(self, stage: Stage) -> None:
        world, request = self._world, stage.ask.request
        if stage.ask.operation == "Charge":
            outcome = world.execute(
                commands.Charge(region=self._region, attempt=stage.attempt, request=request)
            )
        else:
            write = WRITES[stage.ask.operation]
            outcome = world.execute(write(region=self._region, request=request))
        stored = outcome.status in (Status.ACCEPTED, Status.ACCEPTED_WITH_WARNING) or outcome.receipt != ""
        if not stored:
            self._end(stage, outcome.status)
        elif (
            stage.ask.operation == "Charge"
            and not outcome.replayed
            and world.design.write_order != WriteOrder.ONE_COMMIT_WITH_OUTBOX
        ):
            self._later(stage._replace(step=SECOND_WRITE))
        else:
            self._answer(stage)

    def _answer(self, stage: Stage) -> None:
        if stage.answered or self._acknowledge(stage.ask, stage.attempt):
            self._in_flight -= 1
        elif stage.tries >= ANSWER_TRIES:
            # Not known to be safe: no reply is better than a wrong one; the client asks again.
            self._in_flight -= 1
        else:
            again = stage._replace(step=ANSWER, tries=stage.tries + 1)
            self._world.timeline.send(self._me, again, ANSWER_PAUSE)

    def _acknowledge(self, ask: Ask, attempt: AttemptId) -> bool:
        told = self._world.execute(
            commands.Acknowledge(region=self._region, attempt=attempt, request=ask.request)
        )
        if told.status == Status.NOT_POSSIBLE:
            return False
        if told.status <= Status.ACCEPTED_WITH_WARNING and self._region == self._world.state.leader:
            self._world.recovery.end(self._world.timeline.now)
        self._tell(ask, told.status)
        return True

    def _end(self, stage: Stage, status: Status) -> None:
        self._in_flight -= 1
        if not stage.answered:
            self._tell(stage.ask, status)

    def _later(self, stage: Stage) -> None:
        work = self._draws.between(200, self._world.options.service)
        self._world.timeline.send(self._me, stage, work)

    def _tell(self, ask: Ask, status: Status) -> None:
        if ask.client >= 0:
            self._world.network.send(self._me, ask.client, Reply(ask.number, status, self._region))


def serve(world: World, region: Region, me: int) -> Behaviour:
    """Let process ``me`` be an instance of a region."""
    return Instance(world, me, region).behave()
