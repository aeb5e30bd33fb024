"""What is drawn from the records is what the records give, and the records say what is pinned."""

import json
import subprocess
import sys

from tests.repo.sources import ROOT, read_text


def check() -> "subprocess.CompletedProcess[str]":
    """Ask whether everything is fresh."""
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make_reports.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_readme_picture_and_page_are_what_the_records_give() -> None:
    """The picture replays its failure on the running code, so that it is also of this version."""
    made = check()
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_stale_page_is_reported() -> None:
    """Something else in its place is noticed, and the remedy is said."""
    page = ROOT / "reports" / "index.html"
    text = page.read_bytes()
    try:
        page.write_bytes(text + b" ")
        made = check()
    finally:
        page.write_bytes(text)
    assert made.returncode == 1
    assert "reports/index.html: not what the records give" in made.stdout
    assert "python tools/make_reports.py" in made.stdout


def test_the_recorded_verdicts_are_the_pinned_ones() -> None:
    """A table that was made on another day must not say more than is pinned, nor less."""
    pinned = json.loads(read_text(ROOT / "reports" / "expected-verdicts.json"))["designs"]
    recorded = json.loads(read_text(ROOT / "reports" / "theorems.json"))
    assert {
        design: {name: found["verdict"] for name, found in of.items()} for design, of in recorded.items()
    } == pinned
