"""The adapter: JSON lines of the conformance protocol in, HTTP of the application out.

It starts a server and an application of its own, passes on what the kit asks, and translates the replies.
It decides nothing about billing.

Source: ``docs/conformance-protocol.md``.
"""

from collections.abc import Callable
from typing import Final

from targets.postgres.client import Answer, Client
from targets.postgres.cluster import ClusterError
from targets.postgres.declaration import HELLO
from targets.postgres.deployment import NODES, TAMPERING, Deployment, NotStartedError
from targets.stdio import Message, inner, listed, serve

WORKERS: Final = 16
"""Messages that are worked on at once."""

CODES: Final = {
    "key_reused": "KEY_REUSED",
    "quota_exceeded": "QUOTA_EXCEEDED",
    "account_held": "ACCOUNT_HELD",
    "insufficient_balance": "INSUFFICIENT_BALANCE",
    "period_closed": "PERIOD_CLOSED",
    "bad_amount": "BAD_AMOUNT",
    "bad_currency": "BAD_CURRENCY",
    "bad_period": "BAD_PERIOD",
    "refund_above_capture": "REFUND_ABOVE_CAPTURE",
    "receipt_disputed": "RECEIPT_DISPUTED",
    "unknown_customer": "NOT_FOUND",
    "unknown_receipt": "NOT_FOUND",
    "not_found": "NOT_FOUND",
    "malformed": "MALFORMED",
    "busy": "BUSY",
    "unavailable": "BUSY",
}
"""The protocol's word for each refusal."""

KINDS: Final = frozenset(
    {"debit", "refund", "void", "chargeback", "credit", "adjustment", "top_up", "refusal"}
)
"""The kinds of entries that the protocol names; the others are ``other``."""


