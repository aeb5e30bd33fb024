"""How long judging waits for what other processes do: until the deadline, or until the user stops it.

A task has its own deadline and mostly keeps it; what does not come a moment after it is given up and counts
as INCONCLUSIVE, with the reason. A signal cannot end a wait, so waits are made of short ones.

Source: ``cli.md``, ``--budget``; house style rule 16.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from threading import Thread
from typing import Final, TypeVar

T = TypeVar("T")

GRACE_SECONDS: Final = 0.7
"""How long after the deadline a task may bring what it has; less than the two seconds that are allowed."""

_SLICE_SECONDS: Final = 0.1


class Patience:
    """A deadline that can be moved to now."""

    def __init__(self, deadline: float) -> None:
        """Start.

        Args:
            deadline: On the clock of ``time.monotonic``.
        """
        self.deadline = deadline
        self.is_stopped = False

    def stop(self) -> None:
        """Wait for nothing any more."""
        self.is_stopped = True

    @property
    def reason(self) -> str:
        """Why something was not waited for."""
        return "stopped by the user" if self.is_stopped else "out of time"

    def seconds(self) -> float:
        """Return how long is left; 0 once it is over."""
        return 0.0 if self.is_stopped else max(0.0, self.deadline - time.monotonic())

    def is_over(self) -> bool:
        """Tell whether nothing is waited for any more, the grace included."""
        return self.is_stopped or time.monotonic() > self.deadline + GRACE_SECONDS

    def wait(self, future: "Future[T]") -> T | None:
        """Return what a task brings, ``None`` where it is late."""
        while True:
            try:
                return future.result(timeout=0.0 if self.is_over() else _SLICE_SECONDS)
            except LateError:
                if future.done() or self.is_over():
                    return future.result() if future.done() else None

    def call(self, function: Callable[[], T]) -> T | None:
        """Call a function that waits for others by itself; ``None`` where it is late."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
                future.set_exception(error)

        Thread(target=run, daemon=True).start()
        return self.wait(future)
