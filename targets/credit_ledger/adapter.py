"""The adapter for credit-ledger; ``install.sh`` beside it installs the package.

It runs with the interpreter of the package's own environment, starts a PostgreSQL server of its own, and
kills server and library together. A charge is the library's ``decrement``, a top-up or credit its ``grant``.
The library returns no id of what it wrote; the adapter looks the row up by its key.
"""

import json
import socket
from pathlib import Path
from sys import executable
from typing import Final

import psycopg

from targets.postgres.cluster import Cluster, ClusterError
from targets.processes import NotStartedError, ServerProcess, free_port
from targets.stdio import LostReplyError, Message, inner, listed, serve

FOLDER: Final = Path(__file__).resolve().parent
ROOT: Final = FOLDER.parents[1]
VERSION: Final = "0.3.0"
WORKERS: Final = 8
CALLS: Final = {"charge": "decrement", "top_up": "grant", "credit": "grant"}
CURRENCY: Final = "USD"
"""Credits have no currency; this is the one of the worlds that the kit makes."""

HELLO: Final[Message] = {
    "protocol": 1,
    "implementation": {"name": "credit-ledger", "version": VERSION, "language": "Python"},
    "capabilities": {
        "operations": sorted(CALLS),
        "observations": ["balance", "ledger", "health"],
        "vectors": [],
        "clock": "none",
        "concurrent": True,
        "faults": ["crash", "restart"],
        "nodes": ["machine"],
        "receipts": "none",
        "quota": "none",
        "balance": "none",
    },
    "choices": {"refusals": "retryable"},
    "limits": {"max_line": 1_048_576, "max_in_flight": WORKERS, "money_scale": 4},
}


class Adapter:
    """Drives the library in its process, on its server."""

    def __init__(self) -> None:
        self._cluster = Cluster()
        self._cluster.start()
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute((FOLDER / "schema.sql").read_bytes())
        port = free_port()
        url = f"postgresql+psycopg://app@/postgres?host={self._cluster.folder}"
        command = [executable, str(FOLDER / "worker.py"), str(port), url]
        self._worker = ServerProcess(command, port, cwd=self._cluster.folder, env={"PYTHONPATH": str(ROOT)})
        self._worker.start()

    def stop(self) -> None:
        """Kill both and remove their files."""
        self._worker.kill()
        self._cluster.remove()

    def answer(self, message: Message) -> Message:
        """Return the reply to a message, without ``seq``."""
        given = inner(message, "args")
        match message.get("cmd"):
            case "hello":
                return HELLO
            case "reset":
                return self._reset(message)
            case "op" if message.get("op") in CALLS:
                return self._operate(str(message["op"]), given, str(message.get("idem", "")))
            case "observe" if message.get("what") in {"balance", "ledger", "health"}:
                return self._observe(str(message["what"]), str(given.get("customer", "")))
            case "fault" if message.get("fault") in {"crash", "restart"}:
                return self._fault(str(message["fault"]))
            case "bye":
                return {"ok": True}
            case _:
                return {"outcome": "unsupported"}

    @property
    def _address(self) -> str:
        return self._cluster.address()

    def _reset(self, message: Message) -> Message:
        world = inner(message, "world")
        for account in listed(world, "accounts"):
            balance = str(account.get("balance", "0"))
            if balance.strip("0.-"):
                self._call("grant", str(account["customer"]), balance, "opening")
        return {"ok": True, "world": world.get("id")}

    def _operate(self, operation: str, given: Message, key: str) -> Message:
        customer, amount = str(given.get("customer")), str(given.get("amount"))
        reply = self._call(CALLS[operation], customer, amount, str(given.get("entitlement", operation)), key)
        if "refused" in reply:
            return {"outcome": "rejected", "code": "BAD_AMOUNT", "detail": str(reply["refused"])[:300]}
        if reply["ok"] is not True:
            return {"outcome": "rejected", "code": "INSUFFICIENT_BALANCE"}
        value: Message = {"id": self._id_of(customer, key), "balance_after": _plain(reply["balance"])}
        if operation == "charge":
            value["status"] = "accepted"
        return {"outcome": "ok", "value": value}

    def _call(self, call: str, tenant: str, amount: str, reason: str, key: str = "") -> Message:
        request = {"call": call, "tenant": tenant, "amount": amount, "reason": reason, "key": key}
        try:
            with socket.create_connection(("127.0.0.1", self._worker.port), timeout=10) as connection:
                connection.sendall(json.dumps(request).encode("utf-8") + b"\n")
                line = connection.makefile("rb").readline()
        except OSError as error:
            raise LostReplyError(f"{type(error).__name__}: {error}") from error
        if not line:
            raise LostReplyError("the library raised an error, see the end of its log")
        reply: Message = json.loads(line)
        return reply

    def _id_of(self, customer: str, key: str) -> str:
        query = "SELECT id FROM credit_ledger WHERE tenant_id = %s AND idempotency_key = %s"
        rows = self._rows(query, customer, key)
        if not rows:
            raise LostReplyError("acknowledged, and no row has this key")
        return str(rows[0][0])

    def _observe(self, what: str, customer: str) -> Message:
        if what == "health":
            if not self._worker.boot_id:
                return {"outcome": "unknown", "detail": "it is down"}
            return {"outcome": "ok", "value": {"boot_id": self._worker.boot_id, "role": "leader"}}
        if what == "balance":
            rows = self._rows("SELECT credits FROM credit_balance WHERE tenant_id = %s", customer)
            balance = _plain(rows[0][0]) if rows else "0"
            return {"outcome": "ok", "value": {"balance": balance, "currency": CURRENCY}}
        query = (
            "SELECT id, delta, reason, idempotency_key, balance_after FROM credit_ledger"
            " WHERE tenant_id = %s ORDER BY position"
        )
        entries = [_entry(*row) for row in self._rows(query, customer)]
        return {"outcome": "ok", "value": {"entries": entries}}

    def _rows(self, query: str, *values: str) -> list[tuple[object, ...]]:
        try:
            with psycopg.connect(self._address) as connection:
                return connection.execute(query.encode("utf-8"), values).fetchall()
        except psycopg.OperationalError as error:
            raise LostReplyError(str(error)) from error

    def _fault(self, fault: str) -> Message:
        if fault == "crash":
            killed = [self._worker.kill(), self._cluster.pid]
            self._cluster.kill()
            return {"ok": True, "evidence": {"killed": killed}}
        try:
            if not self._cluster.pid:
                self._cluster.start()
            self._worker.start()
        except (ClusterError, NotStartedError) as error:
            return {"ok": False, "detail": str(error)}
        return {"ok": True, "evidence": {"boot_id": self._worker.boot_id}}


def _entry(identity: object, delta: object, reason: object, key: object, balance_after: object) -> Message:
    amount = _plain(delta)
    entry: Message = {
        "id": str(identity),
        "kind": "debit" if amount.startswith("-") else "credit",
        "amount": amount.lstrip("-"),
        "currency": CURRENCY,
        "balance_after": _plain(balance_after),
    }
    if key is not None:
        entry["key"] = str(key)
    if reason not in {"opening", "top_up", "credit"}:
        entry["entitlement"] = str(reason)
    elif reason == "top_up":
        entry["kind"] = "top_up"
    return entry


def _plain(value: object) -> str:
    """Return a number of the database without superfluous zeros."""
    text = str(value)
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def main() -> None:
    """Answer messages until ``bye`` or the end of input."""
    adapter = Adapter()
    try:
        serve(adapter.answer, WORKERS)
    finally:
        adapter.stop()


if __name__ == "__main__":
    main()
