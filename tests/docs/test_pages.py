"""Every command on a page runs as printed, or stands in a table with what is run instead, or why nothing is.

Commands of one page run one after the other in one empty folder, as a reader would type them.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repo.sources import ROOT, list_files, name_of, read_text

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)

INSTEAD = {
    ".venv/bin/billproof demo": "billproof demo",
    "billproof verify --design mine.toml --expect verdicts.json --report out": (
        "billproof verify --design mine.toml --expect verdicts.json --report out"
        " --theorem T1 --engine explore"
    ),
    "billproof verify --design designs/mine.toml --expect verdicts.json --budget 300 --report out": (
        "billproof verify --design designs/mine.toml --budget 300 --report out --theorem T1 --engine explore"
    ),
    "billproof verify --design mine.toml --theorem T1": (
        "billproof verify --design mine.toml --theorem T1 --engine explore"
    ),
    "billproof replay out/documented-T1.failure.json --html story.html": (
        "billproof verify --design documented --theorem T1 --engine explore --report out --quiet; "
        "billproof replay out/documented-T1.failure.json --html story.html"
    ),
    "billproof simulate --all --design documented --page faults.html": (
        "billproof simulate --scenario F-04 --seeds 1 --design documented --page faults.html"
    ),
    "billproof simulate --swarm --seeds 10000": "billproof simulate --swarm --seeds 1",
    "billproof claims --claims my-claims.csv": "billproof claims --claims my-claims.csv --id XD-18",
}
"""What takes minutes, and the same on less."""

TOO_LONG = "takes minutes; tests/conformance judges the same targets in parts"
FOREIGN = "needs an address, a token or a file that only the reader has"
INSTALLS = "would change the environment of whoever runs the tests"

NOT_RUN = {
    "make verify": "the workflow of CI runs it in a step of its own",
    "make test": "is what runs this",
    "make lock": INSTALLS,
    "pip install billproof": INSTALLS,
    "pip install 'billproof[cluster]'": INSTALLS,
    "dask scheduler --port 8786": "serves until it is stopped; tests/simulations has a cluster of its own",
    "dask worker tcp://scheduler:8786 --nworkers 2 --nthreads 1": "as the scheduler",
    "billproof simulate --swarm --seeds 10000 --cluster tcp://scheduler:8786 --db swarm.db"
    " --page swarm.html": "as the scheduler",
    "billproof verify --theorem X1 --theorem X2 --design repaired --design acme": (
        "tests/invariants/test_plugins.py installs the package of that page and runs it"
    ),
    "billproof variants --theorem X1": "as the line before it",
    "billproof conform reference": TOO_LONG,
    "billproof conform reference-stdio": TOO_LONG,
    "billproof conform reference-http": TOO_LONG,
    "billproof conform amnesiac": TOO_LONG,
    "billproof conform broken:no_key": TOO_LONG,
    "billproof conform replay share-keys --target TARGET --seed N": FOREIGN,
    "billproof conform replay out/counterexamples/T1-one_charge_per_key.jsonl --target TARGET": FOREIGN,
    "billproof serve --db ledger.db --port 8080": "serves until it is stopped; tests/service serves",
}
"""What is not run at all, and why."""


def _pinned(folder: Path) -> None:
    (folder / "verdicts.json").write_text('{"designs": {"mine": {"T1": "HOLDS"}}}', encoding="utf-8")


def _refuted(folder: Path) -> None:
    (folder / "designs").mkdir()
    (folder / "designs" / "mine.toml").write_text(
        'base = "repaired"\nname = "mine"\n\n[switches]\nkey_retention = "days"\n', encoding="utf-8"
    )


def _adapter(folder: Path) -> None:
    made = run("billproof conform init scaffold", folder)
    assert made.returncode == 0, made.stderr
    (folder / "scaffold" / "adapter.py").rename(folder / "my_adapter.py")


def _register(folder: Path) -> None:
    shipped = ROOT / "simulations" / "claims" / "claims.csv"
    (folder / "my-claims.csv").write_bytes(shipped.read_bytes())


PREPARED: dict[str, Callable[[Path], None]] = {
    "README.md": _pinned,
    "docs/how-to/check-in-ci.md": _refuted,
    "docs/conformance-protocol.md": _adapter,
    "docs/how-to/judge-documented-figures.md": _register,
}
"""What a reader of the page already has."""


def commands_of(page: Path) -> list[str]:
    """Return the commands of a page, without comments and with continued lines joined."""
    found: list[str] = []
    for block in BLOCK.findall(read_text(page)):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                found.append(re.sub(r"\s{2,}#.*$", "", line[2:]).strip())
    return found


def run(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command as a shell does, with the programs of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


PAGES = [
    page
    for page in list_files()
    # How to run a package of somebody else needs that package; tools install it, no test does.
    if page.suffix == ".md" and "reports/conformance" not in name_of(page) and commands_of(page)
]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_commands_of_a_page_run_in_their_order(page: Path, tmp_path: Path) -> None:
    """0 and 1 are answers; 2 says that something is open, which a short run may say; 3 is a mistake."""
    if name_of(page) in PREPARED:
        PREPARED[name_of(page)](tmp_path)
    folder = tmp_path
    for command in commands_of(page):
        if command in NOT_RUN or command.startswith("curl "):
            continue
        if command.startswith("cd "):
            folder /= command.removeprefix("cd ")
            continue
        made = run(INSTEAD.get(command, command), folder)
        assert made.returncode in (0, 1, 2), f"{command}\n{made.stdout[-800:]}{made.stderr[-800:]}"
        assert "Traceback" not in made.stderr, made.stderr[-800:]


def test_nothing_is_excused_that_stands_on_no_page() -> None:
    """A row of a table whose command is gone would excuse one that comes back wrong."""
    known = {command for page in PAGES for command in commands_of(page)}
    assert sorted((set(INSTEAD) | set(NOT_RUN)) - known) == []


def test_a_command_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    """The check can fail."""
    assert run("billproof verify --desing mine.toml", tmp_path).returncode == 3
