"""When a witness co-signs a checkpoint: a pure decision on what it remembers and what it has followed.

A witness remembers, per log, the one head that it signed last. It signs another one only if the request
names that head's size (compare-and-set), the new head is not smaller, is the same if it is as large, and
otherwise extends it: the entries in between, which the witness has followed itself, give the root of the log
and, folded with one chain per customer, the root of the map. Whoever runs it makes the new record durable
before the signature leaves; what a crash can then lose is a signature, never the memory of one.

Law: of any two heads that one record has led to, the smaller one is a prefix of the larger one, and both maps
are the folds of their logs. It holds for every order of requests, and across crashes.

Not here: following entries (``service.following``), signatures (``cosignatures``), and where records lie.

Source: rules R3.4 and R17; C2SP tlog-witness; switch ``signer_scope``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billproof.model.checkpoints import CheckpointBody
from billproof.model.identifiers import Position
from billproof.model.merkle import EMPTY_ROOT
from billproof.model.merkle_proofs import verify_consistency


class WitnessRefusal(StrEnum):
    """Why a witness does not sign, in order of precedence."""

    SIGNATURE = "SIGNATURE"
    """The log has not signed it, or under a key that the witness does not know."""
    ROLLBACK = "ROLLBACK"
    """It is smaller than the head that was signed last."""
    OLD_SIZE = "OLD_SIZE"
    """The request names an old size beyond the checkpoint's own."""
    STALE = "STALE"
    """The request names another old size than the one that was signed last."""
    FORK = "FORK"
    """It is as large as the head that was signed last, and not the same."""
    INCONSISTENT = "INCONSISTENT"
    """The consistency proof does not show that it extends the head that was signed last."""
    ENTRIES = "ENTRIES"
    """An entry in between is not what an entry has to be."""
    NOT_THE_LOG = "NOT_THE_LOG"
    """The entries are sound, and the log over them has another root."""
    NOT_THE_FOLD = "NOT_THE_FOLD"
    """The map is not the fold of the log with one chain per customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessRecord:
    """The head that was signed last."""

    size: Position
    root: bytes
    heads_root: bytes


NO_RECORD: Final = WitnessRecord(size=Position(0), root=EMPTY_ROOT, heads_root=EMPTY_ROOT)
"""Nothing was signed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedLog:
    """What following the entries between two heads has come to."""

    root: bytes
    """The root of the log with them."""
    heads_root: bytes
    """The root of the map that is the fold of the log with them."""
    problem: str
    """What is wrong with the first bad entry, or that some are missing; empty if nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignRequest:
    """What a log asks for."""

    old_size: Position
    """The size that the log believes was signed last."""
    body: CheckpointBody
    """What is to be signed; the log's own signature on it has been verified."""
    proof: tuple[bytes, ...] | None
    """The consistency proof from the old size; None where the witness reads all entries itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The witness does not sign."""

    refusal: WitnessRefusal
    reason: str
    """What was found, with both values."""


def check_before_following(record: WitnessRecord, request: CosignRequest) -> Refused | None:
    """Return why a witness would refuse before it looks at any entry, or None."""
    body = request.body
    if body.size < record.size and request.old_size in (record.size, body.size):
        reason = f"has {body.size} entries, the head signed last has {record.size}"
        return Refused(refusal=WitnessRefusal.ROLLBACK, reason=reason)
    if request.old_size > body.size:
        reason = f"old size {request.old_size} is beyond its own size {body.size}"
        return Refused(refusal=WitnessRefusal.OLD_SIZE, reason=reason)
    if request.old_size != record.size:
        reason = f"old size {request.old_size} was named, the head signed last has {record.size}"
        return Refused(refusal=WitnessRefusal.STALE, reason=reason)
    if body.size == record.size and (body.root, body.heads_root) != (record.root, record.heads_root):
        reason = f"is another head of {body.size} entries than the one signed last"
        return Refused(refusal=WitnessRefusal.FORK, reason=reason)
    if request.proof is not None and not verify_consistency(
        record.size, body.size, old_root=record.root, new_root=body.root, proof=request.proof
    ):
        reason = f"is not shown to extend the head of {record.size} entries signed last"
        return Refused(refusal=WitnessRefusal.INCONSISTENT, reason=reason)
    return None


def decide_cosigning(
    record: WitnessRecord, request: CosignRequest, followed: FollowedLog
) -> WitnessRecord | Refused:
    """Return the record to keep before signing, or why the witness refuses.

    Args:
        record: What it signed last.
        request: What it is asked for.
        followed: What the entries from ``record.size`` on to the checkpoint's size have come to.
    """
    body = request.body
    refused = check_before_following(record, request)
    if refused is not None:
        return refused
    if followed.problem:
        return Refused(refusal=WitnessRefusal.ENTRIES, reason=followed.problem)
    if followed.root != body.root:
        reason = f"the first {body.size} entries are not those that it names"
        return Refused(refusal=WitnessRefusal.NOT_THE_LOG, reason=reason)
    if followed.heads_root != body.heads_root:
        reason = f"its map is not the fold of the first {body.size} entries"
        return Refused(refusal=WitnessRefusal.NOT_THE_FOLD, reason=reason)
    return WitnessRecord(size=body.size, root=body.root, heads_root=body.heads_root)
