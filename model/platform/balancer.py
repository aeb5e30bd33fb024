"""The global load balancer: validation, rate limit per tier, the backend of a tenant, and how failover takes.

Theory of operation. A request is validated, then its tenant's bucket is asked, then it goes to the healthy
backend that the hash of its tenant names. Health checks run at an interval; so many failures in a row make
a backend unhealthy, so many successes make it healthy again. Routing follows with a delay of its own, and a
region that takes over is active only when it was promoted.

Choices. "Tenant hash" is taken modulo the number of healthy backends, as the documents say no more; a
change of that number then moves tenants (XB-23). Rendezvous hashing is the other value: it moves only those
whose backend changed.

Source: ``system.md`` sections 2 and 7; LF-01, QU-10, IS-01, TF-4, XA-25, XA-26, XC-03; T4-R3.
"""

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from billproof.model.identifiers import Count, Instant
from billproof.model.platform import bucket as buckets
from billproof.model.platform.bucket import Bucket
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.table import Table
from billproof.model.platform.units import SECOND, BackendIndex, Micros, TenantNumber

NO_BACKEND: Final = BackendIndex(-1)
"""No backend is healthy."""

_WORD: Final = (1 << 64) - 1


class Hashing(StrEnum):
    """How a tenant's hash names a backend."""

    MODULO = "modulo"
    RENDEZVOUS = "rendezvous"


class Defect(IntEnum):
    """What can be wrong with a request before anybody looks at an account; the first is the one given."""

    NONE = 0
    MALFORMED = 1
    """400."""
    NO_CREDENTIAL = 2
    """401."""


class Answer(IntEnum):
    """What becomes of a request; the first that applies, in this order, is the one given."""

    ROUTED = 0
    INVALID = 1
    """400 or 401, by its defect."""
    RATE_LIMITED = 2
    """429."""
    NO_BACKEND = 3
    """503."""


