"""Domains about evidence: what a dispute, a reader or a restore has to go by."""

from dataclasses import replace

from billproof.invariants.explore.cast import (
    A1,
    ALICE,
    API,
    BOB,
    FIRST,
    JANUARY,
    SECOND,
    UNIT,
    WIDE_TERMS,
    attempts,
    opened,
    replies,
    request,
)
from billproof.invariants.explore.domain import Domain
from billproof.invariants.price_list import PLAN, TWO_CALLS
from billproof.model import commands, outside_commands
from billproof.model.customer_keys import EVIDENCE_ISSUER, KEY_ISSUER
from billproof.model.identifiers import (
    Amount,
    CustomerKeyId,
    Digest,
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
        outside_commands.SignRequest(customer_key=_HERS, fingerprint=_SIGNED.fingerprint),
        outside_commands.SignRequest(customer_key=_FORGED, fingerprint=_FALSELY_SIGNED.fingerprint),
    ),
    commands=(
        *attempts(_SIGNED, A1),
        *attempts(_FALSELY_SIGNED, A1),
        *attempts(rated("k2", 100, signer=_HERS), A1),
        *attempts(rated("k3", 900), A1),
        commands.RegisterKey(region=FIRST, request=registration("e2", _FORGED, "operator")),
        commands.RegisterKey(region=FIRST, request=registration("v1", _HERS, "customer", ends=2)),
        outside_commands.RotateSigningKey(signing_key=SigningKeyId("operator-2")),
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

DOCUMENTS = Domain(
    name="documents",
    story="two regions and the ledger documents: charges, faults of documents, reconciliation, readers",
    theorems=("T4",),
    regions=2,
    setup=(
        opened(WIDE_TERMS),
        commands.Replicate(source=FIRST),
        commands.Confirm(source=FIRST),
        outside_commands.Project(),
    ),
    commands=(
        *attempts(request("k1", 100), A1),
        commands.TopUp(region=FIRST, request=request("p1", 30)),
        commands.Replicate(source=FIRST),
        commands.Confirm(source=FIRST),
        outside_commands.Project(),
        outside_commands.CorruptDocument(customer=ALICE, amount=Amount(7 * UNIT)),
        outside_commands.CompareDocument(customer=ALICE),
        outside_commands.ReadBalance(region=FIRST, customer=ALICE),
        outside_commands.ReadBalance(region=SECOND, customer=ALICE),
        outside_commands.LeaveQuorum(),
        commands.Heal(),
        commands.FailOver(),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"),),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=3,
    epoch_max=2,
    moves_max=6,
)

_LATE = request("k1", 100)

RESTORED = Domain(
    name="restored",
    story="two regions, a backup, an acknowledged charge after it, a published head, restores",
    theorems=("T2", "T3"),
    regions=2,
    setup=(opened(WIDE_TERMS), commands.Replicate(source=FIRST), commands.Confirm(source=FIRST)),
    commands=(
        *attempts(_LATE, A1),
        *replies(FIRST, _LATE),
        commands.Replicate(source=FIRST),
        commands.Confirm(source=FIRST),
        commands.PublishCheckpoint(region=FIRST),
        outside_commands.TakeBackup(),
        outside_commands.RestoreBackup(region=FIRST),
        outside_commands.RestoreBackup(region=SECOND),
        outside_commands.LeaveQuorum(),
        commands.FailOver(),
        commands.Heal(),
        commands.Present(),
    ),
    customers=(ALICE,),
    keys=(IdempotencyKey("k1"),),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=2,
    epoch_max=3,
    moves_max=8,
)

ARCHIVED = Domain(
    name="archived",
    story="two regions, archived receipts, an administrator of the archive, and somebody who may sign heads",
    theorems=("T3",),
    regions=2,
    setup=(opened(WIDE_TERMS), commands.Replicate(source=FIRST), commands.Confirm(source=FIRST)),
    commands=(
        *attempts(_LATE, A1),
        commands.Replicate(source=FIRST),
        commands.Confirm(source=FIRST),
        commands.FailOver(),
        commands.Heal(),
        commands.PublishCheckpoint(region=FIRST),
        outside_commands.Archive(region=FIRST, position=Position(0)),
        outside_commands.Archive(region=FIRST, position=Position(1)),
        outside_commands.Archive(region=FIRST, position=Position(-1)),
        outside_commands.LeaveQuorum(),
        outside_commands.OverwriteArchive(position=Position(0), digest=Digest("forged")),
        outside_commands.ForgeCheckpoint(customer=ALICE),
        outside_commands.ForgeCheckpoint(customer=BOB),
    ),
    customers=(ALICE, BOB),
    keys=(IdempotencyKey("k1"),),
    entitlements=(API,),
    periods=(JANUARY,),
    ledger_max=3,
    epoch_max=2,
    moves_max=8,
)

EVIDENCE_DOMAINS: tuple[Domain, ...] = (DOCUMENTS, RESTORED, ARCHIVED, DISPUTED)
"""The domains of this file."""
