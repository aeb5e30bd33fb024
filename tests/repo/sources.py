"""Where the sources of this repository are, for the tests that read them.

Only files that git knows, or would be asked to know, count: caches and environments are nobody's sources.
"""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The top of the checkout."""

LINKED_FOLDERS = ("conformance", "invariants", "model", "service", "simulations")
"""The folders that are imported through a link, ``billproof.<folder>``."""


def list_files(root: Path = ROOT) -> tuple[Path, ...]:
    """Return every regular file of the checkout, tracked or new, but not ignored; links are left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = sorted({root / name for name in listed.stdout.split("\0") if name})
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


def list_python(*folders: str) -> tuple[Path, ...]:
    """Return the Python files of the checkout, or of the named top-level folders only."""
    files = (path for path in list_files() if path.suffix == ".py")
    return tuple(path for path in files if not folders or path.relative_to(ROOT).parts[0] in folders)


def read_text(path: Path) -> str:
    """Read a source file."""
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    """Return the name of a file as findings print it: from the top of the checkout, with slashes."""
    return path.relative_to(ROOT).as_posix()
