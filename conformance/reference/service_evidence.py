"""What the service's own files prove: receipts, heads, audits and reconciliation of its database."""

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

from billproof.conformance.adapter import ok, rejected
from billproof.conformance.documents import Document, Value, text_of, texts_of
from billproof.conformance.reference.views import entry_document
from billproof.model.canonical import JsonInputError, parse_json
from billproof.model.context import Context
from billproof.model.design import REPAIRED
from billproof.model.identifiers import CustomerId, Digest, Instant, Sequence
from billproof.model.key_sets import parse_key_set
from billproof.model.keys import FailedReceipt, verify_receipts
from billproof.model.outcomes import ReceiptVerdict
from billproof.model.receipts import digest_of, parse_receipt
from billproof.model.state import Head, Presented
from billproof.model.verification import first_finding
from billproof.service.audit import AuditOptions, audit
from billproof.service.errors import RimError
from billproof.service.reconciling import ReconcileOptions, reconcile
from billproof.service.schema import read_meta


def entry_of(jws: str) -> Document:
    """Return the entry that a receipt is about, as ``observe ledger`` shows it."""
    payload = jws.split(".")[1]
    body = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return entry_document(parse_receipt(body))


class Evidence:
    """The database of a service, read beside it."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def jwks(self) -> Value:
        """Return the key set by which its receipts are verified."""
        return parse_json(self._jwks(), "jwks")

    def _jwks(self) -> str:
        with closing(sqlite3.connect(self._database)) as connection:
            return read_meta(connection, "jwks") or ""

    def anchor(self, customer: CustomerId) -> str:
        """Return the head of a customer's chain, as a witness would hold it."""
        with closing(sqlite3.connect(self._database)) as connection:
            row = connection.execute(
                "SELECT seq, digest FROM log WHERE customer = ? ORDER BY seq DESC LIMIT 1", (customer,)
            ).fetchone()
        return "" if row is None else f"{customer} {row[0]} {row[1]}"

    def audit(self, args: Document) -> Document:
        """Verify receipts against a head, or let the offline audit judge the database."""
        if "records" in args:
            return self._audit_records(texts_of(args, "records"), text_of(args, "anchor", ""))
        try:
            report = audit(self._database, AuditOptions())
        except (RimError, JsonInputError) as error:
            return rejected("ENCODING", detail=str(error))
        if report.verdict == ReceiptVerdict.INVALID:
            code = report.first.code.value if report.first is not None else "DERIVED"
            return rejected(code)
        return ok({"entries": str(report.entries)})

    def _audit_records(self, records: tuple[str, ...], anchor: str) -> Document:
        try:
            name, number, digest = anchor.rsplit(" ", 2)
            head = Head(sequence=Sequence(int(number)), digest=Digest(digest), commit_time=Instant(0))
        except ValueError:
            return rejected("ENCODING")
        keys = parse_key_set(self._jwks(), "jwks")
        presented = []
        for item in verify_receipts(records, keys):
            if isinstance(item, FailedReceipt):
                return rejected(item.code.value)
            presented.append(Presented(entry=item.entry, signed=item.entry.digest))
        if any(item.entry.customer != name for item in presented):
            return rejected("FORK")
        context = Context(design=REPAIRED, digest=digest_of(REPAIRED))
        finding = first_finding(presented, {CustomerId(name): head}, context)
        return ok({"entries": str(len(records))}) if finding is None else rejected(finding.code.value)

    def reconcile(self, customer: CustomerId) -> Document:
        """Reconcile the database, and count what differs for one customer."""
        try:
            report = reconcile(self._database, ReconcileOptions())
        except RimError as error:
            return rejected("OTHER", detail=str(error))
        if report.is_clean:
            return ok({"differences": "0"})
        name = customer.encode("utf-8")
        differences = sum(1 for item in report.items if name in item.key or customer in item.key)
        return ok({"differences": str(differences)})
