"""Disputes over HTTP: decided from evidence, the same however often they are opened, and nobody else's."""

import pytest

from billproof.model.disputes import Claim
from tests.service.commands import billproof
from tests.service.http.conftest import EVENT, Served


def dispute(served: Served, document: object, token: str | None = None) -> tuple[int, dict[str, object]]:
    """Open a dispute."""
    headers = {"Authorization": f"Bearer {token or served.acme}"}
    reply = served.client.post("/v1/disputes", json=document, headers=headers)
    body = reply.json()
    assert isinstance(body, dict)
    return reply.status_code, body


@pytest.fixture(scope="module")
def receipt(served: Served) -> str:
    """A charge to dispute."""
    return str(served.post(EVENT, "disputed").json()["receipt_id"])


@pytest.mark.parametrize("claim", list(Claim))
def test_dispute_is_decided_as_at_the_command_line(served: Served, receipt: str, claim: Claim) -> None:
    status, body = dispute(served, {"receipt_id": receipt, "claim": claim.value})
    assert status == 201
    served.get("/v1/customers/acme/ledger?limit=1000")
    told = billproof(
        "dispute", "--db", served.database, "--receipt", receipt, "--claim", claim.value, "--format", "json"
    ).document
    assert (body["verdict"], body["reasons"]) == (told["verdict"], told["reasons"])


def test_opened_dispute_is_found_again_with_the_same_verdict(served: Served, receipt: str) -> None:
    _, body = dispute(served, {"receipt_id": receipt, "claim": "issued"})
    found = served.get(f"/v1/disputes/{body['dispute_id']}")
    assert found.status_code == 200
    assert found.json()["verdict"] == body["verdict"] == "UPHELD"


def test_dispute_of_somebody_else_is_unknown(served: Served, receipt: str) -> None:
    status, _ = dispute(served, {"receipt_id": receipt, "claim": "issued"}, served.rival)
    assert status == 404
    assert served.get(f"/v1/disputes/{receipt}.issued", served.rival).status_code == 404
    assert served.get("/v1/disputes/r-0.issued").status_code == 404
    assert served.get(f"/v1/disputes/{receipt}.nothing").status_code == 404


@pytest.mark.parametrize(
    "document", [[], {}, {"receipt_id": "r", "claim": "odd"}, {"receipt_id": 1, "claim": "issued"}]
)
def test_claim_that_is_none_is_malformed(served: Served, document: object) -> None:
    status, body = dispute(served, document)
    assert (status, body["code"]) == (400, "MALFORMED")


@pytest.mark.parametrize("resolution", [[], {}, 7, [[]]])
def test_an_end_with_a_resolution_that_is_no_text_is_refused(served: Served, resolution: object) -> None:
    """Found by fuzzing: a list ended in 500, for a dispute that nobody has opened."""
    name = served.post(EVENT, "never disputed").json()["receipt_id"]
    end = {"customer": "acme", "resolution": resolution}
    reply = served.send(f"/v1/disputes/{name}.altered/end", end, "end-it")
    assert (reply.status_code, reply.json()["code"]) == (422, "BAD_RESOLUTION")
