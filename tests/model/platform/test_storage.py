"""What an archive protects from whom: over every sequence of what writers and administrators may do."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.storage import (
    LAWS,
    Answer,
    Bucket,
    Seen,
    delete,
    lock,
    new_bucket,
    purge_older,
    put,
    set_retention,
    set_versioning,
)
from billproof.model.platform.table import Table
from billproof.model.platform.units import ContentNumber, Micros, RowKey
from tests.model.platform.search import explore

NAME = RowKey(0)
AGE = Micros(2)
RECEIPT, FORGERY = ContentNumber(1), ContentNumber(2)


def moves(seen: Seen) -> Iterator[tuple[str, Seen]]:
    """Yield what anybody, administrators included, may do; and the passing of time."""
    bucket, now = seen
    for content in (RECEIPT, FORGERY):
        if (bucket.generations.get(NAME) or 0) < 3:
            yield f"put {content}", Seen(put(bucket, NAME, content, now, must_be_new=False)[0], now)
    yield "delete", Seen(delete(bucket, NAME, now)[0], now)
    yield "purge", Seen(purge_older(bucket, NAME, now)[0], now)
    for age in (0, AGE):
        yield f"retain {age}", Seen(set_retention(bucket, Micros(age))[0], now)
    yield "lock", Seen(lock(bucket)[0], now)
    for versioning in (False, True):
        yield f"versioning {versioning}", Seen(set_versioning(bucket, versioning=versioning), now)
    if now < 3:
        yield "time passes", Seen(bucket, Instant(now + 1))


@pytest.mark.parametrize("locked", [False, True])
def test_the_laws_hold_whatever_anybody_does(locked: bool) -> None:  # noqa: FBT001 - one case each
    start = Seen(new_bucket(AGE, locked=locked, versioning=False), Instant(0))
    found = explore(start, moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states > 100


def written(*, locked: bool, retention: Micros = AGE, versioning: bool = False) -> Bucket:
    """Return a bucket with one receipt, written at 0."""
    bucket = new_bucket(retention, locked=locked, versioning=versioning)
    return put(bucket, NAME, RECEIPT, Instant(0), must_be_new=True)[0]


def test_laws_fail_on_a_bucket_whose_administrator_is_above_the_lock() -> None:
    before = Seen(written(locked=True), Instant(1))
    by_name = {law.name: law for law in LAWS}
    gone = before._replace(bucket=replace(before.bucket, live=Table()))
    assert not by_name["locked_objects_stay"].holds(before, gone)
    assert not by_name["retained_objects_stay"].holds(before, gone)
    unlocked = before._replace(bucket=replace(before.bucket, locked=False))
    assert not by_name["locked_policy_stays"].holds(before, unlocked)


def test_an_object_may_go_when_it_has_its_age_and_not_a_moment_before() -> None:
    bucket = written(locked=True)
    assert delete(bucket, NAME, Instant(AGE - 1))[1] == Answer.RETAINED
    assert delete(bucket, NAME, Instant(AGE))[1] == Answer.DONE
    assert delete(delete(bucket, NAME, Instant(AGE))[0], NAME, Instant(AGE))[1] == Answer.NOT_FOUND


def test_a_name_is_created_once() -> None:
    bucket = written(locked=False, retention=Micros(0))
    assert put(bucket, NAME, FORGERY, Instant(9), must_be_new=True) == (bucket, Answer.EXISTS)


def test_a_locked_policy_may_only_grow() -> None:
    bucket = written(locked=True)
    assert set_retention(bucket, Micros(AGE - 1)) == (bucket, Answer.LOCKED)
    assert set_retention(bucket, Micros(AGE + 1))[1] == Answer.DONE
    assert lock(written(locked=False, retention=Micros(0)))[1] == Answer.NOT_FOUND


def rewritten(bucket: Bucket) -> tuple[Bucket, Answer]:
    """Let the administrator lift the policy and overwrite the receipt."""
    lifted, _ = set_retention(bucket, Micros(0))
    return put(lifted, NAME, FORGERY, Instant(1), must_be_new=False)


def test_edge_unlocked_policy_protects_from_all_but_its_administrator() -> None:
    unlocked, locked = written(locked=False), written(locked=True)
    assert put(unlocked, NAME, FORGERY, Instant(1), must_be_new=False)[1] == Answer.RETAINED
    forged, answer = rewritten(unlocked)
    held = forged.live.get(NAME)
    assert answer == Answer.DONE
    assert held is not None
    assert held.content == FORGERY
    assert rewritten(locked)[1] == Answer.RETAINED


def test_edge_versioning_disabled_makes_overwrites_final() -> None:
    forged, _ = put(written(locked=False, retention=Micros(0)), NAME, FORGERY, Instant(1), must_be_new=False)
    assert len(forged.older) == 0
    kept, _ = put(
        written(locked=False, retention=Micros(0), versioning=True),
        NAME, FORGERY, Instant(1), must_be_new=False,
    )  # fmt: skip
    older = kept.older.get(NAME)
    assert older is not None
    assert [one.content for one in older] == [RECEIPT]


def test_edge_versioning_is_no_retention() -> None:
    kept, _ = put(
        written(locked=False, retention=Micros(0), versioning=True),
        NAME, FORGERY, Instant(1), must_be_new=False,
    )  # fmt: skip
    purged, answer = purge_older(kept, NAME, Instant(1))
    assert answer == Answer.DONE
    assert purged.older.get(NAME) is None
    generation = purged.live.get(NAME)
    assert generation is not None
    assert generation.generation == Count(2), "only the number tells"
