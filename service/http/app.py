"""The application: routes, the error that becomes a problem, and the shell around every request.

The shell (``Shell``) is plain ASGI: it bounds the head, continues the trace, counts, measures and logs.
Errors that nobody foresaw become 500 ``INTERNAL`` without a word about their content.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from billproof.model.design import Design
from billproof.service.errors import RimError
from billproof.service.http.core import Running, Service
from billproof.service.http.corrections import correction_routes
from billproof.service.http.disputing import dispute_routes
from billproof.service.http.gate import Gate
from billproof.service.http.keys import key_routes
from billproof.service.http.limits import HEADER_BYTES_MAX, RateLimiter
from billproof.service.http.logs import JsonLogger, make_logger, trace_of
from billproof.service.http.metrics import Metrics
from billproof.service.http.problems import Code, Phase, Problem, ProblemError, problem_response
from billproof.service.http.public import public_routes
from billproof.service.http.publishing import Publisher
from billproof.service.http.readers import Readers
from billproof.service.http.reads import read_routes
from billproof.service.http.writes import write_routes
from billproof.service.trace import TraceFile
from billproof.service.writer import Observer, Writer

_QUIET_ROUTES: Final = frozenset({"/health", "/ready", "/metrics"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a service is started with."""

    database: Path
    design: Design | None = None
    """What the store must have been made with; None takes the stored one."""
    trace: Path | None = None
    limiter: RateLimiter | None = None
    """None limits by plan."""
    is_logging: bool = True
    plans: Path | None = None
    """The published price plans, by which disputes about amounts are decided."""
    is_metering_local: bool = True
    """Whether a collector on this machine reads metrics without a credential."""


def make_app(settings: Settings) -> Starlette:
    """Return the application of a store; it opens the store when it starts."""
    metrics = Metrics()
    readers = Readers(settings.database)
    observer = Observer(
        committed=lambda _jobs, entries, seconds: _note_commit(metrics, entries, seconds),
        waited=metrics.queue_seconds.observe,
        signed=metrics.receipt_seconds.observe,
    )
    trace = None if settings.trace is None else TraceFile(settings.trace)
    writer = Writer(settings.database, design=settings.design, observer=observer, trace=trace)
    gate = Gate(readers, settings.limiter or RateLimiter(), metrics)
    service = Service(
        readers=readers, gate=gate, writer=writer, metrics=metrics, plans=settings.plans,
        is_metering_local=settings.is_metering_local,
    )  # fmt: skip

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None, None]:
        design, signing_key = await asyncio.to_thread(writer.start)
        service.running = Running(design=design, signing_key=signing_key)
        try:
            yield
        finally:
            # By now no request is in flight; what is committed and not signed yet is signed here.
            await asyncio.to_thread(writer.close)
            if trace is not None:
                trace.close()

    publisher = Publisher(readers)
    routes = [
        *write_routes(service),
        *read_routes(service),
        *correction_routes(service),
        *key_routes(service),
        *dispute_routes(service, publisher),
        *public_routes(service, publisher),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    _handle_errors(app, metrics)
    logger = make_logger() if settings.is_logging else None
    app.add_middleware(Shell, metrics=metrics, logger=logger)
    return app


def _note_commit(metrics: Metrics, entries: int, seconds: float) -> None:
    metrics.commits.inc()
    metrics.receipts.inc(entries)
    metrics.commit_seconds.observe(seconds)


def _handle_errors(app: Starlette, metrics: Metrics) -> None:
    def answered(problem: Problem, headers: dict[str, str] | None = None) -> Response:
        metrics.problems.labels(problem.code.value).inc()
        return problem_response(problem, headers)

    async def on_problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return answered(error.problem, error.headers)

    async def on_http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            problem = Problem(
                code=Code.METHOD_NOT_ALLOWED, phase=Phase.VALIDATE, detail="see /openapi.json for the methods"
            )
            return answered(problem, dict(error.headers or {}))
        code = Code.NOT_FOUND if error.status_code == 404 else Code.MALFORMED
        return answered(
            Problem(code=code, phase=Phase.VALIDATE, detail="see /openapi.json for the interface")
        )

    async def on_rim(_request: Request, _error: Exception) -> Response:
        detail = "the store cannot be read just now; try again, and audit it if that goes on"
        return answered(Problem(code=Code.NOT_READY, phase=Phase.ADMIT, detail=detail))

    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RimError, on_rim)


class Shell:
    """What is around every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics, logger: JsonLogger | None) -> None:
        self._app = app
        self._metrics = metrics
        self._logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = perf_counter()
        headers = scope["headers"]
        traceparent = next((value for name, value in headers if name == b"traceparent"), b"")
        trace = trace_of(traceparent.decode("ascii", "replace"))
        status, code = 500, ""

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"traceparent", trace.header.encode("ascii"))]
            await send(message)

        with self._metrics.in_flight.track_inprogress():
            if sum(len(name) + len(value) + 4 for name, value in headers) > HEADER_BYTES_MAX:
                detail = f"the head is larger than {HEADER_BYTES_MAX} bytes"
                problem = Problem(code=Code.HEADERS_TOO_LARGE, phase=Phase.VALIDATE, detail=detail)
                await problem_response(problem)(scope, receive, reply)
            else:
                code = await self._run(scope, receive, reply)
        seconds = perf_counter() - start
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.requests.labels(route, _method(scope["method"]), str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        if self._logger is not None and route not in _QUIET_ROUTES:
            self._logger.info(
                "request", route=route, method=_method(scope["method"]), status=status, error=code,
                duration_ms=round(seconds * 1_000, 3), trace_id=trace.trace_id, span_id=trace.span_id,
                parent_id=trace.parent_id,
            )  # fmt: skip

    async def _run(self, scope: Scope, receive: Receive, reply: Send) -> str:
        """Run the application; a bug becomes 500, and its type is what the log tells of it."""
        is_begun = False

        async def begun(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await reply(message)

        try:
            await self._app(scope, receive, begun)
        except Exception as error:  # noqa: BLE001 - the last resort: a client must get an answer
            self._metrics.internal.inc()
            if not is_begun:
                problem = Problem(
                    code=Code.INTERNAL, phase=Phase.REPLY, detail="send the same request with the same key"
                )
                await problem_response(problem)(scope, receive, reply)
            return type(error).__name__
        return ""


def _method(method: str) -> str:
    """Return a method for a label; whoever invents one is counted as OTHER."""
    return method if method in {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"} else "OTHER"
