"""The compiled search agrees with the plain one on every count, and fails where the plain one fails."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from billproof.invariants.explore.breadth_first import search_plainly
from billproof.invariants.explore.compiled import search as compiled
from billproof.invariants.explore.compiled import visited
from billproof.invariants.explore.compiled.equivariance import prove_equivariance
from billproof.invariants.explore.compiled.extraction import Program, Split, Update, extract
from billproof.invariants.explore.compiled.layout import Words, size_of
from billproof.invariants.explore.compiled.search import search_compiled
from billproof.invariants.explore.compiled.stepping import UnexpectedPathError, stepper_of
from billproof.invariants.explore.compiled.visited import Visited, distinct
from billproof.invariants.explore.findings import Limits, SearchCounts
from billproof.invariants.explore.models import charge_replication as replication
from billproof.invariants.explore.models import two_phase_commit as commit
from billproof.invariants.explore.models.model import Model, ModelRangeError, S, numbers_in
from billproof.invariants.explore.symmetry import FalseSymmetryError

SETTINGS = (
    replication.Setting(clients=1),
    replication.Setting(keys=1),
    replication.Setting(sends=1, crashes=0),
    replication.Setting(keys=1, sends=1, crashes=2),
    replication.Setting(clients=1, sends=3, sync_ack=False),
    replication.Setting(keys=1, sync_ack=False),
)


def silent(line: str) -> None:
    """Show no progress."""
    del line


def counts(found: SearchCounts) -> tuple[object, ...]:
    """Return what two searches must agree on."""
    breach = None if found.breach is None else (found.breach.invariant, len(found.breach.steps))
    return (found.distinct, found.generated, found.depth, found.canonical, breach, found.stopped)


def both(model: Model[S], *, symmetry: bool = False) -> tuple[SearchCounts, SearchCounts]:
    """Search a model in both ways, without limits."""
    return (
        search_plainly(model, Limits(), silent, symmetry=symmetry),
        search_compiled(model, Limits(), silent, symmetry=symmetry),
    )


@pytest.mark.parametrize("symmetry", [False, True])
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_counts_of_charge_replication_agree(setting: replication.Setting, *, symmetry: bool) -> None:
    plain, fast = both(replication.charge_replication(setting), symmetry=symmetry)
    assert counts(fast) == counts(plain)


@pytest.mark.parametrize("symmetry", [False, True])
@pytest.mark.parametrize("participants", [1, 2, 5])
def test_counts_of_two_phase_commit_agree(participants: int, *, symmetry: bool) -> None:
    plain, fast = both(commit.two_phase_commit(participants), symmetry=symmetry)
    assert counts(fast) == counts(plain)


def test_published_counts_are_reproduced() -> None:
    """The counts on which TLC, SPIN and three more engines agree, and the published table."""
    found = search_compiled(replication.charge_replication(replication.Setting()), Limits(), silent)
    assert (found.distinct, found.generated, found.depth) == (737_586, 5_294_674, 34)
    found = search_compiled(commit.two_phase_commit(7), Limits(), silent)
    assert found.distinct == 296_448


def test_portions_change_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A level that is worked on in portions gives what it gives at once."""
    model = replication.charge_replication(replication.Setting(keys=1))
    whole = search_compiled(model, Limits(), silent)
    monkeypatch.setattr(compiled, "PORTION", 7)
    assert counts(search_compiled(model, Limits(), silent)) == counts(whole)


def wide(setting: replication.Setting, highest: int) -> Model[replication.State]:
    """Return a model that promises less than it keeps, so that its records take several words."""
    model = replication.charge_replication(setting)
    fields = tuple(
        replace(item, highest=highest) if item.name in {"tries", "requests", "charged"} else item
        for item in model.fields
    )
    return replace(model, fields=fields, symmetry=None)


@pytest.mark.parametrize("sync_ack", [False, True])
def test_records_of_several_words_are_searched(*, sync_ack: bool) -> None:
    setting = replication.Setting(keys=1, sync_ack=sync_ack)
    model = wide(setting, 2**40)
    assert stepper_of(model).layout.words > 2
    plain, fast = both(model)
    assert counts(fast) == counts(plain)


