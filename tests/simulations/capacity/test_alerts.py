"""The burn-rate alerts of a whole month at once are those of the model, minute by minute."""

import numpy as np
import pytest

from billproof.model.identifiers import Count
from billproof.model.platform.monitoring import BURN_RATE_ALERTS, MILLION, Minute, due_by_burn_rate
from billproof.model.platform.units import MINUTE, PartsPerMillion
from billproof.simulations.capacity.alerts import burning_minutes

ALLOWED = PartsPerMillion(100)


def counts(seed: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], list[int]]:
    """Return bad requests of ten hours with a burst of some other size each hour, and all of each minute."""
    rng = np.random.default_rng(seed)
    shares = np.repeat(rng.choice([0, 90, 110, 500, 700, 1_500, 20_000], 10), 60)
    total = rng.integers(0, 200_000, 600)
    return rng.binomial(total, shares / MILLION), total.tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_month_at_once_is_due_when_the_model_is(seed: int) -> None:
    bad, total = counts(seed)
    minutes = tuple(
        Minute(good=Count(whole - int(few)), bad=Count(int(few)))
        for few, whole in zip(bad, total, strict=True)
    )
    ends = range(1, len(minutes) + 1, 7)
    for alert in BURN_RATE_ALERTS:
        found = burning_minutes(
            bad.astype(np.float64),
            np.array(total, dtype=np.float64),
            ALLOWED / MILLION,
            (alert.times, alert.long // MINUTE, alert.short // MINUTE),
        )
        wanted = [alert in due_by_burn_rate(minutes[:end], ALLOWED) for end in ends]
        assert [bool(found[end - 1]) for end in ends] == wanted
        assert any(wanted)


def test_other_windows_are_due_at_other_minutes() -> None:
    bad, total = counts(1)
    alert = BURN_RATE_ALERTS[0]
    parts = bad.astype(np.float64), np.array(total, dtype=np.float64), ALLOWED / MILLION
    right = burning_minutes(*parts, (alert.times, alert.long // MINUTE, alert.short // MINUTE))
    wrong = burning_minutes(*parts, (alert.times, alert.short // MINUTE, alert.short // MINUTE))
    assert (right != wrong).any()
