"""Processes that end with the command, and a Ctrl-C that ends waiting and not the command."""

import gc
import signal
from collections.abc import Generator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children
from threading import current_thread, main_thread
from types import FrameType

from billproof.invariants.patience import Patience


@contextmanager
def processes(workers: int) -> Generator[Executor, None, None]:
    """Give processes for searches and proofs; what they still do at the end is given up."""
    others = set(active_children())
    executor = ProcessPoolExecutor(workers, initializer=_begin)
    try:
        yield executor
    finally:
        for process in set(active_children()) - others:
            process.terminate()
        # Waiting is short, since nobody works any more. Without it, the thread of the executor may close its
        # pipe just when the interpreter ends and writes to it.
        executor.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """Leave signals to the parent, and let the collector of cycles look seldom: there are hardly any."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(200_000, 50, 100)


@contextmanager
def interrupts(*patiences: Patience) -> Generator[None, None, None]:
    """Let the first Ctrl-C end the waiting, so that what is known is printed; the second one ends all."""
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        signal.signal(signal.SIGINT, before)
        for patience in patiences:
            patience.stop()

    if current_thread() is not main_thread():
        yield
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