class Adapter:
    """Answers messages, several at a time."""

    def __init__(self) -> None:
        self._deployment = Deployment()
        self._client = Client(lambda: self._deployment.port)
        self._now: str | None = None
        self._heads: object = []

    def start(self) -> None:
        """Start what is tested."""
        self._deployment.start()

    def stop(self) -> None:
        """Stop it and remove its files."""
        self._deployment.remove()

    def answer(self, message: Message) -> Message:
        """Return the reply to a message, without ``seq``."""
        handlers: dict[str, Callable[[Message], Message]] = {
            "hello": lambda _: dict(HELLO),
            "reset": self._reset,
            "op": self._operate,
            "observe": self._observe,
            "clock": self._clock,
            "fault": self._fault,
            "bye": lambda _: {"ok": True},
        }
        handler = handlers.get(str(message.get("cmd")))
        if handler is None:
            return {"outcome": "unsupported"}
        return handler(message)

    def _reset(self, message: Message) -> Message:
        world = inner(message, "world")
        self._deployment.empty()
        self._heads = []
        self._set_clock(str(message["now"]))
        accounts = world.get("accounts")
        for account in accounts if isinstance(accounts, list) else []:
            self._open(account, str(message["now"]))
        return {"ok": True, "world": world.get("id")}

    def _open(self, account: Message, now: str) -> None:
        customer, balance = account["customer"], str(account.get("balance", "0"))
        body: Message = {
            "customer": customer,
            "currency": account["currency"],
            "period": now[:7],
            "terms": _terms(account),
        }
        opened = [self._client.post("/v1/operations/open_account", body, "opening-account")]
        if balance.strip("-0.") != "":
            operation = "adjustment" if balance.startswith("-") else "top_up"
            paid = {"customer": customer, "amount": balance.lstrip("-"), "currency": account["currency"]}
            opened.append(self._client.post(f"/v1/operations/{operation}", paid, "opening-balance"))
        for answer in opened:
            if answer.status != 201:
                raise RuntimeError(f"account {customer} was not opened: {answer.document}")

    def _operate(self, message: Message) -> Message:
        operation, given = str(message.get("op")), inner(message, "args")
        if operation not in HELLO["capabilities"]["operations"]:
            return {"outcome": "unsupported"}
        if operation == "audit":
            return self._audit(given)
        if operation == "reconcile":
            answer = self._client.post("/v1/reconciliation", {"repair": True})
            return _value(answer, lambda value: {"differences": str(len(listed(value, "differences")))})
        body: Message = {
            name: value for name, value in given.items() if name not in {"charge", "hold", "claim"}
        }
        named = given.get("charge", given.get("hold"))
        if named is not None:
            seq = _seq_of(named, given.get("customer"))
            if seq is None:
                return {"outcome": "rejected", "code": "NOT_FOUND"}
            body["refers_to"] = seq
        if operation == "dispute":
            asked = {"claim": given.get("claim"), "customer": given.get("customer"), "seq": body["refers_to"]}
            return _value(self._client.post("/v1/disputes", asked))
        if operation == "change_terms":
            body = {"customer": given.get("customer"), "terms": _terms(given)}
        answer = self._client.post(f"/v1/operations/{operation}", body, str(message.get("idem", "")))
        return _outcome(answer, str(given.get("customer")))

    def _audit(self, given: Message) -> Message:
        asked: Message = {"heads": self._heads}
        if given.get("records") is not None:
            asked = {"records": given["records"], "anchor": str(given.get("anchor", ""))}
        answer = self._client.post("/v1/audit", asked)
        if answer.status != 200:
            return _refusal(answer)
        value = inner(answer.document, "value")
        findings = listed(value, "findings")
        if findings:
            return {"outcome": "rejected", "code": findings[0]["code"], "detail": findings[0]["reason"]}
        return {"outcome": "ok", "value": {"entries": str(value["entries"])}}

    def _observe(self, message: Message) -> Message:
        what, given = str(message.get("what")), inner(message, "args")
        customer = str(given.get("customer", ""))
        if what not in HELLO["capabilities"]["observations"]:
            return {"outcome": "unsupported"}
        match what:
            case "balance":
                return _value(self._client.get("v1", "customers", customer, "balance"))
            case "ledger":
                return _value(
                    self._client.get("v1", "customers", customer, "ledger"),
                    lambda value: {"entries": [_entry(line, customer) for line in listed(value, "lines")]},
                )
            case "receipts":
                return self._receipts(customer)
            case "quota":
                asked = {name: str(given.get(name, "")) for name in ("entitlement", "period")}
                return _value(
                    self._client.get("v1", "customers", customer, "usage", **asked), lambda value: value
                )
            case "invoice":
                period = [str(given["period"])] if "period" in given else []
                return _value(
                    self._client.get("v1", "customers", customer, "invoices", *period), lambda value: value
                )
            case "checkpoint":
                return _value(self._client.post("/v1/checkpoints", {}), self._checkpoint)
            case "export":
                return _value(self._client.post("/v1/exports", {"customer": customer}))
            case _:
                return self._health(str(message.get("at") or NODES[0]))

    def _receipts(self, customer: str) -> Message:
        keys = self._client.get(".well-known", "jwks.json")
        jwks = keys.document.get("value")
        return _value(
            self._client.get("v1", "customers", customer, "ledger"),
            lambda value: {"receipts": [line["jws"] for line in listed(value, "lines")], "jwks": jwks},
        )

    def _checkpoint(self, value: Message) -> Message:
        self._heads = value["heads"]
        note = str(value["note"])
        heads = [
            {"customer": head["customer"], "seq": str(head["seq"]), "digest": head["head"]}
            for head in listed(value, "heads")
        ]
        return {"note": note, "size": note.split("\n")[1], "heads": heads}

    def _health(self, node: str) -> Message:
        boot = self._deployment.boot_id(node) if node in NODES else ""
        if not boot:
            return {"outcome": "unknown", "detail": f"{node} is down"}
        now = inner(self._client.get("health").document, "value")["now"]
        return {"outcome": "ok", "value": {"boot_id": boot, "role": "leader", "now": now}}

    def _clock(self, message: Message) -> Message:
        if message.get("set") is not None:
            now = self._set_clock(str(message["set"]))
        else:
            body = {"advance_ms": str(message.get("advance_ms", "0"))}
            now = self._moved(self._client.post("/v1/clock", body))
        return {"ok": True, "now": now}

    def _set_clock(self, now: str) -> str:
        return self._moved(self._client.post("/v1/clock", {"now": now}))

    def _moved(self, answer: Answer) -> str:
        self._now = str(inner(answer.document, "value")["now"])
        return self._now

    def _fault(self, message: Message) -> Message:
        fault, node = str(message.get("fault")), str(message.get("node") or NODES[0])
        if node not in NODES:
            return {"outcome": "unsupported"}
        evidence: Message = {"node": node}
        match fault:
            case "crash":
                evidence["killed"] = self._deployment.kill(node)
            case "restart":
                try:
                    self._deployment.restart(node)
                except (ClusterError, NotStartedError) as error:
                    return {"ok": False, "detail": str(error)}
                if self._now is not None:
                    self._set_clock(self._now)
            case "pause" | "resume":
                evidence["pid"] = self._deployment.pause(is_paused=fault == "pause")
            case "tamper":
                what = str(inner(message, "args").get("what"))
                if what not in TAMPERING:
                    return {"outcome": "unsupported"}
                evidence["edited"] = self._deployment.tamper(what) > 0
            case "diverge":
                customer = str(inner(message, "args").get("customer"))
                evidence["edited"] = self._deployment.diverge(customer) > 0
            case _:
                return {"outcome": "unsupported"}
        return {"ok": True, "evidence": evidence}


