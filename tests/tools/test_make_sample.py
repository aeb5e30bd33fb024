"""The synthetic sample is what its script writes, and holds what it exists for."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "make_sample.py"
SAMPLE = ROOT / "samples" / "focus_synthetic.csv"
REAL_SAMPLE = ROOT.parent / "shared" / "data" / "focus" / "focus_sample.csv"


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a developer does."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def read_rows(path: Path = SAMPLE) -> list[dict[str, str]]:
    """Read a sample as a consumer does."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_committed_sample_is_what_the_script_writes() -> None:
    checked = run_script("--check")
    assert checked.returncode == 0, checked.stderr


def test_check_reports_a_changed_byte_and_changes_nothing(tmp_path: Path) -> None:
    stale = tmp_path / "stale.csv"
    damaged = SAMPLE.read_bytes().replace(b"0.19000000000", b"0.19000000001", 1)
    stale.write_bytes(damaged)
    checked = run_script("--check", "--out", str(stale))
    assert checked.returncode == 1
    assert "make sample" in checked.stderr
    assert stale.read_bytes() == damaged


def test_sample_has_sixty_rows_in_two_periods_and_one_currency() -> None:
    rows = read_rows()
    assert len(rows) == 60
    assert {row["BillingPeriodStart"] for row in rows} == {"2025-03-01 00:00:00", "2025-04-01 00:00:00"}
    assert {row["BillingCurrency"] for row in rows} == {"USD"}


def test_every_row_lies_in_its_period() -> None:
    for row in read_rows():
        assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["BillingPeriodEnd"], row["Id"]


def test_sample_holds_each_hard_case_it_exists_for() -> None:
    rows = read_rows()
    assert Counter(row["ChargeCategory"] for row in rows) == {"Usage": 58, "Credit": 1, "Adjustment": 1}
    assert [row["ChargeCategory"] for row in rows if row["BilledCost"].startswith("-")].count("Usage") == 1
    assert any(row["BilledCost"] == "0.00000000001" for row in rows), "no amount needs all eleven decimals"
    assert any(row["BilledCost"] == "0.00000000000" for row in rows), "no row costs nothing"
    assert any(not row["ServiceName"].isascii() for row in rows), "no name outside ASCII"
    assert any(row["Tags"] == "NULL" for row in rows), "no absent tags"
    assert any(row["ResourceName"] == "" for row in rows), "no empty string"
    tags = [value for row in rows if row["Tags"] != "NULL" for value in json.loads(row["Tags"]).values()]
    assert any('"' in value and "," in value for value in tags), "no tag with quotes and commas"


def test_exactly_one_row_is_repeated_byte_for_byte() -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    assert sorted(Counter(lines).values())[-2:] == [1, 2]


def test_usage_costs_quantity_times_price_or_nothing() -> None:
    for row in read_rows():
        if row["ChargeCategory"] == "Usage":
            quantity = int(row["PricingQuantity"].replace(".", ""))
            price = int(row["ListUnitPrice"].replace(".", ""))
            cost = int(row["BilledCost"].replace(".", ""))
            assert cost * 10**6 in {quantity * price, 0}, row["Id"]


@pytest.mark.skipif(not REAL_SAMPLE.is_file(), reason="the real FOCUS sample is not beside this checkout")
def test_header_is_that_of_real_files_and_no_row_is_theirs() -> None:
    real, ours = (path.read_text(encoding="utf-8").splitlines() for path in (REAL_SAMPLE, SAMPLE))
    assert ours[0] == real[0]
    assert set(ours) & set(real) == {real[0]}
