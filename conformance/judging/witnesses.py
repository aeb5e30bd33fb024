"""What a history has put to the test: counts of the situations that a verdict needs.

A theorem that was never put to the test has not been kept. Each count has a minimum; below it the
verdict is INCONCLUSIVE, and the count that is missing is named.

Source: ``conformance.md`` section 7, "Each theorem declares minimum witnesses".
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from billproof.conformance.judging.answers import STICKY, by_key
from billproof.conformance.judging.copies import is_diverged
from billproof.conformance.judging.evidence import audits_of
from billproof.conformance.judging.facts import Operation, World, balance_of, entries_of
from billproof.conformance.judging.orders import Ordering
from billproof.conformance.linearize import Order
from billproof.conformance.messages import Capabilities

Needs = Callable[[Capabilities], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A situation that must have been met."""

    name: str
    theorem: str
    level: int
    """The level from which on it is asked for."""
    minimum: int
    needs: Needs
    """Whether an implementation can be asked for it at all."""
    what: str


def _observes(*names: str) -> Needs:
    return lambda capabilities: bool(set(names) & capabilities.observations)


def _does(*names: str) -> Needs:
    return lambda capabilities: set(names) <= capabilities.operations


def _suffers(*names: str) -> Needs:
    return lambda capabilities: set(names) <= capabilities.faults


def _both(first: Needs, second: Needs) -> Needs:
    return lambda capabilities: first(capabilities) and second(capabilities)


def _is_concurrent(capabilities: Capabilities) -> bool:
    return capabilities.is_concurrent


def _has_clock(capabilities: Capabilities) -> bool:
    return capabilities.is_clock_controllable


def _has_limits(capabilities: Capabilities) -> bool:
    return capabilities.quota == "hard" or capabilities.balance == "floor"


_MONEY: Final = _observes("ledger", "balance")
_LIMITS_CONTENDED: Final = _both(_has_limits, _is_concurrent)
_CONTENDED: Final = _both(_MONEY, _is_concurrent)
_CRASHES: Final = _suffers("crash", "restart")

WITNESSES: Final = (
    Witness(name="retries_after_ok", theorem="T1", level=1, minimum=30, needs=_MONEY,
            what="the same request again after it was acknowledged"),
    Witness(name="other_request_under_key", theorem="T1", level=1, minimum=6, needs=_MONEY,
            what="another request under a key that was acknowledged"),
    Witness(name="retries_after_long", theorem="T1", level=1, minimum=2, needs=_both(_MONEY, _has_clock),
            what="the same request again a month or more later"),
    Witness(name="overlapping_retries", theorem="T1", level=2, minimum=10, needs=_CONTENDED,
            what="the same request twice in flight, at least one of them acknowledged"),
    Witness(name="retries_across_crash", theorem="T1", level=3, minimum=5, needs=_CRASHES,
            what="a request acknowledged before a crash and sent again after it"),
    Witness(name="acknowledged_and_read", theorem="T2", level=1, minimum=20, needs=_MONEY,
            what="a request acknowledged before the last reading of its customer"),
    Witness(name="acknowledged_before_crash", theorem="T2", level=3, minimum=10,
            needs=_CRASHES,
            what="a request acknowledged before a crash and read after it"),
    Witness(name="acknowledged_before_failover", theorem="T2", level=4, minimum=5,
            needs=_suffers("failover"),
            what="a request acknowledged before a failover and read after it"),
    Witness(name="honest_audits", theorem="T3", level=1, minimum=2, needs=_does("audit"),
            what="an export handed back as it was"),
    Witness(name="edited_audits", theorem="T3", level=1, minimum=8, needs=_does("audit"),
            what="an export handed back edited"),
    Witness(name="healthy_reconciliations", theorem="T4", level=1, minimum=3, needs=_does("reconcile"),
            what="a reconciliation with nothing to find"),
    Witness(name="divergences", theorem="T4", level=1, minimum=1,
            needs=_both(_does("reconcile"), _suffers("diverge")),
            what="a divergence made on purpose, reconciled"),
    Witness(name="replica_reads", theorem="T4", level=4, minimum=3, needs=_suffers("partition", "heal"),
            what="a balance read at a named node"),
    Witness(name="accepted_at_limit", theorem="T5", level=1, minimum=2, needs=_has_limits,
            what="a charge accepted on an account that refuses a later one"),
    Witness(name="refused_above_limit", theorem="T5", level=1, minimum=3, needs=_has_limits,
            what="a charge refused for quota, balance or a hold"),
    Witness(name="refused_returns", theorem="T5", level=1, minimum=2, needs=_does("refund"),
            what="a return refused that would have exceeded its charge"),
    Witness(name="contended_limits", theorem="T5", level=2, minimum=6, needs=_LIMITS_CONTENDED,
            what="charges in flight together of which some were accepted and some refused"),
    Witness(name="ordered_entries", theorem="T6", level=1, minimum=20, needs=_observes("ledger"),
            what="a request sent after another was acknowledged, both in the ledger"),
    Witness(name="ordered_histories", theorem="T6", level=2, minimum=6,
            needs=_both(_observes("ledger"), _is_concurrent),
            what="a customer with overlapping requests, ordered"),
    Witness(name="decided_disputes", theorem="T7", level=1, minimum=4, needs=_does("dispute"),
            what="a dispute that was decided"),
)  # fmt: skip
"""Every witness that is asked for."""


