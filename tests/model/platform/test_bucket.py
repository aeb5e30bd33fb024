"""A bucket gives at most its burst at once and its rate in the long run, whatever the clock does."""

from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.bucket import LAWS, PARTS, full, take
from billproof.model.platform.units import DAY, SECOND


@given(
    st.integers(1, 50),
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(-SECOND, 3 * SECOND), st.integers(0, 60))),
)
def test_the_laws_hold_and_no_interval_gives_more_than_burst_and_rate(
    rate: int, burst: int, asked: list[tuple[int, int]]
) -> None:
    bucket, now, given_out, first = full(Count(rate), Count(burst), Instant(0)), 0, 0, 0
    for step, tokens in asked:
        now += step
        after, taken = take(bucket, Count(tokens), Instant(now))
        assert all(law.holds(bucket, after) for law in LAWS)
        given_out += tokens if taken else 0
        bucket = after
        assert given_out * PARTS <= burst * PARTS + rate * (bucket.since - first)


def test_the_last_token_is_given_and_the_next_is_not() -> None:
    bucket, taken = take(full(Count(1), Count(2), Instant(0)), Count(2), Instant(0))
    assert taken
    assert take(bucket, Count(1), Instant(SECOND - 1))[1] is False
    assert take(bucket, Count(1), Instant(SECOND))[1] is True


def test_laws_fail_on_a_bucket_that_refills_too_much() -> None:
    bucket = full(Count(1), Count(2), Instant(0))
    empty, _ = take(bucket, Count(2), Instant(0))
    by_name = {law.name: law for law in LAWS}
    assert not by_name["level_bounded"].holds(bucket, bucket._replace(level_parts=3 * PARTS))
    assert not by_name["refill_bounded"].holds(empty, empty._replace(level_parts=1))


def test_edge_daily_cap_empties_in_ten_seconds() -> None:
    """The documented caps are used together: the rate admits in ten seconds what the day allows."""
    rate, day = full(Count(10_000), Count(10_000), Instant(0)), full(Count(1), Count(100_000), Instant(0))
    second = 0
    while True:
        rate, by_rate = take(rate, Count(10_000), Instant(second * SECOND))
        day, by_day = take(day, Count(10_000), Instant(second * SECOND))
        assert by_rate
        if not by_day:
            break
        second += 1
    assert second == 10
    assert second * SECOND * 8_640 == DAY
