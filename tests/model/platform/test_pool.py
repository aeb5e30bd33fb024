"""A pool is bounded, works while there is work, and serves in order; what it shares, its tenants share."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.pool import (
    LAWS,
    Answer,
    Pool,
    Settings,
    crash,
    documented_settings,
    expire_queued,
    finish,
    new_pool,
    offer,
    overdue,
    workers_of,
)
from billproof.model.platform.units import MILLISECOND, SECOND, Micros, TenantNumber
from tests.model.platform.search import explore

SMALL = Settings(workers=Count(2), queue_max=Count(2), queue_timeout=Micros(5), task_timeout=Micros(5))
ONE, OTHER = TenantNumber(0), TenantNumber(1)


def moves(pool: Pool) -> Iterator[tuple[str, Pool]]:
    """Yield offers of six tasks, ends and expiries."""
    known = [task.number for task in (*pool.busy, *pool.queue)]
    for number in range(6):
        if number not in known:
            yield f"offer {number}", offer(pool, number, ONE, Instant(0))[0]
    for task in pool.busy:
        yield f"finish {task.number}", finish(pool, task.number, Instant(0))[0]
    yield "expire", expire_queued(pool, Instant(5))[0]
    yield "crash", crash(pool)


def test_the_laws_hold_in_every_state() -> None:
    found = explore(new_pool(SMALL), moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states == 1 + 6 + 6 * 5 + 6 * 5 * 4 + 6 * 5 * 4 * 3, "ordered choices of 0 to 4 tasks of 6"


def full() -> Pool:
    """Return a small pool with no worker and no room left."""
    pool = new_pool(SMALL)
    for number in range(4):
        pool, _ = offer(pool, number, ONE, Instant(number))
    return pool


def test_laws_fail_on_broken_steps() -> None:
    before = full()
    by_name = {law.name: law for law in LAWS}
    assert not by_name["bounded"].holds(before, replace(before, queue=before.queue * 2))
    assert not by_name["work_conserving"].holds(before, replace(before, busy=()))
    assert not by_name["first_come_first_served"].holds(before, replace(before, queue=before.queue[:1]))


@pytest.mark.parametrize(("cpus", "workers"), [(1, 2), (2, 4), (8, 16), (15, 30), (16, 32), (64, 32)])
def test_workers_are_twice_the_cpus_and_at_most_32(cpus: int, workers: int) -> None:
    assert workers_of(Count(cpus)) == workers


def test_the_first_that_does_not_fit_is_refused_and_had_no_effect() -> None:
    pool, answer = offer(full(), 9, ONE, Instant(9))
    assert (pool, answer) == (full(), Answer.REFUSED)


def test_what_waited_too_long_is_refused_and_the_rest_stays() -> None:
    pool, refused = expire_queued(full(), Instant(7))
    assert [task.number for task in refused] == [2]
    assert [task.number for task in pool.queue] == [3]
    assert expire_queued(pool, Instant(7)) == (pool, ())


def test_an_end_starts_the_first_that_waits() -> None:
    pool, started = finish(full(), 1, Instant(50))
    assert started is not None
    assert (started.number, started.since) == (2, 50)
    assert finish(pool, 99, Instant(51)) == (pool, None)


def test_edge_one_tenant_fills_the_queue() -> None:
    pool = full()
    assert {task.tenant for task in (*pool.busy, *pool.queue)} == {ONE}
    assert offer(pool, 9, OTHER, Instant(9))[1] == Answer.REFUSED


def test_edge_time_out_is_no_abort() -> None:
    pool = full()
    late = overdue(pool, Instant(5))
    assert [task.number for task in late] == [0]
    assert late[0] in pool.busy, "it goes on, and may commit"


def test_edge_full_queue_outlives_its_time_out() -> None:
    settings = documented_settings(Count(2))
    drained = Micros(settings.queue_max * 70 * MILLISECOND // settings.workers)
    assert drained == 17_500 * MILLISECOND
    assert drained > settings.queue_timeout == 5 * SECOND
