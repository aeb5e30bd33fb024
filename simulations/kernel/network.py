"""The network: how long a message takes, whether it arrives, how often, and who cannot reach whom.

Theory of operation. Each message draws its own delay from its link, so messages overtake each other. A
partition blocks directions, one bit each: it may be one-way, a ring, or whole. What is blocked is lost, not
kept: a sender hears nothing. What was on the way when a partition began arrives.

Source: ``simulation.md``, faults 1 to 4; C2.
"""

from dataclasses import dataclass

from billproof.model.topology.records import Link
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import Timeline

_HALF, _SLOW = 500_000, 990_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How bad the network is, in millionths."""

    lost: int
    doubled: int
    """Delivered a second time, after a delay of its own."""
    late: int
    """Delivered as late as the link allows, times ``lateness``."""
    lateness: int


FAIR = Weather(lost=0, doubled=0, late=0, lateness=1)
"""Nothing goes wrong; delays still vary."""


def draw_delay(draws: Draws, link: Link) -> int:
    """Draw microseconds: half within the typical delay, all but one of a hundred within the slow one."""
    place = draws.below(1_000_000)
    if place < _HALF:
        return draws.between(link.typical // 2, link.typical)
    if place < _SLOW:
        return draws.between(link.typical, link.slow)
    return draws.between(link.slow, link.slowest)


class Network:
    """Who reaches whom, and how."""

    __slots__ = ("_blocked", "_draws", "_links", "_places", "_timeline", "weather")

    def __init__(self, timeline: Timeline, draws: Draws, links: tuple[tuple[Link, ...], ...]) -> None:
        """Make a network between places; ``links[a][b]`` is the link from place a to place b."""
        self._timeline = timeline
        self._draws = draws
        self._links = links
        self._blocked = [0] * len(links)
        self._places: list[int] = []
        self.weather = FAIR

    def place(self, process: int, place: int) -> None:
        """Say where a process is; processes are placed in the order of their numbers."""
        while len(self._places) <= process:
            self._places.append(0)
        self._places[process] = place

    def block(self, source: int, target: int) -> None:
        """Let nothing pass from one place to another; the way back is another direction."""
        self._blocked[source] |= 1 << target

    def unblock(self, source: int, target: int) -> None:
        """Let messages pass again."""
        self._blocked[source] &= ~(1 << target)

    def heal(self) -> None:
        """Let everything pass."""
        self._blocked = [0] * len(self._blocked)

    def is_blocked(self, source: int, target: int) -> bool:
        """Tell whether nothing passes from one place to another."""
        return self._blocked[source] >> target & 1 == 1

    def send(self, sender: int, receiver: int, message: object) -> None:
        """Send a message; it may be lost, late, or doubled."""
        source, target = self._places[sender], self._places[receiver]
        if self._blocked[source] >> target & 1:
            return
        weather, draws, link = self.weather, self._draws, self._links[source][target]
        if weather is FAIR:
            self._timeline.send(receiver, message, draw_delay(draws, link))
            return
        if draws.chance(weather.lost):
            return
        for _ in range(2 if draws.chance(weather.doubled) else 1):
            delay = draw_delay(draws, link)
            if draws.chance(weather.late):
                delay = link.slowest * weather.lateness
            self._timeline.send(receiver, message, delay)
