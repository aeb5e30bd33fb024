"""Gathering the evidence of a dispute from a store: a snapshot, read once, handed to ``model.disputes``.

Theory of operation. The log's digests give the place of the receipt, the inclusion proof and, without a
checkpoint, the head; the customer's own chain is read whole and every signature of it verified. A receipt
that does not verify stays in the evidence as what nobody has signed, so that damage ends in a verdict and
not in an error.

Choices: without a checkpoint the ledger's own end stands in for the witnessed head, and the bundle says so:
it decides whether the ledger is consistent with itself, not whether it is the one that was witnessed.

Signatures of customers are verified again from table ``signed_requests``, by the key that is registered.

Source: rules R7.1 to R7.4, R21; ``system.md`` section 8.
"""

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from billproof.model.checkpoints import (
    ChainHead,
    CheckpointDocument,
    FailedCheckpoint,
    parse_checkpoint,
    verify_checkpoint,
)
from billproof.model.context import Context
from billproof.model.customer_keys import (
    Enrolment,
    SignatureCheck,
    customer_key_of,
    enrolment_at,
    enrolments_of,
)
from billproof.model.disputes import Claim, Decision, Evidence, Shower, SigningKeys, decide
from billproof.model.identifiers import (
    NO_DIGEST,
    CustomerId,
    CustomerKeyId,
    Digest,
    Fingerprint,
    Instant,
    Position,
    Sequence,
    SigningKeyId,
)
from billproof.model.jws import JwsEncodingError, split_jws
from billproof.model.key_sets import JsonWebKeySet, parse_key_set
from billproof.model.keys import FailedReceipt, verify_receipt
from billproof.model.merkle import EMPTY_RANGE, append_digest, leaf_hash, root_of
from billproof.model.merkle_proofs import inclusion_proof, node_reader, verify_inclusion
from billproof.model.outcomes import Status
from billproof.model.receipts import ReceiptFormatError, digest_of, parse_receipt, receipt_id
from billproof.model.state import NO_ENTRY, Entry, Head, Presented
from billproof.model.unit_prices import UnitPrice
from billproof.service.errors import InputFileError, StoreFileError
from billproof.service.files import read_input
from billproof.service.published_plans import PublishedPlans, read_published
from billproof.service.request_signatures import is_request_signed
from billproof.service.schema import read_meta, reading_store, stored_design

