"""A receipt verifies for anybody with a JOSE library, and nothing but the issued text verifies."""

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import KeySet, RSAKey

from billproof.model.canonical import canonical_bytes
from billproof.model.identifiers import SigningKeyId
from billproof.model.jws import JwsEncodingError, decode_base64url, encode_base64url, split_jws
from billproof.model.key_sets import (
    KeyFormatError,
    ed25519_key_id,
    key_set,
    parse_key_set,
    render_key_set,
    rsa_key_id,
)
from billproof.model.keys import (
    FailedReceipt,
    VerifiedReceipt,
    load_checkpoint_key,
    load_receipt_key,
    receipt_signer,
    sign_receipt,
    verify_receipt,
    verify_receipts,
)
from billproof.model.outcomes import ReceiptCode
from billproof.model.receipts import receipt_body, receipt_digest
from tests.model.entries import CHARGE
from tests.model.keypairs import edwards_key, rsa_key, short_rsa_key, signer, trusted
from tests.model.schemas import validator

ENTRY = replace(CHARGE, signing_key=signer().key_id)
BODY = receipt_body(ENTRY)
JWS = sign_receipt(BODY, signer())
HEADER, PAYLOAD, SIGNATURE = JWS.split(".")


def code_of(jws: str) -> str:
    verdict = verify_receipt(jws, trusted())
    return verdict.code if isinstance(verdict, FailedReceipt) else "VALID"


def signed_raw(header: bytes, body: bytes) -> str:
    """Sign anything, as an operator with permission to sign could."""
    prefix = encode_base64url(header) + "."
    return sign_receipt(body, replace(signer(), prefix=prefix))


def test_an_issued_receipt_verifies_and_gives_its_entry() -> None:
    verdict = verify_receipt(JWS, trusted())
    assert isinstance(verdict, VerifiedReceipt)
    assert verdict.body == BODY
    assert verdict.entry == replace(ENTRY, digest=receipt_digest(ENTRY))


def test_signing_again_gives_the_same_text() -> None:
    assert sign_receipt(BODY, receipt_signer(rsa_key())) == JWS


def test_an_independent_jose_library_verifies_the_receipt_with_the_published_keys() -> None:
    keys = KeySet(
        [key for key in KeySet.import_key_set(json.loads(render_key_set(trusted()))) if key.key_type == "RSA"]
    )
    token = joserfc_jws.deserialize_compact(JWS, keys, algorithms=["RS256"])
    assert token.payload == BODY
    assert token.headers() == {"alg": "RS256", "kid": signer().key_id}


def test_the_key_id_is_the_thumbprint_that_an_independent_library_computes() -> None:
    key = RSAKey.import_key(json.loads(render_key_set(trusted()))["keys"][0])
    assert key.thumbprint() == rsa_key_id(rsa_key().public_key()) == signer().key_id


def test_the_key_id_of_rfc_8037_is_reproduced() -> None:
    """RFC 8037 appendix A.3."""
    raw = decode_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    public = Ed25519PrivateKey.from_private_bytes(raw).public_key()
    assert ed25519_key_id(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    ("jws", "code"),
    [
        (JWS, "VALID"),
        ("", ReceiptCode.ENCODING),
        (f"{HEADER}.{PAYLOAD}", ReceiptCode.ENCODING),
        (JWS + ".", ReceiptCode.ENCODING),
        (JWS + "\n", ReceiptCode.ENCODING),
        (" " + JWS, ReceiptCode.ENCODING),
        (JWS + "==", ReceiptCode.ENCODING),
        (f"{HEADER}..{SIGNATURE}", ReceiptCode.ENCODING),
        (f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-1]}", ReceiptCode.ENCODING),
        (f"{HEADER}.{PAYLOAD}.\u00fc{SIGNATURE[1:]}", ReceiptCode.ENCODING),
        (f"{HEADER}.{PAYLOAD}.A+{SIGNATURE[2:]}", ReceiptCode.ENCODING),
        (f"\ud800.{PAYLOAD}.{SIGNATURE}", ReceiptCode.ENCODING),
        ("a" * 1_000_001, ReceiptCode.ENCODING),
        (f"{HEADER}.{PAYLOAD}.", ReceiptCode.SIGNATURE),
        (f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-2]}", ReceiptCode.SIGNATURE),
        (signed_raw(b"{}", BODY), ReceiptCode.ENCODING),
        (signed_raw(b"[]", BODY), ReceiptCode.ENCODING),
        (signed_raw(b'{"alg":"RS256"}', BODY), ReceiptCode.ENCODING),
        (signed_raw(b'{"alg":"none","kid":"x"}', BODY), ReceiptCode.ENCODING),
        (signed_raw(b'{"alg":"HS256","kid":"x"}', BODY), ReceiptCode.ENCODING),
        (signed_raw(b'{"kid":"x","alg":"RS256"}', BODY), ReceiptCode.ENCODING),
        (signed_raw(b'{"alg":"RS256","alg":"RS256","kid":"x"}', BODY), ReceiptCode.ENCODING),
        (signed_raw(b'{"alg":"RS256","jwk":{},"kid":"x"}', BODY), ReceiptCode.ENCODING),
        (signed_raw(b'{"alg":"RS256","kid":"x"}', BODY), ReceiptCode.UNKNOWN_KEY),
        (sign_receipt(receipt_body(CHARGE), signer()), ReceiptCode.SIGNATURE),
        (sign_receipt(BODY, signer(1)), ReceiptCode.UNKNOWN_KEY),
        (sign_receipt(BODY + b"\n", signer()), ReceiptCode.ENCODING),
        (sign_receipt(b"{}", signer()), ReceiptCode.ENCODING),
    ],
)  # fmt: skip
def test_the_first_code_that_applies_is_given(jws: str, code: str) -> None:
    assert code_of(jws) == code


