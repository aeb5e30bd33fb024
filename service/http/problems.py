"""Everything that the service refuses, as problem+json with a closed code and a phase.

A code names what happened, a phase how far the request had come, so that a client knows whether anything can
have been committed: nothing before ``commit``, a stored and final refusal in ``commit``, unknown in
``reply``.

Source: ``system.md`` section 4, "Reply codes"; RFC 9457.
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from starlette.responses import Response

from billproof.model.outcomes import Status
from billproof.model.portable import PortableError

PROBLEM_TYPE: Final = "application/problem+json"
"""The media type of every refusal."""

TYPE_PREFIX: Final = "https://billproof.dev/problems/"
"""What is put before a code to make the ``type`` of a problem."""


class Phase(StrEnum):
    """How far a refused request had come."""

    VALIDATE = "validate"
    """It was read; nothing can have happened."""
    ADMIT = "admit"
    """It was good and waited for its turn; nothing happened."""
    COMMIT = "commit"
    """The core refused it; a stored refusal carries its receipt."""
    REPLY = "reply"
    """It may have been committed; the same key tells."""


class Code(StrEnum):
    """The closed set of codes."""

    MALFORMED = "MALFORMED"
    KEY_MISSING = "KEY_MISSING"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    INSUFFICIENT_BALANCE = "INSUFFICIENT_BALANCE"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    ACCOUNT_HELD = "ACCOUNT_HELD"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    FOREIGN_ENTITLEMENT = "FOREIGN_ENTITLEMENT"
    ISSUER_ONLY = "ISSUER_ONLY"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    IN_FLIGHT = "IN_FLIGHT"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    MEDIA_TYPE = "MEDIA_TYPE"
    KEY_REUSED = "KEY_REUSED"
    BAD_AMOUNT = "BAD_AMOUNT"
    BAD_CURRENCY = "BAD_CURRENCY"
    BAD_PERIOD = "BAD_PERIOD"
    REFUND_ABOVE_CAPTURE = "REFUND_ABOVE_CAPTURE"
    RECEIPT_DISPUTED = "RECEIPT_DISPUTED"
    ACCOUNT_EXISTS = "ACCOUNT_EXISTS"
    BAD_KEY = "BAD_KEY"
    BAD_RESOLUTION = "BAD_RESOLUTION"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    RATE_LIMITED = "RATE_LIMITED"
    QUEUE_FULL = "QUEUE_FULL"
    HEADERS_TOO_LARGE = "HEADERS_TOO_LARGE"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    NOT_READY = "NOT_READY"
    INTERNAL = "INTERNAL"


HTTP_STATUS: Final = MappingProxyType(
    {
        Code.MALFORMED: 400,
        Code.KEY_MISSING: 400,
        Code.UNAUTHENTICATED: 401,
        Code.BAD_SIGNATURE: 401,
        Code.INSUFFICIENT_BALANCE: 402,
        Code.QUOTA_EXCEEDED: 403,
        Code.ACCOUNT_HELD: 403,
        Code.PERIOD_CLOSED: 403,
        Code.FOREIGN_ENTITLEMENT: 403,
        Code.ISSUER_ONLY: 403,
        Code.NOT_FOUND: 404,
        Code.METHOD_NOT_ALLOWED: 405,
        Code.IN_FLIGHT: 409,
        Code.BODY_TOO_LARGE: 413,
        Code.MEDIA_TYPE: 415,
        Code.KEY_REUSED: 422,
        Code.BAD_AMOUNT: 422,
        Code.BAD_CURRENCY: 422,
        Code.BAD_PERIOD: 422,
        Code.REFUND_ABOVE_CAPTURE: 422,
        Code.RECEIPT_DISPUTED: 422,
        Code.ACCOUNT_EXISTS: 422,
        Code.BAD_KEY: 422,
        Code.BAD_RESOLUTION: 422,
        Code.NOT_POSSIBLE: 422,
        Code.RATE_LIMITED: 429,
        Code.QUEUE_FULL: 429,
        Code.HEADERS_TOO_LARGE: 431,
        Code.OUTCOME_UNKNOWN: 503,
        Code.NOT_READY: 503,
        Code.INTERNAL: 500,
    }
)
"""The HTTP status of each code."""

TITLES: Final = MappingProxyType(
    {
        Code.MALFORMED: "The request is malformed",
        Code.KEY_MISSING: "The idempotency key is missing",
        Code.UNAUTHENTICATED: "No credential, or not a good one",
        Code.BAD_SIGNATURE: "The request is not signed as it must be",
        Code.INSUFFICIENT_BALANCE: "The balance does not suffice",
        Code.QUOTA_EXCEEDED: "The limit of the period would be passed",
        Code.ACCOUNT_HELD: "A hold is active",
        Code.PERIOD_CLOSED: "The month of the event is not billed any more",
        Code.FOREIGN_ENTITLEMENT: "The entitlement belongs to another customer",
        Code.ISSUER_ONLY: "Only the issuer may ask for this",
        Code.NOT_FOUND: "Unknown, or not yours",
        Code.METHOD_NOT_ALLOWED: "Not with this method",
        Code.IN_FLIGHT: "The first request under this key is still in flight",
        Code.BODY_TOO_LARGE: "The body is too large",
        Code.MEDIA_TYPE: "Not a media type that is taken",
        Code.KEY_REUSED: "The key is bound to another request",
        Code.BAD_AMOUNT: "Not an amount that this operation takes",
        Code.BAD_CURRENCY: "Not the currency of the account",
        Code.BAD_PERIOD: "Not a month that can be closed, or an event from the future",
        Code.REFUND_ABOVE_CAPTURE: "More than was captured and not yet returned",
        Code.RECEIPT_DISPUTED: "A dispute in progress holds what could be returned",
        Code.ACCOUNT_EXISTS: "The account is open already",
        Code.BAD_KEY: "Not a public key that is taken",
        Code.BAD_RESOLUTION: "Not how this dispute can end",
        Code.NOT_POSSIBLE: "The design of this store knows no such operation",
        Code.RATE_LIMITED: "Too many requests",
        Code.QUEUE_FULL: "Too many operations are waiting",
        Code.HEADERS_TOO_LARGE: "The headers are too large",
        Code.OUTCOME_UNKNOWN: "The outcome is not known",
        Code.NOT_READY: "The service does not take requests",
        Code.INTERNAL: "Something went wrong inside",
    }
)
"""What each code says to a person."""

OF_STATUS: Final = MappingProxyType(
    {
        Status.NOT_POSSIBLE: Code.NOT_POSSIBLE,
        Status.NOT_LEADER: Code.OUTCOME_UNKNOWN,
        Status.UNKNOWN_CUSTOMER: Code.NOT_FOUND,
        Status.UNKNOWN_RECEIPT: Code.NOT_FOUND,
        Status.KEY_REUSED: Code.KEY_REUSED,
        Status.BAD_AMOUNT: Code.BAD_AMOUNT,
        Status.BAD_CURRENCY: Code.BAD_CURRENCY,
        Status.BAD_PERIOD: Code.BAD_PERIOD,
        Status.REFUND_ABOVE_CAPTURE: Code.REFUND_ABOVE_CAPTURE,
        Status.RECEIPT_DISPUTED: Code.RECEIPT_DISPUTED,
        Status.BACKLOG_FULL: Code.QUEUE_FULL,
        Status.ACCOUNT_EXISTS: Code.ACCOUNT_EXISTS,
        Status.PERIOD_CLOSED: Code.PERIOD_CLOSED,
        Status.ACCOUNT_HELD: Code.ACCOUNT_HELD,
        Status.QUOTA_EXCEEDED: Code.QUOTA_EXCEEDED,
        Status.INSUFFICIENT_BALANCE: Code.INSUFFICIENT_BALANCE,
    }
)
"""The code of every refusal that the core knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal: what happened, how far it had come, and what to do."""

    code: Code
    phase: Phase
    detail: str
    """For a person; names what was found and what to do. The same for the same request and outcome."""
    members: dict[str, str | int] = field(default_factory=dict)
    """More members, such as the receipt of a stored refusal."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return HTTP_STATUS[self.code]

    def document(self) -> dict[str, str | int]:
        """Return the problem as a document."""
        return {
            "type": TYPE_PREFIX + self.code.value.lower().replace("_", "-"),
            "title": TITLES[self.code],
            "status": self.status,
            "code": self.code.value,
            "phase": self.phase.value,
            "detail": self.detail,
            **self.members,
        }

    def body(self) -> bytes:
        """Return the bytes of the reply."""
        return json.dumps(self.document(), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


class ProblemError(PortableError):
    """A request that is refused before the core has seen it; the client mends it, or waits.

    Args:
        problem: What to reply.
    """

    def __init__(self, problem: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.headers = headers or {}


def refused(code: Code, phase: Phase, detail: str, **headers: str) -> ProblemError:
    """Return the error of a refusal; an underscore in the name of a header stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ProblemError(Problem(code=code, phase=phase, detail=detail), named)


def code_of(status: Status) -> Code:
    """Return the code of a refusal of the core; each has its own."""
    return OF_STATUS[status]


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Return the reply of a problem."""
    extra = dict(headers or {})
    if problem.status == 401:
        extra.setdefault("WWW-Authenticate", 'Bearer realm="billproof"')
    if problem.status in {409, 429, 503}:
        extra.setdefault("Retry-After", "1")
    return Response(problem.body(), problem.status, media_type=PROBLEM_TYPE, headers=extra)
