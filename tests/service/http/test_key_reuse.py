"""One key, two requests: 422 without an effect, whichever operation came first and whoever asks second.

Each operation that takes a key is performed on an account of its own; then every operation, itself included,
is asked for with another body under the same key, by an operator and by the customer. The answer is the same
whether or not whoever asks may do it, and whether or not what is named exists. A fresh key gets no such
answer, which shows that the key is what decides.
"""

from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billproof.service.access import read_public_key
from billproof.service.usage import RESERVED_KEYS
from tests.service.commands import asked
from tests.service.http.conftest import EVENT, Served, account
from tests.service.http.signing import pem_of
from tests.service.http.test_corrections import wait_for_the_gate
from tests.service.http.test_interface import state

NUMBERS = count(1)
OPERATIONS = ("charge", "top_up", "refund", "void", "chargeback", "hold", "release", "register", "revoke")
KEYED = ("register", "revoke")
"""After these the customer has to sign, and an unsigned request is 401 whatever its key."""

Asked = tuple[str, dict[str, object]]


def charge_of(name: str, amount: str = "1") -> dict[str, object]:
    """Return an event of a customer."""
    return {**EVENT, "customer": name, "amount": amount}


def registration(name: str, private: Ed25519PrivateKey) -> Asked:
    """Return path and body of the registration of a key."""
    return f"/v1/customers/{name}/keys", {"public": pem_of(private).decode(), "evidence": "deed 17"}


def performed(served: Served, name: str, operation: str, key: str) -> tuple[str, str]:
    """Open an account, perform an operation under the key; return the receipt of a charge and a token."""
    token = account(served.database, name, "--credit-limit", "100")
    charged = served.post(charge_of(name), f"before-{name}", served.operator).json()
    path, body = requests_of(name, charged["receipt_id"])[operation]
    if operation == "release":
        body["refers_to"] = served.send("/v1/holds", {"customer": name}, f"hold-{name}").json()["seq"]
    if operation == "revoke":
        private = Ed25519PrivateKey.generate()
        served.send(*registration(name, private), f"register-{name}")
        path = f"/v1/customers/{name}/keys/{read_public_key(pem_of(private)).key_id}/revocation"
    reply = served.send(path, body, key)
    assert reply.status_code == 201, reply.text
    return str(charged["receipt_id"]), token


def requests_of(name: str, receipt: str) -> dict[str, Asked]:
    """Return a request of each operation; each call makes other ones."""
    amount: dict[str, object] = {"amount": f"0.{next(NUMBERS):05d}1", "currency": "USD"}
    named: dict[str, object] = {"customer": name, "receipt_id": receipt}
    return {
        "charge": ("/v1/events", charge_of(name) | amount),
        "top_up": ("/v1/events", charge_of(name) | amount | {"kind": "top_up"}),
        "refund": ("/v1/refunds", named | amount),
        "void": ("/v1/voids", named | {"usage": str(next(NUMBERS))}),
        "chargeback": ("/v1/chargebacks", named | amount),
        "hold": ("/v1/holds", {"customer": name, "reason": str(next(NUMBERS))}),
        "release": ("/v1/releases", {"customer": name, "refers_to": 10_000 + next(NUMBERS)}),
        "register": registration(name, Ed25519PrivateKey.generate()),
        "revoke": (f"/v1/customers/{name}/keys/never-registered/revocation", {}),
    }


@pytest.mark.parametrize("first", OPERATIONS)
def test_used_key_with_any_other_request_is_422_without_effect(served: Served, first: str) -> None:
    name = f"reuse-{first}"
    receipt, customer = performed(served, name, first, "the-key")
    wait_for_the_gate()
    before = state(served)
    askers = [served.operator] if first in KEYED else [served.operator, customer]
    for token in askers:
        for path, body in requests_of(name, receipt).values():
            reply = served.send(path, body, "the-key", token)
            assert (reply.status_code, reply.json()["code"]) == (422, "KEY_REUSED"), f"{path}: {reply.text}"
        unknown = {"customer": name, "receipt_id": "r-0", "amount": "1", "currency": "USD"}
        assert served.send("/v1/refunds", unknown, "the-key", token).json()["code"] == "KEY_REUSED"
    assert state(served) == before


def test_fresh_key_is_refused_for_what_it_asks(served: Served) -> None:
    receipt, token = performed(served, "fresh", "charge", "the-key")
    wanted = requests_of("fresh", receipt)
    for operation in ("top_up", "refund", "void", "chargeback", "hold", "release", "register"):
        reply = served.send(*wanted[operation], f"fresh-{operation}", token)
        assert (reply.status_code, reply.json()["code"]) == (403, "ISSUER_ONLY"), operation
    assert served.send(*wanted["revoke"], "fresh-revoke", token).status_code == 404


def test_stranger_is_told_nothing_about_keys(served: Served) -> None:
    receipt, _ = performed(served, "private", "charge", "the-key")
    for operation, (path, body) in requests_of("private", receipt).items():
        used = served.send(path, body, "the-key", served.rival)
        fresh = served.send(path, body, f"stranger-{operation}", served.rival)
        assert (used.status_code, used.content) == (404, fresh.content), operation


def test_key_used_for_one_entitlement_is_reused_by_a_foreign_one(served: Served) -> None:
    token = account(served.database, "foreigner", "--credit-limit", "100")
    assert served.post(charge_of("foreigner"), "foreign-key", token).status_code == 201
    other = charge_of("foreigner") | {"entitlement": "acme-only"}
    assert served.post(other, "foreign-key", token).json()["code"] == "KEY_REUSED"
    assert served.post(other, "foreign-fresh", token).json()["code"] == "FOREIGN_ENTITLEMENT"


def test_charge_is_repeated_after_its_entitlement_was_granted_to_another(served: Served) -> None:
    token = account(served.database, "early", "--credit-limit", "100")
    event = charge_of("early") | {"entitlement": "taken-later"}
    first = served.post(event, "early-1", token)
    account(served.database, "late", "--entitlement", "taken-later")
    wait_for_the_gate()
    again = served.post(event, "early-1", token)
    assert (again.status_code, again.content) == (201, first.content)
    assert served.post(event, "early-2", token).json()["code"] == "FOREIGN_ENTITLEMENT"


@pytest.mark.parametrize("prefix", RESERVED_KEYS)
def test_keys_of_the_service_itself_are_not_for_clients(served: Served, prefix: str) -> None:
    key = f"{prefix}2026-11"
    reply = served.post(EVENT, key)
    assert (reply.status_code, reply.json()["code"]) == (400, "MALFORMED")
    (result,) = served.post([{**EVENT, "idempotency_key": key}]).json()["results"]
    assert (result["status"], result["body"]["code"]) == (400, "MALFORMED")


def test_ledger_is_valid_in_the_end(served: Served) -> None:
    wait_for_the_gate()
    assert asked("audit", served.database)["verdict"] == "VALID"
