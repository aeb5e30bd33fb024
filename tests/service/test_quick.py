"""The quick way takes what the plain way takes, moves the same state, and leaves every verdict to it."""

import base64
import hashlib
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from billproof.model.debit_bodies import DEBIT_BODY
from billproof.model.design import REPAIRED
from billproof.model.identifiers import Position
from billproof.model.key_sets import JsonWebKeySet, parse_key_set
from billproof.model.keys import ReceiptSigner, sign_receipt
from billproof.model.receipts import parse_receipt, receipt_body
from billproof.model.state import Head
from billproof.service import native_rsa
from billproof.service.audit import AuditOptions, audit
from billproof.service.inspection import Presented, Rules, Stretch, inspect
from billproof.service.keystore import open_keys
from billproof.service.ledgers import database_spans, file_spans, open_raw, read_database, read_file
from billproof.service.native_rsa import native_key
from billproof.service.quick import QuickKeys, QuickWay
from tests.model.keypairs import rsa_key, rsa_keys
from tests.service.auditing import alter, first_bad
from tests.service.commands import asked
from tests.service.conftest import Ledger

PLACES = 250
"""Damaged receipts per kind of ledger."""


def stretches(items: list[Presented], rules: Rules, keys: JsonWebKeySet) -> tuple[Stretch, Stretch]:
    """Judge the same receipts the plain way and, where possible, the quick one."""
    return inspect(items, rules), inspect(items, replace(rules, quick=QuickKeys(keys)))


def shown(stretch: Stretch) -> tuple[object, ...]:
    first = stretch.first
    found = None if first is None else (first.position, first.finding.code, first.finding.reason)
    # After a finding nobody looks at the fold any more.
    fold = None if first is not None else (stretch.fold.accounts, stretch.fold.rows)
    return (found, stretch.start, stretch.end, stretch.entries, stretch.leaves, stretch.seams, fold)


def trusted(whole: Ledger) -> JsonWebKeySet:
    return parse_key_set(whole.keys.read_bytes(), "keys")


def rules(keys: JsonWebKeySet, *, has_tables: bool) -> Rules:
    return Rules(design=REPAIRED, keys=keys, witnessed={}, has_tables=has_tables, is_counting_leaves=True)


def of_database(whole: Ledger) -> list[Presented]:
    with closing(open_raw(whole.database)) as connection:
        return [item for span in database_spans(connection) for item in read_database(connection, span)]


def of_file(whole: Ledger) -> list[Presented]:
    return [item for span in file_spans(whole.lines) for item in read_file(whole.lines, span)]


SOURCES: dict[bool, Callable[[Ledger], list[Presented]]] = {True: of_database, False: of_file}


@pytest.mark.parametrize("has_tables", [True, False])
def test_a_sound_ledger_comes_to_the_same_and_most_of_it_the_quick_way(
    whole: Ledger, monkeypatch: pytest.MonkeyPatch, *, has_tables: bool
) -> None:
    taken: list[bool] = []
    ordinary = QuickWay.digest_if_sound

    def counted(self: QuickWay, *arguments: object) -> str:
        digest = ordinary(self, *arguments)  # type: ignore[arg-type]  # handed on as they are
        taken.append(bool(digest))
        return digest

    monkeypatch.setattr(QuickWay, "digest_if_sound", counted)
    keys = trusted(whole)
    plain, quick = stretches(SOURCES[has_tables](whole), rules(keys, has_tables=has_tables), keys)
    assert shown(plain) == shown(quick)
    assert plain.first is None
    assert sum(taken) > len(taken) // 3, "the quick way has taken hardly anything"


@pytest.mark.parametrize("has_tables", [True, False])
def test_every_damage_is_judged_alike(whole: Ledger, *, has_tables: bool) -> None:
    """Seeded: bytes changed, receipts dropped, doubled, swapped, moved to others, cells changed."""
    keys = trusted(whole)
    items = SOURCES[has_tables](whole)
    judged = rules(keys, has_tables=has_tables)
    draw = random.Random(20_260)  # noqa: S311 - a seed, no secret
    found = 0
    for _ in range(PLACES):
        damaged = damage(items, draw)
        plain, quick = stretches(damaged, judged, keys)
        assert shown(plain) == shown(quick)
        found += plain.first is not None
    assert found > PLACES // 2


