"""Instances: they take requests, go through the steps of the design, and answer.

Theory of operation. An instance works on several requests at once; between two steps of one of them it waits
for the time that the work takes, so that anything may happen in between: another attempt, a crash, a
promotion. What an instance has begun is in its memory: another incarnation of it knows nothing of it. Under a
design that reads before it commits the steps are: look up, commit, second write; under one commit they are:
commit. A reply counts as given when it is sent: the client may get it.

Source: ``system.md`` section 4; LF-04, LF-05, PO-04, EC-03; T1-S1, T2-S1.
"""

from dataclasses import replace
from typing import Final, TypeAlias

from billproof.invariants.price_list import TWO_CALLS
from billproof.model import commands
from billproof.model.identifiers import Amount, AttemptId
from billproof.model.outcomes import Region, Status
from billproof.model.switches import AckPoint, WriteOrder
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import FOREVER, Behaviour
from billproof.simulations.world.messages import ANSWER, COMMIT, SECOND_WRITE, Ask, Reply, Stage
from billproof.simulations.world.world import World

ANSWER_TRIES: Final = 40
"""How often an instance looks whether it may answer yet."""

SLOWED: Final = 40
"""By how much slower a step is at a point that misbehaves."""

ANSWER_PAUSE: Final = 5_000
"""Microseconds between two such looks."""

Write: TypeAlias = (
    commands.TopUp
    | commands.GiveCredit
    | commands.Adjust
    | commands.Refund
    | commands.ChangeTier
    | commands.OpenAccount
    | commands.RegisterKey
    | commands.Void
    | commands.Chargeback
    | commands.Hold
    | commands.Release
    | commands.OpenPeriod
    | commands.ClosePeriod
    | commands.Erase
)

WRITES: Final[dict[str, type[Write]]] = {
    "TopUp": commands.TopUp,
    "GiveCredit": commands.GiveCredit,
    "Adjust": commands.Adjust,
    "Refund": commands.Refund,
    "ChangeTier": commands.ChangeTier,
    "OpenAccount": commands.OpenAccount,
    "RegisterKey": commands.RegisterKey,
    "Void": commands.Void,
    "Chargeback": commands.Chargeback,
    "Hold": commands.Hold,
    "Release": commands.Release,
    "OpenPeriod": commands.OpenPeriod,
    "ClosePeriod": commands.ClosePeriod,
    "Erase": commands.Erase,
}
"""The operations that are one commit under every design."""


