"""Waiting ends at the deadline or when it is stopped, and says which."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from billproof.invariants.patience import GRACE_SECONDS, Patience


def test_what_comes_in_time_is_returned() -> None:
    """A result is a result, also where the deadline has passed and it is there."""
    future: Future[int] = Future()
    future.set_result(7)
    assert Patience(time.monotonic() - 10).wait(future) == 7
    assert Patience(time.monotonic() + 10).call(lambda: 8) == 8


def test_what_is_late_is_given_up_within_the_grace() -> None:
    """A task that never ends costs no more than the deadline and the grace."""
    never: Future[int] = Future()
    began = time.monotonic()
    patience = Patience(began + 0.1)
    assert patience.wait(never) is None
    assert patience.reason == "out of time"
    assert time.monotonic() - began < 0.1 + GRACE_SECONDS + 1.0


def test_a_stop_ends_a_wait_that_has_begun() -> None:
    """Stopping needs no exception in whoever waits."""
    patience, waiting = Patience(time.monotonic() + 60), Event()

    def wait() -> int | None:
        waiting.set()
        return patience.wait(Future[int]())

    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(wait)
        waiting.wait(10)
        patience.stop()
        assert future.result(timeout=10) is None
    assert patience.reason == "stopped by the user"
    assert patience.seconds() == 0.0


def test_an_error_of_the_task_is_raised_where_it_is_waited_for() -> None:
    """A failure is not lateness."""

    def fail() -> int:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Patience(time.monotonic() + 10).call(fail)
