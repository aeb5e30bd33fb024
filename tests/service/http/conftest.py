"""A service in this process, with two customers and an operator."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

import httpx
import pytest
from starlette.applications import Starlette

from billproof.service.http.app import Settings, make_app
from billproof.service.http.server import make_server
from tests.service.commands import asked

EVENT = {
    "amount": "1.5",
    "currency": "USD",
    "entitlement": "api",
    "event_time": "2026-11-25T00:00:00Z",
}
"""An event that every test may vary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running service and the tokens of those who use it."""

    client: httpx.Client
    database: Path
    acme: str
    rival: str
    operator: str
    trace: Path

    def post(self, event: object, key: str | None = None, token: str | None = None) -> httpx.Response:
        """Send an event."""
        headers = {"Authorization": f"Bearer {token or self.acme}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.post("/v1/events", json=event, headers=headers)

    def refund(self, refund: dict[str, object], key: str, token: str | None = None) -> httpx.Response:
        """Send a refund of acme's, as an operator."""
        return self.send("/v1/refunds", {"customer": "acme", **refund}, key, token)

    def send(self, path: str, document: object, key: str = "", token: str | None = None) -> httpx.Response:
        """Send a document, as an operator."""
        headers = {"Authorization": f"Bearer {token or self.operator}"} | (
            {"Idempotency-Key": key} if key else {}
        )
        return self.client.post(path, json=document, headers=headers)

    def get(self, path: str, token: str | None = None) -> httpx.Response:
        """Read something."""
        return self.client.get(path, headers={"Authorization": f"Bearer {token or self.acme}"})


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """Serve in a thread of this process, on a free port; yields the URL."""
    with serving(make_app(settings)) as url:
        yield url


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve any application in a thread of this process, on a free port; yields the URL."""
    started: Queue[str] = Queue()
    server = make_server(app, "127.0.0.1", 0, started.put)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield started.get(timeout=20)
    finally:
        server.should_exit = True
        thread.join()


def account(database: Path, customer: str, *more: str) -> str:
    """Open an account and return its token."""
    return str(
        asked("account", "create", "--db", database, "--customer", customer, "--plan", "startup", *more)[
            "token"
        ]
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service for the tests of one module; each uses keys of its own."""
    directory = tmp_path_factory.mktemp("served")
    database = directory / "ledger.db"
    acme = account(database, "acme", "--credit-limit", "100000", "--entitlement", "acme-only")
    rival = account(database, "rival", "--credit-limit", "100000")
    operator = str(asked("account", "token", "--db", database, "--operator")["token"])
    trace = directory / "trace.jsonl"
    settings = Settings(database=database, trace=trace, is_logging=False)
    with running(settings) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        yield Served(client=client, database=database, acme=acme, rival=rival, operator=operator, trace=trace)
