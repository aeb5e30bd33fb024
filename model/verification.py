"""Verification of presented receipts: one link at a time, in constant memory per customer.

``check_link`` is what the offline audit runs on every receipt, what the explorer runs on every ledger that
an adversary has edited, and what a dispute runs on the evidence: one definition. ``check_item`` puts the
checks of one receipt together; it is what is executed symbolically for the proofs about any presented ledger.
The reader's state is the head of each chain so far; a checkpoint, if there is one, says which heads the
chains must pass through.

Not here: base64, JSON and RSA; by the time an entry is a ``Presented``, its bytes have been decoded and the
digest that the signature covers is known.

Source: ``system.md`` section 5; rules R3.4, R6.4, R6.5; known-bugs rule R18.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billproof.model.containers import FrozenMap, PartialMap
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
    template: str
    """What is wrong, in words; with ``values``, a format string for them."""
    values: tuple[object, ...] = ()

    @property
    def reason(self) -> str:
        """What is wrong, in words, put together only when somebody reads it."""
        return self.template.format(*self.values) if self.values else self.template


def check_signature(presented: Presented, context: Context) -> bool:
    """Tell whether the operator signed exactly this entry, and the entry is named by its own digest."""
    return context.digest(presented.entry) == presented.signed and presented.entry.digest == presented.signed


def check_link(head: Head, entry: Entry) -> Finding | None:
    """Return what is wrong with ``entry`` as the successor of ``head``, or ``None``."""
    if entry.sequence != head.sequence + 1:
        return _out_of_sequence(head, entry)
    if entry.previous != head.digest:
        return _finding(
            entry,
            entry.sequence,
            ReceiptCode.HASH,
            "names {:.16}... as the entry before, which has digest {:.16}...",
            entry.previous,
            head.digest,
        )
    return None


def _out_of_sequence(head: Head, entry: Entry) -> Finding:
    if entry.sequence <= head.sequence:
        return _finding(entry, entry.sequence, ReceiptCode.FORK, "entry {} comes again", entry.sequence)
    missing = Sequence(head.sequence + 1)
    return _finding(entry, missing, ReceiptCode.GAP, "{} is missing before {}", missing, entry.sequence)


def check_anchor(entry: Entry, witnessed: Head) -> Finding | None:
    """Return the finding if ``entry`` has the place of a witnessed head and another digest."""
    if entry.sequence == witnessed.sequence and entry.digest != witnessed.digest:
        return _finding(
            entry,
            entry.sequence,
            ReceiptCode.FORK,
            "has digest {:.16}..., the checkpoint names {:.16}...",
            entry.digest,
            witnessed.digest,
        )
    return None


def check_end(customer: CustomerId, head: Head, witnessed: Head) -> Finding | None:
    """Return the finding if a chain ends before its witnessed head."""
    if head.sequence < witnessed.sequence:
        return Finding(
            customer=customer,
            sequence=Sequence(head.sequence + 1),
            code=ReceiptCode.TRUNCATED,
            template="ends at {}, the checkpoint names {}",
            values=(head.sequence, witnessed.sequence),
        )
    return None


def head_after(entry: Entry) -> Head:
    """Return the head of a chain that ends with ``entry``."""
    return Head(sequence=entry.sequence, digest=entry.digest, commit_time=entry.commit_time)


def head_in(heads: PartialMap[CustomerId, Head], customer: CustomerId) -> Head:
    """Return the head of a customer's chain, ``NO_HEAD`` where there is none."""
    if heads.contains(customer):
        return heads.get(customer)
    return NO_HEAD


def check_item(
    heads: PartialMap[CustomerId, Head],
    item: Presented,
    witnessed: PartialMap[CustomerId, Head],
    context: Context,
) -> Finding | None:
    """Return what is wrong with the next receipt shown, or ``None``.

    Args:
        heads: The head of each chain so far.
        item: The receipt.
        witnessed: The heads of a checkpoint.
        context: The digest oracle.
    """
    entry = item.entry
    if not check_signature(item, context):
        return _finding(entry, entry.sequence, ReceiptCode.SIGNATURE, "is not what was signed")
    finding = check_link(head_in(heads, entry.customer), entry)
    if finding is None and witnessed.contains(entry.customer):
        return check_anchor(entry, witnessed.get(entry.customer))
    return finding


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
    heads: FrozenMap[CustomerId, Head] = FrozenMap()
    named = FrozenMap(witnessed)
    for item in presented:
        finding = check_item(heads, item, named, context)
        if finding is not None:
            return finding
        heads = heads.put(item.entry.customer, head_after(item.entry))
    for customer, head in witnessed.items():
        finding = check_end(customer, head_in(heads, customer), head)
        if finding is not None:
            return finding
    return None


def _finding(entry: Entry, sequence: Sequence, code: ReceiptCode, template: str, *values: object) -> Finding:
    return Finding(customer=entry.customer, sequence=sequence, code=code, template=template, values=values)
