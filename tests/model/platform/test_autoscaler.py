"""The autoscaler's rules keep their limits, and are slower than the documents need them to be."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.autoscaler import (
    DOCUMENTED,
    LAWS,
    Autoscaler,
    Load,
    decide,
    is_above_soft_limit,
    new_autoscaler,
    serving,
    wished_by_target,
)
from billproof.model.platform.pool import crash, documented_settings, new_pool, offer
from billproof.model.platform.units import MILLISECOND, MINUTE, SECOND, Micros, Permille, TenantNumber

CALM = Load(Permille(500), Micros(MILLISECOND), Count(0))
IDLE = Load(Permille(100), Micros(MILLISECOND), Count(0))
LOADS = st.builds(
    Load,
    st.integers(0, 1_000).map(Permille),
    st.integers(0, 200 * MILLISECOND).map(Micros),
    st.integers(0, 100).map(Count),
)


@given(st.integers(3, 100), st.lists(st.tuples(LOADS, st.integers(0, 10 * MINUTE)), max_size=30))
def test_the_laws_hold_for_every_load(instances: int, loads: list[tuple[Load, int]]) -> None:
    scaler, now = new_autoscaler(DOCUMENTED, Count(instances)), 0
    for load, wait in loads:
        now += wait
        after = decide(scaler, load, Instant(now))
        assert all(law.holds(scaler, after) for law in LAWS)
        assert 0 <= serving(after, Instant(now)) <= after.instances
        scaler = after


def test_laws_fail_on_broken_steps() -> None:
    before = new_autoscaler(DOCUMENTED, Count(10))
    by_name = {law.name: law for law in LAWS}
    assert not by_name["between_limits"].holds(before, replace(before, instances=Count(101)))
    assert not by_name["between_limits"].holds(before, replace(before, instances=Count(2)))
    assert not by_name["shrinks_slowly"].holds(before, replace(before, instances=Count(9)))


@pytest.mark.parametrize(
    ("load", "latency_ms", "queued", "instances"),
    [
        (600, 100, 50, 20),
        (601, 100, 50, 21),
        (700, 100, 50, 24),
        (701, 100, 50, 25),
        (900, 100, 50, 30),
        (500, 101, 50, 25),
        (500, 100, 51, 25),
        (0, 0, 0, 20),
    ],
)
def test_each_rule_adds_above_its_bound_and_the_larger_wish_wins(
    load: int, latency_ms: int, queued: int, instances: int
) -> None:
    asked = Load(Permille(load), Micros(latency_ms * MILLISECOND), Count(queued))
    after = decide(new_autoscaler(DOCUMENTED, Count(20)), asked, Instant(0))
    assert after.instances == instances
    assert serving(after, Instant(0)) == 20
    assert serving(after, Instant(30 * SECOND)) == instances


def test_the_target_rule_is_the_quotient_rounded_up() -> None:
    """XD-17: what fills 100 instances needs 167 at 60 % load."""
    assert wished_by_target(DOCUMENTED, Count(100), Permille(1_000)) == 167


def test_a_load_that_rises_once_starts_the_wait_again() -> None:
    scaler = decide(new_autoscaler(DOCUMENTED, Count(10)), IDLE, Instant(0))
    scaler = decide(scaler, CALM, Instant(4 * MINUTE))
    scaler = decide(scaler, IDLE, Instant(5 * MINUTE))
    assert decide(scaler, IDLE, Instant(10 * MINUTE - 1)).instances == 10
    assert decide(scaler, IDLE, Instant(10 * MINUTE)).instances == 9


def rounds(scaler: Autoscaler, load: Load, every: Micros, until: int) -> int:
    """Return how many rounds the rules take to reach a number of instances."""
    count = 0
    while scaler.instances != until:
        scaler = decide(scaler, load, Instant(count * every))
        count += 1
    return count


def test_edge_steps_are_slower_than_the_spike() -> None:
    """A high p99 alone brings five at a time: 88 more are 18 steps, and 9 minutes at one per spin-up."""
    slow = Load(Permille(500), Micros(500 * MILLISECOND), Count(0))
    steps = rounds(new_autoscaler(DOCUMENTED, Count(12)), slow, DOCUMENTED.spin_up, 100)
    assert steps == 18
    assert steps * DOCUMENTED.spin_up == 9 * MINUTE


def test_edge_scale_down_takes_hours() -> None:
    steps = rounds(new_autoscaler(DOCUMENTED, Count(80)), IDLE, DOCUMENTED.low_for, 15)
    assert (steps - 1) * DOCUMENTED.low_for == 325 * MINUTE


def test_edge_no_headroom_at_the_hard_limit() -> None:
    scaler = new_autoscaler(DOCUMENTED, Count(100))
    assert decide(scaler, Load(Permille(1_000), Micros(SECOND), Count(1_000)), Instant(0)).instances == 100
    assert is_above_soft_limit(scaler)
    assert not is_above_soft_limit(new_autoscaler(DOCUMENTED, Count(75)))


def test_edge_scale_in_ends_an_instance_with_its_memory() -> None:
    """Ten instances with a task each, a low load for five minutes: nine are left, and nine tasks."""
    pools = [offer(new_pool(documented_settings(Count(2))), 1, TenantNumber(1), Instant(0))[0]] * 10
    scaler = decide(new_autoscaler(DOCUMENTED, Count(10)), IDLE, Instant(0))
    scaler = decide(scaler, IDLE, Instant(5 * MINUTE))
    kept = pools[: scaler.instances] + [crash(pool) for pool in pools[scaler.instances :]]
    assert sum(len(pool.busy) for pool in kept) == 9
