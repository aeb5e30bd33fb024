"""What the reference tells: observations, the audit of an export, reconciliation, disputes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from billproof.conformance.adapter import ok, rejected, unsupported
from billproof.conformance.documents import Document, MemberError, Value, text_of, texts_of
from billproof.conformance.reference.views import (
    anchor_of,
    entries_of,
    entry_document,
    heads_of,
    invoice_document,
    judge_export,
    quota_document,
    record_of,
    seed_key,
)
from billproof.model import commands, outside_commands
from billproof.model.canonical import parse_json
from billproof.model.containers import FrozenMap
from billproof.model.customer_keys import SignatureCheck
from billproof.model.disputes import Claim, Evidence, Shower, SigningKeys, resolve
from billproof.model.identifiers import Amount, CustomerId, Digest, Position, SigningKeyId
from billproof.model.key_sets import key_set, render_key_set
from billproof.model.keys import receipt_signer, sign_receipt
from billproof.model.money import render_amount
from billproof.model.outcomes import Region, Status
from billproof.model.periods import PeriodFormatError, parse_period
from billproof.model.receipts import receipt_body, receipt_id
from billproof.model.state import Entry, Presented, Site
from billproof.model.switches import RepairDirection, ReplicaReads

if TYPE_CHECKING:
    from billproof.conformance.reference.model_adapter import ReferenceAdapter

_JOBS_MAX: Final = 10_000


class Observer:
    """Reads the state of a reference adapter."""

    def __init__(self, adapter: "ReferenceAdapter", private: RSAPrivateKey) -> None:
        self._adapter = adapter
        self._signer = receipt_signer(private)
        self._jwks = render_key_set(key_set([private.public_key()], []))
        self._private = seed_key("conformance reference")
        self._made: dict[bytes, str] = {}

    @property
    def key_id(self) -> str:
        """The id of the key that signs receipts."""
        return str(self._signer.key_id)

    def jws(self, entry: Entry) -> str:
        """Return the signed receipt of an entry."""
        body = receipt_body(entry)
        if body not in self._made:
            self._made[body] = sign_receipt(body, self._signer)
        return self._made[body]

    def show(self, what: str, args: Document, region: Region, *, is_replica: bool) -> Document:
        """Answer one observation."""
        site = self._adapter.site(region)
        if what == "checkpoint":
            return ok(self._checkpoint())
        customer = CustomerId(text_of(args, "customer"))
        if not site.accounts.contains(customer):
            return rejected("NOT_FOUND")
        if what == "export":
            return ok(self._export(site, customer))
        if what == "balance":
            return self._balance(site, customer, region, is_replica=is_replica)
        if what == "ledger":
            entries: list[Value] = [entry_document(entry) for entry in entries_of(site, customer)]
            return ok({"entries": entries})
        if what == "receipts":
            receipts: list[Value] = [self.jws(entry) for entry in entries_of(site, customer)]
            return ok({"receipts": receipts, "jwks": parse_json(self._jwks, "jwks")})
        if what == "invoice" and "period" not in args:
            return ok(self._running_invoice(site, customer, region))
        return _by_period(site, args, customer, what, self._adapter)

    def _running_invoice(self, site: Site, customer: CustomerId, region: Region) -> Document:
        """Let the invoice consumer have every message, twice as it may be delivered, and show its sum."""
        for _ in range(2):
            for position in range(site.ledger.length):
                self._adapter.execute(commands.Deliver(region=region, position=Position(position)))
        invoiced = self._adapter.state.invoiced
        total = invoiced.get(customer) if invoiced.contains(customer) else Amount(0)
        return {"total": render_amount(total), "currency": site.accounts.get(customer).currency}

    def _balance(self, site: Site, customer: CustomerId, region: Region, *, is_replica: bool) -> Document:
        balance = site.accounts.get(customer).balance
        value: Document = {
            "balance": render_amount(balance),
            "currency": site.accounts.get(customer).currency,
        }
        if not is_replica:
            return ok(value)
        given = self._adapter.execute(outside_commands.ReadBalance(region=region, customer=customer))
        if given.status == Status.NOT_LEADER:
            return rejected("BUSY")
        if self._adapter.design.replica_reads == ReplicaReads.INDEX_AND_AGE:
            index = self._adapter.state.exhibits.answer.index
            applied = entries_of(self._adapter.site(), customer)
            order = [
                entry for entry in entries_of(self._adapter.site())[:index] if entry.customer == customer
            ]
            del applied
            value["as_of"] = str(len(order))
        return ok(value)

    def _export(self, site: Site, customer: CustomerId) -> Document:
        chain = entries_of(site, customer)
        records: list[Value] = [record_of(entry, entry.digest, self._private) for entry in chain]
        return {"records": records, "anchor": anchor_of({customer: site.heads.get(customer)})}

    def _checkpoint(self) -> Document:
        published = self._adapter.state.checkpoint
        heads: list[Value] = []
        assert isinstance(published.heads, FrozenMap), "the adapter keeps its state in frozen containers"
        for customer, head in published.heads.items():
            heads.append({"customer": customer, "seq": str(head.sequence), "digest": head.digest})
        return {"note": "", "size": str(published.size), "heads": heads}

    def audit(self, args: Document) -> Document:
        """Judge an export, or the own store against the heads that it believes in."""
        site = self._adapter.site()
        if "records" in args:
            records, anchor = texts_of(args, "records"), text_of(args, "anchor", "{}")
        else:
            records = tuple(record_of(entry, entry.digest, self._private) for entry in entries_of(site))
            anchor = anchor_of(heads_of(site))
        code = judge_export(records, anchor, self._private.public_key(), self._adapter.context)
        return rejected(code) if code else ok({"entries": str(len(records))})

    def reconcile(self, customer: CustomerId) -> Document:
        """Reconcile a customer's balance and document with the ledger, and count what differed."""
        adapter = self._adapter
        leader = adapter.leader()
        if not adapter.site().accounts.contains(customer):
            return rejected("NOT_FOUND")
        before = adapter.state
        rolls_back = adapter.design.repair_direction == RepairDirection.EITHER
        adapter.execute(commands.Reconcile(region=leader, customer=customer, roll_back=rolls_back))
        differences = int(adapter.state != before)
        for _ in range(_JOBS_MAX):
            if adapter.execute(outside_commands.Project()).status != Status.DONE:
                break
        adapter.execute(outside_commands.CompareDocument(customer=customer))
        differences += int(adapter.state.exhibits.alarms.contains(customer))
        return ok({"differences": str(differences)})

    def dispute(self, args: Document) -> Document:
        """Decide a dispute from the ledger, against the last checkpoint."""
        adapter = self._adapter
        customer, named, claim = (text_of(args, name) for name in ("customer", "charge", "claim"))
        if claim not in set(Claim):
            return unsupported()
        chain = entries_of(adapter.site(), CustomerId(customer))
        found = next((entry for entry in chain if receipt_id(entry.customer, entry.sequence) == named), None)
        if found is None:
            return rejected("NOT_FOUND")
        evidence = Evidence(
            presented=[
                Presented(entry=entry, signed=_signed(entry, adapter.context.digest)) for entry in chain
            ],
            witnessed=heads_of(adapter.site()),
            disputed=Presented(entry=found, signed=found.digest),
            shown_by=Shower.OPERATOR,
            signing_keys=SigningKeys(current=SigningKeyId(self.key_id), retired={}),
            rate=lambda entry: Amount(entry.amount),
            is_signed=_nobody_signed,
        )
        return ok({"verdict": resolve(Claim(claim), evidence, adapter.context).value})


def _signed(entry: Entry, digest: Callable[[Entry], Digest]) -> Digest:
    del digest
    return entry.digest


_nobody_signed: SignatureCheck = lambda key, fingerprint: False  # noqa: E731, ARG005 - a constant of a named type


def _by_period(
    site: Site, args: Document, customer: CustomerId, what: str, adapter: "ReferenceAdapter"
) -> Document:
    try:
        period = parse_period(text_of(args, "period"))
    except PeriodFormatError as error:
        raise MemberError("period", str(error)) from error
    if what == "quota":
        return ok(quota_document(site, customer, text_of(args, "entitlement"), period, adapter.context))
    return ok(invoice_document(site, customer, period))