class Instance:
    """One instance of a region."""

    __slots__ = ("_begun", "_draws", "_incarnation", "_me", "_region", "_world")

    def __init__(self, world: World, me: int, region: Region) -> None:
        """Make the next incarnation of the instance that is process ``me``."""
        self._world = world
        self._me = me
        self._region = region
        self._incarnation = world.incarnations[me] = world.incarnations.get(me, 0) + 1
        self._draws: Draws = world.draws.split(me << 16 | self._incarnation << 4)
        world.in_flight[me] = 0
        self._begun = 0

    def behave(self) -> Behaviour:
        """Serve for ever."""
        while True:
            message = yield FOREVER
            stands_until = self._world.services.paused_until[self._region]
            if stands_until > self._world.timeline.now:
                # The process stands still and does not know; when it goes on, it does what it was about to.
                self._world.timeline.send(self._me, message, stands_until - self._world.timeline.now)
            elif isinstance(message, Ask):
                self._take(message)
                if self._world.buggify("asks_twice"):
                    self._take(message)
            elif isinstance(message, Stage) and message.incarnation == self._incarnation:
                self._go_on(message)

    def _take(self, ask: Ask) -> None:
        world = self._world
        if self._me in world.services.misrating and ask.request.usage == TWO_CALLS:
            # A version that counts usage wrong rates the charge wrong, and signs it.
            wrong = Amount(ask.request.amount * 2)
            ask = ask._replace(request=replace(ask.request, amount=wrong))
        if world.in_flight[self._me] >= world.options.pool or world.busy[self._region]:
            self._tell(ask, Status.BACKLOG_FULL)
            return
        if not world.services.certified[self._region]:
            # The handshake fails: the client hears nothing that it could trust.
            return
        if ask.operation == "Charge" and world.options.cache and self._is_remembered_as_held(ask):
            self._tell(ask, Status.ACCOUNT_HELD)
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
        world.in_flight[self._me] += 1
        self._later(Stage(self._incarnation, COMMIT, attempt, ask, 0, answered), "commit_is_slow")

    def _go_on(self, stage: Stage) -> None:
        if self._world.busy[self._region] and stage.step == COMMIT:
            # Aborted by the store; nothing was written.
            self._end(stage, Status.BACKLOG_FULL)
        elif stage.step != ANSWER and not self._writes_document(stage):
            # The document store does not take it: the work waits in memory and is tried again (EC-02).
            self._again(stage)
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
            self._later(stage._replace(step=SECOND_WRITE), "second_write_is_slow")
        else:
            self._answer(stage)

    def _answer(self, stage: Stage) -> None:
        if stage.answered or self._acknowledge(stage.ask, stage.attempt):
            self._done()
        elif stage.tries >= ANSWER_TRIES:
            # Not known to be safe: no reply is better than a wrong one; the client asks again.
            self._done()
        else:
            self._again(stage._replace(step=ANSWER))

    def _again(self, stage: Stage) -> None:
        again = stage._replace(tries=stage.tries + 1)
        self._world.timeline.send(self._me, again, ANSWER_PAUSE << min(4, again.tries // 4))

    def _done(self) -> None:
        self._world.in_flight[self._me] -= 1

    def _acknowledge(self, ask: Ask, attempt: AttemptId) -> bool:
        if not self._world.services.signs(len(attempt), self._world.timeline.now):
            # Without a signature there is no receipt to hand out.
            return False
        told = self._world.execute(
            commands.Acknowledge(region=self._region, attempt=attempt, request=ask.request)
        )
        if told.status == Status.NOT_POSSIBLE:
            return False
        if told.status <= Status.ACCEPTED_WITH_WARNING and self._region == self._world.state.leader:
            asked = ask.request.event_time - self._world.calendar
            self._world.recovery.end("charge", self._world.timeline.now, asked=asked)
        if not self._world.buggify("reply_is_dropped"):
            self._tell(ask, told.status)
        return True

    def _is_remembered_as_held(self, ask: Ask) -> bool:
        """Tell whether the cache says that an account is held; it may be out of date, either way."""
        world, customer = self._world, ask.request.customer
        number = world.number_of(customer)
        holds = world.services.remembered_holds(number, world.timeline.now)
        if holds is None:
            accounts = world.site(self._region).accounts
            holds = accounts.get(customer).holds if accounts.contains(customer) else 0
            world.services.remember_holds(number, holds, world.timeline.now)
        return holds > 0

    def _writes_document(self, stage: Stage) -> bool:
        """Tell whether a design that writes documents in the path of a charge can do so now."""
        first = self._world.design.write_order == WriteOrder.LEDGER_FIRST and stage.step == COMMIT
        second = self._world.design.write_order == WriteOrder.STATE_FIRST and stage.step == SECOND_WRITE
        if stage.ask.operation != "Charge" or not (first or second):
            return True
        number = self._world.number_of(stage.ask.request.customer)
        return self._world.services.write_document(number, stage.tries, self._world.timeline.now)

    def _end(self, stage: Stage, status: Status) -> None:
        self._done()
        if not stage.answered:
            self._tell(stage.ask, status)

    def _later(self, stage: Stage, point: str) -> None:
        work = self._draws.between(200, self._world.options.service)
        if self._world.buggify(point):
            work *= SLOWED
        if stage.step == COMMIT and self._world.design.reads_before_commit:
            # What was looked up may come from the cache.
            work += self._world.options.cache >> 3
        self._world.timeline.send(self._me, stage, work)

    def _tell(self, ask: Ask, status: Status) -> None:
        if ask.client >= 0:
            self._world.network.send(self._me, ask.client, Reply(ask.number, status, self._region))


def serve(world: World, region: Region, me: int) -> Behaviour:
    """Let process ``me`` be an instance of a region."""
    return Instance(world, me, region).behave()
