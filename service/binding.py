"""Checking a ledger by hashes alone against a checkpoint that the reader relies on.

Every receipt is decoded, hashed and put into the tree; if the first entries give the root that the
checkpoint names, each of them is byte for byte the one under that head, whatever key has signed it. So no
signature but the log's, and those of its witnesses, has to be verified. What is not judged is said: the
signatures of receipts, balances, and links, which the root fixes without saying that they are sound.

Source: ``performance.md``, "hash chain against a witnessed checkpoint"; rule R3.4.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from billproof.model.checkpoints import (
    CheckpointDocument,
    FailedCheckpoint,
    parse_checkpoint,
    verify_checkpoint,
)
from billproof.model.cosignatures import WitnessPolicy, judge_cosignatures
from billproof.model.identifiers import NO_POSITION, NO_SEQUENCE, Count
from billproof.model.key_sets import JsonWebKeySet, parse_key_set
from billproof.model.merkle import EMPTY_ROOT
from billproof.model.outcomes import ReceiptCode, ReceiptVerdict
from billproof.model.receipts import RECEIPT_TAG
from billproof.model.verification import Finding
from billproof.service.audit import AuditOptions, AuditReport
from billproof.service.errors import InputFileError
from billproof.service.files import read_input
from billproof.service.inspection import NO_CUSTOMER
from billproof.service.ledgers import LedgerKind, ledger_kind, open_raw, read_receipt_texts
from billproof.service.quick import decoded
from billproof.service.schema import read_meta


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingReport:
    """What the hashes have come to."""

    verdict: ReceiptVerdict
    """VALID: every entry that the head names is there unchanged. INVALID, or INCOMPLETE without a quorum."""
    entries: Count
    """Entries under the head."""
    beyond: Count
    """Entries after it, of which nothing is claimed."""
    code: ReceiptCode | None
    reason: str


def check_binding(
    ledger: Path, document: CheckpointDocument, keys: JsonWebKeySet, policy: WitnessPolicy | None
) -> BindingReport:
    """Compare the hashes of a ledger with a checkpoint.

    Args:
        ledger: A database or a file of JSON lines.
        document: The checkpoint.
        keys: The keys that are trusted.
        policy: Whose co-signatures it needs; None relies on the log's signature.

    Raises:
        RimError: The ledger cannot be read as one.
    """
    size = document.body.size
    judged = verify_checkpoint(document, keys)
    if isinstance(judged, FailedCheckpoint):
        return _report(ReceiptVerdict.INVALID, 0, 0, code=judged.code, reason=f"checkpoint: {judged.reason}")
    if policy is not None and not judge_cosignatures(document.note, policy).is_accepted:
        reason = f"the checkpoint lacks some of the {policy.quorum} co-signatures that the policy asks for"
        return _report(ReceiptVerdict.INCOMPLETE, 0, 0, code=None, reason=reason)
    tree = _Tree()
    beyond = 0
    for place, jws in enumerate(_receipts(ledger)):
        if place >= size:
            beyond += 1
            continue
        try:
            tree.append(_digest(jws))
        except ValueError as error:
            reason = f"entry {place} is no receipt: {error}"
            return _report(ReceiptVerdict.INVALID, place, 0, code=ReceiptCode.ENCODING, reason=reason)
    if tree.size < size:
        reason = f"the log has {tree.size} entries, the checkpoint {size}"
        return _report(ReceiptVerdict.INVALID, tree.size, 0, code=ReceiptCode.TRUNCATED, reason=reason)
    if tree.root() != document.body.root:
        reason = f"the first {size} entries are not those that the checkpoint names"
        return _report(ReceiptVerdict.INVALID, size, beyond, code=ReceiptCode.FORK, reason=reason)
    if size == 0:
        return _report(ReceiptVerdict.INCOMPLETE, 0, beyond, code=None, reason="the head names no entries")
    return _report(ReceiptVerdict.VALID, size, beyond, code=None, reason="")


def audit_hashes(source: Path, options: AuditOptions) -> AuditReport:
    """Verify a ledger by hashes alone, and report it as an audit does.

    Args:
        source: A database or a file of JSON lines.
        options: With a checkpoint, and with keys where the ledger has none itself.

    Raises:
        InputFileError: No checkpoint, or no keys.
        RimError: The ledger cannot be read as one.
    """
    if options.checkpoint is None:
        raise InputFileError(str(source), "", "cannot be compared with nothing", "name a checkpoint")
    document = parse_checkpoint(read_input(options.checkpoint), str(options.checkpoint))
    report = check_binding(source, document, _keys(source, options), options.policy)
    is_valid = report.verdict == ReceiptVerdict.VALID
    first = None
    if report.code is not None:
        first = Finding(customer=NO_CUSTOMER, sequence=NO_SEQUENCE, code=report.code, template=report.reason)
    return AuditReport(
        verdict=report.verdict,
        entries=report.entries,
        customers=Count(len(document.heads) if is_valid else 0),
        coverage=_coverage(source, document, report),
        unchecked=(report.reason,) if report.verdict == ReceiptVerdict.INCOMPLETE else (),
        first=first,
        position=NO_POSITION,
    )


def _keys(source: Path, options: AuditOptions) -> JsonWebKeySet:
    if options.jwks is not None:
        return parse_key_set(read_input(options.jwks), str(options.jwks))
    stored = None
    if ledger_kind(source) == LedgerKind.DATABASE:
        with closing(open_raw(source)) as connection:
            stored = read_meta(connection, "jwks")
    if stored is None:
        raise InputFileError(str(source), "", "has no keys to verify the checkpoint", "name a key set")
    return parse_key_set(stored, "the key set of the ledger")


def _coverage(source: Path, document: CheckpointDocument, report: BindingReport) -> dict[str, str]:
    size = document.body.size
    is_valid = report.verdict == ReceiptVerdict.VALID
    tail = f"anchored by the checkpoint of {size} entries" if is_valid else "unanchored"
    if is_valid and report.beyond:
        tail = f"unanchored after the first {size} entries"
    return {
        "ledger": ledger_kind(source).value,
        "range": f"entries 1 to {report.entries} of the log" if report.entries else "no entries",
        "signatures": "not checked: the checkpoint binds the bodies of receipts, whatever has signed them",
        "keys": "of the checkpoint only",
        "links": "fixed by the checkpoint, not followed",
        "arithmetic": "fixed by the checkpoint, not recomputed",
        "derived": "not checked",
        "tail": tail,
    }


class _Tree:
    """The compact range of ``model.merkle``, moved in place: one leaf costs two hashes and no records."""

    __slots__ = ("_roots", "size")

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def append(self, data: bytes) -> None:
        """Append a leaf of these data."""
        node = sha256(b"\x00" + data).digest()
        roots, carry = self._roots, self.size
        while carry & 1:
            node = sha256(b"\x01" + roots.pop() + node).digest()
            carry >>= 1
        roots.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root."""
        if not self._roots:
            return EMPTY_ROOT
        node = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            node = sha256(b"\x01" + left + node).digest()
        return node


def _digest(jws: bytes) -> bytes:
    """Return the digest of the body inside a compact JWS.

    Raises:
        ValueError: It has no body in base64url, or no three parts.
    """
    parts = jws.split(b".", 2)
    if len(parts) != 3 or not parts[1]:
        raise ValueError("no three parts between dots")
    return sha256(RECEIPT_TAG + decoded(parts[1])).digest()


def _receipts(ledger: Path) -> Iterator[bytes]:
    """Yield the receipts of a ledger in log order; what is none ends it with an empty one."""
    if ledger_kind(ledger) == LedgerKind.LINES:
        yield from read_receipt_texts(ledger)
        return
    with closing(open_raw(ledger)) as connection:
        rows = connection.execute(
            "SELECT r.jws FROM log l LEFT JOIN receipts r ON r.customer = l.customer AND r.seq = l.seq"
            " ORDER BY l.position"
        )
        for (jws,) in rows:
            yield jws if isinstance(jws, bytes) else b"."


def _report(
    verdict: ReceiptVerdict, entries: int, beyond: int, *, code: ReceiptCode | None, reason: str
) -> BindingReport:
    return BindingReport(
        verdict=verdict, entries=Count(entries), beyond=Count(beyond), code=code, reason=reason
    )
