"""What is remembered of the last state is of that state, and of no other."""

from dataclasses import replace

from billproof.invariants.presentation import committed_entries, once_in_a_row
from billproof.model.identifiers import Instant
from billproof.model.state import NO_ENTRY, State, initial_state


def test_it_is_computed_once_for_one_object_and_again_for_any_other() -> None:
    """Equal objects are different ones: identity is what is compared."""
    asked: list[State] = []

    @once_in_a_row
    def noted(state: State) -> int:
        asked.append(state)
        return len(asked)

    one, other = initial_state(regions=1), initial_state(regions=1)
    assert one == other
    assert [noted(one), noted(one), noted(other), noted(one)] == [1, 1, 2, 3]


def test_every_argument_counts() -> None:
    """The known bad: a memory that looks at the first argument alone."""

    @once_in_a_row
    def later(state: State, by: tuple[int]) -> int:
        return state.now + by[0]

    state = initial_state(regions=1)
    assert [later(state, (number,)) for number in (1, 2, 2)] == [1, 2, 2]
    assert later(replace(state, now=Instant(5)), (2,)) == 7


def test_a_state_with_another_entry_has_that_entry() -> None:
    """What a predicate reads of the next state is not what it read of the last."""
    state = initial_state(regions=1)
    assert committed_entries(state) == ()
    longer = replace(state, primary=replace(state.primary, ledger=state.primary.ledger.append(NO_ENTRY)))
    assert committed_entries(longer) == (NO_ENTRY,)
    assert committed_entries(state) == ()
