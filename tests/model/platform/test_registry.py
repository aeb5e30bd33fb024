"""No law without a variant that breaks it, no sharp edge without a test that shows it, no name twice."""

import ast
from pathlib import Path

import pytest

from billproof.model.platform.law import Assumption
from billproof.model.platform.registry import PLATFORMS, Platform, grounding

HERE = Path(__file__).parent


def source_of(platform: Platform) -> str:
    """Return the text of the tests of a platform."""
    return (HERE / f"test_{platform.module}.py").read_text(encoding="utf-8")


def functions_in(text: str) -> set[str]:
    """Return the names of the test functions of a module."""
    return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}


def is_seen_to_fail(text: str, law: str) -> bool:
    """Tell whether a test names this law in one of the ways in which the tests here see one broken."""
    return f'not by_name["{law}"]' in text or f', "{law}", ' in text


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.module)
def test_each_sharp_edge_is_shown(platform: Platform) -> None:
    missing = {f"test_edge_{edge.name}" for edge in platform.sharp_edges} - functions_in(source_of(platform))
    assert not missing


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.module)
def test_each_law_is_seen_to_fail(platform: Platform) -> None:
    text = source_of(platform)
    blind = [law.name for law in platform.guarantees if not is_seen_to_fail(text, law.name)]
    assert not blind


def test_every_machine_is_listed() -> None:
    folder = HERE.parents[2] / "model" / "platform"
    helpers = {"__init__", "law", "pages", "registry", "spanner_laws", "table", "units"}
    assert {path.stem for path in folder.glob("*.py")} - helpers == {one.module for one in PLATFORMS}


def test_no_platform_has_a_name_twice() -> None:
    for platform in PLATFORMS:
        names = [law.name for law in platform.guarantees] + [edge.name for edge in platform.sharp_edges]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("assumption", Assumption)
def test_each_assumption_is_grounded_in_some_platform(assumption: Assumption) -> None:
    assert grounding(assumption)
