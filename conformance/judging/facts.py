"""What a history says, in types: the operations, readings and faults of one world.

Everything is read from messages and replies. What an adapter reported in a form that the protocol does not
have ends as an adapter error here, and not as something that the product did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from billproof.conformance.documents import Document, MemberError, as_document, inner_of, list_of, text_of
from billproof.conformance.history import Call
from billproof.conformance.messages import (
    Capabilities,
    Choices,
    Declaration,
    OutcomeKind,
    Reply,
    breach,
    read_reply,
    units_of,
)
from billproof.conformance.session import count_of
from billproof.model.periods import parse_instant

LOWERING: Final = frozenset({"debit", "adjustment"})
"""Kinds of entries that lower a balance by their amount."""

RETURNING: Final = frozenset({"refund", "void", "chargeback"})
"""Kinds of entries that return part of a charge."""

RAISING: Final = RETURNING | {"credit", "top_up"}
"""Kinds of entries that raise a balance by their amount."""

KINDS: Final = LOWERING | RAISING | {"refusal", "other"}
"""Every kind of entry."""

MONEY_OPERATIONS: Final = frozenset(
    {"charge", "refund", "void", "chargeback", "credit", "top_up", "adjustment"}
)
"""The operations that move money."""

KIND_OF: Final = {
    "charge": "debit", "refund": "refund", "void": "void", "chargeback": "chargeback", "credit": "credit",
    "top_up": "top_up", "adjustment": "adjustment",
}  # fmt: skip
"""The kind of entry that an operation leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A violation."""

    theorem: str
    clause: str
    text: str
    """What was found, with both values."""
    calls: tuple[int, ...]
    """The calls that show it, by their index."""
    customer: str = ""
    owed: int | None = None
    """In units, where the violation is one of money."""
    billed: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a ledger as it was shown."""

    id: str
    kind: str
    amount: int
    currency: str
    key: str = ""
    sequence: int | None = None
    entitlement: str = ""
    period: str = ""
    event_time: str = ""
    commit_time: int | None = None
    refers_to: str = ""
    balance_before: int | None = None
    balance_after: int | None = None
    digest: str = ""
    previous: str | None = None
    """The digest that it names as the one before; None where the ledger shows none."""

    @property
    def effect(self) -> int:
        """What it adds to the balance, in units."""
        if self.kind in LOWERING:
            return -self.amount
        return self.amount if self.kind in RAISING else 0

    @property
    def is_moving(self) -> bool:
        """Whether it is of a kind that moves money."""
        return self.kind in LOWERING or self.kind in RAISING


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request and what came of it."""

    call: Call
    name: str
    customer: str
    key: str
    args: Document
    amount: int | None
    """In units; None where it has none."""
    reply: Reply | None
    """None for one that never came back."""

    @property
    def is_ok(self) -> bool:
        """Whether it was acknowledged as done."""
        return self.reply is not None and self.reply.outcome == OutcomeKind.OK

    @property
    def is_rejected(self) -> bool:
        """Whether it was refused for good."""
        return self.reply is not None and self.reply.outcome == OutcomeKind.REJECTED

    @property
    def is_doubtful(self) -> bool:
        """Whether it may have taken effect without anybody knowing."""
        return self.reply is None or self.reply.outcome == OutcomeKind.UNKNOWN

    @property
    def code(self) -> str:
        """The code of its refusal."""
        return self.reply.code if self.reply is not None else ""

    @property
    def id(self) -> str:
        """The id that it was acknowledged with."""
        value = self.reply.value if self.reply is not None else None
        found = value.get("id") if isinstance(value, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def request(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What was asked, comparable."""
        return self.name, tuple(sorted((name, repr(value)) for name, value in self.args.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One observation that was answered."""

    call: Call
    what: str
    customer: str
    at: str
    args: Document
    value: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account may do at the beginning, in units."""

    currency: str
    floor: int
    quota: int
    limit: int
    balance: int


class World:
    """One world of a history."""

    def __init__(self, calls: Sequence[Call], declaration: Declaration) -> None:
        self.calls = tuple(calls)
        self.declaration = declaration

    @property
    def capabilities(self) -> Capabilities:
        """What the implementation declares that it can do."""
        return self.declaration.capabilities

    @property
    def choices(self) -> Choices:
        """What it declares where the specification allows more than one thing."""
        return self.declaration.choices

    @cached_property
    def accounts(self) -> dict[str, Terms]:
        """The accounts that the world began with."""
        world = inner_of(self.calls[0].message, "world")
        made: dict[str, Terms] = {}
        for value in list_of(world, "accounts"):
            account = as_document(value, "account")
            limit = units_of(text_of(account, "credit_limit"), "credit_limit")
            made[text_of(account, "customer")] = Terms(
                currency=text_of(account, "currency"),
                floor=-limit if account.get("account") == "credit" else 0,
                quota=units_of(text_of(account, "quota"), "quota"),
                limit=units_of(text_of(account, "limit"), "limit"),
                balance=units_of(text_of(account, "balance"), "balance"),
            )
        return made

    @cached_property
    def tampered_at(self) -> int | None:
        """The tick at which the store was edited on purpose; nothing after it is the product's doing."""
        ticks = [call.begin for call in self.calls if call.message.get("fault") == "tamper"]
        return min(ticks) if ticks else None

    def _is_clean(self, call: Call) -> bool:
        return self.tampered_at is None or call.begin < self.tampered_at

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """The operations on accounts, in the order in which they were sent."""
        return tuple(
            _operation(call)
            for call in self.calls
            if call.command == "op" and self._is_clean(call) and "customer" in inner_of(call.message, "args")
        )

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """The observations that were answered, in the order in which they were asked."""
        made = (_reading(call) for call in self.calls if call.command == "observe" and self._is_clean(call))
        return tuple(reading for reading in made if reading is not None)

    @cached_property
    def faults(self) -> tuple[Call, ...]:
        """The faults that were caused."""
        return tuple(call for call in self.calls if call.command == "fault")

    def of(self, customer: str) -> tuple[Operation, ...]:
        """Return the operations of one customer."""
        return tuple(operation for operation in self.operations if operation.customer == customer)

    def read(self, what: str, customer: str = "", at: str = "") -> tuple[Reading, ...]:
        """Return the readings of one thing, of the leader unless a node is named."""
        return tuple(
            reading
            for reading in self.readings
            if reading.what == what and reading.customer == customer and reading.at == at
        )

    def is_quiet(self, reading: Reading) -> bool:
        """Tell whether nothing of its customer was in flight while something was read."""
        return not any(operation.call.overlaps(reading.call) for operation in self.of(reading.customer))


def _operation(call: Call) -> Operation:
    args = inner_of(call.message, "args")
    amount = args.get("amount")
    reply = None if call.end is None else read_reply(call.reply, "op")
    return Operation(
        call=call,
        name=text_of(call.message, "op"),
        customer=text_of(args, "customer"),
        key=text_of(call.message, "idem", ""),
        args=args,
        amount=units_of(amount, "amount") if isinstance(amount, str) else None,
        reply=reply,
    )


def _reading(call: Call) -> Reading | None:
    if call.end is None:
        return None
    reply = read_reply(call.reply, "observe")
    if reply.outcome != OutcomeKind.OK or not isinstance(reply.value, dict):
        return None
    args = inner_of(call.message, "args")
    return Reading(
        call=call,
        what=text_of(call.message, "what"),
        customer=text_of(args, "customer", ""),
        at=text_of(call.message, "at", ""),
        args=args,
        value=reply.value,
    )


def entries_of(reading: Reading) -> tuple[Entry, ...]:
    """Return the entries of a ledger that was read.

    Raises:
        AdapterError: One of them is not as the protocol has it.
    """
    try:
        return tuple(_entry(as_document(value, "entry")) for value in list_of(reading.value, "entries"))
    except MemberError as error:
        raise breach("observe ledger", error) from error


def balance_of(reading: Reading) -> int:
    """Return a balance that was read, in units.

    Raises:
        AdapterError: It is not as the protocol has it.
    """
    return amount_in(reading, "balance")


def amount_in(reading: Reading, name: str) -> int:
    """Return an amount that was read, in units.

    Raises:
        AdapterError: It is not as the protocol has it.
    """
    try:
        return units_of(text_of(reading.value, name), name)
    except MemberError as error:
        raise breach(f"observe {reading.what}", error) from error


def _entry(document: Document) -> Entry:
    kind = text_of(document, "kind")
    if kind not in KINDS:
        raise MemberError("kind", f"is {kind[:40]!r}, which is none of {', '.join(sorted(KINDS))}")
    commit_time = document.get("commit_time")
    return Entry(
        id=text_of(document, "id"),
        kind=kind,
        amount=units_of(text_of(document, "amount"), "amount"),
        currency=text_of(document, "currency"),
        key=text_of(document, "key", ""),
        sequence=count_of(document, "seq") if "seq" in document else None,
        entitlement=text_of(document, "entitlement", ""),
        period=text_of(document, "period", ""),
        event_time=text_of(document, "event_time", ""),
        commit_time=_instant(commit_time) if isinstance(commit_time, str) else None,
        refers_to=text_of(document, "refers_to", ""),
        balance_before=_optional(document, "balance_before"),
        balance_after=_optional(document, "balance_after"),
        digest=text_of(document, "digest", ""),
        previous=text_of(document, "prev") if "prev" in document else None,
    )


def _optional(document: Document, name: str) -> int | None:
    value = document.get(name)
    return None if value is None else units_of(text_of(document, name), name)


def _instant(text: str) -> int:
    try:
        return int(parse_instant(text))
    except ValueError as error:
        raise MemberError("commit_time", str(error)) from error
