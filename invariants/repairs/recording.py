"""A design that remembers which of its switches were read.

A run is deterministic: if a switch was never read, its value cannot have mattered, and every design that
agrees on what was read runs the same. That is how a counterexample, or an exhausted search, speaks for more
designs than the one it was found under.

Choices. The independence of a theorem from a switch is established by what runs, not by the ``bears_on`` of
the table of switches, which is only a starting list.
"""

from collections.abc import Mapping
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
    _seen: dict[str, None]

    def __getattribute__(self, name: str) -> object:
        """Note the name if it is a switch, then answer as any design does."""
        if name in SWITCH_NAMES:
            object.__getattribute__(self, "_seen").setdefault(name)
        return object.__getattribute__(self, name)

    def __eq__(self, other: object) -> bool:
        """Compare by identity."""
        return self is other

    def __hash__(self) -> int:
        """Hash by identity."""
        return id(self)


def recording(design: Design, turned: Mapping[str, object] | None = None) -> RecordingDesign:
    """Return a design with the same values that records.

    Args:
        design: Where the values come from.
        turned: Values that are put in the place of those of the design, by switch.
    """
    made = object.__new__(RecordingDesign)
    object.__setattr__(made, "_seen", {})
    for name in _MEMBERS:
        object.__setattr__(made, name, getattr(design, name))
    for name, value in (turned or {}).items():
        object.__setattr__(made, name, value)
    return made


_MEMBERS: Final = tuple(field.name for field in fields(Design))


def switches_read(design: RecordingDesign) -> frozenset[str]:
    """Return the switches that have been read so far."""
    return frozenset(object.__getattribute__(design, "_seen"))


def switches_in_order(design: RecordingDesign) -> tuple[str, ...]:
    """Return the switches that have been read so far, each where it was read first."""
    return tuple(object.__getattribute__(design, "_seen"))
