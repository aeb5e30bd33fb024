"""A commit is where a majority has it: the laws hold in every state, and fail where a rule is bent."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from billproof.model.identifiers import Count
from billproof.model.platform.quorum import (
    LAWS,
    QuorumLog,
    bring_back,
    catch_up,
    commit,
    cut_off,
    is_available,
    lose_storage,
    new_log,
    start_by_force,
)
from billproof.model.platform.units import CommitNumber, DomainIndex, Mask, all_below, with_number
from tests.model.platform.search import explore

COMMITS = 3


def ordinary(log: QuorumLog) -> Iterator[tuple[str, QuorumLog]]:
    """Yield every step without a forced restart, up to three commits."""
    domains = len(log.held)
    if log.committed < COMMITS:
        for answering in range(1 << domains):
            after = commit(log, Mask(answering))
            if after is not None:
                yield f"commit by {answering:b}", after
    for domain in map(DomainIndex, range(domains)):
        yield f"{domain} catches up", catch_up(log, domain)
        yield f"{domain} is cut off", cut_off(log, domain)
        yield f"{domain} is back", bring_back(log, domain)
        yield f"{domain} loses its storage", lose_storage(log, domain)


def with_force(log: QuorumLog) -> Iterator[tuple[str, QuorumLog]]:
    """Yield every step, forced restarts with at most one loss included."""
    yield from ordinary(log)
    if start_by_force(log).lost <= 1:
        yield "restart by force", start_by_force(log)


def with_minority(log: QuorumLog) -> Iterator[tuple[str, QuorumLog]]:
    """Yield the steps of a broken store that takes one domain for enough."""
    yield from ordinary(log)
    if log.committed < COMMITS:
        number = CommitNumber(log.committed + 1)
        yield "commit by 1 alone", replace(log, committed=number, held=(number, *log.held[1:]))


def with_forgetful_votes(log: QuorumLog) -> Iterator[tuple[str, QuorumLog]]:
    """Yield the steps of a broken store in which an emptied domain votes at once."""
    for label, after in ordinary(log):
        yield label, replace(after, whole=all_below(len(log.held)))


def with_quiet_force(log: QuorumLog) -> Iterator[tuple[str, QuorumLog]]:
    """Yield the steps of a broken store that restarts by force and does not count what it gave up."""
    yield from ordinary(log)
    yield "restart", replace(start_by_force(log), lost=log.lost)


def test_the_laws_hold_in_every_state_of_three_domains() -> None:
    found = explore(new_log(Count(3)), ordinary, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states == 8 * 104, "which domains can be reached is independent of what they hold"


def test_the_laws_hold_after_forced_restarts_too() -> None:
    found = explore(new_log(Count(3)), with_force, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states > 8 * 104


@pytest.mark.parametrize(
    ("moves", "law", "steps"),
    [
        (with_minority, "survives", 2),
        (with_forgetful_votes, "quorums_intersect", 2),
        (with_quiet_force, "no_silent_loss", 4),
    ],
)
def test_a_bent_rule_breaks_a_law(moves: object, law: str, steps: int) -> None:
    assert callable(moves)
    found = explore(new_log(Count(3)), moves, LAWS)
    assert law in found.broken
    assert len(found.broken[law]) == steps


@pytest.mark.parametrize("domains", [1, 3, 5, 7])
def test_a_commit_needs_more_than_half_of_all_domains(domains: int) -> None:
    log = new_log(Count(domains))
    for count in range(domains + 1):
        assert (commit(log, all_below(count)) is not None) == (2 * count > domains)


def test_a_domain_that_is_behind_does_not_vote_until_it_caught_up() -> None:
    log = commit(new_log(Count(3)), Mask(0b011))
    assert log is not None
    assert commit(log, Mask(0b110)) is None
    assert commit(catch_up(log, DomainIndex(2)), Mask(0b110)) is not None


def test_edge_more_than_f_losses_lose_commits() -> None:
    log = commit(new_log(Count(3)), Mask(0b011))
    assert log is not None
    emptied = lose_storage(lose_storage(log, DomainIndex(0)), DomainIndex(1))
    assert not is_available(emptied, all_below(3))
    forced = start_by_force(emptied)
    assert (forced.committed, forced.lost) == (0, 1)
    assert is_available(forced, all_below(3))


def test_edge_minority_refuses() -> None:
    log = cut_off(cut_off(new_log(Count(3)), DomainIndex(0)), DomainIndex(1))
    assert commit(log, all_below(3)) is None
    assert not is_available(log, with_number(Mask(0), 2))
    assert commit(bring_back(log, DomainIndex(0)), all_below(3)) is not None
