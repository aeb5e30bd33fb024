"""Write samples/focus_synthetic.csv: sixty invented rows in the FOCUS 1.0 format.

The sample stands in for real usage where the real file is absent, so it holds on purpose what makes real
files hard: amounts with eleven decimals, rows that cost nothing, a negative usage, a credit, an adjustment,
two rows equal in every byte, NULL strings, tags with quotes and commas, a name outside ASCII, empty
strings, and rows in no order of time. Every provider, account and service in it is invented.

The numbers come from a seeded generator of integers written out below, not from the standard library,
whose sequence of ``randrange`` is free to change between versions. Amounts are integers of 10^-11.

    python tools/make_sample.py            write the file
    python tools/make_sample.py --check    exit 1 when the file differs from what would be written
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

SEED = 20250301
SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "focus_synthetic.csv"

USAGE_ROWS = 54
COST_DECIMALS = 11
QUANTITY_DECIMALS = 5
PRICE_DECIMALS = COST_DECIMALS - QUANTITY_DECIMALS
CONSUMED_DECIMALS = 15

COLUMNS = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountCategory",
    "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountStatus", "CommitmentDiscountType",
    "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost",
    "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory", "PricingQuantity", "PricingUnit",
    "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType",
    "ServiceCategory", "Id", "ServiceName", "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags",
)  # fmt: skip
"""The header, in the order of the published samples of the format."""

BARE_COLUMNS = frozenset(
    (
        "BilledCost",
        "ConsumedQuantity",
        "ContractedCost",
        "ContractedUnitPrice",
        "EffectiveCost",
        "ListCost",
        "PricingQuantity",
        "Id",
    )
)
"""Numbers that the format writes without quotation marks. Unit prices of a list are quoted."""

NULL = "NULL"
"""What the format writes, unquoted, for an absent value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An invented service with one price."""

    provider: str
    name: str
    category: str
    resource_type: str
    description: str
    unit: str
    sku: str
    price: int
    """In 10^-6 of a dollar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row before it is written: what varies; the rest follows from it."""

    number: int
    service: Service
    account: tuple[str, str]
    region: tuple[str, str]
    start: datetime
    quantity: int
    """In 10^-5 of the unit."""
    tags: Mapping[str, str] | None
    category: str = "Usage"
    frequency: str = "Usage-Based"
    cost: int | None = None
    """In 10^-11 of a dollar; absent means quantity times price."""


SERVICES = (
    Service(
        provider="Tidewater Cloud", name="Heron Compute", category="Compute", resource_type="instance",
        description="$0.046 per heron.small instance-hour", unit="Hours", sku="TWHERON01", price=46_000,
    ),
    Service(
        provider="Tidewater Cloud", name="Otter Object Store", category="Storage", resource_type="bucket",
        description="$0.021 per GB-month, first 50 TB", unit="GB-Months", sku="TWOTTER07", price=21_000,
    ),
    Service(
        provider="Tidewater Cloud", name="Swift Queue", category="Integration", resource_type="queue",
        description="$0.00 per request, within the free allowance", unit="Requests", sku="TWSWIFT03", price=0,
    ),
    Service(
        provider="Tidewater Cloud", name="Tern Transfer", category="Networking", resource_type="gateway",
        description="$0.083 per GB, transfer out", unit="GB", sku="TWTERN12", price=83_000,
    ),
    Service(
        provider="Nordlys Sky", name="Fjellvåk Analyse", category="Analytics", resource_type="workspace",
        description="0,0125 USD per \"unit\", region nord", unit="Units", sku="NS-FJA-4", price=12_500,
    ),
    Service(
        provider="Nordlys Sky", name="Lemen Functions", category="Compute", resource_type="function",
        description="$0.000017 per GB-second", unit="GB-Seconds", sku="NS-LEM-1", price=17,
    ),
)  # fmt: skip

ACCOUNTS = (
    ("700100200301", "Cobalt Finch"),
    ("700100200302", "Umber Quail"),
    ("700100200303", "Sable Wren"),
    ("700100200304", "Ochre Plover"),
    ("700100200305", "Teal Dunlin"),
)

REGIONS = {
    "Tidewater Cloud": (("tw-coast-1", "Coast (Harbour)"), ("tw-plain-2", "Plain (Elevator)")),
    "Nordlys Sky": (("nord-1", "Nord"), ("sør-1", "Sør")),
}

TAGS: tuple[Mapping[str, str] | None, ...] = (
    None,
    {"application": "Lantern", "environment": "dev"},
    {"application": "Kite, the \"blue\" one", "environment": "prod", "owner": "a,b"},
    {"cost centre": "4711", "note": "says \"hello, world\""},
    {},
)  # fmt: skip

PERIODS = (datetime(2025, 3, 1), datetime(2025, 4, 1))  # noqa: DTZ001  (the format writes no zone; it means UTC)
HOURS_USED = (31 * 24, 7 * 24)
"""How far into each period the rows reach: a full month, and the first week of the next."""


class Draws:
    """SplitMix64: a fixed sequence of integers from a seed, the same on every machine and version."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, bound: int) -> int:
        """Return the next integer in ``range(bound)``."""
        mask = (1 << 64) - 1
        self._state = (self._state + 0x9E3779B97F4A7C15) & mask
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return (mixed ^ (mixed >> 31)) % bound


