"""The formulas give the values that tables and other derivations of the same give."""

import math

import numpy as np
import pytest

from billproof.simulations.capacity.erlang import (
    Station,
    UnstableError,
    bounded_refusals,
    chain_rate,
    entries_needed,
    erlang_b,
    erlang_c,
    little_rate,
    mean_wait,
    service_quantiles,
    sojourn_percentile,
    sojourn_tail,
)


def states(workers: int, room: int, offered: float) -> list[float]:
    """Return the chances of each number present, from the balance of flows, by plain summation."""
    weights = [1.0]
    for present in range(1, workers + room + 1):
        weights.append(weights[-1] * offered / min(present, workers))
    total = sum(weights)
    return [weight / total for weight in weights]


@pytest.mark.parametrize(("workers", "offered"), [(1, 0.5), (3, 2.0), (8, 7.2), (32, 20.0)])
def test_erlang_b_is_the_chance_of_the_last_state_without_room(workers: int, offered: float) -> None:
    assert erlang_b(workers, offered) == pytest.approx(states(workers, 0, offered)[-1])


@pytest.mark.parametrize(("workers", "offered"), [(1, 0.5), (3, 2.0), (8, 7.2)])
def test_erlang_c_is_the_chance_that_all_are_busy(workers: int, offered: float) -> None:
    assert erlang_c(workers, offered) == pytest.approx(sum(states(workers, 2000, offered)[workers:]))


@pytest.mark.parametrize(("workers", "offered"), [(1, 0.5), (3, 2.0), (8, 7.2)])
def test_mean_wait_obeys_littles_law(workers: int, offered: float) -> None:
    chances = states(workers, 4000, offered)
    waiting = sum((present - workers) * chance for present, chance in enumerate(chances) if present > workers)
    station = Station(workers=workers, arrivals_per_second=offered / 0.07, service_seconds=0.07)
    assert mean_wait(station) == pytest.approx(waiting / station.arrivals_per_second)


def test_mean_wait_of_eight_workers_at_nine_tenths_is_the_published_one() -> None:
    station = Station(workers=8, arrivals_per_second=7.2, service_seconds=1.0)
    assert round(mean_wait(station), 4) == 0.8769


@pytest.mark.parametrize("offered", [0.3, 1.9, 2.0, 2.1, 9.0])
def test_bounded_refusals_are_the_chance_of_the_last_state(offered: float) -> None:
    assert bounded_refusals(2, 5, offered) == pytest.approx(states(2, 5, offered)[-1])


def test_bounded_refusals_of_a_long_overloaded_line_are_what_cannot_be_served() -> None:
    assert bounded_refusals(32, 1000, 70.0) == pytest.approx(1 - 32 / 70)


@pytest.mark.parametrize("offered", [8.0, 9.0])
def test_line_without_a_steady_state_is_refused(offered: float) -> None:
    with pytest.raises(UnstableError, match="8 workers"):
        erlang_c(8, offered)


def test_constant_services_of_one_worker_wait_half_as_long() -> None:
    # Pollaczek and Khinchine: exact for one worker.
    exponential = Station(workers=1, arrivals_per_second=0.8, service_seconds=1.0)
    constant = Station(workers=1, arrivals_per_second=0.8, service_seconds=1.0, scv=0.0)
    assert mean_wait(constant) == pytest.approx(mean_wait(exponential) / 2)
    assert mean_wait(constant) == pytest.approx(0.8 / (2 * (1 - 0.8)))


def test_sojourn_of_one_exponential_worker_is_exponential() -> None:
    station = Station(workers=1, arrivals_per_second=0.5, service_seconds=1.0)
    for share in (0.5, 0.95, 0.99):
        found = sojourn_percentile([station], share)[0]
        assert found == pytest.approx(-math.log(1 - share) / 0.5, rel=0.005)


def test_sojourn_percentile_and_tail_are_inverse() -> None:
    station = Station(workers=8, arrivals_per_second=7.2, service_seconds=1.0, scv=0.25)
    found = sojourn_percentile([station], 0.99)
    assert sojourn_tail(station, found)[0] == pytest.approx(0.01, rel=1e-6)


def test_idle_constant_station_takes_its_service() -> None:
    station = Station(workers=32, arrivals_per_second=1.0, service_seconds=0.07, scv=0.0)
    assert sojourn_percentile([station], 0.99)[0] == pytest.approx(0.07)


@pytest.mark.parametrize("scv", [0.25, 1.0, 4.0])
def test_service_quantiles_have_their_mean(scv: float) -> None:
    assert float(np.mean(service_quantiles(0.07, scv))) == pytest.approx(0.07, rel=0.01)


def test_little_and_chain_are_the_documented_contradictions() -> None:
    # XD-18: 457 with 32 workers, 57 with 4; XD-24: 14.3/s, and 700 entries for 10,000/s.
    assert [round(little_rate(workers, 0.070)) for workers in (32, 4)] == [457, 57]
    assert round(chain_rate(0.070, 1), 1) == 14.3
    assert entries_needed(10_000, 0.070) == 700
    assert chain_rate(0.070, 700) == pytest.approx(10_000)
    assert entries_needed(1.0, 0.070) == 1
