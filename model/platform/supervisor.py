"""A supervisor as Erlang/OTP documents it: children, how they are restarted, and when it gives up.

Theory of operation. Children start in order and are ended in reverse order. When one ends, its restart type
and the reason decide whether it is restarted, and the strategy decides who else is: nobody
(``one_for_one``), everybody (``one_for_all``) or those started after it (``rest_for_one``). If more than
``intensity`` restarts happen within ``period`` the supervisor ends all children and then itself, which is
its own supervisor's turn. A restarted child begins anew: what it held in memory is gone.

Choices. A restart that fails at once counts again; it is the caller's next ``child_ended``.

Source: Erlang/OTP, "Supervisor Behaviour" (Design Principles) and the ``supervisor`` manual page;
``system.md`` section 2; EC-02, RS-08, XA-15, SL-10.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NamedTuple

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.units import Micros


class Strategy(IntEnum):
    """Who is restarted with a child."""

    ONE_FOR_ONE = 0
    ONE_FOR_ALL = 1
    REST_FOR_ONE = 2


class Restart(IntEnum):
    """When a child is restarted."""

    PERMANENT = 0
    """Always."""
    TRANSIENT = 1
    """When it ended abnormally."""
    TEMPORARY = 2
    """Never."""


class Reason(IntEnum):
    """Why a child ended."""

    NORMAL = 0
    SHUTDOWN = 1
    CRASH = 2


class Child(NamedTuple):
    """One child."""

    restart: Restart
    running: bool
    starts: Count
    """How often it was started: another number is another memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """One supervisor."""

    strategy: Strategy
    intensity: Count
    """How many restarts are borne within ``period`` (MaxR)."""
    period: Micros
    """MaxT."""
    children: tuple[Child, ...]
    """In order of start."""
    restarts: tuple[Instant, ...]
    """When children were restarted, within the last period; oldest first."""
    running: bool
    """Whether it has not given up."""


def new_supervisor(
    strategy: Strategy, intensity: Count, period: Micros, children: tuple[Restart, ...]
) -> Supervisor:
    """Start a supervisor and its children."""
    return Supervisor(
        strategy=strategy,
        intensity=intensity,
        period=period,
        children=tuple([Child(restart, running=True, starts=Count(1)) for restart in children]),
        restarts=(),
        running=True,
    )


def is_restarted(restart: Restart, reason: Reason) -> bool:
    """Tell whether a child with this restart type is restarted after this end."""
    if restart == Restart.TRANSIENT:
        return reason == Reason.CRASH
    return restart == Restart.PERMANENT


def child_ended(supervisor: Supervisor, number: int, reason: Reason, now: Instant) -> Supervisor:
    """Let a child end, and do what the strategy says."""
    if not supervisor.running or not supervisor.children[number].running:
        return supervisor
    children = list(supervisor.children)
    children[number] = children[number]._replace(running=False)
    if not is_restarted(children[number].restart, reason):
        return replace(supervisor, children=tuple(children))
    recent = tuple([time for time in supervisor.restarts if now - time <= supervisor.period])
    recent = (*recent, now)
    if len(recent) > supervisor.intensity:
        return _give_up(supervisor, recent)
    for other in _affected(supervisor, number):
        # A temporary neighbour is ended with the others and is never started again; a transient one that had
        # ended normally is started with them, as every child that the supervisor still knows.
        restart, _, starts = children[other]
        again = restart != Restart.TEMPORARY
        children[other] = Child(restart, again, Count(starts + (1 if again else 0)))
    return replace(supervisor, children=tuple(children), restarts=recent)


def _affected(supervisor: Supervisor, number: int) -> range:
    if supervisor.strategy == Strategy.ONE_FOR_ONE:
        return range(number, number + 1)
    if supervisor.strategy == Strategy.ONE_FOR_ALL:
        return range(len(supervisor.children))
    return range(number, len(supervisor.children))


def _give_up(supervisor: Supervisor, restarts: tuple[Instant, ...]) -> Supervisor:
    children = tuple([child._replace(running=False) for child in supervisor.children])
    return replace(supervisor, children=children, restarts=restarts, running=False)


def intensity_is_kept(before: Supervisor, after: Supervisor) -> bool:
    """Tell whether a supervisor that runs has borne no more restarts within a period than allowed."""
    del before
    return not after.running or len(after.restarts) <= after.intensity


def gives_up_whole(before: Supervisor, after: Supervisor) -> bool:
    """Tell whether a supervisor that gave up runs no child, and stays so."""
    if not before.running and after.running:
        return False
    return after.running or not any(child.running for child in after.children)


def permanent_children_run(before: Supervisor, after: Supervisor) -> bool:
    """Tell whether under a running supervisor every permanent child runs."""
    del before
    return not after.running or all(
        child.running for child in after.children if child.restart == Restart.PERMANENT
    )


LAWS: Final[tuple[Law[Supervisor], ...]] = (
    Law(
        name="intensity_kept",
        statement="more than MaxR restarts within MaxT end the supervisor",
        source="Erlang/OTP supervisor, maximum restart intensity",
        holds=intensity_is_kept,
    ),
    Law(
        name="gives_up_whole",
        statement="a supervisor that gives up ends every child, and does not come back by itself",
        source="Erlang/OTP supervisor",
        holds=gives_up_whole,
    ),
    Law(
        name="permanent_children_run",
        statement="while the supervisor runs, so does every permanent child",
        source="Erlang/OTP supervisor, restart types",
        holds=permanent_children_run,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="restart_empties_the_memory",
        statement="a restarted child is a new one: the buffer that was to be replayed is gone",
        source="EC-02, XA-15, G-10",
    ),
    SharpEdge(
        name="neighbours_fall_together",
        statement="under one_for_all one tenant's crash restarts every tenant's governor",
        source="IS-02",
    ),
    SharpEdge(
        name="crash_loop_ends_the_instance",
        statement="a request that crashes its governor each time takes the supervisor and all tenants down",
        source="IS-02, SL-10",
    ),
)
