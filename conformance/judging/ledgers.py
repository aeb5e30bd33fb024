"""What was stored: the ledgers that were read, against what was asked and acknowledged.

A ledger is read when nothing of its customer is in flight. Each entry that moves money stands for one
request; each acknowledged request has its entry, with what was asked; the balance is the sum; numbers,
links and times follow the order; and a later ledger continues an earlier one.

Source: theorems T1, T2 and T6; rules R1.1, R1.5, R2.1, R6.1, R6.2.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from billproof.conformance.judging.facts import (
    KIND_OF,
    MONEY_OPERATIONS,
    Entry,
    Finding,
    Operation,
    Reading,
    World,
    balance_of,
    entries_of,
)
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount
from billproof.model.periods import parse_instant, period_of, render_period


class Shelf:
    """The ledgers of one customer that were read while nothing was in flight, and the first of them."""

    def __init__(self, world: World, customer: str) -> None:
        self.world = world
        self.customer = customer
        self.operations = world.of(customer)
        self.readings = tuple(
            (reading, entries_of(reading))
            for reading in world.read("ledger", customer)
            if world.is_quiet(reading)
        )
        first = self.readings[0] if self.readings else None
        asked = self.operations[0].call.begin if self.operations else None
        is_before = first is not None and (asked is None or (first[0].call.end or 0) < asked)
        self.base = first[1] if first is not None and is_before else ()
        """What was in the ledger before anything was asked for: opening entries, whatever their kind."""
        self.is_based = is_before

    def since(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Return the entries beyond the base."""
        known = {entry.id for entry in self.base}
        return tuple(entry for entry in entries if entry.id not in known or not self.base)

    @property
    def last(self) -> tuple[Reading, tuple[Entry, ...]] | None:
        """The last reading."""
        return self.readings[-1] if self.readings else None


def find_in_ledgers(world: World) -> Iterator[Finding]:
    """Yield what is wrong with the ledgers of a world."""
    for customer in world.accounts:
        shelf = Shelf(world, customer)
        if not shelf.is_based:
            continue
        for reading, entries in shelf.readings:
            found = [
                *_unasked(shelf, reading, entries),
                *_twice(shelf, reading, entries),
                *_other_than_asked(shelf, reading, entries),
                *_out_of_order(shelf, reading, entries),
                *_unnumbered(shelf, reading, entries),
            ]
            yield from found
            if found:
                break
        else:
            yield from _rewritten(shelf)
            # What is late is not lost: only the last reading can show that something is missing.
            yield from _lost(shelf, *shelf.readings[-1])
        yield from _balance_is_the_fold(shelf)
        yield from _running_balance(shelf)


def entry_for(operation: Operation, entries: Sequence[Entry]) -> Entry | None:
    """Return the entry of an acknowledged operation: the one with its key, or else with its id."""
    by_key = [entry for entry in entries if operation.key and entry.key == operation.key]
    if by_key:
        return next((entry for entry in by_key if entry.is_moving), by_key[0])
    return next(
        (entry for entry in entries if operation.id and entry.id == operation.id and not entry.key), None
    )


def _finding(
    shelf: Shelf, reading: Reading, theorem: str, clause: str, text: str, *, of: Sequence[Operation] = (),
    owed: int | None = None, billed: int | None = None,
) -> Finding:  # fmt: skip
    return Finding(
        theorem=theorem, clause=clause, text=text, customer=shelf.customer, owed=owed, billed=billed,
        calls=(*(operation.call.index for operation in of), reading.call.index),
        currency=shelf.world.accounts[shelf.customer].currency,
    )  # fmt: skip