LIMITING: Final = STICKY | {"OTHER"}
"""The codes of refusals for want of quota or balance; not every product says which."""


def count_witnesses(world: World, orderings: tuple[Ordering, ...]) -> Counter[str]:
    """Count the situations that a world has met."""
    counts: Counter[str] = Counter()
    groups = by_key(world)
    for operations in groups.values():
        _count_retries(counts, world, operations)
    for operation in world.operations:
        _count_outcome(counts, world, operation)
    for customer in world.accounts:
        _count_contention(counts, world, customer)
    for ordering in orderings:
        if ordering.answer.order == Order.ORDERED and ordering.overlapping:
            counts["ordered_histories"] += 1
    for audit in audits_of(world):
        counts["edited_audits" if audit.edit else "honest_audits"] += 1
    counts["replica_reads"] += sum(
        1 for reading in world.readings if reading.what == "balance" and reading.at
    )
    counts["decided_disputes"] += sum(
        1 for call in world.calls if call.message.get("op") == "dispute" and call.reply.get("outcome") == "ok"
    )
    return counts


def _count_retries(counts: Counter[str], world: World, operations: list[Operation]) -> None:
    first = next((op for op in operations if op.is_ok), None)
    if first is None:
        return
    crashes = [fault for fault in world.faults if fault.message.get("fault") == "crash"]
    jumps = [call for call in world.calls if call.command == "clock"]
    for operation in operations:
        if operation is first:
            continue
        if operation.request != first.request:
            counts["other_request_under_key"] += first.call.is_before(operation.call)
        elif first.call.is_before(operation.call):
            counts["retries_after_ok"] += 1
            counts["retries_across_crash"] += any(_is_between(fault, first, operation) for fault in crashes)
            counts["retries_after_long"] += any(_is_between(jump, first, operation) for jump in jumps)
        elif first.call.overlaps(operation.call):
            counts["overlapping_retries"] += 1


def _is_between(call: object, first: Operation, second: Operation) -> bool:
    begin, end = getattr(call, "begin", 0), getattr(call, "end", None)
    return (
        first.call.end is not None and first.call.end < begin and end is not None and end < second.call.begin
    )


def _count_outcome(counts: Counter[str], world: World, operation: Operation) -> None:
    readings = [r for r in world.readings if r.customer == operation.customer and not r.at]
    if operation.name == "reconcile" and operation.is_ok and _has_effect(world, operation.customer):
        counts["divergences" if is_diverged(world, operation.call.begin) else "healthy_reconciliations"] += 1
    if operation.name in ("refund", "void", "chargeback") and operation.is_rejected:
        counts["refused_returns"] += 1
    if operation.name == "charge" and operation.is_rejected and operation.code in LIMITING:
        counts["refused_above_limit"] += 1
    if not operation.is_ok or operation.name not in ("charge", "refund", "top_up", "credit", "void"):
        return
    later = [reading for reading in readings if operation.call.is_before(reading.call)]
    if later:
        counts["acknowledged_and_read"] += 1
        for fault in world.faults:
            name = str(fault.message.get("fault"))
            if operation.call.is_before(fault) and fault.is_before(later[-1].call):
                counts[f"acknowledged_before_{name}"] += 1


def _has_effect(world: World, customer: str) -> bool:
    """Tell whether anything was seen to happen to a customer: what never moves is copied without effort."""
    ledgers = [entries_of(reading) for reading in world.read("ledger", customer)]
    if ledgers:
        return len(ledgers[-1]) > len(ledgers[0])
    balances = [balance_of(reading) for reading in world.read("balance", customer)]
    return len(set(balances)) > 1


def _count_contention(counts: Counter[str], world: World, customer: str) -> None:
    operations = world.of(customer)
    charges = [op for op in operations if op.name == "charge"]
    accepted = [op for op in charges if op.is_ok]
    refused = [op for op in charges if op.is_rejected]
    counts["accepted_at_limit"] += any(
        first.call.is_before(second.call) for first in accepted for second in refused
    )
    counts["contended_limits"] += any(
        first.call.overlaps(second.call) for first in accepted for second in refused
    )
    done = sorted((op for op in operations if op.is_ok and op.key), key=lambda op: op.call.begin)
    keys: set[str] = set()
    for operation in done:
        if operation.key not in keys and keys and world.read("ledger", customer):
            counts["ordered_entries"] += 1
        keys.add(operation.key)
