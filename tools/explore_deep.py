"""Search the large named models and compare their counts with the published ones; ``make explore-deep``.

The counts are not those of this program: five independent engines agree on charge replication, and those of
two-phase commit are a published table. Exit 1 if one differs.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One search and the counts that it must have."""

    arguments: str
    distinct: int
    generated: int | None = None
    depth: int | None = None
    canonical: int | None = None


PUBLISHED = (
    Published(arguments="two-phase-commit --set participants=7", distinct=296_448),
    Published(arguments="two-phase-commit --set participants=8", distinct=1_745_408),
    Published(arguments="two-phase-commit --set participants=10 --symmetry", distinct=61_515_776),
    Published(arguments="charge-replication", distinct=737_586, generated=5_294_674, depth=34),
    Published(
        arguments="charge-replication --symmetry",
        distinct=737_586,
        generated=5_294_674,
        depth=34,
        canonical=98_682,
    ),
    Published(arguments="charge-replication --engine plain", distinct=737_586, generated=5_294_674, depth=34),
    Published(
        arguments="charge-replication --set sends=3", distinct=13_776_128, generated=128_271_105, depth=42
    ),
)


def main() -> int:
    """Search all, print one line each, and return the exit code."""
    program = str(Path(sys.executable).with_name("billproof"))
    wrong = 0
    for item in PUBLISHED:
        command = [program, "explore", *item.arguments.split(), "--format", "json"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
        found = json.loads(answer.stdout)
        wanted = {
            name: getattr(item, name)
            for name in ("distinct", "generated", "depth", "canonical")
            if getattr(item, name) is not None
        }
        same = all(found.get(name) == count for name, count in wanted.items())
        wrong += not same
        word = "as published" if same else f"DIFFERS, published {wanted}"
        print(
            f"explore {item.arguments}: {found.get('distinct'):,} in {found.get('seconds')} s: {word}",
            flush=True,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
