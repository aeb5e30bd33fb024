"""An auditor that follows published heads, and raises an alarm with evidence when one is false.

Theory of operation. A round takes one published checkpoint and a ledger. The checkpoint must be signed by
the log and, under a policy, by enough witnesses; it must extend the head that was followed last; every new
entry is judged - encoding, key, signature, link, balance rule - and the log and the map must be what they
come to. Then a stretch of the old entries, another one each round, is judged again and compared with the
leaves that are remembered; a full round takes all of them.

An alarm names its reason, and carries the signed notes that contradict each other: whoever knows the log's
key can check them without believing the auditor. ``is_proof`` says whether they alone prove misbehaviour of
the log, or whether only the ledger that was presented is at fault.

Not here: what lies beyond the last witnessed head. Nothing is claimed of it.

Source: rules R3.4 and R3.5; schedules T3-S1 to T3-S8; claims.md 3.6.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from billproof.model.canonical import CanonicalValue
from billproof.model.checkpoints import (
    CheckpointDocument,
    FailedCheckpoint,
    verify_checkpoint,
)
from billproof.model.cosignatures import WitnessPolicy, judge_cosignatures
from billproof.model.identifiers import Count, Position
from billproof.model.key_sets import JsonWebKeySet
from billproof.model.merkle import leaf_hash
from billproof.model.merkle_proofs import Level, root_at
from billproof.model.verification import Finding
from billproof.model.witness import WitnessRecord
from billproof.service.errors import InputFileError
from billproof.service.follow_store import FollowStore, Remembered, remembering
from billproof.service.following import Round, follow, judged_again, roots_at

SAMPLE_ENTRIES: Count = Count(1_000)
"""How many old entries a round judges again by default."""


class Alarm(StrEnum):
    """What an auditor finds, in order of precedence."""

    SIGNATURE = "SIGNATURE"
    """The log has not signed the checkpoint, or its map is not the one that it binds."""
    ROLLBACK = "ROLLBACK"
    """An older head is published as the latest."""
    FORK = "FORK"
    """The head contradicts the one that was followed last: two histories are signed."""
    TRUNCATION = "TRUNCATION"
    """The ledger ends before the head."""
    ALTERED = "ALTERED"
    """An entry is not what it has to be, or not what it was."""
    NOT_THE_LOG = "NOT_THE_LOG"
    """The entries are sound, and the head is that of others."""
    NOT_THE_FOLD = "NOT_THE_FOLD"
    """The map is not the fold of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmReport:
    """A false head or ledger, with evidence."""

    alarm: Alarm
    reason: str
    notes: tuple[str, ...]
    """The signed notes that bear on it: the one followed last, and the new one."""
    is_proof: bool
    """Whether the signed notes contradict each other by themselves or with the entries as signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowReport:
    """What a round has come to."""

    size_before: Position
    size: Position
    new_entries: Count
    old_entries_judged: Count
    signed_by: tuple[str, ...]
    """The witnesses whose co-signature counts."""
    not_accepted: str
    """Why the checkpoint is not relied on, though nothing is wrong with it; empty if it is."""
    alarm: AlarmReport | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """What an auditor remembers and believes."""

    state: Path
    ledger: Path
    keys: JsonWebKeySet
    policy: WitnessPolicy | None
    """None relies on the log's signature alone."""
    sample: Count = SAMPLE_ENTRIES
    """How many old entries a round judges again."""
    is_full: bool = False
    """Judge all old entries again."""


def follow_head(auditor: Auditor, document: CheckpointDocument) -> FollowReport:
    """Follow one published checkpoint; what is remembered moves on only if nothing is wrong.

    Raises:
        RimError: Ledger or memory cannot be used.
    """
    body, note = document.body, document.note
    judged = verify_checkpoint(document, auditor.keys)
    signed_by: tuple[str, ...] = ()
    not_accepted = ""
    if auditor.policy is not None:
        acceptance = judge_cosignatures(note, auditor.policy)
        signed_by = acceptance.signed_by
        if not acceptance.is_accepted:
            not_accepted = f"{len(signed_by)} of {acceptance.quorum} co-signatures that the policy asks for"
    with remembering(auditor.state) as store:
        before = store.load(body.origin)
        outcome = _Outcome()
        if isinstance(judged, FailedCheckpoint):
            outcome = _Outcome(alarm=_alarm(Alarm.SIGNATURE, f"{judged.code.value}: {judged.reason}", note))
        elif not not_accepted:
            outcome = _advance(auditor, store, before, document)
    return FollowReport(
        size_before=before.record.size,
        size=body.size,
        new_entries=outcome.new_entries,
        old_entries_judged=outcome.old_entries,
        signed_by=signed_by,
        not_accepted=not_accepted,
        alarm=outcome.alarm,
    )


