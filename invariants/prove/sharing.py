"""Sharing: a proof in parts, each of which can be made by itself, in any process, with the same result.

A part has every n-th command; the first has the initial states and what is said of any state as well. All
parts use all invariants as hypotheses. Where one part finds an invariant that is not preserved, all parts are
made again without it, until none finds another. All, and not only those that used it: which clauses follow
from the invariants and which need an induction of their own depends on it, and must be the same everywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from billproof.invariants.prove.assembly import ShareResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which part of a proof: every ``of``-th command, from ``index`` on; the first has all else as well."""

    index: int = 0
    of: int = 1


WHOLE = Share()
"""The whole of a proof."""


def settled_shares(
    shares: Sequence[Share], run: Callable[[Sequence[Share], frozenset[str]], Sequence[ShareResult]]
) -> tuple[ShareResult, ...]:
    """Return the results of shares none of which uses an invariant that another has found not to hold.

    Args:
        shares: The parts of one proof.
        run: Makes some of them, without some invariants.
    """
    dead: frozenset[str] = frozenset()
    while True:
        results = tuple(run(shares, dead))
        found = dead.union(*[result.ledger.dead for result in results])
        if found == dead or len(shares) == 1:
            return results
        dead = found
