"""Usage files to bill: rows of the FOCUS form with everything but what a test is about filled in."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "samples" / "focus_synthetic.csv"
"""The sample of the repository."""

REAL = ROOT.parent / "shared" / "data" / "focus" / "focus_sample.csv"
"""Real usage, where it is at hand."""

ROW = {
    "BilledCost": "1.25",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargePeriodEnd": "2025-03-02 00:00:00",
    "ChargePeriodStart": "2025-03-01 00:00:00",
    "ConsumedQuantity": "2.5",
    "ConsumedUnit": "Hours",
    "ListUnitPrice": "0.5",
    "PricingUnit": "Hours",
    "ResourceId": "vm-1",
    "ServiceName": "Compute",
    "SkuPriceId": "SKU-1",
    "SubAccountId": "acme",
}
"""One good row."""

EVENT = {
    "customer": "acme",
    "amount": "1.25",
    "currency": "USD",
    "entitlement": "Compute",
    "event_time": "2025-03-01T00:00:00Z",
}
"""One good event."""


def write_focus(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write a FOCUS file; each row says only how it differs from ``ROW``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ROW)
        writer.writeheader()
        writer.writerows({**ROW, **row} for row in rows)
    return path


def write_events(path: Path, events: Iterable[Mapping[str, str | int]]) -> Path:
    """Write a file of JSON lines; each event says only how it differs from ``EVENT``."""
    path.write_text("".join(json.dumps({**EVENT, **event}) + "\n" for event in events), encoding="utf-8")
    return path


def many(count: int) -> list[dict[str, str]]:
    """Return rows that all differ, of seven customers."""
    return [
        {
            "ResourceId": f"vm-{number}",
            "SubAccountId": f"customer-{number % 7}",
            "BilledCost": f"0.{number + 1:011d}",
        }
        for number in range(count)
    ]
