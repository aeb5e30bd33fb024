"""Documents are written whole and never go back; nothing else is promised, and each lack is shown."""

from collections.abc import Iterator
from dataclasses import replace

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.firestore import (
    LAWS,
    Answer,
    Document,
    Firestore,
    Precondition,
    age_of_replica,
    arrive,
    backlog,
    new_firestore,
    promote,
    set_available,
    version_of,
    write,
)
from billproof.model.platform.table import Table
from billproof.model.platform.units import SECOND, RowKey
from tests.model.platform.search import explore

FIRST, SECOND_KEY = RowKey(0), RowKey(1)
BY_NAME = {law.name: law for law in LAWS}


def empty() -> Firestore[int]:
    """Return an empty database without a quota."""
    return new_firestore(Count(0), Instant(0))


def wrote(store: Firestore[int], key: RowKey, value: int | None, at: int) -> Firestore[int]:
    """Write, and insist that it is written."""
    after, answer = write(store, key, value, Instant(at))
    assert answer == Answer.WRITTEN
    return after


def moves(store: Firestore[int]) -> Iterator[tuple[str, Firestore[int]]]:
    """Yield writes of two documents by servers of two opinions of the time, and arrivals."""
    for key in (FIRST, SECOND_KEY):
        if version_of(store, key) < 2:
            for time in (1, 2):
                for value in (None, 7):
                    yield f"write {key}", wrote(store, key, value, time)
        yield f"arrive {key}", arrive(store, key)


def test_the_laws_hold_in_every_state() -> None:
    found = explore(empty(), moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states > 500
    root = found.states**0.5
    assert int(root) ** 2 == found.states, "the two documents know nothing of each other"


def test_laws_fail_on_broken_steps() -> None:
    before = arrive(wrote(wrote(empty(), FIRST, 1, 5), FIRST, 2, 6), FIRST)
    after = arrive(before, FIRST)
    by_name = BY_NAME
    assert all(law.holds(before, after) for law in LAWS)
    stale = Document(Count(1), Instant(5), 1)
    assert not by_name["documents_never_go_back"].holds(after, replace(after, replica=Table([(0, stale)])))
    assert not by_name["replica_converges"].holds(before, replace(before, in_flight=Table()))
    both = wrote(wrote(after, FIRST, 3, 7), SECOND_KEY, 3, 7)
    assert not by_name["one_document_per_write"].holds(after, both)


def test_a_write_demands_what_it_says() -> None:
    store = wrote(empty(), FIRST, 1, 5)
    cases = (
        (FIRST, (Precondition.ABSENT, Count(0)), Answer.FAILED_PRECONDITION),
        (SECOND_KEY, (Precondition.ABSENT, Count(0)), Answer.WRITTEN),
        (FIRST, (Precondition.VERSION, Count(1)), Answer.WRITTEN),
        (FIRST, (Precondition.VERSION, Count(2)), Answer.FAILED_PRECONDITION),
    )
    for key, demand, answer in cases:
        assert write(store, key, 9, Instant(6), demand)[1] == answer
    deleted = wrote(store, FIRST, None, 6)
    assert write(deleted, FIRST, 9, Instant(7), (Precondition.ABSENT, Count(0)))[1] == Answer.WRITTEN


def test_a_service_that_is_down_writes_nothing() -> None:
    store = set_available(wrote(empty(), FIRST, 1, 5), available=False)
    after, answer = write(store, FIRST, 2, Instant(6))
    assert (after, answer) == (store, Answer.UNAVAILABLE)


def test_lag_is_what_the_replica_lacks() -> None:
    store = wrote(wrote(empty(), FIRST, 1, 5), SECOND_KEY, 1, 8)
    assert (backlog(store), age_of_replica(store, Instant(20))) == (2, 15)
    store = arrive(arrive(store, FIRST), SECOND_KEY)
    assert (backlog(store), age_of_replica(store, Instant(20))) == (0, 0)


def test_edge_server_time_is_no_order() -> None:
    """The second write is later and has the earlier server time: the second server's clock is behind."""
    store = wrote(wrote(empty(), FIRST, 1, 100), SECOND_KEY, 2, 40)
    one, other = store.documents.get(FIRST), store.documents.get(SECOND_KEY)
    assert one is not None
    assert other is not None
    assert other.server_time < one.server_time
    tied = wrote(wrote(empty(), FIRST, 1, 100), SECOND_KEY, 2, 100)
    assert len({document.server_time for _, document in tied.documents.items()}) == 1


def test_edge_replica_shows_effect_before_cause() -> None:
    store = arrive(wrote(wrote(empty(), FIRST, 1, 5), SECOND_KEY, 2, 6), SECOND_KEY)
    assert store.replica.get(FIRST) is None
    assert store.replica.get(SECOND_KEY) is not None


def test_edge_promotion_loses_what_was_on_the_way() -> None:
    store = promote(arrive(wrote(wrote(empty(), FIRST, 1, 5), FIRST, 2, 6), FIRST))
    document = store.documents.get(FIRST)
    assert document is not None
    assert document.value == 1


def test_edge_no_commit_with_another_store() -> None:
    """A crash between two stores: one has the ledger entry, the other no debit."""
    ledger, balances = wrote(empty(), FIRST, 100, 5), empty()
    assert version_of(ledger, FIRST) == 1
    assert version_of(balances, FIRST) == 0


def test_edge_unbounded_has_a_quota() -> None:
    store: Firestore[int] = new_firestore(Count(2), Instant(0))
    answers = []
    for key in range(3):
        store, answer = write(store, RowKey(key), 1, Instant(1))
        answers.append(answer)
    assert answers == [Answer.WRITTEN, Answer.WRITTEN, Answer.EXHAUSTED]
    assert write(store, FIRST, 1, Instant(1 + SECOND))[1] == Answer.WRITTEN
