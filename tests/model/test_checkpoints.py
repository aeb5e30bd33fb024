"""A checkpoint says one thing, in one text, under one key; whoever changes anything of it is found out."""

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.checkpoints import (
    DEFAULT_ORIGIN,
    SIZE_MAX,
    ChainHead,
    CheckpointBody,
    CheckpointDocument,
    CheckpointFormatError,
    FailedCheckpoint,
    VerifiedCheckpoint,
    checkpoint_text,
    heads_root,
    note_key_hash,
    parse_checkpoint,
    parse_note,
    render_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from billproof.model.identifiers import CustomerId, Digest, Position, Sequence
from billproof.model.key_sets import key_set
from billproof.model.merkle import root_of_leaves
from billproof.model.outcomes import ReceiptCode
from tests.model.keypairs import edwards_key, rsa_key, trusted
from tests.model.schemas import validator

HEADS = tuple(
    ChainHead(
        customer=CustomerId(name),
        sequence=Sequence(number),
        digest=Digest(hashlib.sha256(name.encode()).hexdigest()),
    )
    for name, number in (("alpha", 3), ("beta", 1), ("\u00fcber", 12))
)
LOG_ROOT = root_of_leaves([b"one", b"two"])
BODY = CheckpointBody(origin=DEFAULT_ORIGIN, size=Position(16), root=LOG_ROOT, heads_root=heads_root(HEADS))
SIGNED = sign_checkpoint(BODY, HEADS, edwards_key())
TEXT = render_checkpoint(SIGNED)


def code_of(document: CheckpointDocument) -> str:
    verdict = verify_checkpoint(document, trusted())
    return verdict.code if isinstance(verdict, FailedCheckpoint) else "VALID"


def with_note(note: str) -> str:
    return json.dumps({"heads": json.loads(TEXT)["heads"], "note": note})


def test_a_signed_checkpoint_verifies_and_keeps_its_schema() -> None:
    verdict = verify_checkpoint(parse_checkpoint(TEXT, "cp.json"), trusted())
    assert verdict == VerifiedCheckpoint(body=BODY, heads=HEADS)
    assert parse_checkpoint(TEXT.encode(), "cp.json") == SIGNED
    validator("checkpoint").validate(json.loads(TEXT))


def test_the_text_is_that_of_c2sp_tlog_checkpoint() -> None:
    root, heads = base64.b64encode(LOG_ROOT).decode(), base64.b64encode(heads_root(HEADS)).decode()
    assert SIGNED.note.startswith(
        f"billproof.dev/log\n16\n{root}\nheads {heads}\n\n\u2014 billproof.dev/log "
    )


def test_the_signature_verifies_with_bare_ed25519_and_the_key_hash_of_the_note_format() -> None:
    text, _, line = SIGNED.note.partition("\n\n")
    _, name, encoded = line.rstrip("\n").split(" ")
    data = base64.b64decode(encoded)
    raw = edwards_key().public_key().public_bytes_raw()
    assert data[:4] == hashlib.sha256(name.encode() + b"\x0a\x01" + raw).digest()[:4]
    edwards_key().public_key().verify(data[4:], (text + "\n").encode())
    with pytest.raises(InvalidSignature):
        edwards_key().public_key().verify(data[4:], text.encode())


def test_the_key_hash_of_a_known_verifier_key_is_reproduced() -> None:
    """The published verifier key of the Go checksum database: sum.golang.org+033de0ae+Ac4z..."""
    data = base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert note_key_hash("sum.golang.org", data[1:]).hex() == "033de0ae"


def test_the_root_of_the_heads_is_that_of_their_sorted_canonical_lists() -> None:
    lists = [f'["{head.customer}",{head.sequence},"{head.digest}"]'.encode() for head in HEADS]
    assert heads_root(reversed(HEADS)) == root_of_leaves(lists)
    assert heads_root(()) == hashlib.sha256(b"").digest()


def test_a_checkpoint_under_a_key_that_is_not_trusted_is_no_evidence() -> None:
    assert code_of(sign_checkpoint(BODY, HEADS, edwards_key(1))) == ReceiptCode.UNKNOWN_KEY
    nobody = key_set([rsa_key().public_key()], [])
    verdict = verify_checkpoint(SIGNED, nobody)
    assert isinstance(verdict, FailedCheckpoint)
    assert verdict.code == ReceiptCode.UNKNOWN_KEY


def test_a_changed_note_has_a_false_signature() -> None:
    note = SIGNED.note.replace("\n16\n", "\n15\n")
    document = parse_checkpoint(with_note(note), "cp.json")
    assert document.body.size == 15
    assert code_of(document) == ReceiptCode.SIGNATURE
    # What stands beside the note decides nothing.
    assert code_of(replace(SIGNED, note=note)) == ReceiptCode.SIGNATURE


@pytest.mark.parametrize(
    "heads",
    [
        HEADS[:-1],
        HEADS[1:],
        (),
        (replace(HEADS[0], sequence=Sequence(4)), *HEADS[1:]),
        (replace(HEADS[0], digest=HEADS[1].digest), *HEADS[1:]),
        (replace(HEADS[0], customer=CustomerId("alphb")), *HEADS[1:]),
    ],
)
def test_other_heads_than_the_note_binds_are_found_out(heads: tuple[ChainHead, ...]) -> None:
    document = parse_checkpoint(render_checkpoint(replace(SIGNED, heads=heads)), "cp.json")
    assert code_of(document) == ReceiptCode.HASH


def test_lines_of_other_signers_are_carried_and_not_judged() -> None:
    line = "\u2014 witness.example " + base64.b64encode(b"abcd" + b"x" * 64).decode() + "\n"
    assert code_of(parse_checkpoint(with_note(SIGNED.note + line), "cp.json")) == "VALID"
    first = SIGNED.note.replace("\n\n", "\n\n" + line, 1)
    assert code_of(parse_checkpoint(with_note(first), "cp.json")) == "VALID"


def test_of_two_lines_under_one_key_both_must_be_good() -> None:
    raw = edwards_key().public_key().public_bytes_raw()
    data = note_key_hash(DEFAULT_ORIGIN, raw) + b"x" * 64
    line = f"\u2014 {DEFAULT_ORIGIN} {base64.b64encode(data).decode()}\n"
    assert code_of(parse_checkpoint(with_note(SIGNED.note + line), "cp.json")) == ReceiptCode.SIGNATURE


def test_a_signature_for_another_origin_does_not_count() -> None:
    other = sign_checkpoint(replace(BODY, origin="other.example/log"), HEADS, edwards_key())
    mixed = SIGNED.note.partition("\n\n")[0] + "\n\n" + other.note.partition("\n\n")[2]
    assert code_of(parse_checkpoint(with_note(mixed), "cp.json")) == ReceiptCode.UNKNOWN_KEY


@given(st.integers(0, len(SIGNED.note) - 1), st.characters(codec="utf-8"))
def test_no_changed_character_of_the_note_verifies(place: int, character: str) -> None:
    note = SIGNED.note[:place] + character + SIGNED.note[place + 1 :]
    try:
        document = parse_checkpoint(with_note(note), "cp.json")
    except CheckpointFormatError:
        assert note != SIGNED.note
        return
    assert (code_of(document) == "VALID") == (note == SIGNED.note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"note":"x","heads":[]}',
        '{"note":1,"heads":[]}',
        '{"note":"x","heads":{}}',
        TEXT.replace('"heads":[', '"extra":1,"heads":[', 1),
        TEXT.replace('"seq":3', '"seq":0'),
        TEXT.replace('"seq":3', '"seq":3.0'),
        TEXT.replace('"seq":3', '"seq":true'),
        TEXT.replace('"seq":3', '"seq":"3"'),
        TEXT.replace('"seq":3', f'"seq":{SIZE_MAX + 1}'),
        TEXT.replace('"seq":3', '"seq":3,"seq":3'),
        TEXT.replace('"alpha"', '"beta"'),
        TEXT.replace('"alpha"', '"gamma"'),
        TEXT.replace('"alpha"', "1"),
        TEXT.replace('"customer":"alpha",', ""),
        TEXT.replace(HEADS[0].digest, HEADS[0].digest.upper()),
        TEXT.replace(HEADS[0].digest, "00"),
        TEXT.replace('{"customer":"alpha"', '1,{"customer":"alpha"'),
        TEXT.replace("\\n16\\n", "\\n016\\n"),
        TEXT.replace("\\n16\\n", "\\n-1\\n"),
        TEXT.replace("\\n16\\n", "\\n"),
        TEXT.replace("\\n16\\n", "\\r\\n16\\n"),
        TEXT.replace("\\nheads ", "\\ntails "),
        TEXT.replace("\\nheads ", "\\nheads  "),
        TEXT.replace("\\n\\n", "\\nmore\\n\\n", 1),
        TEXT.replace("\\n\\n", "\\n", 1),
        TEXT.replace("billproof.dev/log", "bill proof", 1),
        TEXT.replace("\u2014", "-"),
        TEXT.replace("=\\nheads", "\\nheads"),
        TEXT.replace('\\n"}', '"}'),
        TEXT.replace('\\n"}', '\\n\\n"}'),
        TEXT.replace("\\n\u2014", "\\n\u2014 x AAAA\\n\u2014"),
        '{"note":"' + "x" * 200_000 + '","heads":[]}',
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused_by_name(text: str) -> None:
    assert text != TEXT
    with pytest.raises(CheckpointFormatError, match=r"cp\.json"):
        parse_checkpoint(text, "cp.json")


def test_a_checkpoint_that_nobody_could_read_is_not_signed() -> None:
    with pytest.raises(CheckpointFormatError, match="origin"):
        checkpoint_text(replace(BODY, origin="two words"))
    with pytest.raises(CheckpointFormatError, match="size"):
        checkpoint_text(replace(BODY, size=Position(-1)))
    with pytest.raises(CheckpointFormatError, match="heads_root"):
        sign_checkpoint(BODY, HEADS[1:], edwards_key())
    with pytest.raises(CheckpointFormatError, match="two heads"):
        heads_root((HEADS[0], HEADS[0]))
    assert parse_note(SIGNED.note, "note") == BODY
