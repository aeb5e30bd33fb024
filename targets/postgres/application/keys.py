"""Signing keys: RS256 for receipts, Ed25519 for checkpoints; made at first start, kept outside the database.

Source: ``system.md`` section 5; RFC 7515, RFC 7638, RFC 8037.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from targets.postgres.application.canonical import Json, base64url, canonical_bytes

RSA_BITS: Final = 2048
"""The length of a receipt key."""

_MODE: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeys:
    """The private keys of one system, with the ids that it publishes."""

    receipt: rsa.RSAPrivateKey
    receipt_id: str
    checkpoint: Ed25519PrivateKey
    checkpoint_id: str

    def sign(self, body: bytes) -> str:
        """Return the compact JWS of a receipt body; RS256 gives the same text every time."""
        header = base64url(canonical_bytes({"alg": "RS256", "kid": self.receipt_id}))
        signed = f"{header}.{base64url(body)}"
        signature = self.receipt.sign(signed.encode("ascii"), PKCS1v15(), SHA256())
        return f"{signed}.{base64url(signature)}"

    def published(self) -> Json:
        """Return the public keys as a JSON Web Key Set (RFC 7517)."""
        numbers = self.receipt.public_key().public_numbers()
        raw = self.checkpoint.public_key().public_bytes_raw()
        return {
            "keys": [
                {
                    "alg": "RS256",
                    "e": _integer(numbers.e),
                    "kid": self.receipt_id,
                    "kty": "RSA",
                    "n": _integer(numbers.n),
                    "use": "sig",
                },
                {
                    "alg": "EdDSA",
                    "crv": "Ed25519",
                    "kid": self.checkpoint_id,
                    "kty": "OKP",
                    "use": "sig",
                    "x": base64url(raw),
                },
            ]
        }


def open_keys(folder: Path) -> SigningKeys:
    """Return the keys of a folder, after making those that are not there.

    Raises:
        ValueError: A file holds another sort of key.
    """
    receipt_file, checkpoint_file = folder / "receipt.pem", folder / "checkpoint.pem"
    if not receipt_file.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        _write(receipt_file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if not checkpoint_file.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(checkpoint_file, pem)
    receipt = load_pem_private_key(receipt_file.read_bytes(), None)
    checkpoint = load_pem_private_key(checkpoint_file.read_bytes(), None)
    if not isinstance(receipt, rsa.RSAPrivateKey) or not isinstance(checkpoint, Ed25519PrivateKey):
        raise ValueError(f"{folder} must hold an RSA key in receipt.pem and an Ed25519 key in checkpoint.pem")
    numbers = receipt.public_key().public_numbers()
    x = base64url(checkpoint.public_key().public_bytes_raw())
    return SigningKeys(
        receipt=receipt,
        receipt_id=_thumbprint({"e": _integer(numbers.e), "kty": "RSA", "n": _integer(numbers.n)}),
        checkpoint=checkpoint,
        checkpoint_id=_thumbprint({"crv": "Ed25519", "kty": "OKP", "x": x}),
    )


def _write(path: Path, data: bytes) -> None:
    # Written beside and renamed, so that a start that is killed leaves a whole key or none.
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)


def _integer(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _thumbprint(members: Json) -> str:
    return base64url(hashlib.sha256(canonical_bytes(members)).digest())
