"""Whether the replies of each customer have an order that the core allows, or which rule is broken.

The search runs only for customers about whom no plainer rule has found anything. Where there is no
order, the specification is relaxed, one kind of rule at a time, until there is one: what had to be
relaxed is what was broken. Where even that finds none, nothing is said but that it was found.

Source: ``conformance.md`` section 7.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from billproof.conformance.judging.facts import Finding, Operation, Reading, World, amount_in
from billproof.conformance.linearize import BUDGET, Answer, Item, Order, find_order
from billproof.conformance.specification import PASSING_CODES, Relaxed, Specification, essence
from billproof.model.state import State

ORDERABLE = frozenset(
    {
        "charge",
        "refund",
        "void",
        "chargeback",
        "credit",
        "top_up",
        "adjustment",
        "change_terms",
        "hold",
        "release",
    }
)
"""The operations that the search places; months are closed in worlds of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """What came of the search for one customer."""

    customer: str
    operations: int
    answer: Answer
    overlapping: int
    """How many pairs of operations were in flight together."""
    finding: Finding | None


def order_world(world: World, without: frozenset[str]) -> Iterator[Ordering]:
    """Search an order for every customer but those ``without``."""
    if any(op.name == "close_period" for op in world.operations):
        return
    for customer in world.accounts:
        operations = [op for op in world.of(customer) if op.name in ORDERABLE and not _is_passing(op)]
        if customer in without or not operations:
            continue
        answer = _search(world, customer, Relaxed(), operations)
        finding = None
        if answer.order == Order.ILLEGAL:
            finding = _explained(world, customer, operations, answer)
        pairs = sum(
            first.call.overlaps(second.call)
            for place, first in enumerate(operations)
            for second in operations[place + 1 :]
        )
        yield Ordering(
            customer=customer, operations=len(operations), answer=answer, overlapping=pairs, finding=finding
        )


def _is_passing(operation: Operation) -> bool:
    return operation.is_rejected and operation.code in PASSING_CODES


def _search(world: World, customer: str, relaxed: Relaxed, operations: list[Operation]) -> Answer:
    limits_declared = world.capabilities.quota == "hard" and world.capabilities.balance == "floor"
    lenient = Relaxed(
        # Who claims no bound may refuse for reasons of its own.
        refusals=relaxed.refusals or not limits_declared, limits=relaxed.limits, reads=relaxed.reads,
    )  # fmt: skip
    specification = Specification(world, customer, lenient)
    items: list[Item[State]] = [
        Item(
            index=op.call.index, begin=op.call.begin, end=None if op.is_doubtful else op.call.end,
            apply=partial(_apply, specification, op),
        )
        for op in operations
    ]  # fmt: skip
    for reading in world.readings:
        if reading.customer == customer and not reading.at and reading.what in ("balance", "quota"):
            items.append(
                Item(
                    index=reading.call.index, begin=reading.call.begin, end=reading.call.end,
                    apply=partial(_read, specification, reading),
                )
            )  # fmt: skip
    return find_order(items, specification.initial(), essence, BUDGET)


def _apply(specification: Specification, operation: Operation, state: State) -> State | None:
    return specification.apply(state, operation)


def _read(specification: Specification, reading: Reading, state: State) -> State | None:
    args = {name: str(value) for name, value in reading.args.items()}
    told = amount_in(reading, "balance" if reading.what == "balance" else "used")
    return state if specification.is_told(state, reading.what, args, told) else None


def _explained(world: World, customer: str, operations: list[Operation], answer: Answer) -> Finding | None:
    attempts = (
        (Relaxed(refusals=True), "T5", "refusals_are_justified",
         "no order of the replies justifies each refusal"),
        (Relaxed(refusals=True, limits=True), "T5", "usage_stays_within_the_limit",
         "no order of the replies keeps every accepted charge within quota and balance"),
        (Relaxed(reads=True), "T4", "no_read_is_old_and_unlabelled",
         "no order of the replies explains every balance and usage that was read"),
    )  # fmt: skip
    for relaxed, theorem, clause, text in attempts:
        if _search(world, customer, relaxed, operations).order == Order.ORDERED:
            placed = set(answer.prefix)
            left = [op.call.index for op in operations if op.call.index not in placed]
            return Finding(
                theorem=theorem, clause=clause, customer=customer,
                text=f"{text}; the longest order has {len(answer.prefix)} steps",
                calls=(*answer.prefix[-6:], *left[:4]),
            )  # fmt: skip
    return None
