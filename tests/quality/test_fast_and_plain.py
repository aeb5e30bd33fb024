"""Where a fast implementation stands beside a plain one, no input tells them apart; a planted one is told.

The comparison is by random inputs: these are functions of texts, which CrossHair does not exhaust, and then
its "no difference found" would be worth no more. What is compared includes whether they refuse.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from billproof.invariants.variants.making import edit, edited
from billproof.invariants.variants.variant import Edit, installed
from billproof.model import keys, periods, receipts
from billproof.model.canonical import canonical_bytes, parse_json
from billproof.model.identifiers import CurrencyCode, CustomerId, Instant, Sequence
from billproof.model.money import TOTAL_MAX, parse_amount
from billproof.model.outcomes import EntryKind, Status
from billproof.model.periods import INSTANT_MAX, parse_instant, render_instant
from billproof.model.state import Entry
from tests.model.entries import entries
from tests.model.keypairs import signer, trusted
from tests.model.test_receipts import document_of

REFUSED = "refused"
"""What a function says that refuses its input."""

T = TypeVar("T")


def difference(
    fast: Callable[[T], object], plain: Callable[[T], object], inputs: SearchStrategy[T]
) -> T | None:
    """Return a smallest input that tells two functions apart, or ``None``."""
    told: list[T] = []

    @settings(max_examples=40, deadline=None, database=None, derandomize=True)
    @given(inputs)
    def compare(value: T) -> None:
        if answer(fast, value) != answer(plain, value):
            told.append(value)
            raise AssertionError("told apart")

    try:
        compare()
    except AssertionError:
        return told[-1]
    return None


def answer(function: Callable[[T], object], value: T) -> object:
    """Return what a function says of a value; a refusal is an answer."""
    try:
        return function(value)
    except ValueError:
        return REFUSED


def write_fast(entry: Entry) -> object:
    return receipts.receipt_body(entry)


def write_plain(entry: Entry) -> object:
    return canonical_bytes(document_of(entry))


def read_fast(body: bytes) -> object:
    entry = receipts.parse_receipt(body)
    return (entry.customer, entry.sequence, entry.kind, entry.status, entry.amount, entry.balance_after,
            entry.currency, entry.usage, entry.event_time, entry.commit_time)  # fmt: skip


def read_plain(body: bytes) -> object:
    """Read the members of a receipt one by one, from strictly read JSON that is in canonical form."""
    document = parse_json(body, "a receipt")
    assert isinstance(document, dict)
    if canonical_bytes(document) != body:
        raise ValueError("not canonical")
    texts = {name: value for name, value in document.items() if isinstance(value, str)}
    sequence = document["seq"]
    assert isinstance(sequence, int)
    return (
        CustomerId(texts["chain"]), Sequence(sequence), EntryKind[texts["kind"].upper()],
        Status[texts["status"].upper()], parse_amount(texts["amount"], TOTAL_MAX),
        parse_amount(texts["balance_after"], TOTAL_MAX), CurrencyCode(texts["currency"]), texts["usage"],
        parse_instant(texts["event_time"]), parse_instant(texts["commit_time"]),
    )  # fmt: skip


def time_fast(text: str) -> object:
    return periods.parse_canonical_instant(text)


def time_plain(text: str) -> object:
    return parse_instant(text)


def verify_batch(batch: list[str]) -> object:
    return keys.verify_receipts(batch, trusted())


def verify_each(batch: list[str]) -> object:
    return [keys.verify_receipt(jws, trusted()) for jws in batch]


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Bodies of receipts, half of them with a blank, which is never canonical."""
    body = canonical_bytes(document_of(draw(entries())))
    return body.replace(b",", b", ", 1) if draw(st.booleans()) else body


@st.composite
def batches(draw: st.DrawFn) -> list[str]:
    """Batches of signed receipts, some of them by an unknown key, damaged, or no receipts at all."""
    batch = []
    for number, damage in draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), max_size=6)):
        maker = signer(number)
        entry = replace(draw(entries()), signing_key=maker.key_id)
        jws = keys.sign_receipt(receipts.receipt_body(entry), maker)
        batch.append((jws, jws[:-8] + "AAAAAAAA", jws + "=", "nothing")[damage])
    return batch


TIMES = st.integers(0, INSTANT_MAX).map(Instant).map(render_instant)

PAIRS: dict[str, Callable[[], object]] = {
    "writing": lambda: difference(write_fast, write_plain, entries()),
    "reading": lambda: difference(read_fast, read_plain, bodies()),
    "times": lambda: difference(time_fast, time_plain, TIMES),
    "verifying": lambda: difference(verify_batch, verify_each, batches()),
}
"""Each fast implementation against its plain one."""

PLANTED = (
    ("writing", edit("receipts._amount", "render_amount(", "str(")),
    ("writing", edit("receipts.receipt_body", "{_quoted(entry.usage)}", '"{entry.usage}"')),
    (
        "reading",
        edit("receipts._entry", "units_of_parts(amount, amount_decimals)", 'units_of_parts(amount, "")'),
    ),
    ("times", edit("periods.parse_canonical_instant", "+ since.microseconds", "")),
    ("verifying", edit("keys.verify_receipts", "for item in read]", "for item in read[:-1]]")),
)


@pytest.mark.parametrize("name", PAIRS)
def test_fast_and_plain_cannot_be_told_apart(name: str) -> None:
    assert PAIRS[name]() is None


@pytest.mark.parametrize(("name", "change"), PLANTED)
def test_a_planted_difference_is_told(name: str, change: Edit) -> None:
    with installed(edited("planted", "T1.none", "a planted difference", "a test", change)):
        assert PAIRS[name]() is not None
