"""The routes of disputes: a claim about a receipt, decided from evidence, as often as somebody looks.

A dispute is named by its receipt and its claim, and decided from the ledger by the same function that decides
it at the command line; so nothing is stored, opening one twice is opening it once, and whoever has the ledger
comes to the same verdict.

Source: ``system.md`` sections 8 and 9; T7.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billproof.model.disputes import Claim
from billproof.model.identifiers import CustomerId
from billproof.service.dispute_report import dispute_document
from billproof.service.errors import InputFileError
from billproof.service.evidence import DisputeFiles, open_dispute
from billproof.service.http.core import Service, media_type, read_body
from billproof.service.http.problems import Code, Phase, refused
from billproof.service.http.reads import Json, json_response, not_found
from billproof.service.http.wire import JSON_TYPE, parse_document

MEMBERS: Final = ("claim", "customer", "receipt_id")
"""The members that a dispute may have."""


def dispute_routes(service: Service) -> list[Route]:
    """Return the routes of disputes."""

    def decided(customer: str, receipt: str, claim: Claim) -> dict[str, Json]:
        owner = CustomerId(customer)
        if service.readers.sequence_of(owner, receipt) is None:
            raise not_found(owner)
        try:
            made = open_dispute(service.readers.path, receipt, claim, DisputeFiles())
        except InputFileError as error:
            raise not_found(owner) from error
        return {"dispute_id": f"{receipt}.{claim.value}", **dispute_document(made)}

    async def post_disputes(request: Request) -> Response:
        """Open a dispute about a receipt, and decide it from the evidence that the ledger has."""
        principal = service.gate.identify(request)
        media_type(request, JSON_TYPE)
        body = await read_body(request)
        service.gate.admit(principal)
        service.gate.sign_in(request, principal, body)
        document = parse_document(body)
        if not isinstance(document, dict) or set(document) - set(MEMBERS):
            raise refused(Code.MALFORMED, Phase.VALIDATE, f"a dispute has the members {', '.join(MEMBERS)}")
        customer, receipt = document.get("customer", principal.customer), document.get("receipt_id")
        if not isinstance(customer, str) or not isinstance(receipt, str):
            raise refused(Code.MALFORMED, Phase.VALIDATE, "receipt_id is missing, or is no string")
        claim = _claim(document.get("claim"))
        service.gate.check_owner(principal, CustomerId(customer))
        reply = json_response(await run_in_threadpool(decided, customer, receipt, claim))
        reply.status_code = 201
        return reply

    def get_dispute(request: Request) -> Response:
        """Return a dispute with its evidence and verdict; an operator names the customer."""
        principal = service.gate.identify(request)
        service.gate.admit(principal)
        owner = CustomerId(request.query_params.get("customer", principal.customer))
        service.gate.check_owner(principal, owner)
        receipt, _, claim = request.path_params["dispute_id"].partition(".")
        if claim not in {known.value for known in Claim}:
            raise not_found(owner)
        return json_response(decided(owner, receipt, Claim(claim)))

    return [
        Route("/v1/disputes", post_disputes, methods=["POST"]),
        Route("/v1/disputes/{dispute_id}", get_dispute),
    ]


def _claim(given: object) -> Claim:
    for claim in Claim:
        if claim.value == given:
            return claim
    raise refused(
        Code.MALFORMED, Phase.VALIDATE, f"claim is one of {', '.join(claim.value for claim in Claim)}"
    )
