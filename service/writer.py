"""The one writer of a running service: many requests in one commit, each with its own outcome.

Theory of operation. Requests wait in a bounded queue. One thread takes all that are waiting, up to
``GROUP_MAX``, executes them in one transaction in the order of their arrival, and commits: that is the only
access to the disk, and it carries the signatures of earlier groups as well. The signatures of the group are
then made by the threads of the pool while the next group is being executed; a request is answered when its
own part of them is made. A duplicate of an entry that is not signed yet waits for that signature, so no
request is ever answered with less than the first one was.

Choices: a request that waited too long is dropped before it is executed, never after, so that its refusal is
definite. An operation that fails takes nobody else with it: a step that raises has changed nothing.

Not here: HTTP. ``Job.done`` is called on any thread.

Source: ``system.md`` section 4; PO-04 of ``claims.md`` for the queue.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import Final

from billproof.model.audit_log import AuditRecord
from billproof.model.design import REPAIRED, Design
from billproof.model.entitlements import Use, decide_use
from billproof.model.identifiers import NO_POSITION, Instant, Position, SigningKeyId
from billproof.model.outcomes import Status
from billproof.model.portable import PortableError
from billproof.model.screening import key_name
from billproof.model.state import Entry, Request
from billproof.service.access import RequestEvidence, ensure_tables, evidence_statement
from billproof.service.errors import RimError
from billproof.service.operations import Administration, execute
from billproof.service.store import Store
from billproof.service.trace import TraceFile
from billproof.service.transactions import Transaction
from billproof.service.usage import Operation

QUEUE_MAX: Final = 1_000
"""Operations that may wait; more are refused (PO-04)."""

QUEUE_SECONDS_MAX: Final = 5.0
"""How long an operation may wait before it is refused (PO-04)."""

GROUP_MAX: Final = 256
"""Operations per commit, unless a single request brings more."""

LINGER_SECONDS: Final = 0.004
"""How long a commit waits for more requests while others are being answered; alone, none waits."""

IDLE_SECONDS: Final = 0.005
"""How long the queue must be empty before signatures are written by a commit of their own."""

_SIGNING_GROUPS_MAX: Final = 6


class QueueFullError(PortableError):
    """The queue is full, or a request has waited too long; it had no effect.

    Args:
        waiting: How many operations were waiting.
    """

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} operations are waiting already; try again later with the same key")
        self.waiting = waiting


class ClosingError(PortableError):
    """The service is stopping and takes nothing new; the request had no effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One operation that somebody asks for."""

    operation: Operation | Administration
    request: Request
    evidence: RequestEvidence | None = None
    """The customer's signature, kept in the same commit."""
    public: bytes = b""
    """The public key that is being registered, PEM; empty for every other operation."""
    record: AuditRecord | None = None
    """What the audit log says of it; of a refusal it says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an operation came to, durable and signed."""

    status: Status
    replayed: bool = False
    entry: Entry | None = None
    """The entry of the outcome, new or stored; None for a refusal that is not stored."""
    jws: str = ""
    """Its receipt; empty without an entry."""
    use: Use = Use.ALLOWED
    """Whether the service may be used; where not, there is no entry and the status says nothing."""
    error: str = ""
    """What went wrong inside; then the outcome is unknown and the status says nothing."""


