"""Billing events as JSON lines, one object per line, in the form of ``model/schemas/event.json``.

A line without ``idempotency_key`` gets one from its content, SHA-256 of its canonical JSON, and its ordinal
among equal lines of the file, exactly as rows of a FOCUS file do.

Source: ``system.md`` section 9; issue text "Store and rim".
"""

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from billproof.model.canonical import CanonicalValue, JsonInputError, canonical_bytes, parse_json
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    IdempotencyKey,
    PricePlanHash,
    Sequence,
    UsageText,
)
from billproof.model.money import (
    AmountFormatError,
    AmountRangeError,
    UnknownCurrencyError,
    check_currency,
    parse_amount,
)
from billproof.model.periods import InstantFormatError, InstantRangeError, parse_instant
from billproof.model.portable import PortableError
from billproof.service.errors import InputFileError
from billproof.service.lines import BadLine, TextLines
from billproof.service.ordinals import Ordinals
from billproof.service.usage import NAME_MAX, RESERVED_KEYS, Operation, UsageLine

KINDS: Final = {
    "debit": Operation.CHARGE,
    "credit": Operation.CREDIT,
    "adjustment": Operation.ADJUSTMENT,
    "top_up": Operation.TOP_UP,
    "refund": Operation.REFUND,
}
"""The operations by the ``kind`` of an event."""

MEMBERS: Final = (
    "amount", "currency", "customer", "entitlement", "event_time", "idempotency_key", "kind",
    "price_plan_hash", "refers_to", "usage",
)  # fmt: skip
"""The members that an event may have."""

KEY_MAX: Final = 255
"""The longest idempotency key, in characters."""

