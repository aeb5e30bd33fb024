"""What a scenario is: an entry of the fault catalogue, what the documents promise of it, and its options.

An entry whose fault this world cannot make says why in ``not_modelled``; it is never counted as run.

Source: ``claims.md`` 1.13.
"""

from dataclasses import dataclass, replace
from typing import Final

from billproof.simulations.kernel.network import Weather
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.world.faults import Fault
from billproof.simulations.world.options import MILLISECOND, Options, draw_options

JITTER: Final = 400 * MILLISECOND
"""By how much later than planned a fault may strike, so that seeds differ in what is under way then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A fault of a scenario."""

    kind: str
    at: int = 300
    """Milliseconds after the start, at the earliest."""
    lasts: int = 700
    """Milliseconds."""
    place: int = 0
    choices: tuple[int, ...] = ()
    """What ``choice`` is drawn from; anything if empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One entry."""

    id: str
    title: str
    promise: str = ""
    """What the documents say happens."""
    source: str = ""
    """The claims that say so."""
    rto_s: int | None = None
    """The documented recovery time in seconds; the shortest where there are several."""
    rpo: str = ""
    """The documented loss, as the documents put it."""
    strikes: tuple[Strike, ...] = ()
    tight_terms: bool = False
    pool: int = 8
    cache_ms: int = 0
    """How long instances remember the standing of an account, in milliseconds."""
    affinity: bool = False
    """Whether a customer is always sent to one instance, while that is healthy."""
    weather: Weather | None = None
    not_modelled: str = ""
    """Why this world cannot make it; empty where it can."""

    def options(self, seed: int) -> Options:
        """Return the options of a seed.

        Raises:
            ValueError: The scenario is not modelled.
        """
        if self.not_modelled:
            raise ValueError(f"{self.id} is not modelled: {self.not_modelled}")
        if self.id == SWARM_ID:
            return draw_options(seed)
        options = Options(
            seed=seed,
            tight_terms=self.tight_terms,
            pool=self.pool,
            cache=self.cache_ms * MILLISECOND,
            affinity=self.affinity,
        )
        if self.weather is not None:
            options = replace(options, weather=self.weather)
        draws = Draws(seed).split(7)
        return replace(options, faults=tuple(_drawn(draws, strike) for strike in self.strikes))

    def unfired(self, fired: dict[str, int]) -> tuple[str, ...]:
        """Return the kinds of faults of this scenario that did not happen."""
        return tuple(strike.kind for strike in self.strikes if strike.kind not in fired)


SWARM_ID: Final = "swarm"

SWARM: Final = Scenario(id=SWARM_ID, title="faults, load and network drawn from the seed")
"""Everything at once, some of it absent in each run."""


def _drawn(draws: Draws, strike: Strike) -> Fault:
    return Fault(
        kind=strike.kind,
        at=strike.at * MILLISECOND + draws.below(JITTER),
        lasts=strike.lasts * MILLISECOND,
        place=strike.place,
        choice=draws.pick(strike.choices) if strike.choices else draws.below(1 << 16),
    )
