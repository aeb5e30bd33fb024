"""Requests that a customer signs (RFC 9421): what is good, and every way of being bad."""

import base64
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from billproof.service.access import read_public_key
from billproof.service.http.signatures import content_digest
from tests.service.commands import asked
from tests.service.http.conftest import EVENT, Served, account
from tests.service.http.signing import COVERED, Private, pem_of, signed


@pytest.fixture(scope="module", params=["ed25519", "rsa"])
def signer(
    request: pytest.FixtureRequest, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Private, str]:
    """A customer with a registered key, and its token."""
    name = f"signer-{request.param}"
    token = account(served.database, name, "--credit-limit", "100")
    private: Private = (
        Ed25519PrivateKey.generate() if request.param == "ed25519" else generate_private_key(65_537, 2_048)
    )
    path = tmp_path_factory.mktemp("keys") / "public.pem"
    path.write_bytes(pem_of(private))
    asked("account", "key", "--db", served.database, "--customer", name, "--public", path)
    return private, token


def built(served: Served, token: str, key: str) -> httpx.Request:
    """Return an unsigned request."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    return served.client.build_request("POST", "/v1/events", json=EVENT, headers=headers)


def test_signed_request_is_charged_and_its_entry_names_the_key(
    served: Served, signer: tuple[Private, str]
) -> None:
    private, token = signer
    reply = served.client.send(signed(private, built(served, token, "signed-1")))
    assert reply.status_code == 201
    payload = reply.json()["receipt"].split(".")[1]
    body = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    assert f'"issuer":"key:{read_public_key(pem_of(private)).key_id}"'.encode() in body


def test_retry_that_is_signed_anew_is_the_same_request(served: Served, signer: tuple[Private, str]) -> None:
    private, token = signer
    first = served.client.send(signed(private, built(served, token, "signed-2"), age=10))
    again = served.client.send(signed(private, built(served, token, "signed-2")))
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


def unsigned(request: httpx.Request) -> None:
    del request.headers["Signature"], request.headers["Signature-Input"]


def other_key(request: httpx.Request) -> None:
    signed(Ed25519PrivateKey.generate(), request)


def other_idempotency_key(request: httpx.Request) -> None:
    request.headers["Idempotency-Key"] = "signed-other"


def broken(request: httpx.Request) -> None:
    request.headers["Signature"] = request.headers["Signature"][:-8] + "AAAAAA=:"


def other_label(request: httpx.Request) -> None:
    request.headers["Signature"] = request.headers["Signature"].replace("sig1", "sig2")


def other_digest(request: httpx.Request) -> None:
    request.headers["Content-Digest"] = content_digest(b"other")


@pytest.mark.parametrize(
    "spoil", [unsigned, other_key, other_idempotency_key, broken, other_label, other_digest]
)
def test_request_that_is_not_signed_well_is_refused(
    served: Served, signer: tuple[Private, str], spoil: Callable[[httpx.Request], None]
) -> None:
    private, token = signer
    request = signed(private, built(served, token, f"spoiled-{spoil.__name__}"))
    spoil(request)
    reply = served.client.send(request)
    assert (reply.status_code, reply.json()["code"]) == (401, "BAD_SIGNATURE")


@pytest.mark.parametrize("missing", COVERED)
def test_signature_that_covers_less_is_refused(
    served: Served, signer: tuple[Private, str], missing: str
) -> None:
    private, token = signer
    covered = tuple(name for name in COVERED if name != missing)
    reply = served.client.send(signed(private, built(served, token, f"less-{missing}"), covered=covered))
    assert (reply.status_code, reply.json()["code"]) == (401, "BAD_SIGNATURE")


@pytest.mark.parametrize("age", [301 + 5, -(301 + 5)])
def test_signature_of_another_time_is_refused(served: Served, signer: tuple[Private, str], age: int) -> None:
    private, token = signer
    reply = served.client.send(signed(private, built(served, token, f"old-{age}"), age=age))
    assert (reply.status_code, reply.json()["code"]) == (401, "BAD_SIGNATURE")


def test_changed_body_under_an_old_signature_is_refused(served: Served, signer: tuple[Private, str]) -> None:
    private, token = signer
    request = signed(private, built(served, token, "body-1"))
    other = served.client.build_request(
        "POST", "/v1/events", json={**EVENT, "amount": "2"},
        headers={name: request.headers[name] for name in (
            "Authorization", "Idempotency-Key", "Content-Digest", "Signature", "Signature-Input")},
    )  # fmt: skip
    assert served.client.send(other).status_code == 401


def test_private_key_is_no_public_one(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN NONSENSE-----", encoding="utf-8")
    from tests.service.commands import billproof

    answer = billproof("account", "key", "--db", tmp_path / "none.db", "--customer", "x", "--public", path)
    assert answer.code == 3
