"""A search that has refuted all that it was asked about stops soon; no other does."""

import pytest

from billproof.invariants.explore.search import Limits, SearchResult, search
from billproof.invariants.searching import context_of, domain_named
from billproof.invariants.theorems import BY_ID
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design, readings


def searched(design: Design, theorems: tuple[str, ...], limits: Limits) -> SearchResult:
    """Search the world of retries."""
    domain = domain_named("retries")
    return search(
        domain,
        tuple(clause for name in theorems for clause in BY_ID[name].clauses),
        (),
        step=step,
        context=context_of(domain.design(design)),
        limits=limits,
    )


def refuted(result: SearchResult) -> set[str]:
    """Return the theorems of which a clause is violated."""
    return {name for name in ("T1", "T6") if any(it.name in result.violations for it in BY_ID[name].clauses)}


def test_it_stops_where_every_theorem_is_refuted_and_is_not_complete() -> None:
    found = searched(readings(DOCUMENTED)[0], ("T1",), Limits(states_max=3_000, states_refuted=400))
    assert refuted(found) == {"T1"}
    assert 400 < found.states < 600
    assert not found.complete


def test_it_goes_on_while_one_theorem_stands() -> None:
    """The known bad: a search that stops at the first theorem that falls."""
    alone = searched(readings(DOCUMENTED)[0], ("T1",), Limits(states_max=3_000, states_refuted=0))
    both = searched(readings(DOCUMENTED)[0], ("T1", "T6"), Limits(states_max=3_000, states_refuted=0))
    assert refuted(alone) == {"T1"}
    assert both.states > alone.states


@pytest.mark.parametrize("states", [0, 10])
def test_what_holds_is_searched_whole(states: int) -> None:
    limited = searched(REPAIRED, ("T1", "T6"), Limits(states_refuted=states))
    assert limited.complete
    assert limited.states == searched(REPAIRED, ("T1", "T6"), Limits()).states
