"""Ways to pay less: what the documents say they save, and what they save of the recomputed cost.

Source: OP-1 to OP-11; XC-14, XE-50 to XE-58.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from billproof.model.periods import MONTHS_PER_YEAR
from billproof.simulations.capacity.documented import figure
from billproof.simulations.economics.costs import Bill

_FIRESTORE: Final = ("firestore_writes", "firestore_reads", "firestore_deletes", "firestore_storage")
_SPANNER: Final = ("spanner_nodes", "spanner_standby", "spanner_storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way, in US dollars a year."""

    name: str
    documented: Decimal
    saved: Decimal
    """Of the recomputed cost; negative if it costs more."""
    objection: str
    """What stands against it; empty if nothing does."""
    source: str


def options(bill: Bill, peak_events_per_second: Decimal) -> tuple[Option, ...]:
    """Return every documented option, recomputed for a bill.

    Args:
        bill: A month.
        peak_events_per_second: What the replacement of a store would have to take.
    """
    line = {name: amount * MONTHS_PER_YEAR for name, amount in bill.lines.items()}
    firestore = sum((line[name] for name in _FIRESTORE), Decimal(0))
    spanner = sum((line[name] for name in _SPANNER), Decimal(0))
    bigtable_rate = figure("OP-10", "2 nodes, {} ops/s")
    bigtable = figure("OP-3", "= {},")
    short = f"takes {bigtable_rate:,f} operations/s; the peak is {peak_events_per_second:,.0f} events/s"
    found = (
        Option(
            name="commitment for compute",
            documented=figure("OP-1", "Run 30 % {},"),
            saved=line["compute"] * figure("OP-1", "Cloud Run {} %") / 100,
            objection="",
            source="OP-1, XE-50",
        ),
        Option(
            name="commitment for Spanner",
            documented=figure("OP-1", "Spanner 25 % {},"),
            saved=spanner * figure("OP-1", "Spanner {} %") / 100,
            objection="",
            source="OP-1, XE-50",
        ),
        Option(
            name="commitment for Firestore",
            documented=figure("OP-1", "Firestore 15 % {} ="),
            saved=firestore * figure("OP-1", "Firestore {} %") / 100,
            objection="excludes the move to Bigtable",
            source="OP-1, XE-56",
        ),
        Option(
            name="less egress",
            documented=figure("OP-2", "= {}/year"),
            saved=line["egress"] * figure("OP-2", "Egress -{} %") / 100,
            objection="",
            source="OP-2, XE-51",
        ),
        Option(
            name="Bigtable instead of Firestore",
            documented=figure("OP-3", "saves {} ("),
            saved=firestore - bigtable,
            objection=short
            if bigtable_rate < peak_events_per_second
            else "loses transactions of several rows",
            source="OP-3, OP-10, XE-52",
        ),
        Option(
            name="no second region",
            documented=figure("OP-10", "drop secondary {}") * MONTHS_PER_YEAR,
            saved=line["spanner_standby"],
            objection="nothing outlives the loss of the region",
            source="OP-10, XC-14",
        ),
    )
    return tuple(sorted(found, key=lambda option: option.saved, reverse=True))
