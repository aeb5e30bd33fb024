"""The messages of the protocol: seven commands, their replies, and what an adapter declares of itself.

Every message is one JSON object with ``cmd`` and an opaque ``seq`` that the reply repeats. Money is a
decimal string in major units, counts are decimal strings, times are RFC 3339 with ``Z``; there are no
floats. The same objects travel over every transport.

Choices: replies are read by hand-written readers and not by a schema validator, so that the kit needs only
the base install; tests hold the readers and the JSON Schemas in ``schemas/`` against each other.

Source: ``conformance.md`` sections 2 and 4.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from billproof.conformance.documents import (
    Document,
    MemberError,
    Value,
    inner_of,
    number_of,
    text_of,
    texts_of,
    truth_of,
)
from billproof.conformance.errors import AdapterError, Fault
from billproof.model.money import AmountFormatError, AmountRangeError, parse_source_amount

PROTOCOL: Final = 1
"""The version of the protocol."""

SPECIFICATION: Final = "2026.1"
"""The revision of the specification that is tested."""

LINE_BYTES_MAX: Final = 1_048_576
"""The longest message."""

OPERATIONS: Final = (
    "charge", "refund", "void", "chargeback", "credit", "top_up", "adjustment", "change_terms", "hold",
    "release", "close_period", "reconcile", "dispute", "audit", "repair",
)  # fmt: skip
"""What ``op`` can ask for of a running product; an adapter declares the ones that it takes."""

OBSERVATIONS: Final = (
    "balance", "ledger", "receipts", "export", "quota", "invoice", "checkpoint", "proof", "dispute", "health",
)  # fmt: skip
"""What ``observe`` can ask for; an adapter declares the ones that it answers."""

FAULTS: Final = (
    "crash", "restart", "pause", "resume", "partition", "heal", "failover", "skew", "tamper", "diverge",
)  # fmt: skip
"""The faults that an adapter, or ``faults.toml`` beside it, can cause."""

REFUSALS: Final = (
    "KEY_REUSED", "DUPLICATE", "QUOTA_EXCEEDED", "ACCOUNT_HELD", "INSUFFICIENT_BALANCE", "PERIOD_CLOSED",
    "BAD_AMOUNT", "BAD_CURRENCY", "BAD_PERIOD", "REFUND_ABOVE_CAPTURE", "RECEIPT_DISPUTED", "NOT_FOUND",
    "MALFORMED", "BUSY", "OTHER",
)  # fmt: skip
"""The codes of refused operations; ``audit`` and vectors have the codes of their vectors."""


class OutcomeKind(StrEnum):
    """What a reply says of an operation."""

    OK = "ok"
    """It took effect, now or before under the same key."""
    REJECTED = "rejected"
    """It has no effect, now or ever; under the same key only as ``choices.refusals`` says."""
    UNKNOWN = "unknown"
    """It may have taken effect."""
    UNSUPPORTED = "unsupported"
    """The adapter does not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply to ``op`` or ``observe``."""

    outcome: OutcomeKind
    value: Value = None
    code: str = ""
    phase: str = ""
    receipt: str = ""
    """Opaque to the kit unless the form of receipts is declared; compared byte for byte between retries."""
    detail: str = ""
    """For people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Implementation:
    """What is tested."""

    name: str
    version: str
    commit: str = ""
    language: str = ""
    url: str = ""
    issues: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an implementation declares that it can do; the only source of what is not asked."""

    operations: frozenset[str]
    observations: frozenset[str]
    vectors: frozenset[str]
    """The families of vectors that ``op`` takes, for example ``money``."""
    faults: frozenset[str]
    nodes: tuple[str, ...]
    is_clock_controllable: bool
    is_concurrent: bool
    receipts: str
    """``billproof/v1``, ``opaque``, or ``none``."""
    quota: str
    """``hard``: usage never passes the limit; ``soft`` or ``none``: it is not claimed."""
    balance: str
    """``floor``: the balance never falls below what the account may owe; ``none``: it is not claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What an implementation does where the specification allows more than one thing."""

    duplicate: str = "replay"
    """A retry is answered by ``replay`` of the stored answer, or is refused as a ``refusal``."""
    key_scope: str = "customer"
    """A key names one operation of a ``customer``, or one of the whole system (``global``)."""
    refusals: str = "stored"
    """A refusal that depends on state is ``stored`` and final under its key, or ``retryable``."""
    quota_hold: str = "period"
    """A charge above the limit stops further charges of its ``period``, or of nothing (``none``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the kit keeps to."""

    line_bytes: int = LINE_BYTES_MAX
    in_flight: int = 1
    money_scale: int = 12
    """The most decimals of an amount that the kit sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The reply to ``hello``."""

    implementation: Implementation
    capabilities: Capabilities
    choices: Choices
    limits: Limits
    document: Document = field(default_factory=dict)
    """As it was sent, for reports."""


def hello_message(kit: str) -> Document:
    """Return the first message."""
    return {"cmd": "hello", "protocol": PROTOCOL, "kit": kit, "spec": SPECIFICATION}


def read_declaration(document: Document) -> Declaration:
    """Read the reply to ``hello``.

    Raises:
        AdapterError: It is not one, or of another version of the protocol.
    """
    try:
        protocol = number_of(document, "protocol")
        if protocol != PROTOCOL:
            raise AdapterError(
                Fault.VERSION, f"it speaks protocol {protocol}, the kit speaks {PROTOCOL}",
                "use an adapter and a kit of the same protocol",
            )  # fmt: skip
        declaration = Declaration(
            implementation=_implementation(inner_of(document, "implementation")),
            capabilities=_capabilities(inner_of(document, "capabilities")),
            choices=_choices(inner_of(document, "choices")),
            limits=_limits(inner_of(document, "limits")),
            document=document,
        )
        if declaration.capabilities.is_concurrent and declaration.limits.in_flight < 2:
            raise MemberError("limits.max_in_flight", "is 1, and concurrent is true: nothing can overlap")
        return declaration
    except MemberError as error:
        raise breach("hello", error) from error


def read_reply(document: Document, command: str) -> Reply:
    """Read the reply to ``op`` or ``observe``.

    Raises:
        AdapterError: It is not one.
    """
    try:
        outcome = text_of(document, "outcome")
        if outcome not in set(OutcomeKind):
            raise MemberError("outcome", f"is {outcome[:40]!r}, not one of {', '.join(OutcomeKind)}")
        reply = Reply(
            outcome=OutcomeKind(outcome),
            value=document.get("value"),
            code=text_of(document, "code", ""),
            phase=text_of(document, "phase", ""),
            receipt=text_of(document, "receipt", ""),
            detail=text_of(document, "detail", ""),
        )
        if reply.outcome == OutcomeKind.REJECTED and not reply.code:
            raise MemberError("code", "is missing from a refusal")
        return reply
    except MemberError as error:
        raise breach(command, error) from error


def breach(command: str, error: MemberError) -> AdapterError:
    """Return the error of a reply that breaks its schema."""
    return AdapterError(
        Fault.SCHEMA, f"the reply to {command}: {error}", "see the protocol page for what a reply has"
    )


def _implementation(document: Document) -> Implementation:
    return Implementation(
        name=text_of(document, "name"),
        version=text_of(document, "version"),
        commit=text_of(document, "commit", ""),
        language=text_of(document, "language", ""),
        url=text_of(document, "url", ""),
        issues=text_of(document, "issues", ""),
    )


def _capabilities(document: Document) -> Capabilities:
    return Capabilities(
        operations=_known(document, "operations", OPERATIONS),
        observations=_known(document, "observations", OBSERVATIONS),
        vectors=frozenset(texts_of(document, "vectors")),
        faults=_known(document, "faults", FAULTS),
        nodes=texts_of(document, "nodes"),
        is_clock_controllable=_one_of(document, "clock", ("none", "controllable")) == "controllable",
        is_concurrent=truth_of(document, "concurrent", default=False),
        receipts=_one_of(document, "receipts", ("none", "opaque", "billproof/v1")),
        quota=_one_of(document, "quota", ("none", "hard", "soft")),
        balance=_one_of(document, "balance", ("none", "floor")),
    )


def _choices(document: Document) -> Choices:
    return Choices(
        duplicate=_one_of(document, "duplicate", ("replay", "refusal")),
        key_scope=_one_of(document, "key_scope", ("customer", "global")),
        refusals=_one_of(document, "refusals", ("stored", "retryable")),
        quota_hold=_one_of(document, "quota_hold", ("period", "none")),
    )


def _limits(document: Document) -> Limits:
    limits = Limits(
        line_bytes=number_of(document, "max_line", LINE_BYTES_MAX),
        in_flight=number_of(document, "max_in_flight", 1),
        money_scale=number_of(document, "money_scale", 12),
    )
    if not 4_096 <= limits.line_bytes <= LINE_BYTES_MAX:
        raise MemberError("max_line", f"is {limits.line_bytes}, not from 4096 to {LINE_BYTES_MAX}")
    if not 1 <= limits.in_flight <= 1_000:
        raise MemberError("max_in_flight", f"is {limits.in_flight}, not from 1 to 1000")
    if not 0 <= limits.money_scale <= 12:
        raise MemberError("money_scale", f"is {limits.money_scale}, not from 0 to 12")
    return limits


def _known(document: Document, name: str, known: tuple[str, ...]) -> frozenset[str]:
    given = texts_of(document, name)
    for value in given:
        if value not in known:
            raise MemberError(name, f"names {value[:40]!r}, which is none of {', '.join(known)}")
    return frozenset(given)


def _one_of(document: Document, name: str, known: tuple[str, ...]) -> str:
    value = text_of(document, name, known[0])
    if value not in known:
        raise MemberError(name, f"is {value[:40]!r}, which is none of {', '.join(known)}")
    return value


def units_of(text: str, name: str) -> int:
    """Return an amount of a reply in units of 10^-12.

    Raises:
        MemberError: It is no decimal string.
    """
    try:
        return int(parse_source_amount(text))
    except (AmountFormatError, AmountRangeError) as error:
        raise MemberError(name, str(error)) from error
