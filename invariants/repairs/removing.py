"""The smallest change of a design that takes a counterexample away.

Theory of operation. The trace is tried under the refuted design with repairs added, smallest sets first.
Where it still violates the clause, something that the run read must be otherwise; that constraint rules out
every set on which the same would happen. What is found takes this trace away and may leave another: which
sets make the theorem true is for ``enumeration`` to say.

Source: ``theorems.md`` on refutations; ``candidates`` on smallest sets.
"""

from billproof.invariants.repairs.candidates import smallest_point
from billproof.invariants.repairs.lattice import Constraint, Lattice
from billproof.invariants.repairs.traces import Trace, tried
from billproof.model.design import Design

TRIALS_MAX = 200
"""After so many sets nothing is said. A trace reads a dozen switches; one or two take most away."""


def smallest_removal(trace: Trace, start: Design, end: Design) -> tuple[str, ...]:
    """Return a smallest well-formed set of switches that takes a counterexample away.

    Args:
        trace: The counterexample.
        start: The design under which it violates its clause.
        end: Where the other values of the switches come from.

    Returns:
        The switches in the order of the table; empty where no set does, or none was found in time.
    """
    lattice = Lattice(start=start, end=end)
    constraints: list[Constraint] = list(lattice.requirements())
    size = 1
    for _ in range(TRIALS_MAX):
        point = smallest_point(constraints, size_min=size, size_max=len(lattice.switches))
        if point is None:
            return ()
        size = len(point)
        trial = tried(trace, lattice.designs(point)[0])
        if trial.commands is None:
            return tuple(name for name in lattice.switches if name in point)
        constraints.append(
            frozenset((name, name not in point) for name in lattice.switches if name in trial.read)
        )
    return ()
