"""An audit entry has one form, names the one before, and nothing can be changed, taken out or put in."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.access import ActorId
from billproof.model.audit_log import (
    TEXT_MAX,
    AuditAction,
    AuditEntry,
    AuditFormatError,
    AuditRecord,
    audit_digest,
    check_audit_link,
    legal_holds,
    next_body,
    parse_audit_body,
)
from billproof.model.identifiers import Instant
from billproof.model.receipts import body_digest

RECORD = AuditRecord(
    actor=ActorId("ann"),
    action=AuditAction.ERASE,
    resource="acme",
    before="2 fields",
    after="0 fields",
    result="done",
    at=Instant(1_700_000_000_000_000),
)


def chain(*records: AuditRecord) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for record in records:
        entries.append(parse_audit_body(next_body(entries[-1] if entries else None, record)))
    return entries


def code_of(entries: list[AuditEntry]) -> str | None:
    before: AuditEntry | None = None
    for entry in entries:
        finding = check_audit_link(before, entry)
        if finding is not None:
            return finding.code.value
        before = entry
    return None


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.sampled_from(AuditAction))
def test_what_is_written_is_read_back(text: str, action: AuditAction) -> None:
    record = replace(RECORD, resource=text, action=action, approved_by=ActorId(text))
    (entry,) = chain(record)
    assert (entry.record, entry.sequence) == (record, 1)
    assert entry.digest == audit_digest(next_body(None, record))


@given(st.integers(0, len(next_body(None, RECORD)) - 1), st.integers(1, 255))
def test_no_changed_byte_is_the_same_entry(place: int, change: int) -> None:
    body = bytearray(next_body(None, RECORD))
    body[place] ^= change
    try:
        entry = parse_audit_body(bytes(body))
    except AuditFormatError:
        return
    assert entry.digest != chain(RECORD)[0].digest


def test_chain_is_followed_and_every_break_of_it_is_named() -> None:
    entries = chain(*(replace(RECORD, resource=name) for name in "abcd"))
    assert code_of(entries) is None
    assert code_of(entries[1:]) == "GAP"
    assert code_of([*entries[:1], *entries[2:]]) == "GAP"
    assert code_of([entries[0], entries[0]]) == "FORK"
    other = chain(replace(RECORD, resource="x"), replace(RECORD, resource="b"))
    assert code_of([entries[0], other[1]]) == "HASH"


def test_an_audit_entry_is_no_receipt() -> None:
    body = next_body(None, RECORD)
    assert audit_digest(body) != body_digest(body)


@pytest.mark.parametrize(
    "record",
    [replace(RECORD, actor=ActorId("")), replace(RECORD, resource="x" * (TEXT_MAX + 1))],
)
def test_an_entry_without_an_actor_or_without_measure_is_refused(record: AuditRecord) -> None:
    with pytest.raises(AuditFormatError):
        next_body(None, record)


def test_legal_holds_are_the_fold_of_the_log_and_refused_actions_hold_nothing() -> None:
    held = replace(RECORD, action=AuditAction.LEGAL_HOLD_SET)
    free = replace(RECORD, action=AuditAction.LEGAL_HOLD_RELEASE)
    assert legal_holds(chain(held)) == {"acme"}
    assert legal_holds(chain(held, replace(held, resource="other"), free)) == {"other"}
    assert legal_holds(chain(replace(held, result="denied"))) == set()


@pytest.mark.parametrize(
    "at", [b"2026-11-26", b"2026-11-26T00:00:00", b"2026-W48-4", b"20261126T000000Z", b""]
)
def test_a_time_of_another_form_is_refused(at: bytes) -> None:
    """Found by fuzzing: a time without a zone ended in an error of Python."""
    body = next_body(None, RECORD)
    assert body.count(b"2023-11-14T22:13:20Z") == 1
    with pytest.raises(AuditFormatError):
        parse_audit_body(body.replace(b"2023-11-14T22:13:20Z", at))
