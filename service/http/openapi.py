"""The interface as OpenAPI 3.1: written here, shipped as ``openapi.json``, served at ``/openapi.json``.

Choices: it is not derived from the routes, because what the routes take is decided by the strict readers of
events and not by a framework's types; tests hold the two against each other, path by path and reply by reply.
The event is that of ``model/schemas/event.json``, except that the customer may be left to the token.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

from billproof import __version__
from billproof.model.currencies import EXPONENTS
from billproof.model.disputes import Claim, Resolution
from billproof.service.events import KEY_MAX
from billproof.service.http.limits import BATCH_MAX
from billproof.service.http.problems import HTTP_STATUS, PROBLEM_TYPE, Code, Phase
from billproof.service.http.wire import JSON_TYPE, LINES_TYPE, REPLAYED_HEADER
from billproof.service.usage import NAME_MAX

Node: TypeAlias = "str | int | bool | list[Node] | dict[str, Node] | None"
"""A part of the document."""

FILE: Final = "openapi.json"
"""The shipped document, beside this module."""

_AMOUNT: Final[dict[str, Node]] = {
    "type": "string",
    "pattern": "^-?(0|[1-9][0-9]{0,26})(\\.[0-9]{0,11}[1-9])?$",
}
_CURRENCY: Final[dict[str, Node]] = {"type": "string", "enum": [*sorted(EXPONENTS)]}
_DAY: Final = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP: Final = "([2-8][0-9](0[48]|[2468][048]|[13579][26])|(2[048]|[3579][26]|[468][048])00)-02-29"
_INSTANT: Final = (
    f"^((197[1-9]|19[89][0-9]|[2-8][0-9]{{3}})-{_DAY}|{_LEAP})"
    "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""The instants of events that every reader takes, by its digits alone; the ends of the range are left out."""

_DIGEST: Final[dict[str, Node]] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_MONTH: Final[dict[str, Node]] = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}
_TEXT: Final[dict[str, Node]] = {"type": "string"}
_COUNT: Final[dict[str, Node]] = {"type": "integer", "minimum": 0}
_FLAG: Final[dict[str, Node]] = {"type": "boolean"}


@cache
def document_text() -> bytes:
    """Return the document as it is shipped."""
    return render(make_document())


