"""The options of one run: one record, drawn from the seed, swarm-style.

Theory of operation. A seed decides how many of everything there are, how bad the network is, and which kinds
of faults this run has at all: runs in which most kinds are absent reach states that a run with all of them
never does (swarm testing).

Source: A. Groce et al., "Swarm testing" (2012); ``simulation.md``; house style rule 20.
"""

from dataclasses import dataclass, replace
from typing import Final

from billproof.simulations.kernel.network import FAIR, Weather
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.world.buggify import POINTS
from billproof.simulations.world.faults import KINDS, Fault, FaultKind

MILLISECOND: Final = 1_000
SECOND: Final = 1_000_000

POINTS_MASK: Final = (1 << len(POINTS)) - 1

FAULTS_MAX: Final = 8
"""How many faults a drawn run has at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one run is made of; durations in microseconds of virtual time."""

    seed: int
    customers: int = 3
    clients: int = 4
    intents: int = 7
    """Charges that each client wants made."""
    instances: int = 3
    """In each region."""
    pool: int = 8
    """Requests that an instance works on at one time; more are told to come back."""
    fresh_keys: bool = False
    """Whether clients take a new key for every attempt: known-bad, outside assumption C4."""
    tight_terms: bool = False
    """Whether quotas and balances are small enough to be met."""
    price: int = 5
    """Major units of a charge, at least one and at most this."""
    patience: int = 60 * MILLISECOND
    """How long a client waits before it tries again; doubled each time, up to sixteen-fold."""
    pause: int = 60 * MILLISECOND
    """Most that a client rests between two charges."""
    service: int = 4 * MILLISECOND
    """Most that an instance takes between two steps of a charge."""
    office: int = 90 * MILLISECOND
    """Most that the office rests between two deeds; 0 for none."""
    affinity: bool = False
    """Whether the balancer sends a customer always to one instance, while that is healthy."""
    cache: int = 0
    """How long instances remember the holds of an account."""
    buggify: int = 0
    """Which points of the rim misbehave now and then, a bit each; see ``buggify``."""
    lag_entries_max: int = 64
    """K of this run: how far the replica may be behind before writes are refused, if the design refuses."""
    weather: Weather = FAIR
    """The network while faults are on."""
    faults: tuple[Fault, ...] = ()
    safety: int = 2 * SECOND
    """How long faults may go on."""
    liveness: int = 60 * SECOND
    """How long the system may take to drain after they have ended."""


def draw_options(seed: int) -> Options:
    """Draw the options of a seed."""
    draws = Draws(seed).split(0)
    options = Options(
        seed=seed,
        customers=draws.between(1, 4),
        clients=draws.between(2, 7),
        intents=draws.between(4, 14),
        instances=draws.between(1, 4),
        pool=draws.pick((2, 8, 32)),
        fresh_keys=draws.chance(100_000),
        tight_terms=draws.chance(300_000),
        patience=draws.pick((8, 30, 60, 250)) * MILLISECOND,
        pause=draws.pick((5, 60, 200)) * MILLISECOND,
        service=draws.pick((1, 4, 20)) * MILLISECOND,
        lag_entries_max=draws.pick((4, 16, 64)),
        office=draws.pick((0, 40, 90)) * MILLISECOND,
        affinity=draws.chance(400_000),
        cache=draws.pick((0, 0, 300)) * MILLISECOND,
        buggify=draws.word() & draws.word() & POINTS_MASK,
        weather=_draw_weather(draws.split(1)),
    )
    return replace(options, faults=draw_faults(draws.split(2), options))


def draw_faults(draws: Draws, options: Options) -> tuple[Fault, ...]:
    """Draw the faults of a run: first which kinds there are at all, then what of them happens when."""
    kinds = [kind for kind in KINDS if draws.chance(350_000)]
    if not kinds:
        return ()
    count = draws.between(1, FAULTS_MAX)
    drawn = [_draw_fault(draws, draws.pick(kinds), options) for _ in range(count)]
    return tuple(sorted(drawn, key=lambda fault: fault.at))


def _draw_fault(draws: Draws, kind: FaultKind, options: Options) -> Fault:
    at = draws.between(20 * MILLISECOND, options.safety * 3 // 4)
    return Fault(
        kind=kind.name,
        at=at,
        lasts=draws.between(20 * MILLISECOND, options.safety // 2),
        place=draws.below(2),
        choice=draws.below(1 << 16),
    )


def _draw_weather(draws: Draws) -> Weather:
    if draws.chance(300_000):
        return FAIR
    return Weather(
        lost=draws.pick((0, 10_000, 150_000)),
        doubled=draws.pick((0, 20_000, 200_000)),
        late=draws.pick((0, 20_000, 200_000)),
        lateness=draws.pick((1, 4, 20)),
    )
