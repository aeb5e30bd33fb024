"""What is derived or copied: reconciliation, replicas, invoices, and what survives a crash.

Source: theorems T1, T2 and T4; rules R2.1, R2.4, R4.1 to R4.3; known-bugs rule R19.
"""

from collections.abc import Iterator

from billproof.conformance.documents import inner_of
from billproof.conformance.judging.facts import (
    Entry,
    Finding,
    Operation,
    Reading,
    World,
    amount_in,
    balance_of,
)
from billproof.conformance.judging.ledgers import Shelf
from billproof.conformance.session import count_of
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount


def find_in_copies(world: World) -> Iterator[Finding]:
    """Yield what is wrong with what is derived from the ledger of a world."""
    yield from _false_alarms(world)
    yield from _missed_divergence(world)
    yield from _never_came_back(world)
    for customer in world.accounts:
        shelf = Shelf(world, customer)
        yield from _replicas(world, shelf)
        yield from _invoices(world, shelf)


def _false_alarms(world: World) -> Iterator[Finding]:
    """Yield reconciliations that found differences where there were none, or made some."""
    for operation in world.operations:
        if operation.name != "reconcile" or not operation.is_ok or operation.reply is None:
            continue
        value = operation.reply.value
        if is_diverged(world, operation.call.begin) or not isinstance(value, dict):
            continue
        yield from _moved_by_reconciliation(world, operation.customer, operation.call.index)
        if not _was_healthy(world, operation):
            continue
        if "differences" in value and count_of(value, "differences") != 0:
            yield Finding(
                theorem="T4", clause="reconciliation_is_silent_when_healthy", customer=operation.customer,
                text=f"reconciliation reports {value['differences']} differences, and nothing differed",
                calls=(operation.call.index,),
            )  # fmt: skip
            return


def _was_healthy(world: World, operation: Operation) -> bool:
    """Tell whether balance and ledger agreed when they were last read before a reconciliation."""
    shelf = Shelf(world, operation.customer)
    ledgers = [item for item in shelf.readings if item[0].call.is_before(operation.call)]
    balances = [
        reading
        for reading in world.read("balance", operation.customer)
        if reading.call.is_before(operation.call) and world.is_quiet(reading)
    ]
    if not shelf.is_based or len(ledgers) < 2 or len(balances) < 2:
        return "ledger" not in world.capabilities.observations
    folded = balance_of(balances[0]) + sum(entry.effect for entry in shelf.since(ledgers[-1][1]))
    return balance_of(balances[-1]) == folded


def is_diverged(world: World, tick: int) -> bool:
    """Tell whether a copy had been made to differ on purpose before a tick."""
    return any(
        fault.message.get("fault") in ("tamper", "diverge") and fault.begin < tick for fault in world.faults
    )


def _moved_by_reconciliation(world: World, customer: str, index: int) -> Iterator[Finding]:
    operation = next(op for op in world.operations if op.call.index == index)
    balances = world.read("balance", customer)
    before = [reading for reading in balances if reading.call.is_before(operation.call)]
    after = [reading for reading in balances if operation.call.is_before(reading.call)]
    if not before or not after:
        return
    between = [
        op for op in world.of(customer)
        if op is not operation
        and not op.call.is_before(before[-1].call) and not after[0].call.is_before(op.call)
    ]  # fmt: skip
    if between:
        return
    old, new = balance_of(before[-1]), balance_of(after[0])
    if new < old:
        yield Finding(
            theorem="T1", clause="reconciliation_makes_no_debit", customer=customer,
            text=f"reconciliation took the balance from {_money(old)} to {_money(new)}",
            calls=(before[-1].call.index, index, after[0].call.index), owed=-old, billed=-new,
            currency=world.accounts[customer].currency,
        )  # fmt: skip


def _missed_divergence(world: World) -> Iterator[Finding]:
    """Yield divergences that were made on purpose and that reconciliation did not report, or not repair."""
    for fault in world.faults:
        if fault.message.get("fault") != "diverge" or fault.reply.get("ok") is not True:
            continue
        customer = inner_of(fault.message, "args").get("customer")
        later = [
            op for op in world.operations
            if op.name == "reconcile" and op.customer == customer and op.is_ok and fault.is_before(op.call)
        ]  # fmt: skip
        counts = [
            count_of(op.reply.value, "differences")
            for op in later
            if op.reply is not None and isinstance(op.reply.value, dict) and "differences" in op.reply.value
        ]
        if counts and (counts[0] == 0 or (len(counts) > 1 and counts[1] != 0)):
            what = "did not report it" if counts[0] == 0 else "reports it again: it was not repaired"
            yield Finding(
                theorem="T4", clause="divergence_is_reported_and_repaired", customer=str(customer),
                text=f"a document was made to differ from the ledger, and reconciliation {what}",
                calls=(fault.index, *(op.call.index for op in later[:2])),
            )  # fmt: skip
            return


