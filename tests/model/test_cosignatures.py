"""A co-signature is that of the published form, counts once per witness, and a weak policy is refused."""

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.checkpoints import note_lines, signature_line
from billproof.model.cosignatures import (
    WitnessKey,
    WitnessKeyError,
    WitnessPolicy,
    check_policy,
    cosign,
    judge_cosignatures,
    parse_policy,
    parse_verifier_key,
    render_verifier_key,
)
from billproof.model.identifiers import Count, Instant
from tests.model.keypairs import edwards_key
from tests.model.test_checkpoints import SIGNED

NOW = Instant(1_679_315_147_000_000)
NAME = "witness.example/w1"


def witness(number: int, name: str = "") -> WitnessKey:
    raw = edwards_key(number).public_key().public_bytes_raw()
    return WitnessKey(name=name or f"witness.example/w{number}", raw=raw)


def line(number: int, note: str = SIGNED.note) -> str:
    return cosign(note, f"witness.example/w{number}", edwards_key(number), NOW)


def policy(quorum: int, *numbers: int, faulty: int = 0) -> WitnessPolicy:
    keys = tuple(witness(number) for number in numbers)
    return WitnessPolicy(witnesses=keys, quorum=Count(quorum), faulty=Count(faulty))


def test_a_cosignature_is_byte_for_byte_that_of_the_published_form() -> None:
    """Built here by hand from the text of tlog-cosignature: name, key id, time, signed message."""
    text = SIGNED.note.partition("\n\n")[0] + "\n"
    raw = edwards_key(1).public_key().public_bytes_raw()
    key_id = hashlib.sha256(NAME.encode() + b"\n\x04" + raw).digest()[:4]
    signature = edwards_key(1).sign(b"cosignature/v1\ntime 1679315147\n" + text.encode())
    data = base64.b64encode(key_id + (1_679_315_147).to_bytes(8, "big") + signature).decode()
    assert line(1) == f"\N{EM DASH} {NAME} {data}\n"


def test_the_published_example_of_a_cosigned_note_is_read() -> None:
    """The note of the specification: its witness line has 4 + 8 + 64 bytes and the time of its example."""
    note = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\N{EM DASH} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
        "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\N{EM DASH} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dl"
        "rDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    text, lines = note_lines(note, "example")
    assert text.endswith("q2I=\n")
    assert [name for name, _ in lines] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert len(lines[1][1]) == 76
    assert int.from_bytes(lines[1][1][4:12], "big") == 1_679_315_147


def test_witnesses_are_counted_and_each_once() -> None:
    note = SIGNED.note + line(1) + line(2)
    assert judge_cosignatures(note, policy(2, 1, 2)).is_accepted
    assert not judge_cosignatures(note, policy(3, 1, 2, 3)).is_accepted
    twice = SIGNED.note + line(1) + cosign(SIGNED.note, NAME, edwards_key(1), Instant(NOW + 10**9))
    acceptance = judge_cosignatures(twice, policy(2, 1, 2))
    assert (acceptance.signed_by, acceptance.is_accepted) == ((NAME,), False)


def test_a_line_of_another_checkpoint_or_under_another_name_does_not_count() -> None:
    other = SIGNED.note.replace("\n16\n", "\n17\n")
    moved = judge_cosignatures(SIGNED.note + line(1, other), policy(1, 1))
    assert (moved.is_accepted, moved.rejected) == (False, (NAME,))
    renamed = signature_line("witness.example/w9", note_lines(SIGNED.note + line(1), "note")[1][-1][1])
    assert judge_cosignatures(SIGNED.note + renamed, policy(1, 1)).rejected == ()


def test_the_signature_of_the_log_is_no_cosignature() -> None:
    log = edwards_key(0).public_key().public_bytes_raw()
    own = WitnessPolicy(
        witnesses=(WitnessKey(name="billproof.dev/log", raw=log),), quorum=Count(1), faulty=Count(0)
    )
    assert not judge_cosignatures(SIGNED.note, own).is_accepted


@given(st.integers(0, 75), st.integers(1, 255))
def test_no_changed_byte_of_a_cosignature_counts(place: int, change: int) -> None:
    data = bytearray(note_lines(SIGNED.note + line(1), "note")[1][-1][1])
    data[place] ^= change
    note = SIGNED.note + signature_line(NAME, bytes(data))
    assert not judge_cosignatures(note, policy(1, 1)).is_accepted


@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 7))
def test_a_policy_stands_exactly_if_any_two_quorums_share_an_honest_witness(
    count: int, quorum: int, faulty: int
) -> None:
    """The smallest overlap of two quorums is counted by trying the two that overlap least."""
    overlap = len(set(range(quorum)) & set(range(count - quorum, count)))
    stands = quorum <= count and overlap > faulty
    numbers = tuple(range(1, count + 1))
    try:
        check_policy(policy(quorum, *numbers, faulty=faulty), "policy.json")
    except WitnessKeyError:
        assert not stands
    else:
        assert stands


def test_one_key_under_two_names_is_refused() -> None:
    keys = (witness(1, "a"), witness(1, "b"))
    with pytest.raises(WitnessKeyError, match="key twice"):
        check_policy(WitnessPolicy(witnesses=keys, quorum=Count(2), faulty=Count(0)), "policy.json")


def test_verifier_keys_are_read_back_and_false_ones_refused() -> None:
    text = render_verifier_key(witness(1))
    assert parse_verifier_key(text, "policy.json") == witness(1)
    flipped = ("0" if text[19] != "0" else "1").join((text[:19], text[20:]))
    sumdb = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    for bad in (flipped, sumdb, "x", "a+b+c", text + "A", text.replace(NAME, "two words")):
        with pytest.raises(WitnessKeyError, match=r"policy\.json"):
            parse_verifier_key(bad, "policy.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"faulty":0,"quorum":1,"witnesses":[]}',
        '{"faulty":0,"quorum":"1","witnesses":[]}',
        '{"faulty":true,"quorum":1,"witnesses":["x"]}',
        '{"faulty":0,"quorum":1,"witnesses":[1]}',
    ],
)
def test_a_text_that_is_no_policy_is_refused_by_name(text: str) -> None:
    with pytest.raises(WitnessKeyError, match=r"policy\.json"):
        parse_policy(text, "policy.json")


def test_a_policy_is_read() -> None:
    text = f'{{"faulty":1,"quorum":3,"witnesses":{[render_verifier_key(witness(n)) for n in (1, 2, 3)]}}}'
    read = parse_policy(text.replace("'", '"'), "policy.json")
    assert read == replace(policy(3, 1, 2, 3), faulty=Count(1))
