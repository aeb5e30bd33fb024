"""Disputes: what the evidence decides about one receipt, and what a person must.

The procedure sees what anybody can see: the ledger as the operator presents it, the witnessed heads, the
receipt in dispute, the published price plans, the signatures of customers on record, and the operator's key
history. It never sees the committed log. Under ``signature_only`` it does what the documents say: a valid
signature settles the dispute against the customer.

Choices. Only the disputed customer's chain is judged: it is anchored by its own witnessed head, so damage to
somebody else's chain leaves a dispute decidable. A receipt that the operator shows and nobody has signed is
the operator's fault; the same from a customer proves nothing either way. Theft of a customer's key is for
the contract to settle, not for cryptography (R7.4): decided only where it was reported before the charge.

Not here: what is done about a verdict (``corrections``), and how the evidence is gathered (``service``).

Source: ``theorems.md`` T7; rules R7.1 to R7.5; schedules T7-S1 to T7-S8.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from billproof.model.context import Context
from billproof.model.customer_keys import (
    SignatureCheck,
    customer_key_of,
    enrolment_at,
    enrolments_of,
    is_revoked_at,
)
from billproof.model.effects import is_charge_bearing
from billproof.model.identifiers import Amount, CustomerId, Instant, SigningKeyId
from billproof.model.outcomes import EntryKind
from billproof.model.state import Entry, Head, Presented
from billproof.model.switches import AmountEvidence, Authorisation, DisputeEvidence, KeyHistory
from billproof.model.verification import check_signature, first_finding


class Claim(StrEnum):
    """What a customer claims about a receipt."""

    ISSUED = "issued"
    """"This charge was never made": the receipt shown is not in the ledger."""
    ALTERED = "altered"
    """"This is not what I was charged": the receipt shown differs from the one handed out."""
    MISSING = "missing"
    """"My receipt has gone": the receipt that I hold is not in the ledger presented."""
    DUPLICATED = "duplicated"
    """"I was charged twice": another charge bears the same key."""
    MINTED = "minted"
    """"You made this up": the receipt was signed outside the ledger."""
    MIS_RATED = "mis_rated"
    """"The amount is wrong": it is not what usage and price plan come to."""
    NOT_SIGNED = "not_signed_by_my_key"
    """"I did not ask for this": no key of mine has signed the request."""
    STOLEN_KEY = "stolen_key"
    """"Somebody else used my key"."""


class Resolution(StrEnum):
    """How a dispute ends."""

    UPHELD = "UPHELD"
    """The charge stands."""
    REVERSED = "REVERSED"
    """The charge is returned."""
    SYSTEM_FAULT = "SYSTEM_FAULT"
    """The operator's records are wrong; the charge is returned and the fault is recorded."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """The evidence does not decide; a person does."""


class Reason(StrEnum):
    """Why; each resolution has one, and a page says it in a sentence."""

    SIGNATURE_SETTLES = "signature_settles"
    NOBODY_SIGNED = "nobody_signed"
    UNKNOWN_KEY = "unknown_key"
    COPY_PROVES_NOTHING = "copy_proves_nothing"
    BEYOND_THE_HEAD = "beyond_the_head"
    CHAIN_DOES_NOT_VERIFY = "chain_does_not_verify"
    NOT_IN_THE_LEDGER = "not_in_the_ledger"
    IN_THE_LEDGER = "in_the_ledger"
    NOTHING_WAS_CHARGED = "nothing_was_charged"
    CHARGED_TWICE = "charged_twice"
    CHARGED_ONCE = "charged_once"
    AMOUNT_IS_RIGHT = "amount_is_right"
    AMOUNT_IS_WRONG = "amount_is_wrong"
    AMOUNT_NOT_RECOMPUTABLE = "amount_not_recomputable"
    CREDENTIAL_ONLY = "credential_only"
    CREDENTIAL_SETTLES = "credential_settles"
    KEY_NEVER_REGISTERED = "key_never_registered"
    KEY_REVOKED_BEFORE = "key_revoked_before"
    ENROLMENT_NOT_VOUCHED_FOR = "enrolment_not_vouched_for"
    SIGNED_BY_THE_CUSTOMER = "signed_by_the_customer"
    SIGNATURE_NOT_ON_RECORD = "signature_not_on_record"
    THEFT_NOT_REPORTED_BEFORE = "theft_not_reported_before"
    EVIDENCE_ERASED = "evidence_erased"


