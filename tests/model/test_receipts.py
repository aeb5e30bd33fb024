"""A receipt holds the whole entry, in one sequence of bytes; its digest covers all of it."""

import hashlib
import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from billproof.model.canonical import CanonicalValue, canonical_bytes
from billproof.model.design import DOCUMENTED, REPAIRED
from billproof.model.identifiers import (
    Amount,
    CurrencyCode,
    CustomerId,
    Digest,
    EntitlementId,
    Epoch,
    Fingerprint,
    IdempotencyKey,
    Instant,
    IssuerId,
    Period,
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.money import TOTAL_MAX, AmountRangeError, render_amount
from billproof.model.outcomes import AccountKind, EntryKind, Status
from billproof.model.periods import (
    INSTANT_MAX,
    InstantRangeError,
    PeriodFormatError,
    render_instant,
    render_period,
)
from billproof.model.receipts import (
    LEDGER_STATUSES,
    NUMBER_MAX,
    ReceiptFormatError,
    body_digest,
    concatenation_digest,
    digest_of,
    parse_receipt,
    receipt_body,
    receipt_digest,
    receipt_id,
)
from billproof.model.state import Entry, Terms
from tests.model.entries import CHARGE, entries
from tests.model.schemas import validator

BODY = receipt_body(CHARGE)


def test_the_receipt_of_a_charge_is_this_text_for_ever() -> None:
    """The format is frozen: whatever changes these bytes invalidates every receipt issued."""
    assert BODY.decode() == (
        '{"amount":"0.0000008","balance_after":"-20.0000008","balance_before":"-20","chain":"64e398ab",'
        '"commit_time":"2024-10-01T00:00:00Z","currency":"USD","entitlement":"Amazon Simple Storage Service",'
        '"epoch":1,"event_time":"2024-09-18T22:00:00Z","idempotency_key":"focus-1","issuer":"ingest",'
        '"key_id":"aKey","kind":"debit","period":"2024-09","prev":"' + "0" * 64 + '","price_plan_hash":"",'
        '"receipt_id":"r-0e437513383590bcba82120dd7fe76f4","request_fingerprint":"' + "ab" * 32 + '","seq":2,'
        '"status":"accepted","terms":{"account":"credit","credit_limit":"1000000","limit":"150000",'
        '"quota":"100000"},"usage":"2 Requests","version":1}'
    )
    assert receipt_digest(CHARGE) == "1dfae8cc29f4f9fae11e6c20d4d73ee16350261a92030c22b6a5284d85fff554"


def document_of(entry: Entry) -> dict[str, CanonicalValue]:
    """The receipt as ``system.md`` section 5 describes it, made without the code under test."""
    document: dict[str, CanonicalValue] = {
        "version": 1,
        "chain": entry.customer,
        "seq": entry.sequence,
        "epoch": entry.epoch,
        "prev": entry.previous,
        "receipt_id": "r-"
        + hashlib.sha256(
            b"billproof/receipt-id/v1\n" + canonical_bytes([entry.customer, entry.sequence])
        ).hexdigest()[:32],
        "kind": entry.kind.name.lower(),
        "idempotency_key": entry.key,
        "request_fingerprint": entry.fingerprint,
        "amount": render_amount(entry.amount),
        "currency": entry.currency,
        "entitlement": entry.entitlement,
        "usage": entry.usage,
        "price_plan_hash": entry.price_plan,
        "event_time": render_instant(entry.event_time),
        "commit_time": render_instant(entry.commit_time),
        "period": render_period(entry.period),
        "balance_before": render_amount(entry.balance_before),
        "balance_after": render_amount(entry.balance_after),
        "status": entry.status.name.lower(),
        "terms": {
            "account": entry.terms.kind.name.lower(),
            "credit_limit": render_amount(entry.terms.credit_limit),
            "quota": render_amount(entry.terms.quota),
            "limit": render_amount(entry.terms.limit),
        },
        "issuer": entry.issuer,
        "key_id": entry.signing_key,
    }
    if entry.refers_to:
        document["refers_to"] = entry.refers_to
    return document


@given(entries())
def test_the_body_is_rfc_8785_and_reading_inverts_writing(entry: Entry) -> None:
    body = receipt_body(entry)
    assert body == canonical_bytes(document_of(entry))
    assert parse_receipt(body) == replace(entry, digest=body_digest(body))
    assert receipt_digest(entry) == body_digest(body)


@given(entries())
def test_the_body_keeps_its_schema(entry: Entry) -> None:
    named = replace(entry, refers_to=Sequence(1)) if entry.kind == EntryKind.REFUND else entry
    schema: Draft202012Validator = validator("receipt")
    schema.validate(json.loads(receipt_body(named)))


YEN = replace(CHARGE, currency=CurrencyCode("JPY"))

CHANGED: dict[str, tuple[Entry, ...]] = {
    "customer": (replace(CHARGE, customer=CustomerId("other")),),
    "sequence": (replace(CHARGE, sequence=Sequence(3)),),
    "epoch": (replace(CHARGE, epoch=Epoch(2)),),
    "previous": (replace(CHARGE, previous=Digest("1" * 64)),),
    "kind": (replace(CHARGE, kind=EntryKind.ADJUSTMENT),),
    "status": (replace(CHARGE, status=Status.ACCEPTED_WITH_WARNING),),
    "key": (replace(CHARGE, key=IdempotencyKey("focus-2")),),
    "fingerprint": (replace(CHARGE, fingerprint=Fingerprint("cd" * 32)),),
    "amount": (replace(CHARGE, amount=Amount(800_001)),),
    "currency": (YEN,),
    "entitlement": (replace(CHARGE, entitlement=EntitlementId("Amazon")),),
    "usage": (replace(CHARGE, usage=UsageText("3 Requests")),),
    "price_plan": (replace(CHARGE, price_plan=PricePlanHash("ef" * 32)),),
    "event_time": (replace(CHARGE, event_time=Instant(CHARGE.event_time + 1)),),
    "commit_time": (replace(CHARGE, commit_time=Instant(CHARGE.commit_time + 1)),),
    "period": (replace(CHARGE, period=Period(CHARGE.period + 1)),),
    "balance_before": (replace(CHARGE, balance_before=Amount(CHARGE.balance_before + 1)),),
    "balance_after": (replace(CHARGE, balance_after=Amount(CHARGE.balance_after + 1)),),
    "refers_to": (replace(CHARGE, refers_to=Sequence(1)),),
    "terms": (
        replace(CHARGE, terms=replace(CHARGE.terms, kind=AccountKind.PREPAID)),
        replace(CHARGE, terms=replace(CHARGE.terms, credit_limit=Amount(1))),
        replace(CHARGE, terms=replace(CHARGE.terms, quota=Amount(1))),
        replace(CHARGE, terms=replace(CHARGE.terms, limit=Amount(1))),
    ),
    "issuer": (replace(CHARGE, issuer=IssuerId("operator")),),
    "signing_key": (replace(CHARGE, signing_key=SigningKeyId("otherKey")),),
}
"""Entries that differ from ``CHARGE`` in one field."""


def test_every_field_and_every_term_has_a_changed_entry() -> None:
    assert set(CHANGED) == {field.name for field in fields(Entry)} - {"digest"}
    assert len(CHANGED["terms"]) == len(fields(Terms))


@pytest.mark.parametrize("other", [other for others in CHANGED.values() for other in others])
def test_the_digest_covers_every_field(other: Entry) -> None:
    """Oracles hide bugs: a proof takes the digest for injective, so each field is changed here by hand."""
    assert receipt_digest(other) != receipt_digest(CHARGE)
    assert parse_receipt(receipt_body(other)) == replace(other, digest=receipt_digest(other))


def test_the_digest_does_not_cover_itself() -> None:
    assert receipt_body(replace(CHARGE, digest=Digest("1" * 64))) == BODY


@given(entries(), entries())
def test_different_entries_have_different_bodies(first: Entry, second: Entry) -> None:
    assert (receipt_body(first) == receipt_body(second)) == (first == second)


def test_the_documented_preimage_confuses_two_charges() -> None:
    """T3-S4: amount 1 at 1704067200000 and amount 11 at 704067200000 are the same string."""
    one = replace(CHARGE, amount=Amount(1), event_time=Instant(1_704_067_200_000))
    eleven = replace(CHARGE, amount=Amount(11), event_time=Instant(704_067_200_000))
    documented, repaired = digest_of(DOCUMENTED), digest_of(REPAIRED)
    assert documented(one) == documented(eleven) == concatenation_digest(one)
    assert repaired(one) != repaired(eleven)


def test_the_documented_preimage_leaves_fields_out() -> None:
    """T3-S5: another currency keeps the documented digest."""
    assert digest_of(DOCUMENTED)(YEN) == digest_of(DOCUMENTED)(CHARGE)
    assert digest_of(REPAIRED)(YEN) != digest_of(REPAIRED)(CHARGE)


@given(st.data())
def test_a_changed_byte_is_refused_or_is_another_receipt(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(BODY) - 1))
    byte = data.draw(st.integers(0, 255))
    assert_taken_only_as_written(BODY[:place] + bytes((byte,)) + BODY[place + 1 :])


