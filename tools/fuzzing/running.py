"""The run: which target is next, what became of it, how far the run is, and the report.

A hang inside C code is not ended by a signal handler of Python. A watchdog that needs no lock of the
interpreter then shows where it hangs, and ends the process.
"""

import faulthandler
import os
import platform
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Final

from tools.fuzzing.target import Target
from tools.fuzzing.watching import BrokenContractError, Finding, finding_of, judge, peak_bytes, watched

_SHOW_SECONDS: Final = 5.0
_WATCHDOG_SECONDS: Final = 60.0


@dataclass(frozen=False, slots=True, kw_only=True)
class Session:
    """One run and what has come of it so far."""

    seed: int
    inputs: int
    is_quiet: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    """Inputs by target."""
    accepted: Counter[str] = field(default_factory=Counter)
    """Inputs by target that were no error: where there are none, nothing behind the first check was tried."""
    taken: Counter[str] = field(default_factory=Counter)
    """Findings by target, those of a place that is known included."""
    findings: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    """The first finding of each target, kind of error and place."""
    seconds: float = 0.0
    peak_bytes: int = 0
    is_stopped: bool = False

    def note(self, finding: Finding) -> None:
        """Keep a finding; of one place the one with the shortest input."""
        self.taken[finding.target] += 1
        if not self.is_quiet and self.taken[finding.target] == 1:
            print(
                f"{finding.kind} in {finding.target}, input {finding.index}: {finding.error}", file=sys.stderr
            )
        key = (finding.target, finding.error.partition(":")[0], finding.place)
        known = self.findings.get(key)
        if known is None or len(finding.data) < len(known.data):
            self.findings[key] = finding

    def document(self) -> dict[str, object]:
        """Return the report."""
        return {
            "command": f"python tools/fuzz.py --inputs {self.inputs} --seed {self.seed}",
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{platform.machine()}, {os.cpu_count()} processors",
            "python": platform.python_version(),
            "seed": self.seed,
            "inputs": self.counts.total(),
            "stopped": self.is_stopped,
            "seconds": round(self.seconds, 1),
            "inputs_per_second": round(self.counts.total() / self.seconds, 1) if self.seconds else 0,
            "peak_mib": self.peak_bytes >> 20,
            "targets": {
                name: {"inputs": count, "accepted": self.accepted[name], "findings": self.taken[name]}
                for name, count in self.counts.items()
            },
            "findings": [finding.document() for finding in self.findings.values()],
        }

    def lines(self) -> list[str]:
        """Return the report for people."""
        lines = [
            f"{name:<24} {count:>9} inputs {self.accepted[name]:>9} accepted {self.taken[name]:>6} findings"
            for name, count in self.counts.items()
        ]
        for finding in self.findings.values():
            document = finding.document()
            lines += ["", f"{finding.kind} in {finding.target}: {finding.error}"]
            lines += [f"  {line}" for line in finding.trace.splitlines()]
            shown = str(document["repeat"])
            lines.append(f"  {shown}" if len(shown) <= 2_000 else f"  {shown[:400]}... (see --format json)")
        end = "stopped after" if self.is_stopped else "done:"
        lines.append(
            f"{end} {self.counts.total()} inputs in {self.seconds:.1f} s, {len(self.findings)} findings"
        )
        return lines


def fuzz(session: Session, targets: tuple[Target, ...]) -> None:
    """Run the inputs of a session over targets by their shares; Ctrl-C and SIGTERM keep what there is."""
    # In the background a shell has both ignored or deadly, and an hour of work would be lost.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    order = [item for item in targets for _ in range(item.weight)]
    Random(0).shuffle(order)  # noqa: S311 - an order, no secret
    numbers: Counter[str] = Counter()
    begun, shown = time.monotonic(), 0.0
    session.counts.update({item.name: 0 for item in targets})
    try:
        with watched():
            for item in targets:
                _check_examples(session, item)
            for place in range(session.inputs):
                item = order[place % len(order)]
                _one(session, item, numbers[item.name])
                numbers[item.name] += 1
                now = time.monotonic()
                if now - shown >= _SHOW_SECONDS:
                    shown = now
                    faulthandler.dump_traceback_later(_WATCHDOG_SECONDS, exit=True)
                    _show(session, place + 1, now - begun)
        for item in targets:
            _finish(session, item)
    except KeyboardInterrupt:
        session.is_stopped = True
    finally:
        faulthandler.cancel_dump_traceback_later()
    session.seconds, session.peak_bytes = time.monotonic() - begun, peak_bytes()


def repeat(session: Session, item: Target, data: bytes) -> None:
    """Run one input of a target again, as a report has it."""
    begun = time.monotonic()
    with watched():
        _judge(session, item, data, 0)
    session.seconds, session.peak_bytes = time.monotonic() - begun, peak_bytes()


def input_of(item: Target, seed: int, number: int) -> bytes:
    """Return an input by its number: the same damage to the same example.

    Evidence is signed with fresh keys in every run, and so its bytes differ; a report has the input itself.
    """
    return item.make(Random(f"{seed}/{item.name}/{number}"))  # noqa: S311 - inputs, no secrets


def _one(session: Session, item: Target, number: int) -> None:
    _judge(session, item, input_of(item, session.seed, number), number)


def _judge(session: Session, item: Target, data: bytes, number: int) -> None:
    session.counts[item.name] += 1
    finding = judge(item.name, item.run, item.documented, data, number)
    if isinstance(finding, Finding):
        session.note(finding)
    else:
        session.accepted[item.name] += finding


def _check_examples(session: Session, item: Target) -> None:
    """Check that a parser accepts its examples: otherwise nothing behind its first check would be tried."""
    for number, example in enumerate(item.examples):
        found = judge(item.name, item.run, item.documented, example, number)
        if found is False:
            refused = BrokenContractError(f"example {number} is refused: the target is wrong")
            session.note(finding_of(item.name, "example", refused, example, number))
        elif isinstance(found, Finding):
            session.note(found)


def _finish(session: Session, item: Target) -> None:
    """Check what must hold after all inputs; a ledger that is not VALID is a finding like any other."""
    finding = judge(item.name, lambda _data: item.finish(), (), b"", session.counts[item.name], is_long=True)
    if isinstance(finding, Finding):
        session.note(finding)


def _show(session: Session, done: int, seconds: float) -> None:
    if session.is_quiet:
        return
    rate = done / seconds if seconds else 0
    line = f"{done:,} of {session.inputs:,} inputs, {rate:,.0f}/s, {len(session.findings)} findings"
    print(line, file=sys.stderr, flush=True)
