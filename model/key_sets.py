"""Key sets: the public keys that a verifier trusts, as JWKS.

A key's id is its RFC 7638 thumbprint when this system publishes it; a set read from elsewhere keeps the ids
that it has. RSA keys verify receipts, Ed25519 keys checkpoints.

Theory of operation: whatever depends on a key alone - its header text, the parsed key - is made once, when
the set is made. A receipt finds its key by its header text.

Source: ``system.md`` section 5; RFC 7517, 7518, 7638, 8037.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from billproof.model.canonical import CanonicalValue, canonical_bytes, parse_json
from billproof.model.identifiers import SigningKeyId
from billproof.model.jws import JwsEncodingError, decode_base64url, encode_base64url, header_text
from billproof.model.portable import PortableError

RSA_BITS_MIN: Final = 2048
"""The shortest RSA modulus that is taken (RFC 7518 section 3.3)."""

RSA_BITS_MAX: Final = 16_384
"""The longest RSA modulus that is taken: a longer one only serves to slow a verifier down."""

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class KeyFormatError(PortableError, ValueError):
    """A private key or a key set that cannot be used; whoever supplied it must mend it.

    Args:
        source: The file or what stands for it.
        problem: What is wrong.
        remedy: What to supply instead.
    """

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {problem}; {remedy}")
        self.source = source
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptKey:
    """A public RSA key with all that depends on it alone."""

    key_id: SigningKeyId
    header: str
    """The base64url text of the protected header that receipts under this key have."""
    public: RSAPublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointKey:
    """A public Ed25519 key."""

    key_id: SigningKeyId
    raw: bytes
    """The 32 bytes of the public key."""
    public: Ed25519PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonWebKeySet:
    """The public keys that a verifier trusts, in the order in which the set lists them."""

    receipts: Mapping[SigningKeyId, ReceiptKey]
    checkpoints: Mapping[SigningKeyId, CheckpointKey]
    by_header: Mapping[str, ReceiptKey]
    """The receipt keys by header text: how a receipt finds its key."""


def rsa_key_id(public: RSAPublicKey) -> SigningKeyId:
    """Return the RFC 7638 thumbprint of an RSA key, SHA-256, base64url."""
    return _thumbprint(
        {
            "e": _integer_text(public.public_numbers().e),
            "kty": "RSA",
            "n": _integer_text(public.public_numbers().n),
        }
    )


def ed25519_key_id(public: Ed25519PublicKey) -> SigningKeyId:
    """Return the RFC 7638 thumbprint of an Ed25519 key (RFC 8037), SHA-256, base64url."""
    return _thumbprint({"crv": "Ed25519", "kty": "OKP", "x": encode_base64url(public.public_bytes_raw())})


def key_set(receipts: Iterable[RSAPublicKey], checkpoints: Iterable[Ed25519PublicKey]) -> JsonWebKeySet:
    """Return the key set of public keys under their thumbprints.

    Raises:
        KeyFormatError: A key appears twice, or has a length that is not taken.
    """
    return _key_set(
        [(rsa_key_id(public), public) for public in receipts],
        [(ed25519_key_id(public), public) for public in checkpoints],
        "key set",
    )


def render_key_set(keys: JsonWebKeySet) -> str:
    """Return the JWKS document of a key set (RFC 7517): canonical JSON, public members only."""
    documents: list[CanonicalValue] = []
    for rsa in keys.receipts.values():
        exponent = _integer_text(rsa.public.public_numbers().e)
        documents.append(
            {
                "alg": "RS256",
                "e": exponent,
                "kid": rsa.key_id,
                "kty": "RSA",
                "n": _integer_text(rsa.public.public_numbers().n),
                "use": "sig",
            }
        )
    for edwards in keys.checkpoints.values():
        x = encode_base64url(edwards.raw)
        documents.append(
            {"alg": "EdDSA", "crv": "Ed25519", "kid": edwards.key_id, "kty": "OKP", "use": "sig", "x": x}
        )
    return canonical_bytes({"keys": documents}).decode("utf-8")


def parse_key_set(text: str | bytes, source: str) -> JsonWebKeySet:
    """Read a JWKS document strictly.

    Members that RFC 7517 leaves open are ignored, private ones never: a key set with a private member has
    leaked it, and whoever reads it should know.

    Args:
        text: The JSON text.
        source: The file, for messages.

    Raises:
        JsonInputError: Not strict JSON.
        KeyFormatError: Not a key set, a private member, a key id twice or missing, an RSA key of a length
            that is not taken, or a key of another type.
    """
    document = parse_json(text, source)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise KeyFormatError(source, "has no list of keys", 'supply {"keys": [...]}')
    receipts: list[tuple[SigningKeyId, RSAPublicKey]] = []
    checkpoints: list[tuple[SigningKeyId, Ed25519PublicKey]] = []
    for place, key in enumerate(listed):
        where = f"{source}: key {place}"
        if not isinstance(key, dict):
            raise KeyFormatError(where, "is no object", "supply a JSON Web Key")
        private = sorted(_PRIVATE_MEMBERS.intersection(key))
        if private:
            raise KeyFormatError(where, f"has the private member {private[0]!r}", "publish public keys only")
        key_id = SigningKeyId(_member(key, "kid", where))
        if key.get("use", "sig") != "sig":
            raise KeyFormatError(where, f"has use {key['use']!r}", 'supply a key of use "sig"')
        kind = _member(key, "kty", where)
        if kind == "RSA":
            receipts.append((key_id, _rsa(key, where)))
        elif kind == "OKP":
            checkpoints.append((key_id, _ed25519(key, where)))
        else:
            raise KeyFormatError(where, f"has type {kind!r}", "supply RSA and OKP keys")
    return _key_set(receipts, checkpoints, source)


def check_rsa_bits(bits: int, source: str) -> None:
    """Accept an RSA modulus of this many bits.

    Raises:
        KeyFormatError: Outside ``RSA_BITS_MIN`` to ``RSA_BITS_MAX``.
    """
    if not RSA_BITS_MIN <= bits <= RSA_BITS_MAX:
        raise KeyFormatError(
            source, f"is an RSA key of {bits} bits", f"use {RSA_BITS_MIN} to {RSA_BITS_MAX} bits"
        )


def _key_set(
    receipts: list[tuple[SigningKeyId, RSAPublicKey]],
    checkpoints: list[tuple[SigningKeyId, Ed25519PublicKey]],
    source: str,
) -> JsonWebKeySet:
    seen: set[SigningKeyId] = set()
    for key_id in [*(key_id for key_id, _ in receipts), *(key_id for key_id, _ in checkpoints)]:
        if key_id in seen:
            raise KeyFormatError(source, f"has key id {key_id!r} twice", "list each key once")
        seen.add(key_id)
    for key_id, public in receipts:
        check_rsa_bits(public.key_size, f"{source}: key {key_id}")
    made = [
        ReceiptKey(key_id=key_id, header=header_text(key_id), public=public) for key_id, public in receipts
    ]
    return JsonWebKeySet(
        receipts=MappingProxyType({key.key_id: key for key in made}),
        checkpoints=MappingProxyType(
            {
                key_id: CheckpointKey(key_id=key_id, raw=public.public_bytes_raw(), public=public)
                for key_id, public in checkpoints
            }
        ),
        by_header=MappingProxyType({key.header: key for key in made}),
    )


def _rsa(key: dict[str, CanonicalValue], where: str) -> RSAPublicKey:
    if key.get("alg", "RS256") != "RS256":
        raise KeyFormatError(where, f"has alg {key['alg']!r}", 'supply an RSA key of alg "RS256"')
    modulus, exponent = _integer(key, "n", where), _integer(key, "e", where)
    check_rsa_bits(modulus.bit_length(), where)
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError as error:
        raise KeyFormatError(where, f"is no RSA key: {error}", "supply n and e of a public key") from error


def _ed25519(key: dict[str, CanonicalValue], where: str) -> Ed25519PublicKey:
    if key.get("alg", "EdDSA") != "EdDSA" or key.get("crv") != "Ed25519":
        raise KeyFormatError(where, "is not an Ed25519 key", 'supply crv "Ed25519" and alg "EdDSA"')
    raw = _data(key, "x", where)
    if len(raw) != 32:
        raise KeyFormatError(where, f"has x of {len(raw)} bytes", "supply the 32 bytes of an Ed25519 key")
    return Ed25519PublicKey.from_public_bytes(raw)


def _member(key: dict[str, CanonicalValue], name: str, where: str) -> str:
    value = key.get(name)
    if not isinstance(value, str) or not value:
        raise KeyFormatError(where, f"has no text {name!r}", f"supply {name!r} as a string")
    return value


def _data(key: dict[str, CanonicalValue], name: str, where: str) -> bytes:
    try:
        return decode_base64url(_member(key, name, where))
    except JwsEncodingError as error:
        raise KeyFormatError(
            where, f"{name!r} is {error.problem}", "supply base64url without padding"
        ) from error


def _integer(key: dict[str, CanonicalValue], name: str, where: str) -> int:
    data = _data(key, name, where)
    if data.startswith(b"\0"):
        raise KeyFormatError(where, f"{name!r} has a leading zero byte", "supply the shortest encoding")
    return int.from_bytes(data, "big")


def _integer_text(value: int) -> str:
    return encode_base64url(value.to_bytes(-(-value.bit_length() // 8), "big"))


def _thumbprint(members: dict[str, CanonicalValue]) -> SigningKeyId:
    return SigningKeyId(encode_base64url(hashlib.sha256(canonical_bytes(members)).digest()))
