"""The package of the how-to page, written into a folder as an installer would leave it."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-theorem.md"

_PYTHON = re.compile(r"```python\n# (\S+)\n(.*?)```", re.DOTALL)
_TOML = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def install(folder: Path, *, replaced: dict[str, str] | None = None) -> Path:
    """Write the package of the page and its metadata below ``folder``, with some texts replaced."""
    page = PAGE.read_text(encoding="utf-8")
    for old, new in (replaced or {}).items():
        assert old in page
        page = page.replace(old, new)
    for name, text in _PYTHON.findall(page):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "acme_billing" / "__init__.py").write_text("", encoding="utf-8")
    found = _TOML.search(page)
    assert found is not None
    project = tomllib.loads(found[1])["project"]
    info = folder / "acme_billing-1.0.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in an environment in which the package is installed."""
    path = os.pathsep.join((str(folder), str(ROOT / "src"), str(ROOT)))
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
        timeout=600,
    )


def billproof(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in that environment."""
    return run(folder, "-c", "from billproof.cli.main import main; main()", *arguments)
