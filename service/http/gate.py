"""The gate: who asks, whether they may, and how much; all before the core hears of it.

Order: credential (401), rate (429), then whose the resource is (404, the same for unknown and for somebody
else's), then whether the key is bound to another request (422), then what needs issuer authority (403). The
key comes first because a used key has one answer whatever else is asked under it, and only whoever owns the
keys of the customer gets that far, so that nothing is told to others. A customer that has registered a key
must sign whatever writes; its entries then name the key as issuer, and the signature is kept as evidence.

Source: ``system.md`` section 4, steps 1 and 2, and "Reply codes".
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from starlette.requests import Request

from billproof.model import access
from billproof.model.identifiers import CustomerId, EntitlementId, IdempotencyKey, IssuerId
from billproof.model.outcomes import Status
from billproof.model.state import Request as CoreRequest
from billproof.service.access import (
    CustomerKey,
    Principal,
    RequestEvidence,
    Role,
    entitlement_is_foreign,
    find_keys,
    find_principal,
)
from billproof.service.http.limits import RateLimiter
from billproof.service.http.metrics import Metrics
from billproof.service.http.problems import Code, Phase, refused
from billproof.service.http.readers import Readers
from billproof.service.http.signatures import (
    RequestSignatureError,
    SignedMessage,
    is_signed,
    verify_request,
)
from billproof.service.http.wire import DETAILS
from billproof.service.usage import Operation

K = TypeVar("K")
V = TypeVar("V")

MEMORY_SECONDS: Final = 1.0
"""How long a look-up of a token, key or entitlement counts."""

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")
_MEMORY_MAX: Final = 10_000
_BEARER: Final = "bearer "

_RULED: Final = MappingProxyType(
    {
        Operation.CHARGE: access.Operation.CHARGE,
        Operation.REFUND: access.Operation.REFUND,
        Operation.CREDIT: access.Operation.CREDIT,
        Operation.ADJUSTMENT: access.Operation.ADJUST,
        Operation.TOP_UP: access.Operation.TOP_UP,
        Operation.VOID: access.Operation.VOID,
        Operation.CHARGEBACK: access.Operation.CHARGEBACK,
    }
)

_ROLES: Final = MappingProxyType(
    {
        Role.CUSTOMER: (access.Role.CUSTOMER,),
        Role.OPERATOR: (access.Role.OPERATOR, access.Role.ISSUER),
        Role.MONITOR: (access.Role.MONITOR,),
    }
)
"""What the holder of a token is trusted with; an operator's token speaks for the issuer too."""