class Health(NamedTuple):
    """What health checks know of a backend."""

    healthy: bool
    streak: Count
    """How many checks in a row have said the opposite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a balancer is made."""

    hashing: Hashing
    unhealthy_after: Count
    """Failures in a row."""
    healthy_after: Count
    """Successes in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """One balancer."""

    settings: Settings
    backends: tuple[Health, ...]
    limits: Table[Bucket]
    """By tenant; a tenant without a bucket has no limit."""


class Stages(NamedTuple):
    """How long each stage of a failover takes."""

    detection: Micros
    routing: Micros
    activation_least: Micros
    activation_most: Micros


DOCUMENTED_STAGES: Final = Stages(
    Micros(10 * SECOND), Micros(30 * SECOND), Micros(60 * SECOND), Micros(120 * SECOND)
)
"""10 s, 30 s and 60 to 120 s (T4-R3, ``system.md`` section 7)."""


def failover_bounds(stages: Stages) -> tuple[Micros, Micros]:
    """Return the shortest and longest time until a region that failed is replaced: the sums of the stages."""
    before = stages.detection + stages.routing
    return Micros(before + stages.activation_least), Micros(before + stages.activation_most)


def new_balancer(settings: Settings, backends: Count) -> Balancer:
    """Return a balancer whose backends are all healthy and whose tenants have no limit."""
    health = (Health(healthy=True, streak=Count(0)),) * backends
    return Balancer(settings=settings, backends=health, limits=Table())


def limit(balancer: Balancer, tenant: TenantNumber, bucket: Bucket) -> Balancer:
    """Give a tenant a bucket."""
    return replace(balancer, limits=balancer.limits.put(tenant, bucket))


def mixed(number: int) -> int:
    """Return a 64-bit hash of a number: the finaliser of SplitMix64."""
    number = (number + 0x9E3779B97F4A7C15) & _WORD
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _WORD
    return number ^ number >> 31


def backend_of(balancer: Balancer, tenant: TenantNumber) -> BackendIndex:
    """Return the healthy backend of a tenant, or ``NO_BACKEND``."""
    healthy = [number for number, health in enumerate(balancer.backends) if health.healthy]
    if not healthy:
        return NO_BACKEND
    if balancer.settings.hashing == Hashing.MODULO:
        return BackendIndex(healthy[mixed(tenant) % len(healthy)])
    return BackendIndex(max(healthy, key=lambda backend: mixed(mixed(tenant) ^ backend)))


def receive(
    balancer: Balancer, tenant: TenantNumber, defect: Defect, now: Instant
) -> tuple[Balancer, Answer, BackendIndex]:
    """Judge and route one request.

    Returns:
        The balancer, the answer, and the backend; ``NO_BACKEND`` where it was not routed.
    """
    if defect != Defect.NONE:
        return balancer, Answer.INVALID, NO_BACKEND
    bucket = balancer.limits.get(tenant)
    if bucket is not None:
        bucket, admitted = buckets.take(bucket, Count(1), now)
        balancer = Balancer(
            settings=balancer.settings,
            backends=balancer.backends,
            limits=balancer.limits.put(tenant, bucket),
        )
        if not admitted:
            return balancer, Answer.RATE_LIMITED, NO_BACKEND
    backend = backend_of(balancer, tenant)
    if backend == NO_BACKEND:
        return balancer, Answer.NO_BACKEND, NO_BACKEND
    return balancer, Answer.ROUTED, backend


def check(balancer: Balancer, backend: BackendIndex, *, succeeded: bool) -> Balancer:
    """Take the result of one health check."""
    health = balancer.backends[backend]
    if succeeded == health.healthy:
        after = Health(health.healthy, Count(0))
    else:
        streak = Count(health.streak + 1)
        needed = balancer.settings.unhealthy_after if health.healthy else balancer.settings.healthy_after
        after = Health(not health.healthy, Count(0)) if streak >= needed else Health(health.healthy, streak)
    backends = (*balancer.backends[:backend], after, *balancer.backends[backend + 1 :])
    return replace(balancer, backends=backends)


def routes_are_healthy(before: Balancer, after: Balancer) -> bool:
    """Tell whether the first tenants are sent to healthy backends only, and nowhere if there is none."""
    del before
    named = {backend_of(after, TenantNumber(tenant)) for tenant in range(8)}
    if any(health.healthy for health in after.backends):
        return all(after.backends[backend].healthy for backend in named)
    return named == {NO_BACKEND}


def one_failure_is_borne(before: Balancer, after: Balancer) -> bool:
    """Tell whether a backend changed its health only after enough checks in a row."""
    for old, new in zip(before.backends, after.backends, strict=True):
        needed = before.settings.unhealthy_after if old.healthy else before.settings.healthy_after
        if old.healthy != new.healthy and old.streak + 1 < needed:
            return False
    return True


LAWS: Final[tuple[Law[Balancer], ...]] = (
    Law(
        name="routes_are_healthy",
        statement="a request goes to a healthy backend or is refused",
        source="LF-01, RS-07",
        holds=routes_are_healthy,
    ),
    Law(
        name="health_needs_a_streak",
        statement="a backend changes its health only after so many checks in a row",
        source="system.md section 7",
        holds=one_failure_is_borne,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="scaling_moves_tenants",
        statement="with a hash modulo the instances, one instance more moves most tenants",
        source="IS-01, XB-23",
    ),
    SharpEdge(
        name="routed_before_promoted",
        statement="routing changes 20 to 90 s before the other region is active: two writers or none",
        source="XA-26",
    ),
    SharpEdge(
        name="failover_takes_longer_than_promised",
        statement="10 + 30 + 60..120 s is 100 to 160 s, not 120",
        source="T4-R3, XC-03",
    ),
    SharpEdge(
        name="affinity_caps_the_rate_limit",
        statement="a tenant is served by one instance, whatever rate its tier allows",
        source="QU-10, IS-01, XB-17",
    ),
)
