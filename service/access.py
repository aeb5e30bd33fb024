"""Who may speak for whom: tokens, plans and registered keys of customers, in tables beside the ledger.

None of it is money. Which keys are registered follows from the ledger (``customer_keys``) and is audited; the
rest cannot be derived from receipts, so an audit does not read it.
A token is shown once, when it is made; what is kept is a salted SHA-256 of its secret. The secret has 256
random bits, so a slow hash would protect nothing and cost every request.

Not here: what a role may do (``http.gate``), and the design's rule on signed requests.

Source: ``system.md`` sections 1 (``authorisation``, ``customer_keys``) and 4, step 1.
"""

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from billproof.model.governors.entitlement import State
from billproof.model.identifiers import CustomerId, CustomerKeyId, EntitlementId, Instant
from billproof.model.key_sets import ed25519_key_id, rsa_key_id
from billproof.model.periods import render_instant
from billproof.model.state import Request
from billproof.model.tiers import Tier, parse_tier
from billproof.service.customer_keys import CUSTOMER_KEYS_TABLE
from billproof.service.errors import InputFileError
from billproof.service.residing import RESIDENCIES_TABLE
from billproof.service.tables import Row

TOKEN_PREFIX: Final = "bpt"  # noqa: S105 - marks a text as a token, for people and for secret scanners
"""The first part of every token."""

TOKEN_LENGTH_MAX: Final = 200
"""The longest text that is looked at as a token, in characters."""

_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS credentials (token_id TEXT PRIMARY KEY, customer TEXT, role TEXT,"
    " salt BLOB, hash BLOB, made TEXT)",
    "CREATE INDEX IF NOT EXISTS credentials_by_customer ON credentials (customer)",
    "CREATE TABLE IF NOT EXISTS plans (customer TEXT PRIMARY KEY, plan TEXT)",
    CUSTOMER_KEYS_TABLE,
    "CREATE TABLE IF NOT EXISTS entitlements (entitlement TEXT, customer TEXT,"
    " PRIMARY KEY (entitlement, customer))",
    RESIDENCIES_TABLE,
    "CREATE TABLE IF NOT EXISTS entitlement_states (customer TEXT, entitlement TEXT, state TEXT,"
    " PRIMARY KEY (customer, entitlement))",
    "CREATE TABLE IF NOT EXISTS signed_requests (customer TEXT, key_id TEXT, fingerprint TEXT, key TEXT,"
    " base TEXT, signature BLOB, body BLOB, PRIMARY KEY (customer, key_id, fingerprint, key))",
)


class Role(StrEnum):
    """What a token speaks for."""

    CUSTOMER = "customer"
    """One customer: its own charges, refunds, reads and disputes."""
    OPERATOR = "operator"
    """The issuer: any customer, and the operations that need issuer authority."""
    MONITOR = "monitor"
    """A collector of metrics: nothing of any customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever presented a good token."""

    token_id: str
    role: Role
    customer: CustomerId
    """Whom it speaks for; empty for an operator."""
    plan: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerKey:
    """A public key that a customer signs requests with."""

    key_id: CustomerKeyId
    """Its RFC 7638 thumbprint."""
    public: Ed25519PublicKey | RSAPublicKey

    @property
    def pem(self) -> bytes:
        """The key as it is kept."""
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvidence:
    """A good signature of a request, with all that somebody needs to verify it again."""

    key_id: str
    """The key that has signed."""
    base: str
    """The signature base of RFC 9421, section 2.5."""
    signature: bytes
    body: bytes
    """What ``content-digest`` in the base is the digest of."""


def evidence_statement(request: Request, evidence: RequestEvidence) -> tuple[str, Row]:
    """Return what keeps the evidence of a request, for the transaction that commits it."""
    return "INSERT OR IGNORE INTO signed_requests VALUES (?, ?, ?, ?, ?, ?, ?)", (
        request.customer, evidence.key_id, request.fingerprint, request.key, evidence.base,
        evidence.signature, evidence.body,
    )  # fmt: skip


def ensure_tables(connection: sqlite3.Connection) -> None:
    """Make the tables where they are not there yet."""
    for statement in _TABLES:
        connection.execute(statement)


