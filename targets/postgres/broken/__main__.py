"""Run the adapter of a broken variant: ``python -m targets.postgres.broken NAME``, or list them all."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from targets.postgres.broken import VARIANTS
from targets.postgres.broken.variant import write_variant


def main() -> int:
    """Write the variant to a temporary folder and run its adapter there until it ends."""
    if len(sys.argv) != 2:
        for variant in VARIANTS:
            sys.stdout.write(f"{variant.name}: {variant.violates}: {variant.rule}\n")
        return 0
    chosen = [variant for variant in VARIANTS if variant.name == sys.argv[1]]
    if not chosen:
        sys.stderr.write(f"there is no variant {sys.argv[1]}; without an argument the names are listed\n")
        return 3
    with tempfile.TemporaryDirectory(prefix="broken-") as folder:
        write_variant(chosen[0], Path(folder))
        command = [sys.executable, "-m", "targets.postgres.adapter"]
        environment = {**os.environ, "PYTHONPATH": folder}
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
