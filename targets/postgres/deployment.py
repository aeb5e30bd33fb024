"""A running system: a PostgreSQL server, the application in a process of its own, and what can go wrong.

Everything that a fault does is real: processes get SIGKILL or SIGSTOP, rows are edited by the superuser.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Final

import psycopg

from targets.postgres.cluster import SETTINGS, Cluster

DATABASE: Final = "billing"
"""The name of the database."""

NODES: Final = ("machine", "application", "database")
"""What can be killed: both processes at once, or either."""

START_SECONDS_MAX: Final = 30
"""How long the application may take to start."""

TAMPERING: Final = {
    "amount": "UPDATE entries SET amount = amount + 1000000000000 WHERE kind = 'debit'",
    "delete_first": "DELETE FROM entries WHERE seq = 1",
    "delete_last": (
        "DELETE FROM entries USING (SELECT customer, max(seq) AS last FROM entries GROUP BY customer) AS ends"
        " WHERE entries.customer = ends.customer AND entries.seq = ends.last"
    ),
    "delete_all": "DELETE FROM entries",
}
"""What somebody with access to the database could do behind the application's back."""


class NotStartedError(RuntimeError):
    """The application does not start."""


class Deployment:
    """One server, one application."""

    def __init__(self) -> None:
        self._cluster = Cluster(SETTINGS)
        self._application: subprocess.Popen[str] | None = None
        self._keys = self._cluster.folder / "keys"
        self._keys.mkdir(mode=0o700)
        self._boots = dict.fromkeys(NODES, "")
        self.port = 0

    def start(self) -> None:
        """Start both, with an empty database."""
        self._start_database()
        with psycopg.connect(self._cluster.address(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        schema = (Path(__file__).parent / "application" / "schema.sql").read_text(encoding="utf-8")
        with self._connect() as connection:
            connection.execute(schema.encode("utf-8"))
        self._start_application()

    def empty(self) -> None:
        """Remove every account and entry."""
        with self._connect() as connection:
            connection.execute("TRUNCATE accounts, entries, usage_rows, standings, checkpoints")

    def tamper(self, what: str) -> int:
        """Edit the store behind the application's back; return how many rows were edited."""
        with self._connect() as connection:
            return connection.execute(TAMPERING[what].encode("utf-8")).rowcount

    def diverge(self, customer: str) -> int:
        """Make a balance differ from the ledger that it is derived from; return how many rows were edited."""
        with self._connect() as connection:
            query = "UPDATE accounts SET balance = balance + 7000000000000 WHERE customer = %s"
            return connection.execute(query, (customer,)).rowcount

    def kill(self, node: str) -> list[int]:
        """Kill a node with SIGKILL and return the processes that are gone."""
        gone: list[int] = []
        if node in {"machine", "application"} and self._application is not None:
            gone.append(self._application.pid)
            self._application.kill()
            self._application.wait()
            self._application = None
        if node in {"machine", "database"} and self._cluster.pid:
            gone.append(self._cluster.pid)
            self._cluster.kill()
        return gone

    def restart(self, node: str) -> None:
        """Start what is down of a node, after killing what is up of it."""
        self.kill(node)
        if not self._cluster.pid:
            self._start_database()
        if self._application is None:
            self._start_application()
        self._boots["machine"] = uuid.uuid4().hex

    def pause(self, *, is_paused: bool) -> int:
        """Stop or continue the application's process."""
        assert self._application is not None
        self._application.send_signal(signal.SIGSTOP if is_paused else signal.SIGCONT)
        return self._application.pid

    def boot_id(self, node: str) -> str:
        """Return what changes with each start of a node, or an empty text while any of it is down."""
        is_up = self._application is not None and self._application.poll() is None and self._cluster.pid
        return self._boots[node] if is_up else ""

    def remove(self) -> None:
        """Kill both and remove their files."""
        with contextlib.suppress(OSError):
            self.kill("machine")
        self._cluster.remove()

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._cluster.address(DATABASE))

    def _start_database(self) -> None:
        self._cluster.start()
        self._boots["database"] = uuid.uuid4().hex
        self._boots["machine"] = uuid.uuid4().hex

    def _start_application(self) -> None:
        command = [sys.executable, "-m", "targets.postgres.application", "--keys", str(self._keys),
                   "--database", self._cluster.address(DATABASE)]  # fmt: skip
        root = str(Path(__file__).resolve().parents[2])
        self._application = subprocess.Popen(  # noqa: S603 - our own program with our own settings
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
            env={**os.environ, "PYTHONPATH": root},
        )  # fmt: skip
        assert self._application.stdout is not None
        deadline = time.monotonic() + START_SECONDS_MAX
        line = self._application.stdout.readline()
        if not line.startswith("ready ") or time.monotonic() > deadline:
            raise NotStartedError("the application did not start; see its stderr")
        self.port = int(line.split()[1])
        self._boots["application"] = uuid.uuid4().hex
