"""Keys of customers, registered and revoked by entries of the ledger, and the table that follows from them.

A registration goes through the core (``RegisterKey``): its entry names the key by its RFC 7638 thumbprint, so
that a dispute judges from the chain which key was registered when, and by whose word. Table ``customer_keys``
holds, per customer and key, the last registration, its revocation (0 while there is none), and the public key
itself; all but the public key is derived and audited, and the public key is audited against its thumbprint.

Whose word counts is judged by ``model.customer_keys``: under the repaired design a registration that neither
an earlier key of the customer has signed nor evidence from outside supports leaves a dispute to a person.

Source: rule R7.3; T7-S2, T7-S6; ``system.md`` section 9, "derived, and audited against them".
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from billproof.model.canonical import CanonicalValue, request_fingerprint
from billproof.model.customer_keys import EVIDENCE_ISSUER
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CurrencyCode,
    CustomerId,
    CustomerKeyId,
    EntitlementId,
    Fingerprint,
    IdempotencyKey,
    Instant,
    IssuerId,
    PricePlanHash,
    Sequence,
    UsageText,
)
from billproof.model.outcomes import EntryKind
from billproof.model.periods import period_of
from billproof.model.state import NO_TERMS, Entry, Request
from billproof.service.usage import SCHEMA_VERSION, Signature

CUSTOMER_KEYS_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS customer_keys (customer TEXT, key_id TEXT, seq INTEGER, revoked INTEGER,"
    " public BLOB, PRIMARY KEY (customer, key_id))"
)
"""``seq`` is the last registration of the key, ``revoked`` the entry that revoked that one, or 0."""

EVIDENCE_MAX: Final = 500
"""The longest text that names evidence from outside, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """What the table says of one key."""

    registered: Sequence
    revoked: Sequence
    """``NO_SEQUENCE`` while it is in force."""


def evidence_issuer(evidence: str) -> IssuerId:
    """Return the issuer of a registration that rests on evidence from outside."""
    return IssuerId(f"{EVIDENCE_ISSUER}{evidence}")


def known_key(connection: sqlite3.Connection, customer: CustomerId, key_id: CustomerKeyId) -> KnownKey | None:
    """Return what is recorded of a key of a customer, or None where it was never registered."""
    if not _has_table(connection):
        return None
    row = connection.execute(
        "SELECT seq, revoked FROM customer_keys WHERE customer = ? AND key_id = ?", (customer, key_id)
    ).fetchone()
    return None if row is None else KnownKey(registered=Sequence(row[0]), revoked=Sequence(row[1]))


def registration_key(key_id: CustomerKeyId, known: KnownKey | None) -> IdempotencyKey:
    """Return an idempotency key for a registration by an operator.

    It names the key and what was recorded of it before, so that the same registration twice is one entry,
    and a key that was revoked, or that somebody else vouches for now, can be registered again.
    """
    last = NO_SEQUENCE if known is None else max(known.registered, known.revoked)
    return IdempotencyKey(f"register_key:{key_id}:{last}")


def registration_fingerprint(customer: CustomerId, key_id: str, voucher: IssuerId) -> Fingerprint:
    """Return the fingerprint of a registration: of the key, and of whoever vouches for it."""
    body: dict[str, CanonicalValue] = {"key_id": key_id, "vouched_for_by": voucher}
    return request_fingerprint("register_key", customer, body, SCHEMA_VERSION)


def revocation_fingerprint(customer: CustomerId, registered: Sequence) -> Fingerprint:
    """Return the fingerprint of the revocation of a registration."""
    return request_fingerprint("revoke_key", customer, {"refers_to": registered}, SCHEMA_VERSION)


def key_request(
    account: tuple[CustomerId, CurrencyCode],
    key_id: CustomerKeyId,
    key: IdempotencyKey,
    *,
    at: Instant,
    by: Signature,
    revokes: Sequence = NO_SEQUENCE,
) -> Request:
    """Return the request that registers a key, or revokes a registration of it.

    Args:
        account: Customer and currency.
        key_id: The thumbprint.
        key: The idempotency key.
        at: When.
        by: Who vouches for it, or revokes it.
        revokes: The registration to revoke; ``NO_SEQUENCE`` to register.
    """
    customer, currency = account
    fingerprint = revocation_fingerprint(customer, revokes)
    if revokes == NO_SEQUENCE:
        fingerprint = registration_fingerprint(customer, key_id, by.issuer)
    return Request(
        customer=customer,
        key=key,
        fingerprint=fingerprint,
        amount=Amount(0),
        currency=currency,
        entitlement=EntitlementId(""),
        usage=UsageText(key_id),
        price_plan=PricePlanHash(""),
        event_time=at,
        period=period_of(at),
        refers_to=revokes,
        terms=NO_TERMS,
        issuer=by.issuer,
        signing_key=by.signing_key,
    )


def write_customer_keys(
    connection: sqlite3.Connection, appended: Iterable[Entry], publics: Mapping[str, bytes]
) -> None:
    """Write what appended entries say of keys, inside the transaction of the caller.

    Args:
        connection: A store.
        appended: The entries that the transaction appends, in log order.
        publics: The public keys that are registered, PEM, by their thumbprints.
    """
    entries = [entry for entry in appended if entry.kind == EntryKind.KEY_REGISTRATION]
    if entries:
        connection.execute(CUSTOMER_KEYS_TABLE)
    for entry in entries:
        if entry.refers_to == NO_SEQUENCE:
            connection.execute(
                "INSERT OR REPLACE INTO customer_keys VALUES (?, ?, ?, 0, ?)",
                (entry.customer, entry.usage, entry.sequence, publics.get(entry.usage)),
            )
        else:
            connection.execute(
                "UPDATE customer_keys SET revoked = ? WHERE customer = ? AND seq = ? AND revoked = 0",
                (entry.sequence, entry.customer, entry.refers_to),
            )


def _has_table(connection: sqlite3.Connection) -> bool:
    return (
        connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'customer_keys'").fetchone() is not None
    )
