"""The routes that need no credential: health, keys, checkpoints, the interface, the page; and metrics.

None of them tells anything about a customer. The heads of a checkpoint name customers, so the whole document
is for operators, and everybody gets the signed note, which binds them by a root. Metrics tell how
the business goes: over the network they take a token, and here as well where the service is told so.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billproof.service.access import Role
from billproof.service.http.core import Service
from billproof.service.http.openapi import document_text
from billproof.service.http.problems import Code, Phase, refused
from billproof.service.http.publishing import Publisher
from billproof.service.http.reads import json_response
from billproof.service.http.wire import JSON_TYPE
from billproof.service.schema import read_meta
from billproof.service.writer import QUEUE_MAX

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: its own three files and this service, nothing else."""

PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
"""The headers of the page's files."""

_ASSETS: Final = {"page.js": "text/javascript", "page.css": "text/css"}
_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def public_routes(service: Service, publisher: Publisher) -> list[Route]:
    """Return the routes for everybody."""

    def get_health(_request: Request) -> Response:
        """Tell that the process lives."""
        return json_response({"status": "ok"})

    def get_ready(_request: Request) -> Response:
        """Tell whether it takes requests."""
        running = service.opened
        return json_response({"status": "ready", "design": running.design.name})

    def get_metrics(request: Request) -> Response:
        """Return the metrics as Prometheus text, to a monitor or to a collector on this machine."""
        service.gate.check_monitor(request, is_open_locally=service.is_metering_local)
        metrics = service.metrics
        metrics.queue.set(service.writer.queued)
        metrics.queue_max.set(QUEUE_MAX)
        if service.running is not None:
            connection = service.readers.connection()
            (last,) = connection.execute("SELECT MAX(position) FROM log").fetchone()
            (unsigned,) = connection.execute("SELECT COUNT(*) FROM unsigned").fetchone()
            metrics.entries.set(0 if last is None else last + 1)
            metrics.unsigned.set(unsigned)
        return Response(metrics.text(), 200, headers={"Content-Type": _METRICS_TYPE})

    def get_keys(_request: Request) -> Response:
        """Return the public keys that verify receipts and checkpoints."""
        _ = service.opened
        keys = read_meta(service.readers.connection(), "jwks")
        assert keys is not None, "an open store has published its keys"
        return Response(keys.encode("utf-8"), 200, media_type=JSON_TYPE)

    def get_checkpoint(request: Request) -> Response:
        """Return the latest signed note; its heads, which name customers, to an operator only."""
        _ = service.opened
        document = json.loads(publisher.latest())
        if "authorization" in request.headers:
            principal = service.gate.identify(request)
            if principal.role == Role.OPERATOR:
                return json_response(document)
        return json_response({"note": document["note"]})

    return [
        Route("/health", get_health),
        Route("/ready", get_ready),
        Route("/metrics", get_metrics),
        Route("/.well-known/jwks.json", get_keys),
        Route("/v1/checkpoints/latest", get_checkpoint),
        Route("/openapi.json", get_interface),
        Route("/", get_page),
        Route("/page/{name}", get_asset),
    ]


def get_interface(_request: Request) -> Response:
    """Return this interface as OpenAPI 3.1."""
    return Response(document_text(), 200, media_type=JSON_TYPE)


def get_page(_request: Request) -> Response:
    """Return the page."""
    return Response(asset("page.html"), 200, media_type="text/html", headers=PAGE_HEADERS)


def get_asset(request: Request) -> Response:
    """Return a file of the page."""
    name = request.path_params["name"]
    if name not in _ASSETS:
        raise refused(Code.NOT_FOUND, Phase.VALIDATE, "no such file")
    return Response(asset(name), 200, media_type=_ASSETS[name], headers=PAGE_HEADERS)


@cache
def asset(name: str) -> bytes:
    """Return a file of the page."""
    return files("billproof.service.http.page").joinpath(name).read_bytes()
