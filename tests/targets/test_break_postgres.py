"""A variant is caught by its theorem alone: what is missed or falsely accused is said to be so."""

import json
from pathlib import Path

import pytest

from billproof.conformance.judging.facts import Finding
from targets.break_postgres import Result, again, table, write
from targets.postgres.broken import VARIANTS

VARIANT = next(variant for variant in VARIANTS if variant.violates == "T5" and not variant.also)


def result(*theorems: str, error: str = "") -> Result:
    """Return a result with a finding for each theorem."""
    findings = tuple(
        Finding(theorem=theorem, clause="c", text="t", customer="c1", calls=(1,)) for theorem in theorems
    )
    return Result(variant=VARIANT, findings=findings, error=error)


@pytest.mark.parametrize(
    ("theorems", "verdict"),
    [(("T5",), "caught"), ((), "missed"), (("T1",), "missed"), (("T5", "T1"), "falsely accused")],
)
def test_only_its_own_theorem_catches_a_variant(theorems: tuple[str, ...], verdict: str) -> None:
    assert result(*theorems).verdict == verdict


def test_an_adapter_that_fails_catches_nothing() -> None:
    assert result("T5", error="hung").verdict == "adapter error"


def test_the_page_counts_what_is_missed() -> None:
    page = table([result("T5").document(), result().document()])
    assert "1 of 2 are caught, 1 are missed" in page


def test_results_of_an_earlier_run_are_kept_and_replaced_by_name(tmp_path: Path) -> None:
    write([result()], tmp_path)
    write([result("T5")], tmp_path)
    written = json.loads((tmp_path / "broken-postgres.json").read_text(encoding="utf-8"))
    assert [item["verdict"] for item in written["variants"]] == ["caught"]


def test_the_command_to_see_it_again_names_variant_and_case() -> None:
    assert VARIANT.name in again(VARIANT)
    assert f"--case {VARIANT.case}" in again(VARIANT)
