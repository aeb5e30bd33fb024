"""A table agrees with a dictionary on every sequence of puts and removals, and is never changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.platform.table import NegativeKeyError, Table

KEYS = st.one_of(st.integers(0, 40), st.integers(0, 2_000), st.integers(0, 10**9))
EDITS = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.integers())))


def applied(edits: list[tuple[int, int | None]]) -> tuple[Table[int], dict[int, int]]:
    """Return the table and the dictionary after the same edits; None removes."""
    table: Table[int] = Table()
    plain: dict[int, int] = {}
    for key, value in edits:
        if value is None:
            table = table.without(key)
            plain.pop(key, None)
        else:
            table = table.put(key, value)
            plain[key] = value
    return table, plain


@given(EDITS)
def test_a_table_agrees_with_a_dictionary(edits: list[tuple[int, int | None]]) -> None:
    table, plain = applied(edits)
    assert list(table.items()) == sorted(plain.items())
    assert len(table) == len(plain)
    assert all(table.get(key) == plain.get(key) for key, _ in edits)


@given(EDITS)
def test_the_same_content_is_the_same_table_however_it_came_about(
    edits: list[tuple[int, int | None]],
) -> None:
    table, plain = applied(edits)
    again: Table[int] = Table(plain.items())
    assert table == again
    assert hash(table) == hash(again)
    assert repr(table) == repr(again)


@given(EDITS, KEYS, st.integers())
def test_an_older_table_stays_what_it_was(edits: list[tuple[int, int | None]], key: int, value: int) -> None:
    table, plain = applied(edits)
    assert table.put(key, value).get(key) == value
    assert table.without(key).get(key) is None
    assert dict(table.items()) == plain


def test_other_content_is_another_table() -> None:
    assert Table([(1, 1)]) != Table([(1, 2)])
    assert Table([(1, 1)]) != Table([(33, 1)])
    assert Table([(1, 1)]) != {1: 1}


def test_a_key_below_zero_is_refused() -> None:
    with pytest.raises(NegativeKeyError, match=r"no place -1; number the rows from 0"):
        Table([(-1, 5)])
    assert Table([(1, 5)]).get(-1) is None