def compare_heads(
    first: CheckpointDocument, second: CheckpointDocument, keys: JsonWebKeySet, ledger: Path | None
) -> AlarmReport | str:
    """Compare two published heads of one log, as two readers were shown them.

    Args:
        first: One head.
        second: The other.
        keys: The keys of the log.
        ledger: The entries, which link heads of different sizes; None leaves that to the maps.

    Returns:
        An alarm; or in words why the heads agree, or, beginning with ``unknown``, what is missing to tell.

    Raises:
        InputFileError: The heads are of two logs.
        RimError: The ledger cannot be read.
    """
    if first.body.origin != second.body.origin:
        raise InputFileError(
            first.body.origin, "", f"is another log than {second.body.origin}", "compare heads of one log"
        )
    for document in (first, second):
        judged = verify_checkpoint(document, keys)
        if isinstance(judged, FailedCheckpoint):
            return _alarm(Alarm.SIGNATURE, f"{judged.code.value}: {judged.reason}", document.note)
    small, large = sorted((first, second), key=lambda document: document.body.size)
    reason = _fork_in(small, large)
    if reason:
        return _alarm(Alarm.FORK, reason, small.note, large.note, is_proof=True)
    if small.body.size == large.body.size:
        return f"both are the same head of {small.body.size} entries"
    if ledger is None:
        return "unknown: no map contradicts the other; name the ledger to link heads of different sizes"
    sizes = (small.body.size, large.body.size)
    roots = roots_at(ledger, keys, sizes)
    if roots.get(large.body.size) != large.body.root:
        return f"unknown: the ledger is not that of the head of {large.body.size} entries"
    if roots.get(small.body.size) != small.body.root:
        reason = f"the log of {large.body.size} entries does not begin with the one of {small.body.size}"
        return _alarm(Alarm.FORK, reason, small.note, large.note, is_proof=True)
    return f"the head of {large.body.size} entries extends the one of {small.body.size}"


def evidence_document(report: AlarmReport) -> dict[str, CanonicalValue]:
    """Return the file form of an alarm."""
    return {
        "alarm": report.alarm.value,
        "is_proof": report.is_proof,
        "notes": list(report.notes),
        "reason": report.reason,
    }