@given(st.integers(0, len(BODY)), st.integers(0, len(BODY)))
def test_a_cut_or_repeated_stretch_is_refused_or_is_another_receipt(start: int, stop: int) -> None:
    assert_taken_only_as_written(BODY[:start] + BODY[stop:])


def assert_taken_only_as_written(body: bytes) -> None:
    """The law of the strict reader: what it takes is byte for byte what would be written."""
    try:
        entry = parse_receipt(body)
    except ReceiptFormatError:
        assert body != BODY
        return
    assert receipt_body(entry) == body


def swapped(old: str, new: str) -> bytes:
    assert old in BODY.decode()
    return BODY.decode().replace(old, new, 1).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        BODY + b"\n",
        b"\xef\xbb\xbf" + BODY,
        b" " + BODY,
        swapped('"epoch":1', '"epoch":1.0'),
        swapped('"epoch":1', '"epoch":1e0'),
        swapped('"epoch":1', '"epoch":01'),
        swapped('"epoch":1', '"epoch":-1'),
        swapped('"epoch":1', '"epoch":"1"'),
        swapped('"epoch":1', '"epoch":1,"epoch":1'),
        swapped('"epoch":1', f'"epoch":{NUMBER_MAX + 1}'),
        swapped('"seq":2', '"seq":0'),
        swapped('"seq":2', '"seq":3'),
        swapped('"seq":2', '"refers_to":1,"seq":2'),
        swapped('"request_f', '"refers_to":0,"request_f'),
        swapped('"0.0000008"', '"0.00000080"'),
        swapped('"0.0000008"', '"-0"'),
        swapped('"0.0000008"', '"+1"'),
        swapped('"0.0000008"', '"8e-7"'),
        swapped('"0.0000008"', "0.0000008"),
        swapped('"0.0000008"', '"0.0000000000001"'),
        swapped('"-20"', '"1' + "0" * 27 + '"'),
        swapped("22:00:00Z", "22:00:00.0Z"),
        swapped("22:00:00Z", "22:00:00+00:00"),
        swapped("22:00:00Z", "24:00:00Z"),
        swapped("22:00:00Z", "22:00:60Z"),
        swapped("2024-09-18T", "2024-09-31T"),
        swapped("2024-09-18T", "1969-09-18T"),
        swapped("2024-09-18T", "0000-09-18T"),
        swapped('"2024-09"', '"2024-13"'),
        swapped('"2024-09"', '"2024-00"'),
        swapped('"debit"', '"gift"'),
        swapped('"debit"', '"DEBIT"'),
        swapped('"accepted"', '"done"'),
        swapped('"USD"', '"usd"'),
        swapped("abab", "ABAB"),
        swapped('"version":1', '"version":2'),
        swapped('"usage":"2 Requests",', ""),
        swapped('"usage":', '"extra":1,"usage":'),
        swapped("2 Requests", "2\\u0020Requests"),
        swapped("2 Requests", "2\\/Requests"),
        swapped("2 Requests", "2\\u000A"),
        swapped("2 Requests", "2\\u000b\\u000B"),
        swapped("2 Requests", "2\\u0009"),
        swapped("2 Requests", "2\nRequests"),
        swapped("2 Requests", "\\ud800"),
        swapped("2 Requests", "\ud800"),
        swapped('"prev":"0', '"prev":"'),
        swapped('"receipt_id":"r-', '"receipt_id":"r-0'),
        swapped('"price_plan_hash":""', '"price_plan_hash":"00"'),
        swapped("64e398ab", "64e398ac"),
    ],
)
def test_a_body_that_would_not_be_written_is_not_read(body: bytes) -> None:
    with pytest.raises(ReceiptFormatError):
        parse_receipt(body)


