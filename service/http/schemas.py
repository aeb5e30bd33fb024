"""The schemas of the interface: what is sent, and what is told.

The event is that of ``model/schemas/event.json``, except that the customer may be left to the token.
"""

import json
from importlib.resources import files

from billproof.model.disputes import Claim, Resolution
from billproof.service.customer_keys import EVIDENCE_MAX
from billproof.service.http.limits import BATCH_MAX
from billproof.service.http.nodes import (
    AMOUNT,
    COUNT,
    CURRENCY,
    DIGEST,
    FLAG,
    INSTANT,
    MONTH,
    SEQUENCE,
    TEXT,
    Node,
    object_node,
    reference,
)
from billproof.service.http.problems import HTTP_STATUS, Code, Phase
from billproof.service.usage import NAME_MAX


def interface_schemas() -> dict[str, Node]:
    """Return the schemas of the interface by their names."""
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
    moved["properties"]["event_time"]["pattern"] = INSTANT
    moved["properties"]["currency"] = CURRENCY
    moved["properties"]["entitlement"] |= {"minLength": 1, "maxLength": NAME_MAX}
    moved["properties"]["customer"] |= {"maxLength": NAME_MAX}
    text: dict[str, Node] = {"type": "string", "minLength": 1}
    returned: dict[str, Node] = {
        "customer": text,
        "receipt_id": text,
        "refers_to": SEQUENCE,
        "amount": reference("event_not_negative"),
        "currency": CURRENCY,
        "event_time": moved["properties"]["event_time"],
        "usage": TEXT,
    }
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
        "Refund": _returned(returned, "amount", "currency"),
        "Void": _returned(returned),
        **_administered(text),
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


def _returned(properties: dict[str, Node], *required: str) -> Node:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "oneOf": [{"required": ["receipt_id"]}, {"required": ["refers_to"]}],
        "additionalProperties": False,
    }


def _administered(text: Node) -> dict[str, Node]:
    """Return the schemas of what operators send."""
    reason: Node = {"type": "string", "maxLength": 1_000}
    evidence: Node = {"type": "string", "maxLength": EVIDENCE_MAX}

    def closed(properties: dict[str, Node], *required: Node) -> Node:
        return {
            "type": "object",
            "properties": properties,
            "required": list(required),
            "additionalProperties": False,
        }

    return {
        "Hold": closed({"customer": text, "reason": reason}, "customer"),
        "Release": closed(
            {"customer": text, "refers_to": SEQUENCE, "reason": reason}, "customer", "refers_to"
        ),
        "KeyRegistration": closed({"public": text, "evidence": evidence}, "public"),
        "Nothing": {"description": "Anything; it is not read."},
        "DisputeEnd": closed(
            {"customer": text, "resolution": {"enum": ["UPHELD", "REVERSED", "SYSTEM_FAULT"]}}
        ),
    }


def _told() -> dict[str, Node]:
    """Return the schemas of replies that name no account."""
    return {
        "Dispute": {
            "type": "object",
            "properties": {"dispute_id": TEXT, "verdict": {"enum": [word.value for word in Resolution]}},
            "required": ["dispute_id", "progress", "verdict", "reasons", "evidence"],
        },
        "Invoice": {
            "type": "object",
            "required": ["lines", "total", "residue", "currency", "number", "closed"],
        },
        "Checkpoint": {"type": "object", "properties": {"note": TEXT}, "required": ["note"]},
        "KeySet": {
            "type": "object",
            "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
            "required": ["keys"],
        },
        "Health": object_node(status=TEXT),
        "Ready": object_node(status=TEXT, design=TEXT),
        "Problem": {
            "type": "object",
            "properties": {
                "type": TEXT,
                "title": TEXT,
                "status": {"enum": [*sorted(set(HTTP_STATUS.values()))]},
                "code": {"enum": [code.value for code in Code]},
                "phase": {"enum": [phase.value for phase in Phase]},
                "detail": TEXT,
                "receipt_id": TEXT,
                "seq": COUNT,
                "receipt": TEXT,
            },
            "required": ["type", "title", "status", "code", "phase", "detail"],
        },
    }  # fmt: skip


def _told_of_accounts() -> dict[str, Node]:
    """Return the schemas of replies about accounts and their entries."""
    return {
        "Receipt": object_node(
            receipt_id=TEXT, customer=TEXT, seq=COUNT, kind=TEXT, status=TEXT, amount=AMOUNT,
            currency=TEXT, entitlement=TEXT, period=MONTH, event_time=TEXT, commit_time=TEXT,
            balance_after=AMOUNT, idempotency_key=TEXT, digest=DIGEST, receipt=TEXT,
        ),
        "BatchResult": object_node(
            results={
                "type": "array",
                "items": object_node(status={"type": "integer"}, replayed=FLAG, body={"type": "object"}),
            }
        ),
        "Usage": object_node(
            customer=TEXT, currency=TEXT, balance=AMOUNT, account=TEXT, credit_limit=AMOUNT,
            quota=AMOUNT, limit=AMOUNT, head=COUNT,
            rows={
                "type": "array",
                "items": object_node(
                    entitlement=TEXT, period=MONTH, used=AMOUNT, quota=AMOUNT, limit=AMOUNT,
                    remaining=AMOUNT, is_held=FLAG,
                    status={"enum": ["active", "suspended", "complying", "suspended_and_complying"]},
                ),
            },
        ),
        "LedgerPage": object_node(
            customer=TEXT, head=COUNT, entries={"type": "array", "items": reference("Receipt")},
            next={"type": ["integer", "null"]},
        ),
    }  # fmt: skip
