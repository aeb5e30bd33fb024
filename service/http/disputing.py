"""The routes of disputes: a claim about a receipt, what it holds meanwhile, and how it ends.

A dispute is named by its receipt and its claim, and decided from the ledger by the same function that decides
it at the command line, so whoever has the ledger comes to the same verdict, and opening one twice is opening
it once. What the ledger keeps of it are entries of the core: the hold of its opening, and the release and
refund of its end (``service.disputing``).

Choices: a charge that stands ends its dispute at once. One that does not stand keeps its hold until an
operator ends the dispute, since returning money needs issuer authority: the verdict says what is returned.
Where the evidence does not decide, the operator says how it ends, and only there.

Source: ``system.md`` sections 8 and 9; T7.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billproof.model import access
from billproof.model.canonical import CanonicalValue
from billproof.model.disputes import Claim, Resolution
from billproof.model.identifiers import CustomerId
from billproof.model.outcomes import Status
from billproof.service.dispute_report import dispute_document, refundable_of
from billproof.service.disputing import (
    DISPUTE_ISSUER,
    RETURNING,
    Case,
    Step,
    Steps,
    resolution_record,
    step_request,
    steps_document,
    steps_of,
)
from billproof.service.errors import InputFileError
from billproof.service.evidence import Dispute, DisputeFiles, open_dispute
from billproof.service.http.core import Service
from billproof.service.http.corrections import admitted, clock, named_customer
from billproof.service.http.gate import Caller
from billproof.service.http.problems import Code, Phase, refused
from billproof.service.http.publishing import Publisher
from billproof.service.http.reads import Json, json_response, not_found
from billproof.service.http.wire import parse_document, reply_of
from billproof.service.http.writes import respond
from billproof.service.operations import Administration
from billproof.service.usage import Signature
from billproof.service.writer import Answer, Ask

MEMBERS: Final = ("claim", "customer", "receipt_id")
"""The members that a dispute may have."""

END_MEMBERS: Final = ("customer", "resolution")
"""The members that the end of a dispute may have."""

_NOTHING_TO_HOLD: Final = frozenset({Status.BAD_AMOUNT, Status.UNKNOWN_RECEIPT, Status.NOT_POSSIBLE})
"""What the core says where a receipt is no charge, or nothing of it is left to hold."""


def dispute_routes(service: Service, publisher: Publisher) -> list[Route]:
    """Return the routes of disputes."""

    async def told(case: Case, status: int, dispute: Dispute | None = None) -> Response:
        made = dispute
        if made is None:
            made = await run_in_threadpool(_decided, service, publisher, case)
        steps = await run_in_threadpool(_steps, service, case)
        reply = json_response(_document(case, made, steps))
        reply.status_code = status
        return reply

    async def post_disputes(request: Request) -> Response:
        """Open a dispute: hold what could be returned, and decide from the evidence that the ledger has."""
        caller, body = await admitted(service, request)
        case = _case(parse_document(body), caller)
        service.gate.check_access(caller.principal, access.Operation.OPEN_DISPUTE, case.customer)
        opening = await run_in_threadpool(_opening, service, caller, case)
        (answer,) = await service.perform((opening,))
        if answer.entry is None and answer.status not in _NOTHING_TO_HOLD:
            return respond(service, reply_of(answer), answer)
        dispute = await run_in_threadpool(_decided, service, publisher, case)
        if answer.entry is not None and dispute.decision.resolution == Resolution.UPHELD:
            ending = await run_in_threadpool(
                _ending, service, Caller(principal=caller.principal), case, dispute, Resolution.UPHELD
            )
            await service.perform(ending)
        return await told(case, 201, dispute)

    async def get_dispute(request: Request) -> Response:
        """Return a dispute with its evidence and verdict; an operator names the customer."""
        principal = service.gate.identify(request)
        service.gate.admit(principal)
        owner = CustomerId(request.query_params.get("customer", principal.customer))
        service.gate.check_access(principal, access.Operation.READ_DISPUTE, owner)
        return await told(_named(request, owner), 200)

    async def post_end(request: Request) -> Response:
        """End a dispute: release what it holds and, where the charge does not stand, return it."""
        caller, body = await admitted(service, request)
        document = _end(body)
        owner = named_customer(document, caller)
        service.gate.check_access(caller.principal, access.Operation.END_DISPUTE, owner)
        case = _named(request, owner)
        dispute = await run_in_threadpool(_decided, service, publisher, case)
        steps = await run_in_threadpool(_steps, service, case)
        if steps.status != "ended":
            resolution = _resolution(document.get("resolution"), dispute.decision.resolution)
            ending = await run_in_threadpool(_ending, service, caller, case, dispute, resolution)
            answers = await service.perform(ending)
            problem = _first_refusal(answers)
            if problem is not None:
                return respond(service, reply_of(problem), problem)
        return await told(case, 200, dispute)

    return [
        Route("/v1/disputes", post_disputes, methods=["POST"]),
        Route("/v1/disputes/{dispute_id}", get_dispute),
        Route("/v1/disputes/{dispute_id}/end", post_end, methods=["POST"]),
    ]


def _end(body: bytes) -> dict[str, CanonicalValue]:
    document = parse_document(body)
    if not isinstance(document, dict) or set(document) - set(END_MEMBERS):
        raise refused(Code.MALFORMED, Phase.VALIDATE, f"an end has the members {', '.join(END_MEMBERS)}")
    return document


def _case(document: CanonicalValue, caller: Caller) -> Case:
    if not isinstance(document, dict) or set(document) - set(MEMBERS):
        raise refused(Code.MALFORMED, Phase.VALIDATE, f"a dispute has the members {', '.join(MEMBERS)}")
    customer, receipt = named_customer(document, caller), document.get("receipt_id")
    if not isinstance(receipt, str):
        raise refused(Code.MALFORMED, Phase.VALIDATE, "receipt_id is missing, or is no string")
    return Case(customer=customer, receipt=receipt, claim=_claim(document.get("claim")))


def _named(request: Request, owner: CustomerId) -> Case:
    receipt, _, claim = request.path_params["dispute_id"].partition(".")
    if claim not in {known.value for known in Claim}:
        raise not_found(owner)
    return Case(customer=owner, receipt=receipt, claim=Claim(claim))


def _opening(service: Service, caller: Caller, case: Case) -> Ask:
    sequence = service.readers.sequence_of(case.customer, case.receipt)
    found = None if sequence is None else service.readers.entry(case.customer, sequence)
    if found is None:
        raise not_found(case.customer)
    by = Signature(issuer=caller.issuer, signing_key=service.opened.signing_key)
    request = step_request(
        case, Step.OPEN, found.entry, amount=found.entry.amount, at=clock(), by=by, word=case.claim.value
    )
    return Ask(operation=Administration.HOLD_REFUNDABLE, request=request, evidence=caller.evidence)


def _ending(
    service: Service, caller: Caller, case: Case, dispute: Dispute, resolution: Resolution
) -> tuple[Ask, ...]:
    """Return the release and, where the charge does not stand, the refund: one transaction."""
    steps, now = _steps(service, case), clock()
    debit = dispute.evidence.disputed.entry
    issuer = DISPUTE_ISSUER if resolution == Resolution.UPHELD else caller.issuer
    by = Signature(issuer=issuer, signing_key=service.opened.signing_key)
    record = resolution_record(case, resolution.value, issuer, now)
    asks: list[Ask] = []
    if steps.opened is not None:
        freed = step_request(
            case, Step.END, debit, amount=steps.opened.amount, at=now, by=by, word=resolution.value
        )
        asks.append(Ask(operation=Administration.RELEASE, request=freed, record=record))
    if resolution in RETURNING:
        amount = refundable_of(dispute) if dispute.decision.resolution in RETURNING else debit.amount
        back = step_request(case, Step.REFUND, debit, amount=amount, at=now, by=by, word=resolution.value)
        told = record if steps.opened is None else None
        asks.append(Ask(operation=Administration.REFUND_UP_TO, request=back, record=told))
    return tuple(asks)


def _first_refusal(answers: list[Answer]) -> Answer | None:
    """Return the first refusal that matters; nothing left to return is none."""
    return next((item for item in answers if item.entry is None and item.status != Status.BAD_AMOUNT), None)


def _resolution(given: object, decided: Resolution) -> Resolution:
    if decided != Resolution.INCONCLUSIVE:
        if given is not None and given != decided.value:
            raise refused(
                Code.BAD_RESOLUTION, Phase.VALIDATE, f"the evidence decides: {decided.value}; leave it out"
            )
        return decided
    for resolution in (Resolution.UPHELD, Resolution.REVERSED):
        if given == resolution.value:
            return resolution
    raise refused(
        Code.BAD_RESOLUTION, Phase.VALIDATE, "the evidence does not decide; give UPHELD or REVERSED"
    )


def _decided(service: Service, publisher: Publisher, case: Case) -> Dispute:
    sequence = service.readers.sequence_of(case.customer, case.receipt)
    if sequence is None:
        raise not_found(case.customer)
    published = publisher.covering(case.customer, sequence)
    files = DisputeFiles(published=published, plans=service.plans)
    try:
        return open_dispute(service.readers.path, case.receipt, case.claim, files)
    except InputFileError as error:
        raise not_found(case.customer) from error


def _steps(service: Service, case: Case) -> Steps:
    return steps_of(service.readers.connection(), service.readers.path, case)


def _document(case: Case, dispute: Dispute, steps: Steps) -> dict[str, Json]:
    return {"dispute_id": case.name, "progress": steps_document(steps), **dispute_document(dispute)}


def _claim(given: object) -> Claim:
    for claim in Claim:
        if claim.value == given:
            return claim
    raise refused(
        Code.MALFORMED, Phase.VALIDATE, f"claim is one of {', '.join(claim.value for claim in Claim)}"
    )
