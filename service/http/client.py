"""A small client on plain sockets, for the tools that load or kill the service: fast, and honest about doubt.

A request either has a definite reply or it has not: whatever happens to the connection in between is
``UnknownError``, and the caller sends the same key again.
"""

import json
import socket
import time
from dataclasses import dataclass
from typing import Final

from billproof.model.portable import PortableError

TIMEOUT_SECONDS: Final = 30.0
"""How long a reply may take."""


class UnknownError(PortableError):
    """The connection was lost before a whole reply; whether the request had an effect is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole reply."""

    status: int
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def is_replayed(self) -> bool:
        """Whether it is marked as the answer to a repeated key."""
        return self.headers.get("idempotent-replayed") == "true"


class Client:
    """One connection that is kept alive and made again after a loss."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._buffer = b""

    def post(self, path: str, body: bytes, token: str, key: str | None = None) -> Reply:
        """Send a POST with a JSON body.

        Raises:
            UnknownError: There was no whole reply.
        """
        return self.send("POST", path, token, body, key)

    def get(self, path: str, token: str) -> Reply:
        """Send a GET.

        Raises:
            UnknownError: There was no whole reply.
        """
        return self.send("GET", path, token, b"", None)

    def send(self, method: str, path: str, token: str, body: bytes, key: str | None) -> Reply:
        """Send a request and read its reply.

        Raises:
            UnknownError: There was no whole reply.
        """
        head = f"{method} {path} HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer {token}\r\n"
        if key is not None:
            head += f"Idempotency-Key: {key}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._address, TIMEOUT_SECONDS)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._buffer = b""
            self._socket.sendall(head.encode("latin-1") + b"\r\n" + body)
            return self._read()
        except (OSError, ValueError) as error:
            self.close()
            raise UnknownError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read(self) -> Reply:
        head, rest = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers["content-length"])
        while len(rest) < length:
            rest += self._receive()
        self._buffer = rest[length:]
        if headers.get("connection") == "close":
            self.close()
        return Reply(status=int(first.split(" ", 2)[1]), headers=headers, body=rest[:length])

    def _until(self, mark: bytes) -> tuple[bytes, bytes]:
        data = self._buffer
        while mark not in data:
            data += self._receive()
        head, _, rest = data.partition(mark)
        return head, rest

    def _receive(self) -> bytes:
        assert self._socket is not None
        piece = self._socket.recv(65_536)
        if not piece:
            raise OSError("the connection was closed")
        return piece


def event(amount: str, entitlement: str = "api", **members: str) -> bytes:
    """Return the body of an event of 2026-11."""
    document = {
        "amount": amount, "currency": "USD", "entitlement": entitlement,
        "event_time": "2026-11-01T00:00:00Z", **members,
    }  # fmt: skip
    return json.dumps(document).encode("utf-8")


def wait_until_ready(host: str, port: int, seconds: float) -> float:
    """Wait until the service takes requests, and return how long that took.

    Raises:
        TimeoutError: It does not within ``seconds``.
    """
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        client = Client(host, port)
        try:
            if client.get("/ready", "none").status == 200:
                return time.monotonic() - start
        except UnknownError:
            time.sleep(0.01)
        finally:
            client.close()
    raise TimeoutError(f"the service is not ready after {seconds} s")
