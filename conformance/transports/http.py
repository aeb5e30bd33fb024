"""An adapter over HTTP: the kit's own routes, or the product's routes by a mapping file.

With the kit's routes, ``POST /conformance/v1/CMD`` takes and returns the same objects as any transport.
With a mapping file the kit is the adapter itself (``mapping``), and only the requests are the
product's.

A connection that breaks after the request was written leaves its outcome unknown: that is said of the
product in ``op`` and ``observe``, never as a refusal. For the kit's own routes a broken connection is
the adapter's.
"""

import http.client
import json
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from billproof.conformance.documents import Document
from billproof.conformance.errors import AdapterError, Fault, KitInputError
from billproof.conformance.messages import LINE_BYTES_MAX
from billproof.conformance.transports.in_process import InProcess
from billproof.conformance.transports.transport import REPLY_SECONDS, Gate, check_sequence
from billproof.model.canonical import JsonInputError, parse_json

PREFIX: Final = "/conformance/v1/"
"""What the kit's own routes begin with."""


class Http:
    """Posts messages to the kit's own routes, or hands them to a mapping."""

    name = "http"

    def __init__(self, url: str, mapping: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise KitInputError(url, "", "is no URL", "write http://HOST:PORT")
        self._host, self._port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        self._is_secure = parts.scheme == "https"
        self._base = parts.path.rstrip("/")
        self._gate = Gate()
        self._line_bytes = LINE_BYTES_MAX
        self._mapped: InProcess | None = None
        if mapping is not None:
            # Imported here: a mapping is an adapter, and an adapter may need any transport.
            from billproof.conformance.mapping import MappedAdapter, read_mapping

            self._mapped = InProcess(MappedAdapter(self._host, self._port, self._base, read_mapping(mapping)))

    def call(self, message: Document, seconds: float = REPLY_SECONDS) -> Document:
        """Post a message and return its reply."""
        if self._mapped is not None:
            return self._mapped.call(message, seconds)
        with self._gate.entered() as sequence:
            return check_sequence(self._post({**message, "seq": sequence}, seconds), sequence, "")

    def _post(self, message: Document, seconds: float) -> Document:
        command = str(message.get("cmd"))
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=seconds)
        try:
            body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
            headers = {"Content-Type": "application/json"}
            connection.request("POST", f"{self._base}{PREFIX}{command}", body, headers)
            response = connection.getresponse()
            answer = response.read(self._line_bytes + 1)
        except TimeoutError as error:
            raise AdapterError(
                Fault.HUNG, f"no reply to {command} within {seconds:g} s", "answer unknown in time"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            fault = Fault.NOT_STARTED if command == "hello" else Fault.CRASHED
            raise AdapterError(
                fault,
                f"{command}: {type(error).__name__}: {error}",
                "check the address, and the adapter's log",
            ) from error
        finally:
            connection.close()
        return self.read(answer, response.status, command)

    def read(self, answer: bytes, status: int, command: str) -> Document:
        """Return the reply that the bytes of an answer are.

        Raises:
            AdapterError: They are none.
        """
        if len(answer) > self._line_bytes:
            raise AdapterError(
                Fault.TOO_LONG, f"a reply longer than {self._line_bytes} bytes", "answer in fewer bytes"
            )
        if status != 200:
            raise AdapterError(
                Fault.MALFORMED, f"status {status} for {command}",
                "answer 200 with a reply of the protocol, or use --map for the product's own routes",
            )  # fmt: skip
        try:
            reply = parse_json(answer, "reply")
        except JsonInputError as error:
            raise AdapterError(Fault.MALFORMED, str(error), "answer one JSON object") from error
        if not isinstance(reply, dict):
            raise AdapterError(Fault.MALFORMED, "a reply that is no object", "answer one JSON object")
        return reply

    def allow(self, in_flight: int, line_bytes: int) -> None:
        """Take over the limits that the adapter has declared."""
        self._gate.allow(in_flight)
        self._line_bytes = line_bytes
        if self._mapped is not None:
            self._mapped.allow(in_flight, line_bytes)

    def log(self) -> str:
        """Return nothing: there is no stderr."""
        return ""

    def close(self) -> None:
        """Say bye."""
        if self._mapped is not None:
            self._mapped.close()
