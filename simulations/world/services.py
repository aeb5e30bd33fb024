"""The platform around billing: documents, signing service, balancers, autoscaler, caches, certificates.

Each is a machine of ``model.platform``; here they stand side by side, with who asks them when. Instances,
keepers and faults use them; none of them decides about money.

Source: ``system.md`` section 2; ``model.platform``.
"""

from dataclasses import replace
from typing import Final

from billproof.model.identifiers import Count, Instant, SigningKeyId
from billproof.model.platform import autoscaler, balancer, bucket, cache, firestore, kms
from billproof.model.platform.autoscaler import Autoscaler, Load
from billproof.model.platform.balancer import Balancer, Hashing
from billproof.model.platform.cache import Cache
from billproof.model.platform.firestore import Firestore, Precondition
from billproof.model.platform.kms import KeyRing
from billproof.model.platform.units import (
    BackendIndex,
    IdentityNumber,
    Mask,
    Micros,
    Permille,
    RowKey,
    TenantNumber,
)
from billproof.simulations.world.options import MILLISECOND, Options

ZONES: Final = 3
"""Zones of a region; instance n of a region is in zone n modulo this."""

SIGNER: Final = IdentityNumber(0)
"""The identity of the service at the signing service."""

SCARCE_WRITES: Final = Count(60)
"""Writes of documents in a second of virtual time while the quota is exceeded."""

UNHEALTHY_AFTER: Final = Count(2)
HEALTHY_AFTER: Final = Count(2)

SCALING: Final = autoscaler.DOCUMENTED._replace(
    least=Count(1), hard_limit=Count(8), soft_limit=Count(6), spin_up=Micros(120 * MILLISECOND)
)
"""The documented rules with a cast of eight instances, and a spin-up in proportion to a run of seconds."""


class Services:
    """The platform of one run."""

    def __init__(self, options: Options) -> None:
        """Start with everything healthy."""
        self.documents: Firestore[int] = firestore.new_firestore(Count(0), Instant(0))
        self.ring: KeyRing = kms.new_ring(Instant(0), Mask(1 << SIGNER))
        settings = balancer.Settings(
            hashing=Hashing.RENDEZVOUS, unhealthy_after=UNHEALTHY_AFTER, healthy_after=HEALTHY_AFTER
        )
        self.balancers: list[Balancer] = [
            balancer.new_balancer(settings, Count(options.instances)) for _ in range(2)
        ]
        self.scaler: Autoscaler = autoscaler.new_autoscaler(SCALING, Count(options.instances))
        self.standing: Cache[int] = cache.new_cache(Micros(options.cache))
        """The holds of accounts as instances remember them."""
        self.certified: list[bool] = [True, True]
        """Whether the certificate of each region is valid."""
        self.paused_until = [0, 0]
        """Until when the processes of a region stand still."""
        self.zones_lost: list[tuple[int, int]] = []
        """Region and zone."""
        self.misrating: set[int] = set()
        """The instances that run a version that counts usage wrong."""
        self.offered = 0
        """Requests since the autoscaler has looked."""

    @property
    def signing_key(self) -> SigningKeyId:
        """The operator's key that signs receipts now."""
        version = kms.primary(self.ring)
        return SigningKeyId("operator" if version == 1 else f"operator-{version}")

    def write_document(self, key: int, value: int, now: int) -> bool:
        """Write a document; tell whether it was written."""
        demand = (Precondition.NONE, Count(0))
        self.documents, answer = firestore.write(self.documents, RowKey(key), value, Instant(now), demand)
        if answer != firestore.Answer.WRITTEN:
            return False
        self.documents = firestore.arrive(self.documents, RowKey(key))
        return True

    def set_documents(self, *, available: bool) -> None:
        """Let the document store be up or down."""
        self.documents = firestore.set_available(self.documents, available=available)

    def limit_documents(self, rate: Count, now: int) -> None:
        """Set the quota of document writes; 0 lifts it."""
        self.documents = replace(self.documents, writes=bucket.full(rate, rate, Instant(now)))

    def signs(self, content: int, now: int) -> bool:
        """Tell whether the signing service signs."""
        answer, _ = kms.sign(self.ring, SIGNER, kms.primary(self.ring), content, Instant(now))
        return answer == kms.Answer.SIGNED

    def set_signer(self, *, available: bool) -> None:
        """Let the signing service be up or down."""
        self.ring = replace(self.ring, available=available)

    def rotate(self, now: int) -> SigningKeyId:
        """Make a new version of the signing key."""
        self.ring = kms.rotate(self.ring, Instant(now))
        return self.signing_key

    def backend_of(self, region: int, tenant: int) -> int:
        """Return the instance that the balancer of a region names for a tenant; -1 for none."""
        self.offered += 1
        return balancer.backend_of(self.balancers[region], TenantNumber(tenant))

    def check(self, region: int, backend: int, *, succeeded: bool) -> None:
        """Take the result of a health check."""
        self.balancers[region] = balancer.check(
            self.balancers[region], BackendIndex(backend), succeeded=succeeded
        )

    def scale(self, load: Permille, queued: int, now: int) -> int:
        """Let the autoscaler decide; return how many instances serve."""
        measured = Load(load=load, latency=Micros(0), queued=Count(queued))
        self.scaler = autoscaler.decide(self.scaler, measured, Instant(now))
        return autoscaler.serving(self.scaler, Instant(now))

    def remembered_holds(self, customer: int, now: int) -> int | None:
        """Return the holds of an account as the cache remembers them; None if it must be read."""
        return cache.look_up(self.standing, RowKey(customer), Instant(now))

    def remember_holds(self, customer: int, holds: int, now: int) -> None:
        """Keep the holds of an account that were just read."""
        self.standing = cache.keep(self.standing, RowKey(customer), holds, Instant(now))

    def mend(self, now: int) -> None:
        """Bring everything up again."""
        self.set_documents(available=True)
        self.limit_documents(Count(0), now)
        self.set_signer(available=True)
        self.certified[:] = [True, True]
