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
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from billproof.model.canonical import CanonicalValue, CanonicalValueError, JsonInputError, parse_json
from billproof.model.customer_keys import KEY_ISSUER
from billproof.model.identifiers import (
    CustomerId,
    CustomerKeyId,
    Fingerprint,
    IdempotencyKey,
    IssuerId,
    SigningKeyId,
)
from billproof.service.access import read_public_key
from billproof.service.customer_keys import registration_fingerprint
from billproof.service.errors import InputFileError
from billproof.service.events import event_line
from billproof.service.lines import BadLine
from billproof.service.usage import Signature, line_request

EVENTS_PATH: Final = "/v1/events"
"""Where events are charged."""

_COMPONENT: Final = re.compile(r'^"([a-z@-]+)": (.*)$', re.MULTILINE)
_SIGNER: Final = re.compile(r'^"@signature-params": .*;keyid="([^"]+)"', re.MULTILINE)
_DIGEST: Final = re.compile(r'^"content-digest": sha-256=:([A-Za-z0-9+/]{43}=):$', re.MULTILINE)


def is_request_signed(
    connection: sqlite3.Connection,
    customer: CustomerId,
    key_id: CustomerKeyId,
    fingerprint: Fingerprint,
    key: IdempotencyKey,
) -> bool:
    """Tell whether a good signature is on record that asks for this very request under this very key.

    Both are taken from what was signed, never from the columns beside it: whoever writes the table could
    otherwise put a genuine signature of one request beside another.

    Args:
        connection: The store.
        customer: Whose request.
        key_id: The key that has to have signed.
        fingerprint: Of the request.
        key: Its idempotency key.
    """
    tables = connection.execute(
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'"
        " AND name IN ('customer_keys', 'signed_requests')"
    ).fetchone()
    if tables[0] != 2:
        return False
    row = connection.execute(
        "SELECT k.public, s.base, s.signature, s.body FROM signed_requests s"
        " JOIN customer_keys k ON k.customer = s.customer AND k.key_id = s.key_id"
        " WHERE s.customer = ? AND s.key_id = ? AND s.fingerprint = ? AND s.key = ?"
        " AND k.public IS NOT NULL",
        (customer, key_id, fingerprint, key),
    ).fetchone()
    if row is None:
        return False
    public, base, signature, body = bytes(row[0]), str(row[1]), bytes(row[2]), bytes(row[3])
    return (
        _thumbprint(public) == key_id
        and _is_good(public, base, signature, body)
        and (fingerprint, key) in requests_in(base, body, customer)
    )


def requests_in(base: str, body: bytes, customer: CustomerId) -> set[tuple[Fingerprint, IdempotencyKey]]:
    """Return the requests that a signed message asks for: the fingerprint and idempotency key of each.

    Args:
        base: The signature base.
        body: The body whose digest it covers.
        customer: Whose message.
    """
    parts = dict(_COMPONENT.findall(base))
    header, path = parts.get("idempotency-key"), unquote(parts.get("@path", ""))
    signer = _SIGNER.search(base)
    try:
        if path == EVENTS_PATH:
            return {
                found
                for document in _documents(body)
                if (found := _event(document, header, customer)) is not None
            }
        document = parse_json(body, "body")
    except (JsonInputError, CanonicalValueError):
        return set()
    if path != keys_path(customer) or header is None or signer is None or not isinstance(document, dict):
        return set()
    public = document.get("public")
    key_id = _thumbprint(public.encode("utf-8")) if isinstance(public, str) else None
    if key_id is None:
        return set()
    voucher = IssuerId(f"{KEY_ISSUER}{signer[1]}")
    return {(registration_fingerprint(customer, key_id, voucher), IdempotencyKey(header))}


def keys_path(customer: CustomerId) -> str:
    """Return the path at which the keys of a customer are registered."""
    return f"/v1/customers/{customer}/keys"


def _documents(body: bytes) -> Iterable[CanonicalValue]:
    """Return the events of a body: one, an array of them, or one per line."""
    try:
        document = parse_json(body, "body")
    except JsonInputError:
        return [parse_json(line, "body") for line in body.split(b"\n") if line.strip(b" \t\r")]
    return document if isinstance(document, list) else [document]


def _event(
    document: CanonicalValue, header: str | None, customer: CustomerId
) -> tuple[Fingerprint, IdempotencyKey] | None:
    if not isinstance(document, dict):
        return None
    event = {"customer": customer, **document}
    if header is not None:
        event.setdefault("idempotency_key", header)
    line = event_line(event, 1)
    if isinstance(line, BadLine) or line.customer != customer:
        return None
    by = Signature(issuer=IssuerId(""), signing_key=SigningKeyId(""))
    return line_request(line, line.key, by).fingerprint, line.key


def _thumbprint(public: bytes) -> CustomerKeyId | None:
    try:
        return read_public_key(public).key_id
    except InputFileError:
        return None


def _is_good(public: bytes, base: str, signature: bytes, body: bytes) -> bool:
    digest = _DIGEST.search(base)
    if digest is None or digest[1] != base64.b64encode(hashlib.sha256(body).digest()).decode("ascii"):
        return False
    try:
        key = load_pem_public_key(public)
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, base.encode("utf-8"))
        elif isinstance(key, RSAPublicKey):
            key.verify(signature, base.encode("utf-8"), PKCS1v15(), SHA256())
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
