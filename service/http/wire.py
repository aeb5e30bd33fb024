"""Requests and replies as bytes: events and refunds in, receipts and stored refusals out.

A reply is a function of the stored entry and its signature alone, so a repeated key gets the same bytes
whoever answers it, after a restart too. Nothing that changes later - a clock, a balance of now, a trace id -
has a place in it; trace ids travel in headers.

Source: ``system.md`` section 4, "Reply codes"; ``model/schemas/event.json``.
"""

import json
from dataclasses import dataclass, replace
from typing import Final

from billproof.model.canonical import CanonicalValue, JsonInputError, parse_json
from billproof.model.entitlements import Use
from billproof.model.identifiers import CustomerId, IdempotencyKey, Instant, Sequence
from billproof.model.money import render_amount
from billproof.model.outcomes import STORED_REFUSALS, Status
from billproof.model.periods import period_of, render_instant, render_period
from billproof.model.receipts import KIND_NAMES, STATUS_NAMES, receipt_id
from billproof.model.state import Entry, Request
from billproof.service.events import KEY_MAX, event_line
from billproof.service.http.limits import BATCH_MAX
from billproof.service.http.problems import Code, Phase, Problem, ProblemError, code_of, refused
from billproof.service.lines import BadLine
from billproof.service.usage import RESERVED_KEYS, Operation, Signature, UsageLine, line_request
from billproof.service.writer import Answer

JSON_TYPE: Final = "application/json"
"""The media type of single events and of batches as an array."""

LINES_TYPE: Final = "application/x-ndjson"
"""The media type of batches as lines."""

REPLAYED_HEADER: Final = "Idempotent-Replayed"
"""Marks the answer to a repeated key."""

REFUND_MEMBERS: Final = ("amount", "currency", "customer", "event_time", "receipt_id", "refers_to", "usage")
"""The members that a refund may have."""

