"""Keys to test with, made once per test process."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from billproof.model.key_sets import JsonWebKeySet, key_set
from billproof.model.keys import ReceiptSigner, receipt_signer


@cache
def rsa_keys(bits: int, count: int) -> tuple[RSAPrivateKey, ...]:
    """Return that many RSA keys of that length."""
    return tuple(generate_private_key(public_exponent=65_537, key_size=bits) for _ in range(count))


def rsa_key(number: int = 0) -> RSAPrivateKey:
    """Return the RSA key of this number, 0 or 1."""
    return rsa_keys(2048, 2)[number]


def short_rsa_key() -> RSAPrivateKey:
    """Return an RSA key that is too short."""
    return rsa_keys(1024, 1)[0]


def edwards_key(number: int = 0) -> Ed25519PrivateKey:
    """Return the Ed25519 key of this number."""
    return Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))


def signer(number: int = 0) -> ReceiptSigner:
    """Return the signer of the RSA key of this number."""
    return receipt_signer(rsa_key(number))


@cache
def trusted() -> JsonWebKeySet:
    """Return the key set of keys number 0."""
    return key_set([rsa_key().public_key()], [edwards_key().public_key()])