def test_wide_records_have_symmetry_too() -> None:
    model = wide(replication.Setting(keys=1), 2**40)
    declared = replication.charge_replication(replication.Setting(keys=1)).symmetry
    plain, fast = both(replace(model, symmetry=declared), symmetry=True)
    assert counts(fast) == counts(plain)


def test_colliding_keys_lose_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all keys of wide records collide, the words decide."""

    def same(words: Words) -> visited.Keys:
        return np.zeros(size_of(words), dtype=np.uint64)

    model = wide(replication.Setting(clients=1, keys=1), 2**40)
    expected = counts(search_plainly(model, Limits(), silent))
    monkeypatch.setattr(visited, "keys_of", same)
    assert counts(search_compiled(model, Limits(), silent)) == expected


def test_visited_set_is_exact() -> None:
    """Against a set of Python tuples, on random records of one and of two words."""
    random = np.random.default_rng(1)
    for words in (1, 2):
        known: set[tuple[int, ...]] = set()
        met = Visited()
        for _ in range(20):
            drawn = tuple(random.integers(0, 40, 60, dtype=np.uint64) for _ in range(words))
            batch = distinct(drawn)
            listed = [tuple(int(word[at]) for word in batch) for at in range(size_of(batch))]
            assert sorted(listed) == sorted({tuple(map(int, row)) for row in zip(*drawn, strict=True)})
            new = met.new(batch)
            found = {tuple(int(word[at]) for word in new) for at in range(size_of(new))}
            assert found == set(listed) - known
            met.add(new)
            known |= set(listed)
            assert met.count == len(known)


# --- what must fail fails --------------------------------------------------------------------------------


def with_apply(broken: object, setting: replication.Setting) -> Model[replication.State]:
    """Return the protocol with another update of the leader."""
    model = replication.charge_replication(setting)
    actions = tuple(
        replace(item, do=broken) if item.name == "apply" else item  # type: ignore[arg-type]
        for item in model.actions
    )
    return replace(model, actions=actions)


def test_broken_model_is_refuted_with_a_shortest_replayed_trace() -> None:
    setting = replication.Setting(keys=1, clients=1)

    def twice(state: replication.State, operation: int) -> replication.State:
        once = replication.apply(setting, state, operation)
        return replace(once, charged=(min(once.charged[0] + 1, 1),)) if state.applied[operation] else once

    def forgetful(state: replication.State, operation: int) -> replication.State:
        return replace(replication.apply(setting, state, operation), applied=state.applied)

    for broken in (twice, forgetful):
        model = with_apply(broken, setting)
        fields = tuple(replace(it, highest=9) if it.name == "charged" else it for it in model.fields)
        start = replace(model.initial, queue=(0, 0))
        roomy = tuple(replace(it, places=2) if it.name == "queue" else it for it in fields)
        plain, fast = both(replace(model, fields=roomy, initial=start))
        assert counts(fast) == counts(plain)
        assert (fast.breach is None) == (broken is twice)


def test_manager_that_commits_on_one_word_is_noticed() -> None:
    model = commit.two_phase_commit(3)

    def can_commit(state: commit.State, _: int) -> bool:
        return state.decision == commit.Decision.OPEN and any(state.heard)

    broken = tuple(
        replace(item, can=can_commit) if item.name == "manager commits" else item for item in model.actions
    )
    for symmetry in (False, True):
        plain, fast = both(replace(model, actions=broken), symmetry=symmetry)
        assert counts(fast) == counts(plain)
        assert fast.breach is not None


def test_range_is_checked() -> None:
    """A field that would hold more than it was declared to is an error, not a number of its neighbour."""
    model = replication.charge_replication(replication.Setting(keys=1, clients=1))
    fields = tuple(replace(item, highest=1) if item.name == "tries" else item for item in model.fields)
    with pytest.raises(ModelRangeError) as caught:
        search_compiled(replace(model, fields=fields), Limits(), silent)
    assert (caught.value.field, caught.value.value, caught.value.highest) == ("tries", "2", 1)


def test_path_that_raises_in_a_reachable_state_is_an_error() -> None:
    setting = replication.Setting(keys=1, clients=1)

    def careless(state: replication.State, operation: int) -> replication.State:
        if state.applied[operation]:
            raise OverflowError("a key is queued twice")
        return replication.apply(setting, state, operation)

    with pytest.raises(UnexpectedPathError, match="queued twice"):
        search_compiled(with_apply(careless, setting), Limits(), silent)


@pytest.mark.parametrize(
    ("limits", "word"), [(Limits(deadline=0.0), "budget"), (Limits(memory_bytes=1), "memory")]
)
def test_limit_ends_a_search_without_a_verdict(limits: Limits, word: str) -> None:
    found = search_compiled(commit.two_phase_commit(3), limits, silent)
    assert word in found.stopped
    assert found.breach is None


def test_interrupt_keeps_what_was_found() -> None:
    def interrupt(line: str) -> None:
        if line.startswith("depth 5,"):
            raise KeyboardInterrupt(line)

    found = search_compiled(commit.two_phase_commit(5), Limits(), interrupt)
    assert found.stopped == "interrupted"
    assert 1 < found.distinct < 8_832


# --- extraction and symmetry -------------------------------------------------------------------------------


def test_extraction_is_of_the_running_functions() -> None:
    """An action that is changed by hand changes what is extracted."""
    plain = extract(commit.two_phase_commit(2))
    model = commit.two_phase_commit(2)
    swapped = tuple(
        replace(item, do=commit.give_up) if item.name == "prepare" else item for item in model.actions
    )
    changed = extract(replace(model, actions=swapped))
    before, after = first_update(plain), first_update(changed)
    assert before.changes != after.changes


def first_update(program: Program) -> Update:
    """Return what the first action does where it is enabled."""
    tree = program.actions[0]
    assert isinstance(tree, Split)
    assert isinstance(tree.yes, Update)
    return tree.yes


def test_declared_symmetries_are_proved() -> None:
    protocol = replication.charge_replication(replication.Setting(keys=1))
    for proof in (
        prove_equivariance(commit.two_phase_commit(3), Limits()),
        prove_equivariance(protocol, Limits()),
    ):
        assert proof.relabellings >= 1
        assert proof.compared > proof.decided > 0


def test_model_that_prefers_an_identity_is_not_symmetric() -> None:
    """The first participant may give up; the others may not: both solvers tell."""
    model = commit.two_phase_commit(3)

    def first_only(state: commit.State, participant: int) -> bool:
        return commit.can_prepare(state, participant) and participant == 0

    partial_actions = tuple(
        replace(item, can=first_only) if item.name == "give up" else item for item in model.actions
    )
    with pytest.raises(FalseSymmetryError, match="give up"):
        prove_equivariance(replace(model, actions=partial_actions), Limits())


def test_invariant_that_prefers_an_identity_is_not_symmetric() -> None:
    model = commit.two_phase_commit(3)

    def partial_agree(state: commit.State, participant: int) -> bool:
        return participant != 0 or commit.agree(state, participant)

    invariants = tuple(replace(item, holds=partial_agree) for item in model.invariants)
    with pytest.raises(FalseSymmetryError, match="participants_agree"):
        prove_equivariance(replace(model, invariants=invariants), Limits())


def test_update_of_another_place_is_not_symmetric() -> None:
    """What an action does must move with the relabelling, also where it writes what stood elsewhere."""
    setting = replication.Setting(clients=2, keys=1)

    def crossed(state: replication.State, operation: int) -> replication.State:
        kept = replication.apply(setting, state, operation)
        return replace(kept, pending=(kept.pending[1], kept.pending[0])) if operation == 0 else kept

    with pytest.raises(FalseSymmetryError, match="apply"):
        prove_equivariance(with_apply(crossed, setting), Limits())


def test_stepper_makes_the_successors_of_the_plain_functions() -> None:
    """State by state over a whole space, not only in number."""
    model = replication.charge_replication(replication.Setting(keys=1, sends=1))
    stepper = stepper_of(model)
    frontier, seen = [model.initial], {numbers_in(model, model.initial)}
    while frontier:
        state = frontier.pop()
        following = [
            action.do(state, action.argument)
            for action in model.actions
            if action.can(state, action.argument)
        ]
        plain = sorted(numbers_in(model, one) for one in following)
        fast = sorted(
            numbers_in(model, stepper.state(words, 0))
            for words, _ in stepper.successors(stepper.packed(state))
        )
        assert fast == plain
        new = [one for one in following if numbers_in(model, one) not in seen]
        seen.update(map(partial(numbers_in, model), new))
        frontier.extend(new)
    assert len(seen) > 100
