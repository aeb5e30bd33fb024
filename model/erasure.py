"""Erasure by shredding keys: the ledger keeps commitments, and whoever has no key learns nothing from them.

Personal data of a customer is kept encrypted under a key of that customer, outside everything that is
hashed. What the audit log says of it is a commitment: HMAC-SHA-256 of field and value under that key. While
the key exists, anybody who is shown a value can check it against the commitment; once it is shredded, the
commitment is a random-looking number, and chains, totals and log are as they were.

Choices: a salt per value, stored beside the commitment, would have to be found and shredded per value; one
key per customer is shredded once. Deleting a customer deletes nothing else: receipts, audit entries and
balances stay under the customer's identifier, which has to be a pseudonym (B107, B108).

Not here: when to erase (``compliance``), encryption and files (``service.personal``).

Source: known-bugs rule R20; ``system.md`` section 5, last sentence; contradictions XH-04, XH-16.
"""

import hashlib
import hmac
from typing import Final, NewType

from billproof.model.canonical import canonical_bytes
from billproof.model.identifiers import CustomerId

PersonalKey = NewType("PersonalKey", bytes)
"""The key of one customer's personal data: 32 random bytes."""

Commitment = NewType("Commitment", str)
"""HMAC-SHA-256 in lowercase hex."""

KEY_BYTES: Final = 32
"""The length of a personal key."""

COMMITMENT_TAG: Final = "billproof/personal/v1"
"""The first member of what is committed to."""


def commit_to(key: PersonalKey, customer: CustomerId, field: str, value: str) -> Commitment:
    """Return the commitment to a value of a field.

    Law: equal values of two customers, or of two fields, have different commitments.

    Raises:
        ValueError: The key has another length than 32 bytes; a bug of the caller.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a personal key has {len(key)} bytes instead of {KEY_BYTES}")
    message = canonical_bytes([COMMITMENT_TAG, customer, field, value])
    return Commitment(hmac.new(key, message, hashlib.sha256).hexdigest())
