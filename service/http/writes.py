"""The routes that write: events, single and in batches, and refunds."""

import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billproof.model.canonical import CanonicalValue
from billproof.model.identifiers import CustomerId, IdempotencyKey, Instant
from billproof.service.http.core import Service, media_type, read_body
from billproof.service.http.gate import Caller
from billproof.service.http.problems import PROBLEM_TYPE, Code, Phase, ProblemError, refused
from billproof.service.http.wire import (
    JSON_TYPE,
    LINES_TYPE,
    REPLAYED_HEADER,
    Reply,
    batch_body,
    check_key,
    named_debit,
    parse_batch,
    parse_document,
    parse_event,
    parse_refund,
    problem_reply,
    refund_request,
    reply_of,
)
from billproof.service.usage import Operation, Signature, line_request
from billproof.service.writer import Answer, Ask

_KEY_HEADER: Final = "idempotency-key"


def write_routes(service: Service) -> list[Route]:
    """Return the routes that write."""

    async def post_events(request: Request) -> Response:
        """Charge one event, or a batch of events in one transaction, each with its own outcome."""
        principal = service.gate.identify(request)
        kind = media_type(request, JSON_TYPE, LINES_TYPE)
        body = await read_body(request)
        documents = parse_batch(body, kind)
        service.gate.admit(principal, 1 if documents is None else len(documents))
        caller = service.gate.sign_in(request, principal, body)
        if documents is not None:
            return await _batch(service, caller, documents)
        given = request.headers.get(_KEY_HEADER)
        key = None if given is None else check_key(given)
        ask = _event(service, caller, parse_document(body), key)
        (answer,) = await service.perform((ask,))
        return _response(service, reply_of(answer), answer)

    async def post_refunds(request: Request) -> Response:
        """Return part of a debit, never more than it captured and has not yet returned."""
        principal = service.gate.identify(request)
        media_type(request, JSON_TYPE)
        body = await read_body(request)
        service.gate.admit(principal)
        caller = service.gate.sign_in(request, principal, body)
        key = check_key(request.headers.get(_KEY_HEADER))
        ask = _refund(service, caller, parse_document(body), key)
        (answer,) = await service.perform((ask,))
        return _response(service, reply_of(answer), answer)

    return [
        Route("/v1/events", post_events, methods=["POST"]),
        Route("/v1/refunds", post_refunds, methods=["POST"]),
    ]


def _event(service: Service, caller: Caller, document: CanonicalValue, key: IdempotencyKey | None) -> Ask:
    line = parse_event(document, caller.customer, key)
    service.gate.check_operation(caller.principal, line.operation, line.customer, line.entitlement)
    by = Signature(issuer=caller.issuer, signing_key=service.opened.signing_key)
    return Ask(operation=line.operation, request=line_request(line, line.key, by), evidence=caller.evidence)


def _refund(service: Service, caller: Caller, document: CanonicalValue, key: IdempotencyKey) -> Ask:
    named = named_debit(document)
    assert isinstance(document, dict), "checked by named_debit"
    customer = document.get("customer", caller.customer)
    if not isinstance(customer, str):
        raise refused(Code.MALFORMED, Phase.VALIDATE, "customer is missing, or is no string")
    owner = CustomerId(customer)
    service.gate.check_owner(caller.principal, owner)
    sequence = service.readers.sequence_of(owner, named) if isinstance(named, str) else named
    found = None if sequence is None else service.readers.entry(owner, sequence)
    if found is None:
        raise refused(Code.NOT_FOUND, Phase.VALIDATE, "no such receipt, or not yours")
    line = parse_refund(document, found.entry, key)
    by = Signature(issuer=caller.issuer, signing_key=service.opened.signing_key)
    now = Instant(time.time_ns() // 1_000)
    request = refund_request(line, by, now, is_timed="event_time" in document)
    return Ask(operation=Operation.REFUND, request=request, evidence=caller.evidence)


async def _batch(service: Service, caller: Caller, documents: list[CanonicalValue]) -> Response:
    """Perform the good events of a batch in one transaction; a bad one has its own refusal."""
    replies: dict[int, Reply] = {}
    asks: list[Ask] = []
    places: list[int] = []
    for place, document in enumerate(documents):
        try:
            asks.append(_event(service, caller, document, None))
            places.append(place)
        except ProblemError as error:
            replies[place] = problem_reply(error.problem)
    answers = await service.perform(tuple(asks)) if asks else []
    for place, answer in zip(places, answers, strict=True):
        replies[place] = reply_of(answer)
        _count(service, replies[place], answer)
    body = batch_body([replies[place] for place in range(len(documents))])
    return Response(body, 200, media_type=JSON_TYPE)


def _response(service: Service, reply: Reply, answer: Answer) -> Response:
    _count(service, reply, answer)
    headers = {REPLAYED_HEADER: "true"} if reply.replayed else {}
    if reply.problem is None:
        return Response(reply.body, reply.status, media_type=JSON_TYPE, headers=headers)
    service.metrics.problems.labels(reply.problem.code.value).inc()
    if reply.status in {409, 429, 503}:
        headers["Retry-After"] = "1"
    return Response(reply.body, reply.status, media_type=PROBLEM_TYPE, headers=headers)


def _count(service: Service, reply: Reply, answer: Answer) -> None:
    metrics = service.metrics
    metrics.events.labels(answer.status.name if not answer.error else "UNKNOWN").inc()
    if reply.replayed:
        metrics.duplicates.inc()
    if reply.problem is not None and reply.problem.code == Code.KEY_REUSED:
        metrics.conflicts.inc()
