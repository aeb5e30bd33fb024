"""Cells: a profile at a level, what it stands for, and what an implementation must declare to claim it.

A profile says what is claimed, a level how strong the evidence is: L0 static vectors, L1 one request after
another, L2 many at once, L3 crashes, L4 regions. A cell stands for all levels below it too.

Source: ``conformance.md`` section 3.
"""

import re
from dataclasses import dataclass
from typing import Final

from billproof.conformance.errors import KitInputError
from billproof.conformance.messages import Capabilities

LEVEL_MAX: Final = 4
"""The strongest level."""

PROFILES: Final = {
    "CORE": ("T1", "T2", "T6"),
    "RECEIPT": ("T3", "T6"),
    "QUOTA": ("T5",),
    "RECON": ("T4",),
    "DISPUTE": ("T7",),
    "REGION": ("T1", "T2", "T4", "T6"),
}
"""The theorems that each profile speaks about."""

LEVELS: Final = {
    "CORE": (0, 1, 2, 3),
    "RECEIPT": (0, 1, 2, 3),
    "QUOTA": (0, 1, 2, 3),
    "RECON": (1,),
    "DISPUTE": (0, 1),
    "REGION": (4,),
}
"""The levels that each profile has."""

FAMILIES: Final = {
    "CORE": ("money", "rating", "period", "invoice"),
    "RECEIPT": ("canonical", "receipt", "chain", "checkpoint", "proof"),
    "QUOTA": ("quota",),
    "RECON": (),
    "DISPUTE": ("dispute",),
    "REGION": (),
}
"""The families of vectors of each profile at L0."""

THEOREMS: Final = ("T1", "T2", "T3", "T4", "T5", "T6", "T7")
"""The theorems that are graded."""

_CELL: Final = re.compile(r"([A-Z]+)@L([0-4])")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cell:
    """A claim."""

    profile: str
    level: int

    @property
    def name(self) -> str:
        """How it is written."""
        return f"{self.profile}@L{self.level}"


def parse_cell(text: str) -> Cell:
    """Read a cell.

    Raises:
        KitInputError: There is none of this name.
    """
    match = _CELL.fullmatch(text)
    if match is None or match[1] not in PROFILES or int(match[2]) not in LEVELS[match[1]]:
        every = ", ".join(cell.name for cell in all_cells())
        raise KitInputError(f"--claim {text}", "", "is no cell", f"write one of {every}")
    return Cell(profile=match[1], level=int(match[2]))


def all_cells() -> tuple[Cell, ...]:
    """Return every cell there is."""
    return tuple(Cell(profile=name, level=level) for name in PROFILES for level in LEVELS[name])


def missing_for(cell: Cell, capabilities: Capabilities) -> tuple[str, ...]:
    """Return what an implementation does not declare and would have to, to claim a cell; empty if it may."""
    missing = list(_missing_for_profile(cell.profile, capabilities)) if cell.level > 0 else []
    if cell.level == 0:
        missing.extend(
            f"vectors {family}" for family in FAMILIES[cell.profile] if family not in capabilities.vectors
        )
    if cell.level == 2 and not capabilities.is_concurrent:
        missing.append("concurrent")
    if cell.level == 3:
        missing.extend(f"fault {name}" for name in ("crash", "restart") if name not in capabilities.faults)
    return tuple(missing)


def _missing_for_profile(profile: str, capabilities: Capabilities) -> tuple[str, ...]:
    operations, observations, faults = capabilities.operations, capabilities.observations, capabilities.faults
    missing: list[str] = [] if "charge" in operations else ["operation charge"]
    if profile == "CORE" and not observations & {"ledger", "balance"}:
        missing.append("observation ledger or balance")
    if profile == "RECEIPT":
        missing.extend(f"observation {name}" for name in ("ledger", "export") if name not in observations)
        missing.extend(["operation audit"] if "audit" not in operations else [])
    # T5 bounds usage, balances and returns: whoever takes refunds can be held to the last of them.
    is_bounded = capabilities.quota == "hard" or capabilities.balance == "floor" or "refund" in operations
    if profile == "QUOTA" and not is_bounded:
        missing.append("quota hard, balance floor or operation refund")
    if profile == "RECON" and "reconcile" not in operations:
        missing.append("operation reconcile")
    if profile == "DISPUTE" and "dispute" not in operations:
        missing.append("operation dispute")
    if profile == "REGION":
        missing.extend(f"fault {name}" for name in ("partition", "heal", "failover") if name not in faults)
        missing.extend(["two nodes"] if len(capabilities.nodes) < 2 else [])
    return tuple(missing)


def claimable_cells(capabilities: Capabilities) -> tuple[Cell, ...]:
    """Return every cell that an implementation declares enough for."""
    return tuple(cell for cell in all_cells() if not missing_for(cell, capabilities))
