"""Which reading of each governor a design has.

Where no switch of a design decides, a documented reading is not picked silently: all that the documents
allow are returned, and whoever judges must judge each.

Source: ``system.md`` section 1 (a reading is part of the design); switches ``write_order``,
``failover_fencing``, ``period_accounting``, ``dispute_evidence``.
"""

from billproof.model.design import Design
from billproof.model.governors import billing, dispute, region, tenant
from billproof.model.governors.machine import A, E, Machine, S
from billproof.model.switches import (
    AckPoint,
    DisputeEvidence,
    FailoverFencing,
    PeriodAccounting,
    WriteOrder,
)

_BILLING = {
    WriteOrder.LEDGER_FIRST: "ledger_first",
    WriteOrder.STATE_FIRST: "state_first",
    WriteOrder.ONE_COMMIT_WITH_OUTBOX: "repaired",
}


def billing_under(design: Design) -> tuple[Machine[billing.State, billing.Event, billing.Action], ...]:
    """Return the billing governor of a design: decided by ``write_order``.

    One commit that is answered from memory has no table of its own, as no document describes it: none.
    """
    one_commit = design.write_order == WriteOrder.ONE_COMMIT_WITH_OUTBOX
    if one_commit and design.ack_point == AckPoint.MEMORY_BUFFER:
        return ()
    return _named(billing.MACHINES, _BILLING[design.write_order])


def region_under(design: Design) -> tuple[Machine[region.State, region.Event, region.Action], ...]:
    """Return the region lifecycles of a design: fenced, or both documented recoveries (XA-62)."""
    if design.failover_fencing == FailoverFencing.EPOCH:
        return _named(region.MACHINES, "repaired")
    return _named(region.MACHINES, "automatic", "manual")


def tenant_under(design: Design) -> tuple[Machine[tenant.State, tenant.Event, tenant.Action], ...]:
    """Return the tenant governors of a design: one row per period, or the three documented rules (XB-01)."""
    if design.period_accounting == PeriodAccounting.ROW_PER_PERIOD:
        return _named(tenant.MACHINES, "repaired")
    return _named(tenant.MACHINES, "suspend_at_quota", "suspend_with_warning", "warn_and_stay")


def dispute_under(design: Design) -> tuple[Machine[dispute.State, dispute.Event, dispute.Action], ...]:
    """Return the dispute lifecycle of a design: decided by ``dispute_evidence``."""
    if design.dispute_evidence == DisputeEvidence.WITNESSED_LOG:
        return _named(dispute.MACHINES, "repaired")
    return _named(dispute.MACHINES, "signature_decides")


def _named(machines: tuple[Machine[S, E, A], ...], *readings: str) -> tuple[Machine[S, E, A], ...]:
    return tuple(machine for machine in machines if machine.reading in readings)
