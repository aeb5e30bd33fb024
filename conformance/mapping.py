"""A product driven by its own routes: a mapping file says how each operation and observation is a request.

.. code:: toml

    [hello.implementation]
    name = "acme-billing"
    version = "3.2"
    [hello.capabilities]
    operations = ["charge"]
    observations = ["balance"]

    [reset.account]                      # one request per account of a world
    method = "POST"
    path = "/accounts"
    body = {id = "{customer}", opening = "{balance}"}

    [op.charge]
    method = "POST"
    path = "/customers/{customer}/charges"
    headers = {"Idempotency-Key" = "{idem}"}
    body = {amount = "{amount}", at = "{event_time}"}
    value = {id = "charge.id"}           # where in the JSON reply each member of the value lies
    receipt = "charge.receipt"
    [op.charge.codes]                    # status, or status and a member of the reply, to a refusal
    402 = "INSUFFICIENT_BALANCE"
    "422:code=reused" = "KEY_REUSED"

    [observe.balance]
    method = "GET"
    path = "/customers/{customer}"
    value = {balance = "balance", currency = "currency"}

2xx is ``ok``; a status that ``codes`` names is ``rejected``; anything else, and a connection that
breaks after the request was written, is ``unknown``. A connection that cannot be made is ``rejected``
with ``BUSY``: nothing was sent.
"""

import http.client
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from billproof.conformance.adapter import BaseAdapter, ok, rejected, unknown, unsupported
from billproof.conformance.documents import (
    Document,
    MemberError,
    Value,
    as_document,
    inner_of,
    list_of,
    text_of,
)
from billproof.conformance.errors import AdapterError, Fault, KitInputError
from billproof.model.canonical import canonical_bytes, parse_json
from billproof.model.toml_text import parse_toml

_FIELD: Final = re.compile(r"\{([a-z_]+)\}")
_SECONDS: Final = 20.0


def read_mapping(path: Path) -> Document:
    """Read a mapping file.

    Raises:
        KitInputError: It cannot be read, or it maps no charge.
    """
    try:
        text = path.read_text("utf-8")
        tables = parse_json(canonical_bytes(_as_value(parse_toml(text, parse_float=float))), str(path))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise KitInputError(
            str(path), "", f"cannot be read: {error}", "see the example of a mapping"
        ) from error
    document = as_document(tables, "mapping")
    for table in ("hello", "reset", "op"):
        if not isinstance(document.get(table), dict):
            raise KitInputError(str(path), table, "is missing", "see the example of a mapping")
    return document


def _as_value(table: Mapping[str, object]) -> Document:
    made = json.loads(json.dumps(table))
    assert isinstance(made, dict), "a TOML document is a table"
    return made


class MappedAdapter(BaseAdapter):
    """Turns messages into requests as a mapping says."""

    def __init__(self, host: str, port: int, base: str, mapping: Document) -> None:
        self._host, self._port, self._base = host, port, base
        self._mapping = mapping

    def hello(self, message: Document) -> Document:
        """Declare what the mapping maps."""
        del message
        return {"protocol": 1, **inner_of(self._mapping, "hello")}

    def reset(self, message: Document) -> Document:
        """Open each account by a request."""
        table = inner_of(inner_of(self._mapping, "reset"), "account")
        for value in list_of(inner_of(message, "world"), "accounts"):
            account = as_document(value, "account")
            status, _ = self._request(table, account)
            if not 200 <= status < 300:
                return {"ok": False, "detail": f"opening {account.get('customer')} is answered by {status}"}
        return {"ok": True, "world": inner_of(message, "world").get("id")}

    def op(self, message: Document) -> Document:
        """Perform an operation by a request."""
        table = inner_of(self._mapping, "op").get(text_of(message, "op"))
        fields = {**inner_of(message, "args"), "idem": message.get("idem", "")}
        return self._perform(table, fields)

    def observe(self, message: Document) -> Document:
        """Observe by a request."""
        table = inner_of(self._mapping, "observe").get(text_of(message, "what"))
        return self._perform(table, {**inner_of(message, "args"), "at": message.get("at", "")})

    def _perform(self, table: Value, fields: Document) -> Document:
        if not isinstance(table, dict):
            return unsupported()
        try:
            status, reply = self._request(table, fields)
        except ConnectionRefusedError:
            return rejected("BUSY", detail="no connection; nothing was sent")
        except (OSError, http.client.HTTPException) as error:
            return unknown(f"{type(error).__name__}: {error}")
        if 200 <= status < 300:
            receipt = text_of(table, "receipt", "")
            found = _found(reply, receipt) if receipt else None
            return ok(_value(table, reply), receipt=found if isinstance(found, str) else "")
        code = _code(inner_of(table, "codes"), status, reply)
        return rejected(code, detail=f"status {status}") if code else unknown(f"status {status}")

    def _request(self, table: Document, fields: Document) -> tuple[int, Value]:
        path = self._base + _filled(text_of(table, "path"), fields, is_path=True)
        headers = {name: _filled(str(text), fields) for name, text in inner_of(table, "headers").items()}
        body = b""
        if "body" in table:
            body = json.dumps(_filled_value(table["body"], fields)).encode("utf-8")
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)
        try:
            connection.request(text_of(table, "method", "POST"), path, body, headers)
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        try:
            # The product's own JSON may have floats; they are kept as the texts that they were.
            reply: Value = json.loads(data, parse_float=str) if data else None
        except ValueError:
            reply = None
        return response.status, reply


def _filled(text: str, fields: Document, *, is_path: bool = False) -> str:
    def value(match: re.Match[str]) -> str:
        found = str(fields.get(match[1], ""))
        return quote(found, safe="") if is_path else found

    return _FIELD.sub(value, text)


def _filled_value(value: Value, fields: Document) -> Value:
    if isinstance(value, str):
        return _filled(value, fields)
    if isinstance(value, dict):
        return {name: _filled_value(item, fields) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled_value(item, fields) for item in value]
    return value


def _found(value: Value, path: str) -> Value:
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _value(table: Document, reply: Value) -> Document:
    made: Document = {}
    for name, path in inner_of(table, "value").items():
        if isinstance(path, dict):
            rows = _found(reply, text_of(path, "from"))
            members = {key: item for key, item in path.items() if key != "from"}
            made[name] = [_row(members, row) for row in rows] if isinstance(rows, list) else []
        elif isinstance(path, str):
            found = _found(reply, path)
            if found is None:
                raise AdapterError(
                    Fault.SCHEMA, f"the product's reply has no {path}", f"correct the mapping of {name}"
                )
            made[name] = found if isinstance(found, (dict, list)) else str(found)
        else:
            raise MemberError(name, "is neither a path nor a table")
    return made


def _row(members: Document, row: Value) -> Document:
    found = {name: _found(row, str(path)) for name, path in members.items()}
    return {name: str(value) for name, value in found.items() if value is not None}


def _code(codes: Document, status: int, reply: Value) -> str:
    for condition, code in codes.items():
        wanted, _, test = condition.partition(":")
        member, _, text = test.partition("=")
        if wanted == str(status) and (not test or str(_found(reply, member)) == text):
            return str(code)
    return ""
