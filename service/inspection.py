"""Judging one stretch of a ledger, receipt by receipt: what every process of an audit runs.

Per receipt, in the order of precedence of the codes: encoding, key and signature; the link to the entry
before and to the witnessed head, by the functions of ``model.verification`` that the explorer runs; then
what was stored beside the receipt, and the arithmetic of the entry. Only the first thing wrong is kept.

The first entry of each customer in a stretch cannot be linked here: it is handed back as a ``Seam``.

Source: ``system.md`` section 5; ``cli.md``, ``audit``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, NamedTuple

from billproof.model.design import Design
from billproof.model.effects import balance_effect
from billproof.model.identifiers import (
    NO_POSITION,
    NO_SEQUENCE,
    Amount,
    CustomerId,
    Digest,
    Instant,
    Position,
    Sequence,
    SigningKeyId,
)
from billproof.model.jws import JwsEncodingError, jws_texts, named_key, split_jws
from billproof.model.key_sets import JsonWebKeySet
from billproof.model.keys import FailedReceipt, verify_receipt, verify_receipts
from billproof.model.outcomes import ReceiptCode
from billproof.model.receipts import STATUS_NAMES, ReceiptFormatError, digest_of, parse_receipt
from billproof.model.state import Entry, Head
from billproof.model.switches import OrderBy, PeriodAccounting, Preimage
from billproof.model.verification import Finding, check_anchor, check_link
from billproof.service.fold import AccountFold, Fold
from billproof.service.quick import QuickKeys, QuickWay
from billproof.service.tables import Cell, Row

_BATCH: Final = 64
_QUICK_BATCH: Final = 128
_STATUS_BYTES: Final = {status: name.encode("ascii") for status, name in STATUS_NAMES.items()}

NO_CUSTOMER: Final = CustomerId("")
"""Names no customer: the finding is about the ledger as a whole."""


class Presented(NamedTuple):
    """One receipt with what lies beside it, as read: any cell may hold anything.

    A named tuple, since one is made per receipt and a frozen dataclass takes four times as long to make.
    """

    position: Position
    customer: Cell
    sequence: Cell
    jws: Cell
    """None where there is none."""
    unsigned: Cell = None
    """The body that waits for its signature."""
    digest: Cell = None
    """The digest in the log; None where none is stored."""
    key: Row | None = None
    """The key record that names this position: customer, key, fingerprint, status, digest."""
    place: str = ""
    """Where it lies, for a person, if not in the log at ``position``."""
    fault: str = ""
    """What keeps the line from being read at all; then the rest says nothing."""
    offset: int = -1
    """The byte at which its line begins, where it lies in a file; ``where`` says it in words."""

    @property
    def where(self) -> str:
        """Where it lies, for a person; empty if in the log at ``position``."""
        return self.place or (f"the line at byte {self.offset}" if self.offset >= 0 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A finding and where in the log it was made."""

    position: Position
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A place in the log without a receipt and without a body that waits for its signature."""

    position: Position
    customer: CustomerId
    sequence: Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """The first entry of a customer in a stretch, to be linked to the stretch before."""

    position: Position
    entry: Entry
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a stretch is judged by."""

    design: Design
    keys: JsonWebKeySet | None
    """None leaves signatures unchecked."""
    witnessed: Mapping[CustomerId, Head]
    """The heads of a checkpoint."""
    has_tables: bool
    """Whether log digests and key records lie beside the receipts."""
    is_counting_leaves: bool
    """Whether the digests are wanted, for the tree of a checkpoint."""
    quick: QuickKeys | None = None
    """What makes the quick way possible; None takes every receipt the plain way."""
    retired: Mapping[SigningKeyId, Position] = field(default_factory=dict)
    """The length of the log when each retired key was retired: what it may sign ends there."""


@dataclass(frozen=False, slots=True, kw_only=True)
class Stretch:
    """What was found in a stretch; it ends at its first finding."""

    fold: Fold
    start: Position = NO_POSITION
    """The position of its first item; ``NO_POSITION`` without any."""
    end: Position = NO_POSITION
    """The position after its last item."""
    entries: int = 0
    unsigned: int = 0
    first: Located | None = None
    seams: list[Seam] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    leaves: list[Digest] = field(default_factory=list)


