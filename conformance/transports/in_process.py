"""An adapter in the kit's own process."""

import importlib
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from typing import cast

from billproof.conformance.adapter import Adapter, answer
from billproof.conformance.documents import Document
from billproof.conformance.errors import AdapterError, Fault, KitInputError
from billproof.conformance.transports.transport import REPLY_SECONDS, Gate, check_sequence
from billproof.model.canonical import CanonicalValueError, canonical_bytes


class InProcess:
    """Calls the methods of an adapter, each in a thread of its own so that one that hangs is noticed."""

    def __init__(self, adapter: Adapter, name: str = "in-process") -> None:
        self.name = name
        self._adapter = adapter
        self._gate = Gate()
        self._line_bytes = 1_048_576

    def call(self, message: Document, seconds: float = REPLY_SECONDS) -> Document:
        """Call a method and check that its reply is what could be sent."""
        with self._gate.entered() as sequence:
            result: Future[Document] = Future()
            numbered: Document = {**message, "seq": sequence}
            threading.Thread(target=self._run, args=(numbered, result), daemon=True).start()
            try:
                reply = result.result(seconds)
            except LateError as error:
                raise AdapterError(
                    Fault.HUNG, f"no reply to {message.get('cmd')} within {seconds:g} s",
                    "answer unknown where the product does not answer",
                ) from error  # fmt: skip
            return check_sequence(self._checked(reply), sequence, "")

    def _run(self, message: Document, result: "Future[Document]") -> None:
        try:
            result.set_result(answer(self._adapter, message))
        except Exception as error:  # noqa: BLE001 - whatever it raises is the adapter's fault, and is named
            result.set_exception(
                AdapterError(
                    Fault.CRASHED, f"{message.get('cmd')} raised {type(error).__name__}: {error}",
                    "catch what your product raises and answer unknown",
                )
            )  # fmt: skip

    def _checked(self, reply: object) -> Document:
        try:
            if not isinstance(reply, dict):
                raise CanonicalValueError("$", f"{type(reply).__name__} is no object", "return a dict")
            size = len(canonical_bytes(cast("Document", reply)))
        except CanonicalValueError as error:
            raise AdapterError(
                Fault.MALFORMED,
                f"a reply that is no JSON of the protocol: {error}",
                "return JSON values only",
            ) from error
        if size > self._line_bytes:
            raise AdapterError(
                Fault.TOO_LONG, f"a reply of {size} bytes, beyond {self._line_bytes}", "answer in fewer bytes"
            )
        return cast("Document", reply)

    def allow(self, in_flight: int, line_bytes: int) -> None:
        """Take over the limits that the adapter has declared."""
        self._gate.allow(in_flight)
        self._line_bytes = line_bytes

    def log(self) -> str:
        """Return nothing: what it prints is on the kit's own stderr."""
        return ""

    def close(self) -> None:
        """Tell the adapter that it is over."""
        self._adapter.bye()


def load_adapter(name: str) -> Adapter:
    """Make the adapter that ``MODULE:CLASS`` names.

    Raises:
        KitInputError: There is none of this name, or it is no adapter.
    """
    module, _, attribute = name.rpartition(":")
    if not module or not attribute:
        raise KitInputError(f"python:{name}", "", "names no class", "write python:MODULE:CLASS")
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except Exception as error:
        raise AdapterError(
            Fault.NOT_STARTED, f"python:{name} cannot be made: {type(error).__name__}: {error}",
            "check PYTHONPATH, the name, and that the class needs no arguments",
        ) from error  # fmt: skip
    missing = [method for method in ("hello", "reset", "op", "observe", "clock", "fault", "bye")
               if not callable(getattr(made, method, None))]  # fmt: skip
    if missing:
        raise AdapterError(
            Fault.NOT_STARTED, f"python:{name} has no method {missing[0]}",
            "derive it from billproof.conformance.adapter.BaseAdapter",
        )  # fmt: skip
    return cast("Adapter", made)
