"""Drives an adapter over its standard input and output, as the kit does."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.repo.sources import ROOT

Message = dict[str, object]

NOW: Final = "2026-03-10T12:00:00Z"
"""The time of the worlds that are made here."""


class Driver:
    """One adapter process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._numbers = itertools.count()

    def call(self, command: str, **members: object) -> Message:
        """Send a message and return the reply to it."""
        seq = f"s{next(self._numbers)}"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"cmd": command, "seq": seq, **members}) + "\n")
        self._process.stdin.flush()
        reply: Message = json.loads(self._process.stdout.readline())
        assert reply.pop("seq") == seq
        return reply

    def op(self, operation: str, key: str = "", **arguments: object) -> Message:
        """Ask for an operation."""
        return self.call("op", op=operation, args=arguments, idem=key, client="t")

    def observe(self, what: str, **arguments: object) -> Message:
        """Return what is observed."""
        reply = self.call("observe", what=what, args=arguments, client="t")
        assert reply["outcome"] == "ok", reply
        value = reply["value"]
        assert isinstance(value, dict)
        return value

    def reset(self, *accounts: Message) -> None:
        """Make a world."""
        world = {"id": "w", "currency": "USD", "entitlements": ["api"], "accounts": list(accounts)}
        assert self.call("reset", world=world, now=NOW) == {"ok": True, "world": "w"}


@contextmanager
def running(*command: str) -> Iterator[Driver]:
    """Run an adapter, and end it."""
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        driver = Driver(process)
        try:
            yield driver
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(20)


def account(customer: str, balance: str = "5000", **members: str) -> Message:
    """Return an account of a world."""
    return {
        "customer": customer,
        "currency": "USD",
        "account": "prepaid",
        "credit_limit": "0",
        "quota": "1000",
        "limit": "1100",
        "balance": balance,
        **members,
    }