def issue_token(connection: sqlite3.Connection, customer: CustomerId, role: Role, now: Instant) -> str:
    """Make a token, keep its salted hash, and return it: the only time that it can be read."""
    token_id, secret, salt = secrets.token_hex(8), secrets.token_urlsafe(32), secrets.token_bytes(16)
    connection.execute(
        "INSERT INTO credentials VALUES (?, ?, ?, ?, ?, ?)",
        (token_id, customer, role.value, salt, _hash(salt, secret), render_instant(now)),
    )
    return f"{TOKEN_PREFIX}_{token_id}_{secret}"


def find_principal(connection: sqlite3.Connection, token: str) -> Principal | None:
    """Return whom a token speaks for, or None where it is no token of this store."""
    parts = token.split("_", 2)
    if len(token) > TOKEN_LENGTH_MAX or len(parts) != 3 or parts[0] != TOKEN_PREFIX or not token.isascii():
        return None
    row = connection.execute(
        "SELECT c.customer, c.role, c.salt, c.hash, p.plan FROM credentials c"
        " LEFT JOIN plans p ON p.customer = c.customer WHERE c.token_id = ?",
        (parts[1],),
    ).fetchone()
    if row is None or not hmac.compare_digest(_hash(row[2], parts[2]), row[3]):
        return None
    return Principal(
        token_id=parts[1],
        role=Role(row[1]),
        customer=CustomerId(row[0]),
        plan=Tier.ENTERPRISE if row[4] is None else parse_tier(str(row[4])),
    )


def set_plan(connection: sqlite3.Connection, customer: CustomerId, plan: Tier) -> None:
    """Keep the plan of a customer, which names its rate limit."""
    connection.execute("INSERT OR REPLACE INTO plans VALUES (?, ?)", (customer, plan.value))


def find_keys(connection: sqlite3.Connection, customer: CustomerId) -> dict[str, CustomerKey]:
    """Return the keys of a customer that are registered and not revoked, by their ids."""
    rows = connection.execute(
        "SELECT public FROM customer_keys WHERE customer = ? AND revoked = 0 AND public IS NOT NULL",
        (customer,),
    ).fetchall()
    keys = (read_public_key(bytes(row[0])) for row in rows)
    return {key.key_id: key for key in keys}


def read_public_key(pem: bytes) -> CustomerKey:
    """Read a public key from PEM.

    Raises:
        InputFileError: No public key, or neither Ed25519 nor RSA with at least 2048 bits.
    """
    remedy = "give a public Ed25519 or RSA key (2048 bits or more) as PEM"
    try:
        public = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputFileError("customer key", "", f"is no public key: {error}", remedy) from error
    if isinstance(public, Ed25519PublicKey):
        return CustomerKey(key_id=CustomerKeyId(ed25519_key_id(public)), public=public)
    if isinstance(public, RSAPublicKey) and public.key_size >= 2048:
        return CustomerKey(key_id=CustomerKeyId(rsa_key_id(public)), public=public)
    raise InputFileError("customer key", "", f"is a {type(public).__name__} that is not taken", remedy)


def grant_entitlement(
    connection: sqlite3.Connection, customer: CustomerId, entitlement: EntitlementId
) -> None:
    """Make an entitlement one of a customer's; one that nobody was granted is everybody's."""
    connection.execute("INSERT OR IGNORE INTO entitlements VALUES (?, ?)", (entitlement, customer))


def entitlement_is_foreign(
    connection: sqlite3.Connection, customer: CustomerId, entitlement: EntitlementId
) -> bool:
    """Tell whether an entitlement was granted to others and not to this customer."""
    owners = connection.execute(
        "SELECT customer FROM entitlements WHERE entitlement = ?", (entitlement,)
    ).fetchall()
    return bool(owners) and (customer,) not in owners


def find_entitlement_state(
    connection: sqlite3.Connection, customer: CustomerId, entitlement: EntitlementId
) -> State:
    """Return what the entitlement governor knows; what nobody has ever stopped is granted."""
    row = connection.execute(
        "SELECT state FROM entitlement_states WHERE customer = ? AND entitlement = ?", (customer, entitlement)
    ).fetchone()
    return State.GRANTED if row is None else State[str(row[0]).upper()]


def entitlement_statement(customer: CustomerId, entitlement: EntitlementId, state: State) -> tuple[str, Row]:
    """Return what keeps the state of an entitlement, for the transaction that changes it."""
    return "INSERT OR REPLACE INTO entitlement_states VALUES (?, ?, ?)", (
        customer, entitlement, state.name.lower(),
    )  # fmt: skip


def _hash(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode("ascii")).digest()
