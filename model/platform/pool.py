"""A pool of workers behind a bounded queue, as one instance has it.

Theory of operation. A task starts at once if a worker is free, waits in order of arrival if the queue has
room, and is refused (429) otherwise. A task that waited too long is refused from the queue; one that works
too long is given up by whoever waits for it, while what it had begun goes on: its outcome is unknown.

Source: PO-03, PO-04, PO-06, AS-08, XD-18 to XD-20, XD-48; ``system.md`` sections 2 and 4.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.units import SECOND, Micros, TenantNumber

WORKERS_MAX: Final = Count(32)
"""The most workers of one instance (PO-03)."""


class Answer(IntEnum):
    """What becomes of a task that is offered."""

    STARTED = 0
    QUEUED = 1
    REFUSED = 2
    """429: no worker and no room; nothing happened."""


class Task(NamedTuple):
    """One task."""

    number: int
    tenant: TenantNumber
    since: Instant
    """When it was queued, or started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a pool is made."""

    workers: Count
    queue_max: Count
    """PO-04: 1,000."""
    queue_timeout: Micros
    """PO-04: 5 s."""
    task_timeout: Micros
    """PO-06: 5 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The tasks of one instance."""

    settings: Settings
    busy: tuple[Task, ...]
    """In order of start."""
    queue: tuple[Task, ...]
    """In order of arrival."""


def workers_of(cpus: Count) -> Count:
    """Return how many workers an instance has: ``min(2 x vCPU, 32)``."""
    return Count(min(2 * cpus, WORKERS_MAX))


def documented_settings(cpus: Count) -> Settings:
    """Return the documented bounds for an instance of this size."""
    five_seconds = Micros(5 * SECOND)
    return Settings(
        workers=workers_of(cpus),
        queue_max=Count(1_000),
        queue_timeout=five_seconds,
        task_timeout=five_seconds,
    )


def new_pool(settings: Settings) -> Pool:
    """Return an idle pool."""
    return Pool(settings=settings, busy=(), queue=())


def offer(pool: Pool, number: int, tenant: TenantNumber, now: Instant) -> tuple[Pool, Answer]:
    """Offer a task."""
    task = Task(number, tenant, now)
    settings = pool.settings
    if len(pool.busy) < settings.workers:
        return Pool(settings=settings, busy=(*pool.busy, task), queue=pool.queue), Answer.STARTED
    if len(pool.queue) < settings.queue_max:
        return Pool(settings=settings, busy=pool.busy, queue=(*pool.queue, task)), Answer.QUEUED
    return pool, Answer.REFUSED


def finish(pool: Pool, number: int, now: Instant) -> tuple[Pool, Task | None]:
    """Let a task end; the first that waits is started.

    Returns:
        The pool, and the task that was started, if one was.
    """
    busy = tuple([task for task in pool.busy if task.number != number])
    if len(busy) == len(pool.busy) or not pool.queue:
        return Pool(settings=pool.settings, busy=busy, queue=pool.queue), None
    first = pool.queue[0]._replace(since=now)
    return Pool(settings=pool.settings, busy=(*busy, first), queue=pool.queue[1:]), first


def expire_queued(pool: Pool, now: Instant) -> tuple[Pool, tuple[Task, ...]]:
    """Refuse what has waited too long; it has had no effect.

    Returns:
        The pool, and what was refused.
    """
    horizon = now - pool.settings.queue_timeout
    late = 0
    while late < len(pool.queue) and pool.queue[late].since <= horizon:
        late += 1
    if not late:
        return pool, ()
    return Pool(settings=pool.settings, busy=pool.busy, queue=pool.queue[late:]), pool.queue[:late]


def overdue(pool: Pool, now: Instant) -> tuple[Task, ...]:
    """Return what works longer than allowed: its caller is told "unknown", the work itself goes on."""
    horizon = now - pool.settings.task_timeout
    return tuple([task for task in pool.busy if task.since <= horizon])


def crash(pool: Pool) -> Pool:
    """Lose every task, started or queued."""
    return new_pool(pool.settings)


def is_bounded(before: Pool, after: Pool) -> bool:
    """Tell whether no more work than there are workers, and no more wait than there is room."""
    del before
    return len(after.busy) <= after.settings.workers and len(after.queue) <= after.settings.queue_max


def is_work_conserving(before: Pool, after: Pool) -> bool:
    """Tell whether nothing waits while a worker is free."""
    del before
    return not after.queue or len(after.busy) == after.settings.workers


def is_first_come_first_served(before: Pool, after: Pool) -> bool:
    """Tell whether the queue lost only from its front and grew only at its end."""
    old = [task.number for task in before.queue]
    new = [task.number for task in after.queue]
    kept = [number for number in old if number in new]
    return old[len(old) - len(kept) :] == kept == new[: len(kept)]


LAWS: Final[tuple[Law[Pool], ...]] = (
    Law(
        name="bounded",
        statement="at most so many work and at most so many wait",
        source="PO-03, PO-04",
        holds=is_bounded,
    ),
    Law(
        name="work_conserving",
        statement="nothing waits while a worker is free",
        source="PO-03",
        holds=is_work_conserving,
    ),
    Law(
        name="first_come_first_served",
        statement="the queue is served in order of arrival",
        source="PO-04",
        holds=is_first_come_first_served,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="one_tenant_fills_the_queue",
        statement="workers and queue are shared: one tenant's burst is its neighbours' refusals",
        source="IS-02, XD-48",
    ),
    SharpEdge(
        name="time_out_is_no_abort",
        statement="a task that is given up may still commit; its outcome is unknown, not refused",
        source="PO-06; system.md section 4, OUTCOME_UNKNOWN",
    ),
    SharpEdge(
        name="full_queue_outlives_its_time_out",
        statement="on 2 vCPU and 70 ms a task a full queue takes 17.5 s, past its 5 s time-out",
        source="XD-19, XD-20",
    ),
)
