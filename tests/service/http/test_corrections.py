"""Returns, holds, keys, months and disputes over HTTP: entries, and each refusal with its own code."""

import sqlite3
import time
from contextlib import closing
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billproof.model.access import API_OPERATIONS
from billproof.model.outcomes import Status
from billproof.service.access import read_public_key
from billproof.service.http.app import Settings, make_app
from billproof.service.http.gate import MEMORY_SECONDS
from billproof.service.http.problems import OF_STATUS
from billproof.service.http.wire import DETAILS
from tests.service.commands import Document, asked, inner
from tests.service.http.conftest import EVENT, Served, account
from tests.service.http.signing import pem_of, signed

NUMBERS = count(1)
ADMINISTRATIVE = ("/v1/refunds", "/v1/voids", "/v1/chargebacks", "/v1/holds", "/v1/releases")


def wait_for_the_gate() -> None:
    """Wait as long as the service remembers which keys there are, and until all is signed."""
    time.sleep(MEMORY_SECONDS + 0.1)


def charged(served: Served, token: str | None = None) -> str:
    """Charge 1.5 and return the id of the receipt."""
    return str(served.post(EVENT, f"correction-{next(NUMBERS)}", token).json()["receipt_id"])


def back(receipt: str, amount: str = "1.5") -> dict[str, object]:
    """Return a refund or chargeback of acme's."""
    return {"customer": "acme", "receipt_id": receipt, "amount": amount, "currency": "USD"}


def outcome(served: Served, path: str, document: object, token: str | None = None) -> tuple[int, str]:
    """Send a document under a fresh key; return status and code or kind."""
    reply = served.send(path, document, f"c-{next(NUMBERS)}", token)
    body = reply.json()
    return reply.status_code, str(body.get("code") or body.get("kind"))


def opened(served: Served, receipt: str, claim: str = "not_signed_by_my_key") -> Document:
    """Open a dispute of acme's."""
    reply = served.send("/v1/disputes", {"receipt_id": receipt, "claim": claim}, token=served.acme)
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def test_every_refusal_of_the_core_has_a_code_and_words_of_its_own() -> None:
    refusals = {status for status in Status if status > Status.DONE}
    assert set(OF_STATUS) == refusals
    assert set(DETAILS) == refusals


def test_every_route_that_is_served_is_in_the_table_of_access(served: Served) -> None:
    made = make_app(Settings(database=served.database, is_logging=False))
    routed = {
        f"{method} {route.path.replace(':path}', '}')}"  # type: ignore[attr-defined] # every route is a Route
        for route in made.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined] # every route is a Route
    }
    assert routed == set(API_OPERATIONS)


@pytest.mark.parametrize("path", ADMINISTRATIVE)
def test_customer_returns_and_stops_nothing_by_itself(served: Served, path: str) -> None:
    document = back(charged(served)) if path in ADMINISTRATIVE[:3] else {"customer": "acme"}
    assert outcome(served, path, document, served.acme) == (403, "ISSUER_ONLY")
    assert outcome(served, path, document, served.rival)[0] == 404


def test_void_returns_all_and_only_once(served: Served) -> None:
    receipt = charged(served)
    named = {"customer": "acme", "receipt_id": receipt}
    reply = served.send("/v1/voids", named, "void-1")
    assert (reply.status_code, reply.json()["kind"], reply.json()["amount"]) == (201, "void", "1.5")
    assert served.send("/v1/voids", named, "void-1").content == reply.content
    assert outcome(served, "/v1/voids", named) == (422, "REFUND_ABOVE_CAPTURE")
    assert served.send("/v1/refunds", back(receipt), "void-1").json()["code"] == "KEY_REUSED"


def test_part_returned_cannot_be_voided(served: Served) -> None:
    receipt = charged(served)
    assert outcome(served, "/v1/chargebacks", back(receipt, "0.5")) == (201, "chargeback")
    assert outcome(served, "/v1/voids", {"customer": "acme", "receipt_id": receipt}) == (
        422, "REFUND_ABOVE_CAPTURE"
    )  # fmt: skip


def test_hold_stops_charges_until_it_is_released(served: Served) -> None:
    token = account(served.database, "held", "--credit-limit", "100")
    held = served.send("/v1/holds", {"customer": "held", "reason": "unpaid"}, "hold-1").json()
    assert served.post(EVENT, "while-held", token).json()["code"] == "ACCOUNT_HELD"
    release = {"customer": "held", "refers_to": held["seq"]}
    assert outcome(served, "/v1/releases", release) == (201, "release")
    assert outcome(served, "/v1/releases", release) == (404, "NOT_FOUND")
    assert served.post(EVENT, "after-hold", token).status_code == 201
    wait_for_the_gate()
    assert asked("audit", served.database)["verdict"] == "VALID"


def test_refund_during_a_dispute_is_refused_and_a_chargeback_is_not(served: Served) -> None:
    receipt = charged(served)
    progress = opened(served, receipt)["progress"]
    assert isinstance(progress, dict)
    assert (progress["status"], progress["held"]) == ("open", "1.5")
    assert outcome(served, "/v1/refunds", back(receipt)) == (422, "RECEIPT_DISPUTED")
    assert outcome(served, "/v1/voids", {"customer": "acme", "receipt_id": receipt}) == (
        422, "RECEIPT_DISPUTED"
    )  # fmt: skip
    assert outcome(served, "/v1/chargebacks", back(receipt)) == (201, "chargeback")


