"""Simulate M/M/8 at load 0.9, and compare rate and mean wait with a plain event list and with Erlang C.

    python benchmarks/queueing.py --requests 100000000

The peer is the quickest plain method in Python, a heap of the times at which workers are free, with the same
draws. Times are of the processor.
"""

import argparse
import heapq
import time

import numpy as np
from peers import show

from billproof.simulations.capacity.erlang import Station, mean_wait
from billproof.simulations.capacity.queueing import Measured, simulate

STATION = Station(workers=8, arrivals_per_second=7.2, service_seconds=1.0)
PEER_REQUESTS = 500_000


def plain(requests: int) -> float:
    """Return the mean wait of so many requests, one after the other."""
    draws = np.random.default_rng(1)
    gaps = draws.exponential(1 / STATION.arrivals_per_second, requests).tolist()
    services = draws.exponential(STATION.service_seconds, requests).tolist()
    free, now, total = [0.0] * STATION.workers, 0.0, 0.0
    for gap, service in zip(gaps, services, strict=True):
        now += gap
        start = max(now, free[0])
        heapq.heapreplace(free, start + service)
        total += start - now
    return total / requests


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=20_000_000, help="how many to simulate (20000000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.process_time()
    plain(PEER_REQUESTS)
    peer = PEER_REQUESTS / (time.process_time() - started)
    started = time.process_time()
    measured: Measured = simulate(STATION, requests=options.requests, seed=options.seed)
    seconds = time.process_time() - started
    rate = (measured.requests + measured.discarded) / seconds
    wanted = mean_wait(STATION)
    off = measured.mean_wait_seconds / wanted - 1
    show(
        f"M/M/8 at 0.9: {rate / 1e6:.1f} M requests/s, a heap of workers {peer / 1e6:.2f} M, ratio "
        f"{rate / peer:.1f}"
    )
    show(
        f"mean wait {measured.mean_wait_seconds:.5f}, Erlang C {wanted:.5f} ({off:+.3%}), 95 % interval "
        f"{measured.low_seconds:.5f} to {measured.high_seconds:.5f}, contains it: {measured.contains(wanted)}"
    )


if __name__ == "__main__":
    main()
