"""Each package of the import name billproof is a relative link to the folder that holds its code."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.sources import LINKED_FOLDERS, ROOT

LINK_MODE = "120000"
"""How git records a symbolic link."""


def find_layout_faults(root: Path, folders: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with the links of a checkout: each is there, relative, and points to its folder."""
    package = root / "src" / "billproof"
    for folder in folders:
        link, target = package / folder, f"../../{folder}"
        if not link.is_symlink():
            yield f"{folder}: src/billproof/{folder} is not a link to {target}"
        elif os.readlink(link) != target:
            yield f"{folder}: the link points to {os.readlink(link)}, not to {target}"
        elif not (link / "__init__.py").is_file():
            yield f"{folder}: {target} has no __init__.py"
    for stray in sorted(
        path.name for path in package.iterdir() if path.is_symlink() and path.name not in folders
    ):
        yield f"{stray}: a link that no folder is known for"


def make_checkout(root: Path) -> Path:
    """Make a sound checkout with one folder, and return its package."""
    (root / "model").mkdir()
    (root / "model" / "__init__.py").touch()
    package = root / "src" / "billproof"
    package.mkdir(parents=True)
    (package / "model").symlink_to("../../model")
    return package


def test_every_link_points_where_it_should() -> None:
    assert list(find_layout_faults(ROOT, LINKED_FOLDERS)) == []


def test_sound_checkout_has_no_fault(tmp_path: Path) -> None:
    make_checkout(tmp_path)
    assert list(find_layout_faults(tmp_path, ("model",))) == []


def test_absolute_link_is_reported(tmp_path: Path) -> None:
    link = make_checkout(tmp_path) / "model"
    link.unlink()
    link.symlink_to(tmp_path / "model")
    assert [fault.partition(" points to ")[0] for fault in find_layout_faults(tmp_path, ("model",))] == [
        "model: the link"
    ]


def test_copied_folder_instead_of_a_link_is_reported(tmp_path: Path) -> None:
    link = make_checkout(tmp_path) / "model"
    link.unlink()
    link.mkdir()
    assert list(find_layout_faults(tmp_path, ("model",))) == [
        "model: src/billproof/model is not a link to ../../model"
    ]


def test_dangling_link_is_reported(tmp_path: Path) -> None:
    make_checkout(tmp_path)
    (tmp_path / "model" / "__init__.py").unlink()
    assert list(find_layout_faults(tmp_path, ("model",))) == ["model: ../../model has no __init__.py"]


def test_unknown_link_is_reported(tmp_path: Path) -> None:
    (make_checkout(tmp_path) / "extra").symlink_to("../../model")
    assert list(find_layout_faults(tmp_path, ("model",))) == ["extra: a link that no folder is known for"]


@pytest.mark.parametrize("folder", LINKED_FOLDERS)
def test_git_records_a_link_not_a_copy(folder: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", f"src/billproof/{folder}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.startswith(LINK_MODE), listed.stdout


@pytest.mark.parametrize("folder", LINKED_FOLDERS)
def test_package_is_imported_through_its_link(folder: str) -> None:
    found = importlib.import_module(f"billproof.{folder}").__file__
    assert found is not None
    assert Path(found) == ROOT / "src" / "billproof" / folder / "__init__.py"
    assert Path(found).resolve() == ROOT / folder / "__init__.py"


@pytest.mark.parametrize("folder", LINKED_FOLDERS)
def test_installed_environment_has_no_package_of_the_bare_name(folder: str, tmp_path: Path) -> None:
    # A second copy under a bare name would be another set of classes, equal to nothing of the first.
    told = subprocess.run(
        [sys.executable, "-P", "-c", f"import {folder}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"No module named '{folder}'" in told.stderr
