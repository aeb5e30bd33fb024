"""The routes of customers' keys: registered and revoked by entries of the ledger.

A customer registers its next key by a request that an earlier key signs. Its first key, or one after a loss,
an operator registers, with what supports it from outside: nobody can vouch for itself with a token alone.

Source: rule R7.3; ``model.customer_keys``.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billproof.model import access
from billproof.model.identifiers import NO_SEQUENCE, CustomerId, CustomerKeyId, IdempotencyKey
from billproof.service.access import CustomerKey, read_public_key
from billproof.service.customer_keys import EVIDENCE_MAX, evidence_issuer, key_request, known_key
from billproof.service.errors import InputFileError
from billproof.service.http.core import Service
from billproof.service.http.corrections import admitted, clock
from billproof.service.http.gate import Caller
from billproof.service.http.problems import Code, Phase, refused
from billproof.service.http.reads import not_found
from billproof.service.http.wire import check_key, parse_document, reply_of
from billproof.service.http.writes import KEY_HEADER, respond
from billproof.service.operations import Administration
from billproof.service.usage import Signature
from billproof.service.writer import Ask

KEY_MEMBERS: Final = ("evidence", "public")
"""The members that a registration may have."""


def key_routes(service: Service) -> list[Route]:
    """Return the routes of customers' keys."""

    async def performed(ask: Ask) -> Response:
        (answer,) = await service.perform((ask,))
        return respond(service, reply_of(answer), answer)

    async def post_keys(request: Request) -> Response:
        """Register a key with which a customer signs."""
        caller, body = await admitted(service, request)
        owner = CustomerId(request.path_params["customer"])
        key = check_key(request.headers.get(KEY_HEADER))
        service.gate.check_access(caller.principal, access.Operation.REGISTER_KEY, owner, key)
        public, evidence = _registration(body)
        if caller.customer is not None and (caller.evidence is None or evidence):
            service.gate.check_unused(owner, key)
            raise refused(
                Code.ISSUER_ONLY, Phase.VALIDATE,
                "a customer's next key is signed for with an earlier one; an operator registers the first,"
                " with evidence from outside",
            )  # fmt: skip
        ask = await run_in_threadpool(
            _ask, service, caller, owner, key=key, key_id=public.key_id, public=public, evidence=evidence
        )
        return await performed(ask)

    async def post_revocation(request: Request) -> Response:
        """Revoke a key: what it signs from now on is not the customer's."""
        caller, _ = await admitted(service, request)
        owner = CustomerId(request.path_params["customer"])
        key = check_key(request.headers.get(KEY_HEADER))
        service.gate.check_access(caller.principal, access.Operation.REGISTER_KEY, owner, key)
        key_id = CustomerKeyId(request.path_params["key_id"])
        ask = await run_in_threadpool(_ask, service, caller, owner, key=key, key_id=key_id)
        return await performed(ask)

    return [
        Route("/v1/customers/{customer:path}/keys", post_keys, methods=["POST"]),
        Route("/v1/customers/{customer:path}/keys/{key_id}/revocation", post_revocation, methods=["POST"]),
    ]


def _registration(body: bytes) -> tuple[CustomerKey, str]:
    document = parse_document(body)
    if not isinstance(document, dict) or set(document) - set(KEY_MEMBERS):
        raise refused(
            Code.MALFORMED, Phase.VALIDATE, f"a registration has the members {', '.join(KEY_MEMBERS)}"
        )
    public, evidence = document.get("public"), document.get("evidence", "")
    if not isinstance(public, str) or not isinstance(evidence, str) or len(evidence) > EVIDENCE_MAX:
        raise refused(
            Code.MALFORMED, Phase.VALIDATE,
            f"public is a key as PEM, evidence a text of at most {EVIDENCE_MAX} characters",
        )  # fmt: skip
    try:
        return read_public_key(public.encode("utf-8", "replace")), evidence
    except InputFileError as error:
        raise refused(Code.BAD_KEY, Phase.VALIDATE, str(error)) from error


def _ask(
    service: Service,
    caller: Caller,
    owner: CustomerId,
    *,
    key: IdempotencyKey,
    key_id: CustomerKeyId,
    public: CustomerKey | None = None,
    evidence: str = "",
) -> Ask:
    account = service.readers.account(owner)
    if account is None:
        raise not_found(owner)
    revokes = NO_SEQUENCE
    if public is None:
        known = known_key(service.readers.connection(), owner, key_id)
        if known is None:
            service.gate.check_unused(owner, key)
            raise not_found(owner)
        revokes = known.registered
    issuer = evidence_issuer(evidence) if evidence else caller.issuer
    by = Signature(issuer=issuer, signing_key=service.opened.signing_key)
    request = key_request((owner, account.currency), key_id, key, at=clock(), by=by, revokes=revokes)
    return Ask(
        operation=Administration.REGISTER_KEY,
        request=request,
        evidence=caller.evidence,
        public=b"" if public is None else public.pem,
    )
