"""What was allowed: usage within its limit, balances above their floor, returns within what was captured.

Most of it is read from the ledger in its own order; what a reply alone shows needs no ledger. Where the
terms of an account were changed meanwhile, the most generous ones count, so that nothing is called a
violation that one order of events permits.

Source: theorem T5; rules R5.1 to R5.6; known-bugs rules R10 and R15.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from billproof.conformance.documents import MemberError
from billproof.conformance.judging.facts import (
    MONEY_OPERATIONS,
    RETURNING,
    Entry,
    Finding,
    Operation,
    World,
    amount_in,
    balance_of,
)
from billproof.conformance.judging.ledgers import Shelf, entry_for, readings_around
from billproof.conformance.messages import units_of
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount
from billproof.model.periods import parse_instant, period_of, render_period


def find_in_limits(world: World) -> Iterator[Finding]:
    """Yield what was allowed in a world and should not have been."""
    for customer in world.accounts:
        shelf = Shelf(world, customer)
        yield from _typed(world, customer)
        yield from _returns_by_replies(world, customer)
        yield from _under_a_hold(world, customer)
        if shelf.is_based and shelf.last is not None:
            entries = shelf.since(shelf.last[1])
            calls = (shelf.last[0].call.index,)
            yield from _usage(world, customer, entries, calls)
            yield from _floor(world, shelf, entries, calls)
            yield from _returns_by_ledger(world, customer, entries, calls)
            yield from _told_usage(world, shelf)
        elif world.capabilities.balance == "floor":
            yield from _floor_by_readings(world, customer)


def limit_of(world: World, customer: str) -> int:
    """Return the highest limit that an account can have had, in units."""
    changed = (op for op in world.of(customer) if op.name == "change_terms" and not op.is_rejected)
    return max([world.accounts[customer].limit, *(_units(op, "limit") for op in changed)])


def floor_of(world: World, customer: str) -> int:
    """Return the lowest balance that an account can have been allowed, in units."""
    changed = (op for op in world.of(customer) if op.name == "change_terms" and not op.is_rejected)
    return min([world.accounts[customer].floor, *(-_units(op, "credit_limit") for op in changed)])


def _units(operation: Operation, name: str) -> int:
    try:
        return units_of(str(operation.args.get(name, "0")), name)
    except MemberError:
        return 0


def month_of(operation: Operation) -> str:
    """Return the month of a charge."""
    return render_period(period_of(parse_instant(str(operation.args["event_time"]))))


def _usage(
    world: World, customer: str, entries: Sequence[Entry], calls: tuple[int, ...]
) -> Iterator[Finding]:
    if world.capabilities.quota != "hard":
        return
    used: dict[tuple[str, str], int] = defaultdict(int)
    limit = limit_of(world, customer)
    for entry in entries:
        if entry.kind != "debit" or not entry.period:
            continue
        row = (entry.entitlement, entry.period)
        used[row] += entry.amount
        if used[row] > limit and entry.amount > 0:
            yield Finding(
                theorem="T5", clause="usage_stays_within_the_limit", customer=customer, calls=calls,
                text=f"usage of {entry.entitlement} in {entry.period} is {_money(used[row])}"
                f" after {entry.id}, above the limit of {_money(limit)}",
                owed=limit, billed=used[row], currency=entry.currency,
            )  # fmt: skip
            return


def _floor(world: World, shelf: Shelf, entries: Sequence[Entry], calls: tuple[int, ...]) -> Iterator[Finding]:
    if world.capabilities.balance != "floor":
        return
    balance, floor = world.accounts[shelf.customer].balance, floor_of(world, shelf.customer)
    for entry in entries:
        balance += entry.effect
        if entry.effect < 0 and balance < floor:
            yield Finding(
                theorem="T5", clause="balance_respects_its_floor", customer=shelf.customer, calls=calls,
                text=f"the balance is {_money(balance)} after {entry.id}, below {_money(floor)}",
                owed=-floor, billed=-balance, currency=entry.currency,
            )  # fmt: skip
            return


def _floor_by_readings(world: World, customer: str) -> Iterator[Finding]:
    floor = floor_of(world, customer)
    for reading in world.read("balance", customer):
        if balance_of(reading) < floor:
            yield Finding(
                theorem="T5", clause="balance_respects_its_floor", customer=customer,
                text=f"the balance is {_money(balance_of(reading))}, below {_money(floor)}",
                calls=(reading.call.index,), owed=-floor, billed=-balance_of(reading),
                currency=world.accounts[customer].currency,
            )  # fmt: skip
            return


def _typed(world: World, customer: str) -> Iterator[Finding]:
    """Yield operations that no account takes and that were acknowledged."""
    currency = world.accounts[customer].currency
    for operation in world.of(customer):
        if not operation.is_ok or not _is_there(world, operation):
            continue
        amount, asked = operation.amount, operation.args.get("currency", currency)
        if asked != currency:
            what = f"a {operation.name} in {asked} on an account in {currency}"
        elif operation.name in ("charge", "top_up", "refund", "credit", "chargeback") and (amount or 0) < 0:
            what = f"a {operation.name} of {operation.args.get('amount')}"
        elif operation.name == "change_terms" and not _is_sound(operation):
            what = "terms that make no sense: a limit below the quota, or a member below zero"
        else:
            continue
        yield Finding(
            theorem="T5",
            clause="terms_are_sound" if operation.name == "change_terms" else "operations_are_typed",
            text=f"{what} was acknowledged", calls=(operation.call.index,), customer=customer,
            owed=0, billed=amount, currency=str(asked),
        )  # fmt: skip
        return


def _is_there(world: World, operation: Operation) -> bool:
    """Tell whether an acknowledged operation took effect, where a ledger can tell: else it is lost."""
    shelf = Shelf(world, operation.customer)
    if not shelf.is_based or shelf.last is None or operation.name not in MONEY_OPERATIONS:
        return True
    return entry_for(operation, shelf.since(shelf.last[1])) is not None


def _is_sound(operation: Operation) -> bool:
    credit, quota, limit = (_units(operation, name) for name in ("credit_limit", "quota", "limit"))
    return credit >= 0 and quota >= 0 and limit >= quota


def _returns_by_replies(world: World, customer: str) -> Iterator[Finding]:
    """Yield returns that were acknowledged beyond what their charge captured."""
    charges = {op.id: op for op in world.of(customer) if op.name == "charge" and op.is_ok and op.id}
    returned: dict[str, int] = defaultdict(int)
    shown: dict[str, list[int]] = defaultdict(list)
    seen: set[str] = set()
    for operation in world.of(customer):
        if operation.name not in RETURNING or not operation.is_ok or operation.key in seen:
            continue
        seen.add(operation.key)
        named = str(operation.args.get("charge", ""))
        charge = charges.get(named)
        if charge is None or charge.amount is None:
            if named in _not_charges(world, customer):
                yield Finding(
                    theorem="T5", clause="refunds_stay_within_the_capture", customer=customer,
                    text=f"a {operation.name} of {named}, which is no charge, was acknowledged",
                    calls=(operation.call.index,), owed=0, billed=-(operation.amount or 0),
                )  # fmt: skip
                return
            continue
        amount = charge.amount if operation.amount is None else operation.amount
        returned[named] += amount
        shown[named].append(operation.call.index)
        if returned[named] > charge.amount:
            yield Finding(
                theorem="T5", clause="refunds_stay_within_the_capture", customer=customer,
                text=f"of a charge of {_money(charge.amount)}, {_money(returned[named])} were returned",
                calls=(charge.call.index, *shown[named]), owed=-charge.amount, billed=-returned[named],
                currency=world.accounts[customer].currency,
            )  # fmt: skip
            return


def _not_charges(world: World, customer: str) -> set[str]:
    others = (op for op in world.of(customer) if op.name in ("top_up", "credit") and op.is_ok)
    return {op.id for op in others if op.id}


def _returns_by_ledger(
    world: World, customer: str, entries: Sequence[Entry], calls: tuple[int, ...]
) -> Iterator[Finding]:
    captured = {entry.id: entry.amount for entry in entries if entry.kind in ("debit", "adjustment")}
    returned: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.kind in RETURNING and entry.refers_to in captured:
            returned[entry.refers_to] += entry.amount
            if returned[entry.refers_to] > captured[entry.refers_to]:
                yield Finding(
                    theorem="T5", clause="refunds_stay_within_the_capture", customer=customer, calls=calls,
                    text=f"of {entry.refers_to}, which captured {_money(captured[entry.refers_to])},"
                    f" {_money(returned[entry.refers_to])} were returned",
                    owed=-captured[entry.refers_to], billed=-returned[entry.refers_to],
                    currency=world.accounts[customer].currency,
                )  # fmt: skip
                return


def _under_a_hold(world: World, customer: str) -> Iterator[Finding]:
    """Yield charges that were accepted under a hold, on the account or placed by passing a limit."""
    operations = world.of(customer)
    is_changed = any(op.name == "change_terms" for op in operations)
    for place, hold in enumerate(operations):
        is_account = hold.name == "hold" and hold.is_ok
        is_quota = (
            hold.name == "charge" and hold.is_rejected and hold.code == "QUOTA_EXCEEDED"
            and world.choices.quota_hold == "period" and world.capabilities.quota == "hard" and not is_changed
        )  # fmt: skip
        if not is_account and not is_quota:
            continue
        # Only the release that names a hold ends it; another one ends another hold.
        released = [
            op.call.begin
            for op in operations
            if op.name == "release" and not op.is_rejected and op.args.get("hold", hold.id) == hold.id
        ]
        end = min([tick for tick in released if is_account and tick > hold.call.begin], default=None)
        for charge in operations[place + 1 :]:
            if not (charge.name == "charge" and charge.is_ok and hold.call.is_before(charge.call)):
                continue
            if end is not None and (charge.call.end or 0) > end:
                continue
            if (
                not _is_fresh(charge, operations)
                or not _is_there(world, charge)
                or (is_quota and _row(charge) != _row(hold))
            ):
                continue
            yield Finding(
                theorem="T5", customer=customer, calls=(hold.call.index, charge.call.index),
                clause="no_debit_under_a_hold" if is_account else "passing_the_limit_places_a_hold",
                text=f"a charge of {charge.args.get('amount')} was accepted while a hold was in force",
                owed=0, billed=charge.amount, currency=world.accounts[customer].currency,
            )  # fmt: skip
            return


def _row(charge: Operation) -> tuple[str, str]:
    return str(charge.args.get("entitlement", "")), month_of(charge)


def _is_fresh(charge: Operation, operations: Sequence[Operation]) -> bool:
    """Tell whether a charge is the first request under its key: a retry gets its old answer."""
    return next(op for op in operations if op.key == charge.key) is charge


def _told_usage(world: World, shelf: Shelf) -> Iterator[Finding]:
    """Yield a usage that was told of a row, where the ledger around it comes to another one."""
    # The adjustment of a late event is usage; what an operator adjusts is not.
    adjusted = {operation.key for operation in shelf.operations if operation.name == "adjustment"}
    for reading in world.read("quota", shelf.customer):
        around = readings_around(shelf, reading) if world.is_quiet(reading) else None
        period = str(reading.args.get("period"))
        if around is None or any(
            entry.kind == "adjustment" and entry.period == period and entry.key not in adjusted
            for entry in around
        ):
            continue
        row = (str(reading.args.get("entitlement")), period)
        wanted = sum(
            entry.amount
            for entry in around
            if entry.kind == "debit" and (entry.entitlement, entry.period) == row
        )
        told = amount_in(reading, "used")
        if told != wanted:
            yield Finding(
                theorem="T1", clause="usage_is_the_fold", customer=shelf.customer,
                text=f"usage of {row[0]} in {row[1]} is told as {_money(told)}, and the ledger comes to"
                f" {_money(wanted)}",
                calls=(reading.call.index,), owed=wanted, billed=told,
                currency=world.accounts[shelf.customer].currency,
            )  # fmt: skip
            return


def _money(units: int) -> str:
    return render_amount(Amount(units))
