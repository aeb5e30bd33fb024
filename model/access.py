"""Access decisions: who may do what, for every operation of the interfaces; denied unless a rule allows it.

``RULES`` is the whole policy: one condition per pair of operation and role, and no pair that is not listed is
allowed. ``decide`` is a pure function of the request and that table, so that its laws can be checked over all
pairs:

- without a rule nothing is allowed, whoever approves;
- a customer reaches nothing of another customer;
- what destroys or mints takes two persons: an approver with the role that the operation asks for, who is
  not the one who asks;
- one more approver never turns an allowed request into a denied one.

Choices: conditions are a closed enum, not functions, so that the table can be printed and reviewed. Roles do
not contain each other: an administrator who may do everything is what separate roles are there to prevent
(claim SE-7 has separate roles for writing and deleting).

Not here: how a caller proves who it is, and the HTTP status of a denial (``system.md`` section 4: 404 where
the resource is somebody else's, so that its existence is not told).

Source: ``system.md`` section 2, "access decisions only, deny by default"; claims SE-1 and SE-7.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType, assert_never

from billproof.model.identifiers import CustomerId

ActorId = NewType("ActorId", str)
"""A person or a service account: who acts, in the audit log and in approvals."""

NO_TENANT: Final = CustomerId("")
"""The resource or the actor belongs to no customer."""


class Role(StrEnum):
    """What an actor is trusted with."""

    ANYONE = "anyone"
    """No credential."""
    CUSTOMER = "customer"
    """A credential of one customer."""
    OPERATOR = "operator"
    """Runs the service: opens accounts, ingests, invoices."""
    ISSUER = "issuer"
    """May return money and give credit."""
    KEY_OFFICER = "key_officer"
    """May replace signing keys; has no access to money."""
    PRIVACY_OFFICER = "privacy_officer"
    """May erase personal data; has no access to money or keys."""
    AUDITOR = "auditor"
    """Reads everything that is not personal, writes nothing."""
    MONITOR = "monitor"
    """Reads metrics."""


class Condition(StrEnum):
    """Under what a rule allows."""

    ALWAYS = "always"
    OWN_TENANT = "own_tenant"
    """The resource belongs to the actor's customer."""
    SECOND_OPERATOR = "second_operator"
    """Approved by another actor with the role ``OPERATOR``."""
    SECOND_ISSUER = "second_issuer"
    """Approved by another actor with the role ``ISSUER``."""
    SECOND_AUDITOR = "second_auditor"
    """Approved by another actor with the role ``AUDITOR``: somebody who gains nothing by it."""


class Operation(StrEnum):
    """Everything that the interfaces can be asked for."""

    CHARGE = "charge"
    REFUND = "refund"
    VOID = "void"
    CHARGEBACK = "chargeback"
    CREDIT = "credit"
    ADJUST = "adjust"
    TOP_UP = "top_up"
    READ_RECEIPT = "read_receipt"
    READ_USAGE = "read_usage"
    READ_LEDGER = "read_ledger"
    READ_INVOICE = "read_invoice"
    OPEN_DISPUTE = "open_dispute"
    READ_DISPUTE = "read_dispute"
    END_DISPUTE = "end_dispute"
    REGISTER_KEY = "register_key"
    """Register or revoke a key with which a customer signs."""
    READ_CHECKPOINT = "read_checkpoint"
    READ_KEYS = "read_keys"
    READ_HEALTH = "read_health"
    READ_METRICS = "read_metrics"
    READ_INTERFACE = "read_interface"
    """The OpenAPI document and the static page."""
    OPEN_ACCOUNT = "open_account"
    CHANGE_TERMS = "change_terms"
    PLACE_HOLD = "place_hold"
    RELEASE_HOLD = "release_hold"
    CLOSE_PERIOD = "close_period"
    ISSUE_TOKEN = "issue_token"  # noqa: S105 - a name, no secret
    INGEST = "ingest"
    EXPORT_LEDGER = "export_ledger"
    AUDIT = "audit"
    READ_AUDIT_LOG = "read_audit_log"
    PUBLISH_CHECKPOINT = "publish_checkpoint"
    COSIGN = "cosign"
    FOLLOW_HEADS = "follow_heads"
    ROTATE_KEYS = "rotate_keys"
    READ_PERSONAL = "read_personal"
    WRITE_PERSONAL = "write_personal"
    ERASE = "erase"
    SET_LEGAL_HOLD = "set_legal_hold"
    DELETE_EXPIRED = "delete_expired"
    """Delete what its retention tier has let go."""
    CHECK_MIGRATION = "check_migration"
    SERVE = "serve"
    ANALYSE = "analyse"
    """Commands that touch no customer's data: verify, explore, simulate, claims and their like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts, in what role, for which customer."""

    actor: ActorId
    role: Role
    customer: CustomerId = NO_TENANT


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """What is asked for."""

    operation: Operation
    principal: Principal
    owner: CustomerId = NO_TENANT
    """Whose the resource is; ``NO_TENANT`` where it is nobody's."""
    approvers: tuple[Principal, ...] = ()
    """Who has approved this very request."""


