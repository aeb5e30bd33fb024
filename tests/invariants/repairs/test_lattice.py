"""The designs between two: points, readings, which of them are ill-formed, and what a run has read."""

from dataclasses import fields
from itertools import combinations

from billproof.invariants.repairs.lattice import Lattice, Point
from billproof.invariants.repairs.recording import recording, switches_read
from billproof.model.design import DOCUMENTED, REPAIRED, Design, violated_requirements, with_switch
from billproof.model.design_files import parse_design
from billproof.model.switch_table import REQUIREMENTS, SWITCHES

WHOLE = Lattice(start=DOCUMENTED, end=REPAIRED)


def points(lattice: Lattice) -> list[Point]:
    """Return every point of a small lattice."""
    names = lattice.switches
    return [frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size)]


def part(*names: str) -> Lattice:
    """Return the lattice in which only some switches are documented at the start."""
    start = REPAIRED
    for name in names:
        start = with_switch(start, name, getattr(DOCUMENTED, name).value)
    return Lattice(start=start, end=REPAIRED)


def test_all_switches_repaired_is_the_repaired_design() -> None:
    (design,) = WHOLE.designs(frozenset(WHOLE.switches))
    assert all(getattr(design, item.name) == getattr(REPAIRED, item.name) for item in SWITCHES)


def test_a_point_is_the_design_of_the_file_that_starts_from_the_start_and_sets_its_switches() -> None:
    point = frozenset({"lag_control", "key_retention"})
    values = "".join(f'{name} = "{getattr(REPAIRED, name).value}"\n' for name in sorted(point))
    text = f'name = "{WHOLE.name_of(point)}"\nbase = "documented"\n[switches]\n{values}'
    assert WHOLE.designs(point) == (parse_design(text, source="x"),)


def test_the_constraints_of_well_formedness_say_what_the_check_says() -> None:
    rule = REQUIREMENTS[0]
    names = {item.switch for item in REQUIREMENTS} | {item.needs_switch for item in REQUIREMENTS}
    small = part(rule.switch, rule.needs_switch, *sorted(names)[:6])
    constraints = small.requirements()
    ill_formed = 0
    for point in points(small):
        (design,) = small.designs(point)
        satisfied = all(any((name in point) == wanted for name, wanted in item) for item in constraints)
        assert satisfied == (not violated_requirements(design))
        ill_formed += not satisfied
    assert small.count_ill_formed() == ill_formed > 0


def test_a_recording_design_has_the_values_of_the_design_and_notes_what_is_read() -> None:
    made = recording(DOCUMENTED)
    assert switches_read(made) == frozenset()
    assert made.order_by == DOCUMENTED.order_by
    assert made.key_retention_days == DOCUMENTED.key_retention_days
    assert switches_read(made) == {"order_by"}
    assert all(getattr(made, field.name) == getattr(DOCUMENTED, field.name) for field in fields(Design))
    assert switches_read(made) == {item.name for item in SWITCHES}


def test_hashing_or_comparing_a_recording_design_reads_nothing() -> None:
    made = recording(REPAIRED)
    assert made == made
    assert {made: 1}[made] == 1
    assert switches_read(made) == frozenset()


def test_what_is_read_inside_a_property_of_a_design_is_noted() -> None:
    made = recording(REPAIRED)
    assert made.reads_before_commit is False
    assert {"key_check", "write_order", "ack_point"} <= switches_read(made)
