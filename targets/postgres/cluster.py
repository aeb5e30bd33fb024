"""A PostgreSQL server of its own: made in a temporary folder, reached by a Unix socket, killed and restarted.

The server refuses to run as root, so under root it runs as an unprivileged user who owns the folder.
"""

import contextlib
import ctypes
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg

START_SECONDS_MAX: Final = 60
"""How long a server may take to start, recovery after a kill included."""

USERS: Final = ("postgres", "nobody")
"""Unprivileged users, in order of preference."""

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made in it
"""Where Linux keeps files in memory."""

ROOM_BYTES: Final = 1 << 30
"""What must be free there."""

_PR_SET_PDEATHSIG: Final = 1

SETTINGS: Final = (
    "listen_addresses=",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "max_connections=200",
    "shared_buffers=64MB",
    "max_pred_locks_per_transaction=256",
    "autovacuum=off",
    "log_min_messages=fatal",
    "log_min_error_statement=panic",
)
"""What matters here: commits wait for the disk, and nothing listens on a network."""


class ClusterError(RuntimeError):
    """The server is not installed, or does not start."""


def find_programs() -> Path | None:
    """Return the folder that holds ``postgres`` and ``initdb``, or None where they are not installed."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).parent] if on_path else []
    folders += [Path(found) for found in sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]
    for folder in folders:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    return None


class Cluster:
    """One server and its folder."""

    def __init__(self, settings: Sequence[str] = SETTINGS) -> None:
        programs = find_programs()
        if programs is None:
            raise ClusterError("PostgreSQL is not installed; on Debian: apt-get install postgresql")
        self._programs = programs
        self._settings = settings
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_memory_folder()))
        self._data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run([str(programs / "initdb"), "-D", str(self._data), "-A", "trust", "-U", "app", "-E", "UTF8",
                   "--locale=C", "--no-sync"])  # fmt: skip

    def address(self, database: str = "postgres") -> str:
        """Return how to connect."""
        return f"host={self.folder} user=app dbname={database} connect_timeout=5"

    @property
    def pid(self) -> int:
        """The process of the server, 0 while it is down."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            ClusterError: It does not.
        """
        # A server that was killed leaves its lock; nobody else uses this folder.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        options = [part for setting in self._settings for part in ("-c", setting)]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-k", str(self.folder), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed program with our own settings
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                cwd=self.folder,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None, preexec_fn=_end_with_parent,  # noqa: PLW1509 - it makes one system call, and takes no lock
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                psycopg.connect(self.address()).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
                continue
            return
        log_end = (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-600:]
        raise ClusterError(f"the server did not start: {log_end}")

    def kill(self) -> None:
        """Kill every process of the server with SIGKILL, as a power switch would, and wait for the end."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # Its children have their own sessions in no case, but may take a moment to leave shared memory.
        while _group_lives(self._process.pid):
            time.sleep(0.005)
        self._process = None

    def remove(self) -> None:
        """Kill the server and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(  # noqa: S603 - a fixed program with our own settings
            command, capture_output=True, text=True, check=False, cwd=self.folder,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
        )  # fmt: skip
        if done.returncode:
            raise ClusterError(f"{command[0]} failed: {done.stderr[-600:]}")


def _memory_folder() -> Path | None:
    """Return a file system in memory with room, or None for the folder for temporary files.

    Whoever is killed by a signal leaves the same files on either; only the disk is spared, which others use.
    """
    try:
        is_roomy = shutil.disk_usage(MEMORY).free >= ROOM_BYTES
    except OSError:
        return None
    return MEMORY if is_roomy and os.access(MEMORY, os.W_OK) else None


def _unprivileged() -> pwd.struct_passwd:
    for name in USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ClusterError(f"PostgreSQL does not run as root, and there is no user {' or '.join(USERS)}")


def _end_with_parent() -> None:
    """Have the kernel shut the server down when whoever started it is gone, even by a kill."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
