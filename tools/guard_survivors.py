"""Delete every guard of the core one at a time and list those that nothing misses.

Usage: ``python tools/guard_survivors.py [--jobs N] [--out FILE] [--keep] [MODULE ...]``; without a module,
all of the core. Each ``if`` and each operand of an ``and`` or ``or`` is taken away by itself, and every
domain that runs its function is searched under the repaired design; what no search misses is put to the
proof engine, as far as it is about commands that run the function. A guard that the switches of the repaired
design decide belongs to other designs and is listed apart; so is one of ``erasures.ARGUED``. Takes up to a
minute for each guard; not for CI, which has a sample in ``tests/quality``. Exit code 1 if one survives.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from billproof.invariants.erasures import (
    ARGUED,
    MODULES,
    OTHER_DESIGNS,
    guards_of,
    notice_of,
    quiet_searches,
    running,
)
from billproof.invariants.variants.guards import GuardDeletion


def recorded(path: Path) -> dict[str, str]:
    """Return what a file says of each guard; nothing if there is none."""
    if not path.exists():
        return {}
    notices: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["notices"]
    return notices


def noticed(guards: Sequence[GuardDeletion], jobs: int) -> dict[str, str]:
    """Delete each guard and return what notices it, by name."""
    ask = partial(notice_of, quiet=quiet_searches(), ran=running())
    found: dict[str, str] = {}
    with ProcessPoolExecutor(jobs) as executor:
        for guard, notice in zip(guards, executor.map(ask, guards), strict=True):
            print(f"{guard.name}\n    {notice or 'SURVIVES'}", flush=True)
            found[guard.name] = notice
    return found


def main(arguments: list[str]) -> int:
    """Report; return 1 if a guard of the repaired design survives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(MODULES))
    parser.add_argument("--keep", action="store_true", help="believe what the file at --out has")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, help="write what notices each guard to this file, as JSON")
    asked = parser.parse_args(arguments)
    guards = guards_of(asked.modules or MODULES)
    known = recorded(asked.out) if asked.keep and asked.out is not None else {}
    found = noticed([guard for guard in guards if not known.get(guard.name)], asked.jobs)
    notices = {guard.name: known.get(guard.name) or found[guard.name] for guard in guards}
    argued = [name for name, notice in notices.items() if not notice and name in ARGUED]
    survivors = [name for name, notice in notices.items() if not notice and name not in ARGUED]
    elsewhere = sum(notice == OTHER_DESIGNS for notice in notices.values())
    print(f"\n{len(guards)} guards, {len(survivors)} survive, {elsewhere} belong to other designs")
    for name in argued:
        print(f"argued: {name}\n    {ARGUED[name]}")
    for name in survivors:
        print(f"survives: {name}")
    if asked.out is not None:
        document = {"modules": list(asked.modules or MODULES), "notices": notices}
        asked.out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
