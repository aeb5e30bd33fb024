"""The interface as OpenAPI 3.1: written here, shipped as ``openapi.json``, served at ``/openapi.json``.

Choices: it is not derived from the routes, because what the routes take is decided by the strict readers of
events and not by a framework's types; tests hold the two against each other, path by path and reply by reply.
"""

import json
from functools import cache
from typing import Final

from billproof import __version__
from billproof.service.http.nodes import (
    MONTH,
    TEXT,
    Node,
    body_node,
    json_content,
    key_header,
    parameter,
    receipt_node,
    reference,
    refusal_nodes,
    reply_node,
    secured,
)
from billproof.service.http.schemas import interface_schemas
from billproof.service.http.wire import JSON_TYPE, LINES_TYPE

FILE: Final = "openapi.json"
"""The shipped document, beside this module."""


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
            "schemas": interface_schemas(),
        },
    }


def _writing() -> dict[str, Node]:
    schema: Node = {"oneOf": [reference("Event"), reference("Batch")]}
    events: dict[str, Node] = {
        "operationId": "postEvents",
        "summary": "Charge one event, or a batch in one transaction, each event with its own outcome.",
        "parameters": [key_header(is_required=False)],
        "requestBody": {
            "required": True,
            "content": {
                JSON_TYPE: {"schema": schema},
                LINES_TYPE: {"schema": {"type": "string", "description": "One event per line."}},
            },
        },
        "responses": {
            "200": reply_node("The outcomes of a batch, in its order.", "BatchResult"),
            "201": receipt_node("Charged, or charged before under this key."),
            **refusal_nodes(400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 431, 503),
        },
    }
    disputes: dict[str, Node] = {
        "operationId": "postDisputes",
        "summary": "Open a dispute about a receipt: hold what could be returned, and decide from evidence.",
        "requestBody": body_node("DisputeRequest"),
        "responses": {
            "201": reply_node("The verdict and its evidence.", "Dispute"),
            **refusal_nodes(400, 401, 403, 404, 413, 415, 422, 429, 431, 503),
        },
    }
    return {
        "/v1/events": {"post": secured(events)},
        "/v1/disputes": {"post": secured(disputes)},
        **_correcting(),
    }


def _correcting() -> dict[str, Node]:
    refused = refusal_nodes(400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 431, 503)

    def write(name: str, summary: str, asked: str, *parameters: Node) -> Node:
        operation: dict[str, Node] = {
            "operationId": name,
            "summary": summary,
            "parameters": [key_header(is_required=True), *parameters],
            "requestBody": body_node(asked),
            "responses": {"201": receipt_node("Committed, or committed before under this key."), **refused},
        }
        return {"post": secured(operation)}

    customer, key_id = parameter("customer", "path", TEXT), parameter("key_id", "path", TEXT)
    end: dict[str, Node] = {
        "operationId": "postDisputeEnd",
        "summary": "End a dispute: release what it holds and, where the charge does not stand, return it.",
        "parameters": [parameter("dispute_id", "path", TEXT)],
        "requestBody": body_node("DisputeEnd"),
        "responses": {"200": reply_node("The dispute as it ended.", "Dispute"), **refused},
    }
    return {
        "/v1/refunds": write("postRefunds", "Return part of a debit, never more than it captured.", "Refund"),
        "/v1/voids": write("postVoids", "Return the whole of a debit of which nothing was returned.", "Void"),
        "/v1/chargebacks": write(
            "postChargebacks", "Return part of a debit as the payer's bank demands.", "Refund"
        ),
        "/v1/holds": write("postHolds", "Stop every charge of an account.", "Hold"),
        "/v1/releases": write("postReleases", "End a hold on an account.", "Release"),
        "/v1/customers/{customer}/keys": write(
            "postKeys", "Register a key with which a customer signs.", "KeyRegistration", customer
        ),
        "/v1/customers/{customer}/keys/{key_id}/revocation": write(
            "postKeyRevocation", "Revoke a key.", "Nothing", customer, key_id
        ),
        "/v1/disputes/{dispute_id}/end": {"post": secured(end)},
    }


