"""The processes of an audit: each judges stretches of the ledger that it reads by itself, in order.

Choices: processes, because parsing holds the interpreter as long as RSA does not. A small ledger is judged
in the calling process, since starting others takes longer than judging it.
"""

import gc
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final

from billproof.model.design import Design
from billproof.model.identifiers import Count, CustomerId, Position, SigningKeyId
from billproof.model.key_sets import parse_key_set
from billproof.model.state import Head
from billproof.service.inspection import Rules, Stretch, inspect
from billproof.service.ledgers import LedgerKind, Span, open_raw, read_database, read_file
from billproof.service.quick import QuickKeys

_AHEAD: Final = 3
"""Stretches handed out per process before the first is taken back: keeps memory flat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What every process of an audit is told."""

    source: Path
    kind: LedgerKind
    jwks: bytes | None
    """A key set that has been read before; None leaves signatures unchecked."""
    design: Design
    witnessed: dict[CustomerId, Head]
    is_counting_leaves: bool
    retired: dict[SigningKeyId, Position] = field(default_factory=dict)
    is_plain: bool = False
    """Whether every receipt is taken the plain way, to compare with."""

    def rules(self) -> Rules:
        """Return what stretches are judged by."""
        keys = None if self.jwks is None else parse_key_set(self.jwks, "key set")
        return Rules(
            design=self.design,
            keys=keys,
            quick=None if keys is None or self.is_plain else QuickKeys(keys),
            witnessed=self.witnessed,
            has_tables=self.kind == LedgerKind.DATABASE,
            is_counting_leaves=self.is_counting_leaves,
            retired=self.retired,
        )


def judged_stretches(assignment: Assignment, spans: Iterator[Span], jobs: Count) -> Iterator[Stretch]:
    """Judge the stretches of a ledger and hand them back in order.

    Args:
        assignment: What to judge, and by what.
        spans: The stretches.
        jobs: How many processes may work.
    """
    first = list(islice(spans, 2))
    if jobs == 1 or len(first) < 2:
        rules = assignment.rules()
        for span in chain(first, spans):
            yield _judge(assignment, rules, span)
        return
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context(method), initializer=_begin, initargs=(assignment,)
    )
    waiting: deque[Future[Stretch]] = deque()
    try:
        for span in chain(first, spans):
            waiting.append(pool.submit(_work, span))
            if len(waiting) >= jobs * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _judge(assignment: Assignment, rules: Rules, span: Span) -> Stretch:
    if assignment.kind == LedgerKind.LINES:
        return inspect(read_file(assignment.source, span), rules)
    with closing(open_raw(assignment.source)) as connection:
        return inspect(read_database(connection, span), rules)


@dataclass(frozen=False, slots=True)
class _Worker:
    """What a process keeps between stretches."""

    assignment: Assignment | None = None
    rules: Rules | None = None


_worker: Final = _Worker()


def _begin(assignment: Assignment) -> None:
    # Ctrl-C goes to the whole group; the process that was called speaks for all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing that a stretch makes refers to itself; looking for such rings takes a tenth of the time.
    gc.disable()
    _worker.assignment = assignment
    _worker.rules = assignment.rules()


def _work(span: Span) -> Stretch:
    assert _worker.assignment is not None
    assert _worker.rules is not None
    return _judge(_worker.assignment, _worker.rules, span)
