"""Versions tile time and their history stays; permission, possession and claimed time are three things."""

from collections.abc import Iterator
from dataclasses import replace

from billproof.model.identifiers import Instant
from billproof.model.platform.kms import (
    LAWS,
    ROTATION_DAYS,
    Answer,
    KeyRing,
    Life,
    export,
    grant,
    is_current,
    is_rotation_due,
    may_forge,
    new_ring,
    primary,
    revoke,
    rotate,
    set_life,
    sign,
)
from billproof.model.platform.units import DAY, IdentityNumber, KeyVersion, Mask, Micros
from tests.model.platform.search import explore

SIGNER, THIEF = IdentityNumber(0), IdentityNumber(1)
FIRST, SECOND = KeyVersion(1), KeyVersion(2)


def ring() -> KeyRing:
    """Return a key whose only signer is the service."""
    return new_ring(Instant(0), Mask(1))


def moves(keys: KeyRing) -> Iterator[tuple[str, KeyRing]]:
    """Yield rotations, changes of life, grants and revocations."""
    if len(keys.versions) < 3:
        for now in (0, 5, 9):
            yield f"rotate at {now}", rotate(keys, Instant(now))
    for number in range(1, len(keys.versions) + 1):
        for life in Life:
            yield f"{number} {life}", set_life(keys, KeyVersion(number), life)
    yield "grant", grant(keys, THIEF)
    yield "revoke", revoke(keys, THIEF)


def test_the_laws_hold_in_every_state() -> None:
    found = explore(ring(), moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states > 300


def test_laws_fail_on_broken_steps() -> None:
    before = rotate(rotate(ring(), Instant(5)), Instant(9))
    by_name = {law.name: law for law in LAWS}
    early = before.versions[0]._replace(ends=Instant(4))
    assert not by_name["intervals_tile"].holds(
        before, replace(before, versions=(early, *before.versions[1:]))
    )
    assert not by_name["history_stays"].holds(before, replace(before, versions=(early, *before.versions[1:])))
    destroyed = set_life(before, FIRST, Life.DESTROYED)
    assert set_life(destroyed, FIRST, Life.ENABLED) == destroyed
    assert not by_name["destroyed_stays_destroyed"].holds(destroyed, before)


def test_a_version_is_current_from_its_beginning_to_just_before_its_end() -> None:
    keys = rotate(ring(), Instant(5))
    cases = ((FIRST, 0, True), (FIRST, 4, True), (FIRST, 5, False), (SECOND, 4, False), (SECOND, 5, True))
    for version, time, expected in cases:
        assert is_current(keys, version, Instant(time)) == expected
    assert not is_current(keys, KeyVersion(3), Instant(5))


def test_the_service_refuses_in_order() -> None:
    keys = set_life(ring(), FIRST, Life.DISABLED)
    assert sign(replace(keys, available=False), THIEF, FIRST, 1, Instant(0))[0] == Answer.UNAVAILABLE
    assert sign(keys, THIEF, FIRST, 1, Instant(0))[0] == Answer.DENIED
    assert sign(keys, SIGNER, FIRST, 1, Instant(0))[0] == Answer.DISABLED
    assert sign(ring(), SIGNER, SECOND, 1, Instant(0))[0] == Answer.DISABLED
    assert sign(ring(), SIGNER, FIRST, 1, Instant(0))[0] == Answer.SIGNED


def test_seven_years_of_quarterly_rotation_make_twenty_eight_versions() -> None:
    """XA-36: verification after rotation needs them all."""
    keys, every, now = ring(), Micros(ROTATION_DAYS * DAY), 0
    while now < 28 * every:
        now += DAY
        if is_rotation_due(keys, Instant(now), every) and now < 28 * every:
            keys = rotate(keys, Instant(now))
    assert primary(keys) == 28
    assert 28 * ROTATION_DAYS == 7 * 364


def test_edge_permission_is_enough_to_forge() -> None:
    keys = grant(ring(), THIEF)
    assert not may_forge(ring(), THIEF)
    answer, signature = sign(keys, THIEF, FIRST, 666, Instant(3))
    assert answer == Answer.SIGNED
    assert may_forge(keys, THIEF)
    assert signature == sign(keys, SIGNER, FIRST, 666, Instant(3))[1], "it does not say who asked"
    assert keys.exported == 0


def test_edge_old_version_signs_old_dates() -> None:
    keys = rotate(ring(), Instant(100))
    answer, signature = sign(keys, SIGNER, FIRST, 1, Instant(50))
    assert answer == Answer.SIGNED
    assert signature is not None
    assert is_current(keys, signature.version, signature.claimed), "every check of the interval passes"
    assert sign(set_life(keys, FIRST, Life.DISABLED), SIGNER, FIRST, 1, Instant(50))[0] == Answer.DISABLED


def test_edge_possession_survives_revocation() -> None:
    keys = set_life(revoke(export(grant(ring(), THIEF), THIEF), THIEF), FIRST, Life.DESTROYED)
    assert sign(keys, THIEF, FIRST, 1, Instant(0))[0] == Answer.DENIED
    assert may_forge(keys, THIEF)
