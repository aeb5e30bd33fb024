"""The HTTP interface: one route per operation, the idempotency key in its header, a reply after the commit.

A stored outcome is answered with the same status and bytes each time. What went wrong on the way to the
database is 503, with a code that says whether anything may have happened.

Source: ``system.md`` section 4, "Reply codes".
"""

import json
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from targets.postgres.application import reads
from targets.postgres.application.audit import audit_presented, audit_store
from targets.postgres.application.calendar import InstantError, parse_instant, render_instant, wall_clock
from targets.postgres.application.canonical import Json, canonical_bytes
from targets.postgres.application.checkpoints import export, prove, publish
from targets.postgres.application.database import (
    BusyError,
    Database,
    OutcomeUnknownError,
    UnavailableError,
)
from targets.postgres.application.disputes import decide
from targets.postgres.application.keys import SigningKeys
from targets.postgres.application.operations import Reply, perform
from targets.postgres.application.reconciliation import reconcile
from targets.postgres.application.requests import RequestError, read_request

BODY_MAX: Final = 16_000_000
"""The longest body, in bytes."""

STATUSES: Final = {
    "insufficient_balance": HTTPStatus.PAYMENT_REQUIRED,
    "quota_exceeded": HTTPStatus.FORBIDDEN,
    "account_held": HTTPStatus.FORBIDDEN,
    "period_closed": HTTPStatus.FORBIDDEN,
    "unknown_customer": HTTPStatus.NOT_FOUND,
    "unknown_receipt": HTTPStatus.NOT_FOUND,
}
"""The status of each refusal; the others are 422."""


