"""A client of the application: one kept connection per thread, and an honest word for a lost reply."""

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from targets.stdio import LostReplyError

TIMEOUT_SECONDS: Final = 10
"""After that a reply counts as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply of the application."""

    status: int
    document: dict[str, object]


class Client:
    """Speaks HTTP to wherever the application listens now."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port
        self._kept = threading.local()

    def get(self, *words: str, **query: str) -> Answer:
        """Read something."""
        path = "/" + "/".join(quote(word, safe="") for word in words)
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None, {})

    def post(self, path: str, body: object, key: str = "") -> Answer:
        """Ask for something, under an idempotency key if it has one."""
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        return self._ask("POST", path, json.dumps(body).encode("utf-8"), headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            document: object = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            self._kept.connection = None
            raise LostReplyError(f"{type(error).__name__}: {error}") from error
        if not isinstance(document, dict):
            raise LostReplyError("the reply is no object")
        return Answer(status=response.status, document=document)

    def _connection(self) -> http.client.HTTPConnection:
        port = self._port()
        kept: object = getattr(self._kept, "connection", None)
        if isinstance(kept, http.client.HTTPConnection) and kept.port == port:
            return kept
        made = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._kept.connection = made
        return made
