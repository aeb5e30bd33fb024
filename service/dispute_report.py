"""A dispute for whoever has to read it: a JSON document, and one page of HTML that needs nothing else.

Both are made from the same ``Dispute``, once, so that they cannot say different things (R21). The page holds
no script and loads nothing; every text in it is escaped.

Source: ``system.md`` section 8; ``cli.md``, ``dispute``.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import Final, TypeAlias

from billproof.model.canonical import parse_json
from billproof.model.customer_keys import customer_key_of
from billproof.model.disputes import Claim, Reason, Resolution
from billproof.model.effects import balance_effect, is_charge_bearing
from billproof.model.identifiers import NO_SEQUENCE, Amount
from billproof.model.money import render_amount
from billproof.model.receipts import KIND_NAMES, receipt_body, receipt_id
from billproof.model.state import Entry
from billproof.service.evidence import UNREADABLE, Dispute

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What a document is made of."""

CLAIM_WORDS: Final[Mapping[Claim, str]] = MappingProxyType(
    {
        Claim.ISSUED: "This charge was never made.",
        Claim.ALTERED: "This is not the receipt that I was given.",
        Claim.MISSING: "My receipt is not in the ledger any more.",
        Claim.DUPLICATED: "I was charged twice.",
        Claim.MINTED: "This receipt was made up.",
        Claim.MIS_RATED: "The amount is wrong.",
        Claim.NOT_SIGNED: "I did not ask for this.",
        Claim.STOLEN_KEY: "Somebody else used my key.",
    }
)
"""What each claim says."""

VERDICT_WORDS: Final[Mapping[Resolution, str]] = MappingProxyType(
    {
        Resolution.UPHELD: "The charge stands.",
        Resolution.REVERSED: "The charge is to be returned.",
        Resolution.SYSTEM_FAULT: "The operator's records are wrong; the charge is to be returned.",
        Resolution.INCONCLUSIVE: "The evidence does not decide; a person must.",
    }
)
"""What each verdict means."""

REASON_WORDS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.SIGNATURE_SETTLES: "the design takes a valid signature as proof of everything",
        Reason.NOBODY_SIGNED: "no key of the operator has signed what was shown",
        Reason.UNKNOWN_KEY: "it is signed by a key that the design's key history does not know",
        Reason.COPY_PROVES_NOTHING: "the copy is not signed by the operator, so it proves nothing",
        Reason.BEYOND_THE_HEAD: "no head covers this receipt yet; wait for the next checkpoint",
        Reason.CHAIN_DOES_NOT_VERIFY: "the customer's chain as shown does not lead to the head",
        Reason.NOT_IN_THE_LEDGER: "the ledger under the head has another entry at this place",
        Reason.IN_THE_LEDGER: "the ledger under the head has exactly this entry at its place",
        Reason.NOTHING_WAS_CHARGED: "this entry charges nothing",
        Reason.CHARGED_TWICE: "another charge under the head bears the same idempotency key",
        Reason.CHARGED_ONCE: "no other charge under the head bears this idempotency key",
        Reason.AMOUNT_IS_RIGHT: "usage and published price plan come to exactly this amount",
        Reason.AMOUNT_IS_WRONG: "usage and published price plan come to another amount",
        Reason.AMOUNT_NOT_RECOMPUTABLE: "the price plan is not published, or does not price this usage",
        Reason.CREDENTIAL_ONLY: "the request came with a credential, which does not show who sent it",
        Reason.CREDENTIAL_SETTLES: "the design takes whoever has the credential for the customer",
        Reason.KEY_NEVER_REGISTERED: "the key that the entry names was never registered by this customer",
        Reason.KEY_REVOKED_BEFORE: "the key was revoked before this entry was committed",
        Reason.ENROLMENT_NOT_VOUCHED_FOR: "nobody but the operator vouches for the key",
        Reason.SIGNED_BY_THE_CUSTOMER: "a registered key of the customer has signed exactly this request",
        Reason.SIGNATURE_NOT_ON_RECORD: "the entry names a key of the customer whose signature is not shown",
        Reason.EVIDENCE_ERASED: "the signature was erased with the customer's data",
        Reason.THEFT_NOT_REPORTED_BEFORE: "theft was not reported before; the contract decides, not evidence",
    }
)
"""Why, in a sentence."""


RETURNING: Final = (
    Reason.CHARGED_TWICE,
    Reason.AMOUNT_IS_WRONG,
    Reason.KEY_NEVER_REGISTERED,
    Reason.KEY_REVOKED_BEFORE,
    Reason.SIGNATURE_NOT_ON_RECORD,
)
"""The reasons for which a charge that is in the ledger is returned; of a wrong amount, the difference."""


def dispute_document(dispute: Dispute) -> dict[str, Json]:
    """Return the evidence bundle as a JSON document; ``model`` and schema: ``cli/schemas/dispute.json``."""
    decision = dispute.decision
    return {
        "verdict": decision.resolution.value,
        "meaning": VERDICT_WORDS[decision.resolution],
        "reasons": [{"code": decision.reason.value, "text": REASON_WORDS[decision.reason]}],
        "receipt_id": dispute.receipt_id,
        "claim": dispute.claim.value,
        "claim_text": CLAIM_WORDS[dispute.claim],
        "design": dispute.design,
        "refundable": _refundable(dispute),
        "evidence": {
            "receipt": _receipt(dispute.evidence.disputed.entry),
            "jws": dispute.jws,
            "shown_by": dispute.evidence.shown_by.value,
            "signature": _signature(dispute),
            "head": _head(dispute),
            "inclusion": _inclusion(dispute),
            "neighbours": _neighbours(dispute),
            "balance": _balance(dispute.evidence.disputed.entry),
            "same_key": _twins(dispute),
            "price": _price(dispute),
            "authorisation": _authorisation(dispute),
        },
    }


