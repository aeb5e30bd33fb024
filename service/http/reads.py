"""The routes that read what belongs to a customer: balance, usage, receipts, ledger, invoices.

Every answer names the sequence number up to which it speaks, so that a reader of a stale page knows.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billproof.model.charging import is_held
from billproof.model.identifiers import Amount, CustomerId, Period
from billproof.model.identifiers import Sequence as ChainSequence
from billproof.model.money import render_amount, render_minor
from billproof.model.periods import PeriodFormatError, parse_period, render_period
from billproof.model.receipts import ACCOUNT_NAMES, KIND_NAMES
from billproof.model.state import Account
from billproof.model.tenancy import tenant_state
from billproof.service.codecs import QuotaRowCodec
from billproof.service.errors import UnknownCustomerError
from billproof.service.http.core import Service
from billproof.service.http.problems import Code, Phase, ProblemError, refused
from billproof.service.http.wire import JSON_TYPE, receipt_document
from billproof.service.invoices import invoice

PAGE_MAX = 1_000
"""The most entries of one page of a ledger."""

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What a reply is made of; amounts are decimal strings."""


def json_response(document: Json) -> Response:
    """Return a reply."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return Response(body, 200, media_type=JSON_TYPE, headers={"Cache-Control": "no-store"})


def read_routes(service: Service) -> list[Route]:
    """Return the routes that read."""

    def owned(request: Request) -> CustomerId:
        principal = service.gate.identify(request)
        service.gate.admit(principal)
        owner = CustomerId(request.path_params["customer"])
        service.gate.check_owner(principal, owner)
        return owner

    def get_receipt(request: Request) -> Response:
        """Return one receipt; an operator names the customer."""
        principal = service.gate.identify(request)
        service.gate.admit(principal)
        owner = CustomerId(request.query_params.get("customer", principal.customer))
        service.gate.check_owner(principal, owner)
        sequence = service.readers.sequence_of(owner, request.path_params["receipt_id"])
        found = None if sequence is None else service.readers.entry(owner, sequence)
        if found is None:
            raise not_found(owner)
        return json_response(receipt_document(found.entry, found.jws))

    def get_usage(request: Request) -> Response:
        """Return balance, terms and the usage of each entitlement and month."""
        owner = owned(request)
        period = request.query_params.get("period")
        wanted = None if period is None else month_of(period)
        account = service.readers.account(owner)
        if account is None:
            raise not_found(owner)
        return json_response(_usage(service, owner, account, wanted))

    def get_ledger(request: Request) -> Response:
        """Return a page of the chain, in order; ``next`` is what to ask after, None at the end."""
        owner = owned(request)
        return json_response(_page(service, owner, request.query_params))

    def get_invoice(request: Request) -> Response:
        """Return the invoice of a month, from ledger entries only."""
        owner = owned(request)
        return json_response(invoice_document(service, owner, month_of(request.path_params["period"])))

    return [
        Route("/v1/receipts/{receipt_id}", get_receipt),
        Route("/v1/customers/{customer:path}/usage", get_usage),
        Route("/v1/customers/{customer:path}/ledger", get_ledger),
        Route("/v1/invoices/{customer:path}/{period}", get_invoice),
    ]


def not_found(_owner: CustomerId) -> ProblemError:
    """Return the refusal for what is unknown or somebody else's; it says neither which nor whose."""
    return refused(Code.NOT_FOUND, Phase.VALIDATE, "unknown, or not yours")


def _page(service: Service, owner: CustomerId, asked: Mapping[str, str]) -> Json:
    begin = _number("after", asked.get("after", "0"), 0, 10**15 - 1)
    count = _number("limit", asked.get("limit", "100"), 1, PAGE_MAX)
    entries = service.readers.entries(owner, ChainSequence(begin), count)
    last = entries[-1].entry.sequence if entries else begin
    head = service.readers.head(owner)
    return {
        "customer": owner,
        "head": head,
        "entries": [receipt_document(item.entry, item.jws) for item in entries],
        "next": last if last < head else None,
    }


def month_of(text: str) -> Period:
    """Return the month that a path or query names.

    Raises:
        ProblemError: 400, it is none.
    """
    try:
        return parse_period(text)
    except PeriodFormatError as error:
        raise refused(Code.MALFORMED, Phase.VALIDATE, f"period: {error}") from error


def _number(name: str, text: str, low: int, high: int) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= 16 and low <= int(text) <= high:
        return int(text)
    raise refused(Code.MALFORMED, Phase.VALIDATE, f"{name} is a number from {low} to {high}")


def _usage(service: Service, owner: CustomerId, account: Account, wanted: Period | None) -> Json:
    codec, terms = QuotaRowCodec(), account.terms
    rows = (
        service.readers.connection()
        .execute(
            "SELECT entitlement, period, used, held, held_at_limit FROM quota_rows WHERE customer = ?"
            " ORDER BY period DESC, entitlement",
            (owner,),
        )
        .fetchall()
    )
    listed: list[Json] = []
    for entitlement, period, *cells in rows:
        if wanted is not None and period != render_period(wanted):
            continue
        row = codec.value(tuple(cells))
        listed.append(
            {
                "entitlement": entitlement,
                "period": period,
                "used": render_amount(row.used),
                "quota": render_amount(terms.quota),
                "limit": render_amount(terms.limit),
                "remaining": render_amount(Amount(max(0, terms.limit - row.used))),
                "is_held": is_held(row, terms),
                "status": tenant_state(account, row).name.lower(),
            }
        )
    return {
        "customer": owner,
        "currency": account.currency,
        "balance": render_amount(account.balance),
        "account": ACCOUNT_NAMES[terms.kind],
        "credit_limit": render_amount(terms.credit_limit),
        "quota": render_amount(terms.quota),
        "limit": render_amount(terms.limit),
        "head": service.readers.head(owner),
        "rows": listed,
    }


def invoice_document(service: Service, owner: CustomerId, period: Period) -> Json:
    """Return the invoice of a month, as it was cut or as it would be now.

    Raises:
        ProblemError: 404, no such customer.
    """
    try:
        made = invoice(service.readers.connection(), service.readers.path, owner, period)
    except UnknownCustomerError as error:
        raise not_found(owner) from error
    return {
        "customer": made.customer,
        "period": render_period(made.period),
        "currency": made.currency,
        "number": made.number,
        "closed": made.is_closed,
        "last_seq": made.last,
        "lines": [
            {
                "period": render_period(line.period),
                "entitlement": line.entitlement,
                "kind": KIND_NAMES[line.kind],
                "entries": line.entries,
                "exact": render_amount(line.exact),
                "amount": render_minor(line.rounded, made.currency),
                "residue": render_amount(line.residue),
            }
            for line in made.lines
        ],
        "total": render_minor(made.total, made.currency),
        "residue": render_amount(made.residue),
    }
