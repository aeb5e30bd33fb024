"""Parts of which the document of the interface is made."""

from typing import Final, TypeAlias

from billproof.model.currencies import EXPONENTS
from billproof.service.events import KEY_MAX
from billproof.service.http.problems import HTTP_STATUS, PROBLEM_TYPE, Code
from billproof.service.http.wire import JSON_TYPE, REPLAYED_HEADER

Node: TypeAlias = "str | int | bool | list[Node] | dict[str, Node] | None"
"""A part of the document."""

AMOUNT: Final[dict[str, Node]] = {
    "type": "string",
    "pattern": "^-?(0|[1-9][0-9]{0,26})(\\.[0-9]{0,11}[1-9])?$",
}
"""A decimal amount."""

CURRENCY: Final[dict[str, Node]] = {"type": "string", "enum": [*sorted(EXPONENTS)]}
"""A currency."""

_DAY: Final = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP: Final = "([2-8][0-9](0[48]|[2468][048]|[13579][26])|(2[048]|[3579][26]|[468][048])00)-02-29"
INSTANT: Final = (
    f"^((197[1-9]|19[89][0-9]|[2-8][0-9]{{3}})-{_DAY}|{_LEAP})"
    "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""The instants of events that every reader takes, by its digits alone; the ends of the range are left out."""

DIGEST: Final[dict[str, Node]] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
"""A digest."""

MONTH: Final[dict[str, Node]] = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}
"""A month."""

TEXT: Final[dict[str, Node]] = {"type": "string"}
"""Any text."""

SEQUENCE: Final[dict[str, Node]] = {"type": "integer", "minimum": 1, "maximum": 10**15 - 1}
"""A place in a chain."""

COUNT: Final[dict[str, Node]] = {"type": "integer", "minimum": 0}
"""A count."""

FLAG: Final[dict[str, Node]] = {"type": "boolean"}
"""A truth value."""


def object_node(**properties: Node) -> dict[str, Node]:
    """Return the schema of an object with these members and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def reference(name: str) -> dict[str, Node]:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def json_content(name: str) -> dict[str, Node]:
    """Return content of a schema."""
    return {JSON_TYPE: {"schema": reference(name)}}


def body_node(schema: str) -> dict[str, Node]:
    """Return a body of a schema."""
    return {"required": True, "content": {JSON_TYPE: {"schema": reference(schema)}}}


def reply_node(description: str, schema: str) -> dict[str, Node]:
    """Return a reply of a schema."""
    return {"description": description, "content": json_content(schema)}


def receipt_node(description: str) -> Node:
    """Return a reply that is a receipt, maybe a repeated one."""
    header: Node = {"description": "true for a repeated key.", "schema": {"type": "string", "enum": ["true"]}}
    return {**reply_node(description, "Receipt"), "headers": {REPLAYED_HEADER: header}}


def refusal_nodes(*statuses: int) -> dict[str, Node]:
    """Return the replies of refusals, each with the codes that it can have."""
    codes = {status: [code.value for code in Code if HTTP_STATUS[code] == status] for status in statuses}
    return {
        str(status): {
            "description": ", ".join(codes[status]),
            "content": {PROBLEM_TYPE: {"schema": reference("Problem")}},
        }
        for status in statuses
    }


def parameter(name: str, place: str, schema: dict[str, Node]) -> Node:
    """Return a parameter."""
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def key_header(*, is_required: bool) -> Node:
    """Return the header that names an operation."""
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": is_required,
        "description": "Unique per operation, kept for retries; a batch has one in each event instead.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[ -~]+$"},
    }


def secured(operation: dict[str, Node]) -> Node:
    """Return an operation that needs a token."""
    return {**operation, "security": [{"token": []}]}
