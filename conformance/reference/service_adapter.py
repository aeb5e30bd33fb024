"""The reference service as a target: ``billproof serve`` in a process of its own, driven by its routes.

Accounts are opened in the database beside the running service, as an operator would at the command
line; all else is HTTP. A crash is a kill -9 of the very process that listens; a restart serves the same
database on the same port. Its clock is the machine's.
"""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
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
from billproof.conformance.reference.requests import amount_of, terms_of
from billproof.conformance.reference.service_evidence import Evidence, entry_of
from billproof.conformance.vectors.ops import VECTOR_FAMILIES, answer_vector
from billproof.model.canonical import parse_json
from billproof.model.identifiers import CurrencyCode, CustomerId, Instant
from billproof.model.tiers import Tier
from billproof.service.access import Role
from billproof.service.accounts import NewAccount, create_account, issue
from billproof.service.http.client import Client, Reply, UnknownError

_START: Final = "from billproof.cli.main import main; main()"
_READY_SECONDS: Final = 30.0
_HOST: Final = "127.0.0.1"

ROUTES: Final = {
    "charge": "/v1/events", "top_up": "/v1/events", "credit": "/v1/events", "adjustment": "/v1/events",
    "refund": "/v1/refunds", "void": "/v1/voids", "chargeback": "/v1/chargebacks", "hold": "/v1/holds",
    "release": "/v1/releases", "dispute": "/v1/disputes",
}  # fmt: skip
"""Where each operation is posted."""

_RENAMED: Final = {"NOT_FOUND", "KEY_REUSED", "QUOTA_EXCEEDED", "ACCOUNT_HELD", "INSUFFICIENT_BALANCE",
                   "PERIOD_CLOSED", "BAD_AMOUNT", "BAD_CURRENCY", "BAD_PERIOD", "REFUND_ABOVE_CAPTURE",
                   "RECEIPT_DISPUTED", "MALFORMED"}  # fmt: skip
_BUSY: Final = {"RATE_LIMITED", "QUEUE_FULL", "NOT_READY"}