UNREADABLE: Final = replace(NO_ENTRY, status=Status.ACCEPTED)
"""Stands for a receipt that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFiles:
    """What the parties bring besides the store."""

    checkpoint: Path | None = None
    """A published checkpoint, with its map of heads."""
    copy: Path | None = None
    """The receipt that the customer holds, a compact JWS."""
    plans: Path | None = None
    """The published price plans: a JSON list."""
    published: str = ""
    """The latest checkpoint of a running service, instead of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """The proof that a receipt is in the log that a head names."""

    index: Position
    size: Position
    root: bytes
    hashes: tuple[bytes, ...]
    is_good: bool
    """Whether it leads to the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute with its evidence and what it comes to."""

    receipt_id: str
    claim: Claim
    decision: Decision
    evidence: Evidence
    design: str
    """The name of the design whose rules of evidence were followed."""
    jws: str
    """The receipt in dispute as it was shown; empty where there is none."""
    signature_problem: str
    """Why the receipt does not verify; empty where it does."""
    anchor: str
    """What the head rests on, in words."""
    inclusion: Inclusion | None
    """None where the receipt is not in the log, or lies beyond the head."""
    plan: UnitPrice | None
    """The unit price that the receipt names, where it is published and the plan is no more than that."""
    enrolment: Enrolment | None
    """The registration of the key that the receipt names as its issuer, if any."""
    is_signed: bool
    """Whether a good signature of that key over the request is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """One line of the log."""

    position: Position
    customer: CustomerId
    sequence: Sequence
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """One receipt as it was shown, judged."""

    item: Presented
    jws: str
    problem: str


def open_dispute(database: Path, wanted: str, claim: Claim, files: DisputeFiles) -> Dispute:
    """Gather the evidence about one receipt and decide.

    Args:
        database: The store.
        wanted: The id of the receipt.
        claim: What the customer claims.
        files: What the parties bring.

    Raises:
        StoreFileError, DesignError, KeyFormatError: The store cannot be used.
        InputFileError: No such receipt and no copy of one; or a file that cannot be read.
        CheckpointFormatError, PlanFormatError, JsonInputError: A file that is not what it should be.
    """
    plans = PublishedPlans() if files.plans is None else read_published(files.plans)
    with reading_store(database) as connection:
        design = stored_design(connection, database)
        context = Context(design=design, digest=digest_of(design))
        keys = _keys(connection, database)
        log = _log(connection)
        copy = None if files.copy is None else _judged(_text(files.copy), keys, context)
        link = next((item for item in log if receipt_id(item.customer, item.sequence) == wanted), None)
        if link is None and (copy is None or _id_of(copy) != wanted):
            raise InputFileError(
                str(database), "", f"has no receipt {wanted}",
                "give an id as invoices and receipts show it, or --copy with the receipt itself",
            )  # fmt: skip
        customer = copy.item.entry.customer if copy is not None else link.customer if link else CustomerId("")
        chain = _chain(connection, customer, keys, context)
        disputed = copy or (None if link is None else chain.get(link.sequence))
        if disputed is None:
            raise InputFileError(
                str(database), "", f"has not signed receipt {wanted} yet", "run the same command again"
            )
        checkpoint = _checkpoint(files, keys)
        heads, anchor = _heads([item for item in log if item.sequence in chain], checkpoint, customer)
        evidence = Evidence(
            presented=tuple(item.item for item in chain.values()),
            witnessed=heads,
            disputed=disputed.item,
            shown_by=Shower.OPERATOR if copy is None else Shower.CUSTOMER,
            signing_keys=_signing_keys(keys),
            rate=plans.rate,
            is_signed=_signature_check(connection, disputed.item.entry, tuple(chain.values())),
        )
        return Dispute(
            receipt_id=wanted,
            claim=claim,
            decision=decide(claim, evidence, context),
            evidence=evidence,
            design=design.name,
            jws=disputed.jws,
            signature_problem=disputed.problem,
            anchor=anchor,
            inclusion=_inclusion(log, link, checkpoint),
            plan=plans.unit_prices.get(disputed.item.entry.price_plan),
            enrolment=_enrolment(evidence, context),
            is_signed=_is_signed(evidence),
        )


def _signature_check(
    connection: sqlite3.Connection, disputed: Entry, chain: tuple[_Shown, ...]
) -> SignatureCheck:
    """Return the check of signatures on record; each has to be about the entry's own idempotency key."""

    def is_signed(key_id: CustomerKeyId, fingerprint: Fingerprint) -> bool:
        keys = {item.item.entry.key for item in chain if item.item.entry.fingerprint == fingerprint}
        if fingerprint == disputed.fingerprint:
            keys = {disputed.key}
        return bool(keys) and all(
            is_request_signed(connection, disputed.customer, key_id, fingerprint, key) for key in keys
        )

    return is_signed


def _log(connection: sqlite3.Connection) -> list[_Link]:
    rows = connection.execute("SELECT position, customer, seq, digest FROM log ORDER BY position")
    return [
        _Link(
            position=Position(position),
            customer=CustomerId(customer),
            sequence=Sequence(sequence),
            digest=Digest(digest),
        )
        for position, customer, sequence, digest in rows
    ]


def _chain(
    connection: sqlite3.Connection, customer: CustomerId, keys: JsonWebKeySet, context: Context
) -> dict[Sequence, _Shown]:
    """Return the receipts of a customer as the operator shows them, by sequence number."""
    rows = connection.execute(
        "SELECT l.seq, r.jws, u.body FROM log l"
        " LEFT JOIN receipts r ON r.customer = l.customer AND r.seq = l.seq"
        " LEFT JOIN unsigned u ON u.position = l.position WHERE l.customer = ? ORDER BY l.seq",
        (customer,),
    )
    found = {}
    for sequence, jws, body in rows:
        if jws is None and body is not None:
            # Committed a moment ago and being signed: the end of what can be shown.
            break
        shown = _judged(str(jws or ""), keys, context)
        if (shown.item.entry.customer, shown.item.entry.sequence) != (customer, sequence):
            # Not what belongs here: it keeps the place, so that the chain is seen to be damaged there.
            entry = replace(UNREADABLE, customer=customer, sequence=Sequence(sequence))
            shown = replace(shown, item=Presented(entry=entry, signed=NO_DIGEST))
        found[Sequence(sequence)] = shown
    return found