def inspect(items: Iterable[Presented], rules: Rules) -> Stretch:
    """Judge consecutive receipts of a log.

    Args:
        items: The receipts in log order.
        rules: Keys, heads and design.
    """
    stretch = Stretch(fold=Fold(design=rules.design))
    quick = _quick_way(stretch, rules)
    if quick is None:
        source = iter(items)
        while batch := list(islice(source, _BATCH)):
            if _take_batch(stretch, batch, rules):
                break
        return stretch
    # What a checkpoint names is compared the plain way; all else there is one look-up per receipt.
    named: dict[Cell, Sequence] = {
        customer.encode("utf-8"): head.sequence for customer, head in rules.witnessed.items()
    }
    source = iter(items)
    while stretch.first is None and (batch := list(islice(source, _QUICK_BATCH))):
        bodies = quick.signed_bodies(item.jws for item in batch)
        for item, signed in zip(batch, bodies, strict=True):
            if (
                signed is not None
                and item.position == stretch.end
                and named.get(item.customer) != item.sequence
                and not item.fault
            ):
                beside = (item.digest, item.key) if rules.has_tables else None
                digest = quick.digest_if_sound(item.customer, item.sequence, signed, beside)
                if digest:
                    stretch.end = Position(item.position + 1)
                    stretch.entries += 1
                    if rules.is_counting_leaves:
                        stretch.leaves.append(Digest(digest))
                    continue
            quick.settle()
            if _take_batch(stretch, [item], rules):
                break
            quick.forget()
    quick.settle()
    return stretch


def _quick_way(stretch: Stretch, rules: Rules) -> QuickWay | None:
    """Return the quick way where the rules are those that it knows."""
    design = rules.design
    is_known = (
        rules.quick is not None
        and not rules.retired
        and design.preimage == Preimage.CANONICAL_ALL_FIELDS
        and design.order_by == OrderBy.SEQUENCE
        and design.period_accounting == PeriodAccounting.ROW_PER_PERIOD
    )
    return QuickWay(rules.quick, stretch.fold) if is_known and rules.quick is not None else None


def _take_batch(stretch: Stretch, batch: list[Presented], rules: Rules) -> bool:
    """Take receipts the plain way; tell whether there is a finding, which ends the stretch."""
    for item, read in zip(batch, read_batch(batch, rules), strict=True):
        finding = _take(stretch, item, read, rules)
        if finding is None:
            continue
        if item.where:
            finding = replace(finding, template=f"{item.where}: {finding.reason}", values=())
        stretch.first = Located(position=item.position, finding=finding)
        return True
    return False


def _take(stretch: Stretch, item: Presented, read: Entry | Finding | None, rules: Rules) -> Finding | None:
    """Take one receipt into a stretch, and return what is wrong with it, or None."""
    if stretch.start == NO_POSITION:
        stretch.start = stretch.end = item.position
    finding = check_position(item.position, stretch.end)
    stretch.end = Position(stretch.end + 1)
    if read is None:
        customer, sequence = _shown(item.customer), _number(item.sequence)
        stretch.missing.append(Missing(position=item.position, customer=customer, sequence=sequence))
        return finding
    stretch.entries += 1
    if isinstance(read, Finding):
        return finding or read
    if item.jws is None:
        stretch.unsigned += 1
    before = stretch.fold.accounts.get(read.customer)
    if before is None:
        stretch.seams.append(Seam(position=item.position, entry=read, place=item.where))
    if rules.retired:
        finding = finding or _check_permission(item.position, read, rules)
    finding = finding or judge(before, read, rules) or _check_beside(item, read, rules)
    stretch.fold.add(read)
    if rules.is_counting_leaves:
        stretch.leaves.append(read.digest)
    return finding


def judge(before: AccountFold | None, entry: Entry, rules: Rules) -> Finding | None:
    """Return what is wrong with an entry after the one before it in its chain, or None.

    Args:
        before: What the entries before come to; None leaves the link to be judged at the seam.
        entry: The entry.
        rules: Heads and design.
    """
    finding = None if before is None else check_link(before.head, entry)
    if finding is None and rules.witnessed:
        witnessed = rules.witnessed.get(entry.customer)
        finding = None if witnessed is None else check_anchor(entry, witnessed)
    if finding is not None:
        return finding
    if entry.balance_after != entry.balance_before + balance_effect(entry, entry.customer):
        return _derived(entry, "balance_after is not balance_before moved by the amount")
    if before is None:
        return None
    return check_succession(before.balance_after, before.head.commit_time, entry, rules.design)


def check_position(position: Position, expected: Position) -> Finding | None:
    """Return the finding if a log does not go on at the position that follows."""
    if position == expected:
        return None
    code, reason = ReceiptCode.GAP, f"log position {expected} is missing"
    if position < expected:
        code, reason = ReceiptCode.FORK, f"log position {position} comes again, or out of order"
    return Finding(customer=NO_CUSTOMER, sequence=NO_SEQUENCE, code=code, template=reason)


def check_succession(balance: Amount, commit_time: Instant, entry: Entry, design: Design) -> Finding | None:
    """Return the finding if an entry does not begin where the one before has ended, in money or in time."""
    if entry.balance_before != balance:
        return _derived(entry, "balance_before is not the balance after the entry before")
    if design.order_by == OrderBy.SEQUENCE and entry.commit_time < commit_time:
        return _derived(entry, "commit_time is before that of the entry before")
    return None


