"""Two-phase commit, as published by Gray and Lamport: a manager asks every participant, then decides for all.

Participants prepare or abort on their own; a prepared one has sent word of it. The manager commits when it
has heard from all of them, or aborts at any time before. Messages are never lost, only late.

Source: J. Gray, L. Lamport, "Consensus on transaction commit" (2004), module ``TwoPhase``; the counts 288,
8,832 and 296,448 for 3, 5 and 7 participants are those of its published table.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

from billproof.invariants.explore.models.model import (
    Field,
    Invariant,
    Model,
    Relabelling,
    Symmetry,
    actions_of,
    put,
)

PARTICIPANT = "participant"


class Stage(IntEnum):
    """How far a participant is."""

    WORKING = 0
    PREPARED = 1
    COMMITTED = 2
    ABORTED = 3


class Decision(IntEnum):
    """What the manager has decided."""

    OPEN = 0
    COMMIT = 1
    ABORT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Manager, participants and messages."""

    stages: tuple[int, ...]
    """The ``Stage`` of each participant."""
    decision: int
    """The ``Decision`` of the manager, which is also the message it has sent."""
    heard: tuple[bool, ...]
    """From whom the manager has heard."""
    sent: tuple[bool, ...]
    """Who has sent word that it is prepared."""


def can_prepare(state: State, participant: int) -> bool:
    """Only what is working can prepare."""
    return state.stages[participant] == Stage.WORKING


def prepare(state: State, participant: int) -> State:
    """Prepare and send word of it."""
    return replace(
        state,
        stages=put(state.stages, participant, Stage.PREPARED),
        sent=put(state.sent, participant, True),
    )


def give_up(state: State, participant: int) -> State:
    """Abort without being told to."""
    return replace(state, stages=put(state.stages, participant, Stage.ABORTED))


def can_hear(state: State, participant: int) -> bool:
    """The manager hears, again and again, from who has sent word, while it is undecided."""
    return state.decision == Decision.OPEN and state.sent[participant]


def hear(state: State, participant: int) -> State:
    """Note that a participant is prepared."""
    return replace(state, heard=put(state.heard, participant, True))


def can_commit(state: State, _: int) -> bool:
    """The manager commits once it has heard from all."""
    return state.decision == Decision.OPEN and all(state.heard)


def commit(state: State, _: int) -> State:
    """Decide, and tell all."""
    return replace(state, decision=Decision.COMMIT)


def can_abort(state: State, _: int) -> bool:
    """The manager may abort while it is undecided."""
    return state.decision == Decision.OPEN


def abort(state: State, _: int) -> State:
    """Decide, and tell all."""
    return replace(state, decision=Decision.ABORT)


def can_learn_commit(state: State, _: int) -> bool:
    """The message stays; it can be received again."""
    return state.decision == Decision.COMMIT


def learn_commit(state: State, participant: int) -> State:
    """Commit as told."""
    return replace(state, stages=put(state.stages, participant, Stage.COMMITTED))


def can_learn_abort(state: State, _: int) -> bool:
    """The message stays; it can be received again."""
    return state.decision == Decision.ABORT


def agree(state: State, participant: int) -> bool:
    """No participant has aborted while another has committed."""
    return state.stages[participant] != Stage.ABORTED or not any(
        stage == Stage.COMMITTED for stage in state.stages
    )


def two_phase_commit(participants: int) -> Model[State]:
    """Return the protocol with so many participants."""
    everyone = tuple(f"by participant {number}" for number in range(1, participants + 1))
    nobody = (False,) * participants
    return Model(
        name="two-phase-commit",
        story=f"a transaction manager and {participants} participants decide together",
        settings={"participants": participants},
        fields=(
            Field(name="stages", highest=3, places=participants, indexed_by=PARTICIPANT),
            Field(name="decision", highest=2),
            Field(name="heard", is_flag=True, places=participants, indexed_by=PARTICIPANT),
            Field(name="sent", is_flag=True, places=participants, indexed_by=PARTICIPANT),
        ),
        initial=State(stages=(0,) * participants, decision=0, heard=nobody, sent=nobody),
        actions=(
            *actions_of("prepare", everyone, can=can_prepare, do=prepare, kind=PARTICIPANT),
            *actions_of("give up", everyone, can=can_prepare, do=give_up, kind=PARTICIPANT),
            *actions_of("hear of preparation", everyone, can=can_hear, do=hear, kind=PARTICIPANT),
            *actions_of("manager commits", ("",), can=can_commit, do=commit),
            *actions_of("manager aborts", ("",), can=can_abort, do=abort),
            *actions_of("commit as told", everyone, can=can_learn_commit, do=learn_commit, kind=PARTICIPANT),
            *actions_of("abort as told", everyone, can=can_learn_abort, do=give_up, kind=PARTICIPANT),
        ),
        invariants=(
            Invariant(
                name="participants_agree",
                statement="no participant has aborted while another has committed",
                kind=PARTICIPANT,
                arguments=tuple(range(participants)),
                holds=agree,
            ),
        ),
        symmetry=Symmetry(
            generators=tuple(swap(participants, place) for place in range(participants - 1)),
            freely=PARTICIPANT,
        ),
    )


def swap(participants: int, place: int) -> Relabelling:
    """Return the relabelling that exchanges a participant and the next."""
    numbers = list(range(participants))
    numbers[place], numbers[place + 1] = numbers[place + 1], numbers[place]
    return {PARTICIPANT: tuple(numbers)}