@dataclass(frozen=False, slots=True, kw_only=True)
class Job:
    """The operations of one request, and in the end their answers in the same order."""

    asks: tuple[Ask, ...]
    done: Callable[["Job"], None]
    """Called once, on any thread, when ``answers`` or ``error`` is set."""
    answers: list[Answer] = field(default_factory=list)
    error: Exception | None = None
    since: float = 0.0
    """When it was queued, for its wait."""
    waiting: set[Future[list[str]]] = field(default_factory=set)
    """The signatures that are still missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """What the writer tells about itself, for metrics; called on its thread and on those that sign."""

    committed: Callable[[int, int, float], None] = lambda _jobs, _entries, _seconds: None
    """Requests and entries of a commit, and its seconds."""
    waited: Callable[[float], None] = lambda _seconds: None
    """How long a request waited in the queue, in seconds."""
    signed: Callable[[float], None] = lambda _seconds: None
    """From the commit to the signature of a part of a group, in seconds."""


class Writer:
    """The thread that commits. Start it, hand in jobs from any thread, close it."""

    def __init__(
        self,
        database: Path,
        *,
        design: Design | None = None,
        observer: Observer | None = None,
        trace: TraceFile | None = None,
        clock: Callable[[], Instant] = lambda: Instant(time_ns() // 1_000),
    ) -> None:
        self._database = database
        self._wanted = design
        self._observer = observer or Observer()
        self._trace = trace
        self._clock = clock
        self._condition = threading.Condition()
        self._queue: deque[Job] = deque()
        self._queued = 0
        self._in_flight = 0
        self._is_closing = False
        self._lock = threading.Lock()
        self._opened: Future[tuple[Design, SigningKeyId]] = Future()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> tuple[Design, SigningKeyId]:
        """Open the store, sign what a crash has left unsigned, and return its design and signing key.

        Raises:
            RimError: The store cannot be used.
        """
        self._thread.start()
        return self._opened.result()

    @property
    def queued(self) -> int:
        """How many operations are waiting."""
        return self._queued

    @property
    def is_alive(self) -> bool:
        """Tell whether it takes jobs."""
        return self._thread.is_alive() and not self._is_closing

    def submit(self, job: Job) -> None:
        """Queue a job.

        Raises:
            QueueFullError: Too many operations are waiting; nothing happened.
            ClosingError: The service is stopping; nothing happened.
        """
        with self._condition:
            if self._is_closing or not self._thread.is_alive():
                raise ClosingError("the service is stopping; try again with the same key")
            if self._queued and self._queued + len(job.asks) > QUEUE_MAX:
                raise QueueFullError(self._queued)
            job.since = monotonic()
            self._queue.append(job)
            self._queued += len(job.asks)
            self._in_flight += 1
            self._condition.notify()

    def close(self) -> None:
        """Take nothing new, finish what is queued, write every signature, and stop."""
        with self._condition:
            self._is_closing = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            store = Store.open(self._database, wanted=self._wanted, default=REPAIRED)
        except Exception as error:  # noqa: BLE001 - handed to whoever started the thread
            self._opened.set_exception(error)
            return
        with store:
            try:
                store.prepare(ensure_tables)
            except RimError as error:
                self._opened.set_exception(error)
                return
            store.is_journaling = self._trace is not None
            self._opened.set_result((store.design, store.signing_key))
            while True:
                jobs = self._take(is_settled=store.is_settled)
                if jobs is None:
                    break
                if jobs:
                    self._commit(store, jobs)
                    store.settle(batches_open=_SIGNING_GROUPS_MAX)
                else:
                    store.settle()
            store.settle_all()

    def _take(self, *, is_settled: bool) -> list[Job] | None:
        """Wait for jobs; an empty list means that nothing came while signatures wait to be written."""
        with self._condition:
            while not self._queue:
                if self._is_closing:
                    return None
                if not self._condition.wait(None if is_settled else IDLE_SECONDS) and not is_settled:
                    return []
            is_alone = self._in_flight <= len(self._queue) or self._is_closing
        if not is_alone:
            # Others are being answered and about to ask again; a commit costs the same for one as for many.
            sleep(LINGER_SECONDS)
        with self._condition:
            jobs = [self._queue.popleft()]
            count = len(jobs[0].asks)
            while self._queue and count + len(self._queue[0].asks) <= GROUP_MAX:
                count += len(self._queue[0].asks)
                jobs.append(self._queue.popleft())
            self._queued -= count
        return jobs

    def _finish(self, job: Job) -> None:
        with self._condition:
            self._in_flight -= 1
        job.done(job)

    def _commit(self, store: Store, jobs: list[Job]) -> None:
        start = monotonic()
        ready: list[Job] = []
        for job in jobs:
            self._observer.waited(start - job.since)
            if start - job.since > QUEUE_SECONDS_MAX:
                job.error = QueueFullError(self._queued)
                self._finish(job)
            else:
                ready.append(job)
        if not ready:
            return
        positions: list[list[Position]] = []
        try:
            with store.transaction(self._clock()) as transaction:
                for job in ready:
                    positions.append([_execute(transaction, job, ask, store.design) for ask in job.asks])
            if self._trace is not None:
                self._trace.append(transaction)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear that the outcome is unknown
            for job in ready:
                job.error = error
                self._finish(job)
            return
        committed = monotonic()
        entries = sum(len(chunk.items) for chunk in transaction.chunks)
        self._observer.committed(len(ready), entries, committed - start)
        self._answer(store, transaction, ready, positions)

    def _answer(
        self, store: Store, transaction: Transaction, jobs: list[Job], positions: list[list[Position]]
    ) -> None:
        """Answer each job as soon as the signatures of its entries are made."""
        committed = monotonic()
        made = {
            item.position: (chunk.signatures, place)
            for chunk in transaction.chunks
            for place, item in enumerate(chunk.items)
        }
        parts: dict[Future[list[str]], list[tuple[Job, int, int]]] = {}
        for job, places in zip(jobs, positions, strict=True):
            for number, position in enumerate(places):
                if position == NO_POSITION:
                    continue
                try:
                    found = made.get(position) or store.signature_at(position)
                except RimError as error:
                    job.answers[number] = Answer(status=Status.NOT_POSSIBLE, error=str(error))
                    continue
                if isinstance(found, str):
                    job.answers[number] = replace(job.answers[number], jws=found)
                else:
                    job.waiting.add(found[0])
                    parts.setdefault(found[0], []).append((job, number, found[1]))
        # Known before any callback runs: all that a job waits for, and who waits for nothing.
        answered = [job for job in jobs if not job.waiting]
        for signatures, wanted in parts.items():
            signatures.add_done_callback(partial(self._sign, wanted=wanted, committed=committed))
        for job in answered:
            self._finish(job)

    def _sign(self, made: Future[list[str]], *, wanted: list[tuple[Job, int, int]], committed: float) -> None:
        """Put signatures into the answers that wait for them; answer the jobs that now have all of theirs."""
        failure = ClosingError("signing was stopped") if made.cancelled() else made.exception()
        with self._lock:
            for job, number, place in wanted:
                if failure is None:
                    job.answers[number] = replace(job.answers[number], jws=made.result()[place])
                else:
                    job.error = failure if isinstance(failure, Exception) else ClosingError(str(failure))
            owners = {id(job): job for job, _, _ in wanted}
            for job in owners.values():
                job.waiting.discard(made)
            finished = [job for job in owners.values() if not job.waiting]
        self._observer.signed(monotonic() - committed)
        for job in finished:
            self._finish(job)


def _execute(transaction: Transaction, job: Job, ask: Ask, design: Design) -> Position:
    """Execute one operation, note its answer without the receipt, and return where its entry lies."""
    request = ask.request
    try:
        if ask.operation == Operation.CHARGE:
            use = decide_use(transaction.entitlement_state(request.customer, request.entitlement))
            if use != Use.ALLOWED and not transaction.is_known(key_name(request)):
                job.answers.append(Answer(status=Status.NOT_POSSIBLE, use=use))
                return NO_POSITION
        outcome = execute(transaction, ask.operation, request, design)
        entry = None if outcome.position == NO_POSITION else transaction.entry(outcome.position)
    except PortableError as error:
        job.answers.append(Answer(status=Status.NOT_POSSIBLE, error=str(error)))
        return NO_POSITION
    if ask.evidence is not None and entry is not None and not outcome.replayed:
        transaction.attached.append(evidence_statement(ask.request, ask.evidence))
    if ask.record is not None and not outcome.replayed:
        is_done = outcome.status <= Status.ACCEPTED_WITH_WARNING
        result = ask.record.result if is_done else outcome.status.name.lower()
        transaction.records.append(replace(ask.record, result=result))
    if ask.public:
        transaction.publics[ask.request.usage] = ask.public
    job.answers.append(Answer(status=outcome.status, replayed=outcome.replayed, entry=entry))
    return outcome.position
