"""Verification of presented receipts: one link at a time, in constant memory per customer.

``check_link`` is what the offline audit runs on every receipt, what the explorer runs on every ledger that
an adversary has edited, and what a dispute runs on the evidence: one definition. The reader's state is the
head of each chain so far; a checkpoint, if there is one, says which heads the chains must pass through.

Not here: base64, JSON and RSA; by the time an entry is a ``Presented``, its bytes have been decoded and the
digest that the signature covers is known.

Source: ``system.md`` section 5; rules R3.4, R6.4, R6.5; known-bugs rule R18.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billproof.model.context import Context
from billproof.model.identifiers import CustomerId, Sequence
from billproof.model.outcomes import ReceiptCode
from billproof.model.state import NO_HEAD, Entry, Head, Presented


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The first thing that is wrong with a chain."""

    customer: CustomerId
    sequence: Sequence
    """The entry that is wrong; for a gap or a cut tail, the first one that is missing."""
    code: ReceiptCode
    reason: str


def check_signature(presented: Presented, context: Context) -> bool:
    """Tell whether the operator signed exactly this entry."""
    return context.digest(presented.entry) == presented.signed


def check_link(head: Head, entry: Entry) -> Finding | None:
    """Return what is wrong with ``entry`` as the successor of ``head``, or ``None``."""
    if entry.sequence <= head.sequence:
        return _finding(entry, entry.sequence, ReceiptCode.FORK, f"entry {entry.sequence} comes again")
    if entry.sequence != head.sequence + 1:
        missing = Sequence(head.sequence + 1)
        return _finding(entry, missing, ReceiptCode.GAP, f"{missing} is missing before {entry.sequence}")
    if entry.previous != head.digest:
        return _finding(
            entry,
            entry.sequence,
            ReceiptCode.HASH,
            f"names {entry.previous[:16]}... as the entry before, which has digest {head.digest[:16]}...",
        )
    return None


def check_anchor(entry: Entry, witnessed: Head) -> Finding | None:
    """Return the finding if ``entry`` has the place of a witnessed head and another digest."""
    if entry.sequence == witnessed.sequence and entry.digest != witnessed.digest:
        return _finding(
            entry,
            entry.sequence,
            ReceiptCode.FORK,
            f"has digest {entry.digest[:16]}..., the checkpoint names {witnessed.digest[:16]}...",
        )
    return None


def check_end(customer: CustomerId, head: Head, witnessed: Head) -> Finding | None:
    """Return the finding if a chain ends before its witnessed head."""
    if head.sequence < witnessed.sequence:
        return Finding(
            customer=customer,
            sequence=Sequence(head.sequence + 1),
            code=ReceiptCode.TRUNCATED,
            reason=f"ends at {head.sequence}, the checkpoint names {witnessed.sequence}",
        )
    return None


def head_after(entry: Entry) -> Head:
    """Return the head of a chain that ends with ``entry``."""
    return Head(sequence=entry.sequence, digest=entry.digest, commit_time=entry.commit_time)


def first_finding(
    presented: Iterable[Presented], witnessed: Mapping[CustomerId, Head], context: Context
) -> Finding | None:
    """Return the first thing wrong with a presented ledger, or ``None``.

    Args:
        presented: The receipts in log order.
        witnessed: The heads of a checkpoint; empty where none is known, and then a missing tail or a
            missing chain cannot be seen.
        context: The digest oracle.
    """
    heads: dict[CustomerId, Head] = {}
    for item in presented:
        entry = item.entry
        head = heads.get(entry.customer, NO_HEAD)
        if not check_signature(item, context):
            return _finding(entry, entry.sequence, ReceiptCode.SIGNATURE, "is not what was signed")
        finding = check_link(head, entry)
        if finding is None and entry.customer in witnessed:
            finding = check_anchor(entry, witnessed[entry.customer])
        if finding is not None:
            return finding
        heads[entry.customer] = head_after(entry)
    for customer, named in witnessed.items():
        finding = check_end(customer, heads.get(customer, NO_HEAD), named)
        if finding is not None:
            return finding
    return None


def _finding(entry: Entry, sequence: Sequence, code: ReceiptCode, reason: str) -> Finding:
    return Finding(customer=entry.customer, sequence=sequence, code=code, reason=reason)
