"""The audit: do these entries say what their receipts say, chain by chain, and is none missing?

It takes entries from the store or from whoever presents them, and heads from whoever has kept some. Every
chain is read from its first entry: each signature, each link, each column beside the receipt. The findings
are told in the order ENCODING, UNKNOWN_KEY, SIGNATURE, HASH, FORK, GAP, TRUNCATED, DERIVED.

Source: ``system.md`` section 5.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from targets.postgres.application.canonical import Json, base64url, canonical_bytes
from targets.postgres.application.checkpoints import read_anchor
from targets.postgres.application.database import Database, Transaction
from targets.postgres.application.keys import SigningKeys
from targets.postgres.application.ledger import balance_effect, whole
from targets.postgres.application.reads import COLUMNS, read_chain, read_entries
from targets.postgres.application.receipts import GENESIS, body_digest

CODES: Final = ("ENCODING", "UNKNOWN_KEY", "SIGNATURE", "HASH", "FORK", "GAP", "TRUNCATED", "DERIVED")
"""What an audit can find, in order of precedence."""

MEMBERS: Final = frozenset({*COLUMNS, "commit_time", "event_time", "prev"} - {"body"})
"""What an exported record has."""

_TOLD: Final = (
    "kind", "status", "idempotency_key", "amount", "currency", "entitlement", "period", "refers_to",
    "balance_after", "commit_time", "event_time", "prev",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a chain."""

    code: str
    customer: str
    seq: int
    reason: str


Head = tuple[int, str]
"""Sequence number and digest of the last entry of a chain."""

Line = Mapping[str, Json]
"""An entry as it is kept or presented."""


def audit_store(database: Database, keys: SigningKeys, kept: Mapping[str, Head]) -> tuple[int, list[Finding]]:
    """Return the number of entries of the store, and what is wrong with them, worst first.

    Args:
        database: The store.
        keys: Whose signatures are accepted.
        kept: Heads from checkpoints that somebody has kept outside of it.
    """

    def work(tx: Transaction) -> tuple[int, list[Finding]]:
        lines = read_entries(tx)
        rows = tx.execute("SELECT customer, head_seq, head_digest FROM accounts").fetchall()
        heads = {str(customer): (whole(seq), str(digest)) for customer, seq, digest in rows}
        found = audit_lines(keys, lines, heads) + audit_lines(keys, lines, kept) + _audit_sums(tx)
        return len(lines), found

    count, found = database.run(work)
    return count, _ordered(found)


def audit_chain(tx: Transaction, keys: SigningKeys, customer: str) -> list[Finding]:
    """Return what is wrong with one chain of the store."""
    row = tx.execute("SELECT head_seq, head_digest FROM accounts WHERE customer = %s", (customer,)).fetchone()
    heads = {customer: (whole(row[0]), str(row[1]))} if row else {}
    return _ordered(audit_lines(keys, read_chain(tx, customer), heads))


def audit_presented(keys: SigningKeys, records: Sequence[str], anchor: str) -> list[Finding]:
    """Return what is wrong with records that somebody presents, beside the head that a witness holds.

    Args:
        keys: Whose signatures are accepted.
        records: The entries of one chain in canonical form, in order.
        anchor: A head of that chain, of this or an earlier time, as it was signed.
    """
    head = read_anchor(keys, anchor)
    if head is None:
        return [_finding("SIGNATURE", "", 0, "the anchor is not signed by our log")]
    lines: list[Line] = []
    for place, record in enumerate(records):
        line = _read_record(record)
        if line is None:
            return [
                _finding("ENCODING", "", place + 1, "a record is not in the form in which it was exported")
            ]
        lines.append(line)
    return _ordered(audit_lines(keys, lines, {head[0]: (head[1], head[2])}))


def _read_record(record: str) -> Line | None:
    try:
        line: object = json.loads(record)
        if not isinstance(line, dict) or set(line) != MEMBERS or canonical_bytes(line) != record.encode():
            return None
    except ValueError:
        return None
    return line


def audit_lines(keys: SigningKeys, lines: Iterable[Line], heads: Mapping[str, Head]) -> list[Finding]:
    """Return what is wrong with chains, whatever the order in which their entries are mixed."""
    chains: dict[str, list[Line]] = {customer: [] for customer in heads}
    for line in lines:
        chains.setdefault(str(line.get("customer")), []).append(line)
    return [
        finding
        for customer, chain in chains.items()
        for finding in _audit_chain(keys, customer, chain, heads.get(customer))
    ]


