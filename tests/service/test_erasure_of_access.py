"""An erasure takes tokens, plan, grants, keys and signed requests with it, and leaves an entry."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billproof.service.http.app import Settings
from tests.service.commands import asked, billproof
from tests.service.http.conftest import EVENT, account, running
from tests.service.http.signing import pem_of, signed


class Erased:
    """A ledger with a customer whose access data are known."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.database = directory / "ledger.db"
        private, public = Ed25519PrivateKey.generate(), directory.parent / "acme.pem"
        public.write_bytes(pem_of(private))
        token = account(self.database, "acme", "--credit-limit", "10", "--entitlement", "acme-only")
        account(self.database, "rival", "--credit-limit", "10")
        where = ("--db", self.database, "--customer", "acme")
        asked("account", "key", *where, "--public", public, "--evidence", "deed 17")
        asked("personal", "set", *where, "--field", "email", "--value", "zoe@example.org", "--actor", "dana")
        trace = directory / "trace.jsonl"
        with (
            running(Settings(database=self.database, trace=trace, is_logging=False)) as url,
            httpx.Client(base_url=url, trust_env=False) as client,
        ):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}
            request = client.build_request("POST", "/v1/events", json=EVENT, headers=headers)
            self.receipt = str(client.send(signed(private, request)).json()["receipt_id"])
        self.token = token
        self.traces = [
            *self.cells("SELECT salt, hash FROM credentials WHERE customer = 'acme'"),
            *self.cells("SELECT public FROM customer_keys"),
            *self.cells("SELECT base, signature, body FROM signed_requests"),
            *self.cells("SELECT nonce, ciphertext FROM personal_data"),
            token.split("_")[1].encode(),
        ]

    def cells(self, query: str) -> Iterator[bytes]:
        """Yield what a query finds, as bytes."""
        with closing(sqlite3.connect(self.database)) as connection:
            for row in connection.execute(query).fetchall():
                yield from (cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)

    def found(self) -> list[bytes]:
        """Return which of the traces are in any byte of any file: database, WAL, keys, trace."""
        contents = [path.read_bytes() for path in self.directory.rglob("*") if path.is_file()]
        return [trace for trace in self.traces if any(trace in content for content in contents)]

    def dispute(self) -> str:
        """Dispute the authorisation of the charge."""
        claim = ("--receipt", self.receipt, "--claim", "not_signed_by_my_key", "--format", "json")
        return str(billproof("dispute", "--db", self.database, *claim).document["verdict"])

    def erase(self) -> dict[str, object]:
        """Erase the customer."""
        return dict(asked("erase", "--db", self.database, "--customer", "acme", "--actor", "dana"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Erased:
    directory = tmp_path_factory.mktemp("whole") / "ledger"
    directory.mkdir()
    return Erased(directory)


@pytest.fixture
def ledger(whole: Erased, tmp_path: Path) -> Erased:
    """A copy that a test may erase."""
    copy = Erased.__new__(Erased)
    copy.__dict__ |= whole.__dict__
    copy.directory = tmp_path / "ledger"
    copy.database = copy.directory / "ledger.db"
    shutil.copytree(whole.directory, copy.directory)
    return copy


def test_no_byte_of_any_file_tells_what_was_erased(ledger: Erased) -> None:
    """The same search finds every trace before: it can fail."""
    assert len(ledger.found()) == len(ledger.traces) == 9
    assert ledger.erase()["verdict"] == "ERASED"
    assert ledger.found() == []


def test_an_erasure_is_an_entry_and_the_ledger_stays_valid(ledger: Erased) -> None:
    before = asked("audit", ledger.database)
    ledger.erase()
    after = asked("audit", ledger.database)
    assert (after["verdict"], after["entries"]) == ("VALID", int(str(before["entries"])) + 1)
    lines = ledger.directory / "out.beancount"
    asked("export", ledger.database, "--to", "beancount", "--out", lines)
    ledger.erase()
    assert asked("audit", ledger.database)["verdict"] == "VALID"


def test_a_signature_that_was_erased_is_no_fault_of_the_operator(ledger: Erased) -> None:
    assert ledger.dispute() == "UPHELD"
    ledger.erase()
    assert ledger.dispute() == "INCONCLUSIVE"


def test_an_entitlement_of_the_erased_is_not_everybodys(ledger: Erased) -> None:
    ledger.erase()
    assert list(ledger.cells("SELECT entitlement, customer FROM entitlements")) == [b"acme-only", b""]


def test_a_token_of_the_erased_is_none(ledger: Erased) -> None:
    ledger.erase()
    with (
        running(Settings(database=ledger.database, is_logging=False)) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        headers = {"Authorization": f"Bearer {ledger.token}"}
        assert client.get("/v1/customers/acme/usage", headers=headers).status_code == 401
