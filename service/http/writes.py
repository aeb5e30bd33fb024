"""The routes of events, single and in batches."""

from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billproof.model import access
from billproof.model.canonical import CanonicalValue
from billproof.model.identifiers import IdempotencyKey
from billproof.service.http.core import Service, media_type, read_body
from billproof.service.http.gate import Caller
from billproof.service.http.problems import PROBLEM_TYPE, Code, ProblemError
from billproof.service.http.wire import (
    JSON_TYPE,
    LINES_TYPE,
    REPLAYED_HEADER,
    Reply,
    batch_body,
    check_key,
    parse_batch,
    parse_document,
    parse_event,
    problem_reply,
    reply_of,
)
from billproof.service.usage import Operation, Signature, line_request
from billproof.service.writer import Answer, Ask

KEY_HEADER: Final = "idempotency-key"
"""The header that names an operation."""

RULED_RETURNS: Final = MappingProxyType(
    {
        Operation.REFUND: access.Operation.REFUND,
        Operation.VOID: access.Operation.VOID,
        Operation.CHARGEBACK: access.Operation.CHARGEBACK,
    }
)
"""What the operations that name a debit are in the table of access."""


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
        given = request.headers.get(KEY_HEADER)
        key = None if given is None else check_key(given)
        ask = _event(service, caller, parse_document(body), key)
        (answer,) = await service.perform((ask,))
        return respond(service, reply_of(answer), answer)

    return [
        Route("/v1/events", post_events, methods=["POST"]),
    ]


def _event(service: Service, caller: Caller, document: CanonicalValue, key: IdempotencyKey | None) -> Ask:
    line = parse_event(document, caller.customer, key)
    by = Signature(issuer=caller.issuer, signing_key=service.opened.signing_key)
    request = line_request(line, line.key, by)
    service.gate.check_operation(caller.principal, line.operation, request)
    return Ask(operation=line.operation, request=request, evidence=caller.evidence)


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


def respond(service: Service, reply: Reply, answer: Answer) -> Response:
    """Return the response to an operation, counted."""
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
