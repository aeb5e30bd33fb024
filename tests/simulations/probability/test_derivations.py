"""Each derivation agrees with a closed form, and with a seeded simulation where one can be made."""

import math
from fractions import Fraction

import numpy as np
import pytest

from billproof.simulations.probability.collisions import birthday_bound, birthday_exact, keys_below
from billproof.simulations.probability.durability import (
    ReplicaParametersError,
    Replicas,
    chance_of_loss,
    loss_for,
    rate_of_loss,
)
from billproof.simulations.probability.exposure import double_charges, unreplicated, unwritten
from billproof.simulations.probability.forgery import collision_of_hash, corrupt_witnesses, forged_signature
from billproof.simulations.probability.lag import behind, drained_after, entries_for, exceeds
from billproof.simulations.probability.proportions import (
    binomial_tail,
    clopper_pearson,
    six_sigma,
    trials_without_failure,
    wilson,
)
from billproof.simulations.probability.rare import (
    at_least_one,
    expected,
    poisson_at_least_one,
    poisson_interval,
)

SEED = 20261126


@pytest.mark.parametrize("keys", [1, 2, 5, 23, 60])
def test_the_birthday_bound_is_never_below_the_exact_chance(keys: int) -> None:
    assert birthday_bound(keys, 8) >= birthday_exact(keys, 2**8)


def test_the_exact_birthday_chance_is_that_of_the_23_people() -> None:
    assert birthday_exact(22, 365) < Fraction(1, 2) < birthday_exact(23, 365)


def test_drawn_keys_collide_as_often_as_computed() -> None:
    draws = np.random.default_rng(SEED).integers(0, 2**12, size=(4_000, 40))
    ordered = np.sort(draws, axis=1)
    share = float((ordered[:, 1:] == ordered[:, :-1]).any(axis=1).mean())
    assert share == pytest.approx(float(birthday_exact(40, 2**12)), abs=0.02)


@pytest.mark.parametrize("chance", [Fraction(1, 10**27), Fraction(1, 10**9), Fraction(1, 3)])
def test_one_key_more_exceeds_the_chance(chance: Fraction) -> None:
    most = keys_below(chance, 122)
    assert birthday_bound(most, 122) <= chance < birthday_bound(most + 1, 122)


def test_one_replica_is_lost_exponentially() -> None:
    one = Replicas(domains=1, loss=0.3, rebuild=1.0)
    assert chance_of_loss(one, 2.0) == pytest.approx(1 - math.exp(-0.6))


def test_the_leading_term_is_the_chain_where_loss_is_rare() -> None:
    three = Replicas(domains=3, loss=0.01, rebuild=365 / 7)
    assert chance_of_loss(three, 1.0) == pytest.approx(rate_of_loss(three), rel=0.05)


def test_a_common_cause_is_lost_at_its_own_rate() -> None:
    three = Replicas(domains=3, loss=0.01, rebuild=365 / 7, common=0.01)
    assert chance_of_loss(three, 1.0) == pytest.approx(1e-4, rel=0.01)


def test_the_chain_is_lost_as_often_as_simulated() -> None:
    replicas = Replicas(domains=2, loss=1.0, rebuild=4.0, common=0.05)
    random = np.random.default_rng(SEED)
    lost = sum(_is_lost(replicas, 1.0, random) for _ in range(4_000))
    interval = clopper_pearson(lost, 4_000, 0.999)
    assert interval.low <= chance_of_loss(replicas, 1.0) <= interval.high


def _is_lost(replicas: Replicas, years: float, random: np.random.Generator) -> bool:
    """Play one history of the chain, event by event."""
    failed, time = 0, 0.0
    while True:
        rates = (
            (replicas.domains - failed) * replicas.loss,
            failed * replicas.rebuild,
            replicas.common * replicas.loss,
        )
        time += random.exponential(1 / sum(rates))
        if time > years:
            return False
        pick = random.random() * sum(rates)
        if pick >= rates[0] + rates[1]:
            return True
        failed += 1 if pick < rates[0] else -1
        if failed == replicas.domains:
            return True


def test_the_loss_rate_for_a_chance_gives_that_chance() -> None:
    three = Replicas(domains=3, loss=0.01, rebuild=365 / 7)
    needed = Replicas(domains=3, loss=loss_for(1e-9, three), rebuild=three.rebuild)
    assert rate_of_loss(needed) == pytest.approx(1e-9)


