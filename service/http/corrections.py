"""The routes that return money, stop an account, and close a month: for the issuer and the operator alone.

A void, a chargeback and a refund name a debit and are bounded by what it captured, in the commit. A hold
without a receipt stops every charge of an account until it is released. Closing a month cuts its invoice,
after those of earlier months that are due; what was closed already stays as it is.

Source: ``system.md`` sections 4, 6, 8 and 9.
"""

import time
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billproof.model import access
from billproof.model.access import ActorId
from billproof.model.audit_log import AuditAction, AuditRecord
from billproof.model.canonical import CanonicalValue, request_fingerprint
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CustomerId,
    EntitlementId,
    IdempotencyKey,
    Instant,
    Period,
    PricePlanHash,
    Sequence,
    UsageText,
)
from billproof.model.invoicing import due_periods
from billproof.model.outcomes import Status
from billproof.model.periods import period_of, render_period
from billproof.model.state import NO_TERMS
from billproof.model.state import Request as CoreRequest
from billproof.service.http.core import Service, media_type, read_body
from billproof.service.http.gate import Caller
from billproof.service.http.problems import Code, Phase, refused
from billproof.service.http.reads import invoice_document, json_response, month_of, not_found
from billproof.service.http.wire import (
    JSON_TYPE,
    check_key,
    named_debit,
    parse_document,
    parse_refund,
    refund_request,
    reply_of,
)
from billproof.service.http.writes import KEY_HEADER, RULED_RETURNS, respond
from billproof.service.operations import Administration
from billproof.service.reading import read_receipts
from billproof.service.usage import SCHEMA_VERSION, Operation, Signature, period_request
from billproof.service.writer import Ask

HOLD_MEMBERS: Final = ("customer", "refers_to", "reason")
"""The members that a hold or a release may have."""

_REASON_MAX: Final = 1_000


def correction_routes(service: Service) -> list[Route]:
    """Return the routes of corrections."""

    async def returned(request: Request, operation: Operation) -> Response:
        caller, body = await admitted(service, request)
        key = check_key(request.headers.get(KEY_HEADER))
        ask = await run_in_threadpool(_return, service, caller, parse_document(body), key, operation)
        (answer,) = await service.perform((ask,))
        return respond(service, reply_of(answer), answer)

    async def post_refunds(request: Request) -> Response:
        """Return part of a debit, never more than it captured and has not yet returned."""
        return await returned(request, Operation.REFUND)

    async def post_voids(request: Request) -> Response:
        """Return the whole of a debit of which nothing was returned before."""
        return await returned(request, Operation.VOID)

    async def post_chargebacks(request: Request) -> Response:
        """Return part of a debit as the payer's bank demands, also while a dispute is in progress."""
        return await returned(request, Operation.CHARGEBACK)

    async def stopped(request: Request, operation: Administration) -> Response:
        caller, body = await admitted(service, request)
        key = check_key(request.headers.get(KEY_HEADER))
        ask = await run_in_threadpool(_stop, service, caller, parse_document(body), key, operation)
        (answer,) = await service.perform((ask,))
        return respond(service, reply_of(answer), answer)

    async def post_holds(request: Request) -> Response:
        """Stop every charge of an account."""
        return await stopped(request, Administration.HOLD)

    async def post_releases(request: Request) -> Response:
        """End a hold on an account."""
        return await stopped(request, Administration.RELEASE)

    async def post_invoice(request: Request) -> Response:
        """Close a month, after those before it, and return its invoice."""
        caller, _ = await admitted(service, request)
        owner = CustomerId(request.path_params["customer"])
        period = month_of(request.path_params["period"])
        service.gate.check_access(caller.principal, access.Operation.CLOSE_PERIOD, owner)
        asks = await run_in_threadpool(_closes, service, caller, owner, period)
        for answer in await service.perform(asks) if asks else []:
            if answer.status != Status.ACCEPTED:
                return respond(service, reply_of(answer), answer)
        return json_response(await run_in_threadpool(invoice_document, service, owner, period))

    return [
        Route("/v1/refunds", post_refunds, methods=["POST"]),
        Route("/v1/voids", post_voids, methods=["POST"]),
        Route("/v1/chargebacks", post_chargebacks, methods=["POST"]),
        Route("/v1/holds", post_holds, methods=["POST"]),
        Route("/v1/releases", post_releases, methods=["POST"]),
        Route("/v1/invoices/{customer:path}/{period}", post_invoice, methods=["POST"]),
    ]


async def admitted(service: Service, request: Request) -> tuple[Caller, bytes]:
    """Return who asks for a write, after credential, body, rate and signature, and the body.

    Raises:
        ProblemError: 400, 401, 413, 415 or 429.
    """
    principal = service.gate.identify(request)
    media_type(request, JSON_TYPE)
    body = await read_body(request)
    service.gate.admit(principal)
    return service.gate.sign_in(request, principal, body), body


