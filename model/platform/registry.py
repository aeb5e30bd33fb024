"""All platforms: the component of the manifest, what its machine guarantees, and what it does not.

From this list ``docs/platform.md`` is generated, and the tests see that each law is broken by some variant
and each sharp edge is shown.

Source: ``system.md`` section 2.
"""

from dataclasses import dataclass
from typing import Final

from billproof.model.platform import (
    autoscaler,
    balancer,
    bucket,
    cache,
    clocks,
    firestore,
    firestore_rules,
    iam,
    kms,
    monitoring,
    pool,
    pubsub,
    quorum,
    replica,
    spanner_laws,
    storage,
    supervisor,
    warehouse,
)
from billproof.model.platform.law import Assumption, Law, S, SharpEdge


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """A law without its predicate: what a page says of it."""

    name: str
    statement: str
    source: str
    grounds: tuple[Assumption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One machine."""

    module: str
    component: str
    """What the documents call it."""
    guarantees: tuple[Guarantee, ...]
    sharp_edges: tuple[SharpEdge, ...]


def described(laws: tuple[Law[S], ...]) -> tuple[Guarantee, ...]:
    """Return what a page says of these laws."""
    return tuple(
        Guarantee(name=law.name, statement=law.statement, source=law.source, grounds=law.grounds)
        for law in laws
    )


def _platform(
    module: str, component: str, laws: tuple[Guarantee, ...], edges: tuple[SharpEdge, ...]
) -> Platform:
    return Platform(module=module, component=component, guarantees=laws, sharp_edges=edges)


PLATFORMS: Final = (
    _platform("balancer", "Global load balancer", described(balancer.LAWS), balancer.SHARP_EDGES),
    _platform("bucket", "Rate limits and quotas of writes", described(bucket.LAWS), bucket.SHARP_EDGES),
    _platform("supervisor", "Erlang/OTP supervisor", described(supervisor.LAWS), supervisor.SHARP_EDGES),
    _platform("pool", "Worker pool and queue", described(pool.LAWS), pool.SHARP_EDGES),
    _platform("autoscaler", "Autoscaler", described(autoscaler.LAWS), autoscaler.SHARP_EDGES),
    _platform("quorum", "Cloud Spanner: replicas", described(quorum.LAWS), quorum.SHARP_EDGES),
    _platform(
        "spanner",
        "Cloud Spanner: transactions",
        described(spanner_laws.LAWS) + described(spanner_laws.OBSERVED_LAWS),
        spanner_laws.SHARP_EDGES,
    ),
    _platform("replica", "Asynchronous standby", described(replica.LAWS), replica.SHARP_EDGES),
    _platform("firestore", "Cloud Firestore", described(firestore.LAWS), firestore.SHARP_EDGES),
    _platform(
        "firestore_rules",
        "Cloud Firestore: security rules",
        described(firestore_rules.LAWS),
        firestore_rules.SHARP_EDGES,
    ),
    _platform("pubsub", "Cloud Pub/Sub", described(pubsub.LAWS), pubsub.SHARP_EDGES),
    _platform("storage", "Cloud Storage", described(storage.LAWS), storage.SHARP_EDGES),
    _platform("kms", "Key management / HSM", described(kms.LAWS), kms.SHARP_EDGES),
    _platform("cache", "Memorystore", described(cache.LAWS), cache.SHARP_EDGES),
    _platform("warehouse", "BigQuery", described(warehouse.LAWS), warehouse.SHARP_EDGES),
    _platform("monitoring", "Monitoring", described(monitoring.LAWS), monitoring.SHARP_EDGES),
    _platform("iam", "Secret manager, Cloud Armor, IAM", described(iam.LAWS), iam.SHARP_EDGES),
    _platform("clocks", "Clocks and the time service", described(clocks.LAWS), clocks.SHARP_EDGES),
)
"""In the order of the components of ``system.md`` section 2."""


def grounding(assumption: Assumption) -> tuple[tuple[Platform, Guarantee], ...]:
    """Return the guarantees that an assumption of the theorems rests on."""
    return tuple(
        (platform, guarantee)
        for platform in PLATFORMS
        for guarantee in platform.guarantees
        if assumption in guarantee.grounds
    )
