"""What runs measure of loss, duplication and detection, beside what the derivations say it should be.

Theory of operation. A rate is a share of runs, with its exact interval. Beside the events that a run has
forgotten stands what follows from its own load: a failover forgets what was not replicated, a crash what was
acknowledged and not written. The derivations are those of ``probability.exposure``; they know nothing of the
world but its rates, so that the two agree only if both are right.

Choices. A derivation is given only where its cause strikes in the scenario, and only for designs that have
it: under a quorum commit both are nothing.

Source: ``claims.md`` 3.8; T2-S1, T2-S2, T4-R2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billproof.model.design import Design
from billproof.model.switches import AckPoint, Replication
from billproof.simulations.campaign import Row
from billproof.simulations.probability.exposure import unreplicated, unwritten
from billproof.simulations.scenarios.scenario import Scenario
from billproof.simulations.statistics import Rate, rate_of

SECOND: Final = 1_000_000

FAULTS_S: Final = 2.0
"""How long the faults of a run of the catalogue go on, in seconds."""

LAG_S: Final = 0.016
"""The typical delay between the two regions, in seconds: ``world.world``."""

DWELL_S: Final = 0.0042
"""Between a reply from memory and the second write: two steps of at most 4 ms, half as long on average."""

FAILOVERS: Final = frozenset({"region_crash", "region_loss", "region_isolated", "planned_failover"})
CRASHES: Final = frozenset({"instance_crash", "scale_in", "zone_loss"})
SHOWN: Final = frozenset({"tampering"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Rates of one scenario."""

    loss: Rate
    """Runs that forgot an acknowledged charge."""
    duplication: Rate
    """Runs that charged a key twice."""
    undetected: Rate
    """Of the runs in which a ledger was edited: those in which a reader accepted what was not committed."""
    forgotten_mean: float
    """Acknowledged charges forgotten in a run."""
    derived_mean: float | None
    """What the derivation gives for that; None where no cause of the derivation strikes."""
    derivation: str


def measure(scenario: Scenario, rows: Sequence[Row], design: Design) -> Measured:
    """Return what the runs of a scenario have measured."""
    edited = [row for row in rows if any(kind in SHOWN for kind, _ in row.fired)]
    forgotten = [max(0, row.rpo_events) for row in rows]
    derived, derivation = _derived(scenario, rows, design)
    return Measured(
        loss=rate_of(sum(1 for count in forgotten if count), len(rows)),
        duplication=rate_of(_with(rows, "one_charge_per_key"), len(rows)),
        undetected=rate_of(_with(edited, "accepted_presentation_is_the_log"), len(edited)),
        forgotten_mean=sum(forgotten) / len(rows) if rows else 0.0,
        derived_mean=derived,
        derivation=derivation,
    )


def _with(rows: Sequence[Row], clause: str) -> int:
    return sum(1 for row in rows if any(name == clause for _, name, _ in row.violated))


def _derived(scenario: Scenario, rows: Sequence[Row], design: Design) -> tuple[float | None, str]:
    kinds = {strike.kind for strike in scenario.strikes}
    if not rows or not kinds & (FAILOVERS | CRASHES):
        return None, ""
    rate = sum(row.committed / (FAULTS_S + row.drained_micros / SECOND) for row in rows) / len(rows)
    if kinds & FAILOVERS:
        if design.replication == Replication.SYNC_QUORUM:
            return 0.0, "a quorum holds what was acknowledged"
        return unreplicated(rate, LAG_S), f"{rate:.1f} entries/s x {LAG_S} s of lag"
    if design.ack_point != AckPoint.MEMORY_BUFFER:
        return 0.0, "nothing is acknowledged before it is written"
    return unwritten(rate, DWELL_S, scenario.pool), f"{rate:.1f} entries/s x {DWELL_S} s from reply to write"
