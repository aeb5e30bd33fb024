"""Probes: before anything is graded, does the adapter do what it declares?

A probe that fails is the adapter's fault and ends the run with exit code 3. What a probe cannot tell from a
bad product - a charge that is acknowledged and then not there - is left to be graded.

Source: ``conformance.md`` section 2, "Probes before any grading".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from billproof.conformance.documents import Document, Value, inner_of, text_of
from billproof.conformance.errors import AdapterError, Fault
from billproof.conformance.messages import OutcomeKind, read_reply
from billproof.conformance.scenarios.scene import Scene
from billproof.conformance.session import UNIT, Session
from billproof.model.identifiers import Instant
from billproof.model.periods import MICROS_PER_DAY, parse_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A probe that was passed."""

    name: str
    found: str


def probe(session: Session) -> tuple[Probed, ...]:
    """Probe an adapter.

    Raises:
        AdapterError: The first probe that fails.
    """
    session.reseed("probe")
    return tuple(found for check in PROBES for found in check(session))


def _unknown_operation(session: Session) -> Iterator[Probed]:
    name = session.names.draw("x")
    reply = read_reply(session.call("kit", {"cmd": "op", "op": name, "args": {}, "client": "kit"}), "op")
    if reply.outcome != OutcomeKind.UNSUPPORTED:
        raise _failed("an operation that does not exist", f"{reply.outcome.value}, not unsupported")
    yield Probed(name="unknown operation", found="unsupported")


def _write_and_read(session: Session) -> Iterator[Probed]:
    scene = Scene(session)
    if not scene.can("charge"):
        raise _failed("the declaration", "no operation charge: there is nothing to bill with")
    (account,) = scene.begin(scene.account(50 * UNIT))
    charge = scene.charge(account, 3 * UNIT)
    if not scene.shows("ledger") and not scene.shows("balance"):
        raise _failed("the declaration", "neither ledger nor balance can be observed")
    for what in ("ledger", "balance"):
        if scene.shows(what):
            found = session.observe(what, {"customer": account.customer})
            if found.outcome != OutcomeKind.OK:
                raise _failed(f"observe {what}", f"{found.outcome.value} for a customer of the world")
    yield Probed(name="write and read", found=charge.reply.outcome.value)


def _worlds_are_apart(session: Session) -> Iterator[Probed]:
    scene = Scene(session)
    if not scene.shows("ledger"):
        return
    (first,) = scene.begin(scene.account(50 * UNIT))
    scene.charge(first, 3 * UNIT)
    (second,) = scene.begin(scene.account(50 * UNIT))
    found = session.observe("ledger", {"customer": second.customer})
    entries = found.value.get("entries") if isinstance(found.value, dict) else None
    if not isinstance(entries, list):
        raise _failed("observe ledger", "no list of entries")
    if any(isinstance(entry, dict) and entry.get("kind") == "debit" for entry in entries):
        raise _failed("reset", "the ledger of a new customer begins with a debit of another world")
    yield Probed(name="worlds are apart", found="a new customer has no debit")


def _clock_moves(session: Session) -> Iterator[Probed]:
    if not session.declaration.capabilities.is_clock_controllable:
        return
    scene = Scene(session)
    scene.begin(scene.account(50 * UNIT))
    wanted = Instant(scene.now + 3 * MICROS_PER_DAY)
    found = session.set_clock(wanted)
    if abs(found - wanted) > 1_000_000:
        raise _failed("clock", f"set to {wanted} and read as {found}")
    yield Probed(name="clock", found="moves")


def _crash_bites(session: Session) -> Iterator[Probed]:
    declared = session.declaration.capabilities
    if not {"crash", "restart"} <= declared.faults:
        return
    scene, node = Scene(session), (declared.nodes or ("n1",))[0]
    (account,) = scene.begin(scene.account(50 * UNIT))
    has_health = "health" in declared.observations
    before = _health(session, node, "boot_id") if has_health else "up"
    _cause(session, "crash", node=node)
    if not has_health:
        # Without a boot id, a product that was killed shows it by not answering.
        what = "balance" if scene.shows("balance") else "ledger"
        answered = session.observe(what, {"customer": account.customer}).outcome == OutcomeKind.OK
        before, after = "up", "up" if answered else "down"
        _cause(session, "restart", node=node)
    else:
        _cause(session, "restart", node=node)
        after = _health(session, node, "boot_id")
    if before == after:
        raise _failed("fault crash", f"after a crash nothing is different: {before!r} before and after")
    yield Probed(name="crash and restart", found=f"{before} becomes {after}")


def _failover_bites(session: Session) -> Iterator[Probed]:
    declared = session.declaration.capabilities
    if not {"failover", "heal"} <= declared.faults or len(declared.nodes) < 2:
        return
    if "health" not in declared.observations:
        raise _failed("fault failover", "it is declared, and without observe health nothing shows who leads")
    scene, node = Scene(session), declared.nodes[1]
    scene.begin(scene.account(50 * UNIT))
    before = _health(session, node, "role")
    _cause(session, "failover", node=node)
    after = _health(session, node, "role")
    _cause(session, "heal")
    if before == after:
        raise _failed("fault failover", f"{node} is {before!r} before and after it is promoted")
    yield Probed(name="failover", found=f"{node} becomes {after}")


def _skew_bites(session: Session) -> Iterator[Probed]:
    declared = session.declaration.capabilities
    if "skew" not in declared.faults or "health" not in declared.observations:
        return
    scene, node = Scene(session), (declared.nodes or ("n1",))[0]
    scene.begin(scene.account(50 * UNIT))
    before = parse_instant(_health(session, node, "now"))
    _cause(session, "skew", node=node, args={"ms": "7200000"})
    moved = (parse_instant(_health(session, node, "now")) - before) // 1_000_000
    _cause(session, "skew", node=node, args={"ms": "-7200000"})
    if not 7_000 <= moved <= 7_400:
        raise _failed("fault skew", f"by two hours, and the clock moved by {moved} s")
    yield Probed(name="skew", found=f"{moved} s")


def _cause(session: Session, fault: str, **members: Value) -> None:
    reply = session.fault(fault, **members)
    if reply.get("ok") is not True:
        raise _failed(f"fault {fault}", str(reply.get("detail", "not caused")))


def _health(session: Session, node: str, name: str) -> str:
    message: Document = {"cmd": "observe", "what": "health", "args": {}, "client": "kit", "at": node}
    return text_of(inner_of(session.call("kit", message), "value"), name, "")


def _failed(what: str, problem: str) -> AdapterError:
    return AdapterError(
        Fault.UNTESTABLE, f"probe of {what}: {problem}", "mend the adapter, or what it declares"
    )


PROBES: Final[tuple[Callable[[Session], Iterator[Probed]], ...]] = (
    _unknown_operation,
    _write_and_read,
    _worlds_are_apart,
    _clock_moves,
    _crash_bites,
    _failover_bites,
    _skew_bites,
)
"""Every probe, in the order in which they are made."""