def _reading() -> dict[str, Node]:
    refused = refusal_nodes(400, 401, 403, 404, 429, 431, 503)

    def read(name: str, summary: str, schema: str, *parameters: Node) -> Node:
        return {
            "get": secured(
                {
                    "operationId": name,
                    "summary": summary,
                    "parameters": list(parameters),
                    "responses": {"200": reply_node(summary, schema), **refused},
                }
            )
        }

    customer = parameter("customer", "path", TEXT)
    return {
        "/v1/receipts/{receipt_id}": read(
            "getReceipt", "One receipt.", "Receipt", parameter("receipt_id", "path", TEXT),
            parameter("customer", "query", TEXT),
        ),
        "/v1/disputes/{dispute_id}": read(
            "getDispute", "A dispute with its evidence and verdict.", "Dispute",
            parameter("dispute_id", "path", TEXT), parameter("customer", "query", TEXT),
        ),
        "/v1/customers/{customer}/usage": read(
            "getUsage", "Balance, terms, and usage per entitlement and month.", "Usage", customer,
            parameter("period", "query", MONTH),
        ),
        "/v1/customers/{customer}/ledger": read(
            "getLedger", "A page of the chain, in order.", "LedgerPage", customer,
            parameter("after", "query", {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}),
            parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 1_000}),
        ),
        "/v1/invoices/{customer}/{period}": _invoices(
            read(
                "getInvoice", "The invoice of a month, from ledger entries only.", "Invoice", customer,
                parameter("period", "path", MONTH),
            ),
            customer,
        ),
    }  # fmt: skip


def _invoices(reading: Node, customer: Node) -> Node:
    assert isinstance(reading, dict)
    cut: dict[str, Node] = {
        "operationId": "postInvoice",
        "summary": "Close a month, after those before it that are due, and return its invoice.",
        "parameters": [customer, parameter("period", "path", MONTH)],
        "responses": {
            "200": reply_node("The invoice as it is cut.", "Invoice"),
            **refusal_nodes(400, 401, 403, 404, 413, 415, 422, 429, 431, 503),
        },
    }
    return {**reading, "post": secured(cut)}


def _public() -> dict[str, Node]:
    def read(name: str, summary: str, content: dict[str, Node], *statuses: int) -> Node:
        return {
            "get": {
                "operationId": name,
                "summary": summary,
                "security": [],
                "responses": {
                    "200": {"description": summary, "content": content},
                    **refusal_nodes(431, *statuses),
                },
            }
        }

    def file(kind: str) -> dict[str, Node]:
        return {kind: {"schema": TEXT}}

    asset = read("getPageFile", "A file of the page.", file("text/javascript") | file("text/css"), 404)
    assert isinstance(asset, dict)
    get = asset["get"]
    assert isinstance(get, dict)
    get["parameters"] = [parameter("name", "path", TEXT)]
    checkpoint = read("getCheckpoint", "The latest signed note.", json_content("Checkpoint"), 401, 503)
    metrics = read("getMetrics", "Metrics, as Prometheus text.", file("text/plain"), 401, 403, 503)
    for node in (checkpoint, metrics):
        assert isinstance(node, dict)
        get = node["get"]
        assert isinstance(get, dict)
        get["security"] = [{}, {"token": []}]
    return {
        "/": read("getPage", "The page for customers.", file("text/html")),
        "/page/{name}": asset,
        "/health": read("getHealth", "The process lives.", json_content("Health")),
        "/ready": read("getReady", "It takes requests.", json_content("Ready"), 503),
        "/metrics": metrics,
        "/openapi.json": read("getInterface", "This document.", {JSON_TYPE: {"schema": {"type": "object"}}}),
        "/.well-known/jwks.json": read("getKeys", "The public keys.", json_content("KeySet"), 503),
        "/v1/checkpoints/latest": checkpoint,
    }
