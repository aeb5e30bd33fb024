"""Signatures of customers over requests, verified again from what the store has kept of them.

Table ``customer_keys`` holds the registered public keys, ``signed_requests`` what each has signed: the
signature base of RFC 9421 with the digest of the body. A store that has never taken a signed request has
neither table, and then nothing is signed.

Not here: which registration counts (``model.customer_keys``).

Source: rule R7.3; RFC 9421; RFC 9530.
"""

import base64
import hashlib
import re
import sqlite3
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from billproof.model.identifiers import CustomerId, CustomerKeyId, Fingerprint

_DIGEST: Final = re.compile(r'^"content-digest": sha-256=:([A-Za-z0-9+/]{43}=):$', re.MULTILINE)


def is_request_signed(
    connection: sqlite3.Connection, customer: CustomerId, key: CustomerKeyId, fingerprint: Fingerprint
) -> bool:
    """Tell whether a good signature of a customer's key over a request is on record."""
    tables = connection.execute(
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'"
        " AND name IN ('customer_keys', 'signed_requests')"
    ).fetchone()
    if tables[0] != 2:
        return False
    row = connection.execute(
        "SELECT k.public, s.base, s.signature, s.body FROM signed_requests s"
        " JOIN customer_keys k ON k.customer = s.customer AND k.key_id = s.key_id"
        " WHERE s.customer = ? AND s.key_id = ? AND s.fingerprint = ?",
        (customer, key, fingerprint),
    ).fetchone()
    return row is not None and _is_good(bytes(row[0]), str(row[1]), bytes(row[2]), bytes(row[3]))


def _is_good(public: bytes, base: str, signature: bytes, body: bytes) -> bool:
    digest = _DIGEST.search(base)
    if digest is None or digest[1] != base64.b64encode(hashlib.sha256(body).digest()).decode("ascii"):
        return False
    try:
        key = load_pem_public_key(public) if public.startswith(b"-----") else load_der_public_key(public)
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, base.encode("utf-8"))
        elif isinstance(key, RSAPublicKey):
            key.verify(signature, base.encode("utf-8"), PKCS1v15(), SHA256())
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
