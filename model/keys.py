"""Signatures on receipts: compact JWS, RS256, over the bytes that the digest covers.

Any JOSE library verifies a receipt, because its signature is RFC 7515 over the very body. Verifying one is
one look-up of its header, one strict decoding, one match of the body and one RSA operation; a header that
is not literally that of a known key is looked at slowly, only to say what is wrong with it.

Not here: where private keys lie and where randomness comes from (``service.keystore``). They come in as
objects or PEM bytes. Signing with RS256 and Ed25519 uses no randomness, so this module stays pure.

Source: ``system.md`` section 5; RFC 7515; RFC 7518.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from billproof.model.identifiers import SigningKeyId
from billproof.model.jws import (
    JwsEncodingError,
    decode_base64url,
    encode_base64url,
    header_text,
    jws_texts,
    named_key,
)
from billproof.model.key_sets import JsonWebKeySet, KeyFormatError, ReceiptKey, check_rsa_bits, rsa_key_id
from billproof.model.outcomes import ReceiptCode
from billproof.model.receipts import ReceiptFormatError, parse_receipt
from billproof.model.state import Entry

_PADDING: Final = PKCS1v15()
_HASH: Final = SHA256()
_TRIAL: Final = b"billproof/trial/v1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReceipt:
    """A receipt whose encoding and signature are good; its place in a chain is not judged yet."""

    entry: Entry
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedReceipt:
    """A receipt whose encoding or signature is bad."""

    code: ReceiptCode
    reason: str
    """What was found, for a person."""


_Unverified: TypeAlias = tuple[VerifiedReceipt, ReceiptKey, bytes, bytes]
"""What a receipt is if its signature is good; and the key, the signed bytes and the signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSigner:
    """A private RSA key with all that depends on it alone."""

    key_id: SigningKeyId
    prefix: str
    """The base64url text of the protected header, and the dot after it."""
    private: RSAPrivateKey


def load_receipt_key(pem: bytes, source: str) -> RSAPrivateKey:
    """Read a private RSA key from unencrypted PEM.

    Args:
        pem: The bytes of the file.
        source: The file, for messages.

    Raises:
        KeyFormatError: Not a private key, not RSA, of a length that is not taken, or damaged.
    """
    private = _load(pem, source)
    if not isinstance(private, RSAPrivateKey):
        raise KeyFormatError(source, f"holds a {type(private).__name__}", "supply an RSA key for receipts")
    check_rsa_bits(private.key_size, source)
    # A trial in place of a proof that its factors are prime, which takes fifty times as long: what is asked
    # of the key is that its signatures verify.
    try:
        private.public_key().verify(private.sign(_TRIAL, _PADDING, _HASH), _TRIAL, _PADDING, _HASH)
    except (InvalidSignature, ValueError) as error:
        raise KeyFormatError(source, "holds a damaged key", "put back a copy of the file") from error
    return private


def load_checkpoint_key(pem: bytes, source: str) -> Ed25519PrivateKey:
    """Read a private Ed25519 key from unencrypted PEM.

    Args:
        pem: The bytes of the file.
        source: The file, for messages.

    Raises:
        KeyFormatError: Not a private key, or not Ed25519.
    """
    private = _load(pem, source)
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFormatError(
            source, f"holds a {type(private).__name__}", "supply an Ed25519 key for checkpoints"
        )
    return private


def receipt_signer(private: RSAPrivateKey) -> ReceiptSigner:
    """Return the signer of a private key.

    Raises:
        KeyFormatError: The key has a length that is not taken.
    """
    check_rsa_bits(private.key_size, "receipt key")
    key_id = rsa_key_id(private.public_key())
    return ReceiptSigner(key_id=key_id, prefix=header_text(key_id) + ".", private=private)


def sign_receipt(body: bytes, signer: ReceiptSigner) -> str:
    """Return the compact JWS of a receipt body; the same body and key always give the same text."""
    signed = signer.prefix + encode_base64url(body)
    signature = signer.private.sign(signed.encode("ascii"), _PADDING, _HASH)
    return f"{signed}.{encode_base64url(signature)}"


def verify_receipt(jws: str, keys: JsonWebKeySet) -> VerifiedReceipt | FailedReceipt:
    """Judge encoding and signature of one receipt.

    Args:
        jws: The compact JWS, as issued.
        keys: The keys that the verifier trusts.

    Returns:
        The receipt, or the first of ``ENCODING``, ``UNKNOWN_KEY`` and ``SIGNATURE`` that applies.
    """
    read = _read(jws, keys)
    return read if isinstance(read, FailedReceipt) else _check(read)


def verify_receipts(batch: Iterable[str], keys: JsonWebKeySet) -> list[VerifiedReceipt | FailedReceipt]:
    """Judge each receipt of a batch as ``verify_receipt`` does, in its order.

    It is faster by about a tenth on batches of 16 and more: all are read first and all signatures computed
    after that, since alternating between the two evicts each from the processor's caches.
    """
    read = [_read(jws, keys) for jws in batch]
    return [item if isinstance(item, FailedReceipt) else _check(item) for item in read]


def is_signed(jws: str, keys: JsonWebKeySet) -> ReceiptCode | None:
    """Judge the signature of a compact JWS of any payload.

    Returns:
        None if a receipt key of the set has signed it, else ``ENCODING``, ``UNKNOWN_KEY`` or ``SIGNATURE``.
    """
    try:
        header, payload, signature_text = jws_texts(jws)
        decode_base64url(payload)
        signature = decode_base64url(signature_text)
    except JwsEncodingError:
        return ReceiptCode.ENCODING
    key = keys.by_header.get(header)
    if key is None:
        return ReceiptCode.UNKNOWN_KEY
    signed = jws[: len(header) + 1 + len(payload)].encode("ascii")
    try:
        key.public.verify(signature, signed, _PADDING, _HASH)
    except InvalidSignature:
        return ReceiptCode.SIGNATURE
    return None


def _read(jws: str, keys: JsonWebKeySet) -> _Unverified | FailedReceipt:
    try:
        header, payload, signature_text = jws_texts(jws)
        key = keys.by_header.get(header)
        key_id = named_key(header) if key is None else key.key_id
        body = decode_base64url(payload)
        signature = decode_base64url(signature_text)
        entry = parse_receipt(body)
    except (JwsEncodingError, ReceiptFormatError) as error:
        return FailedReceipt(code=ReceiptCode.ENCODING, reason=str(error))
    if key is None:
        return FailedReceipt(code=ReceiptCode.UNKNOWN_KEY, reason=f"no key {key_id} in the key set")
    if entry.signing_key != key_id:
        reason = f"names key {entry.signing_key}, but is signed under {key_id}"
        return FailedReceipt(code=ReceiptCode.SIGNATURE, reason=reason)
    signed = jws[: len(header) + 1 + len(payload)].encode("ascii")
    return VerifiedReceipt(entry=entry, body=body), key, signed, signature


def _check(read: _Unverified) -> VerifiedReceipt | FailedReceipt:
    verified, key, signed, signature = read
    try:
        key.public.verify(signature, signed, _PADDING, _HASH)
    except InvalidSignature:
        reason = f"the signature does not verify under key {key.key_id}"
        return FailedReceipt(code=ReceiptCode.SIGNATURE, reason=reason)
    return verified


def _load(pem: bytes, source: str) -> object:
    try:
        return load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFormatError(source, f"holds no private key: {error}", "supply unencrypted PEM") from error
