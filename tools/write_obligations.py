"""Prove every provable clause of the repaired design afresh and keep the obligations.

Usage: ``python tools/write_obligations.py [DIRECTORY]``; ``reports/obligations`` where none is given. Takes
about half a minute on two cores. Nothing is remembered from earlier runs, and nothing is written unless all
is proved.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from billproof.invariants.prove.archive import write_archive
from billproof.invariants.prove.clauses import ProofUnderWay
from billproof.invariants.prove.problem import Status
from billproof.invariants.theorems import all_clauses
from billproof.model.design import REPAIRED

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 3600.0

MILLISECONDS = 300_000
"""The limit of one question: on a busy machine a short one splits obligations, and the bytes would follow."""


def main() -> int:
    """Write the archive; return 2 if something is not proved."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "reports" / "obligations"
    clauses = tuple(clause for clause in all_clauses() if clause.provable)
    with ProcessPoolExecutor(2) as executor:
        proof = ProofUnderWay(
            REPAIRED, clauses, time.monotonic() + SECONDS, executor, milliseconds=MILLISECONDS
        )
        system, readers = proof.results()
    results = {"system": system} | ({} if readers is None else {"readers": readers})
    unproved = [it.name for result in results.values() for it in result.clauses if it.status != Status.PROVED]
    if unproved:
        print(f"not proved, hence nothing is written: {', '.join(unproved)}", file=sys.stderr)
        return 2
    number = write_archive(directory, {name: result.decided for name, result in results.items()})
    print(f"{number} obligations in {directory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
