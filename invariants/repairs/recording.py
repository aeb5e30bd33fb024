"""A design that remembers which of its switches were read.

A run is deterministic: if a switch was never read, its value cannot have mattered, and every design that
agrees on what was read runs the same. That is how a counterexample, or an exhausted search, speaks for more
designs than the one it was found under.

Choices. The independence of a theorem from a switch is established by what runs, not by the ``bears_on`` of
the table of switches, which is only a starting list.
"""

from dataclasses import fields
from typing import Final

from billproof.model.design import Design
from billproof.model.switch_table import SWITCHES

SWITCH_NAMES: Final = frozenset(switch.name for switch in SWITCHES)
"""What is recorded; parameters are the same in every design of a lattice."""


class RecordingDesign(Design):
    """A design with the same values that notes every switch that is read.

    Equality and hash are by identity: comparing all values would read all switches, and a cache that is
    shared with another run would hide what this one reads.
    """

    __slots__ = ("_seen",)
    _seen: set[str]

    def __getattribute__(self, name: str) -> object:
        """Note the name if it is a switch, then answer as any design does."""
        if name in SWITCH_NAMES:
            object.__getattribute__(self, "_seen").add(name)
        return object.__getattribute__(self, name)

    def __eq__(self, other: object) -> bool:
        """Compare by identity."""
        return self is other

    def __hash__(self) -> int:
        """Hash by identity."""
        return id(self)


def recording(design: Design) -> RecordingDesign:
    """Return a design with the same values that records."""
    made = object.__new__(RecordingDesign)
    object.__setattr__(made, "_seen", set())
    for field in fields(Design):
        object.__setattr__(made, field.name, getattr(design, field.name))
    return made


def switches_read(design: RecordingDesign) -> frozenset[str]:
    """Return the switches that have been read so far."""
    return frozenset(object.__getattribute__(design, "_seen"))
