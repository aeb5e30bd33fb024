"""What is said to take a counterexample away does, and nothing smaller does."""

from itertools import combinations

import pytest

from billproof.invariants.repairs import branching
from billproof.invariants.repairs.lattice import Lattice
from billproof.invariants.repairs.removing import smallest_removal
from billproof.invariants.repairs.traces import Trace, tried
from billproof.model.design import DOCUMENTED, REPAIRED
from tests.invariants.explain.examples import Example

EXAMPLES = (
    ("T1", "one_charge_per_key", "retries"),
    ("T1", "another_request_under_a_key_has_no_effect", "retries"),
    ("T5", "usage_stays_within_the_limit", "boundary"),
    ("T6", "sequence_is_unique", "two_writers"),
)


def trace_of(example: Example) -> Trace:
    """Return the trace of an example, to be tried under designs."""
    return Trace(clause=example.clause, domain=example.domain, commands=example.commands)


@pytest.mark.parametrize(("theorem", "clause", "domain"), EXAMPLES)
def test_the_set_takes_the_trace_away_and_no_smaller_well_formed_set_does(
    theorem: str, clause: str, domain: str
) -> None:
    """Compared with every smaller set, tried one by one."""
    trace, lattice = trace_of(Example(theorem, clause, domain)), Lattice(start=DOCUMENTED, end=REPAIRED)
    removal = smallest_removal(trace, DOCUMENTED, REPAIRED)
    assert removal
    assert tried(trace, lattice.designs(frozenset(removal))[0]).commands is None
    for size in range(len(removal)):
        for names in combinations(lattice.switches, size):
            point = frozenset(names)
            if not lattice.faults(point):
                assert tried(trace, lattice.designs(point)[0]).commands is not None, names


def test_nothing_is_said_where_the_end_is_no_better() -> None:
    """A design cannot be told to become itself."""
    trace = trace_of(Example("T1", "one_charge_per_key", "retries"))
    assert smallest_removal(trace, DOCUMENTED, DOCUMENTED) == ()


def test_a_trace_that_there_is_no_room_to_follow_still_rules_out_what_it_refutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever agrees with the refuted design on what the trace reads is refuted by it; that much is kept."""
    trace = trace_of(Example("T1", "one_charge_per_key", "retries"))
    lattice = Lattice(start=DOCUMENTED, end=REPAIRED)
    monkeypatch.setattr(branching, "RUNS_MAX", 0)
    (constraint,) = branching.constraints_of(trace, DOCUMENTED, lattice)
    read = tried(trace, DOCUMENTED).read
    assert constraint == {(name, True) for name in lattice.switches if name in read}
    assert 0 < len(constraint) < len(lattice.switches)