class Shower(StrEnum):
    """Who shows the receipt in dispute."""

    OPERATOR = "operator"
    CUSTOMER = "customer"


Rate: TypeAlias = Callable[[Entry], Amount | None]
"""``rate(entry)``: what usage and price plan of a charge come to by the published plans, in units, or
``None`` where plan or usage cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeys:
    """The operator's keys, as a verifier knows them."""

    current: SigningKeyId
    retired: Mapping[SigningKeyId, Instant]
    """Earlier keys, each with the instant until which it was valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the procedure is given."""

    presented: Sequence[Presented]
    """The ledger that the operator shows, in log order; the disputed customer's chain is enough."""
    witnessed: Mapping[CustomerId, Head]
    """The heads of the last witnessed checkpoint; empty without one."""
    disputed: Presented
    """The receipt in dispute."""
    shown_by: Shower
    signing_keys: SigningKeys
    rate: Rate
    is_signed: SignatureCheck
    """Which signatures of customers' keys over requests are on record and valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A resolution and why."""

    resolution: Resolution
    reason: Reason


def resolve(claim: Claim, evidence: Evidence, context: Context) -> Resolution:
    """Return the resolution of a dispute from its evidence alone; see ``decide``."""
    return decide(claim, evidence, context).resolution


def decide(claim: Claim, evidence: Evidence, context: Context) -> Decision:
    """Return the resolution of a dispute from its evidence alone, and the reason.

    Args:
        claim: What the customer claims.
        evidence: Presented ledger, witnessed heads, the receipt in dispute, and what lies beside it. What is
            decided holds for the log up to the witnessed head.
        context: The design's rules of evidence and the digest oracle.
    """
    unsigned = _check_receipt(evidence, context)
    if unsigned is not None:
        return unsigned
    if context.design.dispute_evidence == DisputeEvidence.SIGNATURE_ONLY:
        return _decision(Resolution.UPHELD, Reason.SIGNATURE_SETTLES)
    entry = evidence.disputed.entry
    head = evidence.witnessed.get(entry.customer)
    if head is None or entry.sequence > head.sequence:
        return _decision(Resolution.INCONCLUSIVE, Reason.BEYOND_THE_HEAD)
    own = [item for item in evidence.presented if item.entry.customer == entry.customer]
    if first_finding(own, {entry.customer: head}, context) is not None:
        return _decision(Resolution.INCONCLUSIVE, Reason.CHAIN_DOES_NOT_VERIFY)
    # What lies beyond the head is unwitnessed: it may be shown to one reader and not to another.
    chain = [item.entry for item in own][: head.sequence]
    if chain[entry.sequence - 1] != entry:
        return _decision(Resolution.SYSTEM_FAULT, Reason.NOT_IN_THE_LEDGER)
    if not is_charge_bearing(entry):
        return _decision(Resolution.UPHELD, Reason.NOTHING_WAS_CHARGED)
    if claim == Claim.DUPLICATED:
        return _judge_duplicate(entry, chain)
    if claim == Claim.MIS_RATED:
        return _judge_amount(entry, evidence, context)
    if claim == Claim.NOT_SIGNED:
        return _judge_authorisation(entry, chain, evidence, context)
    if claim == Claim.STOLEN_KEY:
        return _judge_theft(entry, chain, evidence, context)
    return _decision(Resolution.UPHELD, Reason.IN_THE_LEDGER)


def is_known_key(key: SigningKeyId, keys: SigningKeys, context: Context) -> bool:
    """Tell whether a verifier knows a signing key of the operator, as the design keeps its history."""
    if key == keys.current:
        return True
    return context.design.key_history == KeyHistory.LOGGED_VALIDITY_INTERVALS and key in keys.retired


