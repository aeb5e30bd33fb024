"""Security rules of Firestore, as decisions: who may read or write which collection; the rest is denied.

Theory of operation. A request is judged by the rules of its collection; no rule that allows it means no.
Server libraries are not judged by rules at all but by the access table (``iam``): a rule protects
nothing from the service's own credentials.

Choices. The documents publish two isolation predicates: by a field of the document (IS-06) and by the
path (IS-03); they are two named readings. Their rule for receipts (IS-04) is written down as it stands: it
is true only when an absent document is deleted, so it stops every rule-bound client and nobody else.

Source: IS-03 to IS-06; XA-39, XA-40 [E2], XH-17.
"""

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.units import TenantNumber


class Collection(IntEnum):
    """The collections that the documents name."""

    EVENTS = 0
    """``tenants/{id}/events/{event_id}``."""
    RECEIPTS = 1
    OTHER = 2


class Operation(IntEnum):
    """What is asked."""

    READ = 0
    CREATE = 1
    UPDATE = 2
    DELETE = 3


class Caller(IntEnum):
    """By which way the request comes."""

    ANONYMOUS = 0
    CLIENT = 1
    """A client library with a user's token: judged by the rules."""
    ADMIN_CLIENT = 2
    """The same, with the administrator's claim."""
    SERVER = 3
    """A server library with a service account: not judged by the rules."""


class Isolation(StrEnum):
    """What ties a document to its tenant; the documents say both."""

    BY_PATH = "by_path"
    BY_FIELD = "by_field"


class Request(NamedTuple):
    """One request."""

    caller: Caller
    tenant: TenantNumber
    """Whose token it is."""
    collection: Collection
    operation: Operation
    path_tenant: TenantNumber
    """The tenant in the path of the document."""
    field_tenant: TenantNumber
    """The tenant that the stored document names; that of the path where there is none."""
    exists: bool
    """Whether the document exists."""


def decide(request: Request, isolation: Isolation) -> bool:
    """Tell whether a request is allowed."""
    if request.caller == Caller.SERVER:
        return True
    if request.caller == Caller.ANONYMOUS:
        return False
    if request.collection == Collection.EVENTS:
        return request.caller == Caller.ADMIN_CLIENT or _owner(request, isolation) == request.tenant
    if request.collection == Collection.RECEIPTS:
        if request.operation == Operation.READ:
            return request.caller == Caller.ADMIN_CLIENT or _owner(request, isolation) == request.tenant
        return request.operation == Operation.DELETE and not request.exists
    return False


def _owner(request: Request, isolation: Isolation) -> TenantNumber:
    return request.path_tenant if isolation == Isolation.BY_PATH else request.field_tenant


class Decision(NamedTuple):
    """A request, the reading it was judged under, and the answer."""

    request: Request
    isolation: Isolation
    allowed: bool


def decided(request: Request, isolation: Isolation) -> Decision:
    """Return the decision as a record that a law can judge."""
    return Decision(request, isolation, decide(request, isolation))


def strangers_are_denied(before: Decision, after: Decision) -> bool:
    """Tell whether no client reached a document of which both path and field name another tenant."""
    del before
    request = after.request
    is_foreign = request.tenant not in (request.path_tenant, request.field_tenant)
    is_vacuous = request.operation == Operation.DELETE and not request.exists
    return not (after.allowed and request.caller == Caller.CLIENT and is_foreign and not is_vacuous)


def unknown_is_denied(before: Decision, after: Decision) -> bool:
    """Tell whether what no rule names, and whoever shows no token, is denied."""
    del before
    request = after.request
    named = request.collection != Collection.OTHER and request.caller != Caller.ANONYMOUS
    return named or request.caller == Caller.SERVER or not after.allowed


LAWS: Final[tuple[Law[Decision], ...]] = (
    Law(
        name="strangers_denied",
        statement="a client never reaches a document that is another tenant's by path and by field",
        source="IS-02, IS-03, IS-06",
        holds=strangers_are_denied,
    ),
    Law(
        name="deny_by_default",
        statement="what no rule allows is denied to every caller that rules judge",
        source="IS-05",
        holds=unknown_is_denied,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="tenant_may_edit_its_own_ledger",
        statement="the rule for events lets a tenant update and delete what it was billed for",
        source="IS-03, CO-15, XA-39",
    ),
    SharpEdge(
        name="server_bypasses_rules",
        statement="the service's credentials are not judged by rules; 'no writes' binds no server",
        source="IS-04, XA-40",
    ),
    SharpEdge(
        name="receipt_rule_allows_only_an_absent_deletion",
        statement="the rule for receipts is true only for deleting what is not there",
        source="IS-04, XA-40",
    ),
    SharpEdge(
        name="two_isolation_predicates",
        statement="path and field disagree about a document that was written with a foreign field",
        source="XH-17",
    ),
)
