"""A supervisor restarts as OTP documents it, and gives up when it must."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.supervisor import (
    LAWS,
    Reason,
    Restart,
    Strategy,
    Supervisor,
    child_ended,
    is_restarted,
    new_supervisor,
)
from billproof.model.platform.units import Micros
from tests.model.platform.search import explore

KINDS = (Restart.PERMANENT, Restart.TRANSIENT, Restart.TEMPORARY)


def started(strategy: Strategy, children: tuple[Restart, ...] = KINDS, intensity: int = 2) -> Supervisor:
    """Return a supervisor that bears so many restarts in ten microseconds."""
    return new_supervisor(strategy, Count(intensity), Micros(10), children)


def moves(supervisor: Supervisor) -> Iterator[tuple[str, Supervisor]]:
    """Yield every end of every child, soon and late."""
    latest = max(supervisor.restarts, default=Instant(0))
    for number in range(len(supervisor.children)):
        if supervisor.children[number].starts < 4:
            for reason in Reason:
                for wait in (1, 11):
                    after = child_ended(supervisor, number, reason, Instant(latest + wait))
                    yield f"{number} {reason.name} after {wait}", after


@pytest.mark.parametrize("strategy", Strategy)
def test_the_laws_hold_in_every_state(strategy: Strategy) -> None:
    found = explore(started(strategy), moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states > 20


def test_laws_fail_on_broken_steps() -> None:
    before = started(Strategy.ONE_FOR_ONE)
    by_name = {law.name: law for law in LAWS}
    tireless = replace(before, restarts=(Instant(1), Instant(2), Instant(3)))
    assert not by_name["intensity_kept"].holds(before, tireless)
    assert not by_name["gives_up_whole"].holds(before, replace(before, running=False))
    assert not by_name["gives_up_whole"].holds(replace(before, running=False), before)
    orphan = replace(before, children=(before.children[0]._replace(running=False), *before.children[1:]))
    assert not by_name["permanent_children_run"].holds(before, orphan)


@pytest.mark.parametrize(
    ("restart", "reason", "expected"),
    [
        (Restart.PERMANENT, Reason.NORMAL, True),
        (Restart.PERMANENT, Reason.SHUTDOWN, True),
        (Restart.PERMANENT, Reason.CRASH, True),
        (Restart.TRANSIENT, Reason.NORMAL, False),
        (Restart.TRANSIENT, Reason.SHUTDOWN, False),
        (Restart.TRANSIENT, Reason.CRASH, True),
        (Restart.TEMPORARY, Reason.NORMAL, False),
        (Restart.TEMPORARY, Reason.SHUTDOWN, False),
        (Restart.TEMPORARY, Reason.CRASH, False),
    ],
)
def test_the_restart_type_decides(restart: Restart, reason: Reason, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_restarted(restart, reason) == expected
    after = child_ended(started(Strategy.ONE_FOR_ONE, (restart,)), 0, reason, Instant(1))
    assert after.children[0].running == expected


@pytest.mark.parametrize(
    ("strategy", "starts"),
    [
        (Strategy.ONE_FOR_ONE, [1, 2, 1]),
        (Strategy.ONE_FOR_ALL, [2, 2, 2]),
        (Strategy.REST_FOR_ONE, [1, 2, 2]),
    ],
)
def test_the_strategy_decides_who_is_restarted_too(strategy: Strategy, starts: list[int]) -> None:
    after = child_ended(started(strategy, (Restart.PERMANENT,) * 3), 1, Reason.CRASH, Instant(1))
    assert [child.starts for child in after.children] == starts


def test_as_many_restarts_as_allowed_are_borne_and_one_more_is_not() -> None:
    supervisor = started(Strategy.ONE_FOR_ONE, (Restart.PERMANENT,))
    for now in (1, 2):
        supervisor = child_ended(supervisor, 0, Reason.CRASH, Instant(now))
        assert supervisor.running
    assert not child_ended(supervisor, 0, Reason.CRASH, Instant(11)).running
    assert child_ended(supervisor, 0, Reason.CRASH, Instant(12)).running, "the first is forgotten by then"


def test_edge_restart_empties_the_memory() -> None:
    after = child_ended(started(Strategy.ONE_FOR_ONE), 0, Reason.CRASH, Instant(1))
    assert after.children[0].running
    assert after.children[0].starts == 2, "another start is another memory"


def test_edge_neighbours_fall_together() -> None:
    after = child_ended(started(Strategy.ONE_FOR_ALL, (Restart.PERMANENT,) * 9), 0, Reason.CRASH, Instant(1))
    assert all(child.starts == 2 for child in after.children)


def test_edge_crash_loop_ends_the_instance() -> None:
    supervisor = started(Strategy.ONE_FOR_ONE, (Restart.PERMANENT,) * 9, intensity=3)
    for now in range(4):
        supervisor = child_ended(supervisor, 0, Reason.CRASH, Instant(now))
    assert not supervisor.running
    assert not any(child.running for child in supervisor.children)
