"""Nothing is allowed without a rule, nobody reaches another's data, and no one destroys alone."""

import itertools
from dataclasses import replace

import pytest

from billproof.cli.main import COMMANDS
from billproof.model.access import (
    API_OPERATIONS,
    COMMAND_OPERATIONS,
    DESTRUCTIVE,
    NO_TENANT,
    RULES,
    AccessRequest,
    ActorId,
    Condition,
    Decision,
    Operation,
    Principal,
    Role,
    decide,
    is_allowed,
)
from billproof.model.identifiers import CustomerId

ACME, OTHER = CustomerId("acme"), CustomerId("other")
ANN, BEN = ActorId("ann"), ActorId("ben")
DOCUMENTED_PATHS = (
    "POST /v1/events",
    "GET /v1/receipts/{receipt_id}",
    "GET /v1/customers/{customer}/usage",
    "GET /v1/customers/{customer}/ledger",
    "POST /v1/refunds",
    "POST /v1/disputes",
    "GET /v1/disputes/{dispute_id}",
    "GET /v1/checkpoints/latest",
    "GET /.well-known/jwks.json",
    "GET /health",
    "GET /metrics",
)
"""The interface as ``system.md`` section 9 lists it."""


def ask(
    operation: Operation, role: Role, *, owner: CustomerId = NO_TENANT, approvers: tuple[Principal, ...] = ()
) -> Decision:
    principal = Principal(actor=ANN, role=role, customer=ACME if role == Role.CUSTOMER else NO_TENANT)
    return decide(AccessRequest(operation=operation, principal=principal, owner=owner, approvers=approvers))


EVERY_APPROVER = tuple(Principal(actor=BEN, role=role) for role in Role)


def test_every_operation_has_a_rule_and_every_command_and_path_an_operation() -> None:
    assert {operation for operation, _ in RULES} == set(Operation)
    assert set(COMMANDS) <= set(COMMAND_OPERATIONS)
    assert set(DOCUMENTED_PATHS) <= set(API_OPERATIONS)


@pytest.mark.parametrize("operation", list(Operation))
def test_without_a_rule_nothing_is_allowed_whoever_approves(operation: Operation) -> None:
    for role in Role:
        if (operation, role) not in RULES:
            assert ask(operation, role, owner=ACME, approvers=EVERY_APPROVER) == Decision.NO_RULE


def test_an_unknown_pair_is_denied_even_where_the_same_actor_has_other_rights() -> None:
    assert ask(Operation.ERASE, Role.OPERATOR) == Decision.NO_RULE
    assert ask(Operation.VOID, Role.CUSTOMER, owner=ACME) == Decision.NO_RULE
    assert ask(Operation.CHARGE, Role.AUDITOR) == Decision.NO_RULE
    assert ask(Operation.ROTATE_KEYS, Role.ISSUER) == Decision.NO_RULE


@pytest.mark.parametrize("operation", list(Operation))
def test_a_customer_reaches_nothing_of_another(operation: Operation) -> None:
    public = RULES.get((operation, Role.ANYONE)) == Condition.ALWAYS
    assert (
        ask(operation, Role.CUSTOMER, owner=OTHER, approvers=EVERY_APPROVER) == Decision.ALLOWED
    ) == public
    assert (ask(operation, Role.CUSTOMER, approvers=EVERY_APPROVER) == Decision.ALLOWED) == public


def test_a_credential_without_a_customer_owns_nothing() -> None:
    nobody = Principal(actor=ANN, role=Role.CUSTOMER)
    assert decide(AccessRequest(operation=Operation.CHARGE, principal=nobody)) == Decision.FOREIGN_TENANT


@pytest.mark.parametrize("operation", sorted(DESTRUCTIVE))
def test_nobody_destroys_or_mints_alone(operation: Operation) -> None:
    for role in Role:
        alone = ask(operation, role, owner=ACME)
        assert alone in (Decision.NO_RULE, Decision.NEEDS_APPROVAL)
        selves = tuple(replace(approver, actor=ANN) for approver in EVERY_APPROVER)
        assert ask(operation, role, owner=ACME, approvers=selves) == alone
    assert any(
        ask(operation, role, owner=ACME, approvers=EVERY_APPROVER) == Decision.ALLOWED for role in Role
    )


def test_the_second_person_has_the_role_that_the_rule_asks_for() -> None:
    clerk, auditor = (Principal(actor=BEN, role=role) for role in (Role.OPERATOR, Role.AUDITOR))
    assert ask(Operation.ERASE, Role.PRIVACY_OFFICER, approvers=(clerk,)) == Decision.NEEDS_APPROVAL
    assert ask(Operation.ERASE, Role.PRIVACY_OFFICER, approvers=(clerk, auditor)) == Decision.ALLOWED


def test_one_more_approver_never_denies() -> None:
    for operation, role in itertools.product(Operation, Role):
        for count in range(len(EVERY_APPROVER)):
            before = ask(operation, role, owner=ACME, approvers=EVERY_APPROVER[:count])
            after = ask(operation, role, owner=ACME, approvers=EVERY_APPROVER[: count + 1])
            assert before != Decision.ALLOWED or after == Decision.ALLOWED


def test_every_decision_is_made() -> None:
    made = {
        ask(operation, role, owner=owner)
        for operation, role, owner in itertools.product(Operation, Role, (ACME, OTHER))
    }
    assert made == set(Decision)
    reader = Principal(actor=ANN, role=Role.CUSTOMER, customer=ACME)
    assert is_allowed(AccessRequest(operation=Operation.READ_RECEIPT, principal=reader, owner=ACME))
