"""Equal values have equal bytes, different ones do not, and nothing ambiguous is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.canonical import (
    INTEGER_MAX,
    NESTING_MAX,
    CanonicalValue,
    CanonicalValueError,
    DuplicateMemberError,
    FloatError,
    JsonInputError,
    JsonSyntaxError,
    JsonValueError,
    canonical_bytes,
    parse_json,
    request_fingerprint,
)
from billproof.model.identifiers import Count, CustomerId
from tests.model.entries import TEXTS

SCALARS = st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXTS
VALUES: st.SearchStrategy[CanonicalValue] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_reading_inverts_writing(value: CanonicalValue) -> None:
    encoded = canonical_bytes(value)
    assert parse_json(encoded, "test") == value
    assert parse_json(encoded.decode(), "test") == value
    assert json.loads(encoded) == value


def test_members_are_sorted_by_utf_16_as_rfc_8785_has_it() -> None:
    """The example of RFC 8785 section 3.2.3, in which the order of UTF-8 bytes would be another."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    parsed = json.loads(canonical_bytes(dict.fromkeys(names, 0)))
    assert list(parsed) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    ("value", "path", "says"),
    [
        ({"usage": [1, 2.5]}, "$.usage[1]", "float"),
        ({"a": {"b": 2**53}}, "$.a.b", "2^53"),
        ({"a b": -(2**53)}, '$["a b"]', "2^53"),
        (["\ud800"], "$[0]", "surrogate"),
        ({"\udfff": 1}, "$", "surrogate"),
        ({1: 2}, "$", "no string"),
        ([b"bytes"], "$[0]", "bytes has no canonical bytes"),
    ],
)
def test_a_value_without_canonical_bytes_is_refused_with_its_path(
    value: object, path: str, says: str
) -> None:
    with pytest.raises(CanonicalValueError) as caught:
        canonical_bytes(value)  # type: ignore[arg-type]
    assert caught.value.path == path
    assert says in str(caught.value)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_nesting_is_taken_up_to_its_bound_and_refused_past_it() -> None:
    value = parse_json(nested(NESTING_MAX), "test")
    assert canonical_bytes(value).decode() == nested(NESTING_MAX)
    for depth in (NESTING_MAX + 1, 900, 100_000):
        with pytest.raises(JsonValueError, match="nesting"):
            parse_json(nested(depth), "test")
    with pytest.raises(JsonValueError, match="nesting"):
        parse_json('{"a":' * 100_000, "test")
    with pytest.raises(CanonicalValueError, match="nesting"):
        canonical_bytes([value])


@pytest.mark.parametrize(
    ("text", "error", "place", "says"),
    [
        ('{"a":1,"a":1}', DuplicateMemberError, "$.a", "'a' appears twice"),
        ('{"x":[{"b":1,"c":2,"b":3}]}', DuplicateMemberError, "$.x[0].b", "'b' appears twice"),
        ('{"a":1,"\\u0061":2}', DuplicateMemberError, "$.a", "twice"),
        ('{"amount":1.5}', FloatError, "$.amount", 'decimal string like "1.5"'),
        ('{"x":{"amount":[1e3]}}', FloatError, "$.x.amount[0]", "decimal string"),
        ('{"a":NaN}', FloatError, "$.a", "NaN"),
        ('{"a":-Infinity}', FloatError, "$.a", "Infinity"),
        ("9007199254740992", JsonValueError, "$", "2^53"),
        ("-9007199254740992", JsonValueError, "$", "2^53"),
        ('{"a":' + "9" * 5000 + "}", JsonValueError, "$.a", "2^53"),
        ('{"a":"\\ud800"}', JsonValueError, "$.a", "surrogate"),
        ('{"\\udc00":1}', JsonValueError, "$", "surrogate"),
        ('{"a":1', JsonSyntaxError, "line 1 column 7", "not JSON"),
        ("{}\n{}", JsonSyntaxError, "line 2 column 1", "not JSON"),
        ("", JsonSyntaxError, "line 1 column 1", "not JSON"),
        ("{'a':1}", JsonSyntaxError, "line 1 column 2", "not JSON"),
        ('{"a":1,}', JsonSyntaxError, "line 1 column 8", "not JSON"),
        ('"\t"', JsonSyntaxError, "line 1 column 2", "not JSON"),
        ("\ufeff{}", JsonSyntaxError, "line 1 column 1", "not JSON"),
        ("01", JsonSyntaxError, "line 1 column 2", "not JSON"),
    ],
)
def test_what_other_readers_resolve_silently_is_refused_with_its_place(
    text: str, error: type[JsonInputError], place: str, says: str
) -> None:
    with pytest.raises(error) as caught:
        parse_json(text, "events.jsonl line 3")
    assert caught.value.place == place
    assert says in str(caught.value)
    assert str(caught.value).startswith("events.jsonl line 3: ")


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    with pytest.raises(JsonSyntaxError, match="byte 3"):
        parse_json(b'{"\xff":1}', "test")


def test_the_largest_integers_are_taken() -> None:
    assert parse_json("[9007199254740991,-9007199254740991,-0]", "test") == [INTEGER_MAX, -INTEGER_MAX, 0]


def test_a_fingerprint_covers_operation_customer_body_and_version() -> None:
    base = request_fingerprint("charge", CustomerId("c"), {"amount": "1"}, Count(1))
    assert len(base) == 64
    assert base == request_fingerprint("charge", CustomerId("c"), {"amount": "1"}, Count(1))
    assert base != request_fingerprint("refund", CustomerId("c"), {"amount": "1"}, Count(1))
    assert base != request_fingerprint("charge", CustomerId("d"), {"amount": "1"}, Count(1))
    assert base != request_fingerprint("charge", CustomerId("c"), {"amount": "2"}, Count(1))
    assert base != request_fingerprint("charge", CustomerId("c"), {"amount": "1"}, Count(2))