def _twice(shelf: Shelf, reading: Reading, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield keys under which the ledger moves money more than once."""
    moved: dict[str, list[Entry]] = defaultdict(list)
    for entry in shelf.since(entries):
        if entry.key and entry.is_moving:
            moved[entry.key].append(entry)
    for key, found in moved.items():
        if len(found) > 1:
            yield _finding(
                shelf, reading, "T1", "one_charge_per_key",
                f"key {key} has {len(found)} entries that move money: {', '.join(e.kind for e in found)}",
                of=[operation for operation in shelf.operations if operation.key == key],
                owed=-found[0].effect, billed=-sum(entry.effect for entry in found),
            )  # fmt: skip
            return


def _unasked(shelf: Shelf, reading: Reading, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield entries that charge for what was refused, or for what nobody asked for."""
    asked: dict[str, list[Operation]] = defaultdict(list)
    for operation in shelf.operations:
        if operation.call.begin < reading.call.begin:
            asked[operation.key].append(operation)
    for entry in shelf.since(entries):
        if not entry.key or entry.effect >= 0:
            continue
        operations = asked.get(entry.key, [])
        if operations and all(operation.is_rejected for operation in operations):
            yield _finding(
                shelf, reading, "T1", "refusal_leaves_no_debit",
                f"key {entry.key} was refused ({operations[0].code}), and the ledger has its {entry.kind}",
                of=operations, owed=0, billed=-entry.effect,
            )  # fmt: skip
            return


def _lost(shelf: Shelf, reading: Reading, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield acknowledged operations that have no entry."""
    for operation in shelf.operations:
        if operation.name not in MONEY_OPERATIONS or not operation.is_ok:
            continue
        if not operation.call.is_before(reading.call) or not operation.key:
            continue
        if not operation.id and not any(entry.key for entry in entries):
            continue
        if entry_for(operation, entries) is None:
            amount = operation.amount or 0
            yield _finding(
                shelf, reading, "T2", "acknowledged_is_in_the_ledger",
                f"the {operation.name} under key {operation.key} was acknowledged as"
                f" {operation.id or 'done'}, and the ledger does not have it",
                of=[operation], owed=amount, billed=0,
            )  # fmt: skip
            return


def _other_than_asked(shelf: Shelf, reading: Reading, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield entries that are not what was asked for and acknowledged."""
    for operation in shelf.operations:
        if not operation.is_ok or operation.name not in MONEY_OPERATIONS:
            continue
        if not operation.call.is_before(reading.call) or not _is_first(operation, shelf.operations):
            continue
        entry = entry_for(operation, shelf.since(entries))
        if entry is None:
            continue
        if operation.amount is not None and entry.amount != operation.amount:
            yield _finding(
                shelf, reading, "T1", "accepted_charge_takes_effect_once",
                f"a {operation.name} of {_money(operation.amount)} was acknowledged under key"
                f" {operation.key}, and the ledger has {_money(entry.amount)}",
                of=[operation], owed=operation.amount, billed=entry.amount,
            )  # fmt: skip
            return
        yield from _of_another_kind(shelf, reading, operation, entry)


def _is_first(operation: Operation, operations: Sequence[Operation]) -> bool:
    """Tell whether an acknowledged operation is the first one acknowledged under its key."""
    first = next(other for other in operations if other.key == operation.key and other.is_ok)
    return first is operation


def _of_another_kind(shelf: Shelf, reading: Reading, operation: Operation, entry: Entry) -> Iterator[Finding]:
    wanted = KIND_OF[operation.name]
    is_late = wanted == "debit" and entry.kind == "adjustment"
    if entry.kind != wanted and not is_late:
        is_usage = entry.kind == "debit"
        yield _finding(
            shelf, reading, "T5" if is_usage else "T1",
            "refunds_never_lower_usage" if is_usage else "accepted_charge_takes_effect_once",
            f"a {operation.name} was acknowledged under key {operation.key}; the ledger has a {entry.kind}",
            of=[operation], owed=-_wanted_effect(operation), billed=-entry.effect,
        )  # fmt: skip
    elif operation.name == "charge" and entry.period and not is_late:
        month = render_period(period_of(parse_instant(str(operation.args.get("event_time")))))
        if entry.period != month:
            yield _finding(
                shelf, reading, "T5", "usage_counts_every_debit",
                f"a charge for {operation.args.get('event_time')} counts in {entry.period}, not in {month}",
                of=[operation],
            )  # fmt: skip


def _wanted_effect(operation: Operation) -> int:
    amount = operation.amount or 0
    return -amount if KIND_OF[operation.name] in ("debit", "adjustment") else amount


def _out_of_order(shelf: Shelf, reading: Reading, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield entries that stand before others although they were asked for after those were acknowledged."""
    # A key that was charged again is T1's affair: where it stands is where it stands first.
    places: dict[str, int] = {}
    for place, entry in enumerate(entries):
        if entry.key and entry.is_moving:
            places.setdefault(entry.key, place)
    done: dict[str, Operation] = {}
    first: dict[str, Operation] = {}
    for operation in shelf.operations:
        if operation.key in places:
            first.setdefault(operation.key, operation)
            if operation.is_ok:
                done.setdefault(operation.key, operation)
    ordered = sorted(first.values(), key=lambda operation: operation.call.begin)
    for later in ordered:
        for key, earlier in done.items():
            if earlier.call.is_before(later.call) and places[key] > places[later.key]:
                yield _finding(
                    shelf, reading, "T6", "order_is_the_order_of_commits",
                    f"key {later.key} was first sent after key {key} was acknowledged, and stands before it",
                    of=[earlier, later],
                )  # fmt: skip
                return


def _unnumbered(shelf: Shelf, reading: Reading, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield breaks of numbers, links and times."""
    for before, entry in pairwise(entries):
        found = _broken_number(before, entry) or _broken_link(before, entry)
        if found is not None:
            yield _finding(shelf, reading, "T6", *found)
            return


def _broken_number(before: Entry, entry: Entry) -> tuple[str, str] | None:
    if before.sequence is not None and entry.sequence is not None and entry.sequence != before.sequence + 1:
        clause = "chain_is_dense" if entry.sequence > before.sequence else "sequence_is_unique"
        return clause, f"entry {before.sequence} is followed by entry {entry.sequence}"
    return None


def _broken_link(before: Entry, entry: Entry) -> tuple[str, str] | None:
    if before.digest and entry.previous is not None and entry.previous != before.digest:
        named = entry.previous[:16] or "nothing"
        return (
            "entry_is_linked",
            f"entry {entry.id} names {named} as the one before, whose digest is {before.digest[:16]}",
        )
    times = (before.commit_time, entry.commit_time)
    if None not in times and (entry.commit_time or 0) < (before.commit_time or 0):
        return (
            "commit_time_never_decreases",
            f"entry {entry.id} was committed before entry {before.id}, which it follows",
        )
    return None


def _rewritten(shelf: Shelf) -> Iterator[Finding]:
    """Yield entries that were seen and acknowledged, and are another or not there any more later."""
    acknowledged = {operation.id for operation in shelf.operations if operation.is_ok and operation.id}
    for (_, before), (reading, after) in pairwise(shelf.readings):
        later = {entry.id: entry for entry in after}
        for entry in before:
            found = later.get(entry.id)
            if found is None and entry.id in acknowledged:
                yield _finding(
                    shelf, reading, "T2", "entries_stay",
                    f"entry {entry.id} was acknowledged and seen, and is not there any more",
                    owed=entry.amount, billed=0,
                )  # fmt: skip
                return
            if found is not None and found != entry:
                yield _finding(
                    shelf, reading, "T6", "entries_stay_as_they_are",
                    f"entry {entry.id} has changed since it was read before",
                    owed=-entry.effect, billed=-found.effect,
                )  # fmt: skip
                return


def _balance_is_the_fold(shelf: Shelf) -> Iterator[Finding]:
    """Yield a balance that is not what the ledger before and after it comes to: the last one, if it is wrong.

    One that was wrong, is what the ledger came to earlier, and was right when it was read again is an old
    answer: T4. One that stays wrong, or that the ledger never came to, is T1.
    """
    read = shelf.world.read("balance", shelf.customer)
    balances = [reading for reading in read if shelf.world.is_quiet(reading)]
    if len(balances) < 2 or (shelf.operations and not balances[0].call.is_before(shelf.operations[0].call)):
        return
    wrong = [
        (reading, folds)
        for reading in balances[1:]
        if (folds := _folds(shelf, balances[0], reading)) and balance_of(reading) != folds[-1]
    ]
    if not wrong:
        return
    reading, folds = wrong[-1] if wrong[-1][0] is balances[-1] else wrong[0]
    told = balance_of(reading)
    if reading is not balances[-1] and told in folds:
        yield _finding(
            shelf, reading, "T4", "no_read_is_old_and_unlabelled",
            f"a balance of {_money(told)} is told, which is old, and does not say so: the ledger comes to"
            f" {_money(folds[-1])}, and so did the balance when it was read again",
        )  # fmt: skip
        return
    yield _finding(
        shelf, reading, "T1", "balance_is_the_fold",
        f"the balance is {_money(told)}, and the ledger comes to {_money(folds[-1])}",
        owed=-folds[-1], billed=-told,
    )  # fmt: skip


def _folds(shelf: Shelf, start: Reading, reading: Reading) -> tuple[int, ...]:
    """Return what the ledger around a reading came to after each entry; empty if it moved meanwhile."""
    around = readings_around(shelf, reading)
    if around is None:
        return ()
    return tuple(accumulate((entry.effect for entry in shelf.since(around)), initial=balance_of(start)))


def readings_around(shelf: Shelf, reading: Reading) -> tuple[Entry, ...] | None:
    """Return the ledger that was read before and after something else, if it was the same both times.

    Between two equal ledgers without a request nothing happened, whatever is still in doubt.
    """
    before = [item for item in shelf.readings if item[0].call.is_before(reading.call)]
    after = [item for item in shelf.readings if reading.call.is_before(item[0].call)]
    if not before or not after or before[-1][1] != after[0][1]:
        return None
    first, second = before[-1][0].call, after[0][0].call
    if any(
        not operation.call.is_before(first) and not second.is_before(operation.call)
        for operation in shelf.operations
    ):
        return None
    return after[0][1]


def _running_balance(shelf: Shelf) -> Iterator[Finding]:
    """Yield entries whose own balances do not follow from the entry before."""
    if shelf.last is None:
        return
    reading, entries = shelf.last
    for before, entry in pairwise(entries):
        if before.balance_after is None:
            continue
        for shown, wanted in (
            (entry.balance_before, before.balance_after),
            (entry.balance_after, before.balance_after + entry.effect),
        ):
            if shown is not None and shown != wanted:
                yield _finding(
                    shelf, reading, "T1", "balances_follow_the_chain",
                    f"entry {entry.id} says {_money(shown)}, and follows one that leaves {_money(wanted)}",
                    owed=-wanted, billed=-shown,
                )  # fmt: skip
                return


def _money(units: int) -> str:
    return render_amount(Amount(units))
