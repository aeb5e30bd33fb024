"""Judging one stretch of a ledger, receipt by receipt: what every process of an audit runs.

Per receipt, in the order of precedence of the codes: encoding, key and signature; the link to the entry
before and to the witnessed head, by the functions of ``model.verification`` that the explorer runs; then
what was stored beside the receipt, and the arithmetic of the entry. Only the first thing wrong is kept.

The first entry of each customer in a stretch cannot be linked here: it is handed back as a ``Seam``.

Source: ``system.md`` section 5; ``cli.md``, ``audit``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from billproof.model.design import Design
from billproof.model.identifiers import (
    NO_POSITION,
    NO_SEQUENCE,
    Amount,
    CustomerId,
    Digest,
    Instant,
    Position,
    Sequence,
)
from billproof.model.jws import JwsEncodingError, jws_texts, named_key, split_jws
from billproof.model.key_sets import JsonWebKeySet
from billproof.model.keys import FailedReceipt, verify_receipt
from billproof.model.outcomes import ReceiptCode
from billproof.model.posting import balance_effect
from billproof.model.receipts import STATUS_NAMES, ReceiptFormatError, digest_of, parse_receipt
from billproof.model.state import Entry, Head
from billproof.model.switches import OrderBy, Preimage
from billproof.model.verification import Finding, check_anchor, check_link
from billproof.service.fold import Fold
from billproof.service.tables import Cell, Row

NO_CUSTOMER = CustomerId("")
"""Names no customer: the finding is about the ledger as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """One receipt with what lies beside it, as read: any cell may hold anything."""

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
    read = _reader(rules)
    last: dict[CustomerId, Entry] = {}
    for item in items:
        if stretch.start == NO_POSITION:
            stretch.start = stretch.end = item.position
        finding = check_position(item.position, stretch.end)
        stretch.end = Position(stretch.end + 1)
        if item.fault:
            finding = _of(item, ReceiptCode.ENCODING, item.fault)
        if finding is None and item.jws is None and item.unsigned is None:
            customer, sequence = _shown(item.customer), _number(item.sequence)
            stretch.missing.append(Missing(position=item.position, customer=customer, sequence=sequence))
            continue
        if finding is None:
            if item.jws is None:
                stretch.unsigned += 1
            result = read(item)
            if isinstance(result, Finding):
                finding = result
            else:
                before = last.get(result.customer)
                if before is None:
                    stretch.seams.append(Seam(position=item.position, entry=result, place=item.place))
                finding = judge(before, result, rules) or _check_beside(item, result, rules)
                last[result.customer] = result
                stretch.fold.add(result)
                if rules.is_counting_leaves:
                    stretch.leaves.append(result.digest)
        stretch.entries += 1
        if finding is not None:
            if item.place:
                finding = replace(finding, reason=f"{item.place}: {finding.reason}")
            stretch.first = Located(position=item.position, finding=finding)
            return stretch
    return stretch


def judge(before: Entry | None, entry: Entry, rules: Rules) -> Finding | None:
    """Return what is wrong with an entry after the one before it in its chain, or None.

    Args:
        before: The entry before; None leaves the link to be judged at the seam.
        entry: The entry.
        rules: Heads and design.
    """
    finding = None
    if before is not None:
        finding = check_link(_head(before), entry)
    witnessed = rules.witnessed.get(entry.customer)
    if finding is None and witnessed is not None:
        finding = check_anchor(entry, witnessed)
    if finding is not None:
        return finding
    if entry.balance_after != entry.balance_before + balance_effect(entry, entry.customer):
        return _derived(entry, "balance_after is not balance_before moved by the amount")
    return (
        None
        if before is None
        else check_succession(before.balance_after, before.commit_time, entry, rules.design)
    )


def check_position(position: Position, expected: Position) -> Finding | None:
    """Return the finding if a log does not go on at the position that follows."""
    if position == expected:
        return None
    code, reason = ReceiptCode.GAP, f"log position {expected} is missing"
    if position < expected:
        code, reason = ReceiptCode.FORK, f"log position {position} comes again, or out of order"
    return Finding(customer=NO_CUSTOMER, sequence=NO_SEQUENCE, code=code, reason=reason)


