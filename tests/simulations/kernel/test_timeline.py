"""Time goes forward, ties keep their order, patience ends, and a killed process remembers nothing."""

import os
import subprocess
import sys

from billproof.simulations.kernel.timeline import FOREVER, Behaviour, Timeline


def listener(heard: list[tuple[int, object]], timeline: Timeline, patience: int = FOREVER) -> Behaviour:
    """Note what comes and when; None is the end of patience."""
    while True:
        message = yield patience
        heard.append((timeline.now, message))


def test_messages_arrive_in_order_of_time_and_then_of_sending() -> None:
    timeline, heard = Timeline(), list[tuple[int, object]]()
    process = timeline.add(listener(heard, timeline))
    for message, delay in (("late", 9), ("early", 3), ("tied", 9), ("now", 0)):
        timeline.send(process, message, delay)
    assert timeline.run(9, 100)
    assert heard == [(0, "now"), (3, "early"), (9, "late"), (9, "tied")]
    assert timeline.events == 4


def test_patience_ends_once_and_a_message_ends_it_early() -> None:
    timeline, heard = Timeline(), list[tuple[int, object]]()
    process = timeline.add(listener(heard, timeline, 5))
    timeline.send(process, "hello", 3)
    timeline.run(14, 100)
    assert heard == [(3, "hello"), (8, None), (13, None)]


def test_time_stops_where_it_was_told_to() -> None:
    timeline, heard = Timeline(), list[tuple[int, object]]()
    process = timeline.add(listener(heard, timeline))
    timeline.send(process, "on time", 5)
    timeline.send(process, "too late", 6)
    assert timeline.run(5, 100)
    assert (heard, timeline.now) == ([(5, "on time")], 5)


def test_a_run_that_has_had_its_events_says_so() -> None:
    timeline, heard = Timeline(), list[tuple[int, object]]()
    timeline.add(listener(heard, timeline, 0))
    assert not timeline.run(5, 100)
    assert timeline.events == 100


def test_a_killed_process_hears_nothing_and_begins_anew() -> None:
    timeline, first, second = Timeline(), list[tuple[int, object]](), list[tuple[int, object]]()
    process = timeline.add(listener(first, timeline, 10))
    timeline.send(process, "lost", 2)
    timeline.send(process, "after the restart", 6)
    timeline.run(1, 100)
    timeline.kill(process)
    assert not timeline.is_running(process)
    timeline.run(5, 100)
    timeline.start(process, listener(second, timeline, 10))
    timeline.run(20, 100)
    assert first == []
    assert second == [(6, "after the restart"), (16, None)], "the patience of the first is not the second's"


def test_a_process_that_ends_is_no_longer_there() -> None:
    def brief() -> Behaviour:
        yield 3

    timeline = Timeline()
    process = timeline.add(brief())
    assert timeline.is_running(process)
    timeline.run(3, 100)
    assert not timeline.is_running(process)


STORY = """
from billproof.simulations.kernel.prng import Draws
from billproof.simulations.kernel.timeline import Timeline
timeline, draws = Timeline(), Draws(SEED)
def chatter(others):
    names = {"a", "b", "c", "d"}
    while True:
        message = yield draws.between(1, 50)
        timeline.note(len(names))
        timeline.send(draws.below(others), "x", draws.below(20))
for _ in range(5):
    timeline.add(chatter(5))
timeline.run(10**9, 2000)
print(timeline.history, timeline.now)
"""


def told(seed: int, hash_seed: str) -> str:
    """Run the story in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", STORY.replace("SEED", str(seed))]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_same_seed_is_the_same_history_in_every_process() -> None:
    first = told(1, "0")
    assert told(1, "4711") == first
    assert told(2, "0") != first


def test_a_different_order_is_a_different_history() -> None:
    histories = set()
    for delays in ((1, 2), (2, 1), (1, 1)):
        timeline = Timeline()
        heard: list[tuple[int, object]] = []
        one, other = timeline.add(listener(heard, timeline)), timeline.add(listener(heard, timeline))
        timeline.send(one, "a", delays[0])
        timeline.send(other, "b", delays[1])
        timeline.run(5, 100)
        histories.add(timeline.history)
    assert len(histories) == 3
