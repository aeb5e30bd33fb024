"""Virtual time: a heap of what will happen, and the processes that it happens to.

Theory of operation. A process is a generator. It says ``message = yield patience``: it waits for a message,
at most so many microseconds, or for ever with ``FOREVER``; it is resumed with the message, or with None when
its patience ends. Events are ordered by time and, at one time, by when they were scheduled, so that the same
calls give the same run. Killing a process drops all that its generator holds: its memory. What is on the way
to it stays on the way.

Choices. One primitive for sleeping, receiving and time-outs keeps the hot path to one comparison. Heap
entries are tuples of integers and the payload, never compared beyond the number of the event.

Source: ``simulation.md``; house style rules 19 and 20.
"""

import heapq
from collections.abc import Generator
from typing import Final, TypeAlias

from billproof.simulations.kernel.prng import WORD

FOREVER: Final = -1
"""No end of patience."""

Behaviour: TypeAlias = Generator[int, object, None]
"""A process: yields its patience in microseconds and is sent messages."""

_FNV_PRIME: Final = 0x100000001B3
_FNV_START: Final = 0xCBF29CE484222325


class Timeline:
    """The world's time and processes."""

    __slots__ = ("_behaviours", "_heap", "_number", "_waits", "events", "history", "now")

    def __init__(self) -> None:
        self.now = 0
        """Microseconds since the start."""
        self.events = 0
        """How many were delivered: messages and ends of patience."""
        self.history = _FNV_START
        """A hash of when what happened to whom: the same for the same run."""
        self._heap: list[tuple[int, int, int, int, object]] = []
        self._number = 0
        self._behaviours: list[Behaviour | None] = []
        self._waits: list[int] = []

    @property
    def count(self) -> int:
        """How many processes were added, which is the number of the next one."""
        return len(self._behaviours)

    def add(self, behaviour: Behaviour) -> int:
        """Add a process, run it to its first wait, and return its number."""
        self._behaviours.append(None)
        self._waits.append(0)
        number = len(self._behaviours) - 1
        self.start(number, behaviour)
        return number

    def start(self, process: int, behaviour: Behaviour) -> None:
        """Start a process that was killed or has ended, or another behaviour in its place."""
        self.kill(process)
        self._behaviours[process] = behaviour
        self._resume(process, behaviour, None)

    def kill(self, process: int) -> None:
        """Let a process lose its memory and do nothing more; what was sent to it is lost when it arrives."""
        behaviour = self._behaviours[process]
        self._behaviours[process] = None
        self._waits[process] += 1
        if behaviour is not None:
            behaviour.close()

    def is_running(self, process: int) -> bool:
        """Tell whether a process is there."""
        return self._behaviours[process] is not None

    def send(self, process: int, message: object, delay: int) -> None:
        """Let a message arrive at a process after a delay in microseconds; it is not None."""
        self._number += 1
        heapq.heappush(self._heap, (self.now + delay, self._number, process, -1, message))

    def note(self, fact: int) -> None:
        """Take a fact into the history hash: what a process did, as a number."""
        self.history = (self.history ^ fact & WORD) * _FNV_PRIME & WORD

    def run(self, until: int, events_max: int) -> bool:
        """Let things happen up to a time, that time included.

        Returns:
            Whether that time was reached; otherwise ``events_max`` were delivered first.
        """
        heap, behaviours, waits = self._heap, self._behaviours, self._waits
        pop = heapq.heappop
        left = events_max
        while heap and heap[0][0] <= until:
            if left <= 0:
                return False
            time, number, process, wait, message = pop(heap)
            behaviour = behaviours[process]
            if behaviour is None or (wait >= 0 and wait != waits[process]):
                continue
            left -= 1
            self.now = time
            self.events += 1
            self.history = (self.history ^ (time << 20 ^ number << 8 ^ process)) * _FNV_PRIME & WORD
            self._resume(process, behaviour, message)
        self.now = max(self.now, until)
        return True

    def _resume(self, process: int, behaviour: Behaviour, message: object) -> None:
        wait = self._waits[process] = self._waits[process] + 1
        try:
            patience = behaviour.send(message)
        except StopIteration:
            if self._behaviours[process] is behaviour:
                self._behaviours[process] = None
            return
        if patience >= 0 and self._waits[process] == wait:
            self._number += 1
            heapq.heappush(self._heap, (self.now + patience, self._number, process, wait, None))
