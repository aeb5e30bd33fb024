"""What the reference shows of a site: ledger, quota rows, invoice, and signed records for export."""

import hashlib
import json
from dataclasses import replace
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from billproof.conformance.documents import Document, MemberError, Value, text_of
from billproof.conformance.reference.requests import instant_of
from billproof.model.canonical import JsonInputError, parse_json
from billproof.model.containers import FrozenMap
from billproof.model.context import Context
from billproof.model.identifiers import (
    NO_DIGEST,
    CustomerId,
    Digest,
    EntitlementId,
    Period,
    Position,
    Sequence,
)
from billproof.model.invoicing import statement, supposed_cuts
from billproof.model.jws import JwsEncodingError, decode_base64url, encode_base64url
from billproof.model.money import render_amount
from billproof.model.outcomes import EntryKind
from billproof.model.periods import render_instant, render_period
from billproof.model.posting import row_name, row_of
from billproof.model.receipts import KIND_NAMES, STATUS_NAMES, ReceiptFormatError, parse_receipt, receipt_body
from billproof.model.receipts import receipt_id as id_of
from billproof.model.state import Entry, Head, Presented, Site
from billproof.model.verification import first_finding

_TAG: Final = b"billproof/conformance-record/v1\n"
_MOVING: Final = frozenset(
    {
        EntryKind.DEBIT, EntryKind.REFUND, EntryKind.VOID, EntryKind.CHARGEBACK, EntryKind.CREDIT,
        EntryKind.ADJUSTMENT, EntryKind.TOP_UP, EntryKind.REFUSAL,
    }
)  # fmt: skip


def entries_of(site: Site, customer: CustomerId | None = None) -> tuple[Entry, ...]:
    """Return the entries of a site, or those of one customer, in log order."""
    every = (site.ledger.at(Position(place)) for place in range(site.ledger.length))
    return tuple(entry for entry in every if customer is None or entry.customer == customer)


def entry_document(entry: Entry) -> Document:
    """Return an entry as ``observe ledger`` shows it."""
    document: Document = {
        "id": id_of(entry.customer, entry.sequence),
        "seq": str(entry.sequence),
        "kind": KIND_NAMES[entry.kind] if entry.kind in _MOVING else "other",
        "key": entry.key,
        "amount": render_amount(entry.amount),
        "currency": entry.currency,
        "status": STATUS_NAMES.get(entry.status, "accepted"),
        "event_time": render_instant(entry.event_time),
        "commit_time": render_instant(entry.commit_time),
        "period": render_period(entry.period),
        "balance_before": render_amount(entry.balance_before),
        "balance_after": render_amount(entry.balance_after),
        "digest": entry.digest,
        "prev": entry.previous,
    }
    if entry.entitlement:
        document["entitlement"] = entry.entitlement
    if entry.refers_to:
        document["refers_to"] = id_of(entry.customer, entry.refers_to)
    return document


def quota_document(
    site: Site, customer: CustomerId, entitlement: str, period: Period, context: Context
) -> Document:
    """Return the usage of one entitlement in one period, and its limit."""
    row = row_of(site, row_name(customer, EntitlementId(entitlement), period, context.design))
    return {"used": render_amount(row.used), "limit": render_amount(site.accounts.get(customer).terms.limit)}


def invoice_document(site: Site, customer: CustomerId, period: Period) -> Document:
    """Return the invoice of a month, as it is or as it would be cut now."""
    entries = entries_of(site, customer)
    currency = site.accounts.get(customer).currency
    cuts = supposed_cuts(entries, period)
    cut = next((cut for cut in cuts if cut.period == period), None)
    if cut is None:
        return {"total": "0", "currency": currency, "lines": []}
    made = statement(entries, cut, cuts, currency)
    lines: list[Value] = [
        {
            "entitlement": line.entitlement,
            "kind": KIND_NAMES[line.kind],
            "exact": render_amount(line.exact),
            "amount": render_amount(line.rounded),
        }
        for line in made.lines
    ]
    return {"total": render_amount(made.total), "currency": currency, "lines": lines}


def record_of(entry: Entry, digest: Digest, private: Ed25519PrivateKey) -> str:
    """Return an entry as an exported record: its body, and a signature over its digest."""
    signature = encode_base64url(private.sign(_TAG + digest.encode("ascii")))
    body = receipt_body(entry).decode("utf-8")
    record: dict[str, object] = {"body": json.loads(body), "digest": digest, "signature": signature}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def anchor_of(heads: dict[CustomerId, Head]) -> str:
    """Return witnessed heads as an anchor."""
    listed = {
        name: {"seq": head.sequence, "digest": head.digest, "commit_time": render_instant(head.commit_time)}
        for name, head in heads.items()
    }
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def judge_export(records: tuple[str, ...], anchor: str, public: Ed25519PublicKey, context: Context) -> str:
    """Return the code of what is wrong with exported records under an anchor, or an empty text.

    The reading is the model's own: ``verification.first_finding``.
    """
    try:
        witnessed = _heads(anchor)
        presented = tuple(_presented(record, public) for record in records)
    except (MemberError, JsonInputError, ReceiptFormatError, JwsEncodingError):
        return "ENCODING"
    finding = first_finding(presented, witnessed, context)
    return "" if finding is None else finding.code.value


def _heads(anchor: str) -> dict[CustomerId, Head]:
    listed = parse_json(anchor, "anchor")
    if not isinstance(listed, dict):
        raise MemberError("anchor", "is no object")
    heads: dict[CustomerId, Head] = {}
    for name, head in listed.items():
        if not isinstance(head, dict) or not isinstance(head.get("seq"), int):
            raise MemberError(name, "is no head")
        sequence = head["seq"]
        assert isinstance(sequence, int)
        heads[CustomerId(name)] = Head(
            sequence=Sequence(sequence),
            digest=Digest(text_of(head, "digest")),
            commit_time=instant_of(head, "commit_time"),
        )
    return heads


def _presented(record: str, public: Ed25519PublicKey) -> Presented:
    document = parse_json(record, "record")
    if not isinstance(document, dict) or set(document) != {"body", "digest", "signature"}:
        raise MemberError("record", "has other members than body, digest and signature")
    body = json.dumps(document["body"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    entry = parse_receipt(body.encode("utf-8"))
    digest = Digest(text_of(document, "digest"))
    try:
        public.verify(
            decode_base64url(text_of(document, "signature")), _TAG + digest.encode("utf-8", "replace")
        )
    except InvalidSignature:
        digest_signed = NO_DIGEST
    else:
        digest_signed = digest
    return Presented(entry=_named(entry, digest), signed=digest_signed)


def _named(entry: Entry, digest: Digest) -> Entry:
    # What names the entry is the digest that came with it; whether it is its own is for the reader to judge.
    return replace(entry, digest=digest)


def heads_of(site: Site) -> dict[CustomerId, Head]:
    """Return the heads of a site as a dictionary."""
    return dict(site.heads.items()) if isinstance(site.heads, FrozenMap) else {}


def seed_key(text: str) -> Ed25519PrivateKey:
    """Return a key that is a function of a text: the reference's keys protect nothing."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(text.encode("utf-8")).digest())
