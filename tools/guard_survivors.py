"""Delete every guard of the core one at a time and list those that nothing misses.

Usage: ``python tools/guard_survivors.py [--prove] [--jobs N] [--out FILE] [MODULE ...]``; without a module,
all of the core. Each ``if`` and each operand of an ``and`` or ``or`` is taken away by itself, and every
domain that runs its function is searched under the repaired design; with ``--prove`` what the search does not
miss is put to the proof engine. A guard that the switches of the repaired design decide belongs to other
designs and is listed apart; so is one of ``erasures.ARGUED``. Takes seconds for each guard, minutes with
``--prove``; not for CI, which has a sample in ``tests/quality``. Exit code 1 if one survives.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from billproof.invariants.erasures import ARGUED, MODULES, OTHER_DESIGNS, guards_of, notice_of, quiet_searches

PROOF_SECONDS = 300.0


def main(arguments: list[str]) -> int:
    """Report; return 1 if a guard of the repaired design survives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(MODULES))
    parser.add_argument("--prove", action="store_true", help="ask the proof engine for what no search misses")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, help="write what notices each guard to this file, as JSON")
    asked = parser.parse_args(arguments)
    guards = guards_of(asked.modules or MODULES)
    quiet = quiet_searches()
    ask = partial(notice_of, quiet=quiet, proof_seconds=PROOF_SECONDS if asked.prove else 0.0)
    notices: dict[str, str] = {}
    with ProcessPoolExecutor(asked.jobs) as executor:
        for guard, notice in zip(guards, executor.map(ask, guards), strict=True):
            print(f"{guard.name}\n    {notice or 'SURVIVES'}", flush=True)
            notices[guard.name] = notice
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
