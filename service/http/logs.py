"""Structured logs: one JSON object per line on stderr, with trace and span, without anybody's data.

What may be logged is listed here by name; everything else - bodies, tokens, customers, keys, paths with
identifiers - has no way into a line.

Choices: no library of logging. The one that was used here took a quarter of a cold start, for one line of
JSON per request.

Source: ``claims.md`` LF-01 (trace ids), SE-6 (no sensitive data in logs); W3C Trace Context.
"""

import json
import random
import re
import secrets
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TextIO

# An id must be unique and need not be secret; asking the system for each costs two calls per request.
_IDS: Final = random.Random(secrets.randbits(256))  # noqa: S311 - no secret

_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")

FIELDS: Final = frozenset(
    {
        "address", "code", "design", "duration_ms", "error", "event", "level", "method", "operations",
        "parent_id", "port", "replayed", "route", "span_id", "status", "time", "trace_id",
    }
)  # fmt: skip
"""The only members of a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where a request belongs."""

    trace_id: str
    span_id: str
    parent_id: str
    """The span of the caller; empty where the request began here."""
    flags: str

    @property
    def header(self) -> str:
        """The ``traceparent`` of this span, for the reply."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def trace_of(traceparent: str) -> Trace:
    """Continue the trace of a request, or begin one where it has none that is well formed."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or set(found[1]) == {"0"} or set(found[2]) == {"0"}:
        return Trace(trace_id=_hex(128), span_id=_hex(64), parent_id="", flags="01")
    return Trace(trace_id=found[1], span_id=_hex(64), parent_id=found[2], flags=found[3])


def _hex(bits: int) -> str:
    return f"{_IDS.getrandbits(bits):0{bits // 4}x}"


class JsonLogger:
    """Writes one JSON object per line; every member but the event, the level and the time is the caller's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def info(self, event: str, **members: str | int | float) -> None:
        """Write a line.

        Args:
            event: What has happened.
            members: What is told of it, by listed names only.
        """
        unlisted = set(members) - FIELDS
        assert not unlisted, f"{sorted(unlisted)} may not be logged; list it in FIELDS if it is nobody's data"
        at = datetime.now(tz=UTC).isoformat().replace("+00:00", "Z")
        line = {**members, "event": event, "level": "info", "time": at}
        # One write per line, so that lines of several threads do not mix.
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()


def make_logger(stream: TextIO | None = None) -> JsonLogger:
    """Return a logger that writes JSON lines, to stderr unless told otherwise."""
    return JsonLogger(stream or sys.stderr)