def test_escapes_that_canonical_json_writes_are_read() -> None:
    text = UsageText('"\\\b\t\n\x0b\f\r\x1f\x7f\u2028\U0001f600/')
    entry = replace(CHARGE, usage=text, customer=CustomerId("\n\u00fc"))
    assert parse_receipt(receipt_body(entry)).usage == text


@pytest.mark.parametrize("status", [status for status in Status if status not in LEDGER_STATUSES])
def test_an_outcome_that_leaves_no_entry_has_no_receipt(status: Status) -> None:
    with pytest.raises(ReceiptFormatError, match=status.name):
        receipt_body(replace(CHARGE, status=status))


def test_values_are_taken_at_their_bounds_and_refused_past_them() -> None:
    at = replace(
        CHARGE,
        amount=TOTAL_MAX,
        balance_after=Amount(-TOTAL_MAX),
        commit_time=INSTANT_MAX,
        sequence=Sequence(NUMBER_MAX),
        epoch=Epoch(0),
        period=Period(0),
    )
    assert parse_receipt(receipt_body(at)) == replace(at, digest=receipt_digest(at))
    with pytest.raises(AmountRangeError):
        receipt_body(replace(CHARGE, amount=Amount(TOTAL_MAX + 1)))
    with pytest.raises(InstantRangeError):
        receipt_body(replace(CHARGE, commit_time=Instant(INSTANT_MAX + 1)))
    with pytest.raises(ReceiptFormatError, match="number"):
        receipt_body(replace(CHARGE, sequence=Sequence(NUMBER_MAX + 1)))
    with pytest.raises(ReceiptFormatError, match="number"):
        receipt_body(replace(CHARGE, epoch=Epoch(-1)))
    with pytest.raises(PeriodFormatError):
        receipt_body(replace(CHARGE, period=Period(-1)))
    with pytest.raises(ReceiptFormatError, match="surrogate"):
        receipt_body(replace(CHARGE, signing_key=SigningKeyId("\ud800")))


def test_a_receipt_id_is_stable_and_its_own() -> None:
    ids = {
        receipt_id(CustomerId(name), Sequence(number))
        for name in ("a", "b", 'a",1', "")
        for number in (1, 2, 11)
    }
    assert len(ids) == 12
    assert receipt_id(CHARGE.customer, CHARGE.sequence) == parse_id(BODY)


def parse_id(body: bytes) -> str:
    value: object = json.loads(body)["receipt_id"]
    assert isinstance(value, str)
    return value
