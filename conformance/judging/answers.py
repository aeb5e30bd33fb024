"""What was said: the replies to one key, whatever else can be seen.

A key names one request. Its retries get the stored answer, or are refused honestly; another request under
it is refused. A refusal that the implementation declares as stored stays one. None of these rules needs to
look into the product.

Source: rules R1.1 to R1.3, R1.8; known-bugs rules R2 and R5; ``conformance.md`` section 1.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from billproof.conformance.judging.facts import Finding, Operation, World

STICKY: Final = frozenset({"QUOTA_EXCEEDED", "ACCOUNT_HELD", "INSUFFICIENT_BALANCE", "PERIOD_CLOSED"})
"""Refusals that depend on state: final under their key where ``choices.refusals`` is ``stored``."""

PATIENCE: Final = 3
"""How many doubtful answers to the same settled key are too many, with no fault in sight."""


def find_in_answers(world: World) -> Iterator[Finding]:
    """Yield what is wrong with the replies of a world."""
    for operations in by_key(world).values():
        yield from _two_requests(operations)
        yield from _two_answers(operations, world)
        yield from _refusal_that_turned(operations, world)
        yield from _never_answered(operations, world)


def by_key(world: World) -> dict[tuple[str, str], list[Operation]]:
    """Return the operations that have a key, by the name of the key."""
    groups: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for operation in world.operations:
        if operation.key:
            scope = operation.customer if world.choices.key_scope == "customer" else ""
            groups[scope, operation.key].append(operation)
    return groups


def _two_requests(operations: Sequence[Operation]) -> Iterator[Finding]:
    done = [operation for operation in operations if operation.is_ok]
    for other in done:
        if other.request != done[0].request:
            yield Finding(
                theorem="T1", clause="another_request_under_a_key_has_no_effect",
                text=f"key {other.key} names {_shown(done[0])}; {_shown(other)} under it is acknowledged too",
                calls=(done[0].call.index, other.call.index), customer=other.customer,
                owed=done[0].amount, billed=_sum(done[0].amount, other.amount),
                currency=str(other.args.get("currency", "")),
            )  # fmt: skip
            return


def _two_answers(operations: Sequence[Operation], world: World) -> Iterator[Finding]:
    done = [operation for operation in operations if operation.is_ok]
    same = [operation for operation in done if operation.request == done[0].request]
    for other in same[1:]:
        first = same[0]
        if first.id and other.id and first.id != other.id and "ledger" not in world.capabilities.observations:
            yield Finding(
                theorem="T1", clause="one_charge_per_key",
                text=f"key {other.key} is acknowledged as {first.id}, and its retry as {other.id}",
                calls=(first.call.index, other.call.index), customer=other.customer,
                owed=first.amount, billed=_sum(first.amount, other.amount),
                currency=str(other.args.get("currency", "")),
            )  # fmt: skip
            return
        if world.capabilities.receipts != "none" and first.reply is not None and other.reply is not None:
            if first.reply.receipt == other.reply.receipt or first.id != other.id:
                continue
            is_lost = bool(other.reply.receipt) and any(
                first.call.is_before(fault) and fault.is_before(other.call) for fault in world.faults
            )
            yield Finding(
                # Another one after a fault was lost, and made again; one that is not there is withheld.
                theorem="T2" if is_lost else "T1",
                clause="acknowledged_survives_a_crash" if is_lost else "retry_gets_the_stored_outcome",
                text=f"the retry of key {other.key} gets another receipt than the first answer had",
                calls=(first.call.index, other.call.index), customer=other.customer,
            )  # fmt: skip
            return


def _refusal_that_turned(operations: Sequence[Operation], world: World) -> Iterator[Finding]:
    if world.choices.refusals != "stored":
        return
    for refused in operations:
        if not refused.is_rejected or refused.code not in STICKY or _may_be_settled(operations, refused):
            continue
        for later in operations:
            if later.is_ok and refused.call.is_before(later.call) and later.request == refused.request:
                yield Finding(
                    theorem="T1", clause="retry_gets_the_stored_outcome",
                    text=f"key {later.key} was refused for good ({refused.code}); its retry is acknowledged",
                    calls=(refused.call.index, later.call.index), customer=later.customer,
                    owed=0, billed=later.amount, currency=str(later.args.get("currency", "")),
                )  # fmt: skip
                return


def _may_be_settled(operations: Sequence[Operation], refused: Operation) -> bool:
    """Tell whether the key may have been settled otherwise before this refusal of it."""
    return any(
        (other.is_ok or other.is_doubtful) and not refused.call.is_before(other.call) for other in operations
    )


def _never_answered(operations: Sequence[Operation], world: World) -> Iterator[Finding]:
    if world.faults:
        return
    settled = next((operation for operation in operations if operation.is_ok), None)
    if settled is None:
        return
    later = [other for other in operations if settled.call.is_before(other.call)]
    doubtful = [other for other in later if other.is_doubtful]
    if len(doubtful) >= PATIENCE and len(doubtful) == len(later) and _answers_others(world, settled):
        yield Finding(
            theorem="T1", clause="retry_gets_a_definite_answer",
            text=f"key {settled.key} was acknowledged, and each of {len(doubtful)} later requests under it is"
            " answered by an error that tells nothing",
            calls=(settled.call.index, *(other.call.index for other in doubtful)), customer=settled.customer,
        )  # fmt: skip


def _answers_others(world: World, settled: Operation) -> bool:
    """Tell whether the product was well: it answered requests under other keys meanwhile."""
    return any(
        other.is_ok and other.key != settled.key and settled.call.is_before(other.call)
        for other in world.operations
    )


def _shown(operation: Operation) -> str:
    amount = f" of {operation.args['amount']}" if "amount" in operation.args else ""
    return f"a {operation.name}{amount}"


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second
