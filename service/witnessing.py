"""A witness at the rim: follow the entries, decide, remember, and only then sign.

The decision is ``model.witness``; here it gets what it decides on, and its record is durable before the
signature exists. A crash between the two loses a signature; asking again for the same head gives another one
on the same head.

Source: rules R3.4 and R17; C2SP tlog-witness and tlog-cosignature.
"""

from dataclasses import dataclass
from pathlib import Path

from billproof.model.checkpoints import FailedCheckpoint, parse_note, verify_note
from billproof.model.cosignatures import WitnessKey, cosign, render_verifier_key
from billproof.model.identifiers import Instant, Position
from billproof.model.key_sets import JsonWebKeySet
from billproof.model.witness import (
    CosignRequest,
    FollowedLog,
    Refused,
    WitnessRefusal,
    check_before_following,
    decide_cosigning,
)
from billproof.service.follow_store import Remembered, remembering
from billproof.service.following import follow
from billproof.service.keystore import open_or_create_witness_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Who signs, what it remembers, and whom it believes to be the log."""

    name: str
    state: Path
    """Its memory; its key lies beside it."""
    keys: JsonWebKeySet
    """The keys of the log."""
    ledger: Path
    """Where it reads the entries: a database or a file of JSON lines."""

    @property
    def verifier_key(self) -> str:
        """What readers put into their policy; the key is made where there is none."""
        raw = open_or_create_witness_key(self.state).public_key().public_bytes_raw()
        return render_verifier_key(WitnessKey(name=self.name, raw=raw))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """The witness has signed."""

    line: str
    """The signature line."""
    size_before: Position
    """The size of the head that it had signed before."""
    size: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCosigned:
    """The witness has refused; its memory is as it was."""

    refused: Refused
    size: Position
    """The size of the head that it signed last."""
    note: str
    """That head; with the refused one, evidence."""


def cosign_note(
    witness: Witness,
    note: str,
    now: Instant,
    *,
    old_size: Position | None = None,
    proof: tuple[bytes, ...] | None = None,
) -> Cosigned | NotCosigned:
    """Co-sign a checkpoint, or refuse.

    Args:
        witness: Who is asked.
        note: The signed note.
        now: The time in the signature.
        old_size: What the asker believes was signed last; None asks for whatever that is.
        proof: The consistency proof, where the asker has sent one.

    Raises:
        CheckpointFormatError: The note is no checkpoint.
        RimError: Ledger, memory or key cannot be used; nothing was signed or remembered.
    """
    private = open_or_create_witness_key(witness.state)
    body = parse_note(note, "checkpoint")
    judged = verify_note(note, witness.keys)
    with remembering(witness.state) as store:
        before = store.load(body.origin)
        if isinstance(judged, FailedCheckpoint):
            refused = Refused(
                refusal=WitnessRefusal.SIGNATURE, reason=f"{judged.code.value}: {judged.reason}"
            )
            return NotCosigned(refused=refused, size=before.record.size, note=before.note)
        asked = before.record.size if old_size is None else old_size
        request = CosignRequest(old_size=asked, body=body, proof=proof)
        decided: object = check_before_following(before.record, request)
        if decided is None:
            found = follow(witness.ledger, witness.keys, before.seen, body.size)
            followed = FollowedLog(
                root=found.seen.root, heads_root=found.seen.heads_root, problem=found.problem
            )
            decided = decide_cosigning(before.record, request, followed)
            if not isinstance(decided, Refused):
                after = Remembered(record=decided, seen=found.seen, note=note, sample=before.sample)
                store.add_leaves(body.origin, before.seen.tree, found.leaves)
                store.save(body.origin, after, found.changed, sample=before.sample)
        if isinstance(decided, Refused):
            return NotCosigned(refused=decided, size=before.record.size, note=before.note)
    # The transaction has ended: what is signed now is remembered already.
    return Cosigned(
        line=cosign(note, witness.name, private, now), size_before=before.record.size, size=body.size
    )