def test_a_receipt_with_another_amount_under_the_old_signature_has_a_false_signature() -> None:
    altered = encode_base64url(receipt_body(replace(ENTRY, amount=CHARGE.balance_before)))
    verdict = verify_receipt(f"{HEADER}.{altered}.{SIGNATURE}", trusted())
    assert isinstance(verdict, FailedReceipt)
    assert verdict.code == ReceiptCode.SIGNATURE
    assert signer().key_id in verdict.reason


def test_a_batch_is_judged_as_its_receipts_are() -> None:
    batch = [JWS, "", sign_receipt(BODY, signer(1)), JWS, f"{HEADER}.{PAYLOAD}."]
    assert verify_receipts(batch, trusted()) == [verify_receipt(jws, trusted()) for jws in batch]


@given(st.integers(0, len(JWS) - 1), st.characters(codec="utf-8"))
def test_no_changed_character_verifies(place: int, character: str) -> None:
    changed = JWS[:place] + character + JWS[place + 1 :]
    assert (code_of(changed) == "VALID") == (changed == JWS)


def test_the_codes_are_in_the_order_of_precedence() -> None:
    assert [code.value for code in ReceiptCode] == [
        "ENCODING", "UNKNOWN_KEY", "SIGNATURE", "HASH", "FORK", "GAP", "TRUNCATED", "DERIVED",
    ]  # fmt: skip


@given(st.binary(max_size=50))
def test_base64url_has_one_text_per_value(data: bytes) -> None:
    text = encode_base64url(data)
    assert text == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert decode_base64url(text) == data


@given(st.text("ABCDEFGQgwx0189-_+/= \n", max_size=8))
def test_a_base64url_text_that_is_taken_is_the_one_that_would_be_written(text: str) -> None:
    try:
        data = decode_base64url(text)
    except JwsEncodingError:
        return
    assert encode_base64url(data) == text


@pytest.mark.parametrize(
    "text", ["A", "AB", "AAB", "AA==", "A A", "AA\n", "A+AA", "A/AA", "AAAAA", "\u00c4AAA"]
)
def test_base64url_that_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(JwsEncodingError):
        decode_base64url(text)


def test_a_jws_is_taken_apart_without_judging_it() -> None:
    parts = split_jws(JWS)
    assert parts.header == canonical_bytes({"alg": "RS256", "kid": signer().key_id})
    assert (parts.payload, len(parts.signature)) == (BODY, 256)


