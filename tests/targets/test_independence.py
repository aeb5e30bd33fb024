"""The PostgreSQL target shares no code with what it is compared with."""

import ast
from pathlib import Path

import pytest

from tests.repo.sources import ROOT, list_python, name_of, read_text

TARGET = "targets/postgres"
FORBIDDEN = {"billproof", "model", "invariants", "service", "simulations", "conformance", "", "importlib"}
"""First words of imports that reach the package, its folders under their bare names, or anything unseen."""


def find_shared_imports(path: str, text: str) -> list[str]:
    """Return the imports of a file that reach the package, or what cannot be seen from here."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = ["." if node.level else node.module or ""]
        elif isinstance(node, ast.Constant) and node.value == "importlib":
            modules = ["importlib"]
        roots = {module.partition(".")[0] for module in modules}
        if roots & {
            "billproof",
            "model",
            "invariants",
            "service",
            "simulations",
            "conformance",
            "",
            "importlib",
        }:
            found.append(f"{path}: {modules}")
    return found


def test_no_file_of_the_postgres_target_imports_the_package() -> None:
    files = [path for path in list_python("targets") if name_of(path).startswith(TARGET)]
    assert len(files) > 15, "the target has moved; point this test at it"
    assert [found for path in files for found in find_shared_imports(name_of(path), read_text(path))] == []


@pytest.mark.parametrize(
    "text",
    [
        "import billproof.model.money",
        "from billproof.model import money",
        "from billproof import model",
        "def late():\n    import billproof",
        "from . import sibling",
        "import importlib",
    ],
)
def test_an_import_of_the_package_is_found(text: str) -> None:
    assert find_shared_imports("bad.py", text)


def test_the_target_is_in_a_folder_that_the_package_does_not_contain() -> None:
    assert not (ROOT / "src" / "billproof" / "targets").exists()
    assert Path(ROOT / TARGET / "application" / "schema.sql").is_file()
