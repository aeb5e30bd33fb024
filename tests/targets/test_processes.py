"""A server process is killed for real, and a kill that misses what listens is noticed."""

import os
import signal
import sys
from pathlib import Path

import pytest

from targets.processes import NotStartedError, ServerProcess, free_port

LISTEN = "import socket,sys,time; s=socket.create_server(('127.0.0.1',{port})); time.sleep(60)"
FORK = "import os,time\nif os.fork(): open('child','w').close(); time.sleep(60)\n{listen}"


def test_a_restart_after_a_kill_is_another_boot(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", LISTEN.format(port=port)]
    server = ServerProcess(command, port, cwd=tmp_path, env={})
    server.start()
    first = server.boot_id
    assert server.kill() > 0
    assert server.boot_id == ""
    assert server.kill() == 0
    server.start()
    assert server.boot_id not in {"", first}
    server.kill()


def test_a_kill_that_leaves_a_listener_is_an_error(tmp_path: Path) -> None:
    port = free_port()
    listen = f"import os\nopen('pid','w').write(str(os.getpid()))\n{LISTEN.format(port=port)}"
    server = ServerProcess([sys.executable, "-c", FORK.format(listen=listen)], port, cwd=tmp_path, env={})
    server.start()
    try:
        with pytest.raises(NotStartedError, match="answers after process"):
            server.kill()
    finally:
        os.kill(int((tmp_path / "pid").read_text(encoding="utf-8")), signal.SIGKILL)


def test_a_server_that_ends_at_once_is_not_started_and_says_why(tmp_path: Path) -> None:
    server = ServerProcess(
        [sys.executable, "-c", "raise SystemExit('no state')"], free_port(), cwd=tmp_path, env={}
    )
    with pytest.raises(NotStartedError, match="no state"):
        server.start()
