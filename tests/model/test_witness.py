"""A witness signs one history: whatever it is asked, in whatever order, and whenever it crashes."""

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.model.checkpoints import CheckpointBody
from billproof.model.identifiers import Position
from billproof.model.merkle import root_of_leaves
from billproof.model.merkle_proofs import consistency_proof, node_reader
from billproof.model.witness import (
    NO_RECORD,
    CosignRequest,
    FollowedLog,
    Refused,
    WitnessRecord,
    WitnessRefusal,
    decide_cosigning,
)

FORK_AT = 4
LENGTH = 9


def leaf(branch: int, place: int) -> bytes:
    return f"{branch if place >= FORK_AT else 0}-{place}".encode()


LOGS = [[leaf(branch, place) for place in range(LENGTH)] for branch in (1, 2)]


def fold(branch: int, size: int) -> bytes:
    return hashlib.sha256(b"map" + b"".join(LOGS[branch][:size])).digest()


def body(branch: int, size: int, *, map_size: int | None = None) -> CheckpointBody:
    return CheckpointBody(
        origin="log",
        size=Position(size),
        root=root_of_leaves(LOGS[branch][:size]),
        heads_root=fold(branch, size if map_size is None else map_size),
    )


def followed(record: WitnessRecord, true_branch: int, branch: int, size: int) -> FollowedLog:
    """What a witness finds that has signed ``record`` of one branch and is shown entries of another."""
    leaves = [*LOGS[true_branch][: record.size], *LOGS[branch][record.size : size]]
    return FollowedLog(
        root=root_of_leaves(leaves),
        heads_root=hashlib.sha256(b"map" + b"".join(leaves)).digest(),
        problem="",
    )


def refusal(outcome: WitnessRecord | Refused) -> WitnessRefusal | None:
    return outcome.refusal if isinstance(outcome, Refused) else None


def signed(branch: int, size: int) -> WitnessRecord:
    at = body(branch, size)
    return WitnessRecord(size=at.size, root=at.root, heads_root=at.heads_root)


def ask(record: WitnessRecord, what: CheckpointBody, old: int, log: FollowedLog) -> WitnessRefusal | None:
    request = CosignRequest(old_size=Position(old), body=what, proof=None)
    return refusal(decide_cosigning(record, request, log))


def test_every_refusal_is_produced_and_growth_is_signed() -> None:
    record = signed(0, 6)
    sound = followed(record, 0, 0, 8)
    assert ask(record, body(0, 8), 6, sound) is None
    assert ask(NO_RECORD, body(0, 6), 0, followed(NO_RECORD, 0, 0, 6)) is None
    assert ask(record, body(0, 6), 6, followed(record, 0, 0, 6)) is None
    assert ask(record, body(0, 5), 6, sound) == WitnessRefusal.ROLLBACK
    assert ask(record, body(0, 5), 5, sound) == WitnessRefusal.ROLLBACK
    assert ask(record, body(0, 8), 9, sound) == WitnessRefusal.OLD_SIZE
    assert ask(record, body(0, 8), 5, sound) == WitnessRefusal.STALE
    assert ask(record, body(1, 6), 6, sound) == WitnessRefusal.FORK
    assert ask(record, body(0, 6, map_size=5), 6, sound) == WitnessRefusal.FORK
    assert ask(record, body(1, 8), 6, followed(record, 0, 1, 8)) == WitnessRefusal.NOT_THE_LOG
    assert ask(record, body(0, 8, map_size=7), 6, sound) == WitnessRefusal.NOT_THE_FOLD
    bad = FollowedLog(root=sound.root, heads_root=sound.heads_root, problem="GAP")
    assert ask(record, body(0, 8), 6, bad) == WitnessRefusal.ENTRIES


def test_a_false_consistency_proof_is_refused_and_a_true_one_signed() -> None:
    record, sound = signed(0, 6), followed(signed(0, 6), 0, 0, 8)
    proof = consistency_proof(Position(6), Position(8), node_reader(LOGS[0]))
    for given_proof, expected in ((proof, None), ((), "INCONSISTENT"), (proof[::-1], "INCONSISTENT")):
        request = CosignRequest(old_size=Position(6), body=body(0, 8), proof=given_proof)
        assert refusal(decide_cosigning(record, request, sound)) == expected


REQUESTS = st.tuples(
    st.sampled_from([0, 1]),
    st.integers(0, LENGTH),
    st.integers(0, LENGTH),
    st.sampled_from([0, 1]),
    st.booleans(),
)


@settings(max_examples=400)
@given(st.lists(REQUESTS, max_size=12))
def test_no_order_of_requests_and_crashes_makes_it_sign_two_histories(
    requests: list[tuple[int, int, int, int, bool]],
) -> None:
    """A crash comes before the record is durable, or after it and before the signature has left."""
    record, true_branch = NO_RECORD, 0
    released: list[tuple[int, int]] = []
    for branch, size, old, shown, is_crashing in requests:
        what = body(branch, size)
        log = (
            followed(record, true_branch, shown, size)
            if size >= record.size
            else followed(NO_RECORD, shown, shown, size)
        )
        request = CosignRequest(old_size=Position(old), body=what, proof=None)
        outcome = decide_cosigning(record, request, log)
        if isinstance(outcome, Refused):
            continue
        record = outcome
        true_branch = branch if size > FORK_AT else true_branch
        if not is_crashing:
            released.append((branch, size))
    sizes = [size for _, size in released]
    assert sizes == sorted(sizes)
    assert len({branch for branch, size in released if size > FORK_AT}) <= 1