SEQUENCE_MAX: Final = 10**15 - 1
"""The largest sequence number."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_COLUMN = re.compile(r"line 1 column ([0-9]+)")


class _MemberError(PortableError, ValueError):
    """A member that is not taken.

    Args:
        member: The name of the member.
        problem: What is wrong with it.
        remedy: What to write instead.
    """

    def __init__(self, member: str, problem: str, remedy: str) -> None:
        super().__init__(f"{member} {problem}; {remedy}")
        self.member = member
        self.problem = problem
        self.remedy = remedy


def read_events(file: BinaryIO, source: str, ordinals: Ordinals) -> Iterator[UsageLine | BadLine]:
    """Read a file of events line by line, in bounded memory; blank lines say nothing.

    Args:
        file: Opened for bytes, at its beginning.
        source: Its name, for messages.
        ordinals: Counts equal lines; fresh for every reading of a file.

    Yields:
        A line of usage, or what is bad about the line.

    Raises:
        InputFileError: The file is empty.
    """
    lines = TextLines(file)
    for text in lines:
        fault = lines.take_fault()
        if fault is not None:
            yield fault
            continue
        stripped = text.strip(" \t\r\n")
        if stripped:
            yield _read_line(stripped, lines.number, source, ordinals)
    if lines.number == 0:
        raise InputFileError(source, "", "is empty", "name a file with usage in it")


def _read_line(text: str, line: int, source: str, ordinals: Ordinals) -> UsageLine | BadLine:
    try:
        document = parse_json(text, source)
    except JsonInputError as error:
        column = _COLUMN.fullmatch(error.place)
        member = error.place.removeprefix("$.") if error.place.startswith("$.") else ""
        return BadLine(
            line=line, column=member, column_number=int(column[1]) if column else 0,
            problem=error.problem, remedy=error.remedy,
        )  # fmt: skip
    if not isinstance(document, dict):
        return BadLine(
            line=line,
            column="",
            column_number=1,
            problem="is no JSON object",
            remedy="write one event per line",
        )
    try:
        return _usage_line(document, line, ordinals)
    except _MemberError as error:
        return BadLine(
            line=line, column=error.member, column_number=0, problem=error.problem, remedy=error.remedy
        )


def event_line(document: dict[str, CanonicalValue], line: int) -> UsageLine | BadLine:
    """Judge one event that names its key; without one it is bad, since nothing else could tell a retry.

    Args:
        document: The event.
        line: Its place among others, for messages; the first is 1.
    """
    try:
        if "idempotency_key" not in document:
            raise _MemberError("idempotency_key", "is missing", "every event needs one")
        return _usage_line(document, line, None)
    except _MemberError as error:
        return BadLine(
            line=line, column=error.member, column_number=0, problem=error.problem, remedy=error.remedy
        )


def _usage_line(document: dict[str, CanonicalValue], line: int, ordinals: Ordinals | None) -> UsageLine:
    for member in document:
        if member not in MEMBERS:
            raise _MemberError(member[:60], "is no member of an event", f"use {', '.join(MEMBERS)}")
    operation = _operation(document)
    amount = _amount(document, operation)
    instant_text = _text(document, "event_time")
    try:
        event_time = parse_instant(instant_text)
    except InstantFormatError as error:
        raise _MemberError("event_time", f"{instant_text[:60]!r} {error.problem}", error.remedy) from error
    except InstantRangeError as error:
        raise _MemberError(
            "event_time", f"{instant_text[:60]!r} is outside 1970 to 9999", "mend it"
        ) from error
    return UsageLine(
        line=line,
        operation=operation,
        customer=CustomerId(_name(document, "customer")),
        amount=amount,
        currency=_currency(document),
        entitlement=EntitlementId(_name(document, "entitlement")),
        usage=UsageText(_text(document, "usage", default="")),
        price_plan=_price_plan(document),
        event_time=event_time,
        known_at=event_time,
        refers_to=_refers_to(document, operation),
        # Last, so that only a line that is good in all else is counted among its equals.
        key=_key(document, ordinals),
    )


def _operation(document: dict[str, CanonicalValue]) -> Operation:
    kind = _text(document, "kind", default="debit")
    if kind not in KINDS:
        raise _MemberError("kind", f"{kind[:60]!r} is no kind of event", f"use one of {', '.join(KINDS)}")
    return KINDS[kind]


def _amount(document: dict[str, CanonicalValue], operation: Operation) -> Amount:
    text = _text(document, "amount")
    try:
        amount = parse_amount(text)
    except AmountFormatError as error:
        raise _MemberError("amount", f"{text[:60]!r} {error.problem}", error.remedy) from error
    except AmountRangeError as error:
        raise _MemberError("amount", str(error).partition(";")[0], "split it") from error
    if amount < 0 and operation != Operation.ADJUSTMENT:
        raise _MemberError("amount", f"{text[:60]!r} is negative", "use kind credit or adjustment")
    return amount


def _currency(document: dict[str, CanonicalValue]) -> CurrencyCode:
    text = _text(document, "currency")
    try:
        return check_currency(text)
    except UnknownCurrencyError as error:
        raise _MemberError(
            "currency", f"{text[:60]!r} is no active ISO 4217 code", "use one such as USD"
        ) from error


def _price_plan(document: dict[str, CanonicalValue]) -> PricePlanHash:
    text = _text(document, "price_plan_hash", default="")
    if "price_plan_hash" in document and _DIGEST.fullmatch(text) is None:
        raise _MemberError("price_plan_hash", f"{text[:60]!r} is no digest", "write SHA-256 in lowercase hex")
    return PricePlanHash(text)


def _refers_to(document: dict[str, CanonicalValue], operation: Operation) -> Sequence:
    value = document.get("refers_to")
    if operation != Operation.REFUND:
        if "refers_to" in document:
            raise _MemberError("refers_to", "belongs to refunds only", "remove it")
        return NO_SEQUENCE
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= SEQUENCE_MAX:
        shown = repr(value)[:60] if "refers_to" in document else "is missing: it"
        raise _MemberError(
            "refers_to", f"{shown} names no debit", "write the sequence number of the debit that is refunded"
        )
    return Sequence(value)


def _key(document: dict[str, CanonicalValue], ordinals: Ordinals | None) -> IdempotencyKey:
    if ordinals is None or "idempotency_key" in document:
        key = _name(document, "idempotency_key", maximum=KEY_MAX)
        if key.startswith(RESERVED_KEYS):
            raise _MemberError(
                "idempotency_key", f"{key[:60]!r} begins as keys of the service do", "use another"
            )
        return IdempotencyKey(key)
    return ordinals.key("event", hashlib.sha256(canonical_bytes(document)).hexdigest())


def _name(document: dict[str, CanonicalValue], member: str, *, maximum: int = NAME_MAX) -> str:
    text = _text(document, member)
    if not text:
        raise _MemberError(member, "is empty", "every event needs one")
    if len(text) > maximum:
        raise _MemberError(member, f"has {len(text)} characters", f"use at most {maximum}")
    return text


def _text(document: dict[str, CanonicalValue], member: str, *, default: str | None = None) -> str:
    value = document.get(member, default)
    if value is None and member not in document:
        raise _MemberError(member, "is missing", "every event needs one")
    if not isinstance(value, str):
        raise _MemberError(member, f"{str(value)[:60]} is no string", "put it in quotation marks")
    return value
