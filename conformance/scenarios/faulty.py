"""Crashes, partitions, failovers and clocks: what was acknowledged must outlive all of them.

Each fault is proved before it counts: a crash and a restart by another boot id, a failover by another role.
Whatever happens, the network is healed and every node is started at the end.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from billproof.conformance.documents import Document, Value
from billproof.conformance.errors import AdapterError, Fault
from billproof.conformance.messages import OutcomeKind
from billproof.conformance.scenarios.scene import Scenario, Scene, Sent
from billproof.conformance.session import UNIT, Account
from billproof.model.identifiers import Instant
from billproof.model.periods import MICROS_PER_DAY

WAIT_SECONDS: Final = 20.0
"""How long a product may take to come back."""


def survive_crashes(scene: Scene) -> None:
    """Kill the product after replies and in the middle of requests, and send again what was sent."""
    node = _nodes(scene)[0]
    account, other = scene.begin(scene.account(scene.units(900)), scene.account(scene.units(900)))
    sent: list[Sent] = []
    for turn in range(3):
        for _ in range(4):
            sent.append(scene.charge(account, scene.units(3 + turn)))
        returned: list[Sent] = []
        if scene.can("refund") and sent[-1].id:
            returned.append(scene.back("refund", account, sent[-1].id, 2 * UNIT))
        if scene.can("top_up"):
            returned.append(scene.give("top_up", account, 4 * UNIT))
        # Read on both sides of the kill: a retry would put back what was lost, and hide that it was.
        scene.read(account)
        doubtful = _charges_into_a_crash(scene, other, node)
        _restart(scene, node)
        scene.read(account)
        # Some of what was acknowledged is not sent again: only so can the last reading lack it.
        for charge in (*sent[-4:-1], *returned):
            scene.settle(scene.again(charge))
        for charge in doubtful:
            if charge.is_unknown:
                scene.settle(scene.again(charge))
        scene.peek(account)
        scene.read(other)
    scene.finish()


def _charges_into_a_crash(scene: Scene, account: Account, node: str) -> list[Sent]:
    """Send charges from several clients, and kill the product under them."""
    done: list[Sent] = []

    def client(number: int) -> None:
        for _ in range(3):
            done.append(scene.charge(account, scene.units(2), client=f"c{number}"))

    def kill() -> None:
        time.sleep(0.005)
        _cause(scene, "crash", node=node)

    declared = scene.session.declaration
    if declared.capabilities.is_concurrent and declared.limits.in_flight >= 3:
        scene.together([partial(client, 0), partial(client, 1), kill])
    else:
        client(0)
        kill()
    return done


def survive_failover(scene: Scene) -> None:
    """Cut the regions from each other, promote the other one, and bring the first one back."""
    first, second = _nodes(scene)[:2]
    account, other = scene.begin(scene.account(scene.units(900)), scene.account(scene.units(900)))
    sent = [scene.charge(account, scene.units(3)) for _ in range(6)]
    _read_at(scene, account, second)
    promoted = second
    for _ in range(2):
        sides: list[Value] = [[first], [second]]
        _cause(scene, "partition", nodes=sides)
        cut = [scene.charge(account, scene.units(4)) for _ in range(3)]
        # The one that follows shows a beginning of the log; what the other one alone has may not last.
        _read_at(scene, account, promoted)
        _cause(scene, "failover", node=promoted)
        after = [scene.settle(scene.again(charge)) for charge in cut]
        for charge in (*sent[:3], *after):
            scene.again(charge)
        sent.append(scene.charge(account, scene.units(5)))
        scene.charge(other, scene.units(6))
        _cause(scene, "heal")
        for charge in cut:
            scene.settle(scene.again(charge))
        for node in (first, second):
            _read_at(scene, account, node)
        promoted = first if promoted == second else second
    scene.finish()


def live_with_a_wrong_clock(scene: Scene) -> None:
    """Let the clock of the product go back and forth between charges."""
    node = _nodes(scene)[0]
    (account,) = scene.begin(scene.account(scene.units(900)))
    # Usage of hours ago: a clock that is hours behind must not make it an event of the future.
    scene.now = Instant(scene.now - MICROS_PER_DAY // 4)
    sent: list[Sent] = []
    for millis in (0, -3_600_000, 7_200_000, -5_400_000, 1_000):
        if millis:
            _cause(scene, "skew", node=node, args={"ms": str(millis)})
        sent.append(scene.charge(account, scene.units(2)))
        scene.again(sent[0])
    scene.finish()


def _read_at(scene: Scene, account: Account, node: str) -> None:
    if scene.shows("balance"):
        scene.session.observe("balance", {"customer": account.customer}, at=node)


def _nodes(scene: Scene) -> tuple[str, ...]:
    return scene.session.declaration.capabilities.nodes or ("n1",)


def _cause(scene: Scene, fault: str, **members: Value) -> Document:
    reply = scene.session.fault(fault, **members)
    if reply.get("ok") is not True:
        raise AdapterError(
            Fault.UNTESTABLE,
            f"the fault {fault} is declared and was not caused: {reply.get('detail', reply)}",
            "declare only faults that the adapter can cause", scene.session.log(),
        )  # fmt: skip
    return reply


def _restart(scene: Scene, node: str) -> None:
    """Start a node again and wait until it answers; one that does not has lost what it acknowledged."""
    reply = scene.session.fault("restart", node=node)
    if reply.get("ok") is not True:
        # That is the product's doing, and the history shows it.
        raise _GoneError(node)
    end = time.monotonic() + WAIT_SECONDS
    probe: Document = {"customer": scene.accounts[0].customer}
    what = "balance" if scene.shows("balance") else "ledger"
    while time.monotonic() < end:
        if scene.session.observe(what, probe).outcome == OutcomeKind.OK:
            return
        time.sleep(0.05)
    raise AdapterError(
        Fault.UNTESTABLE, f"nothing answers {WAIT_SECONDS:g} s after a restart that was reported as done",
        "reply ok to a restart only once the product answers", scene.session.log(),
    )  # fmt: skip


class _GoneError(Exception):
    """The product does not start again: the scenario is over."""


def _ending_well(run: Callable[[Scene], None]) -> Callable[[Scene], None]:
    """Return a scenario that heals and starts everything at its end, whatever happens."""

    def guarded(scene: Scene) -> None:
        faults = scene.session.declaration.capabilities.faults
        try:
            run(scene)
        except _GoneError:
            return
        except BaseException:
            _restore(scene, faults)
            raise
        _restore(scene, faults)

    return guarded


def _restore(scene: Scene, faults: frozenset[str]) -> None:
    if "heal" in faults:
        scene.session.fault("heal")
    if "restart" in faults:
        for node in _nodes(scene):
            scene.session.fault("restart", node=node)


def suffers(*faults: str) -> Callable[[Scene], bool]:
    """Return the need of a scenario that causes faults."""

    def needs(scene: Scene) -> bool:
        return scene.can("charge") and set(faults) <= scene.session.declaration.capabilities.faults

    return needs


FAULTY: Final = (
    Scenario(
        name="survive-crashes", level=3, profiles=frozenset({"CORE", "RECEIPT", "QUOTA"}),
        needs=suffers("crash", "restart"), run=_ending_well(survive_crashes),
        title="kill -9 after replies and in the middle of requests",
    ),
    Scenario(
        name="survive-failover", level=4, profiles=frozenset({"REGION"}),
        needs=suffers("partition", "heal", "failover"), run=_ending_well(survive_failover),
        title="partition, promotion, and back",
    ),
    Scenario(
        name="wrong-clock", level=4, profiles=frozenset({"REGION"}), needs=suffers("skew"),
        run=_ending_well(live_with_a_wrong_clock), title="a clock that goes back and forth",
    ),
)  # fmt: skip
"""The scenarios of levels 3 and 4."""