def check_succession(balance: Amount, commit_time: Instant, entry: Entry, design: Design) -> Finding | None:
    """Return the finding if an entry does not begin where the one before has ended, in money or in time."""
    if entry.balance_before != balance:
        return _derived(entry, "balance_before is not the balance after the entry before")
    if design.order_by == OrderBy.SEQUENCE and entry.commit_time < commit_time:
        return _derived(entry, "commit_time is before that of the entry before")
    return None


def _reader(rules: Rules) -> Callable[[Presented], Entry | Finding]:
    """Return what makes the entry of a receipt, or the finding that it is none."""
    keys = rules.keys
    is_canonical = rules.design.preimage == Preimage.CANONICAL_ALL_FIELDS
    digest = digest_of(rules.design)

    def read(item: Presented) -> Entry | Finding:
        try:
            if item.jws is None:
                entry = parse_receipt(item.unsigned if isinstance(item.unsigned, bytes) else b"")
            else:
                jws = item.jws.decode("ascii") if isinstance(item.jws, bytes) else item.jws
                if not isinstance(jws, str):
                    raise JwsEncodingError(f"{jws!r} is no text")
                if keys is None:
                    entry = _unverified(jws)
                else:
                    result = verify_receipt(jws, keys)
                    if isinstance(result, FailedReceipt):
                        return _of(item, ReceiptCode(result.code.value), result.reason)
                    entry = result.entry
        except (JwsEncodingError, ReceiptFormatError, UnicodeDecodeError) as error:
            return _of(item, ReceiptCode.ENCODING, str(error))
        return entry if is_canonical else replace(entry, digest=digest(entry))

    return read


def _unverified(jws: str) -> Entry:
    header, _, _ = jws_texts(jws)
    named_key(header)
    return parse_receipt(split_jws(jws).payload)


def _check_beside(item: Presented, entry: Entry, rules: Rules) -> Finding | None:
    """Return the finding if something stored beside a receipt disagrees with it."""
    if _bytes(item.customer) != entry.customer.encode("utf-8"):
        return _derived(entry, f"is stored under customer {_shown(item.customer)!r}")
    if item.sequence != entry.sequence:
        return _derived(entry, f"is stored under seq {_text(item.sequence)}")
    if not rules.has_tables:
        return None
    if _bytes(item.digest) != entry.digest.encode("ascii"):
        return _derived(
            entry, f"has digest {entry.digest[:16]}..., the log says {_text(item.digest)[:16]}..."
        )
    expected = (
        entry.customer.encode("utf-8"), entry.key.encode("utf-8"), entry.fingerprint.encode("ascii"),
        STATUS_NAMES[entry.status].encode("ascii"), entry.digest.encode("ascii"),
    )  # fmt: skip
    if item.key is None:
        return _derived(entry, "no record in table keys names it")
    if tuple(_bytes(cell) for cell in item.key) != expected:
        return _derived(entry, "its record in table keys disagrees with it")
    return None


def _head(entry: Entry) -> Head:
    return Head(sequence=entry.sequence, digest=entry.digest, commit_time=entry.commit_time)


def _derived(entry: Entry, reason: str) -> Finding:
    return Finding(customer=entry.customer, sequence=entry.sequence, code=ReceiptCode.DERIVED, reason=reason)


def _of(item: Presented, code: ReceiptCode, reason: str) -> Finding:
    """Return a finding about a receipt that does not say credibly whose it is: where it lies names it."""
    return Finding(customer=_shown(item.customer), sequence=_number(item.sequence), code=code, reason=reason)


def _bytes(cell: Cell) -> bytes:
    return cell.encode("utf-8", "surrogatepass") if isinstance(cell, str) else _raw(cell)


def _raw(cell: bytes | int | None) -> bytes:
    return cell if isinstance(cell, bytes) else str(cell).encode("ascii")


def _text(cell: Cell) -> str:
    return cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else str(cell)


def _shown(cell: Cell) -> CustomerId:
    return NO_CUSTOMER if cell is None else CustomerId(_text(cell))


def _number(cell: Cell) -> Sequence:
    return Sequence(cell) if isinstance(cell, int) else NO_SEQUENCE
