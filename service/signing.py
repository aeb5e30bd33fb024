"""Signing committed bodies on other threads, in the order of their commits.

RSA signing is what limits ingestion. ``cryptography`` releases the interpreter while it signs, so threads
use all cores, and the next batch is billed while the last one is being signed.

Choices: threads, not processes, so that private keys stay in one memory. A short switch interval lets a
signing thread hand in a signature without waiting for the billing thread's whole turn.

Source: ``system.md`` section 4, "The JWS is made after the commit and before the reply".
"""

import os
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from billproof.model.identifiers import CustomerId, Position, Sequence, SigningKeyId
from billproof.model.keys import ReceiptSigner, sign_receipt

SWITCH_SECONDS: Final = 0.0005
"""How long a thread may keep the interpreter while others wait; signing takes 0.7 ms."""

_CHUNK: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A committed entry whose signature is not written yet."""

    position: Position
    customer: CustomerId
    sequence: Sequence
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A part of a batch that one thread signs."""

    items: tuple[Committed, ...]
    signatures: Future[list[str]]
    """The compact JWS of each item, in order."""


class SigningPool:
    """Threads that sign batches; handed out again in the order in which they came in."""

    def __init__(self, signer: ReceiptSigner) -> None:
        self._signer = signer
        self._pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="sign")
        self._batches: deque[tuple[tuple[Committed, ...], tuple[Chunk, ...]]] = deque()

    @property
    def signer(self) -> ReceiptSigner:
        """The signing key."""
        return self._signer

    @property
    def key_id(self) -> SigningKeyId:
        """The id of the signing key."""
        return self._signer.key_id

    @property
    def batches_open(self) -> int:
        """How many batches have been submitted and not taken out."""
        return len(self._batches)

    def submit(self, batch: tuple[Committed, ...]) -> tuple[Chunk, ...]:
        """Begin to sign a batch, and return its parts; an empty one is not kept."""
        if not batch:
            return ()
        if sys.getswitchinterval() > SWITCH_SECONDS:
            sys.setswitchinterval(SWITCH_SECONDS)
        parts = [batch[start : start + _CHUNK] for start in range(0, len(batch), _CHUNK)]
        chunks = tuple(Chunk(items=part, signatures=self._pool.submit(self._sign, part)) for part in parts)
        self._batches.append((batch, chunks))
        return chunks

    def oldest(self) -> tuple[tuple[Committed, ...], list[str]]:
        """Wait for the oldest batch, and take it out with its signatures."""
        batch, chunks = self._batches.popleft()
        return batch, [jws for chunk in chunks for jws in chunk.signatures.result()]

    def finished(self) -> list[tuple[tuple[Committed, ...], list[str]]]:
        """Return the oldest batches whose signatures are made; they stay in, and nothing waits."""
        made: list[tuple[tuple[Committed, ...], list[str]]] = []
        for batch, chunks in self._batches:
            if not all(chunk.signatures.done() for chunk in chunks):
                break
            made.append((batch, [jws for chunk in chunks for jws in chunk.signatures.result()]))
        return made

    def take_out(self, count: int) -> None:
        """Take out the oldest ``count`` batches: their signatures are written."""
        for _ in range(count):
            self._batches.popleft()

    def find(self, position: Position) -> tuple[Future[list[str]], int] | None:
        """Return where the signature of an entry is being made, and its place there; None if it is not."""
        for _, chunks in self._batches:
            for chunk in chunks:
                if chunk.items[0].position <= position <= chunk.items[-1].position:
                    for place, item in enumerate(chunk.items):
                        if item.position == position:
                            return chunk.signatures, place
        return None

    def sign(self, item: Committed) -> Future[list[str]]:
        """Begin to sign one entry that another process has committed and not signed yet."""
        return self._pool.submit(self._sign, (item,))

    def close(self) -> None:
        """Stop; what was not taken out is dropped, and stays unsigned in the store."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _sign(self, chunk: tuple[Committed, ...]) -> list[str]:
        return [sign_receipt(item.body, self._signer) for item in chunk]
