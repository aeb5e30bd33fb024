"""What is drawn from the records is what the records give, and the records say what is pinned."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.repo.sources import ROOT, read_text

TOOL = Path("tools") / "make_reports.py"


def check(root: Path) -> "subprocess.CompletedProcess[str]":
    """Ask whether everything below a folder is fresh."""
    return subprocess.run(
        [sys.executable, str(root / TOOL), "--check"], capture_output=True, text=True, check=False
    )


def test_readme_picture_and_page_are_what_the_records_give() -> None:
    """The picture replays its failure on the running code, so that it is also of this version."""
    made = check(ROOT)
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_stale_page_is_reported(tmp_path: Path) -> None:
    """In a copy, so that nobody sees the stale page who runs beside this."""
    for name in ("reports", "tools", "docs/pictures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "README.md", tmp_path)
    page = tmp_path / "reports" / "index.html"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    made = check(tmp_path)
    assert made.returncode == 1, made.stdout + made.stderr
    assert made.stdout.splitlines() == [
        "reports/index.html: not what the records give; run: python tools/make_reports.py"
    ]


def test_the_recorded_verdicts_are_the_pinned_ones() -> None:
    """A table that was made on another day must not say more than is pinned, nor less."""
    pinned = json.loads(read_text(ROOT / "reports" / "expected-verdicts.json"))["designs"]
    recorded = json.loads(read_text(ROOT / "reports" / "theorems.json"))
    assert {
        design: {name: found["verdict"] for name, found in of.items()} for design, of in recorded.items()
    } == pinned
