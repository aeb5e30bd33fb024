"""Running it: credentials, limits, metrics, logs, traces of requests, stopping, and the missing extra."""

import importlib.util
import io
import json
import re
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from billproof.model.tiers import Tier
from billproof.service.http.app import Settings
from billproof.service.http.limits import Rate, RateLimiter
from billproof.service.http.logs import make_logger, trace_of
from billproof.service.http.metrics import Metrics
from tests.repo.sources import ROOT
from tests.service.commands import Document, asked, billproof, number, started
from tests.service.http.conftest import EVENT, Served, account, running


def test_token_is_nowhere_in_the_database(served: Served) -> None:
    # The secret may hold underscores itself; what comes before it does not.
    secret = served.acme.split("_", 2)[2].encode()
    assert len(secret) >= 40
    for path in served.database.parent.glob("ledger.db*"):
        if path.is_file():
            assert secret not in path.read_bytes()
    with closing(sqlite3.connect(served.database)) as connection:
        salts = [row[0] for row in connection.execute("SELECT salt FROM credentials")]
    assert len(set(salts)) == len(salts) >= 3


def test_second_account_of_a_name_is_refused_and_another_token_is_made(served: Served) -> None:
    again = billproof("account", "create", "--db", served.database, "--customer", "acme", "--plan", "free")
    assert again.code == 3
    assert "account token" in again.err
    token = str(asked("account", "token", "--db", served.database, "--customer", "acme")["token"])
    assert served.get("/v1/customers/acme/usage", token).status_code == 200


def test_bucket_gives_what_flows_in_and_no_more() -> None:
    now = [0.0]
    limiter = RateLimiter(rates={tier: Rate(per_second=10, burst=2) for tier in Tier}, clock=lambda: now[0])
    assert [limiter.wait_seconds("a", Tier.FREE) for _ in range(3)] == [0.0, 0.0, 0.1]
    assert limiter.wait_seconds("b", Tier.FREE) == 0.0
    now[0] = 0.1
    assert limiter.wait_seconds("a", Tier.FREE) == 0.0
    assert limiter.wait_seconds("a", Tier.FREE) > 0