def damage(items: list[Presented], draw: random.Random) -> list[Presented]:
    place = draw.randrange(1, len(items))
    # Only the neighbourhood is judged: what lies far before says nothing about it.
    window = items[: place + 8]
    item = window[place]
    kind = draw.randrange(9)
    jws = item.jws
    assert isinstance(jws, bytes)
    if kind <= 2:
        at = draw.randrange(len(jws))
        changed = bytearray(jws)
        changed[at] = draw.choice((changed[at] ^ 1, changed[at] ^ 0x80, ord("="), ord("."), ord("A")))
        window[place] = item._replace(jws=bytes(changed))
    elif kind == 3:
        del window[place]
    elif kind == 4:
        window.insert(place, item)
    elif kind == 5:
        window[place], window[place - 1] = window[place - 1], item
    elif kind == 6:
        window[place] = item._replace(jws=window[place - 1].jws)
    elif kind == 7:
        window[place] = draw.choice(
            (
                item._replace(customer=b"other"), item._replace(sequence=99), item._replace(digest=b"0" * 64),
                item._replace(key=None), item._replace(jws=None), item._replace(jws="text"),
                item._replace(position=Position(item.position + 1)), item._replace(fault="cannot be read"),
            )
        )  # fmt: skip
    else:
        window[place] = item._replace(jws=jws + draw.choice((b"=", b"A", b".", b"\n", b"")))
    return window


def signed_anew(items: list[Presented], place: int, signer: ReceiptSigner, old: bytes, new: bytes) -> bytes:
    """Return a receipt whose body was changed and signed by the operator's own key."""
    jws = items[place].jws
    assert isinstance(jws, bytes)
    text = jws.decode("ascii")
    body = parse_body(text)
    assert old in body
    return sign_receipt(body.replace(old, new, 1), signer).encode("ascii")


def parse_body(jws: str) -> bytes:
    payload = jws.split(".")[1]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"amount":"', b'"amount":"1'),
        (b'"balance_after":"-', b'"balance_after":"-1'),
        (b'"balance_before":"-', b'"balance_before":"-1'),
        (b'"status":"accepted"', b'"status":"quota_exceeded"'),
        (b'"kind":"debit"', b'"kind":"credit"'),
        (b'"commit_time":"20', b'"commit_time":"19'),
        (b'"event_time":"20', b'"event_time":"00'),
        (b'"receipt_id":"r-', b'"receipt_id":"R-'),
        (b'"epoch":1', b'"epoch":01'),
        (b'"usage":"', b'"usage":"\\u0041'),
        (b'"usage":"', b'"usage":"\xc3\xa9'),
        (b'"usage":"', b'"usage":"\xff'),
        (b'"terms":{', b'"terms":{ '),
        (b'"quota":"', b'"quota":"9'),
    ],
)
def test_a_false_receipt_under_a_good_signature_is_judged_alike(
    whole: Ledger, old: bytes, new: bytes
) -> None:
    keys, signer = trusted(whole), open_keys(whole.database).signer
    items = of_file(whole)
    places = [
        place for place, item in enumerate(items)
        if isinstance(item.jws, bytes) and DEBIT_BODY.fullmatch(parse_body(item.jws.decode()).decode())
        and old in parse_body(item.jws.decode())
    ]  # fmt: skip
    if not places:
        pytest.skip(f"no receipt of the sample has {old!r}")
    place = places[len(places) // 2]
    items[place] = items[place]._replace(jws=signed_anew(items, place, signer, old, new))
    plain, quick = stretches(items, rules(keys, has_tables=False), keys)
    assert shown(plain) == shown(quick)


def test_a_witnessed_head_is_compared_on_both_ways(whole: Ledger) -> None:
    keys, items = trusted(whole), of_file(whole)
    entry = inspect(items, rules(keys, has_tables=False)).fold
    customer, account = max(entry.accounts.items(), key=lambda pair: pair[1].head.sequence)
    for digest in (account.head.digest, type(account.head.digest)("0" * 64)):
        named = Head(sequence=account.head.sequence, digest=digest, commit_time=account.head.commit_time)
        judged = replace(rules(keys, has_tables=False), witnessed={customer: named})
        plain, quick = stretches(items, judged, keys)
        assert shown(plain) == shown(quick)
        assert (plain.first is None) == (digest == account.head.digest)


def test_every_quick_body_is_a_receipt(whole: Ledger) -> None:
    """The pattern of quick bodies is part of the canonical form: what it takes is written back alike."""
    count = 0
    for item in of_file(whole):
        assert isinstance(item.jws, bytes)
        body = parse_body(item.jws.decode())
        if DEBIT_BODY.fullmatch(body.decode()):
            count += 1
            assert receipt_body(parse_receipt(body)) == body
    assert count > 10


def test_the_command_finds_the_same_either_way(ledger: Ledger) -> None:
    alter(ledger.database, "UPDATE receipts SET jws = jws || 'A' WHERE seq = 2")
    bad = first_bad(ledger.database)
    report = audit(ledger.database, AuditOptions(is_plain=True))
    assert report.first is not None
    assert (bad["customer"], bad["seq"], bad["code"], bad["reason"]) == (
        report.first.customer, report.first.sequence, report.first.code, report.first.reason,
    )  # fmt: skip


def test_libcrypto_is_sure_of_good_signatures_only() -> None:
    key = native_key(rsa_key().public_key())
    if key is None:
        pytest.skip("this machine has no libcrypto")
    signed = b"header.payload"
    good = rsa_key().sign(signed, PKCS1v15(), SHA256())
    assert key.is_good(good, signed)
    modulus = rsa_key().public_key().public_numbers().n
    beyond = int.from_bytes(good, "big") + modulus
    bad = [good[:-1], good + b"\x00", b"", bytes(256), b"\xff" * 256, modulus.to_bytes(256, "big")]
    if beyond < 1 << 2048:
        bad.append(beyond.to_bytes(256, "big"))
    bad += [good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :] for place in range(0, 256, 17)]
    assert not any(key.is_good(signature, signed) for signature in bad)
    assert not key.is_good(good, signed + b"x")
    assert not key.is_good(rsa_key(1).sign(signed, PKCS1v15(), SHA256()), signed)
    # The right message under padding that is not that of the standard: too short a run of ones.
    private = rsa_key().private_numbers()
    info = bytes.fromhex("3031300d060960864801650304020105000420")
    short = b"\x00\x01" + b"\xff" * 8 + b"\x00" + info + hashlib.sha256(signed).digest()
    forged = pow(int.from_bytes(short.ljust(256, b"\x00"), "big"), private.d, modulus)
    assert not key.is_good(forged.to_bytes(256, "big"), signed)


