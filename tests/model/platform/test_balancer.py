"""Requests are judged in order and go to healthy backends; what failover promises is not so."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.balancer import (
    DOCUMENTED_STAGES,
    LAWS,
    NO_BACKEND,
    Answer,
    Balancer,
    Defect,
    Hashing,
    Health,
    Settings,
    backend_of,
    check,
    failover_bounds,
    limit,
    mixed,
    new_balancer,
    receive,
)
from billproof.model.platform.bucket import full
from billproof.model.platform.units import SECOND, BackendIndex, TenantNumber
from tests.model.platform.search import explore

TENANT = TenantNumber(7)


def balancer(backends: int = 3, hashing: Hashing = Hashing.MODULO) -> Balancer:
    """Return a balancer that takes two failures and three successes in a row for enough."""
    settings = Settings(hashing=hashing, unhealthy_after=Count(2), healthy_after=Count(3))
    return new_balancer(settings, Count(backends))


def moves(state: Balancer) -> Iterator[tuple[str, Balancer]]:
    """Yield every result of a health check."""
    for backend in range(len(state.backends)):
        for succeeded in (False, True):
            yield f"{backend} {succeeded}", check(state, BackendIndex(backend), succeeded=succeeded)


@pytest.mark.parametrize("hashing", Hashing)
def test_the_laws_hold_in_every_state(hashing: Hashing) -> None:
    found = explore(balancer(3, hashing), moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states == (2 + 3) ** 3, "two states of a healthy backend and three of another, thrice"


def test_laws_fail_on_broken_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    before = balancer()
    by_name = {law.name: law for law in LAWS}
    hasty = replace(before, backends=(Health(healthy=False, streak=Count(0)), *before.backends[1:]))
    assert not by_name["health_needs_a_streak"].holds(before, hasty)
    blind = "billproof.model.platform.balancer.backend_of"
    monkeypatch.setattr(blind, lambda _, tenant: BackendIndex(tenant % 3))
    assert not by_name["routes_are_healthy"].holds(before, hasty)


def test_a_request_is_judged_in_order() -> None:
    state = limit(balancer(), TENANT, full(Count(1), Count(1), Instant(0)))
    state, first, backend = receive(state, TENANT, Defect.NONE, Instant(0))
    assert (first, backend) == (Answer.ROUTED, backend_of(state, TENANT))
    assert receive(state, TENANT, Defect.NO_CREDENTIAL, Instant(0)) == (state, Answer.INVALID, NO_BACKEND)
    assert receive(state, TENANT, Defect.NONE, Instant(0))[1:] == (Answer.RATE_LIMITED, NO_BACKEND)
    assert receive(state, TenantNumber(8), Defect.NONE, Instant(0))[1] == Answer.ROUTED, "no limit of its own"
    assert receive(state, TENANT, Defect.NONE, Instant(SECOND))[1] == Answer.ROUTED


def test_without_a_healthy_backend_nothing_is_routed() -> None:
    state = balancer(1)
    for _ in range(2):
        state = check(state, BackendIndex(0), succeeded=False)
    assert receive(state, TENANT, Defect.NONE, Instant(0))[1:] == (Answer.NO_BACKEND, NO_BACKEND)


def test_the_hash_spreads_tenants_evenly() -> None:
    counts = [0] * 8
    for tenant in range(8_000):
        counts[mixed(tenant) % 8] += 1
    assert max(counts) - min(counts) < 250, "eight standard deviations of a fair spread"


def moved(hashing: Hashing) -> int:
    """Return how many of 1,000 tenants change their backend when an eleventh joins ten."""
    ten, eleven = balancer(10, hashing), balancer(11, hashing)
    return sum(
        backend_of(ten, TenantNumber(tenant)) != backend_of(eleven, TenantNumber(tenant))
        for tenant in range(1_000)
    )


def test_edge_scaling_moves_tenants() -> None:
    """Modulo keeps one in eleven; rendezvous moves one in eleven, to the new backend only."""
    assert 880 < moved(Hashing.MODULO) < 940
    assert 60 < moved(Hashing.RENDEZVOUS) < 125


def test_edge_routed_before_promoted() -> None:
    stages = DOCUMENTED_STAGES
    assert stages.activation_least - stages.routing == 30 * SECOND
    assert stages.activation_most - stages.routing == 90 * SECOND


def test_edge_failover_takes_longer_than_promised() -> None:
    shortest, longest = failover_bounds(DOCUMENTED_STAGES)
    assert (shortest, longest) == (100 * SECOND, 160 * SECOND)
    assert longest > 120 * SECOND


def test_edge_affinity_caps_the_rate_limit() -> None:
    """10,000 a second may be asked; all go to one backend, which carries 1,000 (XB-17)."""
    state = limit(balancer(10), TENANT, full(Count(10_000), Count(10_000), Instant(0)))
    used = set()
    for _ in range(1_001):
        state, answer, backend = receive(state, TENANT, Defect.NONE, Instant(0))
        assert answer == Answer.ROUTED
        used.add(backend)
    assert len(used) == 1
