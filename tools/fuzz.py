"""Hand damaged inputs to every parser and to the HTTP API, and report whatever is not documented.

    python tools/fuzz.py --inputs 20000 --seed 1            all targets, by their shares
    python tools/fuzz.py --target checkpoint --seed 7       one of them
    python tools/fuzz.py --target edn --input KCgo         one input again, base64 or @FILE with it

The same seed makes the same damage; keys and signatures are fresh in every run. A finding is an exception
that is not documented, a broken law, more than 2 seconds of processor time, or memory without bound. Exit
code 1 if there is a finding; Ctrl-C keeps what was found. ``make fuzz`` runs it.
"""

import argparse
import base64
import json
import sys
import tempfile
from pathlib import Path

# Run by its path like every tool, it finds its own package beside the others'.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.fuzzing.catalogue import named_targets
from tools.fuzzing.running import Session, fuzz, repeat
from tools.fuzzing.seeds import make_seeds


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000, help="how many inputs in all; default 20000")
    parser.add_argument("--seed", type=int, default=1, help="makes the inputs; default 1")
    parser.add_argument("--target", action="append", default=[], help="only this one; may be given again")
    parser.add_argument("--input", help="one input of one target again: base64, or @FILE with base64 in it")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the result on stdout"
    )
    parser.add_argument("--out", type=Path, help="file for the report, JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return parser.parse_args(arguments)


def _decoded(given: str) -> bytes:
    text = Path(given[1:]).read_text(encoding="ascii") if given.startswith("@") else given
    return base64.b64decode(text)


def main(arguments: list[str]) -> int:
    """Fuzz and report; return the exit code."""
    asked = _arguments(arguments)
    if asked.input is not None and len(asked.target) != 1:
        raise SystemExit("--input repeats an input of one target; name it with --target")
    memory = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one; nothing else is shared
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        seeds = make_seeds(Path(name))
        targets = named_targets(seeds, tuple(asked.target))
        session = Session(seed=asked.seed, inputs=asked.inputs, is_quiet=asked.quiet)
        try:
            if asked.input is not None:
                repeat(session, targets[0], _decoded(asked.input))
            else:
                fuzz(session, targets)
        finally:
            for item in targets:
                item.close()
    document = session.document()
    if asked.out is not None:
        asked.out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1) if asked.format == "json" else "\n".join(session.lines()))
    return 1 if session.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
