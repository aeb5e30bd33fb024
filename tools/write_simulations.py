"""Write the reports of the fault simulator: the swarm, the catalogue, and the hunt of known-bad variants.

    python tools/write_simulations.py --catalogue
    python tools/write_simulations.py --swarm 10000
    python tools/write_simulations.py --hunt 2000

Each runs ``billproof simulate`` and writes what it prints to ``reports``, with the command that made it. The
same commit and seeds give the same bytes. Exit code 1 if a report is not what it should be: the repaired
design holds, the documented one violates every theorem, every variant is caught.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Document: TypeAlias = "dict[str, object]"

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports"
THEOREMS = tuple(f"T{number}" for number in range(1, 8))


def simulate(name: str, *arguments: str) -> Document:
    """Run ``billproof simulate``, write its document, and return it."""
    command = ["billproof", "simulate", *arguments]
    with tempfile.TemporaryDirectory() as failures:
        report = ["--report", failures, "--format", "json", "--quiet"]
        call = [*command, *report]
        made = subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if made.returncode not in (0, 1, 2):
        raise SystemExit(f"{' '.join(command)}: {made.stderr.strip()}")
    found: Document = {"command": " ".join(command), **_without_files(json.loads(made.stdout))}
    (REPORTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def _without_files(document: Document) -> Document:
    """Leave out where failure files were: they are of this run, and the violations are told without them."""
    stories = document.get("stories")
    if isinstance(stories, dict):
        document["stories"] = {
            theorem: {name: value for name, value in story.items() if name != "file"}
            for theorem, story in stories.items()
        }
    document.pop("violations", None)
    return document


def catalogue() -> bool:
    """Write the catalogue under both designs."""
    bad = simulate("scenarios-documented", "--all", "--design", "documented")
    good = simulate("scenarios-repaired", "--all", "--design", "repaired")
    stories = bad["stories"]
    assert isinstance(stories, dict)
    return good["exit_code"] == 0 and all(theorem in stories for theorem in THEOREMS)


def swarm(seeds: int) -> bool:
    """Write a swarm under the repaired design."""
    return simulate("swarm", "--swarm", "--design", "repaired", "--seeds", str(seeds))["exit_code"] == 0


def hunt(seeds: int) -> bool:
    """Write how many seeds it takes to catch each variant."""
    return simulate("seeds-to-kill", "--variants", "--seeds", str(seeds))["exit_code"] == 0


def main(arguments: list[str]) -> int:
    """Write what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--catalogue", action="store_true", help="the fault catalogue, both designs")
    parser.add_argument("--swarm", type=int, metavar="SEEDS", help="faults drawn from so many seeds")
    parser.add_argument("--hunt", type=int, metavar="SEEDS", help="known-bad variants, at most so many seeds")
    asked = parser.parse_args(arguments)
    chosen: list[Callable[[], bool]] = []
    if asked.catalogue:
        chosen.append(catalogue)
    if asked.swarm:
        chosen.append(lambda: swarm(asked.swarm))
    if asked.hunt:
        chosen.append(lambda: hunt(asked.hunt))
    if not chosen:
        parser.error("say --catalogue, --swarm or --hunt")
    # All are written, whatever the first one says.
    results = [write() for write in chosen]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