def test_too_many_requests_are_429_with_when_to_come_back(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    token = account(database, "acme", "--credit-limit", "10")
    slow = RateLimiter(rates={tier: Rate(per_second=1, burst=1) for tier in Tier}, clock=lambda: 0.0)
    with running(Settings(database=database, limiter=slow, is_logging=False)) as url:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
        first, second = (httpx.post(f"{url}/v1/events", json=EVENT, headers=headers) for _ in range(2))
    assert first.status_code == 201
    assert (second.status_code, second.json()["code"], second.json()["phase"]) == (
        429,
        "RATE_LIMITED",
        "admit",
    )
    assert int(second.headers["Retry-After"]) >= 1


def test_documented_metrics_are_the_metrics(served: Served) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(billproof_\w+)`", page, flags=re.MULTILINE))
    text = served.client.get("/metrics").text
    found = set(re.findall(r"^# TYPE (billproof_\w+)", text, flags=re.MULTILINE))
    assert {name for name in found if not name.endswith("_created")} == told


def test_metrics_count_and_name_nobody(served: Served) -> None:
    served.post(EVENT, "metrics-1")
    served.post(EVENT, "metrics-1")
    text = served.client.get("/metrics").text
    assert re.search(r"^billproof_duplicates_replayed_total [1-9]", text, flags=re.MULTILINE)
    assert re.search(
        r'^billproof_http_requests_total\{method="POST",route="/v1/events",status="201"\} [1-9]',
        text,
        flags=re.MULTILINE,
    )
    assert "acme" not in text
    assert Metrics().text()


def metrics_status(served: Served, token: str = "", **headers: str) -> int:
    """Return the status of a reading of the metrics."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        given["Authorization"] = f"Bearer {token}"
    return served.client.get("/metrics", headers=given).status_code


def test_metrics_are_for_this_machine_and_for_monitors(served: Served) -> None:
    monitor = str(asked("account", "token", "--db", served.database, "--monitor")["token"])
    assert metrics_status(served) == 200
    assert metrics_status(served, X_Forwarded_For="203.0.113.7") == 401
    assert metrics_status(served, "bpt_0_0") == 401
    assert metrics_status(served, served.acme) == 403
    assert metrics_status(served, monitor, X_Forwarded_For="203.0.113.7") == 200
    assert metrics_status(served, served.operator) == 200


def test_monitor_reads_and_writes_nothing_of_a_customer(served: Served) -> None:
    monitor = str(asked("account", "token", "--db", served.database, "--monitor")["token"])
    assert served.get("/v1/customers/acme/usage", monitor).status_code == 404
    assert served.post({**EVENT, "customer": "acme"}, "monitor-1", monitor).status_code == 404
    assert served.send("/v1/holds", {"customer": "acme"}, "monitor-2", monitor).status_code == 404
    assert "checkpoint" not in served.get("/v1/checkpoints/latest", monitor).json()


def test_metrics_take_a_token_from_everybody_where_that_is_asked_for(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    account(database, "acme")
    with running(Settings(database=database, is_metering_local=False, is_logging=False)) as url:
        assert httpx.get(f"{url}/metrics").status_code == 401


def test_trace_is_continued_and_handed_back(served: Served) -> None:
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    reply = served.client.get("/health", headers={"traceparent": given})
    assert reply.headers["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert reply.headers["traceparent"] != given


@pytest.mark.parametrize("text", ["", "x", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "01-a-b-c"])
def test_ill_formed_trace_begins_a_new_one(text: str) -> None:
    made = trace_of(text)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", made.header)
    assert made.parent_id == ""


def test_log_line_takes_no_field_that_is_not_listed() -> None:
    stream = io.StringIO()
    logger = make_logger(stream)
    logger.info("request", status=200, route="/health")
    assert json.loads(stream.getvalue())["status"] == 200
    with pytest.raises(AssertionError, match="customer"):
        logger.info("request", customer="acme")


@pytest.mark.slow
def test_stopped_service_answers_what_is_in_flight_and_logs_no_secret(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    token = account(database, "somebody", "--credit-limit", "10000")
    process = started("serve", "--db", database, "--port", "0", "--format", "json")
    assert process.stdout is not None
    told = "".join(iter(process.stdout.readline, "}\n"))
    url = json.loads(told + "}")["url"]
    replies: list[int] = []

    def send(number: int) -> None:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"stop-{number}"}
        try:
            replies.append(
                httpx.post(f"{url}/v1/events", json=EVENT, headers=headers, timeout=30).status_code
            )
        except httpx.TransportError:
            # Not taken any more, or not read: nobody was told anything.
            replies.append(0)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    while not replies:
        threads[0].join(0.01)
    process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    _, logs = process.communicate()
    assert process.returncode in {0, -signal.SIGTERM}
    assert set(replies) <= {0, 201, 503}
    document = asked("audit", database)
    assert document["verdict"] == "VALID"
    kept = served_entries(document) - 1
    assert replies.count(201) <= kept <= replies.count(201) + replies.count(0)
    for secret in (token, token.rpartition("_")[2], "somebody", "stop-1"):
        assert secret not in logs
    assert json.loads(logs.splitlines()[0])["trace_id"]


def served_entries(document: Document) -> int:
    """Return how many entries an audit has judged."""
    return number(document, "entries")


def test_without_the_extra_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", _without_starlette(importlib.util.find_spec))
    answer = billproof("serve", "--db", tmp_path / "ledger.db")
    assert answer.code == 3
    assert "pip install 'billproof[service]'" in answer.err
    assert not (tmp_path / "ledger.db").exists()


def _without_starlette(real: object) -> object:
    assert callable(real)
    return lambda name, *more: None if name == "starlette" else real(name, *more)