def read_batch(batch: list[Presented], rules: Rules) -> list[Entry | Finding | None]:
    """Return the entry of each receipt, or the finding that it is none, or None where it is missing."""
    keys = rules.keys
    # Nearly every batch is of nothing but signed receipts, and those are judged together.
    texts = [item.jws for item in batch if type(item.jws) is bytes and not item.fault]
    if keys is None or len(texts) != len(batch) or not b"".join(texts).isascii():
        read: list[Entry | Finding | None] = [_read_one(item, keys) for item in batch]
    else:
        results = verify_receipts([text.decode("ascii") for text in texts], keys)
        read = [
            _of(item, result.code, result.reason) if isinstance(result, FailedReceipt) else result.entry
            for item, result in zip(batch, results, strict=True)
        ]
    if rules.design.preimage == Preimage.CANONICAL_ALL_FIELDS:
        return read
    digest = digest_of(rules.design)
    return [replace(item, digest=digest(item)) if isinstance(item, Entry) else item for item in read]


def _read_one(item: Presented, keys: JsonWebKeySet | None) -> Entry | Finding | None:
    if item.fault:
        return _of(item, ReceiptCode.ENCODING, item.fault)
    if item.jws is None and item.unsigned is None:
        return None
    try:
        if item.jws is None:
            return parse_receipt(item.unsigned if isinstance(item.unsigned, bytes) else b"")
        jws = item.jws.decode("ascii") if isinstance(item.jws, bytes) else item.jws
        if not isinstance(jws, str):
            raise JwsEncodingError(f"{jws!r} is no text")
        if keys is None:
            return _unverified(jws)
        result = verify_receipt(jws, keys)
    except (JwsEncodingError, ReceiptFormatError, UnicodeDecodeError) as error:
        return _of(item, ReceiptCode.ENCODING, str(error))
    return _of(item, result.code, result.reason) if isinstance(result, FailedReceipt) else result.entry


def _unverified(jws: str) -> Entry:
    header, _, _ = jws_texts(jws)
    named_key(header)
    return parse_receipt(split_jws(jws).payload)


def _check_permission(position: Position, entry: Entry, rules: Rules) -> Finding | None:
    """Return the finding if the key that has signed an entry had no permission any more."""
    end = rules.retired.get(entry.signing_key)
    if end is None or position < end:
        return None
    return Finding(
        customer=entry.customer,
        sequence=entry.sequence,
        code=ReceiptCode.SIGNATURE,
        template="is signed under a key that was retired when the log had {} entries",
        values=(end,),
    )


def _check_beside(item: Presented, entry: Entry, rules: Rules) -> Finding | None:
    """Return the finding if something stored beside a receipt disagrees with it."""
    customer = entry.customer.encode("utf-8")
    if not rules.has_tables:
        if item.sequence == entry.sequence and _bytes(item.customer) == customer:
            return None
        return _derived(entry, f"is listed as customer {_shown(item.customer)!r}, seq {_text(item.sequence)}")
    digest = entry.digest.encode("ascii")
    key = (
        customer,
        entry.key.encode("utf-8"),
        entry.fingerprint.encode("ascii"),
        _STATUS_BYTES[entry.status],
        digest,
    )
    # One comparison for what is nearly always equal; which cell it is, is looked for only where it is not.
    if (item.customer, item.sequence, item.digest, item.key) == (customer, entry.sequence, digest, key):
        return None
    if item.customer != customer:
        return _derived(entry, f"is stored under customer {_shown(item.customer)!r}")
    if item.sequence != entry.sequence:
        return _derived(entry, f"is stored under seq {_text(item.sequence)}")
    if item.digest != digest:
        return _derived(
            entry, f"has digest {entry.digest[:16]}..., the log says {_text(item.digest)[:16]}..."
        )
    if item.key is None:
        return _derived(entry, "no record in table keys names it")
    return _derived(entry, "its record in table keys disagrees with it")


def _derived(entry: Entry, reason: str) -> Finding:
    return Finding(
        customer=entry.customer, sequence=entry.sequence, code=ReceiptCode.DERIVED, template=reason
    )


def _of(item: Presented, code: ReceiptCode, reason: str) -> Finding:
    """Return a finding about a receipt that does not say credibly whose it is: where it lies names it."""
    return Finding(
        customer=_shown(item.customer), sequence=_number(item.sequence), code=code, template=reason
    )


def _bytes(cell: Cell) -> bytes:
    return cell.encode("utf-8", "surrogatepass") if isinstance(cell, str) else _text(cell).encode("utf-8")


def _text(cell: Cell) -> str:
    return cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else str(cell)


def _shown(cell: Cell) -> CustomerId:
    return NO_CUSTOMER if cell is None else CustomerId(_text(cell))


def _number(cell: Cell) -> Sequence:
    return Sequence(cell) if isinstance(cell, int) else NO_SEQUENCE