def decimal_text(scaled: int, places: int) -> str:
    """Write an integer of 10^-places as a decimal with exactly that many places."""
    whole, fraction = divmod(abs(scaled), 10**places)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{fraction:0{places}d}"


def draw_usage(draws: Draws, number: int) -> Line:
    """Draw one row of usage; every seventh costs nothing although its unit has a price."""
    service = SERVICES[draws.below(len(SERVICES))]
    period = 0 if draws.below(4) else 1
    hour = draws.below(HOURS_USED[period])
    # Small and large quantities alike, as in real files: first the number of digits, then the digits.
    quantity = 1 + draws.below(10 ** (1 + draws.below(6)))
    return Line(
        number=number,
        service=service,
        account=ACCOUNTS[draws.below(len(ACCOUNTS))],
        region=REGIONS[service.provider][draws.below(2)],
        start=PERIODS[period] + timedelta(hours=hour),
        quantity=quantity,
        tags=TAGS[draws.below(len(TAGS))],
        cost=0 if number % 7 == 0 else None,
    )


def draw_lines() -> tuple[Line, ...]:
    """Draw the whole sample, in the order of the file."""
    draws = Draws(SEED)
    lines = [draw_usage(draws, number) for number in range(1, USAGE_ROWS + 1)]
    plain = replace(lines[0], service=SERVICES[3], region=REGIONS["Tidewater Cloud"][0])
    smallest = replace(SERVICES[5], description="$0.000001 per GB-second", sku="NS-LEM-2", price=1)
    whole = 10**COST_DECIMALS
    lines += [
        replace(plain, number=55, quantity=-12_345, start=PERIODS[0] + timedelta(hours=100)),
        replace(plain, number=56, category="Credit", frequency="One-Time", quantity=0, cost=-whole * 5 // 4),
        replace(
            plain, number=57, category="Adjustment", frequency="One-Time", quantity=0, cost=whole * 19 // 100
        ),
        replace(
            plain, number=58, service=SERVICES[4], region=REGIONS["Nordlys Sky"][1], quantity=7, cost=None
        ),
        # One unit of the last decimal: an amount type with fewer decimals loses the row.
        replace(plain, number=59, service=smallest, region=REGIONS["Nordlys Sky"][0], quantity=1),
    ]
    for last in range(len(lines) - 1, 0, -1):
        other = draws.below(last + 1)
        lines[last], lines[other] = lines[other], lines[last]
    # The repeated row, number included, stands apart from the first of the two.
    lines.append(next(line for line in lines if line.number == 1))
    return tuple(lines)


def price_columns(line: Line) -> dict[str, str]:
    """Return the columns that hold amounts and quantities."""
    cost = line.quantity * line.service.price if line.cost is None else line.cost
    is_usage = line.category == "Usage"
    cost_text = decimal_text(cost, COST_DECIMALS)
    consumed = decimal_text(line.quantity * 10 ** (CONSUMED_DECIMALS - QUANTITY_DECIMALS), CONSUMED_DECIMALS)
    pricing = decimal_text(line.quantity * 10 ** (COST_DECIMALS - QUANTITY_DECIMALS), COST_DECIMALS)
    return {
        "BilledCost": cost_text,
        "ConsumedQuantity": consumed if is_usage else NULL,
        "ConsumedUnit": line.service.unit if is_usage else NULL,
        "ContractedCost": cost_text,
        "ContractedUnitPrice": decimal_text(line.service.price, PRICE_DECIMALS) if is_usage else NULL,
        "EffectiveCost": cost_text,
        "ListCost": cost_text,
        "ListUnitPrice": decimal_text(line.service.price, PRICE_DECIMALS) if is_usage else NULL,
        "PricingCategory": "Standard" if is_usage else "Other",
        "PricingQuantity": pricing,
        "PricingUnit": line.service.unit if is_usage else NULL,
    }


def text_columns(line: Line) -> dict[str, str]:
    """Return the columns that name things and times; a column that is not named here is NULL."""
    service = line.service
    in_first = line.start < PERIODS[1]
    account, account_name = line.account
    region, region_name = line.region
    # The smaller provider leaves a name empty where the larger one writes NULL, as real exporters do.
    resource_name = NULL if service.provider == "Tidewater Cloud" else ""
    return {
        "BillingAccountId": "900800700",
        "BillingAccountName": "Gannet Holding",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": str(PERIODS[1] if in_first else datetime(2025, 5, 1)),  # noqa: DTZ001
        "BillingPeriodStart": str(PERIODS[0] if in_first else PERIODS[1]),
        "ChargeCategory": line.category,
        "ChargeDescription": service.description
        if line.category == "Usage"
        else f"{line.category} for {service.name}",
        "ChargeFrequency": line.frequency,
        "ChargePeriodEnd": str(line.start + timedelta(hours=1)),
        "ChargePeriodStart": str(line.start),
        "InvoiceIssuerName": service.provider,
        "ProviderName": service.provider,
        "PublisherName": service.provider,
        "RegionId": region,
        "RegionName": region_name,
        "ResourceId": f"{service.resource_type}/{account}/{line.number:04d}",
        "ResourceName": resource_name,
        "ResourceType": service.resource_type,
        "ServiceCategory": service.category,
        "Id": str(90_000 + line.number),
        "ServiceName": service.name,
        "SkuId": service.sku,
        "SkuPriceId": f"{service.sku}.P1",
        "SubAccountId": account,
        "SubAccountName": account_name,
        "Tags": NULL if line.tags is None else json.dumps(line.tags, ensure_ascii=False),
    }


def write_cell(column: str, value: str) -> str:
    """Write one cell: bare numbers and NULL as they are, everything else in quotation marks."""
    if value == NULL or column in BARE_COLUMNS:
        return value
    escaped = value.replace('"', '""')
    return f'"{escaped}"'


def render() -> str:
    """Return the whole file as text."""
    rows = [",".join(f'"{column}"' for column in COLUMNS)]
    for line in draw_lines():
        values = price_columns(line) | text_columns(line)
        rows.append(",".join(write_cell(column, values.get(column, NULL)) for column in COLUMNS))
    return "\n".join(rows) + "\n"


def main() -> int:
    """Write the sample, or compare it with the file."""
    parser = argparse.ArgumentParser(
        description="Write the synthetic FOCUS sample, or check that it is current."
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 when the file is not current"
    )
    parser.add_argument("--out", type=Path, default=SAMPLE, help="the file (default: the one in samples/)")
    options = parser.parse_args()
    wanted = render().encode("utf-8")
    if not options.check:
        options.out.write_bytes(wanted)
        return 0
    found = options.out.read_bytes() if options.out.exists() else b""
    if found != wanted:
        print(
            f"error: {options.out.name} is not what tools/make_sample.py writes; run: make sample",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
