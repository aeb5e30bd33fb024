"""HTTP message signatures of customers, in the profile of RFC 9421 that the service takes.

A signed request carries ``Content-Digest`` (RFC 9530, SHA-256), ``Signature-Input`` and ``Signature``, each
with one member of the same label. The signature must cover ``@method``, ``@path``, ``content-digest`` and,
where there is one, ``idempotency-key``, and must say when it was made (``created``) and by which registered
key (``keyid``, the RFC 7638 thumbprint). Algorithms: ``ed25519`` and ``rsa-v1_5-sha256``.

Choices: the profile is closed, so that what is signed is never less than what is billed; parsing takes the
one form that it describes and refuses everything else. What was signed is kept as evidence (``access``).

Not here: which requests must be signed (``auth``).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from billproof.model.portable import PortableError
from billproof.service.access import CustomerKey, RequestEvidence

AGE_SECONDS_MAX: Final = 300
"""How far ``created`` may lie from the clock of the service; a retry is signed anew."""

_LABEL: Final = r"[a-z*][a-z0-9_.*-]{0,30}"
_COVERED: Final = r'"[a-z@-]{1,40}"(?: "[a-z@-]{1,40}"){0,15}'
_PARAMETERS: Final = r'(?:;[a-z]{1,10}=(?:"[^"\\]{1,200}"|[0-9]{1,12})){1,8}'
_INPUT: Final = re.compile(rf"({_LABEL})=(\(({_COVERED})\)({_PARAMETERS}))")
_SIGNATURE: Final = re.compile(rf"({_LABEL})=:([A-Za-z0-9+/]{{1,2800}}={{0,2}}):")
_DIGEST: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_PARAMETER: Final = re.compile(r';([a-z]{1,10})=(?:"([^"\\]{1,200})"|([0-9]{1,12}))')
_REQUIRED: Final = ("@method", "@path", "content-digest")


class RequestSignatureError(PortableError):
    """A request whose signature is missing, ill-formed, too old or not good; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """The parts of a request that a signature can cover."""

    method: str
    path: str
    """As sent, percent-encoded."""
    query: str
    """Without the question mark."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


def is_signed(message: SignedMessage) -> bool:
    """Tell whether a request claims to be signed."""
    return "signature" in message.headers or "signature-input" in message.headers


def verify_request(
    message: SignedMessage, keys: Mapping[str, CustomerKey], now_seconds: int
) -> RequestEvidence:
    """Verify the signature of a request.

    Args:
        message: The request.
        keys: The keys registered for the customer, by id.
        now_seconds: The clock, in seconds since 1970.

    Raises:
        RequestSignatureError: It is not signed as it must be.
    """
    declared = _INPUT.fullmatch(message.headers.get("signature-input", ""))
    given = _SIGNATURE.fullmatch(message.headers.get("signature", ""))
    if declared is None or given is None or declared[1] != given[1]:
        raise RequestSignatureError(
            "Signature-Input and Signature must hold one member each, of the same label; see docs/http-api.md"
        )
    covered = re.findall(r'"([^"]+)"', declared[3])
    _check_covered(covered, message)
    parameters = {name: text or number for name, text, number in _PARAMETER.findall(declared[4])}
    key = keys.get(parameters.get("keyid", ""))
    if key is None:
        raise RequestSignatureError("keyid names no key that is registered for this customer")
    if not parameters.get("created", "").isdecimal():
        raise RequestSignatureError("created is missing")
    if abs(int(parameters["created"]) - now_seconds) > AGE_SECONDS_MAX:
        raise RequestSignatureError(f"created is more than {AGE_SECONDS_MAX} s from now; sign the retry anew")
    base = "".join(f'"{name}": {_component(name, message)}\n' for name in covered)
    base += f'"@signature-params": {declared[2]}'
    try:
        signature = base64.b64decode(given[2], validate=True)
    except binascii.Error as error:
        raise RequestSignatureError(f"Signature is no base64: {error}") from error
    _verify(key, parameters.get("alg"), base.encode("utf-8"), signature)
    return RequestEvidence(key_id=key.key_id, base=base, signature=signature, body=message.body)


def content_digest(body: bytes) -> str:
    """Return the value of ``Content-Digest`` for a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}:"


def _check_covered(covered: list[str], message: SignedMessage) -> None:
    wanted = [*_REQUIRED, *(["idempotency-key"] if "idempotency-key" in message.headers else [])]
    missing = [name for name in wanted if name not in covered]
    if missing:
        raise RequestSignatureError(f"the signature does not cover {', '.join(missing)}")
    if len(set(covered)) != len(covered):
        raise RequestSignatureError("the signature covers a component twice")
    found = _DIGEST.fullmatch(message.headers.get("content-digest", ""))
    if found is None or message.headers["content-digest"] != content_digest(message.body):
        raise RequestSignatureError("Content-Digest is not the SHA-256 of the body")


def _component(name: str, message: SignedMessage) -> str:
    if name == "@method":
        return message.method
    if name == "@path":
        return message.path
    if name == "@authority":
        return message.headers.get("host", "").lower()
    if name == "@query":
        return f"?{message.query}"
    if name.startswith("@") or name not in message.headers:
        raise RequestSignatureError(f"the signature covers {name}, which the request does not have")
    return message.headers[name].strip()


def _verify(key: CustomerKey, algorithm: str | None, base: bytes, signature: bytes) -> None:
    own = "ed25519" if isinstance(key.public, Ed25519PublicKey) else "rsa-v1_5-sha256"
    if algorithm not in {None, own}:
        raise RequestSignatureError(f"alg is not that of the key, {own}")
    try:
        if isinstance(key.public, Ed25519PublicKey):
            key.public.verify(signature, base)
        else:
            key.public.verify(signature, base, PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise RequestSignatureError(f"the signature does not verify under key {key.key_id}") from error