class Memory(Generic[K, V]):
    """What was read a moment ago: a token or key is looked up once a second, not once a request.

    So a token or key that is added or taken away counts a second later. What is remembered is bounded.
    """

    def __init__(self, find: Callable[[K], V], clock: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._clock = clock
        self._known: dict[K, tuple[float, V]] = {}

    def recall(self, key: K) -> V:
        """Return what ``find`` says, or has said in the last second."""
        now = self._clock()
        known = self._known.get(key)
        if known is not None and now < known[0]:
            return known[1]
        if len(self._known) >= _MEMORY_MAX:
            self._known.clear()
        value = self._find(key)
        self._known[key] = (now + MEMORY_SECONDS, value)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever asks, with the evidence of a signed request."""

    principal: Principal
    evidence: RequestEvidence | None = None

    @property
    def issuer(self) -> IssuerId:
        """The actor of the entries that this request causes."""
        if self.evidence is not None:
            return IssuerId(f"key:{self.evidence.key_id}")
        return IssuerId(f"token:{self.principal.token_id}")

    @property
    def customer(self) -> CustomerId | None:
        """The customer it speaks for; None for an operator."""
        return self.principal.customer if self.principal.role == Role.CUSTOMER else None


class Gate:
    """What every request to a customer's resources passes."""

    def __init__(self, readers: Readers, limiter: RateLimiter, metrics: Metrics) -> None:
        self._readers = readers
        self._limiter = limiter
        self._metrics = metrics
        self._principals: Memory[str, Principal | None] = Memory(
            lambda token: find_principal(readers.connection(), token)
        )
        self._keys: Memory[CustomerId, dict[str, CustomerKey]] = Memory(
            lambda customer: find_keys(readers.connection(), customer)
        )
        self._foreign: Memory[tuple[CustomerId, EntitlementId], bool] = Memory(
            lambda pair: entitlement_is_foreign(readers.connection(), *pair)
        )

    def identify(self, request: Request) -> Principal:
        """Return whose token a request carries.

        Raises:
            ProblemError: 401, no token or not a good one.
        """
        given = request.headers.get("authorization", "")
        if given[: len(_BEARER)].lower() == _BEARER:
            principal = self._principals.recall(given[len(_BEARER) :].strip())
            if principal is not None:
                return principal
        self._metrics.unauthenticated.inc()
        raise refused(
            Code.UNAUTHENTICATED, Phase.VALIDATE,
            "send Authorization: Bearer TOKEN, with a token that billproof account create has printed",
        )  # fmt: skip

    def admit(self, principal: Principal, operations: int = 1) -> None:
        """Take tokens from the caller's bucket.

        Raises:
            ProblemError: 429, there are not enough.
        """
        caller = principal.customer or principal.token_id
        seconds = self._limiter.wait_seconds(caller, principal.plan, operations)
        if seconds > 0:
            raise refused(
                Code.RATE_LIMITED, Phase.ADMIT, f"plan {principal.plan.value} takes no more just now",
                Retry_After=str(max(1, int(seconds) + 1)),
            )  # fmt: skip

    def sign_in(self, request: Request, principal: Principal, body: bytes) -> Caller:
        """Judge the signature of a request that writes.

        Raises:
            ProblemError: 401, it is not signed and must be, or not signed well.
        """
        if principal.role != Role.CUSTOMER:
            return Caller(principal=principal)
        keys = self._keys.recall(principal.customer)
        message = SignedMessage(
            method=request.method,
            path=request.scope["raw_path"].decode("ascii", "replace").partition("?")[0],
            query=request.url.query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        if not keys and not is_signed(message):
            return Caller(principal=principal)
        try:
            evidence = verify_request(message, keys, int(time.time()))
        except RequestSignatureError as error:
            raise refused(Code.BAD_SIGNATURE, Phase.VALIDATE, str(error)) from error
        return Caller(principal=principal, evidence=evidence)

    def check_owner(self, principal: Principal, customer: CustomerId) -> None:
        """Let only a customer itself, or an operator, at what is a customer's.

        Raises:
            ProblemError: 404, somebody else's, whether or not there is such a customer.
        """
        if principal.role == Role.OPERATOR and self._readers.account(customer) is not None:
            return
        if principal.role == Role.CUSTOMER and principal.customer == customer:
            return
        raise refused(Code.NOT_FOUND, Phase.VALIDATE, "unknown, or not yours")

    def check_monitor(self, request: Request, *, is_open_locally: bool) -> None:
        """Let whoever may read metrics at them.

        Args:
            request: What was asked.
            is_open_locally: Whether a collector on this machine may do without a token.

        Raises:
            ProblemError: 401 no good token, 403 a token that may not.
        """
        if is_open_locally and "authorization" not in request.headers and _is_local(request):
            return
        principal = self.identify(request)
        if not _is_allowed(principal, access.Operation.READ_METRICS, principal.customer):
            raise refused(
                Code.ISSUER_ONLY, Phase.VALIDATE,
                "metrics take the token of a monitor or an operator: billproof account token --monitor",
            )  # fmt: skip

    def check_access(
        self,
        principal: Principal,
        operation: access.Operation,
        customer: CustomerId,
        key: IdempotencyKey | None = None,
    ) -> None:
        """Let a principal at an operation on what is a customer's, by the table of ``model.access``.

        Args:
            principal: Who asks.
            operation: For what.
            customer: Whose it is.
            key: The key of the request, where it has one.

        Raises:
            ProblemError: 404 not its customer, 422 the key was used, 403 not for its role.
        """
        self.check_owner(principal, customer)
        if not _is_allowed(principal, operation, customer):
            # Whatever has used the key was another request: this one was never taken from this principal.
            self.check_unused(customer, key)
            raise refused(
                Code.ISSUER_ONLY, Phase.VALIDATE,
                f"{operation.value} is not for this token; returns, payments and holds take an operator's,"
                " credits and adjustments two persons of the issuer, who bill them with billproof ingest",
            )  # fmt: skip

    def check_operation(self, principal: Principal, operation: Operation, request: CoreRequest) -> None:
        """Let a principal ask for an operation on an entitlement of a customer.

        A request that was taken before its entitlement was granted to others may be repeated: the core
        answers it as it did then.

        Raises:
            ProblemError: 404 not its customer, 422 the key was used with another request, 403 for the issuer
                only, or another customer's entitlement.
        """
        customer = request.customer
        self.check_access(principal, _RULED[operation], customer, request.key)
        if self._foreign.recall((customer, request.entitlement)):
            if self._readers.fingerprint_under(customer, request.key) == request.fingerprint:
                return
            self.check_unused(customer, request.key)
            raise refused(
                Code.FOREIGN_ENTITLEMENT, Phase.VALIDATE, "this entitlement belongs to another customer"
            )

    def check_unused(self, customer: CustomerId, key: IdempotencyKey | None) -> None:
        """Refuse a key that is bound to another request, before the request is refused for anything else.

        Raises:
            ProblemError: 422, the customer has used the key.
        """
        if key is not None and self._readers.fingerprint_under(customer, key) is not None:
            self._metrics.conflicts.inc()
            raise refused(Code.KEY_REUSED, Phase.VALIDATE, DETAILS[Status.KEY_REUSED])


def _is_local(request: Request) -> bool:
    """Tell whether a request comes from this very machine, and not through a proxy that runs on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    return address.is_loopback


def _is_allowed(principal: Principal, operation: access.Operation, customer: CustomerId) -> bool:
    """Decide by the table of ``model.access``; this interface knows no second person who approves."""
    return any(
        access.is_allowed(
            access.AccessRequest(
                operation=operation,
                principal=access.Principal(
                    actor=access.ActorId(principal.token_id), role=role, customer=principal.customer
                ),
                owner=customer,
            )
        )
        for role in _ROLES[principal.role]
    )
