"""The pytest plugin has one test for each case, and each fails as its case does."""

import os
import subprocess
import sys
from pathlib import Path

from tests.repo.sources import ROOT


def run_suite(folder: Path, target: str) -> str:
    """Run an empty suite with the plugin against a target and return what pytest printed."""
    plugin = ["-p", "billproof.conformance.pytest_plugin", "-p", "no:cacheprovider"]
    options = ["--conformance-target", target, "--conformance-claim", "CORE@L1", "-v"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    (folder / "test_own.py").write_text("def test_own():\n    pass\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *options, str(folder / "test_own.py")],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_every_case_is_a_test_and_a_broken_target_fails(tmp_path: Path) -> None:
    told = run_suite(tmp_path, "broken:no_key")
    assert "retry-keys FAILED" in told
    assert "T1.one_charge_per_key" in told
    assert "again: billproof conform broken:no_key" in told
    assert "CORE@L1 FAILED" in told
    assert "money.amount.text" not in told or "money.amount.text PASSED" in told
    assert "test_own PASSED" in told


def test_a_claim_that_holds_passes(tmp_path: Path) -> None:
    told = run_suite(tmp_path, "reference")
    assert "CORE@L1 PASSED" in told
    assert "FAILED" not in told


def test_an_adapter_that_fails_is_no_green_suite(tmp_path: Path) -> None:
    """The known bad: a process that ends at once, so that no case is run."""
    told = run_suite(tmp_path, "exec:false")
    assert "adapter FAILED" in told
    assert "test_own PASSED" in told
