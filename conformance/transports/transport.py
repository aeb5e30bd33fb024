"""What every transport gives: one call, one reply, and an adapter error for everything else.

Calls may come from several threads; a transport lets no more of them through at a time than the adapter has
declared. What the adapter answers to ``hello`` sets that number; before it is one.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from typing import Final, Protocol

from billproof.conformance.documents import Document
from billproof.conformance.errors import AdapterError, Fault

REPLY_SECONDS: Final = 30.0
"""How long a reply may take before the adapter counts as hung."""


class Transport(Protocol):
    """A way to an adapter."""

    name: str
    """For reports: ``in-process``, ``stdio`` or ``http``."""

    def call(self, message: Document, seconds: float = REPLY_SECONDS) -> Document:
        """Send a message, without ``seq``, and return its reply.

        Raises:
            AdapterError: There was no reply that the protocol allows.
        """
        ...

    def allow(self, in_flight: int, line_bytes: int) -> None:
        """Take over the limits that the adapter has declared."""
        ...

    def log(self) -> str:
        """Return the end of what the adapter wrote on stderr."""
        ...

    def close(self) -> None:
        """End the adapter."""
        ...


class Gate:
    """Lets a number of calls through at a time, and numbers them."""

    def __init__(self) -> None:
        self._slots = threading.Semaphore(1)
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.in_flight = 1

    def allow(self, in_flight: int) -> None:
        """Let so many through from now on; nothing may be in flight."""
        self._slots = threading.Semaphore(in_flight)
        self.in_flight = in_flight

    @contextmanager
    def entered(self) -> Generator[str, None, None]:
        """Wait for a slot and yield the ``seq`` of the message."""
        slots = self._slots
        with slots:
            with self._lock:
                number = next(self._numbers)
            yield f"s{number}"


def check_sequence(reply: Document, sequence: str, log: str) -> Document:
    """Return a reply without its ``seq``, which must be that of the message.

    Raises:
        AdapterError: It is another one.
    """
    found = reply.get("seq")
    if found != sequence:
        raise AdapterError(
            Fault.SEQUENCE, f"the reply has seq {found!r}, the message had {sequence!r}",
            "repeat the seq of the message in its reply", log,
        )  # fmt: skip
    return {name: value for name, value in reply.items() if name != "seq"}
