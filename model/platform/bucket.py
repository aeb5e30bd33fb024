"""A token bucket: at most ``burst`` at once, ``rate_per_second`` in the long run.

Integers only: the level is kept in millionths of a token, so that a rate per second and a time in
microseconds multiply without rounding.

Not here: who has a bucket; the balancer keeps one per tenant, a store one for its nodes.

Source: ``system.md`` section 2 (rate limit per tier); QU-10, DB-01, XB-13.
"""

from typing import Final, NamedTuple

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.law import Law, SharpEdge

PARTS: Final = 1_000_000
"""Parts of a token; one part per microsecond is one token per second."""


class Bucket(NamedTuple):
    """What one caller may still take."""

    rate_per_second: Count
    """Tokens that come back each second."""
    burst: Count
    """The most that it holds."""
    level_parts: int
    """What it held at ``since``, in millionths of a token."""
    since: Instant
    """When it was last looked at."""


def full(rate_per_second: Count, burst: Count, now: Instant) -> Bucket:
    """Return a full bucket."""
    return Bucket(rate_per_second, burst, burst * PARTS, now)


def take(bucket: Bucket, tokens: Count, now: Instant) -> tuple[Bucket, bool]:
    """Take tokens if they are there; a clock that went back refills nothing.

    Returns:
        The bucket afterwards, and whether the tokens were there; if not, none was taken.
    """
    rate, burst, level, since = bucket
    if now > since:
        level = min(burst * PARTS, level + rate * (now - since))
        since = now
    wanted = tokens * PARTS
    if wanted > level:
        return Bucket(rate, burst, level, since), False
    return Bucket(rate, burst, level - wanted, since), True


def level_is_bounded(before: Bucket, after: Bucket) -> bool:
    """Tell whether the level lies between nothing and the burst."""
    del before
    return 0 <= after.level_parts <= after.burst * PARTS


def refill_is_bounded(before: Bucket, after: Bucket) -> bool:
    """Tell whether no more came back than the rate gives in the time that passed."""
    return after.level_parts - before.level_parts <= after.rate_per_second * max(
        0, after.since - before.since
    )


LAWS: Final[tuple[Law[Bucket], ...]] = (
    Law(
        name="level_bounded",
        statement="a bucket never holds less than nothing or more than its burst",
        source="QU-10",
        holds=level_is_bounded,
    ),
    Law(
        name="refill_bounded",
        statement="in any interval at most burst + rate x time tokens are given",
        source="QU-10",
        holds=refill_is_bounded,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="daily_cap_empties_in_ten_seconds",
        statement="100,000 a day at 10,000 a second is gone in ten seconds; a day's cap is no rate",
        source="QU-10, XB-13",
    ),
)