def pem(private: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_private_keys_are_read_back_from_their_files() -> None:
    assert receipt_signer(load_receipt_key(pem(rsa_key()), "k")).key_id == signer().key_id
    assert load_checkpoint_key(pem(edwards_key()), "k").public_key() == edwards_key().public_key()


def test_a_file_that_is_not_the_right_private_key_is_refused_by_name() -> None:
    with pytest.raises(KeyFormatError, match=r"k\.pem: holds no private key"):
        load_receipt_key(b"not a key", "k.pem")
    with pytest.raises(KeyFormatError, match="RSA"):
        load_receipt_key(pem(edwards_key()), "k.pem")
    with pytest.raises(KeyFormatError, match="Ed25519"):
        load_checkpoint_key(pem(rsa_key()), "k.pem")
    with pytest.raises(KeyFormatError, match="1024 bits"):
        load_receipt_key(pem(short_rsa_key()), "k.pem")
    with pytest.raises(KeyFormatError, match="1024 bits"):
        receipt_signer(short_rsa_key())
    elliptic = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(KeyFormatError, match="RSA key for receipts"):
        load_receipt_key(elliptic, "k.pem")


def test_a_damaged_receipt_key_is_refused_or_signs_what_verifies() -> None:
    """One byte after another is changed in the middle of each part of the key."""
    lines = pem(rsa_key()).decode().splitlines()
    der = base64.b64decode("".join(lines[1:-1]))
    refused = 0
    for place in range(100, len(der), 97):
        damaged = der[:place] + bytes([der[place] ^ 0x10]) + der[place + 1 :]
        text = "\n".join([lines[0], base64.b64encode(damaged).decode(), lines[-1]]).encode()
        try:
            private = load_receipt_key(text, "k.pem")
        except KeyFormatError:
            refused += 1
            continue
        made = private.sign(b"x", PKCS1v15(), SHA256())
        private.public_key().verify(made, b"x", PKCS1v15(), SHA256())
    assert refused > 0


def test_a_key_set_is_read_back_as_it_was_written_and_keeps_its_schema() -> None:
    text = render_key_set(trusted())
    validator("jwks").validate(json.loads(text))
    again = parse_key_set(text, "jwks.json")
    assert render_key_set(again) == text
    assert isinstance(verify_receipt(JWS, again), VerifiedReceipt)


def key(number: int) -> dict[str, object]:
    listed: dict[str, object] = dict(json.loads(render_key_set(trusted()))["keys"][number])
    return listed


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([key(0), key(0)], "twice"),
        ([key(0), {**key(1), "kid": signer().key_id}], "twice"),
        ([{**key(0), "d": "AQAB"}], "private member 'd'"),
        ([{**key(1), "d": "AQAB"}], "private member 'd'"),
        ([{**key(0), "k": "AQAB"}], "private member 'k'"),
        ([{**key(0), "kid": 5}], "kid"),
        ([{**key(0), "kid": ""}], "kid"),
        ([{**key(0), "kty": "EC"}], "type 'EC'"),
        ([{**key(0), "alg": "PS256"}], "alg 'PS256'"),
        ([{**key(0), "use": "enc"}], "use 'enc'"),
        ([{**key(0), "n": "AQAB"}], "17 bits"),
        ([{**key(0), "n": "A" * 400}], "leading zero"),
        ([{**key(0), "n": "_" * 4000}], "24000 bits"),
        ([{**key(0), "n": str(key(0)["n"]) + "="}], "base64url"),
        ([{**key(0), "e": "Ag"}], "no RSA key"),
        ([{**key(1), "x": "AQAB"}], "3 bytes"),
        ([{**key(1), "crv": "X25519"}], "Ed25519"),
        (["text"], "no object"),
        ("text", "list of keys"),
    ],
)
def test_a_key_set_that_cannot_be_trusted_is_refused(keys: object, says: str) -> None:
    with pytest.raises(KeyFormatError) as caught:
        parse_key_set(json.dumps({"keys": keys}), "jwks.json")
    assert says in str(caught.value)
    assert str(caught.value).startswith("jwks.json: ")


def test_a_key_set_may_have_own_key_ids_open_members_and_no_keys() -> None:
    own = parse_key_set(json.dumps({"keys": [{**key(0), "kid": "mine", "x5t": "open"}]}), "jwks.json")
    assert list(own.receipts) == [SigningKeyId("mine")]
    assert isinstance(verify_receipt(JWS, own), FailedReceipt)
    empty = parse_key_set('{"keys":[]}', "jwks.json")
    assert isinstance(verify_receipt(JWS, empty), FailedReceipt)
    assert key_set([], []).by_header == {}


def test_a_ledger_line_keeps_its_schema() -> None:
    line = {"position": 0, "customer": ENTRY.customer, "seq": ENTRY.sequence, "jws": JWS}
    validator("ledger-line").validate(line)
    assert not validator("ledger-line").is_valid({**line, "jws": JWS + "="})
