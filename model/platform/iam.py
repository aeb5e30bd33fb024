"""Access decisions of the infrastructure: which identity may do what to which service; the rest is denied.

Theory of operation. A permission is held by an identity if the table says so; there is no other way.
Addresses are judged by the first rule that matches; without one the answer is no. Both are decisions
only: nothing is changed here.

Choices. The documented table gives the administrator both writing and deleting (SE-7), the running service
the private key as a secret (SE-4) and the archive no owner of its own; ``REPAIRED`` separates them: another
administrator holds the archive, nobody holds the key, and who signs does not administer.

Not here: what users and operators may do in the billing system itself.

Source: ``system.md`` section 2; SE-1, SE-4, SE-7, SE-10, XA-35, XA-39; switch ``archive_lock``.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from billproof.model.platform.law import Law, SharpEdge


class Identity(IntEnum):
    """Who acts on the infrastructure."""

    BILLING_SERVICE = 0
    RECONCILER = 1
    CONSUMER = 2
    """A subscriber of the topic: invoices, dashboard, notification."""
    DEPLOYER = 3
    """The pipeline that rolls out versions."""
    ADMINISTRATOR = 4
    ARCHIVE_ADMINISTRATOR = 5
    """Another person, who has no part in billing."""
    AUDITOR = 6
    NOBODY = 7
    """Whoever shows no credential."""


class Permission(IntEnum):
    """What can be done to a service."""

    SPANNER_READ = 0
    SPANNER_WRITE = 1
    SPANNER_RESTORE = 2
    FIRESTORE_READ = 3
    FIRESTORE_WRITE = 4
    FIRESTORE_DELETE = 5
    TOPIC_PUBLISH = 6
    TOPIC_CONSUME = 7
    ARCHIVE_CREATE = 8
    ARCHIVE_READ = 9
    ARCHIVE_DELETE = 10
    ARCHIVE_SET_POLICY = 11
    KEY_SIGN = 12
    KEY_ADMINISTER = 13
    """Rotate, disable, grant."""
    SECRET_READ = 14
    DEPLOY = 15
    METRICS_READ = 16


Table = Mapping[Identity, frozenset[Permission]]
"""Who holds what."""

_P = Permission
_SERVICE = frozenset(
    {
        _P.SPANNER_READ, _P.SPANNER_WRITE, _P.FIRESTORE_READ, _P.FIRESTORE_WRITE,
        _P.TOPIC_PUBLISH, _P.ARCHIVE_CREATE, _P.ARCHIVE_READ, _P.KEY_SIGN,
    }
)  # fmt: skip
_RECONCILER = frozenset({_P.SPANNER_READ, _P.FIRESTORE_READ, _P.ARCHIVE_READ})
_ADMINISTRATOR = frozenset(
    {
        _P.SPANNER_READ, _P.SPANNER_WRITE, _P.SPANNER_RESTORE, _P.FIRESTORE_READ, _P.FIRESTORE_WRITE,
        _P.FIRESTORE_DELETE, _P.KEY_ADMINISTER, _P.METRICS_READ,
    }
)  # fmt: skip

DOCUMENTED: Final[Table] = MappingProxyType(
    {
        Identity.BILLING_SERVICE: _SERVICE | {_P.SECRET_READ},
        Identity.RECONCILER: _RECONCILER | {_P.SPANNER_WRITE, _P.FIRESTORE_WRITE},
        Identity.CONSUMER: frozenset({_P.TOPIC_CONSUME, _P.FIRESTORE_READ}),
        Identity.DEPLOYER: frozenset({_P.DEPLOY}),
        Identity.ADMINISTRATOR: _ADMINISTRATOR
        | {
            _P.ARCHIVE_CREATE, _P.ARCHIVE_READ, _P.ARCHIVE_DELETE, _P.ARCHIVE_SET_POLICY,
            _P.KEY_SIGN, _P.SECRET_READ,
        },
        Identity.AUDITOR: frozenset({_P.FIRESTORE_READ, _P.ARCHIVE_READ, _P.METRICS_READ}),
    }
)  # fmt: skip
"""What the documents say or leave to one administrator."""

REPAIRED: Final[Table] = MappingProxyType(
    {
        Identity.BILLING_SERVICE: _SERVICE,
        Identity.RECONCILER: _RECONCILER | {_P.FIRESTORE_WRITE},
        Identity.CONSUMER: frozenset({_P.TOPIC_CONSUME}),
        Identity.DEPLOYER: frozenset({_P.DEPLOY}),
        Identity.ADMINISTRATOR: _ADMINISTRATOR - {_P.SPANNER_WRITE, _P.FIRESTORE_DELETE, _P.FIRESTORE_WRITE},
        Identity.ARCHIVE_ADMINISTRATOR: frozenset({_P.ARCHIVE_READ, _P.ARCHIVE_SET_POLICY}),
        Identity.AUDITOR: frozenset({_P.FIRESTORE_READ, _P.ARCHIVE_READ, _P.METRICS_READ}),
    }
)
"""Duties that no identity joins which could then rewrite what it answers for."""


def is_allowed(table: Table, identity: Identity, permission: Permission) -> bool:
    """Tell whether an identity holds a permission; what the table does not say is denied."""
    return permission in table.get(identity, frozenset())


class AddressRule(NamedTuple):
    """One rule of the perimeter: a prefix of addresses, and whether they are let in."""

    network: int
    """The first address, as a number of 32 bits."""
    prefix_bits: int
    allow: bool


def is_admitted(rules: tuple[AddressRule, ...], address: int) -> bool:
    """Tell whether an address is let in: by the first rule that matches, and not at all without one."""
    for network, bits, allow in rules:
        if address >> (32 - bits) == network >> (32 - bits):
            return allow
    return False


def no_stranger_is_allowed(before: Table, after: Table) -> bool:
    """Tell whether nobody without a credential may do anything."""
    del before
    return not any(is_allowed(after, Identity.NOBODY, permission) for permission in Permission)


def archive_has_its_own_administrator(before: Table, after: Table) -> bool:
    """Tell whether nobody who signs or writes the ledger can delete archived receipts or free them."""
    del before
    writes = (Permission.KEY_SIGN, Permission.SPANNER_WRITE, Permission.FIRESTORE_WRITE)
    frees = (Permission.ARCHIVE_DELETE, Permission.ARCHIVE_SET_POLICY)
    return not any(
        any(is_allowed(after, identity, one) for one in writes)
        and any(is_allowed(after, identity, one) for one in frees)
        for identity in Identity
    )


def keys_have_no_holder(before: Table, after: Table) -> bool:
    """Tell whether nobody reads a private key as a secret, and who administers keys does not sign."""
    del before
    return not any(
        is_allowed(after, identity, Permission.SECRET_READ)
        or (
            is_allowed(after, identity, Permission.KEY_SIGN)
            and is_allowed(after, identity, Permission.KEY_ADMINISTER)
        )
        for identity in Identity
    )


LAWS: Final[tuple[Law[Table], ...]] = (
    Law(
        name="nobody_may_nothing",
        statement="whoever shows no credential may do nothing",
        source="system.md section 2, deny by default",
        holds=no_stranger_is_allowed,
    ),
    Law(
        name="archive_apart",
        statement="nobody who signs or writes the ledger can delete the archive or lift its retention",
        source="switch archive_lock, T3-S6",
        holds=archive_has_its_own_administrator,
    ),
    Law(
        name="keys_apart",
        statement="no identity holds the private key, and none both signs and administers keys",
        source="XA-35, SE-4",
        holds=keys_have_no_holder,
    ),
)
"""The repaired table keeps all three; the documented one keeps the first only."""

SHARP_EDGES: Final = (
    SharpEdge(
        name="documented_administrator_can_rewrite_everything",
        statement="one administrator writes, deletes, signs and sets the archive's policy",
        source="SE-7, XA-39",
    ),
    SharpEdge(
        name="documented_service_holds_the_key",
        statement="a key in the secret manager is readable by whoever runs as the service",
        source="SE-4, XA-35",
    ),
)