def test_dispute_after_a_refund_holds_what_is_left(served: Served) -> None:
    receipt = charged(served)
    assert outcome(served, "/v1/refunds", back(receipt, "1")) == (201, "refund")
    assert inner(opened(served, receipt), "progress")["held"] == "0.5"
    whole = charged(served)
    assert outcome(served, "/v1/refunds", back(whole)) == (201, "refund")
    assert inner(opened(served, whole), "progress")["status"] == "no_hold"


def test_opening_twice_holds_once(served: Served) -> None:
    receipt = charged(served)
    first, second = opened(served, receipt), opened(served, receipt)
    assert first["progress"] == second["progress"]


def test_charge_that_stands_ends_its_dispute_at_once(served: Served) -> None:
    receipt = charged(served)
    made = opened(served, receipt, "duplicated")
    assert made["verdict"] == "UPHELD"
    assert (inner(made, "progress")["status"], inner(made, "progress")["resolution"]) == ("ended", "UPHELD")
    assert outcome(served, "/v1/refunds", back(receipt)) == (201, "refund")


@pytest.mark.parametrize(("resolution", "returned"), [("UPHELD", None), ("REVERSED", "1.5")])
def test_operator_ends_what_the_evidence_does_not_decide(
    served: Served, resolution: str, returned: str | None
) -> None:
    receipt = charged(served)
    path = f"/v1/disputes/{opened(served, receipt)['dispute_id']}/end"
    assert outcome(served, path, {"customer": "acme"}) == (422, "BAD_RESOLUTION")
    assert outcome(served, path, {"resolution": resolution}, served.acme) == (403, "ISSUER_ONLY")
    reply = served.send(path, {"customer": "acme", "resolution": resolution})
    progress = inner(dict(reply.json()), "progress")
    assert (progress["status"], progress["resolution"], progress["returned"]) == (
        "ended", resolution, returned
    )  # fmt: skip
    again = served.send(path, {"customer": "acme", "resolution": resolution})
    assert inner(dict(again.json()), "progress") == progress
    wait_for_the_gate()
    assert asked("audit", served.database)["verdict"] == "VALID"


def test_chargeback_during_a_dispute_is_not_returned_again_at_its_end(served: Served) -> None:
    receipt = charged(served)
    path = f"/v1/disputes/{opened(served, receipt)['dispute_id']}/end"
    assert outcome(served, "/v1/chargebacks", back(receipt, "1")) == (201, "chargeback")
    reply = served.send(path, {"customer": "acme", "resolution": "REVERSED"})
    assert inner(dict(reply.json()), "progress")["returned"] == "0.5"


def test_end_of_a_dispute_is_in_the_audit_log(served: Served) -> None:
    receipt = charged(served)
    opened(served, receipt, "duplicated")
    with closing(sqlite3.connect(served.database)) as connection:
        (rows,) = connection.execute("SELECT COUNT(*) FROM audit_log").fetchone()
    assert rows > 0


def test_month_is_closed_once_and_numbered(served: Served) -> None:
    account(served.database, "closing", "--credit-limit", "100")
    path = "/v1/invoices/closing/2099-01"
    assert outcome(served, path, {}) == (422, "BAD_PERIOD")
    assert outcome(served, path, {}, served.acme)[0] == 404
    assert outcome(served, "/v1/invoices/acme/2099-01", {}, served.acme) == (403, "ISSUER_ONLY")
    assert served.get("/v1/invoices/closing/2099-01", served.operator).json()["number"] is None


def test_customer_registers_its_next_key_with_an_earlier_one(served: Served) -> None:
    token = account(served.database, "keyed", "--credit-limit", "100")
    first, second = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    path = "/v1/customers/keyed/keys"
    document = {"public": pem_of(first).decode()}
    assert outcome(served, path, document, token) == (403, "ISSUER_ONLY")
    assert outcome(served, path, {"public": "nonsense"}) == (422, "BAD_KEY")
    assert outcome(served, path, {**document, "evidence": "deed 17"}) == (201, "key_registration")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "next-key"}
    request = served.client.build_request(
        "POST", path, json={"public": pem_of(second).decode()}, headers=headers
    )
    wait_for_the_gate()
    assert served.client.send(signed(first, request)).status_code == 201
    wait_for_the_gate()
    headers["Idempotency-Key"] = "with-next-key"
    event = served.client.build_request("POST", "/v1/events", json=EVENT, headers=headers)
    receipt = served.client.send(signed(second, event)).json()["receipt_id"]
    dispute = served.client.build_request(
        "POST", "/v1/disputes", json={"receipt_id": receipt, "claim": "not_signed_by_my_key"},
        headers={**headers, "Idempotency-Key": "dispute-next-key"},
    )  # fmt: skip
    made = served.client.send(signed(second, dispute)).json()
    assert (made["verdict"], made["evidence"]["authorisation"]["is_vouched_for"]) == ("UPHELD", True)
    key_id = read_public_key(pem_of(second)).key_id
    assert outcome(served, f"{path}/{key_id}/revocation", {}) == (201, "key_registration")
    assert outcome(served, f"{path}/other/revocation", {}) == (404, "NOT_FOUND")
    wait_for_the_gate()
    assert asked("audit", served.database)["verdict"] == "VALID"
