"""Lanes of a story: who acts in a step, who is written to, who is read, and which spans are faulty.

Derived from recorded accesses and from states. Only who issues a command is said here, for a command does not
carry its sender.

Source: Porcupine's lanes (``verification.md``, "What the best do that must be matched").
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from billproof.invariants.explain.places import SITE_NAMES, is_length
from billproof.invariants.explain.recording import Place
from billproof.invariants.explain.trace import Trace, TracedStep
from billproof.invariants.story import REGION_NAMES
from billproof.model import commands
from billproof.model.outcomes import Region
from billproof.model.state import State

CLIENT: Final = "client"
ARBITER: Final = "arbiter"
CLOCK: Final = "clock"
JOBS: Final = "jobs"
ADVERSARY: Final = "adversary"
OPERATOR: Final = "operator"
READER: Final = "reader"
EVIDENCE: Final = "evidence"

LANES_BY_PART: Final = {
    "acknowledged": CLIENT,
    "invoiced": "invoice consumer",
    "applied": "invoice consumer",
    "epoch": ARBITER,
    "leader": ARBITER,
    "joined": ARBITER,
    "now": CLOCK,
    "period": CLOCK,
    "checkpoint": "witness",
    "presenting": READER,
    "presented": READER,
    "exhibits": EVIDENCE,
}
"""Where a place that belongs to no site lies, by the first part of its name."""

ORDER: Final = (
    CLIENT, "attempt", SITE_NAMES["primary"], SITE_NAMES["standby"], SITE_NAMES["backup"], ARBITER, CLOCK,
    JOBS, OPERATOR, "invoice consumer", "witness", EVIDENCE, ADVERSARY, READER,
)  # fmt: skip
"""Lanes from left to right; all attempts stand together."""

FAULTS: Final = (commands.Crash, commands.FailOver, commands.Heal, commands.PurgeKey, commands.ResetUsage)
"""The commands that are faults or jobs that destroy; the adversary's are faults as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step as it is drawn."""

    step: TracedStep
    actor: str
    writes: tuple[str, ...]
    """Lanes that the step writes to, other than the actor's own."""
    reads: tuple[str, ...]
    """Lanes that the step reads and does not write."""
    fault: bool
    cut_off: str
    """The store that is outside the quorum after the step; empty where there is none."""


def rows_of(trace: Trace) -> tuple[Row, ...]:
    """Return every step with its lanes."""
    rows = []
    for step in trace.steps:
        actor = actor_of(step.command)
        writes = _lanes(change.place for change in step.access.writes)
        reads = [lane for lane in _lanes(step.access.reads) if lane not in writes]
        rows.append(
            Row(
                step=step,
                actor=actor,
                writes=tuple(lane for lane in writes if lane != actor),
                reads=tuple(lane for lane in reads if lane not in (actor, CLOCK)),
                fault=isinstance(step.command, FAULTS) or actor == ADVERSARY,
                cut_off=_cut_off(step.access.outcome.state) if trace.domain.regions > 1 else "",
            )
        )
    return tuple(rows)


def lanes_of(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Return the lanes that take part, from left to right."""
    seen = dict.fromkeys(lane for row in rows for lane in (row.actor, *row.writes, *row.reads, row.cut_off))
    seen.pop("", None)
    return tuple(sorted(seen, key=lambda lane: (_place_in_order(lane), lane)))


def actor_of(command: commands.Command) -> str:
    """Return the lane of whoever issues a command."""
    kind = type(command).__name__
    attempt = getattr(command, "attempt", None)
    source = getattr(command, "source", getattr(command, "region", None))
    match command:
        case commands.FailOver() | commands.Heal():
            return ARBITER
        case commands.AdvanceTime():
            return CLOCK
        case commands.PurgeKey() | commands.ResetUsage() | commands.Reconcile():
            return JOBS
        case commands.Replicate() | commands.Confirm() | commands.Deliver() | commands.Crash():
            return _store(source)
        case commands.Acknowledge() | commands.PublishCheckpoint():
            return _store(source)
        case commands.Present():
            return OPERATOR
        case _ if kind.endswith("Presented"):
            return ADVERSARY
        case _ if attempt is not None:
            return f"attempt {attempt}"
        case _ if hasattr(command, "request"):
            return CLIENT
        case _:
            return OPERATOR


def lane_of(place: Place) -> str:
    """Return the lane in which a place lies."""
    if place.site and place.part == "attempts":
        return f"attempt {place.key}"
    if place.site:
        return SITE_NAMES[place.site]
    return LANES_BY_PART[place.part.split(".")[0]]


def _lanes(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_each(places)))


def _each(places: Iterable[Place]) -> Iterator[str]:
    for place in places:
        # Lengths change with every entry; the entry itself says where it went.
        if not is_length(place):
            yield lane_of(place)


def _store(region: object) -> str:
    return REGION_NAMES[Region.STANDBY if region == Region.STANDBY else Region.PRIMARY]


def _cut_off(state: State) -> str:
    if state.joined:
        return ""
    return _store(Region.STANDBY if state.leader == Region.PRIMARY else Region.PRIMARY)


def _place_in_order(lane: str) -> int:
    first = "attempt" if lane.startswith("attempt ") else lane
    return ORDER.index(first) if first in ORDER else len(ORDER)
