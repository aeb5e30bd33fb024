"""What is built from a checkout holds the linked folders as real packages, and works without the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.repo.sources import LINKED_FOLDERS, ROOT, list_files

DATA_SUFFIXES = frozenset(
    {".py", ".toml", ".json", ".csv", ".typed", ".html", ".js", ".mjs", ".css", ".jinja"}
)
"""What a package carries; pyproject.toml says the same to the builder."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a source distribution from a copy of the checkout, and a wheel from that."""
    copy = tmp_path_factory.mktemp("checkout")
    links = [ROOT / "src" / "billproof" / folder for folder in LINKED_FOLDERS]
    for path in (*list_files(), *links):
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(copy / "dist"), str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return next((copy / "dist").glob("*.whl"))


def test_wheel_holds_every_source_of_every_folder(wheel: Path) -> None:
    wanted = {"billproof/py.typed"}
    for path in list_files():
        parts = path.relative_to(ROOT).parts
        if path.suffix in DATA_SUFFIXES and parts[0] in LINKED_FOLDERS:
            wanted.add("/".join(("billproof", *parts)))
        if path.suffix in DATA_SUFFIXES and parts[:2] == ("src", "billproof"):
            wanted.add("/".join(parts[1:]))
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == wanted


def test_installed_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = (
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
        "--target",
        str(site),
    )
    subprocess.run([sys.executable, "-m", "pip", *install, str(wheel)], check=True, capture_output=True)
    program = (
        "import billproof.model, billproof.invariants, billproof.service; print(billproof.model.__file__)"
    )
    environment = os.environ | {"PYTHONPATH": str(site)}
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(told.stdout.strip()) == site / "billproof" / "model" / "__init__.py"
