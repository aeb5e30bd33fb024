"""Compact JWS: strict base64url, and one protected header per key.

A lenient decoder lets many texts stand for one signature: with padding, with blanks, with bits set beyond
the last byte. Here exactly one text stands for given bytes, so that equal receipts are equal texts.

Not here: keys, and what is signed.

Source: ``system.md`` section 5, "Base64url that is not canonical is INVALID"; RFC 7515.
"""

from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from typing import Final

from billproof.model.canonical import JsonInputError, canonical_bytes, parse_json
from billproof.model.identifiers import SigningKeyId
from billproof.model.portable import PortableError

JWS_LENGTH_MAX: Final = 1_000_000
"""The longest compact JWS that is looked at, in characters."""

# Characters that end a text without setting bits beyond its last byte, by the characters after the last four.
_LAST: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")


class JwsEncodingError(PortableError, ValueError):
    """A text that is no canonical compact JWS.

    Args:
        problem: What is wrong.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"receipt signature: {problem}; take the text exactly as it was issued")
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class JwsParts:
    """A compact JWS, taken apart."""

    header: bytes
    payload: bytes
    signature: bytes


def encode_base64url(data: bytes) -> str:
    """Return the base64url text of bytes without padding (RFC 7515 section 2)."""
    return b2a_base64(data, newline=False).decode("ascii").rstrip("=").replace("+", "-").replace("/", "_")


def decode_base64url(text: str) -> bytes:
    """Read base64url text: the strict inverse of ``encode_base64url``.

    Raises:
        JwsEncodingError: Padding, a character outside the alphabet, or bits beyond the last byte: texts
            that a lenient decoder would read as if they were others.
    """
    # binascii rather than base64: this is the hot path, and the wrappers cost as much as the decoding.
    left_over = len(text) % 4
    if "=" in text or "+" in text or "/" in text or (left_over and text[-1] not in _LAST[left_over]):
        raise JwsEncodingError("not canonical base64url")
    try:
        return a2b_base64(
            text.replace("-", "+").replace("_", "/") + "==="[: -len(text) % 4], strict_mode=True
        )
    except ValueError as error:
        raise JwsEncodingError("not base64url") from error


def split_jws(jws: str) -> JwsParts:
    """Take a compact JWS apart strictly; nothing is verified.

    Raises:
        JwsEncodingError: Not three parts of canonical base64url, or longer than ``JWS_LENGTH_MAX``.
    """
    header, payload, signature = jws_texts(jws)
    return JwsParts(
        header=decode_base64url(header),
        payload=decode_base64url(payload),
        signature=decode_base64url(signature),
    )


def header_text(key_id: SigningKeyId) -> str:
    """Return the base64url text of the one protected header that receipts under a key have."""
    return encode_base64url(canonical_bytes({"alg": "RS256", "kid": key_id}))


def named_key(header: str) -> SigningKeyId:
    """Return the key id that a protected header names.

    Args:
        header: The base64url text of the header.

    Raises:
        JwsEncodingError: Not canonical, or not a header of exactly ``alg`` RS256 and a ``kid``.
    """
    try:
        document = parse_json(decode_base64url(header), "header")
    except JsonInputError as error:
        raise JwsEncodingError(f"the {error}") from error
    key_id = document.get("kid") if isinstance(document, dict) else None
    if not isinstance(key_id, str) or header_text(SigningKeyId(key_id)) != header:
        raise JwsEncodingError("the header is not canonical JSON of alg RS256 and a kid")
    return SigningKeyId(key_id)


def jws_texts(jws: str) -> tuple[str, str, str]:
    """Return the texts of header, payload and signature, not decoded.

    Raises:
        JwsEncodingError: There are not three, or the whole is longer than ``JWS_LENGTH_MAX``.
    """
    if len(jws) > JWS_LENGTH_MAX:
        raise JwsEncodingError(f"{len(jws)} characters are more than {JWS_LENGTH_MAX}")
    texts = jws.split(".")
    if len(texts) != 3:
        raise JwsEncodingError(f"{len(texts)} parts between dots instead of 3")
    return texts[0], texts[1], texts[2]
