"""What the routes share: the gate, the readers, the writer, the metrics, and waiting for an outcome.

Not here: any decision about billing; a route turns a request into operations and their answers into bytes.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.requests import ClientDisconnect, Request

from billproof.model.design import Design
from billproof.model.identifiers import SigningKeyId
from billproof.service.http.gate import Gate
from billproof.service.http.limits import BODY_BYTES_MAX, BODY_SECONDS_MAX, REPLY_SECONDS_MAX
from billproof.service.http.metrics import Metrics
from billproof.service.http.problems import Code, Phase, ProblemError, refused
from billproof.service.http.readers import Readers
from billproof.service.writer import Answer, Ask, ClosingError, Job, QueueFullError, Writer


@dataclass(frozen=False, slots=True, kw_only=True)
class Running:
    """What is known once the store is open."""

    design: Design
    signing_key: SigningKeyId


@dataclass(frozen=False, slots=True, kw_only=True)
class Service:
    """One running service."""

    readers: Readers
    gate: Gate
    writer: Writer
    metrics: Metrics
    plans: Path | None = None
    """The published price plans."""
    is_metering_local: bool = True
    """Whether a collector on this machine reads metrics without a credential."""
    running: Running | None = None
    """None before the store is open."""
    loop: asyncio.AbstractEventLoop | None = None
    _finished: deque[tuple[Job, asyncio.Future[Job]]] = field(default_factory=deque)

    @property
    def opened(self) -> Running:
        """What is known of the open store.

        Raises:
            ProblemError: 503, it is not open.
        """
        if self.running is None or not self.writer.is_alive:
            raise refused(Code.NOT_READY, Phase.ADMIT, "the service is starting or stopping; try again")
        return self.running

    async def perform(self, asks: tuple[Ask, ...]) -> list[Answer]:
        """Hand operations to the writer and wait for their answers.

        Raises:
            ProblemError: 429 the queue is full, 503 stopping or unknown.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Job] = loop.create_future()
        job = Job(asks=asks, done=lambda done: self._hand_over(loop, done, future))
        try:
            self.writer.submit(job)
        except QueueFullError as error:
            raise refused(Code.QUEUE_FULL, Phase.ADMIT, str(error)) from error
        except ClosingError as error:
            raise refused(Code.NOT_READY, Phase.ADMIT, str(error)) from error
        try:
            async with asyncio.timeout(REPLY_SECONDS_MAX):
                await asyncio.shield(future)
        except TimeoutError as error:
            self.metrics.unknown.inc()
            raise refused(
                Code.OUTCOME_UNKNOWN, Phase.REPLY, "send the same request with the same key"
            ) from error
        if isinstance(job.error, QueueFullError):
            raise refused(Code.QUEUE_FULL, Phase.ADMIT, "waited too long; try again with the same key")
        if job.error is not None:
            self.metrics.unknown.inc()
            raise refused(
                Code.OUTCOME_UNKNOWN, Phase.REPLY, "send the same request with the same key"
            ) from job.error
        return job.answers

    def _hand_over(self, loop: asyncio.AbstractEventLoop, job: Job, future: asyncio.Future[Job]) -> None:
        # One wake-up of the loop for all that are finished by then: waking it costs a system call.
        self._finished.append((job, future))
        if len(self._finished) == 1:
            loop.call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        while self._finished:
            job, future = self._finished.popleft()
            if not future.done():
                future.set_result(job)


_DIGITS_MAX: Final = 18
"""The most digits of a declared length that are read as a number: a longer one is too large anyhow."""


async def read_body(request: Request) -> bytes:
    """Read a body of bounded size in bounded time.

    Raises:
        ProblemError: 413 too large; 400 too slow or broken off.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > _DIGITS_MAX or int(declared) > BODY_BYTES_MAX):
        raise _too_large(BODY_BYTES_MAX)
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for piece in request.stream():
                size += len(piece)
                if size > BODY_BYTES_MAX:
                    raise _too_large(BODY_BYTES_MAX)
                pieces.append(piece)
    except (TimeoutError, ClientDisconnect) as error:
        raise refused(Code.MALFORMED, Phase.VALIDATE, "the body did not arrive in time") from error
    return b"".join(pieces)


def media_type(request: Request, *accepted: str) -> str:
    """Return the media type of a body; none given is the first of the accepted ones.

    Raises:
        ProblemError: 415, another one.
    """
    given = request.headers.get("content-type", accepted[0]).partition(";")[0].strip().lower()
    if given not in accepted:
        raise refused(
            Code.MEDIA_TYPE, Phase.VALIDATE, f"{given[:60]!r} is not taken; send {' or '.join(accepted)}"
        )
    return given


def _too_large(limit: int) -> ProblemError:
    return refused(
        Code.BODY_TOO_LARGE,
        Phase.VALIDATE,
        f"the body is larger than {limit} bytes; send less at a time",
    )
