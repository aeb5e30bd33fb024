"""The designs between two designs: every switch that differs is at the one value or at the other.

A point is the set of switches that are at their value in the second design: the repairs made. The documents
can be read in two ways, so a point stands for one design per reading; a theorem holds at a point only where
it holds in every reading.

Source: ``system.md`` section 1.
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

from billproof.model.design import Design, violated_requirements, with_switch
from billproof.model.switch_table import REQUIREMENTS, SWITCHES, Requirement

Point: TypeAlias = frozenset[str]
"""The switches that are repaired."""

Literal: TypeAlias = tuple[str, bool]
"""A switch, and whether it is meant to be repaired."""

Constraint: TypeAlias = frozenset[Literal]
"""At least one of these must be so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """All designs between ``start`` and ``end``."""

    start: Design
    end: Design

    @property
    def switches(self) -> tuple[str, ...]:
        """The switches that differ, in the order of the table."""
        return tuple(
            switch.name
            for switch in SWITCHES
            if getattr(self.start, switch.name) != getattr(self.end, switch.name)
        )

    def designs(self, point: Point) -> tuple[Design, ...]:
        """Return the design of a point, as a file that starts from ``start`` describes it."""
        design = self.start
        for name in sorted(point):
            design = with_switch(design, name, getattr(self.end, name).value)
        return (replace(design, name=self.name_of(point)),)

    def name_of(self, point: Point) -> str:
        """Return a name for messages: what is added to the start."""
        ordered = [name for name in self.switches if name in point]
        return f"{self.start.name}+{'+'.join(ordered)}" if ordered else self.start.name

    def faults(self, point: Point) -> tuple[Requirement, ...]:
        """Return the requirements that a point violates; empty for a well-formed one."""
        return violated_requirements(self.designs(point)[0])

    def without_dependants(self, point: Point) -> Point:
        """Return a point without the switches whose values lack what they require."""
        while faults := [rule.switch for rule in self.faults(point) if rule.switch in point]:
            point -= set(faults)
        return point

    def is_repaired(self, design: Design, name: str) -> bool:
        """Tell whether a switch of a design of this lattice is at its value in the end."""
        return bool(getattr(design, name) == getattr(self.end, name))

    def requirements(self) -> tuple[Constraint, ...]:
        """Return what makes a point well-formed, as constraints."""
        found = []
        for rule in REQUIREMENTS:
            away = self._where(rule.switch, rule.value, equal=False)
            met = self._where(rule.needs_switch, rule.needs_value, equal=True)
            if True not in (away, met):
                found.append(frozenset(item for item in (away, met) if not isinstance(item, bool)))
        return tuple(found)

    def _where(self, name: str, value: object, *, equal: bool) -> Literal | bool:
        """Return when a switch has a value: as a literal, or as a truth value where it never changes."""
        at_start = (getattr(self.start, name) == value) == equal
        at_end = (getattr(self.end, name) == value) == equal
        return at_start if at_start == at_end else (name, at_end)

    def count_ill_formed(self) -> int:
        """Return how many points violate a requirement."""
        rules = self.requirements()
        named = sorted({name for rule in rules for name, _ in rule})
        good = 0
        for row in product((False, True), repeat=len(named)):
            value = dict(zip(named, row, strict=True))
            good += all(any(value[name] == wanted for name, wanted in rule) for rule in rules)
        free = 2 ** (len(self.switches) - len(named))
        return int((2 ** len(named) - good) * free)