def _never_came_back(world: World) -> Iterator[Finding]:
    """Yield products that have acknowledged something, were killed, and cannot be started again."""
    for fault in world.faults:
        if fault.message.get("fault") != "restart" or fault.reply.get("ok") is not False:
            continue
        done = [op for op in world.operations if op.is_ok and op.call.is_before(fault)]
        if done:
            yield Finding(
                theorem="T2", clause="survives_a_crash",
                text="the product was killed and does not start again, so what it acknowledged is lost:"
                f" {str(fault.reply.get('detail', ''))[:200]}",
                calls=(done[-1].call.index, fault.index),
                owed=sum(op.amount or 0 for op in done if op.name == "charge"), billed=0,
            )  # fmt: skip
            return


def _replicas(world: World, shelf: Shelf) -> Iterator[Finding]:
    """Yield answers of nodes that are not what the log comes to where they say that they are."""
    reference = shelf.readings[-1] if shelf.readings else None
    base = next(iter(world.read("balance", shelf.customer)), None)
    if reference is None or base is None or not shelf.is_based:
        return
    for reading in world.readings:
        if reading.what != "balance" or not reading.at or reading.customer != shelf.customer:
            continue
        if not reading.call.is_before(reference[0].call):
            continue
        yield from _labelled(shelf, reading, reference[1], base)


def _labelled(shelf: Shelf, reading: Reading, entries: tuple[Entry, ...], base: Reading) -> Iterator[Finding]:
    told = balance_of(reading)
    if "as_of" not in reading.value:
        every = {balance_of(base)}
        total = balance_of(base)
        for entry in shelf.since(entries):
            total += entry.effect
            every.add(total)
        newest = _settled_before(shelf, reading, entries, base)
        if told != newest and told in every:
            yield Finding(
                theorem="T4", clause="no_read_is_old_and_unlabelled", customer=shelf.customer,
                text=f"{reading.at} tells a balance of {_money(told)}, which is old, and does not say so",
                calls=(reading.call.index,),
            )  # fmt: skip
        return
    count = count_of(reading.value, "as_of")
    new = shelf.since(entries[:count])
    wanted = balance_of(base) + sum(entry.effect for entry in new)
    if count >= len(shelf.base) and told != wanted:
        yield Finding(
            theorem="T4", clause="labelled_reads_are_of_the_log", customer=shelf.customer,
            text=f"{reading.at} tells a balance of {_money(told)} as of entry {count}, where the log comes to"
            f" {_money(wanted)}",
            calls=(reading.call.index,), owed=-wanted, billed=-told,
        )  # fmt: skip


def _settled_before(shelf: Shelf, reading: Reading, entries: tuple[Entry, ...], base: Reading) -> int:
    """Return the balance after everything that was acknowledged before a reading."""
    keys = {op.key for op in shelf.operations if op.is_ok and op.call.is_before(reading.call)}
    return balance_of(base) + sum(entry.effect for entry in shelf.since(entries) if entry.key in keys)


def _invoices(world: World, shelf: Shelf) -> Iterator[Finding]:
    """Yield running invoices that are not the sum of what was charged and returned."""
    if shelf.last is None or not shelf.is_based:
        return
    for reading in world.read("invoice", shelf.customer):
        if "period" in reading.args or not world.is_quiet(reading):
            continue
        before = [item for item in shelf.readings if item[0].call.is_before(reading.call)]
        after = [item for item in shelf.readings if reading.call.is_before(item[0].call)]
        if not before or not after or before[-1][1] != after[0][1]:
            continue
        wanted = -sum(entry.effect for entry in shelf.since(after[0][1]) if entry.kind != "top_up")
        told = amount_in(reading, "total")
        if told != wanted:
            yield Finding(
                theorem="T1", clause="invoice_counts_a_receipt_once", customer=shelf.customer,
                text=f"the invoice comes to {_money(told)}, and what was charged to {_money(wanted)}",
                calls=(reading.call.index, after[0][0].call.index), owed=wanted, billed=told,
                currency=world.accounts[shelf.customer].currency,
            )  # fmt: skip
            return


def _money(units: int) -> str:
    return render_amount(Amount(units))
