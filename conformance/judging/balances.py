"""Products that show a balance and no ledger: what can be said from balances alone.

Between two quiet readings the balance must have moved by what was acknowledged in between, once each,
and by some of what is in doubt. Moving further than that is billing twice; moving less is losing
something; moving at all where only settled keys were sent again is billing twice, whatever the
direction.

Source: theorems T1 and T2; rules R1.1 and R2.1.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from billproof.conformance.judging.facts import KIND_OF, Finding, Operation, Reading, World, balance_of
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount

DOUBTS_MAX = 12
"""How many operations in doubt are tried in every combination; with more of them, only the bounds count."""


def find_in_balances(world: World) -> Iterator[Finding]:
    """Yield movements of balances that nothing explains, where no ledger is shown."""
    if "ledger" in world.capabilities.observations:
        return
    for customer in world.accounts:
        readings = [r for r in world.read("balance", customer) if world.is_quiet(r)]
        yield from _first_unexplained(world, customer, readings)


def _first_unexplained(world: World, customer: str, readings: Sequence[Reading]) -> Iterator[Finding]:
    operations = world.of(customer)
    settled: set[str] = set()
    doubtful: dict[str, Operation] = {}
    for first, second in pairwise(readings):
        between = [
            op for op in operations if first.call.is_before(op.call) and op.call.is_before(second.call)
        ]
        sure: dict[str, Operation] = {}
        for operation in between:
            if operation.name not in KIND_OF or not operation.key:
                continue
            if operation.is_ok and operation.key not in settled:
                sure.setdefault(operation.key, operation)
            elif operation.is_doubtful and operation.key not in settled:
                doubtful.setdefault(operation.key, operation)
        carried = [op for key, op in doubtful.items() if key not in sure]
        moved = balance_of(second) - balance_of(first)
        certain = [op for key, op in sure.items() if key not in doubtful or doubtful[key] in between]
        early = [op for op in sure.values() if op not in certain]
        wanted = sum(_effect(world, op) for op in certain)
        maybe = [_effect(world, op) for op in (*carried, *early)]
        if not _is_explained(moved - wanted, maybe):
            yield _finding(world, customer, (first, second), between, (moved, wanted))
            return
        settled.update(sure)
        for key in sure:
            doubtful.pop(key, None)


def _effect(world: World, operation: Operation) -> int:
    amount = operation.amount
    if amount is None:
        named = operation.args.get("charge")
        found = next((op for op in world.operations if op.id and op.id == named and op.is_ok), None)
        amount = found.amount if found is not None and found.amount is not None else 0
    return -amount if KIND_OF[operation.name] in ("debit", "adjustment") else amount


def _is_explained(rest: int, maybe: Sequence[int]) -> bool:
    if rest == 0:
        return True
    if len(maybe) > DOUBTS_MAX:
        return (
            sum(value for value in maybe if value < 0) <= rest <= sum(value for value in maybe if value > 0)
        )
    return any(sum(some) == rest for count in range(1, len(maybe) + 1) for some in combinations(maybe, count))


def _finding(
    world: World,
    customer: str,
    readings: tuple[Reading, Reading],
    between: Sequence[Operation],
    movement: tuple[int, int],
) -> Finding:
    moved, wanted = movement
    is_lost = wanted != 0 and (0 <= moved < wanted or wanted < moved <= 0)
    return Finding(
        theorem="T2" if is_lost else "T1",
        clause="acknowledged_is_in_the_balance" if is_lost else "balance_contains_an_amount_once",
        text=f"the balance moved by {_money(moved)}, where what was acknowledged comes to {_money(wanted)}",
        calls=(readings[0].call.index, *(op.call.index for op in between), readings[1].call.index),
        customer=customer, owed=-wanted, billed=-moved, currency=world.accounts[customer].currency,
    )  # fmt: skip


def _money(units: int) -> str:
    return render_amount(Amount(units))
