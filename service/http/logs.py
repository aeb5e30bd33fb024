"""Structured logs: one JSON object per line on stderr, with trace and span, without anybody's data.

What may be logged is listed here by name; everything else - bodies, tokens, customers, keys, paths with
identifiers - has no way into a line.

Source: ``claims.md`` LF-01 (trace ids), SE-6 (no sensitive data in logs); W3C Trace Context.
"""

import random
import re
import secrets
import sys
from dataclasses import dataclass
from typing import Final, TextIO

import structlog

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


def make_logger(stream: TextIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """Return a logger that writes JSON lines."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _only_listed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
    )
    return logger


def _only_listed(_logger: object, _name: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    unlisted = set(line) - FIELDS
    assert not unlisted, f"{sorted(unlisted)} may not be logged; list it in FIELDS if it is nobody's data"
    return line
