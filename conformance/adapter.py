"""An adapter in Python: the class to derive from, and the loop that serves one over JSON lines.

An adapter has six methods, one for each command but ``bye``. Each takes the message and returns the reply,
without ``seq``, which the transport adds. ``BaseAdapter`` answers ``unsupported`` to whatever is not
overridden, so an adapter starts with ``hello``, ``reset`` and ``op`` and grows.

The same class runs inside the kit's process (``python:MODULE:CLASS``) and as a process of its own that ends
with ``serve(MyAdapter())`` (``exec:python my_adapter.py``).

Source: ``conformance.md`` section 2.
"""

import contextlib
import json
import os
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Final, Protocol

from billproof.conformance.documents import Document, Value, text_of
from billproof.model.canonical import JsonInputError, parse_json

COMMANDS: Final = ("hello", "reset", "op", "observe", "clock", "fault", "bye")
"""Every command of the protocol."""


class Adapter(Protocol):
    """What the kit drives."""

    def hello(self, message: Document) -> Document:
        """Say what is tested, what it can do, and what the kit has to keep to."""
        ...

    def reset(self, message: Document) -> Document:
        """Make a fresh world: open ``world.accounts``, with nothing of any world before."""
        ...

    def op(self, message: Document) -> Document:
        """Perform ``op`` with ``args`` under the idempotency key ``idem``."""
        ...

    def observe(self, message: Document) -> Document:
        """Tell ``what``, and change nothing."""
        ...

    def clock(self, message: Document) -> Document:
        """Set or advance the product's clock."""
        ...

    def fault(self, message: Document) -> Document:
        """Cause a fault."""
        ...

    def bye(self) -> None:
        """Stop what was started."""
        ...


class BaseAdapter:
    """An adapter that supports nothing yet; override what your product can do."""

    def hello(self, message: Document) -> Document:
        """Say what is tested; override it."""
        del message
        return {
            "protocol": 1,
            "implementation": {"name": type(self).__name__, "version": "0"},
            "capabilities": {"operations": [], "observations": []},
            "choices": {},
            "limits": {},
        }

    def reset(self, message: Document) -> Document:
        """Make a fresh world; override it."""
        del message
        return {"ok": False, "detail": "reset is not implemented"}

    def op(self, message: Document) -> Document:
        """Perform an operation; override it."""
        del message
        return unsupported()

    def observe(self, message: Document) -> Document:
        """Tell something; override it."""
        del message
        return unsupported()

    def clock(self, message: Document) -> Document:
        """Move the clock; override it where the clock can be moved."""
        del message
        return unsupported()

    def fault(self, message: Document) -> Document:
        """Cause a fault; override it where faults can be caused."""
        del message
        return unsupported()

    def bye(self) -> None:
        """Stop what was started."""


def ok(value: Value = None, *, receipt: str = "") -> Document:
    """Return the reply of what took effect, now or before under the same key."""
    reply: Document = {"outcome": "ok", "value": value}
    if receipt:
        reply["receipt"] = receipt
    return reply


def rejected(code: str, *, detail: str = "", receipt: str = "", phase: str = "") -> Document:
    """Return the reply of what has no effect, now or ever."""
    reply: Document = {"outcome": "rejected", "code": code}
    for name, text in (("detail", detail), ("receipt", receipt), ("phase", phase)):
        if text:
            reply[name] = text
    return reply


def unknown(detail: str = "") -> Document:
    """Return the reply of what may have taken effect."""
    return {"outcome": "unknown", "detail": detail}


def unsupported() -> Document:
    """Return the reply to what an adapter does not know."""
    return {"outcome": "unsupported"}


def answer(adapter: Adapter, message: Document) -> Document:
    """Return the reply of an adapter to one message, with the ``seq`` of the message."""
    command = text_of(message, "cmd")
    reply: Document
    if command == "hello":
        reply = adapter.hello(message)
    elif command == "reset":
        reply = adapter.reset(message)
    elif command == "op":
        reply = adapter.op(message)
    elif command == "observe":
        reply = adapter.observe(message)
    elif command == "clock":
        reply = adapter.clock(message)
    elif command == "fault":
        reply = adapter.fault(message)
    elif command == "bye":
        adapter.bye()
        reply = {"ok": True}
    else:
        reply = unsupported()
    return {**reply, "seq": message.get("seq")}


def serve(
    adapter: Adapter, *, in_flight: int = 1, source: IO[bytes] | None = None, sink: IO[bytes] | None = None
) -> None:
    """Answer messages on stdin, one JSON object per line, until ``bye`` or the end of input.

    Anything that the adapter prints goes to stderr from here on, since stdout is the protocol's alone.

    Args:
        adapter: Your adapter.
        in_flight: How many messages are answered at a time; declare the same in ``limits.max_in_flight``.
        source: Where messages come from, stdin unless given.
        sink: Where replies go, stdout unless given.
    """
    reader = source or sys.stdin.buffer
    writer = sink or sys.stdout.buffer
    if sink is None:
        sys.stdout = sys.stderr
    lock = threading.Lock()

    def tell(reply: Document) -> None:
        line = json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
        with lock:
            writer.write(line)
            writer.flush()

    def respond(message: Document) -> None:
        try:
            tell(answer(adapter, message))
        except Exception:  # noqa: BLE001 - an adapter that raises must be seen to fail, not to hang
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(70)

    with ThreadPoolExecutor(in_flight) as pool:
        for line in reader:
            try:
                message = parse_json(line, "message")
            except JsonInputError as error:
                sys.stderr.write(f"not a message: {error}\n")
                continue
            if not isinstance(message, dict):
                sys.stderr.write("not a message: no object\n")
                continue
            if message.get("cmd") == "bye":
                break
            pool.submit(respond, message)
    adapter.bye()
    with contextlib.suppress(OSError):
        tell({"ok": True, "seq": "bye"})
