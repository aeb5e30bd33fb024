"""Key management: which version of a signing key signs when, and who may ask for it.

Theory of operation. A key has versions; each is valid for an interval of time that begins when it becomes
the primary one and ends when the next does: the intervals tile. Whoever has the permission to sign gets a
signature under the primary version, of whatever is handed in; nobody gets the key. A disabled version signs
nothing more; its signatures can be verified for ever, as the public key is published with its interval.

Choices. Permission and possession are two things: with a hardware module there is no possession, and the
permission is enough to forge (XA-42). A secret in a secret manager is possession (XA-35); ``iam`` decides
who has it.

Source: ``system.md`` section 2; SE-3, SE-4, T7-A2, XA-35, XA-36; R3.2, T7-S8.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise
from typing import Final, NamedTuple

from billproof.model.identifiers import Instant
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.units import (
    IdentityNumber,
    KeyVersion,
    Mask,
    Micros,
    is_in,
    with_number,
    without_number,
)

ROTATION_DAYS: Final = 91
"""The rotation of the documents is quarterly (SE-3); 91 days is a quarter of 364."""

STILL_PRIMARY: Final = Instant(-1)
"""The end of the interval of the version that is primary."""


class Life(IntEnum):
    """What becomes of a version."""

    ENABLED = 0
    DISABLED = 1
    """It signs nothing; an administrator may enable it again."""
    DESTROYED = 2
    """The private key is gone for good."""


class Answer(IntEnum):
    """What a request for a signature comes to; the first that applies is the one given."""

    SIGNED = 0
    UNAVAILABLE = 1
    """The service is down."""
    DENIED = 2
    """The identity has no permission to sign: deny by default."""
    DISABLED = 3
    """The version signs nothing more, or there is none."""


class Version(NamedTuple):
    """One version of the key."""

    life: Life
    begins: Instant
    """When it became primary."""
    ends: Instant
    """When the next one did; ``STILL_PRIMARY`` until then."""


class Signature(NamedTuple):
    """What the service gives: who asked is not in it, and the time is the signer's claim."""

    version: KeyVersion
    content: int
    """What was signed, as a number; the claimed time is part of what was signed."""
    claimed: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """One signing key."""

    available: bool
    versions: tuple[Version, ...]
    """In order; version 1 first."""
    signers: Mask
    """The identities that may ask for signatures."""
    exported: Mask
    """The identities that have held the private key itself, in any version: none with a hardware module."""


def new_ring(now: Instant, signers: Mask) -> KeyRing:
    """Return a key with one version."""
    first = Version(Life.ENABLED, now, STILL_PRIMARY)
    return KeyRing(available=True, versions=(first,), signers=signers, exported=Mask(0))


def primary(ring: KeyRing) -> KeyVersion:
    """Return the version that signs unless another is asked for."""
    return KeyVersion(len(ring.versions))


def sign(
    ring: KeyRing, identity: IdentityNumber, version: KeyVersion, content: int, claimed: Instant
) -> tuple[Answer, Signature | None]:
    """Sign; the service does not look at what it signs, nor at the time that is claimed."""
    if not ring.available:
        return Answer.UNAVAILABLE, None
    if not is_in(ring.signers, identity):
        return Answer.DENIED, None
    if not 1 <= version <= len(ring.versions) or ring.versions[version - 1].life != Life.ENABLED:
        return Answer.DISABLED, None
    return Answer.SIGNED, Signature(version, content, claimed)


def is_current(ring: KeyRing, version: KeyVersion, time: Instant) -> bool:
    """Tell whether a time lies in the interval of a version: what a verifier with the key history asks."""
    if not 1 <= version <= len(ring.versions):
        return False
    _, begins, ends = ring.versions[version - 1]
    return begins <= time and (ends == STILL_PRIMARY or time < ends)


