"""A server in a process of its own, killed and started again, and checked to be the one that listens."""

import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

START_SECONDS_MAX: Final = 30
"""How long a server may take to listen."""

POLL_SECONDS: Final = 0.05
"""How long to wait between two looks."""


class NotStartedError(RuntimeError):
    """The server does not listen."""


class ServerProcess:
    """A command that listens on a port of this machine."""

    def __init__(self, command: Sequence[str], port: int, *, cwd: Path, env: Mapping[str, str]) -> None:
        self._command = command
        self._cwd = cwd
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port
        self.boot_id = ""

    def start(self) -> None:
        """Start the server and wait until it listens.

        Raises:
            NotStartedError: It ends, or does not listen in time.
        """
        if self._process is not None and self._process.poll() is None:
            return
        if _listens(self.port):
            raise NotStartedError(f"something else listens on port {self.port}")
        log = self._cwd / "server.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed program with our own settings
                self._command, cwd=self._cwd, env=self._env,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self._process.poll() is None:
            if _listens(self.port):
                self.boot_id = uuid.uuid4().hex
                return
            time.sleep(POLL_SECONDS)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or ["it says nothing"]
        raise NotStartedError(f"{Path(self._command[0]).name} does not listen: {lines[-1][:300]}")

    def kill(self) -> int:
        """Kill the server with SIGKILL and return its process id, 0 where it was down.

        Raises:
            NotStartedError: The port still answers, so what was killed is not what listened.
        """
        if self._process is None:
            return 0
        pid = self._process.pid
        self._process.kill()
        self._process.wait()
        self._process, self.boot_id = None, ""
        if _listens(self.port):
            raise NotStartedError(f"port {self.port} answers after process {pid} was killed")
        return pid

    def pause(self, *, is_paused: bool) -> int:
        """Stop or continue the process and return its id."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if is_paused else signal.SIGCONT)
        return self._process.pid


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.settimeout(1)
                probe.connect((host, port))
                return True
        except OSError:
            continue
    return False
