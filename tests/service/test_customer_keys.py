"""Keys of customers: entries of the ledger, the table that follows, and what disputes make of both."""

import base64
import json
import sqlite3
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billproof.service.access import read_public_key
from billproof.service.http.app import Settings
from tests.service.commands import asked, billproof
from tests.service.http.conftest import EVENT, account, running
from tests.service.http.signing import pem_of, signed

CLAIM = "not_signed_by_my_key"


class Customer:
    """A customer of a store, with a key."""

    def __init__(self, directory: Path) -> None:
        self.database = directory / "ledger.db"
        self.private = Ed25519PrivateKey.generate()
        self.public = directory / "public.pem"
        self.public.write_bytes(pem_of(self.private))
        self.token = account(self.database, "acme", "--credit-limit", "100")

    def register(self, *more: str) -> dict[str, object]:
        """Register the key at the command line."""
        where = ("--db", self.database, "--customer", "acme", "--public", self.public)
        return dict(asked("account", "key", *where, *more))

    def charge(self, *keys: str, private: Ed25519PrivateKey | None = None) -> list[str]:
        """Charge over HTTP, signed with a key if one is given; return the ids of the receipts."""
        made = []
        with (
            running(Settings(database=self.database, is_logging=False)) as url,
            httpx.Client(base_url=url, trust_env=False) as client,
        ):
            for key in keys:
                headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
                request = client.build_request("POST", "/v1/events", json=EVENT, headers=headers)
                reply = client.send(request if private is None else signed(private, request))
                assert reply.status_code == 201, reply.text
                made.append(str(reply.json()["receipt_id"]))
        return made

    def verdict(self, receipt: str) -> str:
        """Dispute that the customer has signed."""
        told = billproof(
            "dispute", "--db", self.database, "--receipt", receipt, "--claim", CLAIM, "--format", "json"
        ).document
        return str(told["verdict"])

    def execute(self, statement: str, *cells: object) -> None:
        """Damage the database."""
        connection = sqlite3.connect(self.database)
        with connection:
            connection.execute(statement, cells)
        connection.close()

    def audit(self) -> tuple[int, str]:
        """Audit the ledger."""
        answer = billproof("audit", self.database, "--format", "json")
        return answer.code, answer.out


@pytest.fixture
def customer(tmp_path: Path) -> Customer:
    return Customer(tmp_path)


def test_genuine_signed_request_is_upheld(customer: Customer) -> None:
    customer.register("--evidence", "deed 17 of notary Roe")
    (receipt,) = customer.charge("k1", private=customer.private)
    assert customer.verdict(receipt) == "UPHELD"
    assert customer.audit()[0] == 0


def test_key_that_only_the_operator_vouches_for_leaves_it_to_a_person(customer: Customer) -> None:
    """The operator could have registered a key of its own."""
    customer.register()
    (receipt,) = customer.charge("k1", private=customer.private)
    assert customer.verdict(receipt) == "INCONCLUSIVE"


def test_charge_of_a_bearer_is_inconclusive(customer: Customer) -> None:
    (receipt,) = customer.charge("k1")
    assert customer.verdict(receipt) == "INCONCLUSIVE"


def test_charge_that_names_a_key_that_was_never_registered_is_reversed(customer: Customer) -> None:
    """Who can write the table can make the service take a key; the chain does not know it."""
    other = Ed25519PrivateKey.generate()
    customer.register("--evidence", "deed 17")
    key_id = read_public_key(pem_of(other)).key_id
    customer.execute("INSERT INTO customer_keys VALUES ('acme', ?, 2, 0, ?)", key_id, pem_of(other))
    (receipt,) = customer.charge("k1", private=other)
    assert customer.verdict(receipt) == "REVERSED"
    code, out = customer.audit()
    assert (code, "customer_keys" in out) == (1, True)


def test_signature_moved_to_another_charge_is_no_authorisation(customer: Customer) -> None:
    """A genuine signature of one request, put beside another one of the same key."""
    customer.register("--evidence", "deed 17")
    first, second = customer.charge("k1", "k2", private=customer.private)
    assert customer.verdict(second) == "UPHELD"
    customer.execute("DELETE FROM signed_requests WHERE key = 'k2'")
    customer.execute("UPDATE signed_requests SET key = 'k2'")
    assert customer.verdict(second) == "SYSTEM_FAULT"
    assert customer.verdict(first) == "SYSTEM_FAULT"


def test_charge_after_the_revocation_is_reversed(customer: Customer) -> None:
    key_id = str(customer.register("--evidence", "deed 17")["key_id"])
    (before,) = customer.charge("k1", private=customer.private)
    asked("account", "revoke", "--db", customer.database, "--customer", "acme", "--key-id", key_id)
    customer.execute("UPDATE customer_keys SET revoked = 0")
    (after,) = customer.charge("k2", private=customer.private)
    assert customer.verdict(after) == "REVERSED"
    assert customer.verdict(before) == "UPHELD"


def test_revoked_key_signs_nothing_more(customer: Customer) -> None:
    key_id = str(customer.register("--evidence", "deed 17")["key_id"])
    told = asked("account", "revoke", "--db", customer.database, "--customer", "acme", "--key-id", key_id)
    again = asked("account", "revoke", "--db", customer.database, "--customer", "acme", "--key-id", key_id)
    assert (told["seq"], told["new"], again["seq"], again["new"]) == (3, True, 3, False)
    with pytest.raises(AssertionError, match="BAD_SIGNATURE"):
        customer.charge("k1", private=customer.private)
    assert customer.audit()[0] == 0


def test_same_registration_twice_is_one_entry_and_better_evidence_another(customer: Customer) -> None:
    numbers = [
        customer.register(*more)["seq"]
        for more in ((), (), ("--evidence", "deed 17"), ("--evidence", "deed 17"), ())
    ]
    assert numbers == [2, 2, 3, 3, 3]
    assert customer.audit()[0] == 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE customer_keys SET seq = 1",
        "UPDATE customer_keys SET revoked = 2",
        "UPDATE customer_keys SET public = NULL",
        "DELETE FROM customer_keys",
        "DROP TABLE customer_keys",
    ],
)
def test_audit_finds_a_table_of_keys_that_the_ledger_does_not_account_for(
    customer: Customer, damage: str
) -> None:
    customer.register("--evidence", "deed 17")
    assert customer.audit()[0] == 0
    customer.execute(damage)
    assert customer.audit()[0] == 1


def test_audit_finds_a_public_key_that_is_not_the_registered_one(customer: Customer) -> None:
    customer.register("--evidence", "deed 17")
    customer.execute("UPDATE customer_keys SET public = ?", pem_of(Ed25519PrivateKey.generate()))
    assert customer.audit()[0] == 1


def test_registration_is_an_entry_that_names_key_and_voucher(customer: Customer) -> None:
    made = customer.register("--evidence", "deed 17")
    lines = customer.database.with_name("out.jsonl")
    asked("export", customer.database, "--to", "jsonl", "--out", lines)
    document = json.loads(lines.read_text("utf-8").splitlines()[1])
    payload = next(value for value in document.values() if str(value).count(".") == 2).split(".")[1]
    entry = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (entry["kind"], entry["usage"], entry["issuer"]) == (
        "key_registration",
        made["key_id"],
        "evidence:deed 17",
    )