def _outcome(answer: Answer, customer: str) -> Message:
    document = answer.document
    if answer.status != 201:
        return _refusal(answer)
    value: Message = {"id": f"{customer}/{document['seq']}", "seq": str(document["seq"])}
    value["status"] = document["code"]
    return {"outcome": "ok", "value": value, "receipt": document["receipt"]}


def _refusal(answer: Answer) -> Message:
    code = str(answer.document.get("code"))
    if answer.status >= 500 and code not in CODES:
        return {"outcome": "unknown", "detail": str(answer.document)[:300]}
    reply: Message = {"outcome": "rejected", "code": CODES.get(code, "OTHER"), "detail": code}
    if "receipt" in answer.document:
        reply["receipt"] = answer.document["receipt"]
    return reply


def _value(answer: Answer, translated: Callable[[Message], object] = dict) -> Message:
    if answer.status != 200:
        return _refusal(answer)
    return {"outcome": "ok", "value": translated(inner(answer.document, "value"))}


def _entry(line: Message, customer: str) -> Message:
    entry: Message = {
        name: line[name]
        for name in (
            "amount",
            "currency",
            "entitlement",
            "period",
            "balance_after",
            "event_time",
            "commit_time",
        )
    }
    entry["digest"], entry["prev"] = line["digest"], line["prev"]
    entry["id"] = f"{customer}/{line['seq']}"
    entry["seq"] = str(line["seq"])
    entry["key"] = line["idempotency_key"]
    entry["kind"] = line["kind"] if line["kind"] in KINDS else "other"
    if line["refers_to"] is not None:
        entry["refers_to"] = f"{customer}/{line['refers_to']}"
    return entry


def _terms(given: Message) -> Message:
    return {name: given[name] for name in ("account", "credit_limit", "quota", "limit")}


def _seq_of(named: object, customer: object) -> int | None:
    owner, _, seq = str(named).rpartition("/")
    return int(seq) if owner == customer and seq.isdecimal() else None


def main() -> None:
    """Answer messages until ``bye`` or the end of input."""
    adapter = Adapter()
    try:
        adapter.start()
        serve(adapter.answer, WORKERS)
    finally:
        adapter.stop()


if __name__ == "__main__":
    main()
