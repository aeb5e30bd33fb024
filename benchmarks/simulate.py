"""Simulated events per second of one core, judged and sampled, beside a bare event list.

    python benchmarks/simulate.py --seeds 12

An event is one delivered message, one end of patience, or one command that the store executed. The runs are
those of ``billproof simulate --swarm``, with the whole model inside: every clause judged at every commit and
reply, then one transition in a thousand, then only the end of each run. The peer has nothing inside:
callbacks on ``heapq``, a draw and a push each. Where the time goes is told by the profiler, by folder, of the
judged runs. Seconds are of the processor; each figure is the best of three.
"""

import argparse
import cProfile
import heapq
import pstats
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from peers import show

from billproof.model.design import REPAIRED
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.scenarios.scenario import SWARM
from billproof.simulations.world.runs import run_once

SAMPLED: Final = 1_000
"""One transition in so many is judged."""

ONLY_THE_END: Final = 10**9

PEER_EVENTS: Final = 400_000

PARTS: Final = {
    "simulations/judging": "judging", "invariants": "judging", "simulations/kernel": "kernel and state",
    "simulations/world": "world", "model/platform": "platform", "model": "core",
}  # fmt: skip
"""What a folder is called; the first that fits."""


def peer(events: int) -> None:
    """Run a bare event list: 30 processes that each draw a delay and push the next event."""
    draws, queue, number = Draws(1), [(0, process) for process in range(30)], 0
    heapq.heapify(queue)

    def act(now: int, process: int) -> None:
        heapq.heappush(queue, (now + 1 + draws.below(1_000), process))

    callbacks: list[Callable[[int, int], None]] = [act] * 30
    while number < events:
        now, process = heapq.heappop(queue)
        callbacks[process](now, process)
        number += 1


def simulated(seeds: int, judge_every: int) -> tuple[int, int]:
    """Return the events of runs of the swarm, and the virtual time in microseconds."""
    events = micros = 0
    for seed in range(seeds):
        options = SWARM.options(seed)
        run = run_once(options, REPAIRED, judge_every=judge_every)
        events, micros = events + run.events, micros + options.safety + run.drained_micros
    return events, micros


def part_of(file: str) -> str:
    """Return the part that a source file belongs to."""
    name = Path(file).as_posix().partition("billproof/")[2]
    return next((part for folder, part in PARTS.items() if name.startswith(folder)), "Python itself")


def shares(seeds: int) -> Counter[str]:
    """Return the seconds of each part, as the profiler sees them."""
    profile = cProfile.Profile()
    profile.runcall(simulated, seeds, 1)
    found: Counter[str] = Counter()
    for (file, _, _), row in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        found[part_of(file)] += row[2]
    return found


def best(work: Callable[[], object]) -> float:
    """Return the seconds of the processor that something takes, the best of three."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=12, help="runs of each kind")
    seeds = parser.parse_args().seeds
    bare = PEER_EVENTS / best(lambda: peer(PEER_EVENTS))
    show(f"{'bare event list (peer)':40} {bare:10,.0f} events/s")
    for title, every in (
        ("every clause at every commit and reply", 1),
        (f"one transition in {SAMPLED:,}", SAMPLED),
        ("only the end of each run", ONLY_THE_END),
    ):
        events, micros = simulated(seeds, every)
        taken = best(lambda judge_every=every: simulated(seeds, judge_every))
        rate, speed = events / taken, micros / 1_000_000 / taken
        show(f"{title:40} {rate:10,.0f} events/s, {rate / bare:.3f} of the peer, {speed:,.1f} s a second")
    found = shares(max(1, seeds // 3))
    told = [f"{part} {100 * seconds / found.total():.0f} %" for part, seconds in found.most_common()]
    show(f"where the time goes, judged: {', '.join(told)}")


if __name__ == "__main__":
    main()
