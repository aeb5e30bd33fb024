"""An adapter for servers that speak the payment API of Stripe: charges and refunds, and nothing else.

What the kit names reaches the server as metadata, so that an entry of its lists can be told apart from
another one; the adapter decides nothing. Such servers keep no order between charges and refunds. The order
told here is that in which the adapter has sent them, and says nothing about the server.
"""

import base64
import http.client
import itertools
import json
import threading
from typing import Final
from urllib.parse import urlencode

from targets.processes import NotStartedError, ServerProcess
from targets.stdio import LostReplyError, Message, inner, listed

TIMEOUT_SECONDS: Final = 10
"""After that a reply counts as lost."""

NODE: Final = "server"
"""The only node."""

_DECIMALS: Final = {"JPY": 0, "KRW": 0}
_KEY: Final = base64.b64encode(b"sk_test_12345:").decode("ascii")
_REFUND_WORDS: Final = ("already been refunded", "greater than unrefunded")


class StripeAdapter:
    """Drives one server."""

    def __init__(
        self, server: ServerProcess, name: str, version: str, *, language: str, receipts: str
    ) -> None:
        self._server = server
        self._kept = threading.local()
        self._customers: dict[str, str] = {}
        self._sent = itertools.count(1)
        self._hello: Message = {
            "protocol": 1,
            "implementation": {"name": name, "version": version, "language": language},
            "capabilities": {
                "operations": ["charge", "refund"],
                "observations": ["ledger", "health"],
                "vectors": [],
                "clock": "none",
                "concurrent": True,
                "faults": ["crash", "restart"],
                "nodes": [NODE],
                "receipts": receipts,
                "quota": "none",
                "balance": "none",
            },
            # One name space of keys for whoever holds the API key, as the imitated service has it.
            "choices": {"key_scope": "global"},
            "limits": {"max_line": 1_048_576, "max_in_flight": 8, "money_scale": 2},
        }

    def declare(self, operations: list[str]) -> None:
        """Declare other operations than charges and refunds, so that nothing else is asked for."""
        capabilities = inner(self._hello, "capabilities")
        self._hello = {**self._hello, "capabilities": {**capabilities, "operations": operations}}

    def answer(self, message: Message) -> Message:
        """Return the reply to a message, without ``seq``."""
        match message.get("cmd"):
            case "hello":
                return self._hello
            case "reset":
                return self._reset(message)
            case "op" if message.get("op") in {"charge", "refund"}:
                return self._operate(message)
            case "observe" if message.get("what") == "ledger":
                return self._ledger(str(inner(message, "args").get("customer")))
            case "observe" if message.get("what") == "health":
                return self._health()
            case "fault":
                return self._fault(str(message.get("fault")))
            case "bye":
                return {"ok": True}
            case _:
                return {"outcome": "unsupported"}

    def make_customer(self, name: str) -> str:
        """Make a customer who can be charged and return the server's name for it."""
        return self.made("/v1/customers", {"source": "tok_visa", "description": name})

    def made(self, path: str, form: dict[str, str]) -> str:
        """Make an object and return its id.

        Raises:
            NotStartedError: The server refuses, so no world can be made.
        """
        status, document, _ = self.ask("POST", path, form)
        if status != 200:
            raise NotStartedError(f"POST {path}: {status} {document}")
        return str(document["id"])

    def ask(self, method: str, path: str, form: dict[str, str], key: str = "") -> tuple[int, Message, str]:
        """Return status, document and text of a reply.

        Raises:
            LostReplyError: None came.
        """
        headers = {"Authorization": f"Basic {_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
        if key:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("localhost", self._server.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, urlencode(form) if form else None, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise LostReplyError(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        try:
            document: object = json.loads(text)
        except ValueError:
            document = {"text": text[:300]}
        return response.status, document if isinstance(document, dict) else {}, text

    def _reset(self, message: Message) -> Message:
        self._server.start()
        for account in listed(inner(message, "world"), "accounts"):
            name = str(account["customer"])
            self._customers[name] = self.make_customer(name)
        return {"ok": True, "world": inner(message, "world").get("id")}

    def _operate(self, message: Message) -> Message:
        given, key = inner(message, "args"), str(message.get("idem", ""))
        currency = str(given.get("currency", "USD"))
        form = {
            "amount": _minor(str(given.get("amount", "0")), currency),
            "metadata[customer]": str(given.get("customer")),
            "metadata[key]": key,
            "metadata[sent]": str(next(self._sent)),
        }
        if message["op"] == "charge":
            customer = self._customers.get(str(given.get("customer")), "cus_unknown")
            form |= {"currency": currency.lower(), "customer": customer}
            form["metadata[entitlement]"] = str(given.get("entitlement", ""))
            status, document, text = self.ask("POST", "/v1/charges", form, key)
        else:
            form["charge"] = str(given.get("charge"))
            status, document, text = self.ask("POST", "/v1/refunds", form, key)
        if status == 200:
            value: Message = {"id": document.get("id")}
            if message["op"] == "charge":
                value["status"] = "accepted"
            return {"outcome": "ok", "value": value, "receipt": text}
        return _refusal(status, document)

    def _ledger(self, customer: str) -> Message:
        found: list[tuple[int, Message]] = []
        for kind, path in (("debit", "/v1/charges"), ("refund", "/v1/refunds")):
            status, document, _ = self.ask("GET", f"{path}?limit=100000", {})
            if status != 200:
                raise LostReplyError(f"GET {path}: {status}")
            for item in listed(document, "data"):
                metadata = inner(item, "metadata")
                if metadata.get("customer") == customer and item.get("status") == "succeeded":
                    found.append((int(str(metadata["sent"])), _entry(kind, item, metadata)))
        return {"outcome": "ok", "value": {"entries": [entry for _, entry in sorted(found, key=_place)]}}

    def _health(self) -> Message:
        if not self._server.boot_id:
            return {"outcome": "unknown", "detail": "the server is down"}
        return {"outcome": "ok", "value": {"boot_id": self._server.boot_id, "role": "leader"}}

    def _fault(self, fault: str) -> Message:
        if fault == "crash":
            return {"ok": True, "evidence": {"killed": self._server.kill()}}
        if fault != "restart":
            return {"outcome": "unsupported"}
        try:
            self._server.start()
        except NotStartedError as error:
            return {"ok": False, "detail": str(error)}
        return {"ok": True, "evidence": {"boot_id": self._server.boot_id}}


def _place(placed: tuple[int, Message]) -> int:
    return placed[0]


def _entry(kind: str, item: Message, metadata: Message) -> Message:
    currency = str(item["currency"]).upper()
    entry: Message = {
        "id": item["id"],
        "kind": kind,
        "amount": _major(int(str(item["amount"])), currency),
        "currency": currency,
        "key": metadata.get("key", ""),
    }
    if kind == "refund":
        entry["refers_to"] = item["charge"]
    elif metadata.get("entitlement"):
        entry["entitlement"] = metadata["entitlement"]
    return entry


def _refusal(status: int, document: Message) -> Message:
    error = inner(document, "error")
    told = str(error.get("message") or document)[:300]
    if status >= 500:
        return {"outcome": "unknown", "detail": f"{status}: {told}"}
    code = "OTHER"
    if error.get("type") == "idempotency_error":
        code = "KEY_REUSED"
    elif any(words in told for words in _REFUND_WORDS):
        code = "REFUND_ABOVE_CAPTURE"
    elif status == 404:
        code = "NOT_FOUND"
    elif status == 400:
        code = "BAD_AMOUNT" if error.get("param") == "amount" else "MALFORMED"
    return {"outcome": "rejected", "code": code, "detail": told}


def _minor(amount: str, currency: str) -> str:
    """Return an amount in minor units; what has a finer part is sent as it is, for the server to refuse."""
    decimals = _DECIMALS.get(currency, 2)
    whole, _, part = amount.lstrip("-").partition(".")
    if len(part) > decimals:
        return amount
    units = int(whole + part.ljust(decimals, "0"))
    return f"-{units}" if amount.startswith("-") else str(units)


def _major(units: int, currency: str) -> str:
    decimals = _DECIMALS.get(currency, 2)
    whole, part = divmod(abs(units), 10**decimals)
    text = f"{whole}.{part:0{decimals}d}".rstrip("0").rstrip(".") if decimals else str(whole)
    return f"-{text}" if units < 0 else text