_SPEAKING_AMOUNT: Final = ("amount", "currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a client gets."""

    status: int
    body: bytes
    replayed: bool = False
    problem: Problem | None = None
    """The refusal; None for what was accepted."""


def parse_document(body: bytes) -> CanonicalValue:
    """Read a JSON body.

    Raises:
        ProblemError: 400, it is not JSON or is ambiguous.
    """
    try:
        return parse_json(body, "body")
    except JsonInputError as error:
        raise refused(Code.MALFORMED, Phase.VALIDATE, str(error)) from error


def parse_batch(body: bytes, media_type: str) -> list[CanonicalValue] | None:
    """Return the events of a batch, or None where the body is a single document.

    Raises:
        ProblemError: 400, the body as a whole cannot be read, is empty or has too many events.
    """
    if media_type == LINES_TYPE:
        lines = [line for line in body.split(b"\n") if line.strip(b" \t\r")]
        if len(lines) > BATCH_MAX:
            raise _too_many(len(lines))
        documents = [parse_document(line) for line in lines]
    else:
        document = parse_document(body)
        if not isinstance(document, list):
            return None
        documents = document
    if not documents:
        raise refused(Code.MALFORMED, Phase.VALIDATE, "the batch is empty; send at least one event")
    if len(documents) > BATCH_MAX:
        raise _too_many(len(documents))
    return documents


def parse_event(document: CanonicalValue, customer: CustomerId | None, key: str | None) -> UsageLine:
    """Return the line of usage of an event.

    Args:
        document: The event.
        customer: Whose it is where it does not say so.
        key: The idempotency key of the header, or None in a batch.

    Raises:
        ProblemError: 400 or 422, the event is not taken.
    """
    if not isinstance(document, dict):
        raise refused(Code.MALFORMED, Phase.VALIDATE, "an event is a JSON object")
    event = dict(document)
    if customer is not None:
        event.setdefault("customer", customer)
    if key is not None:
        if event.setdefault("idempotency_key", key) != key:
            raise refused(
                Code.MALFORMED, Phase.VALIDATE, "idempotency_key differs from the header Idempotency-Key"
            )
    elif "idempotency_key" not in event:
        raise refused(
            Code.KEY_MISSING,
            Phase.VALIDATE,
            "send a unique Idempotency-Key; in a batch, an idempotency_key with each event",
        )
    line = event_line(event, 1)
    if isinstance(line, BadLine):
        raise _bad_member(line)
    return line


def parse_refund(document: CanonicalValue, debit: Entry, key: str, operation: Operation) -> UsageLine:
    """Return the line of usage of a return of a debit; a void is of all of it, and need not say how much.

    Args:
        document: The refund, with the members checked.
        debit: The entry that it names.
        key: The idempotency key.
        operation: ``REFUND``, ``VOID`` or ``CHARGEBACK``.

    Raises:
        ProblemError: 400 or 422, the refund is not taken.
    """
    assert isinstance(document, dict), "checked by whoever looked up the debit"
    members = {name: value for name, value in document.items() if name not in {"receipt_id", "customer"}}
    whole: dict[str, CanonicalValue] = {}
    if operation == Operation.VOID:
        whole = {"amount": render_amount(debit.amount), "currency": debit.currency}
    event: dict[str, CanonicalValue] = {
        "event_time": render_instant(debit.event_time),
        **whole,
        **members,
        "kind": "refund",
        "customer": debit.customer,
        "entitlement": debit.entitlement,
        "refers_to": debit.sequence,
        "idempotency_key": key,
    }
    line = event_line(event, 1)
    if isinstance(line, BadLine):
        raise _bad_member(line)
    return replace(line, operation=operation)


def refund_request(line: UsageLine, by: Signature, now: Instant, *, is_timed: bool) -> Request:
    """Return the request of a refund; without a time of its own it happens now.

    The time that the service adds is no part of the fingerprint: a retry is the same request.
    """
    request = line_request(line, line.key, by)
    if is_timed:
        return request
    return replace(request, event_time=now, period=period_of(now))


def named_debit(document: CanonicalValue) -> str | Sequence:
    """Return how a refund names its debit: by the id of its receipt, or by its sequence number.

    Raises:
        ProblemError: 400, it names none, or has members that a refund does not have.
    """
    if not isinstance(document, dict):
        raise refused(Code.MALFORMED, Phase.VALIDATE, "a refund is a JSON object")
    unknown = sorted(set(document) - set(REFUND_MEMBERS))
    if unknown:
        raise refused(
            Code.MALFORMED, Phase.VALIDATE,
            f"{unknown[0][:60]!r} is no member of a refund; use {', '.join(REFUND_MEMBERS)}",
        )  # fmt: skip
    number, name = document.get("refers_to"), document.get("receipt_id")
    if isinstance(name, str) and "refers_to" not in document:
        return name
    if isinstance(number, int) and not isinstance(number, bool) and "receipt_id" not in document:
        return Sequence(number)
    raise refused(
        Code.MALFORMED, Phase.VALIDATE, "a refund names its debit by receipt_id or by refers_to, a number"
    )


def check_key(text: str | None) -> IdempotencyKey:
    """Return the idempotency key of a header.

    Raises:
        ProblemError: 400, it is missing or not taken.
    """
    if text is None or not text:
        raise refused(
            Code.KEY_MISSING, Phase.VALIDATE, "send a unique Idempotency-Key, and keep it for retries"
        )
    if len(text) > KEY_MAX or not text.isascii() or not text.isprintable():
        raise refused(
            Code.MALFORMED, Phase.VALIDATE, f"Idempotency-Key takes 1 to {KEY_MAX} printable ASCII characters"
        )
    if text.startswith(RESERVED_KEYS):
        raise refused(
            Code.MALFORMED, Phase.VALIDATE, f"{text[:60]!r} begins as keys of the service do; use another"
        )
    return IdempotencyKey(text)


def reply_of(answer: Answer) -> Reply:
    """Return the reply to an operation."""
    if answer.error:
        return problem_reply(
            Problem(
                code=Code.OUTCOME_UNKNOWN, phase=Phase.REPLY, detail="send the same request with the same key"
            )
        )
    entry = answer.entry
    if answer.use != Use.ALLOWED:
        return problem_reply(UNUSABLE[answer.use])
    if entry is None:
        return problem_reply(
            Problem(
                code=code_of(answer.status),
                phase=Phase.COMMIT,
                detail=DETAILS[answer.status],
            )
        )
    if answer.status in STORED_REFUSALS:
        problem = Problem(
            code=code_of(answer.status),
            phase=Phase.COMMIT,
            detail=DETAILS[answer.status],
            members={
                "receipt_id": receipt_id(entry.customer, entry.sequence),
                "seq": entry.sequence,
                "receipt": answer.jws,
            },
        )
        return replace(problem_reply(problem), replayed=answer.replayed)
    return Reply(status=201, body=_dumps(receipt_document(entry, answer.jws)), replayed=answer.replayed)


def problem_reply(problem: Problem) -> Reply:
    """Return the reply of a problem."""
    return Reply(status=problem.status, body=problem.body(), problem=problem)


def batch_body(replies: list[Reply]) -> bytes:
    """Return the body of a batch: each outcome with the bytes that it would have alone."""
    results = b",".join(
        b'{"status":%d,"replayed":%s,"body":%s}'
        % (reply.status, b"true" if reply.replayed else b"false", reply.body)
        for reply in replies
    )
    return b'{"results":[' + results + b"]}"


def receipt_document(entry: Entry, jws: str) -> dict[str, str | int]:
    """Return an entry as a document for people and programs; ``receipt`` is what proves it."""
    return {
        "receipt_id": receipt_id(entry.customer, entry.sequence),
        "customer": entry.customer,
        "seq": entry.sequence,
        "kind": KIND_NAMES[entry.kind],
        "status": STATUS_NAMES[entry.status],
        "amount": render_amount(entry.amount),
        "currency": entry.currency,
        "entitlement": entry.entitlement,
        "period": render_period(entry.period),
        "event_time": render_instant(entry.event_time),
        "commit_time": render_instant(entry.commit_time),
        "balance_after": render_amount(entry.balance_after),
        "idempotency_key": entry.key,
        "digest": entry.digest,
        "receipt": jws,
    }


def _dumps(document: dict[str, str | int]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _bad_member(line: BadLine) -> ProblemError:
    code = Code.MALFORMED
    is_present = "missing" not in line.problem and "no string" not in line.problem
    if line.column in _SPEAKING_AMOUNT and is_present:
        code = Code.BAD_AMOUNT if line.column == "amount" else Code.BAD_CURRENCY
    return refused(code, Phase.VALIDATE, f"{line.column} {line.problem}; {line.remedy}")


def _too_many(count: int) -> ProblemError:
    return refused(
        Code.MALFORMED, Phase.VALIDATE, f"a batch of {count} events is too large; send at most {BATCH_MAX}"
    )


UNUSABLE: Final = {
    Use.SUSPENDED: Problem(
        code=Code.ACCOUNT_HELD,
        phase=Phase.COMMIT,
        detail="the entitlement is suspended; nothing is stored, send the same key again when it is resumed",
    ),
    Use.REVOKED: Problem(code=Code.NOT_FOUND, phase=Phase.COMMIT, detail="unknown, or not yours"),
}
"""The refusals of a service that may not be used."""

DETAILS: Final = {
    Status.NOT_LEADER: "this site does not lead; send the same request with the same key",
    Status.UNKNOWN_CUSTOMER: "no such customer, or not yours",
    Status.UNKNOWN_RECEIPT: "no such receipt, or not yours, or not one that can be returned",
    Status.KEY_REUSED: "this key was used with another request; take a new key for a new request",
    Status.BAD_AMOUNT: "the operation does not take this amount",
    Status.BAD_CURRENCY: "the account has another currency",
    Status.REFUND_ABOVE_CAPTURE: "more than the receipt has captured and not yet returned",
    Status.NOT_POSSIBLE: "the design of this store knows no such operation",
    Status.BAD_PERIOD: "a month that is not over or not billed here, or an event from the future",
    Status.RECEIPT_DISPUTED: "a dispute in progress holds what could be returned; end it first",
    Status.ACCOUNT_EXISTS: "the account is open already",
    Status.PERIOD_CLOSED: "the month of the event is not billed any more; final under this key",
    Status.BACKLOG_FULL: "too many entries are unconfirmed; send the same request later",
    Status.ACCOUNT_HELD: "a hold is active; final under this key",
    Status.QUOTA_EXCEEDED: "the limit of the period would be passed; final under this key",
    Status.INSUFFICIENT_BALANCE: "the balance does not suffice; final under this key",
}