def read_jws(keys: SigningKeys, jws: str) -> tuple[str, bytes]:
    """Return the code of what is wrong with a receipt, or an empty text, and its body."""
    parts = jws.split(".")
    if len(parts) != 3:
        return "ENCODING", b""
    try:
        header, body, signature = (_decoded(part) for part in parts)
        named, members = json.loads(header), json.loads(body)
        if canonical_bytes(named) != header or canonical_bytes(members) != body:
            return "ENCODING", b""
    except (ValueError, binascii.Error):
        return "ENCODING", b""
    if not isinstance(named, dict) or set(named) != {"alg", "kid"} or named["alg"] != "RS256":
        return "ENCODING", b""
    if named["kid"] != keys.receipt_id:
        return "UNKNOWN_KEY", body
    try:
        signed = f"{parts[0]}.{parts[1]}".encode("ascii")
        keys.receipt.public_key().verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return "SIGNATURE", body
    return "", body


def _audit_chain(keys: SigningKeys, customer: str, chain: list[Line], head: Head | None) -> list[Finding]:
    found: list[Finding] = []
    prev, last, digests = GENESIS, 0, dict[int, str]()
    for line in chain:
        code, body = read_jws(keys, str(line.get("jws")))
        if code:
            found.append(_finding(code, customer, last + 1, "the receipt is not one of ours"))
            return found
        members: dict[str, Json] = json.loads(body)
        seq = whole(members["seq"])
        if seq <= last:
            found.append(_finding("FORK", customer, seq, f"entry {seq} comes after entry {last}"))
        elif seq != last + 1:
            found.append(_finding("GAP", customer, seq, f"entry {last + 1} is missing"))
        elif members["prev"] != prev:
            found.append(_finding("HASH", customer, seq, "names another one as the entry before it"))
        problem = _derived(line, members, body, customer)
        if problem:
            found.append(_finding("DERIVED", customer, seq, problem))
        prev, last = body_digest(body), seq
        digests[seq] = prev
    if head is not None and last < head[0]:
        found.append(_finding("TRUNCATED", customer, head[0], f"the chain ends at {last}, its head is later"))
    elif head is not None and digests.get(head[0]) != head[1]:
        found.append(_finding("FORK", customer, head[0], "not the entry that a head names"))
    return found


def _derived(line: Line, members: dict[str, Json], body: bytes, customer: str) -> str:
    said: dict[str, Json] = {name: members.get(name) for name in _TOLD}
    said |= {"customer": members["chain"], "seq": members["seq"], "digest": body_digest(body)}
    for name, value in said.items():
        if line.get(name) != value:
            return f"column {name} says {str(line.get(name))[:40]}, the receipt {str(value)[:40]}"
    return "" if members["chain"] == customer else f"the receipt is of {str(members['chain'])[:40]}"


def _audit_sums(tx: Transaction) -> list[Finding]:
    balances: dict[str, int] = {}
    for customer, kind, amount in tx.execute("SELECT customer, kind, amount FROM entries").fetchall():
        effect = balance_effect(str(kind), whole(amount))
        balances[str(customer)] = balances.get(str(customer), 0) + effect
    rows = tx.execute("SELECT customer, balance FROM accounts").fetchall()
    wrong = {str(row[0]) for row in rows if whole(row[1]) != balances.get(str(row[0]), 0)}
    wrong |= set(balances) - {str(row[0]) for row in rows}
    found = [_finding("DERIVED", customer, 0, "the balance is not the sum") for customer in sorted(wrong)]
    rows = tx.execute(
        "SELECT customer FROM (SELECT customer, entitlement, period, sum(amount) AS used FROM entries"
        " WHERE kind = 'debit' OR status = 'accepted_late' GROUP BY customer, entitlement, period) AS summed"
        " FULL JOIN usage_rows USING (customer, entitlement, period)"
        " WHERE coalesce(summed.used, 0) <> coalesce(usage_rows.used, 0)"
    ).fetchall()
    return [*found, *(_finding("DERIVED", str(row[0]), 0, "usage is not the sum") for row in rows)]


def _finding(code: str, customer: str, seq: int, reason: str) -> Finding:
    return Finding(code=code, customer=customer, seq=seq, reason=reason)


def _ordered(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: CODES.index(finding.code))


def _decoded(text: str) -> bytes:
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(data) != text:
        raise ValueError("not the canonical base64url form")
    return data