class Service:
    """What the handlers share: the store, the keys, and the clock, which tests may set."""

    def __init__(self, database: Database, keys: SigningKeys) -> None:
        self.database = database
        self.keys = keys
        self._now: int | None = None

    def now(self) -> int:
        """Return the time: that of the machine, unless it was set."""
        return wall_clock() if self._now is None else self._now

    def set_now(self, now: int | None) -> None:
        """Set the time; it stands still until it is set again, or follows the machine after None."""
        self._now = now


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    service: Service

    def setup(self) -> None:
        """Send small replies at once."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        """Answer a read."""
        self._guarded(self._read)

    def do_POST(self) -> None:
        """Answer what may write."""
        self._guarded(self._write)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a line for each request would hide the others."""

    def _guarded(self, answer: object) -> None:
        assert callable(answer)
        try:
            answer()
        except (RequestError, InstantError) as error:
            self._problem(HTTPStatus.BAD_REQUEST, "malformed", str(error))
        except BusyError as error:
            self._problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", str(error))
        except UnavailableError as error:
            self._problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", str(error))
        except OutcomeUnknownError as error:
            self._problem(HTTPStatus.SERVICE_UNAVAILABLE, "outcome_unknown", str(error))

    def _read(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        words = [unquote(word) for word in parts.path.strip("/").split("/")]
        database = self.service.database
        match words:
            case ["v1", "customers", customer, "balance"]:
                self._found(reads.read_balance(database, customer))
            case ["v1", "customers", customer, "ledger"]:
                self._found(reads.read_ledger(database, customer))
            case ["v1", "customers", customer, "usage"]:
                asked = query.get("entitlement", ""), query.get("period", "")
                self._found(reads.read_usage(database, customer, *asked))
            case ["v1", "customers", customer, "invoices", period]:
                self._found(reads.read_invoice(database, customer, period))
            case ["v1", "customers", customer, "invoices"]:
                self._found(reads.read_total(database, customer))
            case ["v1", "customers", customer, "receipts", seq]:
                self._found(reads.read_receipt(database, customer, _count(seq)) or None)
            case ["v1", "customers", customer, "proofs", seq]:
                self._found(prove(database, customer, _count(seq), _count(query.get("old_size", "0"))))
            case [".well-known", "jwks.json"]:
                self._found(self.service.keys.published())
            case ["health"]:
                self._found({"now": render_instant(self.service.now())})
            case _:
                self._problem(HTTPStatus.NOT_FOUND, "not_found", f"no route {parts.path[:60]}")

    def _write(self) -> None:
        body = self._body()
        words = self.path.strip("/").split("/")
        service = self.service
        match words:
            case ["v1", "operations", operation]:
                request = read_request(operation, self.headers.get("Idempotency-Key"), body)
                self._reply(perform(service.database, service.keys, request, service.now()))
            case ["v1", "checkpoints"]:
                self._found(publish(service.database, service.keys).document())
            case ["v1", "exports"]:
                self._found(export(service.database, service.keys, str(body.get("customer"))))
            case ["v1", "audit"]:
                self._found(_audited(service, body))
            case ["v1", "reconciliation"]:
                self._found(reconcile(service.database, is_repair=body.get("repair") is True))
            case ["v1", "disputes"]:
                self._found(decide(service.database, service.keys, body))
            case ["v1", "clock"]:
                service.set_now(_moved(service.now(), body))
                self._found({"now": render_instant(service.now())})
            case _:
                self._problem(HTTPStatus.NOT_FOUND, "not_found", f"no route {self.path[:60]}")

    def _body(self) -> dict[str, Json]:
        length = _count(self.headers.get("Content-Length", "0"))
        if length > BODY_MAX:
            self.close_connection = True
            raise RequestError(f"the body is longer than {BODY_MAX} bytes")
        data = self.rfile.read(length)
        try:
            value: object = _DECODER.decode(data.decode("utf-8") or "{}")
        except ValueError as error:
            raise RequestError(f"the body is no JSON: {error}") from error
        if not isinstance(value, dict):
            raise RequestError("the body must be one JSON object")
        return value

    def _reply(self, reply: Reply) -> None:
        status = (
            HTTPStatus.CREATED
            if reply.is_accepted
            else STATUSES.get(reply.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        )
        document: dict[str, Json] = {"code": reply.code}
        if reply.stored is not None:
            document["receipt"] = reply.stored.jws
            document["seq"] = reply.stored.seq
            document["kind"] = reply.stored.kind
        self._send(status, document, is_replayed=reply.is_replayed)

    def _found(self, value: Json) -> None:
        if value is None:
            self._problem(HTTPStatus.NOT_FOUND, "not_found", "there is no such thing")
        else:
            self._send(HTTPStatus.OK, {"value": value})

    def _problem(self, status: HTTPStatus, code: str, detail: str) -> None:
        self._send(status, {"code": code, "detail": detail[:500]})

    def _send(self, status: HTTPStatus, document: Json, *, is_replayed: bool = False) -> None:
        data = canonical_bytes(document)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if is_replayed:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    """A thread per connection; the database decides what may run beside what."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Name an error that nobody foresaw, except clients that went away."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # sockets, by its stub


def serve(service: Service, host: str, port: int) -> Server:
    """Return a server that is bound and not running yet."""
    handler = type("BoundHandler", (Handler,), {"service": service})
    return Server((host, port), handler)


def _moved(now: int, body: dict[str, Json]) -> int | None:
    if "advance_ms" in body:
        return now + _count(str(body["advance_ms"])) * 1_000
    return None if body.get("now") is None else parse_instant(body["now"])


def _audited(service: Service, body: dict[str, Json]) -> Json:
    records = body.get("records")
    if isinstance(records, list):
        findings = audit_presented(service.keys, [str(record) for record in records], str(body.get("anchor")))
        count = len(records)
    else:
        heads = {
            str(head.get("customer")): (_count(str(head.get("seq"))), str(head.get("head")))
            for head in _objects(body.get("heads"))
        }
        count, findings = audit_store(service.database, service.keys, heads)
    listed: list[Json] = [
        {"code": item.code, "customer": item.customer, "reason": item.reason, "seq": item.seq}
        for item in findings
    ]
    return {"entries": count, "findings": listed, "verdict": "INVALID" if findings else "VALID"}


def _objects(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise RequestError(f"{text[:40]!r} is no number")
    return int(text)


def _refuse_number(text: str) -> None:
    raise ValueError(f"{text[:40]} is a float; amounts are decimal strings")


_DECODER: Final = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)