def rotate(ring: KeyRing, now: Instant) -> KeyRing:
    """Make a new primary version; the old one still signs until it is disabled."""
    last = ring.versions[-1]
    begins = Instant(max(now, last.begins + 1))
    versions = (
        *ring.versions[:-1],
        last._replace(ends=begins),
        Version(Life.ENABLED, begins, STILL_PRIMARY),
    )
    return replace(ring, versions=versions)


def is_rotation_due(ring: KeyRing, now: Instant, every: Micros) -> bool:
    """Tell whether the primary version is older than the rotation asks."""
    return now - ring.versions[-1].begins >= every


def set_life(ring: KeyRing, version: KeyVersion, life: Life) -> KeyRing:
    """Enable, disable or destroy a version; what is destroyed stays so."""
    if not 1 <= version <= len(ring.versions):
        return ring
    old = ring.versions[version - 1]
    if old.life == Life.DESTROYED:
        return ring
    versions = (*ring.versions[: version - 1], old._replace(life=life), *ring.versions[version:])
    return replace(ring, versions=versions)


def grant(ring: KeyRing, identity: IdentityNumber) -> KeyRing:
    """Give an identity the permission to sign."""
    return replace(ring, signers=with_number(ring.signers, identity))


def revoke(ring: KeyRing, identity: IdentityNumber) -> KeyRing:
    """Take the permission away; what was signed stays signed."""
    return replace(ring, signers=without_number(ring.signers, identity))


def export(ring: KeyRing, identity: IdentityNumber) -> KeyRing:
    """Let an identity hold the private key itself, as one that is kept in a secret manager can be read."""
    return replace(ring, exported=with_number(ring.exported, identity))


def may_forge(ring: KeyRing, identity: IdentityNumber) -> bool:
    """Tell whether an identity can make signatures that verify: by permission now, or by possession ever."""
    return is_in(ring.signers, identity) or is_in(ring.exported, identity)


def intervals_tile(before: KeyRing, after: KeyRing) -> bool:
    """Tell whether each version ends when the next begins, and only the last has no end."""
    del before
    versions = after.versions
    for one, following in pairwise(versions):
        if one.ends != following.begins or one.begins >= following.begins:
            return False
    return versions[-1].ends == STILL_PRIMARY


def history_stays(before: KeyRing, after: KeyRing) -> bool:
    """Tell whether no interval was rewritten: a version that had ended has the same bounds."""
    for old, new in zip(before.versions, after.versions, strict=False):
        if old.begins != new.begins or (old.ends not in (STILL_PRIMARY, new.ends)):
            return False
    return len(after.versions) >= len(before.versions)


def destroyed_stays_destroyed(before: KeyRing, after: KeyRing) -> bool:
    """Tell whether no destroyed version came back."""
    return all(
        new.life == Life.DESTROYED
        for old, new in zip(before.versions, after.versions, strict=False)
        if old.life == Life.DESTROYED
    )


LAWS: Final[tuple[Law[KeyRing], ...]] = (
    Law(
        name="intervals_tile",
        statement="at each moment since the first version exactly one version is primary",
        source="SE-3, XA-36; R16",
        holds=intervals_tile,
    ),
    Law(
        name="history_stays",
        statement="the validity of a version, once it has ended, is never changed",
        source="T7-S8",
        holds=history_stays,
    ),
    Law(
        name="destroyed_stays_destroyed",
        statement="a destroyed version never signs again",
        source="T7-S8",
        holds=destroyed_stays_destroyed,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="permission_is_enough_to_forge",
        statement="whoever may sign gets a valid signature of anything, without ever holding the key",
        source="T3-P3, XA-42, G-09",
    ),
    SharpEdge(
        name="old_version_signs_old_dates",
        statement="a version that was rotated and not disabled signs receipts that claim its own time",
        source="T7-S8, XA-36",
    ),
    SharpEdge(
        name="possession_survives_revocation",
        statement="a key that was read from a secret manager forges after every permission is gone",
        source="XA-35, SE-4",
    ),
)