def dispute_page(document: Mapping[str, Json]) -> str:
    """Return the page of an evidence bundle, whole: HTML with its style, without scripts or links."""
    # Only the page needs it, and it is slow to import: a service is to be back within seconds.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = files("billproof.service").joinpath("dispute.html.jinja").read_text(encoding="utf-8")
    return environment.from_string(text).render(document)


def _receipt(entry: Entry) -> Json:
    if entry.currency == UNREADABLE.currency:
        return None
    body = parse_json(receipt_body(entry), "receipt")
    assert isinstance(body, dict)
    return body


def _signature(dispute: Dispute) -> Json:
    return {
        "is_valid": not dispute.signature_problem,
        "key_id": dispute.evidence.disputed.entry.signing_key,
        "problem": dispute.signature_problem,
    }


def _head(dispute: Dispute) -> Json:
    head = dispute.evidence.witnessed.get(dispute.evidence.disputed.entry.customer)
    return {
        "seq": None if head is None else head.sequence,
        "digest": None if head is None else head.digest,
        "anchor": dispute.anchor,
    }


def _inclusion(dispute: Dispute) -> Json:
    proof = dispute.inclusion
    if proof is None:
        return None
    return {
        "index": proof.index,
        "size": proof.size,
        "root": proof.root.hex(),
        "hashes": [item.hex() for item in proof.hashes],
        "is_good": proof.is_good,
    }


def _neighbours(dispute: Dispute) -> Json:
    sequence = dispute.evidence.disputed.entry.sequence
    found = {item.entry.sequence: item.entry for item in dispute.evidence.presented}
    return {
        "before": _short(found.get(type(sequence)(sequence - 1))),
        "after": _short(found.get(type(sequence)(sequence + 1))),
    }


def _short(entry: Entry | None) -> Json:
    if entry is None or entry.currency == UNREADABLE.currency:
        return None
    return {
        "receipt_id": receipt_id(entry.customer, entry.sequence),
        "seq": entry.sequence,
        "kind": KIND_NAMES[entry.kind],
        "amount": render_amount(entry.amount),
        "balance_before": render_amount(entry.balance_before),
        "balance_after": render_amount(entry.balance_after),
        "prev": entry.previous,
        "digest": entry.digest,
    }


def _balance(entry: Entry) -> Json:
    effect = balance_effect(entry, entry.customer)
    return {
        "before": render_amount(entry.balance_before),
        "effect": render_amount(effect),
        "after": render_amount(entry.balance_after),
        "adds_up": entry.balance_before + effect == entry.balance_after,
    }


def _twins(dispute: Dispute) -> Json:
    entry = dispute.evidence.disputed.entry
    return [
        _short(item.entry)
        for item in dispute.evidence.presented
        if item.entry.key == entry.key and is_charge_bearing(item.entry)
    ]


def _price(dispute: Dispute) -> Json:
    entry = dispute.evidence.disputed.entry
    recomputed = dispute.evidence.rate(entry)
    plan = dispute.plan
    return {
        "usage": entry.usage,
        "price_plan_hash": entry.price_plan,
        "unit": None if plan is None else plan.unit,
        "unit_price": None if plan is None else render_amount(plan.price),
        "recomputed": None if recomputed is None else render_amount(recomputed),
        "charged": render_amount(entry.amount),
        "difference": None if recomputed is None else render_amount(Amount(entry.amount - recomputed)),
    }


def _authorisation(dispute: Dispute) -> Json:
    entry = dispute.evidence.disputed.entry
    enrolment = dispute.enrolment
    ended = enrolment is not None and enrolment.revoked != NO_SEQUENCE
    return {
        "issuer": entry.issuer,
        "customer_key": customer_key_of(entry.issuer),
        "request_fingerprint": entry.fingerprint,
        "registered_at_seq": None if enrolment is None else enrolment.registered,
        "revoked_at_seq": enrolment.revoked if enrolment is not None and ended else None,
        "is_vouched_for": enrolment is not None and enrolment.is_counted,
        "signature_on_record": dispute.is_signed,
    }


def refundable_of(dispute: Dispute) -> Amount:
    """Return what is to be returned, in units: 0 where the charge stands, or was too small."""
    if dispute.decision.reason not in RETURNING:
        return Amount(0)
    entry = dispute.evidence.disputed.entry
    recomputed = dispute.evidence.rate(entry)
    if dispute.decision.reason == Reason.AMOUNT_IS_WRONG and recomputed is not None:
        return Amount(max(0, entry.amount - recomputed))
    return entry.amount


def _refundable(dispute: Dispute) -> Json:
    """Return what is to be returned, or ``None`` where the charge stands, is open, or is in no ledger."""
    if dispute.decision.reason not in RETURNING:
        return None
    currency = dispute.evidence.disputed.entry.currency
    return {"amount": render_amount(refundable_of(dispute)), "currency": currency}
