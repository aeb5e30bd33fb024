"""The OpenAPI document: fresh, complete, and kept by the service under every request that it can make up.

Requests are drawn from the served document, good and bad ones, with a fixed seed. No reply is a 5xx, none has
an undocumented status, type, header or body; and whatever is refused leaves the ledger as it was, except for
the refusals that are themselves entries (402 and 403 of the core), which move no money.
"""

import json
import re
import sqlite3
from collections import Counter
from contextlib import closing

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from billproof.model.periods import InstantFormatError, InstantRangeError, parse_instant
from billproof.service.http import app as application
from billproof.service.http.openapi import FILE, document_text, make_document
from billproof.service.http.problems import HTTP_STATUS, TITLES, Code
from tests.repo.sources import ROOT
from tests.service.http.conftest import Served

SEED = 20261125
EXAMPLES = 12
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip


UNASKABLE = (
    "/", "/health", "/ready", "/metrics", "/openapi.json", "/.well-known/jwks.json", "/v1/checkpoints/latest",
    "/page/{name}", "/v1/receipts/{receipt_id}",
)  # fmt: skip
"""The paths whose parameters may be any text, or that have none: there is no wrong way to ask them."""


def test_shipped_document_is_fresh_and_is_what_is_served(served: Served) -> None:
    assert (ROOT / "service" / "http" / FILE).read_bytes() == document_text()
    assert served.client.get("/openapi.json").content == document_text()


def test_document_has_exactly_the_routes_of_the_application(served: Served) -> None:
    document = make_document()
    assert isinstance(document, dict)
    paths = document["paths"]
    assert isinstance(paths, dict)
    made = application.make_app(application.Settings(database=served.database, is_logging=False))
    routed = {
        (re.sub(r":path}", "}", route.path), method)  # type: ignore[attr-defined] # every route is a Route
        for route in made.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined] # every route is a Route
    }
    told = {
        (path, method.upper()) for path, node in paths.items() if isinstance(node, dict) for method in node
    }
    assert routed == told


def test_every_code_has_a_status_and_a_title() -> None:
    assert set(HTTP_STATUS) == set(TITLES) == set(Code)


def state(served: Served) -> tuple[object, ...]:
    """Return everything that a refused request must not change, and the number of entries."""
    with closing(sqlite3.connect(f"{served.database.as_uri()}?mode=ro", uri=True)) as connection:
        return tuple(
            tuple(connection.execute(f"SELECT {what}").fetchall())
            for what in (
                "customer, balance FROM accounts ORDER BY 1",
                "customer, entitlement, period, used FROM quota_rows ORDER BY 1, 2, 3",
                "customer, seq, returned, disputed, ended FROM standings ORDER BY 1, 2",
                "COUNT(*) FROM log",
            )
        )


def judge(case: Case, served: Served, statuses: Counter[int]) -> None:  # type: ignore[type-arg] # of dicts
    """Send one request and hold the reply against the document and the ledger."""
    before = state(served)
    reply = case.call(
        base_url=str(served.client.base_url), headers={"Authorization": f"Bearer {served.acme}"}
    )
    statuses[reply.status_code] += 1
    case.validate_response(reply, checks=CHECKS)
    if reply.status_code in {402, 403} and reply.json().get("receipt"):
        assert state(served)[:3] == before[:3]
    elif reply.status_code >= 400:
        assert state(served) == before
        assert "application/problem+json" in reply.headers["content-type"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_gets_a_reply_that_is_not_documented(served: Served, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(json.loads(document_text()))
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if mode == GenerationMode.NEGATIVE and operation.path in UNASKABLE:
            continue
        strategy = operation.as_strategy(generation_mode=mode)

        @hypothesis.seed(SEED)
        @settings(
            max_examples=EXAMPLES, database=None, deadline=None, phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @hypothesis.given(case=strategy)
        def ask(case: Case) -> None:  # type: ignore[type-arg] # of dicts
            judge(case, served, statuses)

        ask()
    assert statuses[404] > 0
    assert sum(statuses.values()) > EXAMPLES


@hypothesis.given(
    hypothesis.strategies.from_regex(
        r"\A(19[67][0-9]|20[0-9]{2}|[0-9]{4})-(0[0-9]|1[0-3])-(2[89]|3[0-2]|0[0-2])T"
        r"(00|23|24):59:(59|60)(\.[0-9]{1,7})?(Z|[+-]23:59|\+00:00)\Z"
    )
)
@settings(max_examples=500, database=None, deadline=None)
def test_every_instant_of_the_document_is_one_that_the_reader_takes(text: str) -> None:
    document = json.loads(document_text())
    pattern = document["components"]["schemas"]["Event"]["properties"]["event_time"]["pattern"]
    try:
        parse_instant(text)
    except (InstantFormatError, InstantRangeError):
        assert re.search(pattern, text) is None


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_405_with_a_problem(served: Served, method: str) -> None:
    reply = served.client.request(method, "/v1/events")
    assert (reply.status_code, reply.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert reply.headers["Allow"] == "POST"


def test_large_bodies_and_heads_are_refused(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.acme}", "Idempotency-Key": "large"}
    reply = served.client.post("/v1/events", content=b" " * 1_048_577, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (413, "BODY_TOO_LARGE")
    reply = served.client.get("/health", headers={"X-Large": "x" * 16_400})
    assert reply.status_code in {400, 431}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MALFORMED"),
        (b"{", "MALFORMED"),
        (b"[]", "MALFORMED"),
        (b"7", "MALFORMED"),
        (b'{"a":1,"a":2}', "MALFORMED"),
    ],
)
def test_body_that_is_no_event_is_malformed(served: Served, body: bytes, code: str) -> None:
    headers = {
        "Authorization": f"Bearer {served.acme}",
        "Idempotency-Key": "m",
        "Content-Type": "application/json",
    }
    reply = served.client.post("/v1/events", content=body, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (400, code)
