"""How much one caller may ask for: sizes, times, and a token bucket per customer by its plan.

Source: ``claims.md`` QU-10, QU-11 (10,000 requests per second and customer at most), PO-04, PO-05, PO-06.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from types import MappingProxyType
from typing import Final

from billproof.model.tiers import Tier

HEADER_BYTES_MAX: Final = 16_384
"""The largest head of a request, in bytes."""

BODY_BYTES_MAX: Final = 1_048_576
"""The largest body, in bytes."""

BODY_SECONDS_MAX: Final = 10.0
"""How long a body may take to arrive."""

REPLY_SECONDS_MAX: Final = 30.0
"""How long a request may wait for its outcome before it is told that it is unknown."""

BATCH_MAX: Final = 1_000
"""The most events of one batch."""

_CALLERS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A token bucket's figures."""

    per_second: int
    """Tokens that flow in per second."""
    burst: int
    """Tokens that the bucket holds."""


RATES: Final = MappingProxyType(
    {
        Tier.FREE: Rate(per_second=100, burst=200),
        Tier.STARTUP: Rate(per_second=1_000, burst=2_000),
        Tier.GROWTH: Rate(per_second=5_000, burst=10_000),
        Tier.ENTERPRISE: Rate(per_second=10_000, burst=20_000),
    }
)
"""Operations per second by plan; an event of a batch is one operation."""


@dataclass(frozen=False, slots=True, kw_only=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(frozen=False, slots=True, kw_only=True)
class RateLimiter:
    """The buckets of all callers; for one thread."""

    rates: dict[Tier, Rate] = field(default_factory=lambda: dict(RATES))
    clock: Callable[[], float] = monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    def wait_seconds(self, caller: str, plan: Tier, operations: int = 1) -> float:
        """Take tokens for operations, and return 0; or take none, and return how long to wait.

        A request for more operations than the bucket holds passes when the bucket is full, and leaves a debt.
        """
        rate = self.rates[plan]
        now = self.clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = _Bucket(tokens=rate.burst, at=now)
            if len(self._buckets) > _CALLERS_MAX:
                self._buckets.popitem(last=False)
        bucket.tokens = min(rate.burst, bucket.tokens + (now - bucket.at) * rate.per_second)
        bucket.at = now
        self._buckets.move_to_end(caller)
        needed = min(operations, rate.burst)
        if bucket.tokens < needed:
            return (needed - bucket.tokens) / rate.per_second
        bucket.tokens -= operations
        return 0.0
