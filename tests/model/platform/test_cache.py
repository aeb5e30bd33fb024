"""A cached answer was true less than a time to live ago, and no more than that."""

from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Instant
from billproof.model.platform.cache import LAWS, Cache, Seen, keep, look_up, new_cache, push_out, restart
from billproof.model.platform.units import Micros, RowKey

KEY = RowKey(0)
ACTIVE, SUSPENDED = 1, 2


@given(st.integers(1, 20), st.lists(st.tuples(st.integers(0, 15), st.booleans()), max_size=40))
def test_the_law_holds_whenever_the_store_changes_and_is_read(
    time_to_live: int, steps: list[tuple[int, bool]]
) -> None:
    cache: Cache[int] = new_cache(Micros(time_to_live))
    truth, now = [(Instant(0), ACTIVE)], 0
    for wait, changes in steps:
        now += wait
        if changes:
            truth.append((Instant(now), truth[-1][1] + 1))
        if look_up(cache, KEY, Instant(now)) is None:
            cache = keep(cache, KEY, truth[-1][1], Instant(now))
        seen = Seen(cache, tuple(truth), Instant(now))
        assert all(law.holds(seen, seen) for law in LAWS)


def test_the_law_fails_on_a_cache_that_never_forgets() -> None:
    cache = keep(new_cache(Micros(1_000)), KEY, ACTIVE, Instant(0))
    old = Seen(cache, ((Instant(0), ACTIVE), (Instant(5), SUSPENDED)), Instant(500))
    honest = Seen(Cache(time_to_live=Micros(10), kept=cache.kept), old.truth, old.now)
    by_name = {law.name: law for law in LAWS}
    assert by_name["staleness_bounded"].holds(honest, honest)
    invented = old._replace(truth=((Instant(0), SUSPENDED),))
    assert not by_name["staleness_bounded"].holds(invented, invented)


def test_an_answer_expires_at_its_time_to_live() -> None:
    cache = keep(new_cache(Micros(10)), KEY, ACTIVE, Instant(0))
    assert look_up(cache, KEY, Instant(9)) == ACTIVE
    assert look_up(cache, KEY, Instant(10)) is None
    assert look_up(push_out(cache, KEY), KEY, Instant(1)) is None
    assert look_up(restart(cache), KEY, Instant(1)) is None


def test_edge_suspension_waits_for_expiry() -> None:
    cache = keep(new_cache(Micros(60)), KEY, ACTIVE, Instant(0))
    assert look_up(cache, KEY, Instant(59)) == ACTIVE, "suspended at 1, served at 59"
    assert look_up(cache, KEY, Instant(60)) is None
