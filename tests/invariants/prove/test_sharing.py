"""A proof in parts proves what the whole does, and a part that fails takes with it what rests on it."""

from collections.abc import Sequence

import pytest

from billproof.invariants.prove.assembly import ShareResult
from billproof.invariants.prove.engine import prove, prove_share
from billproof.invariants.prove.problem import ProofOptions, Status
from billproof.invariants.prove.sharing import Share, settled_shares

from .toy import problem

PARTS = (Share(index=0, of=2), Share(index=1, of=2))


def proved(*broken: str, shares: int) -> set[str]:
    """Return what is proved of the toy core in so many parts."""
    result = prove(problem(*broken), shares=shares)
    return {clause.name for clause in result.clauses if clause.status is Status.PROVED}


@pytest.mark.parametrize("broken", [(), ("token check",), ("counting",), ("forgetting",)])
def test_parts_prove_what_the_whole_proves(broken: tuple[str, ...]) -> None:
    """The same clauses are proved in one part and in three, of a correct core and of broken ones."""
    assert proved(*broken, shares=3) == proved(*broken, shares=1)


def test_every_command_is_in_one_part() -> None:
    """Parts together witness each case once: none is left out, none is made twice."""
    whole = prove(problem()).witnesses
    parts = prove(problem(), shares=2).witnesses
    assert sorted(item.where for item in parts) == sorted(item.where for item in whole)


def test_parts_are_made_again_without_what_one_has_refuted() -> None:
    """What one part finds not to be preserved is no hypothesis of any other."""
    asked: list[frozenset[str]] = []

    def run(wanted: Sequence[Share], dead: frozenset[str]) -> list[ShareResult]:
        asked.append(dead)
        return [prove_share(problem("forgetting"), ProofOptions(), share, dead) for share in wanted]

    results = settled_shares(PARTS, run)
    dead = set().union(*[result.ledger.dead for result in results])
    assert dead
    assert asked == [frozenset(), frozenset(dead)]
    for result in results:
        assert not any(dead.intersection(item.obligation.rests_on) for item in result.decided)
