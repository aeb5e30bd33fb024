"""A design has the readings that its switches name, and all documented ones where no switch decides."""

from dataclasses import replace

import pytest

from billproof.model.design import DOCUMENTED, REPAIRED, Design
from billproof.model.governors.under import billing_under, dispute_under, region_under, tenant_under
from billproof.model.switches import AckPoint, FailoverFencing, PeriodAccounting, WriteOrder


def names(design: Design) -> dict[str, list[str]]:
    """Return the readings by governor."""
    return {
        "billing": [one.reading for one in billing_under(design)],
        "region": [one.reading for one in region_under(design)],
        "tenant": [one.reading for one in tenant_under(design)],
        "dispute": [one.reading for one in dispute_under(design)],
    }


def test_the_repaired_design_has_the_repaired_tables() -> None:
    assert names(REPAIRED) == {part: ["repaired"] for part in ("billing", "region", "tenant", "dispute")}


def test_the_documented_design_has_every_reading_that_the_documents_allow() -> None:
    assert names(DOCUMENTED) == {
        "billing": ["ledger_first"],
        "region": ["automatic", "manual"],
        "tenant": ["suspend_at_quota", "suspend_with_warning", "warn_and_stay"],
        "dispute": ["signature_decides"],
    }


@pytest.mark.parametrize(
    ("design", "part", "readings"),
    [
        (replace(DOCUMENTED, write_order=WriteOrder.STATE_FIRST), "billing", ["state_first"]),
        (replace(REPAIRED, ack_point=AckPoint.MEMORY_BUFFER), "billing", []),
        (replace(REPAIRED, failover_fencing=FailoverFencing.NONE), "region", ["automatic", "manual"]),
        (replace(DOCUMENTED, period_accounting=PeriodAccounting.ROW_PER_PERIOD), "tenant", ["repaired"]),
    ],
)
def test_one_switch_changes_one_reading(design: Design, part: str, readings: list[str]) -> None:
    assert names(design)[part] == readings
