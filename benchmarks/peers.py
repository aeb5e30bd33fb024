"""What the benchmarks share: usage to bill, the peer to measure against, and the line that is printed.

The peer is ``openssl speed rsa2048`` on as many cores, run directly before and after what is measured; the
mean of the two is what counts, since a shared machine drifts.
"""

import csv
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CUSTOMERS = 100
SERVICES = ("Compute", "Object Storage", "Queue", "Load Balancing", "Database")
COLUMNS = (
    "BilledCost", "BillingCurrency", "ChargeCategory", "ChargePeriodEnd", "ChargePeriodStart",
    "ConsumedQuantity", "ConsumedUnit", "ListUnitPrice", "PricingUnit", "ResourceId", "ServiceName",
    "SkuPriceId", "SubAccountId",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What openssl does on these cores."""

    signs: float
    """RSA 2048 signatures per second."""
    verifies: float
    """RSA 2048 verifications per second."""


def write_usage(path: Path, rows: int) -> None:
    """Write a FOCUS file of made-up usage, the same for the same number of rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            day, hour = 1 + number % 28, number % 24
            service = SERVICES[number % len(SERVICES)]
            writer.writerow(
                (
                    f"0.{number * 7919 % 10**11:011d}", "USD", "Usage",
                    f"2025-03-{day:02d} {hour:02d}:59:59", f"2025-03-{day:02d} {hour:02d}:00:00",
                    f"{number % 977}.5", "Units", "0.0000004", "Units", f"resource-{number}", service,
                    f"SKU-{number % 50}", f"account-{number * 31 % CUSTOMERS}",
                )
            )  # fmt: skip


def measure_openssl(cores: int) -> Rates:
    """Run the peer for a few seconds on this many cores."""
    command = ["openssl", "speed", "-seconds", "3", "-multi", str(cores), "rsa2048"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - fixed
    match = re.search(r"rsa 2048 bits\s+\S+\s+\S+\s+([0-9.]+)\s+([0-9.]+)", text)
    if match is None:
        raise ValueError(f"openssl speed printed no rates: {text[-200:]!r}")
    return Rates(signs=float(match[1]), verifies=float(match[2]))


def mean(first: Rates, second: Rates) -> Rates:
    """Return the mean of two measurements."""
    return Rates(signs=(first.signs + second.signs) / 2, verifies=(first.verifies + second.verifies) / 2)


def show(line: str) -> None:
    """Print one line at once, since what follows takes long."""
    print(line, flush=True)  # noqa: T201 - a benchmark prints


def print_ratio(name: str, rate: float, peer: str, peer_rate: float, cores: int) -> None:
    """Print both figures, their ratio, the date and the machine."""
    show(f"{name}: {rate:,.0f} receipts/s")
    show(f"openssl speed rsa2048, {peer}, {cores} cores: {peer_rate:,.0f} /s")
    show(f"ratio: {rate / peer_rate:.2f}")
    show_machine()


def show_machine() -> None:
    """Print the date and the machine."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    show(f"{datetime.now(tz=UTC):%Y-%m-%d}, {machine}")
