"""Keys that customers hold: which were registered, by whose word, and until when.

A registration is an entry of the customer's chain, so that its place in the order of commits is beyond
dispute: ``usage`` names the key, ``issuer`` who vouches for it, ``refers_to`` - in a revocation - the
registration that it ends. A request that a customer has signed has the issuer ``key:`` and the key's id.

Whether a registration counts is judged here, from the chain alone: under ``operator_enrols`` every one does;
else only one that an earlier key of the customer has signed, or that rests on evidence from outside.

Source: rule R7.3; schedules T7-S2, T7-S6; switch ``customer_keys``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from billproof.model.identifiers import (
    NO_SEQUENCE,
    CustomerKeyId,
    Fingerprint,
    IssuerId,
    Sequence,
)
from billproof.model.outcomes import EntryKind
from billproof.model.state import Entry
from billproof.model.switches import CustomerKeys

KEY_ISSUER: Final = "key:"
"""How the issuer of what a customer's key has signed begins."""

EVIDENCE_ISSUER: Final = "evidence:"
"""How the issuer of a registration begins that rests on evidence from outside, for example a notary's."""

SignatureCheck: TypeAlias = Callable[[CustomerKeyId, Fingerprint], bool]
"""``check(key, fingerprint)``: whether a valid signature of that key over that request is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One registration of a key."""

    customer_key: CustomerKeyId
    registered: Sequence
    """The entry that registers it."""
    revoked: Sequence
    """The entry that revokes it; ``NO_SEQUENCE`` while none does."""
    is_counted: bool
    """Whether somebody vouches for it whose word counts under the design."""


def customer_key_of(issuer: IssuerId) -> CustomerKeyId | None:
    """Return the customer's key that an issuer names, or ``None`` for a bearer of a credential."""
    if not issuer.startswith(KEY_ISSUER):
        return None
    return CustomerKeyId(issuer.removeprefix(KEY_ISSUER))


def enrolments_of(
    chain: Iterable[Entry], is_signed: SignatureCheck, rule: CustomerKeys
) -> tuple[Enrolment, ...]:
    """Return every registration in a customer's chain, in order.

    Args:
        chain: The entries of one customer, in order, already verified.
        is_signed: Which signatures of customers' keys are on record.
        rule: Whose word counts.
    """
    found: list[Enrolment] = []
    for entry in chain:
        if entry.kind != EntryKind.KEY_REGISTRATION:
            continue
        if entry.refers_to == NO_SEQUENCE:
            found.append(
                Enrolment(
                    customer_key=CustomerKeyId(entry.usage),
                    registered=entry.sequence,
                    revoked=NO_SEQUENCE,
                    is_counted=_is_vouched_for(entry, found, is_signed, rule),
                )
            )
            continue
        found = [
            replace(item, revoked=entry.sequence)
            if item.registered == entry.refers_to and item.revoked == NO_SEQUENCE
            else item
            for item in found
        ]
    return tuple(found)


def enrolment_at(enrolments: Iterable[Enrolment], key: CustomerKeyId, sequence: Sequence) -> Enrolment | None:
    """Return the last registration of a key before an entry, revoked or not, or ``None``."""
    before = [item for item in enrolments if item.customer_key == key and item.registered < sequence]
    return before[-1] if before else None


def is_revoked_at(enrolment: Enrolment, sequence: Sequence) -> bool:
    """Tell whether a registration was revoked before an entry committed."""
    return enrolment.revoked != NO_SEQUENCE and enrolment.revoked < sequence


def _is_vouched_for(
    entry: Entry, before: Iterable[Enrolment], is_signed: SignatureCheck, rule: CustomerKeys
) -> bool:
    if rule == CustomerKeys.OPERATOR_ENROLS:
        return True
    if entry.issuer.startswith(EVIDENCE_ISSUER):
        return True
    key = customer_key_of(entry.issuer)
    if key is None or not is_signed(key, entry.fingerprint):
        return False
    earlier = enrolment_at(before, key, entry.sequence)
    return earlier is not None and earlier.is_counted and not is_revoked_at(earlier, entry.sequence)