class Decision(StrEnum):
    """What comes of a request; everything but ``ALLOWED`` denies, in order of precedence."""

    ALLOWED = "ALLOWED"
    NO_RULE = "NO_RULE"
    """No rule gives this role this operation."""
    FOREIGN_TENANT = "FOREIGN_TENANT"
    """The resource is not the actor's customer's."""
    NEEDS_APPROVAL = "NEEDS_APPROVAL"
    """A second person with the right role has to approve."""


_OWN: Final = Condition.OWN_TENANT
_ALWAYS: Final = Condition.ALWAYS

_PUBLIC: Final = (
    Operation.READ_CHECKPOINT, Operation.READ_KEYS, Operation.READ_HEALTH, Operation.READ_INTERFACE,
    Operation.ANALYSE,
)  # fmt: skip
"""What every role may do, with or without a credential."""

_SPECIFIC: Final[tuple[tuple[Operation, Mapping[Role, Condition]], ...]] = (
    (Operation.CHARGE, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS}),
    # Not the customer: usage that whoever consumed it can return to itself is free. It opens a dispute.
    (Operation.REFUND, {Role.ISSUER: _ALWAYS}),
    (Operation.VOID, {Role.ISSUER: _ALWAYS}),
    (Operation.CHARGEBACK, {Role.ISSUER: _ALWAYS}),
    (Operation.CREDIT, {Role.ISSUER: Condition.SECOND_ISSUER}),
    (Operation.ADJUST, {Role.ISSUER: Condition.SECOND_ISSUER}),
    (Operation.TOP_UP, {Role.OPERATOR: _ALWAYS, Role.ISSUER: _ALWAYS}),
    (Operation.READ_RECEIPT, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (Operation.READ_USAGE, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (Operation.READ_LEDGER, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (Operation.READ_INVOICE, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (Operation.OPEN_DISPUTE, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS}),
    (
        Operation.READ_DISPUTE,
        {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS, Role.ISSUER: _ALWAYS, Role.AUDITOR: _ALWAYS},
    ),
    (Operation.END_DISPUTE, {Role.ISSUER: _ALWAYS}),
    (Operation.REGISTER_KEY, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS}),
    (Operation.READ_METRICS, {Role.MONITOR: _ALWAYS, Role.OPERATOR: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (Operation.OPEN_ACCOUNT, {Role.OPERATOR: _ALWAYS}),
    (Operation.CHANGE_TERMS, {Role.OPERATOR: Condition.SECOND_OPERATOR}),
    (Operation.PLACE_HOLD, {Role.OPERATOR: _ALWAYS, Role.ISSUER: _ALWAYS}),
    (Operation.RELEASE_HOLD, {Role.OPERATOR: _ALWAYS}),
    (Operation.CLOSE_PERIOD, {Role.OPERATOR: _ALWAYS}),
    (Operation.ISSUE_TOKEN, {Role.OPERATOR: _ALWAYS}),
    (Operation.INGEST, {Role.OPERATOR: _ALWAYS}),
    (Operation.EXPORT_LEDGER, {Role.OPERATOR: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (Operation.AUDIT, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (
        Operation.READ_AUDIT_LOG,
        {Role.AUDITOR: _ALWAYS, Role.KEY_OFFICER: _ALWAYS, Role.PRIVACY_OFFICER: _ALWAYS},
    ),
    (Operation.PUBLISH_CHECKPOINT, {Role.OPERATOR: _ALWAYS}),
    (Operation.COSIGN, {Role.AUDITOR: _ALWAYS}),
    (Operation.FOLLOW_HEADS, {Role.AUDITOR: _ALWAYS, Role.OPERATOR: _ALWAYS}),
    (Operation.ROTATE_KEYS, {Role.KEY_OFFICER: Condition.SECOND_AUDITOR}),
    (Operation.READ_PERSONAL, {Role.CUSTOMER: _OWN, Role.PRIVACY_OFFICER: _ALWAYS}),
    (Operation.WRITE_PERSONAL, {Role.CUSTOMER: _OWN, Role.OPERATOR: _ALWAYS, Role.PRIVACY_OFFICER: _ALWAYS}),
    (Operation.ERASE, {Role.PRIVACY_OFFICER: Condition.SECOND_AUDITOR}),
    (Operation.SET_LEGAL_HOLD, {Role.PRIVACY_OFFICER: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (Operation.DELETE_EXPIRED, {Role.OPERATOR: Condition.SECOND_AUDITOR}),
    (Operation.CHECK_MIGRATION, {Role.OPERATOR: _ALWAYS, Role.AUDITOR: _ALWAYS}),
    (Operation.SERVE, {Role.OPERATOR: _ALWAYS}),
)

RULES: Final[Mapping[tuple[Operation, Role], Condition]] = MappingProxyType(
    {(operation, role): _ALWAYS for operation in _PUBLIC for role in Role}
    | {(operation, role): condition for operation, rules in _SPECIFIC for role, condition in rules.items()}
)
"""The whole policy; what is not in it is denied."""

DESTRUCTIVE: Final = frozenset(
    {
        Operation.CREDIT, Operation.ADJUST, Operation.CHANGE_TERMS, Operation.ROTATE_KEYS, Operation.ERASE,
        Operation.DELETE_EXPIRED,
    }
)  # fmt: skip
"""What mints value or cannot be taken back: no rule allows it to one person alone."""

API_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "POST /v1/events": Operation.CHARGE,
        "POST /v1/refunds": Operation.REFUND,
        "POST /v1/voids": Operation.VOID,
        "POST /v1/chargebacks": Operation.CHARGEBACK,
        "POST /v1/holds": Operation.PLACE_HOLD,
        "POST /v1/releases": Operation.RELEASE_HOLD,
        "GET /v1/receipts/{receipt_id}": Operation.READ_RECEIPT,
        "GET /v1/customers/{customer}/usage": Operation.READ_USAGE,
        "GET /v1/customers/{customer}/ledger": Operation.READ_LEDGER,
        "POST /v1/customers/{customer}/keys": Operation.REGISTER_KEY,
        "POST /v1/customers/{customer}/keys/{key_id}/revocation": Operation.REGISTER_KEY,
        "GET /v1/invoices/{customer}/{period}": Operation.READ_INVOICE,
        "POST /v1/invoices/{customer}/{period}": Operation.CLOSE_PERIOD,
        "POST /v1/disputes": Operation.OPEN_DISPUTE,
        "GET /v1/disputes/{dispute_id}": Operation.READ_DISPUTE,
        "POST /v1/disputes/{dispute_id}/end": Operation.END_DISPUTE,
        "GET /v1/checkpoints/latest": Operation.READ_CHECKPOINT,
        "GET /.well-known/jwks.json": Operation.READ_KEYS,
        "GET /health": Operation.READ_HEALTH,
        "GET /ready": Operation.READ_HEALTH,
        "GET /metrics": Operation.READ_METRICS,
        "GET /openapi.json": Operation.READ_INTERFACE,
        "GET /": Operation.READ_INTERFACE,
        "GET /page/{name}": Operation.READ_INTERFACE,
    }
)
"""What each path of the HTTP interface is; a test holds it against the routes that are served."""

COMMAND_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "account": Operation.OPEN_ACCOUNT,
        "audit": Operation.AUDIT,
        "auditor": Operation.FOLLOW_HEADS,
        "checkpoint": Operation.PUBLISH_CHECKPOINT,
        "dispute": Operation.OPEN_DISPUTE,
        "erase": Operation.ERASE,
        "export": Operation.EXPORT_LEDGER,
        "ingest": Operation.INGEST,
        "invoice": Operation.READ_INVOICE,
        "keys": Operation.ROTATE_KEYS,
        "migration": Operation.CHECK_MIGRATION,
        "personal": Operation.WRITE_PERSONAL,
        "reconcile": Operation.AUDIT,
        "retention": Operation.DELETE_EXPIRED,
        "serve": Operation.SERVE,
        "trace": Operation.AUDIT,
        "witness": Operation.COSIGN,
    }
    | dict.fromkeys(
        (
            "capacity", "claims", "conform", "contracts", "cost", "demo", "design", "explore", "repairs",
            "replay", "simulate", "variants", "verify",
        ),
        Operation.ANALYSE,
    )
)  # fmt: skip
"""What each command of the command line is."""


def decide(request: AccessRequest) -> Decision:
    """Decide on a request; the first reason to deny it, or ``ALLOWED``."""
    condition = RULES.get((request.operation, request.principal.role))
    if condition is None:
        return Decision.NO_RULE
    match condition:
        case Condition.ALWAYS:
            return Decision.ALLOWED
        case Condition.OWN_TENANT:
            return _decide_tenant(request)
        case Condition.SECOND_OPERATOR:
            return _decide_approval(request, Role.OPERATOR)
        case Condition.SECOND_ISSUER:
            return _decide_approval(request, Role.ISSUER)
        case Condition.SECOND_AUDITOR:
            return _decide_approval(request, Role.AUDITOR)
        case _:
            assert_never(condition)


def is_allowed(request: AccessRequest) -> bool:
    """Tell whether a request is allowed."""
    return decide(request) == Decision.ALLOWED


def _decide_tenant(request: AccessRequest) -> Decision:
    # A credential without a customer owns nothing, not even what is nobody's.
    if request.principal.customer == NO_TENANT or request.owner != request.principal.customer:
        return Decision.FOREIGN_TENANT
    return Decision.ALLOWED


def _decide_approval(request: AccessRequest, role: Role) -> Decision:
    for approver in request.approvers:
        if approver.role == role and approver.actor != request.principal.actor:
            return Decision.ALLOWED
    return Decision.NEEDS_APPROVAL
