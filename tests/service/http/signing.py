"""Signing requests as a customer does, written from RFC 9421 and not from the service."""

import base64
import time

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from billproof.service.access import read_public_key
from billproof.service.http.signatures import content_digest

COVERED = ("@method", "@path", "content-digest", "idempotency-key")

Private = Ed25519PrivateKey | RSAPrivateKey


def pem_of(private: Private) -> bytes:
    """Return the public key."""
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signed(
    private: Private, request: httpx.Request, *, covered: tuple[str, ...] = COVERED, age: int = 0
) -> httpx.Request:
    """Sign a request as a customer does, written from RFC 9421 and not from the service."""
    request.headers["Content-Digest"] = content_digest(request.content)
    key_id = read_public_key(pem_of(private)).key_id
    values = {"@method": request.method, "@path": request.url.raw_path.decode().partition("?")[0]}
    names = " ".join(f'"{name}"' for name in covered)
    parameters = f'({names});created={int(time.time()) - age};keyid="{key_id}"'
    lines = [f'"{name}": {values.get(name) or request.headers[name]}' for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {parameters}']).encode()
    if isinstance(private, Ed25519PrivateKey):
        made = private.sign(base)
    else:
        made = private.sign(base, PKCS1v15(), SHA256())
    request.headers["Signature-Input"] = f"sig1={parameters}"
    request.headers["Signature"] = f"sig1=:{base64.b64encode(made).decode()}:"
    return request