def test_without_libcrypto_or_with_other_keys_the_plain_way_answers(
    whole: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert native_key(rsa_keys(3072, 1)[0].public_key()) is None
    monkeypatch.setattr(native_rsa, "_library", lambda: None)
    assert native_key(rsa_key().public_key()) is None
    assert QuickKeys(trusted(whole)).by_header == {}
    assert asked("audit", whole.lines, "--jwks", whole.keys)["verdict"] == "VALID"


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(b'","jws"', b'\x01","jws"'),
        lambda line: line.replace(b'"position":', b'"position":0'),
        lambda line: line.replace(b'"position":', b'"position":+'),
        lambda line: line.replace(b'"position":', b'"position": '),
        lambda line: line.replace(b'"seq":', b'"seq":-'),
        lambda line: line.replace(b'"seq":', b'"seq":1_'),
        lambda line: line.replace(b"}\n", b"} \n"),
        lambda line: line.replace(b"}\n", b"}\r\n"),
        lambda line: line.replace(b'"customer"', b'"Customer"'),
        lambda line: line.replace(b'"seq"', b'"jws"'),
        lambda line: line.replace(b'{"customer":"', b'{"customer":"\\u0041'),
        lambda line: line[:-1],
        lambda line: b"{}" + line,
    ],
)
def test_a_line_that_export_would_not_write_is_read_the_slow_way_to_the_same(
    whole: Ledger, tmp_path: Path, change: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = whole.lines.read_bytes().splitlines(keepends=True)
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(b"".join([*lines[:3], change(lines[3]), *lines[4:9]]))
    quick = [item for span in file_spans(changed) for item in read_file(changed, span)]
    monkeypatch.setattr("billproof.service.ledgers._written_by_export", lambda *_: None)
    slow = [item for span in file_spans(changed) for item in read_file(changed, span)]
    assert [item._replace(place=item.where, offset=-1) for item in quick] == [
        item._replace(place=item.where, offset=-1) for item in slow
    ]
