"""A replica is a prefix; its lag is what it lacks; only admission bounds it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.replica import (
    LAWS,
    Replica,
    age,
    append,
    apply_next,
    backlog,
    is_admitted,
    new_replica,
    promote,
)
from billproof.model.platform.table import Table
from billproof.model.platform.units import CommitNumber
from tests.model.platform.search import explore


def moves(replica: Replica) -> Iterator[tuple[str, Replica]]:
    """Yield appends at three times and applications."""
    if replica.committed < 4:
        for now in (1, 2, 3):
            yield "append", append(replica, Instant(now))
    yield "apply", apply_next(replica)


@pytest.mark.parametrize("backlog_max", [0, 1, 2])
def test_the_laws_hold_in_every_state(backlog_max: int) -> None:
    found = explore(new_replica(Count(backlog_max)), moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states > 10


def test_laws_fail_on_broken_steps() -> None:
    before = append(append(new_replica(Count(2)), Instant(1)), Instant(2))
    by_name = {law.name: law for law in LAWS}
    assert not by_name["prefix"].holds(before, replace(before, applied=CommitNumber(3)))
    unadmitted = replace(before, committed=CommitNumber(3), times=before.times.put(3, Instant(3)))
    assert not by_name["admission_bounds_backlog"].holds(before, unadmitted)
    assert not by_name["lag_counted"].holds(before, replace(before, times=Table()))


def test_lag_of_a_whole_replica_is_zero_whatever_the_time() -> None:
    replica = append(append(new_replica(Count(0)), Instant(10)), Instant(30))
    assert (backlog(replica), age(replica, Instant(50))) == (2, 40)
    replica = apply_next(replica)
    assert (backlog(replica), age(replica, Instant(50))) == (1, 20)
    assert age(apply_next(replica), Instant(10**15)) == 0


def test_edge_promotion_loses_the_backlog() -> None:
    replica = append(append(append(new_replica(Count(0)), Instant(1)), Instant(2)), Instant(3))
    led, lost = promote(apply_next(replica))
    assert (led.committed, lost) == (1, 2)


def test_edge_no_admission_no_bound() -> None:
    """At 10,000 a second and 5 minutes of lag K = 5,000 is passed 600 times over (XA-59)."""
    assert 10_000 * 300 == 600 * 5_000
    free, bounded = new_replica(Count(0)), new_replica(Count(5))
    for now in range(50):
        free, bounded = append(free, Instant(now)), append(bounded, Instant(now))
    assert (backlog(free), backlog(bounded), is_admitted(bounded)) == (50, 5, False)
