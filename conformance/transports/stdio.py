"""An adapter in a process of its own that reads and writes JSON lines.

Theory of operation. One thread reads replies and hands each to the call that waits for its ``seq``; one
drains stderr, keeps its end, and notices a flood. Whatever the process does wrong fails every call that
waits, and every later one, with the same named error, so that no verdict is ever made of it.
"""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import threading
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from pathlib import Path
from typing import Final

from billproof.conformance.documents import Document
from billproof.conformance.errors import AdapterError, Fault
from billproof.conformance.messages import LINE_BYTES_MAX
from billproof.conformance.transports.transport import REPLY_SECONDS, Gate
from billproof.model.canonical import JsonInputError, parse_json

STDERR_BYTES_MAX: Final = 16 * 1_048_576
"""How much an adapter may write on stderr in one run."""

BYE_SECONDS: Final = 5.0
"""How long an adapter may take to end after ``bye``."""

_LOG_LINES: Final = 40


class Stdio:
    """A process that speaks JSON lines on stdin and stdout."""

    name = "stdio"

    def __init__(self, command: str, cwd: Path | None = None) -> None:
        self._gate = Gate()
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[Document]] = {}
        self._failure: AdapterError | None = None
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._line_bytes = LINE_BYTES_MAX
        self._is_closing = False
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command is what the user asked to run, no shell
                shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd=cwd, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise AdapterError(
                Fault.NOT_STARTED, f"exec:{command}: {error}", "check the command and its path"
            ) from error
        self._readers = [
            threading.Thread(target=self._read_replies, daemon=True),
            threading.Thread(target=self._read_log, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def call(self, message: Document, seconds: float = REPLY_SECONDS) -> Document:
        """Write a line and wait for the one that answers it."""
        with self._gate.entered() as sequence:
            result: Future[Document] = Future()
            line = json.dumps({**message, "seq": sequence}, ensure_ascii=False, separators=(",", ":"))
            with self._lock:
                if self._failure is not None:
                    raise self._failure
                self._waiting[sequence] = result
            try:
                self._write(line.encode("utf-8") + b"\n")
                reply = result.result(seconds)
            except LateError as error:
                with self._lock:
                    others = len(self._waiting)
                if others > 1:
                    raise self._fail(
                        Fault.OVERLOADED,
                        f"{others} messages in flight and no reply to {message.get('cmd')} within"
                        f" {seconds:g} s, where max_in_flight is {self._gate.in_flight}",
                        "declare no more than the adapter can answer at a time",
                    ) from error
                raise self._fail(
                    Fault.HUNG, f"no reply to {message.get('cmd')} within {seconds:g} s",
                    "answer unknown where the product does not answer",
                ) from error  # fmt: skip
            finally:
                with self._lock:
                    self._waiting.pop(sequence, None)
            return {name: value for name, value in reply.items() if name != "seq"}

    def _write(self, line: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        try:
            with self._lock:
                stream.write(line)
                stream.flush()
        except (OSError, ValueError):
            self._ended()
            assert self._failure is not None
            raise self._failure from None

    def _read_replies(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            line = stream.readline(self._line_bytes + 2)
            if not line:
                self._ended()
                return
            if len(line) > self._line_bytes + 1:
                self._fail(
                    Fault.TOO_LONG, f"a line longer than {self._line_bytes} bytes", "answer in fewer bytes"
                )
                return
            if not self._take(line):
                return

    def _take(self, line: bytes) -> bool:
        shown = line[:120].decode("utf-8", "backslashreplace").rstrip("\n")
        try:
            reply = parse_json(line, "reply")
        except JsonInputError as error:
            self._fail(
                Fault.MALFORMED, f"the line {shown!r}: {error.problem}", "write one JSON object per line"
            )
            return False
        if not isinstance(reply, dict):
            self._fail(Fault.MALFORMED, f"the line {shown!r} is no object", "write one JSON object per line")
            return False
        sequence = reply.get("seq")
        with self._lock:
            waiting = self._waiting.pop(sequence, None) if isinstance(sequence, str) else None
        if waiting is None:
            if self._is_closing:
                return True
            self._fail(
                Fault.SEQUENCE, f"a reply with seq {sequence!r}, which no message waits for",
                "answer each message once, with its own seq",
            )  # fmt: skip
            return False
        waiting.set_result(reply)
        return True

    def _read_log(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        size = 0
        while True:
            piece = stream.readline(65_536)
            if not piece:
                return
            size += len(piece)
            self._log.append(piece.decode("utf-8", "replace").rstrip("\n")[:2_000])
            if size > STDERR_BYTES_MAX:
                self._fail(
                    Fault.FLOODED, f"more than {STDERR_BYTES_MAX} bytes on stderr",
                    "log less, or to a file of your own",
                )  # fmt: skip
                self._kill()
                return

    def _ended(self) -> None:
        if self._is_closing:
            return
        try:
            code: int | None = self._process.wait(2)
        except subprocess.TimeoutExpired:
            code = None
        how = "closed its stdout" if code is None else f"ended with exit code {code}"
        self._readers[1].join(1)
        self._fail(Fault.CRASHED, f"the process {how}", "see the end of its stderr")

    def _fail(self, fault: Fault, problem: str, remedy: str) -> AdapterError:
        error = AdapterError(fault, problem, remedy, self.log())
        with self._lock:
            if self._failure is None:
                self._failure = error
            waiting = list(self._waiting.values())
            self._waiting.clear()
            failure = self._failure
        for future in waiting:
            if not future.done():
                future.set_exception(failure)
        return failure

    def allow(self, in_flight: int, line_bytes: int) -> None:
        """Take over the limits that the adapter has declared."""
        self._gate.allow(in_flight)
        self._line_bytes = line_bytes

    def log(self) -> str:
        """Return the end of its stderr."""
        return "\n".join(self._log)

    def close(self) -> None:
        """Say bye, and end whatever does not end by itself."""
        self._is_closing = True
        with contextlib.suppress(AdapterError, OSError):
            self._write(b'{"cmd":"bye","seq":"bye"}\n')
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            # One that has failed already is not waited for.
            self._process.wait(BYE_SECONDS if self._failure is None else 0)
        self._kill()
        for reader in self._readers:
            reader.join(1)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _kill(self) -> None:
        # The whole session, so that a product which the adapter has started does not outlive the run.
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
