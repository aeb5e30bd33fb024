"""Charging over HTTP: one effect per key, the same bytes for every repetition, a closed code per refusal."""

import json

import pytest

from tests.service.commands import asked
from tests.service.http.conftest import EVENT, Served, account


def entries(served: Served, customer: str = "acme") -> int:
    """Return the length of a customer's chain."""
    token = served.acme if customer == "acme" else served.rival
    head = served.get(f"/v1/customers/{customer}/usage", token).json()["head"]
    assert isinstance(head, int)
    return head


def test_charge_is_answered_with_its_receipt(served: Served) -> None:
    reply = served.post(EVENT, "charge-1")
    assert reply.status_code == 201
    assert "Idempotent-Replayed" not in reply.headers
    found = served.get(f"/v1/receipts/{reply.json()['receipt_id']}")
    assert found.json() == reply.json()


def test_repeated_key_gets_status_and_bytes_of_the_first_and_is_marked(served: Served) -> None:
    first = served.post(EVENT, "repeat-1")
    before = entries(served)
    again = served.post(EVENT, "repeat-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert entries(served) == before


def test_event_written_in_another_way_is_the_same_request(served: Served) -> None:
    first = served.post({**EVENT, "event_time": "2026-11-25T00:00:00Z"}, "form-1")
    again = served.post(
        {**EVENT, "customer": "acme", "event_time": "2026-11-25T01:00:00.000+01:00"}, "form-1"
    )
    assert again.content == first.content


def test_stored_refusal_is_final_under_its_key(served: Served) -> None:
    event = {**EVENT, "entitlement": "too-much", "amount": "1100.000000000001"}
    first = served.post(event, "quota-1")
    assert (first.status_code, first.json()["code"], first.json()["phase"]) == (
        403,
        "QUOTA_EXCEEDED",
        "commit",
    )
    again = served.post(event, "quota-1")
    assert (again.status_code, again.content) == (403, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    held = served.post({**event, "amount": "1"}, "quota-2")
    assert (held.status_code, held.json()["code"]) == (403, "ACCOUNT_HELD")


def test_prepaid_account_without_money_is_refused_with_402(served: Served) -> None:
    poor = account(served.database, "poor", "--top-up", "1")
    assert served.post({**EVENT, "amount": "1"}, "poor-1", poor).status_code == 201
    refused = served.post({**EVENT, "amount": "0.000000000001"}, "poor-2", poor)
    assert (refused.status_code, refused.json()["code"]) == (402, "INSUFFICIENT_BALANCE")


def test_key_with_another_body_or_operation_is_422_without_effect(served: Served) -> None:
    charged = served.post(EVENT, "reuse-1").json()
    before = entries(served)
    other = served.post({**EVENT, "amount": "2"}, "reuse-1")
    assert (other.status_code, other.json()["code"]) == (422, "KEY_REUSED")
    refund = {"receipt_id": charged["receipt_id"], "amount": "1", "currency": "USD"}
    assert served.refund(refund, "reuse-1").json()["code"] == "KEY_REUSED"
    assert entries(served) == before


def test_key_of_another_customer_is_another_key(served: Served) -> None:
    mine = served.post(EVENT, "shared-1").json()
    theirs = served.post(EVENT, "shared-1", served.rival)
    assert theirs.status_code == 201
    assert theirs.json()["customer"] == "rival"
    assert theirs.json()["receipt_id"] != mine["receipt_id"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": "-1"}, 422, "BAD_AMOUNT"),
        ({"amount": "1.0"}, 422, "BAD_AMOUNT"),
        ({"amount": "1e3"}, 422, "BAD_AMOUNT"),
        ({"amount": 1}, 400, "MALFORMED"),
        ({"amount": 1.5}, 400, "MALFORMED"),
        ({"currency": "USX"}, 422, "BAD_CURRENCY"),
        ({"currency": "EUR"}, 422, "BAD_CURRENCY"),
        ({"event_time": "yesterday"}, 400, "MALFORMED"),
        ({"colour": "red"}, 400, "MALFORMED"),
        ({"kind": "gift"}, 400, "MALFORMED"),
        ({"idempotency_key": "another"}, 400, "MALFORMED"),
        ({"customer": "rival"}, 404, "NOT_FOUND"),
        ({"customer": "nobody"}, 404, "NOT_FOUND"),
        ({"kind": "credit"}, 403, "ISSUER_ONLY"),
        ({"kind": "top_up"}, 403, "ISSUER_ONLY"),
        ({"kind": "adjustment"}, 403, "ISSUER_ONLY"),
    ],
)
def test_bad_event_is_refused_without_being_stored(
    served: Served, change: dict[str, object], status: int, code: str
) -> None:
    key = f"bad-{change}"[:200]
    before = entries(served)
    refused = served.post({**EVENT, **change}, key)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["content-type"] == "application/problem+json"
    assert entries(served) == before
    assert served.post(EVENT, key).status_code == 201


def test_entitlement_of_another_customer_is_foreign(served: Served) -> None:
    refused = served.post({**EVENT, "entitlement": "acme-only"}, "foreign-1", served.rival)
    assert (refused.status_code, refused.json()["code"]) == (403, "FOREIGN_ENTITLEMENT")
    assert served.post({**EVENT, "entitlement": "acme-only"}, "foreign-1").status_code == 201


def test_unknown_customer_and_somebody_elses_cannot_be_told_apart(served: Served) -> None:
    unknown = served.get("/v1/customers/nobody/usage")
    foreign = served.get("/v1/customers/rival/usage")
    assert (unknown.status_code, unknown.content) == (404, foreign.content)
    receipt = served.post(EVENT, "secret-1", served.rival).json()["receipt_id"]
    stolen, invented = served.get(f"/v1/receipts/{receipt}"), served.get("/v1/receipts/r-0")
    assert (stolen.status_code, stolen.content) == (404, invented.content)


@pytest.mark.parametrize("token", ["", "x", "bpt_0_0", "bpt_0000000000000000_" + "A" * 43])
def test_without_a_good_token_nothing_is_read_or_written(served: Served, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for reply in (
        served.client.post("/v1/events", json=EVENT, headers={**headers, "Idempotency-Key": "t"}),
        served.client.get("/v1/customers/acme/ledger", headers=headers),
    ):
        assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHENTICATED")
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_operator_pays_and_credits_on_behalf_of_a_customer(served: Served) -> None:
    paid = served.post({**EVENT, "customer": "rival", "kind": "top_up"}, "pay-1", served.operator)
    assert (paid.status_code, paid.json()["kind"]) == (201, "top_up")


def test_refund_is_bounded_by_its_capture(served: Served) -> None:
    charged = served.post({**EVENT, "amount": "3"}, "refund-0").json()
    refund = {"receipt_id": charged["receipt_id"], "amount": "2", "currency": "USD"}
    first = served.refund(refund, "refund-1")
    assert (first.status_code, first.json()["kind"]) == (201, "refund")
    assert served.refund(refund, "refund-1").content == first.content
    refused = served.refund({"refers_to": charged["seq"], "amount": "1.1", "currency": "USD"}, "refund-2")
    assert refused.status_code == 422
    assert served.refund(refund, "refund-3", served.rival).status_code == 404


def test_duplicates_inside_a_batch_have_one_effect_and_good_events_stay(served: Served) -> None:
    first = {**EVENT, "idempotency_key": "batch-1"}
    before = entries(served)
    reply = served.post(
        [first, first, {**first, "amount": "9"}, {"amount": "1"}, {**first, "idempotency_key": "batch-2"}]
    )
    results = reply.json()["results"]
    assert reply.status_code == 200
    assert [item["status"] for item in results] == [201, 201, 422, 400, 201]
    assert [item["replayed"] for item in results] == [False, True, False, False, False]
    assert results[0]["body"] == results[1]["body"]
    assert results[4]["body"]["seq"] == results[0]["body"]["seq"] + 1
    assert entries(served) == before + 2


def test_batch_repeats_what_a_half_sent_one_has_begun(served: Served) -> None:
    single = served.post(EVENT, "half-1")
    lines = "\n".join(json.dumps({**EVENT, "idempotency_key": f"half-{number}"}) for number in (1, 2))
    reply = served.client.post(
        "/v1/events",
        content=lines,
        headers={"Authorization": f"Bearer {served.acme}", "Content-Type": "application/x-ndjson"},
    )
    results = reply.json()["results"]
    assert [item["replayed"] for item in results] == [True, False]
    assert results[0]["body"] == single.json()


def test_ledger_is_valid_and_every_commit_is_the_core_s(served: Served) -> None:
    served.post(EVENT, "last-1")
    # A page of the ledger waits for the signature of the last entry.
    served.get("/v1/customers/acme/ledger?limit=1000")
    assert asked("audit", served.database)["verdict"] == "VALID"
    report = asked("trace", served.trace, "--db", served.database)
    assert report["verdict"] == "VALID"
    assert isinstance(report["commands"], int)
    assert report["commands"] > 0
