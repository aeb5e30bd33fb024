"""Run every notebook from top to bottom, each in a kernel of its own; with ``--write``, keep the outputs.

    python tools/run_notebooks.py --fast

A cell that fails ends the run with its notebook, its number and its error. Times are of the wall.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
SECONDS_MAX = 600
"""How long one cell may take."""

FAST = "BILLPROOF_NOTEBOOKS"
"""The variable that, set to ``fast``, makes the notebooks do less of everything."""


def run(path: Path, *, write: bool) -> str:
    """Run one notebook and return the error of its first cell that fails, or nothing."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types
    client = NotebookClient(notebook, timeout=SECONDS_MAX, resources={"metadata": {"path": str(FOLDER)}})
    try:
        client.execute()
    except CellExecutionError as error:
        return str(error)
    if write:
        for cell in notebook.cells:
            # When a cell ran is nothing that a reader or a comparison wants to see.
            cell.metadata.pop("execution", None)
        nbformat.write(notebook, path)  # type: ignore[no-untyped-call]  # as above
    return ""


def main() -> int:
    """Run all that are named, or all there are; return 1 if one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="beginnings of names, such as 04; all without")
    parser.add_argument("--fast", action="store_true", help="do less of everything, as CI does")
    parser.add_argument("--write", action="store_true", help="keep the outputs in the files")
    options = parser.parse_args()
    if options.fast:
        os.environ[FAST] = "fast"
    # The kernel must find this checkout, and no other.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    paths = [
        path
        for path in sorted(FOLDER.glob("*.ipynb"))
        if not options.names or path.name.startswith(tuple(options.names))
    ]
    if not paths:
        print(f"no notebook of {FOLDER.name}/ begins with {' or '.join(options.names)}", file=sys.stderr)
        return 3
    failed = 0
    for path in paths:
        started = time.monotonic()
        error = run(path, write=options.write)
        failed += bool(error)
        print(
            f"{path.name}: {'FAILED' if error else 'ran'} in {time.monotonic() - started:.0f} s", flush=True
        )
        if error:
            print(error, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
