"""The generated pages are what the model gives, and a page that is not is reported."""

import subprocess
import sys
from pathlib import Path

from tests.repo.sources import ROOT

TOOL = "tools/make_diagrams.py"


def checked(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the check of a checkout."""
    return subprocess.run(
        [sys.executable, str(root / TOOL), "--check"], capture_output=True, text=True, check=False
    )


def test_every_page_is_fresh() -> None:
    result = checked(ROOT)
    assert (result.returncode, result.stdout) == (0, "every page is fresh\n")


def test_a_stale_a_missing_and_a_stray_page_are_reported(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / TOOL).write_text((ROOT / TOOL).read_text(encoding="utf-8"), encoding="utf-8")
    pages = tmp_path / "docs" / "diagrams"
    pages.mkdir(parents=True)
    (pages / "tenant.md").write_text("edited by hand", encoding="utf-8")
    (pages / "stray.md").write_text("from before", encoding="utf-8")
    result = checked(tmp_path)
    assert result.returncode == 1
    for told in (
        "docs/diagrams/tenant.md: not what the model gives",
        "docs/platform.md: not what the model gives",
        "docs/diagrams/stray.md: nothing makes this page",
    ):
        assert told in result.stdout
