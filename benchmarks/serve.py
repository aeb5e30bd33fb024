"""Single events per second of the running service, end to end, against the raw signing limit of the machine.

The service runs as its own process with its logs on, the load generator as another one on the same cores;
both are inside the figure. The peer is ``openssl speed rsa2048`` signing on all cores, before and after.
Batches are measured too: what they save is HTTP and transactions, never a signature. The seconds of
processor per event are those of the service alone; they say more than the rates on a machine that others use.

python benchmarks/serve.py --events 4000 --clients 64
"""

import argparse
import json
import os
import selectors
import socket
import subprocess
import sys
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from peers import mean, measure_openssl, print_ratio, show

HOST = "127.0.0.1"
COMMAND = [sys.executable, "-c", "from billproof.cli.main import main; main()"]


def render(key: str) -> dict[str, str]:
    """Return an event."""
    return {
        "amount": "0.01", "currency": "USD", "entitlement": "api", "event_time": "2026-11-01T00:00:00Z",
        "idempotency_key": key, "usage": "1 request",
    }  # fmt: skip


def request(body: bytes, token: str, key: str) -> bytes:
    """Return the bytes of one request."""
    head = f"POST /v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head += f"Idempotency-Key: {key}\r\n" if key else ""
    return head.encode("ascii") + b"\r\n" + body


def generate(port: int, requests: list[bytes], clients: int) -> float:
    """Send requests over so many connections, each waiting for its reply; return the seconds it took."""
    waiting = deque(requests)
    selector = selectors.DefaultSelector()
    start = perf_counter()
    for _ in range(clients):
        connection = socket.create_connection((HOST, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if waiting:
            connection.sendall(waiting.popleft())
            selector.register(connection, selectors.EVENT_READ, bytearray())
    while selector.get_map():
        for item, _ in selector.select():
            connection, data = item.fileobj, item.data
            data += connection.recv(1 << 20)
            end = data.find(b"\r\n\r\n")
            if end < 0:
                continue
            length = int(data[data.index(b"content-length: ") + 16 : end].split(b"\r\n", 1)[0])
            if len(data) < end + 4 + length:
                continue
            assert data.startswith((b"HTTP/1.1 201", b"HTTP/1.1 200")), data[:400]
            data.clear()
            if waiting:
                connection.sendall(waiting.popleft())
            else:
                selector.unregister(connection)
                connection.close()
    return perf_counter() - start


def measure(port: int, token: str, events: int, clients: int, batch: int) -> float:
    """Return events per second; the generator is a process of its own."""
    names = [f"{batch}-{number}" for number in range(events)]
    if batch == 1:
        requests = [request(json.dumps(render(name)).encode(), token, name) for name in names]
    else:
        groups = [names[start : start + batch] for start in range(0, events, batch)]
        requests = [
            request(json.dumps([render(name) for name in group]).encode(), token, "") for group in groups
        ]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(generate(port, requests, clients)).encode())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, "the load generator failed"
    os.close(writer)
    return events / float(os.read(reader, 100))


def processor_seconds(process: int) -> float:
    """Return the seconds of processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure the peer, the service and the peer again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=4_000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--batch", type=int, default=100)
    given = parser.parse_args()
    cores = os.cpu_count() or 1
    with TemporaryDirectory() as directory:
        database = Path(directory) / "ledger.db"
        options = (
            "--customer",
            "bench",
            "--plan",
            "enterprise",
            "--credit-limit",
            "1000000000",
            "--format",
            "json",
        )
        made = subprocess.run(  # noqa: S603 - our own command
            [*COMMAND, "account", "create", "--db", str(database), *options], check=True, capture_output=True
        )
        token = json.loads(made.stdout)["token"]
        service = subprocess.Popen(  # noqa: S603 - our own command
            [*COMMAND, "serve", "--db", str(database), "--port", "0", "--format", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            assert service.stdout is not None
            told = "".join(iter(service.stdout.readline, "}\n"))
            port = int(json.loads(told + "}")["url"].rpartition(":")[2])
            # Connections, code paths and pages of the file are warm before anything is counted.
            measure(port, token, 200, given.clients, 3)
            before = measure_openssl(cores)
            marks = [processor_seconds(service.pid)]
            single = measure(port, token, given.events, given.clients, 1)
            marks.append(processor_seconds(service.pid))
            batched = measure(port, token, given.events, 8, given.batch)
            marks.append(processor_seconds(service.pid))
            peer = mean(before, measure_openssl(cores))
        finally:
            service.terminate()
            service.wait()
    print_ratio(
        f"single events, {given.clients} clients, load generator included", single, "sign", peer.signs, cores
    )
    show(f"processor: {(marks[1] - marks[0]) / given.events * 1_000:.2f} ms per event")
    print_ratio(f"batches of {given.batch}, 8 clients", batched, "sign", peer.signs, cores)
    show(f"processor: {(marks[2] - marks[1]) / given.events * 1_000:.2f} ms per event")


if __name__ == "__main__":
    main()
