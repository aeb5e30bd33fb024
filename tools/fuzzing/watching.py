"""Watching one call: an exception that is not documented, a hang, or memory without bound is a finding.

Theory of operation. A call gets a limit of processor time and a wider one of time on the wall, for what
waits instead of computing; both end it by an exception that no handler of the product takes. Memory is
bounded twice: the address space of the process, which ends in ``MemoryError``, and the growth of its largest
resident size.
"""

import base64
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

CPU_SECONDS_MAX: Final = 2.0
"""How long one input may compute."""

WALL_SECONDS_MAX: Final = 30.0
"""How long one input may take in all; wide, because the machine may be busy with others."""

ADDRESS_BYTES_MAX: Final = 1 << 30
"""How far the address space may grow beyond what it was at the start."""

GROWTH_BYTES_MAX: Final = 128 << 20
"""How far one input may push the largest resident size of the process."""

_PAGE_KIB: Final = 1_024


class HangError(BaseException):
    """An input took too long; derived so that no handler of ``Exception`` takes it for one of its own.

    Args:
        what: Which clock ran out.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class BrokenContractError(Exception):
    """The parser returned, and what it returned breaks a law that its documentation states.

    Args:
        law: Which law, with both values.
    """

    def __init__(self, law: str) -> None:
        super().__init__(law)
        self.law = law


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An input on which a parser did what its documentation does not allow."""

    target: str
    kind: str
    """``crash``, ``hang`` or ``memory``."""
    error: str
    place: str
    """Where in the product it came from; two findings of one place are one."""
    trace: str
    data: bytes
    index: int

    def document(self) -> dict[str, str | int]:
        """Return the finding for a report, with the command that makes it again: its end is the input."""
        encoded = base64.b64encode(self.data).decode("ascii")
        return {
            "target": self.target,
            "kind": self.kind,
            "error": self.error,
            "place": self.place,
            "number": self.index,
            "repeat": f"python tools/fuzz.py --target {self.target} --input {encoded}",
            "traceback": self.trace,
        }


@contextmanager
def watched(address_bytes_max: int = ADDRESS_BYTES_MAX) -> Iterator[None]:
    """Set the handlers and the limit of the address space, and put both back; main thread only."""

    def on_cpu(_number: int, _frame: FrameType | None) -> None:
        raise HangError(f"more than {CPU_SECONDS_MAX:g} s of processor time")

    def on_wall(_number: int, _frame: FrameType | None) -> None:
        raise HangError(f"more than {WALL_SECONDS_MAX:g} s on the wall")

    before = signal.signal(signal.SIGPROF, on_cpu), signal.signal(signal.SIGALRM, on_wall)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0]) if sys.platform == "linux" else 0
    if pages:
        limit = pages * resource.getpagesize() + address_bytes_max
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before[0])
        signal.signal(signal.SIGALRM, before[1])


def peak_bytes() -> int:
    """Return the largest resident size that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PAGE_KIB


def judge(
    name: str, run: Callable[[bytes], None], documented: tuple[type[Exception], ...], data: bytes, index: int,
    *, is_long: bool = False,
) -> Finding | bool:  # fmt: skip
    """Run a parser on an input, inside ``watched``; return what is wrong, or whether it was accepted."""
    before = peak_bytes()
    error: BaseException | None = None
    is_accepted = False
    try:
        if not is_long:
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS_MAX)
            signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS_MAX)
        try:
            run(data)
            is_accepted = True
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
    except documented:
        pass
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # noqa: BLE001 - whatever it is, it is what is looked for
        error = raised
    growth = peak_bytes() - before
    if error is not None:
        kind = {HangError: "hang", MemoryError: "memory"}.get(type(error), "crash")
        return finding_of(name, kind, error, data, index)
    if growth > GROWTH_BYTES_MAX:
        grown = MemoryError(f"{growth >> 20} MiB more than any input before")
        return finding_of(name, "memory", grown, data, index)
    return is_accepted


def finding_of(name: str, kind: str, error: BaseException, data: bytes, index: int) -> Finding:
    """Return the finding of an error, with the last place of the product that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame for frame in frames if str(ROOT) in frame.filename and "/tools/fuzzing/" not in frame.filename
    ]
    last = ours[-1] if ours else (frames[-1] if frames else None)
    place = "" if last is None else f"{_shown(last.filename)}:{last.lineno}"
    # What repeats says nothing more: the two ends of a traceback are enough.
    lines = [f"{_shown(frame.filename)}:{frame.lineno} {frame.name}: {frame.line}" for frame in frames]
    shown = lines if len(lines) <= 24 else [*lines[:8], f"... {len(lines) - 20} more ...", *lines[-12:]]
    told = f"{type(error).__name__}: {error}"[:400]
    return Finding(
        target=name,
        kind=kind,
        error=told,
        place=place,
        trace="\n".join([*shown, told]),
        data=data,
        index=index,
    )


def _shown(filename: str) -> str:
    path = Path(filename).resolve()
    if path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    return "/".join(path.parts[-2:])
