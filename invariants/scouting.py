"""A quick look before the engines begin: the theorems that fall after a handful of states, at once.

What is found is announced and decides nothing: the searches find it again, and replay it.

Source: issue item "first verdict on the screen"; Stateright's reporter is the model.
"""

import time
from collections.abc import Callable, Sequence

from billproof.invariants.registry import registry
from billproof.invariants.searching import SearchTask, run_search
from billproof.invariants.theorem import Theorem
from billproof.model.design import Design, readings

STATES_MAX = 120
"""States per domain; what is not violated within them is left to the search."""


def scout(
    designs: Sequence[Design],
    theorems: Sequence[Theorem],
    announce: Callable[[str], None],
    seconds: float,
) -> None:
    """Search each domain a little and announce the first violation of every theorem.

    Args:
        designs: Under which designs; the first reading of each.
        theorems: What to look for.
        announce: Called with a line for each theorem that is violated.
        seconds: How long the whole may take.
    """
    until = time.monotonic() + seconds
    for design in designs:
        wanted = {theorem.id: theorem for theorem in theorems}
        for domain in registry().domains:
            names = tuple(name for name in domain.theorems if name in wanted)
            left = until - time.monotonic()
            if not names or left <= 0:
                continue
            task = SearchTask(
                design=readings(design)[0],
                domain=domain.name,
                theorems=names,
                seconds=left,
                states_max=STATES_MAX,
            )
            result = run_search(task)
            if isinstance(result, str):
                continue
            violations = result.violations
            for name in names:
                fallen = [it for it in wanted[name].clauses if it.name in violations]
                if fallen:
                    clause = min(fallen, key=lambda it: len(violations[it.name].commands))
                    steps = len(violations[clause.name].commands)
                    announce(f"{name} under {design.name}: {clause.name} is violated in {steps} steps")
                    del wanted[name]
