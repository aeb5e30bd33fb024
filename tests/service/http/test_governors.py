"""The governors decide over HTTP: what is suspended is refused at once, and the status is derived."""

from tests.service.commands import asked, listed
from tests.service.http.conftest import EVENT, Served, account


def change(served: Served, customer: str, wanted: str) -> None:
    """Change the entitlement of a customer to the service of the events below."""
    where = ("--db", served.database, "--customer", customer, "--entitlement", "api", "--actor", "dana")
    asked("account", "entitlement", *where, "--change", wanted)


def status(served: Served, customer: str) -> str:
    """Return the status that a customer is shown for the service."""
    (row,) = listed(dict(served.get(f"/v1/customers/{customer}/usage", served.operator).json()), "rows")
    return str(row["status"])


def test_suspended_entitlement_is_refused_at_once_and_the_same_key_works_later(served: Served) -> None:
    token = account(served.database, "paused", "--credit-limit", "100")
    first = served.post(EVENT, "paused-1", token)
    assert first.status_code == 201
    change(served, "paused", "suspend")
    refused = served.post(EVENT, "paused-2", token)
    assert (refused.status_code, refused.json()["code"]) == (403, "ACCOUNT_HELD")
    assert "receipt" not in refused.json()
    assert served.post(EVENT, "paused-1", token).content == first.content
    (inside,) = served.post([{**EVENT, "idempotency_key": "paused-3"}], token=token).json()["results"]
    assert inside["status"] == 403
    other = {**EVENT, "entitlement": "storage"}
    assert served.post(other, "paused-4", token).status_code == 201
    change(served, "paused", "resume")
    assert served.post(EVENT, "paused-2", token).status_code == 201


def test_revoked_entitlement_is_unknown_for_good(served: Served) -> None:
    token = account(served.database, "stopped", "--credit-limit", "100")
    change(served, "stopped", "revoke")
    change(served, "stopped", "resume")
    refused = served.post(EVENT, "stopped-1", token)
    assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
    assert served.post(EVENT, "stopped-1").status_code == 201, "another customer's is its own"


def test_status_of_a_tenant_is_derived_from_holds_and_the_month(served: Served) -> None:
    token = account(served.database, "tenant", "--credit-limit", "10000")
    assert served.post({**EVENT, "amount": "1"}, "tenant-1", token).status_code == 201
    assert status(served, "tenant") == "active"
    held = served.send("/v1/holds", {"customer": "tenant"}, "tenant-hold").json()
    assert status(served, "tenant") == "complying"
    assert served.post(EVENT, "tenant-2", token).json()["code"] == "ACCOUNT_HELD"
    served.send("/v1/releases", {"customer": "tenant", "refers_to": held["seq"]}, "tenant-release")
    assert served.post({**EVENT, "amount": "1200"}, "tenant-3", token).json()["code"] == "QUOTA_EXCEEDED"
    assert status(served, "tenant") == "suspended"
    assert served.post(EVENT, "tenant-4", token).json()["code"] == "ACCOUNT_HELD"
    served.send("/v1/holds", {"customer": "tenant"}, "tenant-hold-2")
    assert status(served, "tenant") == "suspended_and_complying"


def test_who_suspended_it_is_in_the_audit_log_and_the_ledger_is_valid(served: Served) -> None:
    account(served.database, "logged")
    change(served, "logged", "suspend")
    served.get("/v1/customers/acme/ledger")
    assert asked("audit", served.database)["verdict"] == "VALID"