def _check_receipt(evidence: Evidence, context: Context) -> Decision | None:
    """Return the decision if what is in dispute is no receipt of this operator."""
    if not check_signature(evidence.disputed, context):
        reason = Reason.NOBODY_SIGNED
    elif not is_known_key(evidence.disputed.entry.signing_key, evidence.signing_keys, context):
        reason = Reason.UNKNOWN_KEY
    else:
        return None
    if evidence.shown_by == Shower.CUSTOMER:
        return _decision(Resolution.INCONCLUSIVE, Reason.COPY_PROVES_NOTHING)
    return _decision(Resolution.SYSTEM_FAULT, reason)


def _judge_duplicate(entry: Entry, chain: Sequence[Entry]) -> Decision:
    twins = [other for other in chain if other.key == entry.key and is_charge_bearing(other)]
    if len(twins) > 1:
        return _decision(Resolution.REVERSED, Reason.CHARGED_TWICE)
    return _decision(Resolution.UPHELD, Reason.CHARGED_ONCE)


def _judge_amount(entry: Entry, evidence: Evidence, context: Context) -> Decision:
    if context.design.amount_evidence == AmountEvidence.SIGNATURE_ONLY:
        return _decision(Resolution.UPHELD, Reason.SIGNATURE_SETTLES)
    rated = evidence.rate(entry)
    if rated is None:
        return _decision(Resolution.INCONCLUSIVE, Reason.AMOUNT_NOT_RECOMPUTABLE)
    if rated != entry.amount:
        return _decision(Resolution.SYSTEM_FAULT, Reason.AMOUNT_IS_WRONG)
    return _decision(Resolution.UPHELD, Reason.AMOUNT_IS_RIGHT)


def _judge_authorisation(
    entry: Entry, chain: Sequence[Entry], evidence: Evidence, context: Context
) -> Decision:
    if context.design.authorisation == Authorisation.BEARER_TOKEN:
        return _decision(Resolution.UPHELD, Reason.CREDENTIAL_SETTLES)
    key = customer_key_of(entry.issuer)
    if key is None:
        return _decision(Resolution.INCONCLUSIVE, Reason.CREDENTIAL_ONLY)
    known = enrolments_of(chain, evidence.is_signed, context.design.customer_keys)
    enrolment = enrolment_at(known, key, entry.sequence)
    if enrolment is None:
        return _decision(Resolution.REVERSED, Reason.KEY_NEVER_REGISTERED)
    if is_revoked_at(enrolment, entry.sequence):
        return _decision(Resolution.REVERSED, Reason.KEY_REVOKED_BEFORE)
    if not enrolment.is_counted:
        return _decision(Resolution.INCONCLUSIVE, Reason.ENROLMENT_NOT_VOUCHED_FOR)
    if not evidence.is_signed(key, entry.fingerprint):
        if any(other.kind == EntryKind.ERASURE for other in chain):
            # The signature went with the customer's data; that it is missing says nothing any more.
            return _decision(Resolution.INCONCLUSIVE, Reason.EVIDENCE_ERASED)
        return _decision(Resolution.SYSTEM_FAULT, Reason.SIGNATURE_NOT_ON_RECORD)
    return _decision(Resolution.UPHELD, Reason.SIGNED_BY_THE_CUSTOMER)


def _judge_theft(entry: Entry, chain: Sequence[Entry], evidence: Evidence, context: Context) -> Decision:
    if context.design.authorisation == Authorisation.BEARER_TOKEN:
        return _decision(Resolution.UPHELD, Reason.CREDENTIAL_SETTLES)
    key = customer_key_of(entry.issuer)
    if key is None:
        return _decision(Resolution.INCONCLUSIVE, Reason.CREDENTIAL_ONLY)
    known = enrolments_of(chain, evidence.is_signed, context.design.customer_keys)
    enrolment = enrolment_at(known, key, entry.sequence)
    if enrolment is not None and is_revoked_at(enrolment, entry.sequence):
        return _decision(Resolution.REVERSED, Reason.KEY_REVOKED_BEFORE)
    return _decision(Resolution.INCONCLUSIVE, Reason.THEFT_NOT_REPORTED_BEFORE)


def _decision(resolution: Resolution, reason: Reason) -> Decision:
    return Decision(resolution=resolution, reason=reason)
