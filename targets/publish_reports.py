"""Run the kit against the targets and publish what it says, unedited, in reports/conformance.

    python targets/publish_reports.py [NAME ...]

Each report is what ``billproof conform NAME --report`` writes, and a page that says how to make it again.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
REPORTS: Final = ROOT / "reports" / "conformance"

RUNS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "postgres": ("", ()),
    "localstripe": ("sh targets/localstripe/install.sh", ()),
    "stripe-stateful-mock": ("sh targets/stripe_stateful_mock/install.sh", ()),
    "stripe-stateful-mock-charges": (
        "sh targets/stripe_stateful_mock/install.sh",
        ("--claim", "CORE@L2"),
    ),
    "credit-ledger": ("sh targets/credit_ledger/install.sh", ()),
}
"""How each target is installed, and the options of its run; the charges alone are run in one process life."""

WORDS: Final = {0: "every claimed cell holds", 1: "a violation", 2: "inconclusive", 3: "adapter or kit error"}
"""What the exit codes say."""


def command_of(name: str) -> list[str]:
    """Return the command of a run."""
    return ["billproof", "conform", name, *RUNS[name][1], "--reply-seconds", "120"]


def publish(name: str) -> int:
    """Run one target, write its report, and return the exit code of the run."""
    folder = REPORTS / name
    folder.mkdir(parents=True, exist_ok=True)
    command = [*command_of(name), "--report", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    sys.stderr.write(f"{name}: {WORDS.get(done.returncode, done.returncode)}\n")
    if done.returncode not in WORDS:
        sys.stderr.write(done.stderr)
        return 3
    install = RUNS[name][0]
    steps = "\n".join(f"$ {line}" for line in (install, " ".join(command_of(name))) if line)
    page = (
        f"# {name}\n\nWhat the run said, exit code {done.returncode} ({WORDS[done.returncode]}):\n\n"
        f"```text\n{done.stdout.rstrip()}\n```\n\nAgain, in the top folder of a checkout:\n\n"
        f"```console\n{steps}\n```\n\nNames, amounts and order of requests follow from the seed; how requests"
        " that overlap meet, and what a kill hits, does not. About the target: `targets/README.md`.\n"
    )
    (folder / "REPRODUCE.md").write_text(page, encoding="utf-8")
    return done.returncode


def main() -> int:
    """Publish the targets that are named, or all of them."""
    parser = argparse.ArgumentParser(description="Publishes reports of the targets.")
    parser.add_argument("names", nargs="*", choices=[[], *RUNS], help="targets; all if none is named")
    given = parser.parse_args()
    codes = [publish(name) for name in given.names or RUNS]
    return 3 if 3 in codes else 0


if __name__ == "__main__":
    sys.exit(main())