def _judged(jws: str, keys: JsonWebKeySet, context: Context) -> _Shown:
    verified = verify_receipt(jws, keys)
    if isinstance(verified, FailedReceipt):
        problem = f"{verified.code.value}: {verified.reason}" if jws else "there is no signed receipt"
        return _Shown(item=Presented(entry=_readable(jws), signed=NO_DIGEST), jws=jws, problem=problem)
    digest = context.digest(verified.entry)
    entry = replace(verified.entry, digest=digest)
    return _Shown(item=Presented(entry=entry, signed=digest), jws=jws, problem="")


def _readable(jws: str) -> Entry:
    """Return what a receipt that does not verify says, or the neutral entry where it says nothing."""
    try:
        return parse_receipt(split_jws(jws).payload)
    except (JwsEncodingError, ReceiptFormatError):
        return UNREADABLE


def _enrolment(evidence: Evidence, context: Context) -> Enrolment | None:
    entry = evidence.disputed.entry
    key = customer_key_of(entry.issuer)
    if key is None:
        return None
    chain = [item.entry for item in evidence.presented]
    known = enrolments_of(chain, evidence.is_signed, context.design.customer_keys)
    return enrolment_at(known, key, entry.sequence)


def _is_signed(evidence: Evidence) -> bool:
    entry = evidence.disputed.entry
    key = customer_key_of(entry.issuer)
    return key is not None and evidence.is_signed(key, entry.fingerprint)


def _heads(
    log: list[_Link], checkpoint: CheckpointDocument | None, customer: CustomerId
) -> tuple[dict[CustomerId, Head], str]:
    if checkpoint is not None:
        named = {head.customer: _head(head) for head in checkpoint.heads if head.customer == customer}
        return named, f"the checkpoint of {checkpoint.body.size} entries of {checkpoint.body.origin}"
    own = [item for item in log if item.customer == customer]
    if not own:
        return {}, "nothing: the ledger has no entry of this customer"
    end = Head(sequence=own[-1].sequence, digest=own[-1].digest, commit_time=Instant(0))
    return {customer: end}, "the ledger's own end, which nobody has witnessed; give --checkpoint for more"


def _head(head: ChainHead) -> Head:
    return Head(sequence=head.sequence, digest=head.digest, commit_time=Instant(0))


def _inclusion(
    log: list[_Link], link: _Link | None, checkpoint: CheckpointDocument | None
) -> Inclusion | None:
    size = Position(len(log) if checkpoint is None else checkpoint.body.size)
    if link is None or link.position >= size or size > len(log):
        return None
    leaves = [bytes.fromhex(item.digest) for item in log[:size]]
    if checkpoint is None:
        tree = EMPTY_RANGE
        for item in log:
            tree = append_digest(tree, item.digest)
        root = root_of(tree)
    else:
        root = checkpoint.body.root
    hashes = inclusion_proof(link.position, size, node_reader(leaves))
    leaf = leaf_hash(leaves[link.position])
    return Inclusion(
        index=link.position,
        size=size,
        root=root,
        hashes=hashes,
        is_good=verify_inclusion(leaf, link.position, size, proof=hashes, root=root),
    )


def _checkpoint(files: DisputeFiles, keys: JsonWebKeySet) -> CheckpointDocument | None:
    if files.checkpoint is not None:
        source, data = str(files.checkpoint), read_input(files.checkpoint)
    elif files.published:
        source, data = "latest checkpoint", files.published.encode("utf-8")
    else:
        return None
    document = parse_checkpoint(data, source)
    judged = verify_checkpoint(document, keys)
    if isinstance(judged, FailedCheckpoint):
        raise InputFileError(
            source, "", f"is no checkpoint of this ledger: {judged.code.value}: {judged.reason}",
            "supply the checkpoint as it was published",
        )  # fmt: skip
    return document


def _keys(connection: sqlite3.Connection, database: Path) -> JsonWebKeySet:
    text = read_meta(connection, "jwks")
    if text is None:
        raise StoreFileError(str(database), "table meta", "has no jwks", "restore the file from a copy")
    return parse_key_set(text, f"{database} (table meta)")


def _signing_keys(keys: JsonWebKeySet) -> SigningKeys:
    """Return the operator's keys: the set lists them in the order in which they came into use."""
    listed = list(keys.receipts)
    if not listed:
        return SigningKeys(current=SigningKeyId(""), retired={})
    return SigningKeys(current=listed[-1], retired={key: Instant(0) for key in listed[:-1]})


def _text(path: Path) -> str:
    try:
        return read_input(path).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InputFileError(str(path), "", "is no compact JWS", "supply the receipt as issued") from error


def _id_of(shown: _Shown) -> str:
    return receipt_id(shown.item.entry.customer, shown.item.entry.sequence)
