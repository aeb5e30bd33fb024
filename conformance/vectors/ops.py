"""The operations that vectors ask for, answered by the model: what the reference does with them.

Each takes the ``args`` of a vector and returns ``ok`` with a value or ``rejected`` with a closed code.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from billproof.conformance.adapter import ok, rejected
from billproof.conformance.documents import (
    Document,
    MemberError,
    Value,
    as_document,
    inner_of,
    list_of,
    number_of,
    text_of,
    texts_of,
)
from billproof.conformance.reference.requests import KINDS
from billproof.model.canonical import CanonicalValueError, JsonInputError, canonical_bytes, parse_json
from billproof.model.charging import judge_charge
from billproof.model.checkpoints import CheckpointFormatError, FailedCheckpoint, verify_note
from billproof.model.context import Context
from billproof.model.customer_keys import SignatureCheck
from billproof.model.design import REPAIRED
from billproof.model.disputes import Claim, Evidence, Shower, SigningKeys, resolve
from billproof.model.identifiers import (
    NO_DIGEST,
    NO_PERIOD,
    Amount,
    Count,
    CurrencyCode,
    CustomerId,
    Digest,
    EntitlementId,
    Instant,
    Period,
    Position,
    Sequence,
    SigningKeyId,
)
from billproof.model.invoicing import Cut, statement
from billproof.model.jws import JwsEncodingError, decode_base64url, encode_base64url
from billproof.model.key_sets import KeyFormatError, parse_key_set
from billproof.model.keys import FailedReceipt, verify_receipt, verify_receipts
from billproof.model.merkle import leaf_hash
from billproof.model.merkle_proofs import verify_consistency, verify_inclusion
from billproof.model.money import (
    AllocationError,
    AmountFormatError,
    AmountRangeError,
    UnknownCurrencyError,
    allocate,
    check_currency,
    parse_amount,
    render_amount,
    round_to_minor,
)
from billproof.model.outcomes import EntryKind, Status
from billproof.model.periods import (
    InstantFormatError,
    InstantRangeError,
    parse_instant,
    parse_period,
    period_end,
    period_of,
    period_start,
    render_instant,
    render_period,
)
from billproof.model.posting import NO_ROW
from billproof.model.price_plans import PlanError, parse_plan, parse_quantity
from billproof.model.rating import rate
from billproof.model.receipts import digest_of
from billproof.model.state import NO_ENTRY, Account, Head, Presented, Terms
from billproof.model.verification import first_finding

CONTEXT: Final = Context(design=REPAIRED, digest=digest_of(REPAIRED))


def read_amount(args: Document) -> Document:
    """Read an amount, and write it again."""
    try:
        return ok({"amount": render_amount(parse_amount(text_of(args, "text")))})
    except AmountFormatError:
        return rejected("AMOUNT_FORMAT")
    except AmountRangeError:
        return rejected("AMOUNT_RANGE")


def round_amount(args: Document) -> Document:
    """Round an amount half-even to the minor unit of its currency."""
    try:
        currency = check_currency(text_of(args, "currency"))
        made = round_to_minor(parse_amount(text_of(args, "amount")), currency)
    except UnknownCurrencyError:
        return rejected("BAD_CURRENCY")
    return ok({"rounded": render_amount(made.rounded), "residue": render_amount(made.residue)})


def split_amount(args: Document) -> Document:
    """Split an amount by weights, largest remainder first."""
    weights = tuple(Count(int(text)) for text in texts_of(args, "weights"))
    try:
        parts = allocate(parse_amount(text_of(args, "total")), weights)
    except AllocationError:
        return rejected("WEIGHTS")
    listed: list[Value] = [render_amount(part) for part in parts]
    return ok({"parts": listed})


def rate_usage(args: Document) -> Document:
    """Rate a quantity by a price plan."""
    try:
        plan = parse_plan(text_of(args, "plan"), source="plan")
        return ok(
            {"amount": render_amount(rate(plan, parse_quantity(text_of(args, "quantity"), plan.decimals)))}
        )
    except (PlanError, JsonInputError, AmountFormatError, UnknownCurrencyError):
        return rejected("PLAN")


def name_period(args: Document) -> Document:
    """Name the period of an instant, and its half-open bounds."""
    try:
        instant = parse_instant(text_of(args, "instant"))
    except InstantFormatError:
        return rejected("INSTANT_FORMAT")
    except InstantRangeError:
        return rejected("INSTANT_RANGE")
    period = period_of(instant)
    return ok(
        {
            "period": render_period(period), "start": render_instant(period_start(period)),
            "end": render_instant(period_end(period)), "instant": render_instant(instant),
        }
    )  # fmt: skip


def decide_charge(args: Document) -> Document:
    """Decide a charge from usage, limit and balance."""
    amounts = {
        name: parse_amount(text_of(args, name))
        for name in ("credit_limit", "quota", "limit", "balance", "used", "amount")
    }
    terms = Terms(
        kind=KINDS[text_of(args, "account")], credit_limit=amounts["credit_limit"], quota=amounts["quota"],
        limit=amounts["limit"],
    )  # fmt: skip
    account = Account(
        currency=CurrencyCode("USD"), balance=amounts["balance"], terms=terms, first_period=Period(0),
        closed_through=NO_PERIOD, holds=Count(number_of(args, "holds", 0)),
    )  # fmt: skip
    row = replace(NO_ROW, used=amounts["used"])
    status = judge_charge(account, row, amounts["used"], amounts["amount"], CONTEXT)
    if status <= Status.ACCEPTED_WITH_WARNING:
        return ok({"status": status.name.lower()})
    return rejected(status.name)


def draw_invoice(args: Document) -> Document:
    """Draw the invoice of a month from the entries of a chain."""
    currency = CurrencyCode(text_of(args, "currency"))
    period = parse_period(text_of(args, "period"))
    entries = []
    for number, value in enumerate(list_of(args, "entries"), 1):
        item = as_document(value, "entry")
        entries.append(
            replace(
                NO_ENTRY, customer=CustomerId("c"), sequence=Sequence(number), status=Status.ACCEPTED,
                kind=EntryKind[text_of(item, "kind").upper()], amount=parse_amount(text_of(item, "amount")),
                currency=currency, entitlement=EntitlementId(text_of(item, "entitlement", "")),
                period=parse_period(text_of(item, "period")),
            )
        )  # fmt: skip
    cut = Cut(period=period, sequence=Sequence(len(entries) + 1))
    made = statement(entries, cut, (cut,), currency)
    lines: list[Value] = [
        {
            "entitlement": line.entitlement, "kind": line.kind.name.lower(),
            "exact": render_amount(line.exact),
            "amount": render_amount(line.rounded), "period": render_period(line.period),
        }
        for line in made.lines
    ]  # fmt: skip
    return ok({"total": render_amount(made.total), "residue": render_amount(made.residue), "lines": lines})


def canonicalise(args: Document) -> Document:
    """Return the canonical bytes of a JSON text, and refuse what has none."""
    try:
        value = parse_json(text_of(args, "text"), "text")
        return ok({"bytes": encode_base64url(canonical_bytes(value))})
    except (JsonInputError, CanonicalValueError):
        return rejected("ENCODING")


def verify_one_receipt(args: Document) -> Document:
    """Verify one signed receipt under a key set."""
    found = verify_receipt(text_of(args, "receipt"), parse_key_set(text_of(args, "jwks"), "jwks"))
    if isinstance(found, FailedReceipt):
        return rejected(found.code.value)
    entry = found.entry
    return ok({"digest": entry.digest, "seq": str(entry.sequence), "amount": render_amount(entry.amount)})


def verify_chain(args: Document) -> Document:
    """Verify a chain of signed receipts under a key set, and under a witnessed head where there is one."""
    presented = []
    for item in verify_receipts(texts_of(args, "receipts"), parse_key_set(text_of(args, "jwks"), "jwks")):
        if isinstance(item, FailedReceipt):
            return rejected(item.code.value)
        presented.append(Presented(entry=item.entry, signed=item.entry.digest))
    finding = first_finding(presented, _witnessed(args), CONTEXT)
    if finding is not None:
        return rejected(finding.code.value)
    head = presented[-1].entry.digest if presented else NO_DIGEST
    return ok({"count": str(len(presented)), "head": head})


def _witnessed(args: Document) -> dict[CustomerId, Head]:
    if "head" not in args:
        return {}
    head = inner_of(args, "head")
    named = Head(
        sequence=Sequence(int(text_of(head, "seq"))), digest=Digest(text_of(head, "digest")),
        commit_time=Instant(0),
    )  # fmt: skip
    return {CustomerId(text_of(head, "customer")): named}


def verify_checkpoint_note(args: Document) -> Document:
    """Verify the signature on a checkpoint."""
    try:
        found = verify_note(text_of(args, "note"), parse_key_set(text_of(args, "jwks"), "jwks"))
    except CheckpointFormatError:
        return rejected("ENCODING")
    if isinstance(found, FailedCheckpoint):
        return rejected(found.code.value)
    return ok({"origin": found.origin, "size": str(found.size), "root": encode_base64url(found.root)})


def verify_inclusion_proof(args: Document) -> Document:
    """Verify that a leaf lies in a tree."""
    try:
        holds = verify_inclusion(
            leaf_hash(decode_base64url(text_of(args, "leaf"))), _position(args, "index"),
            _position(args, "size"), proof=_path(args), root=decode_base64url(text_of(args, "root")),
        )  # fmt: skip
    except JwsEncodingError:
        return rejected("ENCODING")
    return ok({}) if holds else rejected("PROOF")


def verify_consistency_proof(args: Document) -> Document:
    """Verify that one tree begins another."""
    holds = verify_consistency(
        _position(args, "old"), _position(args, "new"), old_root=decode_base64url(text_of(args, "old_root")),
        new_root=decode_base64url(text_of(args, "new_root")), proof=_path(args),
    )  # fmt: skip
    return ok({}) if holds else rejected("PROOF")


def _position(args: Document, name: str) -> Position:
    return Position(int(text_of(args, name)))


def _path(args: Document) -> tuple[bytes, ...]:
    return tuple(decode_base64url(text) for text in texts_of(args, "path"))


def settle_dispute(args: Document) -> Document:
    """Decide a claim about one receipt of a chain."""
    keys = parse_key_set(text_of(args, "jwks"), "jwks")
    read = verify_receipts(texts_of(args, "receipts"), keys)
    presented = [
        Presented(entry=item.entry, signed=item.entry.digest)
        for item in read
        if not isinstance(item, FailedReceipt)
    ]
    disputed = verify_receipt(text_of(args, "disputed"), keys)
    if isinstance(disputed, FailedReceipt):
        return rejected(disputed.code.value)
    evidence = Evidence(
        presented=presented, witnessed=_witnessed(args),
        disputed=Presented(entry=disputed.entry, signed=disputed.entry.digest),
        shown_by=Shower(text_of(args, "shown_by")),
        signing_keys=SigningKeys(current=SigningKeyId(disputed.entry.signing_key), retired={}),
        rate=lambda entry: Amount(entry.amount), is_signed=_nobody,
    )  # fmt: skip
    return ok({"verdict": resolve(Claim(text_of(args, "claim")), evidence, CONTEXT).value})


_nobody: SignatureCheck = lambda key, fingerprint: False  # noqa: E731, ARG005 - a constant of a named type

VECTOR_FAMILIES: Final = (
    "canonical", "receipt", "chain", "checkpoint", "proof", "money", "rating", "period", "quota", "invoice",
    "dispute",
)  # fmt: skip
"""The families of vectors."""

OPERATIONS: Final[dict[str, Callable[[Document], Document]]] = {
    "read_amount": read_amount,
    "round_amount": round_amount,
    "split_amount": split_amount,
    "rate_usage": rate_usage,
    "name_period": name_period,
    "decide_charge": decide_charge,
    "draw_invoice": draw_invoice,
    "canonicalise": canonicalise,
    "verify_receipt": verify_one_receipt,
    "verify_chain": verify_chain,
    "verify_checkpoint": verify_checkpoint_note,
    "verify_inclusion": verify_inclusion_proof,
    "verify_consistency": verify_consistency_proof,
    "settle_dispute": settle_dispute,
}
"""Every operation of vectors."""


def answer_vector(operation: str, args: Document) -> Document | None:
    """Return the model's answer to a vector, or None where there is no such operation."""
    if operation not in OPERATIONS:
        return None
    try:
        return OPERATIONS[operation](args)
    except (MemberError, KeyFormatError, JwsEncodingError, ValueError):
        return rejected("ENCODING")