def render(document: Node) -> bytes:
    """Return the bytes of a document."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True).encode("utf-8") + b"\n"


def make_document() -> Node:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "billproof",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "The reference service: every charge a signed receipt, every key one effect.",
        },
        "servers": [{"url": "/"}],
        "paths": {**_writing(), **_reading(), **_public()},
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Printed by billproof account create. A customer with a registered key"
                    " signs what it writes as well (RFC 9421).",
                }
            },
            "schemas": _schemas(),
        },
    }


def _writing() -> dict[str, Node]:
    schema: Node = {"oneOf": [_reference("Event"), _reference("Batch")]}
    events: dict[str, Node] = {
        "operationId": "postEvents",
        "summary": "Charge one event, or a batch in one transaction, each event with its own outcome.",
        "parameters": [_key(is_required=False)],
        "requestBody": {
            "required": True,
            "content": {
                JSON_TYPE: {"schema": schema},
                LINES_TYPE: {"schema": {"type": "string", "description": "One event per line."}},
            },
        },
        "responses": {
            "200": _reply("The outcomes of a batch, in its order.", "BatchResult"),
            "201": _receipt("Charged, or charged before under this key."),
            **_refusals(400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 431, 503),
        },
    }
    refunds: dict[str, Node] = {
        "operationId": "postRefunds",
        "summary": "Return part of a debit, never more than it captured and has not yet returned.",
        "parameters": [_key(is_required=True)],
        "requestBody": {"required": True, "content": {JSON_TYPE: {"schema": _reference("Refund")}}},
        "responses": {
            "201": _receipt("Returned, or returned before under this key."),
            **_refusals(400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 431, 503),
        },
    }
    disputes: dict[str, Node] = {
        "operationId": "postDisputes",
        "summary": "Open a dispute about a receipt, and decide it from the evidence.",
        "requestBody": {"required": True, "content": {JSON_TYPE: {"schema": _reference("DisputeRequest")}}},
        "responses": {
            "201": _reply("The verdict and its evidence.", "Dispute"),
            **_refusals(400, 401, 404, 413, 415, 429, 431, 503),
        },
    }
    return {
        "/v1/events": {"post": _secured(events)},
        "/v1/refunds": {"post": _secured(refunds)},
        "/v1/disputes": {"post": _secured(disputes)},
    }


def _reading() -> dict[str, Node]:
    refused = _refusals(400, 401, 404, 429, 431, 503)

    def read(name: str, summary: str, schema: str, *parameters: Node) -> Node:
        return {
            "get": _secured(
                {
                    "operationId": name,
                    "summary": summary,
                    "parameters": list(parameters),
                    "responses": {"200": _reply(summary, schema), **refused},
                }
            )
        }

    customer = _parameter("customer", "path", _TEXT)
    return {
        "/v1/receipts/{receipt_id}": read(
            "getReceipt", "One receipt.", "Receipt", _parameter("receipt_id", "path", _TEXT),
            _parameter("customer", "query", _TEXT),
        ),
        "/v1/disputes/{dispute_id}": read(
            "getDispute", "A dispute with its evidence and verdict.", "Dispute",
            _parameter("dispute_id", "path", _TEXT), _parameter("customer", "query", _TEXT),
        ),
        "/v1/customers/{customer}/usage": read(
            "getUsage", "Balance, terms, and usage per entitlement and month.", "Usage", customer,
            _parameter("period", "query", _MONTH),
        ),
        "/v1/customers/{customer}/ledger": read(
            "getLedger", "A page of the chain, in order.", "LedgerPage", customer,
            _parameter("after", "query", {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}),
            _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 1_000}),
        ),
        "/v1/invoices/{customer}/{period}": read(
            "getInvoice", "The invoice of a month, from ledger entries only.", "Invoice", customer,
            _parameter("period", "path", _MONTH),
        ),
    }  # fmt: skip


def _public() -> dict[str, Node]:
    def read(name: str, summary: str, content: dict[str, Node], *statuses: int) -> Node:
        return {
            "get": {
                "operationId": name,
                "summary": summary,
                "security": [],
                "responses": {
                    "200": {"description": summary, "content": content},
                    **_refusals(431, *statuses),
                },
            }
        }

    def file(kind: str) -> dict[str, Node]:
        return {kind: {"schema": _TEXT}}

    asset = read("getPageFile", "A file of the page.", file("text/javascript") | file("text/css"), 404)
    assert isinstance(asset, dict)
    get = asset["get"]
    assert isinstance(get, dict)
    get["parameters"] = [_parameter("name", "path", _TEXT)]
    checkpoint = read("getCheckpoint", "The latest signed note.", _json("Checkpoint"), 401, 503)
    assert isinstance(checkpoint, dict)
    get = checkpoint["get"]
    assert isinstance(get, dict)
    get["security"] = [{}, {"token": []}]
    return {
        "/": read("getPage", "The page for customers.", file("text/html")),
        "/page/{name}": asset,
        "/health": read("getHealth", "The process lives.", _json("Health")),
        "/ready": read("getReady", "It takes requests.", _json("Ready"), 503),
        "/metrics": read("getMetrics", "Metrics, as Prometheus text.", file("text/plain"), 503),
        "/openapi.json": read("getInterface", "This document.", {JSON_TYPE: {"schema": {"type": "object"}}}),
        "/.well-known/jwks.json": read("getKeys", "The public keys.", _json("KeySet"), 503),
        "/v1/checkpoints/latest": checkpoint,
    }


def _schemas() -> dict[str, Node]:
    return {**_asked(), **_told(), **_told_of_accounts()}


def _asked() -> dict[str, Node]:
    """Return the schemas of what is sent."""
    event: dict[str, Node] = json.loads(
        files("billproof.model.schemas").joinpath("event.json").read_text(encoding="utf-8")
    )
    definitions = event.pop("$defs")
    event.pop("$id")
    event.pop("$schema")
    required = event["required"]
    assert isinstance(required, list)
    required.remove("customer")
    assert isinstance(definitions, dict)
    moved = json.loads(json.dumps(event).replace("#/$defs/", "#/components/schemas/event_"))
    moved["properties"]["event_time"]["pattern"] = _INSTANT
    moved["properties"]["currency"] = _CURRENCY
    moved["properties"]["entitlement"] |= {"minLength": 1, "maxLength": NAME_MAX}
    moved["properties"]["customer"] |= {"maxLength": NAME_MAX}
    text: dict[str, Node] = {"type": "string", "minLength": 1}
    return {
        **{f"event_{name}": schema for name, schema in definitions.items()},
        "Event": moved,
        "Batch": {
            "type": "array",
            "minItems": 1,
            "maxItems": BATCH_MAX,
            "items": {"type": "object"},
            "description": "Events, each with its idempotency_key; a bad one is refused by itself.",
        },
        "Refund": {
            "type": "object",
            "properties": {
                "customer": text,
                "receipt_id": text,
                "refers_to": {"type": "integer", "minimum": 1, "maximum": 10**15 - 1},
                "amount": _reference("event_not_negative"),
                "currency": _CURRENCY,
                "event_time": moved["properties"]["event_time"],
                "usage": _TEXT,
            },
            "required": ["amount", "currency"],
            "oneOf": [{"required": ["receipt_id"]}, {"required": ["refers_to"]}],
            "additionalProperties": False,
        },
        "DisputeRequest": {
            "type": "object",
            "properties": {
                "customer": text,
                "receipt_id": text,
                "claim": {"enum": [claim.value for claim in Claim]},
            },
            "required": ["claim", "receipt_id"],
            "additionalProperties": False,
        },
    }  # fmt: skip


def _told() -> dict[str, Node]:
    """Return the schemas of replies that name no account."""
    return {
        "Dispute": {
            "type": "object",
            "properties": {"dispute_id": _TEXT, "verdict": {"enum": [word.value for word in Resolution]}},
            "required": ["dispute_id", "verdict", "reasons", "evidence"],
        },
        "Invoice": {"type": "object", "required": ["lines", "total", "residue", "currency"]},
        "Checkpoint": {"type": "object", "properties": {"note": _TEXT}, "required": ["note"]},
        "KeySet": {
            "type": "object",
            "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
            "required": ["keys"],
        },
        "Health": _object(status=_TEXT),
        "Ready": _object(status=_TEXT, design=_TEXT),
        "Problem": {
            "type": "object",
            "properties": {
                "type": _TEXT,
                "title": _TEXT,
                "status": {"enum": [*sorted(set(HTTP_STATUS.values()))]},
                "code": {"enum": [code.value for code in Code]},
                "phase": {"enum": [phase.value for phase in Phase]},
                "detail": _TEXT,
                "receipt_id": _TEXT,
                "seq": _COUNT,
                "receipt": _TEXT,
            },
            "required": ["type", "title", "status", "code", "phase", "detail"],
        },
    }  # fmt: skip


def _told_of_accounts() -> dict[str, Node]:
    """Return the schemas of replies about accounts and their entries."""
    return {
        "Receipt": _object(
            receipt_id=_TEXT, customer=_TEXT, seq=_COUNT, kind=_TEXT, status=_TEXT, amount=_AMOUNT,
            currency=_TEXT, entitlement=_TEXT, period=_MONTH, event_time=_TEXT, commit_time=_TEXT,
            balance_after=_AMOUNT, idempotency_key=_TEXT, digest=_DIGEST, receipt=_TEXT,
        ),
        "BatchResult": _object(
            results={
                "type": "array",
                "items": _object(status={"type": "integer"}, replayed=_FLAG, body={"type": "object"}),
            }
        ),
        "Usage": _object(
            customer=_TEXT, currency=_TEXT, balance=_AMOUNT, account=_TEXT, credit_limit=_AMOUNT,
            quota=_AMOUNT, limit=_AMOUNT, head=_COUNT,
            rows={
                "type": "array",
                "items": _object(
                    entitlement=_TEXT, period=_MONTH, used=_AMOUNT, quota=_AMOUNT, limit=_AMOUNT,
                    remaining=_AMOUNT, is_held=_FLAG,
                ),
            },
        ),
        "LedgerPage": _object(
            customer=_TEXT, head=_COUNT, entries={"type": "array", "items": _reference("Receipt")},
            next={"type": ["integer", "null"]},
        ),
    }  # fmt: skip


def _object(**properties: Node) -> dict[str, Node]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _reference(name: str) -> dict[str, Node]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str) -> dict[str, Node]:
    return {JSON_TYPE: {"schema": _reference(name)}}


def _reply(description: str, schema: str) -> dict[str, Node]:
    return {"description": description, "content": _json(schema)}


def _receipt(description: str) -> Node:
    header: Node = {"description": "true for a repeated key.", "schema": {"type": "string", "enum": ["true"]}}
    return {**_reply(description, "Receipt"), "headers": {REPLAYED_HEADER: header}}


def _refusals(*statuses: int) -> dict[str, Node]:
    """Return the replies of refusals, each with the codes that it can have."""
    codes = {status: [code.value for code in Code if HTTP_STATUS[code] == status] for status in statuses}
    return {
        str(status): {
            "description": ", ".join(codes[status]),
            "content": {PROBLEM_TYPE: {"schema": _reference("Problem")}},
        }
        for status in statuses
    }


def _parameter(name: str, place: str, schema: dict[str, Node]) -> Node:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _key(*, is_required: bool) -> Node:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": is_required,
        "description": "Unique per operation, kept for retries; a batch has one in each event instead.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[ -~]+$"},
    }


def _secured(operation: dict[str, Node]) -> Node:
    return {**operation, "security": [{"token": []}]}
