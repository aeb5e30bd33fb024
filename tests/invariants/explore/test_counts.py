"""The plain search reproduces published counts, and each invariant is seen to break where it must.

Two-phase commit: Gray and Lamport's table, and TLC's generated count and depth for three participants.
Charge replication: the counts of TLC, SPIN and three more engines, of which the deep run here takes minutes
(``make explore-deep``).
"""

from dataclasses import replace

import pytest

from billproof.invariants.explore.breadth_first import search_plainly
from billproof.invariants.explore.findings import (
    FalseTraceError,
    Limits,
    SearchCounts,
    Stopped,
    replayed,
    steps_of,
)
from billproof.invariants.explore.models import charge_replication as replication
from billproof.invariants.explore.models import two_phase_commit as commit
from billproof.invariants.explore.models.model import Model, ModelRangeError, S, numbers_in, state_of


def silent(line: str) -> None:
    """Show no progress."""
    del line


def counted(model: Model[S], *, symmetry: bool = False) -> SearchCounts:
    """Search without limits."""
    return search_plainly(model, Limits(), silent, symmetry=symmetry)


@pytest.mark.parametrize(("participants", "distinct"), [(3, 288), (5, 8_832)])
def test_two_phase_commit_has_the_published_counts(participants: int, distinct: int) -> None:
    found = counted(commit.two_phase_commit(participants))
    assert (found.distinct, found.breach, found.stopped) == (distinct, None, "")


def test_counts_follow_tlc() -> None:
    """TLC prints 1,146 states generated, 288 distinct, depth 11: the initial state counts in each."""
    found = counted(commit.two_phase_commit(3))
    assert (found.generated, found.distinct, found.depth) == (1_146, 288, 11)


@pytest.mark.parametrize(
    ("participants", "total"), [(3, 288), (5, 8_832), (7, 296_448), (8, 1_745_408), (10, 61_515_776)]
)
def test_orbits_of_two_phase_commit_add_up_to_the_published_counts(participants: int, total: int) -> None:
    found = counted(commit.two_phase_commit(participants), symmetry=True)
    assert found.distinct == total
    assert found.canonical is not None
    assert found.canonical < total


@pytest.mark.parametrize(
    "setting",
    [
        replication.Setting(clients=1),
        replication.Setting(keys=1),
        replication.Setting(sends=1, crashes=0),
        replication.Setting(keys=1, crashes=2),
        replication.Setting(keys=1, sync_ack=False),
    ],
    ids=str,
)
def test_symmetry_changes_no_count(setting: replication.Setting) -> None:
    """Distinct, generated and depth are those of the full search, whatever is searched."""
    model = replication.charge_replication(setting)
    full, reduced = counted(model), counted(model, symmetry=True)
    assert (reduced.distinct, reduced.generated, reduced.depth) == (full.distinct, full.generated, full.depth)
    assert (full.breach is None) == (reduced.breach is None)
    if full.breach is not None and reduced.breach is not None:
        assert len(full.breach.steps) == len(reduced.breach.steps)


def test_without_waiting_for_the_replica_an_answer_is_lost() -> None:
    """Send, apply, reply, receive, crash: the reply came and the charge is gone."""
    for symmetry in (False, True):
        found = counted(
            replication.charge_replication(replication.Setting(sync_ack=False)), symmetry=symmetry
        )
        assert found.breach is not None
        assert found.breach.invariant == "AckDurable"
        assert [step.action.split(" client")[0] for step in found.breach.steps] == [
            "send", "apply", "reply", "receive reply", "crash",
        ]  # fmt: skip


def test_charge_without_its_key_check_is_noticed() -> None:
    """The leader that does not look at the keys it has seen charges twice."""
    setting = replication.Setting(keys=1, clients=1)
    model = replication.charge_replication(setting)

    def apply(state: replication.State, operation: int) -> replication.State:
        return replication.apply(setting, replace(state, applied=(False,)), operation)

    broken = tuple(replace(item, do=apply) if item.name == "apply" else item for item in model.actions)
    fields = tuple(replace(item, highest=9) if item.name == "charged" else item for item in model.fields)
    wide = tuple(replace(item, places=2) if item.name == "queue" else item for item in fields)
    start = replace(model.initial, queue=(0, 0))
    found = counted(replace(model, actions=broken, fields=wide, initial=start))
    assert found.breach is not None
    assert found.breach.invariant == "NoDoubleCharge"


def test_manager_that_commits_on_one_word_is_noticed() -> None:
    model = commit.two_phase_commit(3)

    def can_commit(state: commit.State, _: int) -> bool:
        return state.decision == commit.Decision.OPEN and any(state.heard)

    broken = tuple(
        replace(item, can=can_commit) if item.name == "manager commits" else item for item in model.actions
    )
    found = counted(replace(model, actions=broken))
    assert found.breach is not None
    assert found.breach.invariant == "participants_agree"
    assert len(found.breach.steps) == 5


def test_range_is_checked() -> None:
    """A field that holds more than it was declared to is an error, not a wrapped number."""
    model = replication.charge_replication(replication.Setting(keys=1, clients=1))
    fields = tuple(replace(item, highest=1) if item.name == "tries" else item for item in model.fields)
    with pytest.raises(ModelRangeError) as caught:
        counted(replace(model, fields=fields))
    assert (caught.value.field, caught.value.value, caught.value.highest) == ("tries", "2", 1)


def test_numbers_of_a_state_make_it_again() -> None:
    model = replication.charge_replication(replication.Setting())
    state = replace(model.initial, queue=(3, 1, 0, 0), done=(True, False, False, True), crashes=1)
    assert state_of(model, numbers_in(model, state)) == state


def test_trace_that_does_not_replay_is_an_error() -> None:
    model = replication.charge_replication(replication.Setting())
    crash = next(item for item in model.actions if item.name == "crash")
    with pytest.raises(FalseTraceError):
        replayed(model, (crash, crash))
    with pytest.raises(FalseTraceError):
        steps_of(model, (crash,), breaks="AckDurable")


@pytest.mark.parametrize(
    ("limits", "word"), [(Limits(deadline=0.0), "budget"), (Limits(memory_bytes=1), "memory")]
)
def test_limit_ends_a_search_without_a_verdict(limits: Limits, word: str) -> None:
    found = search_plainly(commit.two_phase_commit(3), limits, silent)
    assert word in found.stopped
    assert found.breach is None
    assert found.distinct >= 1


def test_interrupt_keeps_what_was_found() -> None:
    def interrupt(line: str) -> None:
        if not line.startswith("depth 1,"):
            raise KeyboardInterrupt(line)

    found = search_plainly(commit.two_phase_commit(5), Limits(), interrupt)
    assert found.stopped == "interrupted"
    assert 1 < found.distinct < 8_832


def test_stopped_survives_a_process_boundary() -> None:
    import pickle

    stopped = pickle.loads(pickle.dumps(Stopped("because")))  # noqa: S301 - our own bytes
    assert stopped.reason == "because"
