"""Measure the bare kernel and the machines of the platform: events and steps per second of processor time.

    python tools/bench_kernel.py --events 200000

An event is one delivered message or one end of patience. Times are of the processor, not of the wall; the
collector of cyclic garbage is off, as the simulator runs it.
"""

import argparse
import gc
import time
from collections.abc import Callable

from billproof.model.identifiers import Count, Epoch, Instant
from billproof.model.platform import pubsub, replica, spanner
from billproof.model.platform.units import Mask, MessageId, Micros, OrderingKey, RowKey
from billproof.model.topology.records import Link, RegionName
from billproof.simulations.kernel.network import Network
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import Behaviour, Timeline

LINK = Link(
    regions=(RegionName("a"), RegionName("b")), typical=Micros(500), slow=Micros(2_000), slowest=Micros(9_000)
)


def kernel(events: int) -> None:
    """Let 30 processes in three places send each other messages, with patience."""
    timeline, draws = Timeline(), Draws(1)
    network = Network(timeline, draws.split(1), ((LINK,) * 3,) * 3)

    def chatter(me: int) -> Behaviour:
        while True:
            message = yield 1_000
            if message is None or draws.below(8) == 0:
                network.send(me, draws.below(30), me)

    for number in range(30):
        network.place(timeline.add(chatter(number)), number % 3)
    timeline.run(1 << 60, events)


def commits(events: int) -> None:
    """Commit transactions of one read and two writes, without history."""
    settings = spanner.Settings(domains=Count(3), retention=Micros(0), writes_per_second=Count(0))
    store: spanner.Spanner[int] = spanner.new_spanner(settings, Instant(0))
    for number in range(events):
        key = RowKey(number % 5_000)
        read, _ = spanner.read(store, key)
        writes = (
            spanner.Change(spanner.Write.UPSERT, key, number),
            spanner.Change(spanner.Write.UPSERT, RowKey(5_000 + number), number),
        )
        asked = spanner.Transaction(Epoch(1), ((key, read),), writes)
        store, _ = spanner.commit(store, asked, spanner.Clock(Instant(number), Instant(number)), Mask(7))


def messages(events: int) -> None:
    """Publish, deliver, acknowledge and forget a message."""
    topic = pubsub.new_subscription(pubsub.Settings(ack_deadline=Micros(10), deliveries_max=Count(0)))
    for number in range(events):
        identity = MessageId(number)
        topic = pubsub.publish(topic, OrderingKey(number % 50), number)
        topic, _ = pubsub.deliver(topic, identity, Instant(number))
        topic = pubsub.forget(pubsub.acknowledge(topic, identity, Count(1)), identity)


def replication(events: int) -> None:
    """Append an entry and apply it."""
    pair = replica.new_replica(Count(0))
    for number in range(events):
        pair = replica.apply_next(replica.append(pair, Instant(number)))


def measured(work: Callable[[int], None], events: int) -> int:
    """Return how many events a second of processor time does."""
    gc.disable()
    started = time.process_time_ns()
    work(events)
    return events * 1_000_000_000 // (time.process_time_ns() - started)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000, help="how many of each (100000)")
    events = parser.parse_args().events
    for name, work in (
        ("kernel: events", kernel),
        ("spanner: read, two writes, commit", commits),
        ("pubsub: publish, deliver, acknowledge, forget", messages),
        ("replica: append, apply", replication),
    ):
        print(f"{name:46} {measured(work, events):>10,} /s")


if __name__ == "__main__":
    main()
