"""Security rules, over every request there is: who is let through, and who should not have been."""

from itertools import product

from billproof.model.platform.firestore_rules import (
    LAWS,
    Caller,
    Collection,
    Isolation,
    Operation,
    Request,
    decide,
    decided,
)
from billproof.model.platform.units import TenantNumber

MINE, THEIRS = TenantNumber(1), TenantNumber(2)

REQUESTS = tuple(
    Request(caller, MINE, collection, operation, path, field, exists)
    for caller, collection, operation, path, field, exists in product(
        Caller, Collection, Operation, (MINE, THEIRS), (MINE, THEIRS), (False, True)
    )
)
EDIT = Request(Caller.CLIENT, MINE, Collection.EVENTS, Operation.UPDATE, MINE, MINE, exists=True)


def test_the_laws_hold_for_every_request_under_both_readings() -> None:
    assert len(REQUESTS) == 4 * 3 * 4 * 2 * 2 * 2
    for request, isolation in product(REQUESTS, Isolation):
        decision = decided(request, isolation)
        assert all(law.holds(decision, decision) for law in LAWS)


def test_laws_fail_on_a_rule_that_allows_everything() -> None:
    open_door = [decided(request, Isolation.BY_PATH)._replace(allowed=True) for request in REQUESTS]
    by_name = {law.name: law for law in LAWS}
    assert any(not by_name["strangers_denied"].holds(one, one) for one in open_door)
    assert any(not by_name["deny_by_default"].holds(one, one) for one in open_door)


def test_an_anonymous_caller_gets_nothing() -> None:
    for request, isolation in product(REQUESTS, Isolation):
        assert not (request.caller == Caller.ANONYMOUS and decide(request, isolation))


def test_edge_tenant_may_edit_its_own_ledger() -> None:
    for operation in (Operation.UPDATE, Operation.DELETE):
        assert decide(EDIT._replace(operation=operation), Isolation.BY_PATH)


def test_edge_server_bypasses_rules() -> None:
    minted = Request(Caller.SERVER, MINE, Collection.RECEIPTS, Operation.CREATE, THEIRS, THEIRS, exists=False)
    assert decide(minted, Isolation.BY_PATH)
    assert not decide(minted._replace(caller=Caller.ADMIN_CLIENT), Isolation.BY_PATH)


def test_edge_receipt_rule_allows_only_an_absent_deletion() -> None:
    writes = [
        request
        for request in REQUESTS
        if request.collection == Collection.RECEIPTS
        and request.operation != Operation.READ
        and request.caller in (Caller.CLIENT, Caller.ADMIN_CLIENT)
        and decide(request, Isolation.BY_PATH)
    ]
    assert writes
    assert all(one.operation == Operation.DELETE and not one.exists for one in writes)


def test_edge_two_isolation_predicates() -> None:
    foreign_field = EDIT._replace(field_tenant=THEIRS)
    assert decide(foreign_field, Isolation.BY_PATH)
    assert not decide(foreign_field, Isolation.BY_FIELD)
