"""Domains about evidence: what a dispute, a reader or a restore has to go by."""

from dataclasses import replace

from billproof.invariants.explore.cast import (
    A1,
    ALICE,
    API,
    FIRST,
    JANUARY,
    UNIT,
    WIDE_TERMS,
    attempts,
    opened,
    request,
)
from billproof.invariants.explore.domain import Domain
from billproof.invariants.price_list import PLAN, TWO_CALLS
from billproof.model import commands
from billproof.model.customer_keys import EVIDENCE_ISSUER, KEY_ISSUER
from billproof.model.identifiers import (
    Amount,
    CustomerKeyId,
    IdempotencyKey,
    IssuerId,
    Position,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.state import Request

_HERS, _FORGED = CustomerKeyId("alice-1"), CustomerKeyId("mallory-1")


def rated(key: str, amount: int, *, signer: CustomerKeyId | None = None) -> Request:
    """Return a request for two calls, by the bearer of a credential or by a customer's key."""
    issuer = IssuerId(f"{KEY_ISSUER}{signer}") if signer is not None else IssuerId("customer")
    return replace(request(key, amount), usage=TWO_CALLS, price_plan=PLAN, issuer=issuer)


def registration(key: str, customer_key: CustomerKeyId, voucher: str, *, ends: int = 0) -> Request:
    """Return a request that registers a customer's key or, with ``ends``, revokes a registration."""
    return replace(
        request(key, 0), usage=UsageText(customer_key), issuer=IssuerId(voucher), refers_to=Sequence(ends)
    )


_SIGNED = rated("k1", 100, signer=_HERS)
_FALSELY_SIGNED = rated("k1", 100, signer=_FORGED)

DISPUTED = Domain(
    name="disputed",
    story="charges with and without the customer's signature, at the right price and not, then disputes",
    theorems=("T7",),
    regions=1,
    setup=(
        opened(WIDE_TERMS),
        commands.RegisterKey(region=FIRST, request=registration("e1", _HERS, f"{EVIDENCE_ISSUER}notary")),
        commands.SignRequest(customer_key=_HERS, fingerprint=_SIGNED.fingerprint),
        commands.SignRequest(customer_key=_FORGED, fingerprint=_FALSELY_SIGNED.fingerprint),
    ),
    commands=(
        *attempts(_SIGNED, A1),
        *attempts(_FALSELY_SIGNED, A1),
        *attempts(rated("k2", 100, signer=_HERS), A1),
        *attempts(rated("k3", 900), A1),
        commands.RegisterKey(region=FIRST, request=registration("e2", _FORGED, "operator")),
        commands.RegisterKey(region=FIRST, request=registration("v1", _HERS, "customer", ends=2)),
        commands.RotateSigningKey(signing_key=SigningKeyId("operator-2")),
        commands.PublishCheckpoint(region=FIRST),
        commands.Present(),
        commands.ForkPresented(position=Position(2), amount=Amount(7 * UNIT)),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"),),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=4,
    moves_max=6,
)

EVIDENCE_DOMAINS: tuple[Domain, ...] = (DISPUTED,)
"""The domains of this file."""
