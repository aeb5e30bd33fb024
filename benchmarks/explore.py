"""Exhaustive search of one protocol by ``billproof explore charge-replication`` and by SPIN, on equal inputs.

python benchmarks/explore.py --sends 2 --pairs 3

The same protocol, in the language of each: 2 clients, 2 keys, so many sends of each charge, one crash. Both
run in turn, in processes of their own; what is compared is processor time. SPIN's verifier is compiled
before (gcc -O3) and this is not counted; Python's start and our own compilation are. Counts must be equal,
or there is no ratio. With TLA2TOOLS=/path/to/tla2tools.jar and a Java, TLC runs once as well.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from peers import show, show_machine

INPUTS = Path(__file__).parent / "charge_replication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One search by one tool."""

    distinct: int
    cpu_seconds: float


class PeerError(Exception):
    """A tool is not there or did not answer; the message says what to install."""


def measured(command: list[str], directory: Path) -> tuple[str, float]:
    """Run a command; return its output and the processor time of it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=directory, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 12):
        raise PeerError(
            f"{command[0]} ended with {done.returncode}: {done.stderr[-400:]}{done.stdout[-400:]}"
        )
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, seconds


def build_spin(directory: Path, sends: int) -> Path:
    """Compile SPIN's verifier of the protocol."""
    for tool in ("spin", "gcc"):
        if shutil.which(tool) is None:
            raise PeerError(f"{tool} is not installed; Debian: apt-get install {tool}")
    text = (INPUTS / "Bill.pml").read_text(encoding="utf-8")
    (directory / "Bill.pml").write_text(text.replace("#define R 2", f"#define R {sends}"), encoding="utf-8")
    measured(["spin", "-a", "Bill.pml"], directory)
    measured(["gcc", "-O3", "-DNOREDUCE", "-DSAFETY", "-o", "pan", "pan.c"], directory)
    return directory / "pan"


def run_spin(verifier: Path) -> Run:
    """Search with SPIN."""
    output, seconds = measured([str(verifier), "-m1000000", "-w26"], verifier.parent)
    found = re.search(r"^\s*(\d+) states, stored", output, re.MULTILINE)
    if found is None or "errors: 0" not in output:
        raise PeerError(f"SPIN printed no count: {output[-400:]}")
    return Run(distinct=int(found[1]), cpu_seconds=seconds)


def run_own(sends: int, directory: Path) -> Run:
    """Search with the command line, Python's start included."""
    program = str(Path(sys.executable).with_name("billproof"))
    command = [program, "explore", "charge-replication", "--set", f"sends={sends}", "--format", "json"]
    output, seconds = measured(command, directory)
    return Run(distinct=json.loads(output)["distinct"], cpu_seconds=seconds)


def run_tlc(directory: Path, sends: int) -> Run | None:
    """Search with TLC, where it is to be had."""
    jar = os.environ.get("TLA2TOOLS", "")
    if not jar or not Path(jar).exists() or shutil.which("java") is None:
        return None
    for name in ("Bill.tla", "Bill.cfg"):
        text = (INPUTS / name).read_text(encoding="utf-8")
        (directory / name).write_text(text.replace("R = 2", f"R = {sends}"), encoding="utf-8")
    command = ["java", "-XX:+UseParallelGC", "-cp", jar, "tlc2.TLC", "-workers", "1", "Bill.tla"]
    output, seconds = measured(command, directory)
    found = re.search(r"(\d+) distinct states found", output)
    return None if found is None else Run(distinct=int(found[1]), cpu_seconds=seconds)


def main() -> int:
    """Run the pairs and print the ratio; 1 if the counts differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sends", type=int, default=2, help="sends of each charge; 3 takes a minute")
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as place:
        directory = Path(place)
        try:
            verifier = build_spin(directory, options.sends)
            pairs = [(run_own(options.sends, directory), run_spin(verifier)) for _ in range(options.pairs)]
            tlc = run_tlc(directory, options.sends)
        except PeerError as error:
            show(f"error: {error}")
            return 3
    counts = {run.distinct for pair in pairs for run in pair}
    if len(counts) != 1:
        show(f"the counts differ: {sorted(counts)}; no ratio")
        return 1
    own = median(pair[0].cpu_seconds for pair in pairs)
    spin = median(pair[1].cpu_seconds for pair in pairs)
    show(f"charge-replication, sends={options.sends}: {counts.pop():,} distinct states in both")
    show(f"billproof explore, compiled: {own:.2f} s of processor time, whole process")
    show(f"SPIN, gcc -O3: {spin:.2f} s of processor time, its compilation not counted")
    show(f"ratio: {spin / own:.2f} times as fast as SPIN (median of {options.pairs} pairs)")
    if tlc is None:
        show("TLC: not available here (set TLA2TOOLS to its jar)")
    else:
        show(f"TLC, 1 worker: {tlc.cpu_seconds:.1f} s; ratio: {tlc.cpu_seconds / own:.0f}")
    show_machine()
    return 0


if __name__ == "__main__":
    sys.exit(main())
