"""A witness over HTTP: ``POST /add-checkpoint`` as C2SP tlog-witness has it.

The request names the size that the log believes was signed last, brings the consistency proof from there,
and the signed checkpoint; the reply is the signature line. The decision is ``model.witness`` behind
``witnessing.cosign_note``, which also follows every entry in between: what a proof alone cannot show, such as
a map that leaves a customer out, is refused with 422 like a proof that does not hold.

Status codes: 200 signed; 400 not such a request, or an old size beyond the checkpoint's; 403 not signed by
the log; 404 another log; 409 another size was signed last, which the body tells, or another head of this
size; 422 not shown to be the log's next head; 503 the entries cannot be read just now.

Source: C2SP tlog-witness; rules R3.4 and R17.
"""

import base64
import binascii
import re
import threading
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from billproof.model.checkpoints import CheckpointFormatError, parse_note
from billproof.model.identifiers import Instant, Position
from billproof.model.portable import PortableError
from billproof.model.witness import WitnessRefusal
from billproof.service.errors import RimError
from billproof.service.http.core import read_body
from billproof.service.http.problems import ProblemError
from billproof.service.witnessing import NotCosigned, Witness, cosign_note

PROOF_LINES_MAX: Final = 63
"""The longest consistency proof, in hashes."""

SIZE_TYPE: Final = "text/x.tlog.size"
"""The media type of the size that was signed last."""

HASH_BYTES: Final = 32
"""The length of a hash of a proof."""

STATUS: Final = MappingProxyType(
    {
        WitnessRefusal.SIGNATURE: 403,
        WitnessRefusal.ROLLBACK: 409,
        WitnessRefusal.OLD_SIZE: 400,
        WitnessRefusal.STALE: 409,
        WitnessRefusal.FORK: 409,
        WitnessRefusal.INCONSISTENT: 422,
        WitnessRefusal.ENTRIES: 422,
        WitnessRefusal.NOT_THE_LOG: 422,
        WitnessRefusal.NOT_THE_FOLD: 422,
    }
)
"""The HTTP status of each refusal."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,17})")


class AddCheckpointError(PortableError, ValueError):
    """A body that is no request to add a checkpoint.

    Args:
        problem: What is wrong with it.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"request: {problem}; send 'old SIZE', the proof, an empty line, the checkpoint")
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """A request to co-sign."""

    old_size: Position
    """What the log believes was signed last."""
    proof: tuple[bytes, ...]
    """The consistency proof from there; empty where there is nothing to prove."""
    note: str
    """The signed checkpoint."""


def parse_request(body: bytes) -> AddCheckpoint:
    """Read a request, strictly.

    Raises:
        AddCheckpointError: It is not one.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AddCheckpointError("not UTF-8") from error
    head, mark, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if not mark or old is None or len(lines) > PROOF_LINES_MAX:
        raise AddCheckpointError(
            f"no old size, no empty line, or more than {PROOF_LINES_MAX} hashes before the checkpoint"
        )
    return AddCheckpoint(
        old_size=Position(int(old[1])), proof=tuple(_hash_of(line) for line in lines), note=note
    )


def make_witness_app(witness: Witness, origin: str | None = None) -> Starlette:
    """Return the application of a witness.

    Args:
        witness: Who signs.
        origin: The only log that is known; None knows whatever the log's keys have signed.
    """
    # One checkpoint at a time: the memory is compared and set in one transaction, and a second request
    # would follow the same entries again only to be told that the size has changed.
    turn = threading.Lock()

    def answer(body: bytes) -> Response:
        try:
            asked = parse_request(body)
            named = parse_note(asked.note, "checkpoint").origin
            if origin is not None and named != origin:
                return PlainTextResponse(f"the log {named[:200]!r} is not known here\n", 404)
            now = Instant(time.time_ns() // 1_000)
            with turn:
                made = cosign_note(witness, asked.note, now, old_size=asked.old_size, proof=asked.proof)
        except (AddCheckpointError, CheckpointFormatError) as error:
            return PlainTextResponse(f"{error}\n", 400)
        except RimError as error:
            return PlainTextResponse(f"{error}\n", 503, headers={"Retry-After": "1"})
        if isinstance(made, NotCosigned):
            return _refusal(made, asked)
        return PlainTextResponse(made.line)

    async def add_checkpoint(request: Request) -> Response:
        """Co-sign a checkpoint, or refuse."""
        try:
            body = await read_body(request)
        except ProblemError as error:
            return PlainTextResponse(f"{error.problem.detail}\n", error.problem.status)
        return await run_in_threadpool(answer, body)

    def get_key(_request: Request) -> Response:
        """Return the verifier key, for the policies of readers."""
        return PlainTextResponse(f"{witness.verifier_key}\n")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/verifier-key", get_key),
        ]
    )


def _refusal(made: NotCosigned, asked: AddCheckpoint) -> Response:
    refusal = made.refused.refusal
    is_beyond = refusal == WitnessRefusal.ROLLBACK and asked.old_size == made.size
    status = 400 if is_beyond else STATUS[refusal]
    if status == 409:
        # As a header, since a media type would be given a charset, which clients need not expect here.
        return Response(f"{made.size}\n", 409, headers={"Content-Type": SIZE_TYPE})
    return PlainTextResponse(f"{refusal.value}: it {made.refused.reason}\n", status)


def _hash_of(line: str) -> bytes:
    try:
        data = base64.b64decode(line.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise AddCheckpointError(f"{line[:80]!r} is no hash in base64") from error
    if len(data) != HASH_BYTES or base64.b64encode(data).decode("ascii") != line:
        raise AddCheckpointError(f"{line[:80]!r} is no hash of {HASH_BYTES} bytes in base64")
    return data