def named_customer(document: CanonicalValue, caller: Caller) -> CustomerId:
    """Return whose the thing asked for is: the customer that the document names, or the caller's.

    Raises:
        ProblemError: 400, it names none.
    """
    customer = document.get("customer", caller.customer) if isinstance(document, dict) else None
    if not isinstance(customer, str):
        raise refused(Code.MALFORMED, Phase.VALIDATE, "customer is missing, or is no string")
    return CustomerId(customer)


def clock() -> Instant:
    """Return this instant."""
    return Instant(time.time_ns() // 1_000)


def _return(
    service: Service, caller: Caller, document: CanonicalValue, key: IdempotencyKey, operation: Operation
) -> Ask:
    named = named_debit(document)
    owner = named_customer(document, caller)
    service.gate.check_access(caller.principal, RULED_RETURNS[operation], owner, key)
    sequence = service.readers.sequence_of(owner, named) if isinstance(named, str) else named
    found = None if sequence is None else service.readers.entry(owner, sequence)
    if found is None:
        service.gate.check_unused(owner, key)
        raise refused(Code.NOT_FOUND, Phase.VALIDATE, "no such receipt, or not yours")
    line = parse_refund(document, found.entry, key, operation)
    by = Signature(issuer=caller.issuer, signing_key=service.opened.signing_key)
    assert isinstance(document, dict), "checked by named_debit"
    request = refund_request(line, by, clock(), is_timed="event_time" in document)
    return Ask(operation=operation, request=request, evidence=caller.evidence)


def _stop(
    service: Service, caller: Caller, document: CanonicalValue, key: IdempotencyKey, operation: Administration
) -> Ask:
    if not isinstance(document, dict) or set(document) - set(HOLD_MEMBERS):
        raise refused(
            Code.MALFORMED, Phase.VALIDATE, f"a hold or release has the members {', '.join(HOLD_MEMBERS)}"
        )
    owner, is_hold = named_customer(document, caller), operation == Administration.HOLD
    ruled = access.Operation.PLACE_HOLD if is_hold else access.Operation.RELEASE_HOLD
    service.gate.check_access(caller.principal, ruled, owner, key)
    reason, named = document.get("reason", ""), document.get("refers_to", 0 if is_hold else None)
    if not isinstance(reason, str) or len(reason) > _REASON_MAX:
        raise refused(Code.MALFORMED, Phase.VALIDATE, f"reason is a text of at most {_REASON_MAX} characters")
    if not isinstance(named, int) or isinstance(named, bool) or (named == 0) != is_hold:
        raise refused(
            Code.MALFORMED, Phase.VALIDATE, "a release names its hold by refers_to; a hold has none"
        )
    account = service.readers.account(owner)
    if account is None:
        raise not_found(owner)
    now = clock()
    body: dict[str, CanonicalValue] = {"reason": reason, "refers_to": named}
    action = AuditAction.HOLD_PLACE if is_hold else AuditAction.HOLD_RELEASE
    states = ("free", "held") if is_hold else ("held", "free")
    return Ask(
        operation=operation,
        request=CoreRequest(
            customer=owner,
            key=key,
            fingerprint=request_fingerprint(operation.value, owner, body, SCHEMA_VERSION),
            amount=Amount(0),
            currency=account.currency,
            entitlement=EntitlementId(""),
            usage=UsageText(reason),
            price_plan=PricePlanHash(""),
            event_time=now,
            period=period_of(now),
            refers_to=Sequence(named) if named else NO_SEQUENCE,
            terms=NO_TERMS,
            issuer=caller.issuer,
            signing_key=service.opened.signing_key,
        ),
        record=AuditRecord(
            actor=ActorId(caller.issuer), action=action, resource=owner, before=states[0], after=states[1],
            result="done", at=now,
        ),
    )  # fmt: skip


def _closes(service: Service, caller: Caller, owner: CustomerId, period: Period) -> tuple[Ask, ...]:
    """Return the closes of every month up to this one that is not closed yet, in order."""
    connection, path = service.readers.connection(), service.readers.path
    entries = tuple(receipt.entry for receipt in read_receipts(connection, path, owner))
    if not entries:
        raise not_found(owner)
    now = clock()
    by = Signature(issuer=caller.issuer, signing_key=service.opened.signing_key)
    return tuple(
        Ask(
            operation=Administration.CLOSE_PERIOD,
            request=period_request("period_close", owner, entries[0].currency, period=month, at=now, by=by),
            record=close_record(owner, month, ActorId(caller.issuer), now),
        )
        for month in due_periods(entries, period)
    )


def close_record(owner: CustomerId, month: Period, actor: ActorId, at: Instant) -> AuditRecord:
    """Return what the audit log says of the close of a month."""
    return AuditRecord(
        actor=actor, action=AuditAction.PERIOD_CLOSE, resource=f"{owner} {render_period(month)}",
        before="open", after="closed", result="done", at=at,
    )  # fmt: skip