class ServiceAdapter(BaseAdapter):
    """A service that is started, driven, killed and started again."""

    def __init__(self) -> None:
        # Removed by bye; a run that is killed leaves it to the machine's own cleaning.
        self._folder = tempfile.TemporaryDirectory(prefix="billproof-conform-")
        self._database = Path(self._folder.name) / "ledger.db"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._boots = 0
        self._token = ""
        self._local = threading.local()
        self._evidence = Evidence(self._database)

    def hello(self, message: Document) -> Document:
        """Start the service and declare what its routes can do."""
        del message
        now = Instant(time.time_ns() // 1_000)
        seed = NewAccount(
            customer=CustomerId("conformance-setup"), plan=Tier.ENTERPRISE, currency=CurrencyCode("USD"),
            terms=terms_of({"account": "prepaid", "credit_limit": "0", "quota": "0", "limit": "0"}),
        )  # fmt: skip
        create_account(self._database, seed, now)
        self._token = issue(self._database, CustomerId(""), Role.OPERATOR, now)
        with socket.socket() as probe:
            probe.bind((_HOST, 0))
            self._port = probe.getsockname()[1]
        self._start()
        return {
            "protocol": 1,
            "implementation": {"name": "billproof-service", "version": "1", "language": "Python"},
            "capabilities": {
                "operations": [*ROUTES, "reconcile", "audit"],
                "observations": ["balance", "ledger", "receipts", "export", "quota", "health"],
                "vectors": [*VECTOR_FAMILIES], "clock": "none", "concurrent": True,
                "faults": ["crash", "restart"],
                "nodes": ["n1"], "receipts": "billproof/v1", "quota": "hard", "balance": "floor",
            },
            "choices": {},
            "limits": {"max_in_flight": 8, "money_scale": 12},
        }  # fmt: skip

    def reset(self, message: Document) -> Document:
        """Open the accounts of a world beside the running service."""
        world = inner_of(message, "world")
        now = Instant(time.time_ns() // 1_000)
        for value in list_of(world, "accounts"):
            item = as_document(value, "account")
            account = NewAccount(
                customer=CustomerId(text_of(item, "customer")), plan=Tier.ENTERPRISE,
                currency=CurrencyCode(text_of(item, "currency")), terms=terms_of(item),
                top_up=amount_of(item, "balance"),
            )  # fmt: skip
            create_account(self._database, account, now)
        return {"ok": True, "world": world.get("id")}

    def op(self, message: Document) -> Document:
        """Post an operation to its route."""
        operation, args = text_of(message, "op"), inner_of(message, "args")
        if operation == "audit":
            return self._evidence.audit(args)
        if operation == "reconcile":
            return self._evidence.reconcile(CustomerId(text_of(args, "customer")))
        if operation not in ROUTES:
            return answer_vector(operation, args) or unsupported()
        try:
            body = json.dumps(_body(operation, args)).encode("utf-8")
        except MemberError as error:
            return rejected("MALFORMED", detail=str(error))
        key = text_of(message, "idem", "") or None
        if operation == "dispute":
            key = None
        try:
            reply = self._client().send("POST", ROUTES[operation], self._token, body, key)
        except UnknownError as error:
            return unknown(str(error))
        return _answered(operation, reply)

    def observe(self, message: Document) -> Document:
        """Read by the routes that read."""
        what, args = text_of(message, "what"), inner_of(message, "args")
        if what == "health":
            return ok({"boot_id": str(self._boots), "role": "leader", "is_up": self._process is not None})
        if what not in ("balance", "ledger", "receipts", "export", "quota"):
            return unsupported()
        customer = text_of(args, "customer")
        try:
            if what in ("balance", "quota"):
                return self._usage(what, customer, args)
            entries = self._entries(customer)
        except UnknownError as error:
            return unknown(str(error))
        if entries is None:
            return rejected("NOT_FOUND")
        if what == "ledger":
            listed: list[Value] = [entry_of(text_of(entry, "receipt")) for entry in entries]
            return ok({"entries": listed})
        receipts: list[Value] = [text_of(entry, "receipt") for entry in entries]
        if what == "receipts":
            return ok({"receipts": receipts, "jwks": self._evidence.jwks()})
        return ok({"records": receipts, "anchor": self._evidence.anchor(CustomerId(customer))})

    def _usage(self, what: str, customer: str, args: Document) -> Document:
        reply = self._client().get(f"/v1/customers/{quote(customer, safe='')}/usage", self._token)
        if reply.status != 200:
            return _answered("observe", reply)
        document = as_document(parse_json(reply.body, "usage"), "usage")
        if what == "balance":
            return ok({"balance": document["balance"], "currency": document["currency"]})
        for value in list_of(document, "rows"):
            row = as_document(value, "row")
            if (row["entitlement"], row["period"]) == (args.get("entitlement"), args.get("period")):
                return ok({"used": row["used"], "limit": row["limit"]})
        return ok({"used": "0", "limit": document["limit"]})

    def _entries(self, customer: str) -> list[Document] | None:
        entries: list[Document] = []
        after = 0
        while True:
            path = f"/v1/customers/{quote(customer, safe='')}/ledger?after={after}&limit=1000"
            reply = self._client().get(path, self._token)
            if reply.status != 200:
                return None
            page = as_document(parse_json(reply.body, "ledger"), "ledger")
            entries.extend(as_document(value, "entry") for value in list_of(page, "entries"))
            following = page.get("next")
            if not isinstance(following, int):
                return entries
            after = following

    def fault(self, message: Document) -> Document:
        """Kill the process that listens, or start it again."""
        fault = text_of(message, "fault")
        if fault == "crash":
            evidence = self._kill()
            return {"ok": True, "evidence": evidence}
        if fault == "restart":
            self._kill()
            try:
                self._start()
            except TimeoutError as error:
                return {"ok": False, "detail": str(error)}
            return {"ok": True, "evidence": {"boot_id": str(self._boots)}}
        return unsupported()

    def bye(self) -> None:
        """Stop the service and remove its database."""
        self._kill()
        self._folder.cleanup()

    def _client(self) -> Client:
        client = getattr(self._local, "client", None)
        if not isinstance(client, Client):
            client = self._local.client = Client(_HOST, self._port)
        return client

    def _start(self) -> None:
        command = [sys.executable, "-c", _START, "serve", "--db", str(self._database),
                   "--port", str(self._port), "--quiet"]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own service
        self._boots += 1
        end = time.monotonic() + _READY_SECONDS
        while time.monotonic() < end:
            client = Client(_HOST, self._port)
            try:
                if client.get("/ready", "none").status == 200:
                    return
            except UnknownError:
                time.sleep(0.02)
            finally:
                client.close()
            if self._process.poll() is not None:
                raise TimeoutError(f"the service ended with exit code {self._process.returncode}")
        raise TimeoutError(f"the service is not ready after {_READY_SECONDS:g} s")

    def _kill(self) -> Document:
        process, self._process = self._process, None
        if process is None:
            return {}
        process.send_signal(signal.SIGKILL)
        process.wait()
        with socket.socket() as probe:
            # The one that was killed is the one that listened: nobody listens now.
            is_free = probe.connect_ex((_HOST, self._port)) != 0
        return {"pid": process.pid, "nobody_listens": is_free}


def _body(operation: str, args: Document) -> Document:
    body: Document = dict(args)
    if operation in ("refund", "void", "chargeback"):
        body["receipt_id"] = body.pop("charge")
    elif operation == "dispute":
        return {
            "customer": args.get("customer"),
            "receipt_id": args.get("charge"),
            "claim": args.get("claim"),
        }
    elif operation == "release":
        hold = text_of(args, "hold")
        number = hold.rpartition("#")[2]
        return {"customer": args.get("customer"), "refers_to": int(number) if number.isdecimal() else 1}
    elif operation in ("top_up", "credit", "adjustment"):
        # The service fills in no time, and a retry must be the same request: the time is the world's own.
        body.update({"kind": operation, "event_time": "2026-01-01T00:00:00Z", "entitlement": "none"})
    return body


def _answered(operation: str, reply: Reply) -> Document:
    try:
        document = as_document(parse_json(reply.body, "reply"), "reply")
    except ValueError:
        return unknown(f"status {reply.status} without a document")
    if reply.status in (200, 201):
        if operation == "dispute":
            return ok({"verdict": document.get("verdict", "INCONCLUSIVE")})
        identity = text_of(document, "receipt_id", "")
        if operation == "hold":
            identity = f"{identity}#{document.get('seq')}"
        value: Document = {
            "id": identity, "seq": str(document.get("seq")),
            "status": text_of(document, "status", "accepted"),
            "balance_after": text_of(document, "balance_after", "0"),
        }  # fmt: skip
        return ok(value, receipt=text_of(document, "receipt", ""))
    code = text_of(document, "code", "")
    if code in _BUSY:
        return rejected("BUSY")
    if reply.status >= 500:
        return unknown(f"status {reply.status} {code}")
    return rejected(code if code in _RENAMED else "OTHER", receipt=text_of(document, "receipt", ""))