@pytest.mark.parametrize(
    ("name", "value"), [("loss", 0.0), ("rebuild", -1.0), ("common", 1.5), ("domains", 0)]
)
def test_parameters_that_no_chain_has_are_refused(name: str, value: float) -> None:
    given = {"domains": 3, "loss": 0.01, "rebuild": 52.0, "common": 0.0, name: value}
    with pytest.raises(ReplicaParametersError, match=name):
        Replicas(
            domains=int(given["domains"]),
            loss=given["loss"],
            rebuild=given["rebuild"],
            common=given["common"],
        )


def test_the_tail_passes_through_its_percentile() -> None:
    assert exceeds(0.1, 0.1) == pytest.approx(0.01)


def test_a_simulated_lag_is_behind_as_often_as_computed() -> None:
    lags = np.random.default_rng(SEED).exponential(0.1 / math.log(100), size=200_000)
    assert float((lags * 10_000 > 500).mean()) == pytest.approx(behind(500, 10_000, 0.1), rel=0.05)


def test_entries_for_a_chance_are_exceeded_with_it() -> None:
    assert behind(entries_for(1e-6, 10_000, 0.1), 10_000, 0.1) == pytest.approx(1e-6)


def test_a_drain_no_faster_than_arrivals_never_ends() -> None:
    assert drained_after(30, 10, 10) == math.inf
    assert drained_after(30, 10, 20) == pytest.approx(30)


@pytest.mark.parametrize("share", [Fraction(99, 100), Fraction(999, 1000), Fraction(9999966, 10**7)])
def test_one_trial_fewer_shows_less(share: Fraction) -> None:
    needed = trials_without_failure(share, Fraction(95, 100))
    assert float(share) ** needed <= 0.05 < float(share) ** (needed - 1)


def test_the_exact_interval_without_failure_is_the_closed_form() -> None:
    assert clopper_pearson(100, 100, 0.95).low == pytest.approx(0.025 ** (1 / 100))


def test_the_exact_interval_covers_as_often_as_it_says() -> None:
    counts = np.random.default_rng(SEED).binomial(50, 0.9, size=400)
    intervals = {int(count): clopper_pearson(int(count), 50, 0.95) for count in set(counts)}
    covered = [intervals[int(count)] for count in counts]
    assert np.mean([item.low <= 0.9 <= item.high for item in covered]) >= 0.93


def test_the_score_interval_is_the_shorter() -> None:
    exact, score = clopper_pearson(95, 100, 0.95), wilson(95, 100, 0.95)
    assert score.high - score.low < exact.high - exact.low


def test_a_tail_of_everything_is_certain() -> None:
    assert binomial_tail(7, 0, Fraction(1, 3)) == 1
    assert binomial_tail(3, 3, Fraction(1, 100)) == Fraction(1, 10**6)


def test_six_sigma_is_three_point_four_in_a_million() -> None:
    assert 1 - six_sigma(4.5) == pytest.approx(3.4e-6, rel=0.01)


def test_repeated_trials_do_not_vanish_below_the_float() -> None:
    assert at_least_one(1e-18, 1e6) == pytest.approx(1e-12)
    assert at_least_one(0.5, 2) == pytest.approx(0.75)
    assert expected(1e-9, 1e10) == pytest.approx(10)


def test_arrivals_are_as_frequent_as_simulated() -> None:
    counts = np.random.default_rng(SEED).poisson(0.05, size=100_000)
    assert float((counts > 0).mean()) == pytest.approx(poisson_at_least_one(0.01, 5), abs=0.003)


def test_a_count_of_none_bounds_the_rate_by_the_rule_of_three() -> None:
    assert poisson_interval(0, 0.90)[0] == 0
    assert poisson_interval(0, 0.90)[1] == pytest.approx(-math.log(0.05))
    assert list(poisson_interval(10, 0.95)) == pytest.approx([4.795, 18.390], abs=0.001)


def test_work_against_strength_bounds_a_forgery() -> None:
    assert forged_signature(80, 112) == Fraction(1, 2**32)
    assert forged_signature(200, 112) == 1
    assert float(collision_of_hash(80, 256)) == pytest.approx(2.0**-97)
    assert corrupt_witnesses(3, 3, Fraction(1, 100)) == Fraction(1, 10**6)


def test_what_a_crash_leaves_is_bounded_by_the_slots() -> None:
    assert unwritten(833, 0.085, 1000) == pytest.approx(70.8, abs=0.1)
    assert unwritten(833, 10, 1000) == 1000
    assert unreplicated(10_000, 30) == 300_000
    assert double_charges(1, 10_000, 30, 0.01) == pytest.approx(3000)