def _fork_in(small: CheckpointDocument, large: CheckpointDocument) -> str:
    """Return how two signed heads contradict each other without any entry, or nothing."""
    if small.body.size == large.body.size:
        if (small.body.root, small.body.heads_root) != (large.body.root, large.body.heads_root):
            return f"two heads of {small.body.size} entries are signed, and they differ"
        return ""
    later = {head.customer: head for head in large.heads}
    for head in small.heads:
        found = later.get(head.customer)
        if found is None:
            return f"the chain of {head.customer!r} is in the smaller head and not in the larger one"
        if found.sequence < head.sequence:
            return f"the chain of {head.customer!r} has {head.sequence} entries, and later {found.sequence}"
        if found.sequence == head.sequence and found.digest != head.digest:
            return f"entry {head.sequence} of {head.customer!r} has two digests"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What a round has found, and how much it has judged."""

    alarm: AlarmReport | None = None
    new_entries: Count = Count(0)
    old_entries: Count = Count(0)


def _advance(
    auditor: Auditor, store: FollowStore, before: Remembered, document: CheckpointDocument
) -> _Outcome:
    """Judge a signed and accepted head, and remember it if nothing is wrong."""
    body, note = document.body, document.note
    alarm = _contradiction(store, before, document)
    if alarm is not None:
        return _Outcome(alarm=alarm)
    found = follow(auditor.ledger, auditor.keys, before.seen, body.size)
    new_entries = Count(len(found.leaves))
    alarm = _of_round(auditor, before, document, found)
    if alarm is not None:
        return _Outcome(alarm=alarm, new_entries=new_entries)
    alarm, old_entries, sample = _judge_old(auditor, store, before, note)
    if alarm is None:
        record = WitnessRecord(size=body.size, root=body.root, heads_root=body.heads_root)
        after = Remembered(record=record, seen=found.seen, note=note, sample=sample)
        store.add_leaves(body.origin, before.seen.tree, found.leaves)
        store.save(body.origin, after, found.changed, sample=sample)
    return _Outcome(alarm=alarm, new_entries=new_entries, old_entries=old_entries)


def _contradiction(
    store: FollowStore, before: Remembered, document: CheckpointDocument
) -> AlarmReport | None:
    """Return the alarm if a head contradicts the one that was followed last, by itself."""
    body, record = document.body, before.record
    if body.size > record.size:
        return None
    if body.size == record.size:
        if (body.root, body.heads_root) == (record.root, record.heads_root):
            return None
        reason = f"two heads of {body.size} entries are signed, and they differ"
        return _alarm(Alarm.FORK, reason, before.note, document.note, is_proof=True)

    def node(level: Level, index: Position) -> bytes:
        return store.node(body.origin, level, index)

    if root_at(body.size, node) == body.root:
        reason = f"a head of {body.size} entries is published after one of {record.size}"
        return _alarm(Alarm.ROLLBACK, reason, before.note, document.note)
    reason = f"the head of {body.size} entries does not begin the one of {record.size} that was followed"
    return _alarm(Alarm.FORK, reason, before.note, document.note, is_proof=True)


def _of_round(
    auditor: Auditor, before: Remembered, document: CheckpointDocument, found: Round
) -> AlarmReport | None:
    """Return the alarm if the new entries are not sound or do not give the head."""
    body, notes = document.body, tuple(note for note in (before.note, document.note) if note)
    if found.problem:
        is_cut = found.finding is None and found.problem.startswith("TRUNCATED")
        return _alarm(Alarm.TRUNCATION if is_cut else Alarm.ALTERED, found.problem, *notes)
    if found.seen.root != body.root:
        roots = roots_at(auditor.ledger, auditor.keys, (before.record.size, body.size))
        if roots.get(body.size) == body.root and roots.get(before.record.size) != before.record.root:
            reason = f"it does not extend the head of {before.record.size} entries that was followed"
            return _alarm(Alarm.FORK, reason, *notes, is_proof=True)
        reason = f"the first {body.size} entries presented are not those that the head names"
        return _alarm(Alarm.NOT_THE_LOG, reason, *notes)
    if found.seen.heads_root != body.heads_root:
        reason = f"its map is not the fold of its {body.size} entries"
        return _alarm(Alarm.NOT_THE_FOLD, reason, *notes, is_proof=True)
    return None


def _judge_old(
    auditor: Auditor, store: FollowStore, before: Remembered, note: str
) -> tuple[AlarmReport | None, Count, Position]:
    """Judge a stretch of the old entries again; return the alarm, how many, and where to go on."""
    size, origin = before.record.size, _origin(note)
    start = Position(0 if auditor.is_full or before.sample >= size else before.sample)
    end = Position(size if auditor.is_full else min(size, start + auditor.sample))
    place = start
    for found in judged_again(auditor.ledger, auditor.keys, start, end):
        if isinstance(found, Finding):
            reason = f"{found.code.value}: customer {found.customer!r}, seq {found.sequence}: {found.reason}"
        elif leaf_hash(bytes.fromhex(found)) != store.node(origin, Level(0), place):
            reason = f"entry {place} of the log is not the one that was followed before"
        else:
            place = Position(place + 1)
            continue
        return _alarm(Alarm.ALTERED, reason, before.note, note), Count(place - start), start
    if place < end:
        reason = f"the ledger ends after {place} entries, {size} were followed before"
        return _alarm(Alarm.TRUNCATION, reason, before.note, note), Count(place - start), start
    return None, Count(place - start), Position(0 if end >= size else end)


def _origin(note: str) -> str:
    return note.partition("\n")[0]


def _alarm(alarm: Alarm, reason: str, *notes: str, is_proof: bool = False) -> AlarmReport:
    return AlarmReport(
        alarm=alarm, reason=reason, notes=tuple(note for note in notes if note), is_proof=is_proof
    )
