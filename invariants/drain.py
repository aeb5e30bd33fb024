"""How long a backlog takes to clear: the timed half of T4, run on the core itself.

Time is counted in ticks. In a tick some charges arrive, and if the link is up the leader ships at most
``DRAIN`` entries and hears what came. Arrivals in any window of t ticks are at most ``BURST + RATE * t``;
the backlog at the start is b; the link is down for the first d ticks and then stays up; DRAIN > RATE. Then
the backlog clears within ``(b + BURST + RATE * d) / (DRAIN - RATE)`` ticks of the end of the outage, for as
long as it has not cleared, arrivals up to tick d + s are at most ``BURST + RATE * (d + s)`` and ``DRAIN * s``
entries have been shipped.

Every way of placing the burst and every outage up to ``OUTAGE_MAX`` is run, from one state for each pair of
backlog and unconfirmed entries that a search meets: what ships depends on nothing else.

Source: ``theorems.md`` T4; R4.2; schedules T4-S1, T4-S5.
"""

from dataclasses import dataclass, field, replace

from billproof.model import core
from billproof.model.commands import Charge, Confirm, Replicate
from billproof.model.context import Context
from billproof.model.identifiers import AttemptId, Fingerprint, IdempotencyKey, Position
from billproof.model.outcomes import Status
from billproof.model.posting import other_region, site_of
from billproof.model.state import Request, State

RATE = 1
"""lambda: charges that arrive in a tick."""

BURST = 1
"""sigma: charges that may arrive beyond that, once."""

DRAIN = 2
"""mu: entries that the link ships in a tick."""

OUTAGE_MAX = 2
"""The longest outage that is run, in ticks."""


def backlog_of(state: State) -> int:
    """Return how many entries the replica is behind."""
    leader = site_of(state, state.leader)
    return leader.ledger.length - site_of(state, other_region(state.leader)).ledger.length


def ticks_max(backlog: int, outage: int) -> int:
    """Return the bound in whole ticks after the end of the outage."""
    return -(-(backlog + BURST + RATE * outage) // (DRAIN - RATE))


@dataclass(frozen=False, slots=True, kw_only=True)
class _Memory:
    """What was found about one search or run, by backlog and number of unconfirmed entries."""

    context: Context | None = None
    found: dict[tuple[int, int], bool] = field(default_factory=dict)


_MEMORY = _Memory()


def clears_from(state: State, context: Context, body: Request) -> bool:
    """As ``clears_in_time``, run once for each backlog and number of unconfirmed entries.

    What was found is remembered as long as the very same context is asked about: every search and every run
    has its own, and between two of them the core may have been replaced by that of a known-bad variant. That
    a backlog clears is remembered only where every charge was taken, for with charges that are refused it
    clears whatever the design.
    """
    if _MEMORY.context is not context:
        _MEMORY.context, _MEMORY.found = context, {}
    leader = site_of(state, state.leader)
    name = (backlog_of(state), leader.ledger.length - leader.confirmed)
    known = _MEMORY.found.get(name)
    if known is not None:
        return known
    refused = list[Status]()
    clears = clears_in_time(state, context, _of_somebody(state, body), refused=refused)
    if not clears or all(status == Status.BACKLOG_FULL for status in refused):
        _MEMORY.found[name] = clears
    return clears


def _of_somebody(state: State, body: Request) -> Request:
    """Return the charge as one of a customer who is there: what nobody sends does not arrive."""
    ledger = site_of(state, state.leader).ledger
    if ledger.length == 0:
        return body
    last = ledger.at(Position(ledger.length - 1))
    return replace(body, customer=last.customer, currency=last.currency, event_time=last.event_time)


def clears_in_time(
    state: State, context: Context, body: Request, *, refused: list[Status] | None = None
) -> bool:
    """Tell whether the backlog of a state clears within the bound, whatever arrives and however long.

    Args:
        state: A leader with a replica in its quorum.
        context: The design and the digest oracle.
        body: A charge to send under ever new keys.
        refused: Is given the outcome of every charge that made no entry.
    """
    told = list[Status]() if refused is None else refused
    for outage in range(OUTAGE_MAX + 1):
        bound = ticks_max(backlog_of(state), outage)
        bursts = range(outage + bound)
        if not all(_clears(state, context, body, told, outage=outage, burst_at=burst) for burst in bursts):
            return False
    return True


def _clears(
    state: State, context: Context, body: Request, refused: list[Status], *, outage: int, burst_at: int
) -> bool:
    bound = ticks_max(backlog_of(state), outage)
    for tick in range(outage + bound):
        if tick >= outage and backlog_of(state) == 0:
            return True
        for number in range(RATE + (BURST if tick == burst_at else 0)):
            state = _charged(state, context, body, f"drain-{tick}-{number}", refused)
        if tick >= outage:
            for _ in range(DRAIN):
                state = core.step(state, Replicate(source=state.leader), context).state
            state = core.step(state, Confirm(source=state.leader), context).state
    return backlog_of(state) == 0


def _charged(state: State, context: Context, body: Request, key: str, refused: list[Status]) -> State:
    request = replace(body, key=IdempotencyKey(key), fingerprint=Fingerprint(key))
    charge = Charge(region=state.leader, attempt=AttemptId(key), request=request)
    outcome = core.step(state, charge, context)
    if outcome.state is state or backlog_of(outcome.state) == backlog_of(state):
        refused.append(outcome.status)
    return outcome.state
