"""Kill the service at random instants under load, start it again, and count what it had promised.

Real processes, SIGKILL, one database. Clients send single events, batches and repetitions, and send the same
key again until they have a definite reply; a seeded draw chooses the instants and the traffic. Every
``--cold``-th start is the real command in a new interpreter and is timed; the others fork from a process that
has imported everything already, so that a thousand instants take minutes.

In the end: every acknowledged event is in the ledger exactly once, with the very receipt that was handed
out; nothing else is in it; a repeated key got the same bytes; the audit is VALID; every restart took less
than 5 s. The processor time of cold starts and the load of the machine are told beside it: on a machine that
others use, a start waits for its turn.

python tools/crash_test.py --instants 100 --seed 1
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from billproof.cli.main import run
from billproof.model.identifiers import Amount, Count, CustomerId, Instant
from billproof.model.money import UNITS, check_currency
from billproof.model.outcomes import AccountKind
from billproof.model.tiers import Tier, terms_of
from billproof.service.accounts import NewAccount, create_account
from billproof.service.audit import AuditOptions, audit
from billproof.service.http.client import Client, UnknownError, event, wait_until_ready
from billproof.service.reading import read_receipts
from billproof.service.schema import reading_store

RESTART_SECONDS_MAX: Final = 5.0
"""How long a start may take."""

ALIVE_SECONDS_MAX: Final = 0.4
"""How long the service lives at most before it is killed."""

OPENINGS: Final = 1
"""Entries of a ledger before any event: the opening of the account."""

_HOST: Final = "127.0.0.1"
_PRELOADED: Final = ["billproof.cli.serve", "billproof.service.http.app", "billproof.service.http.server"]
_COMMAND: Final = "import sys; from billproof.cli.main import main; main()"


@dataclass(frozen=False, slots=True, kw_only=True)
class Promises:
    """What the clients were told: the receipt of each key."""

    receipts: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    unknown: int = 0
    """How often a reply was lost."""
    repeated: int = 0
    """How often an answered key was sent again and answered alike."""

    def note(self, key: str, status: int, body: dict[str, object]) -> None:
        """Take down a definite reply to an event."""
        receipt = body.get("receipt")
        if status != 201 or not isinstance(receipt, str):
            self.faults.append(f"key {key}: status {status}, {str(body)[:200]}")
            return
        if self.receipts.setdefault(key, receipt) != receipt:
            self.faults.append(f"key {key}: two different receipts")


class Customer(threading.Thread):
    """One client: sends events until it is told to stop, each until it has a definite reply."""

    def __init__(self, number: int, seed: int, port: int, token: str, stop: threading.Event) -> None:
        super().__init__(name=f"client-{number}")
        self.promises = Promises()
        self._number = number
        self._draw = random.Random(f"{seed}/{number}")  # noqa: S311 - a seeded sequence is wanted
        self._client = Client(_HOST, port)
        self._token = token
        self._stopping = stop

    def run(self) -> None:
        """Send events."""
        count = 0
        while not self._stopping.is_set():
            size = self._draw.choice((1, 1, 1, 1, 2, 7))
            keys = [f"c{self._number}-{count + place}" for place in range(size)]
            count += size
            self._send(keys)
            if self._draw.random() < 0.2 and self.promises.receipts:
                self._send([self._draw.choice(list(self.promises.receipts)[-50:])])
                self.promises.repeated += 1
        self._client.close()

    def _send(self, keys: list[str]) -> None:
        """Send one event, or several in a batch, until there is a definite reply."""
        if len(keys) == 1:
            body, key = event("0.01"), keys[0]
        else:
            events = (event("0.01", idempotency_key=name) for name in keys)
            body, key = b"[" + b",".join(events) + b"]", None
        while True:
            try:
                reply = self._client.post("/v1/events", body, self._token, key)
            except UnknownError:
                self.promises.unknown += 1
                time.sleep(0.01)
                continue
            document = json.loads(reply.body)
            if reply.status in {429, 503}:
                time.sleep(0.01)
                continue
            if key is not None:
                self.promises.note(key, reply.status, document)
                return
            for name, result in zip(keys, document["results"], strict=True):
                self.promises.note(name, result["status"], result["body"])
            return


class Victim:
    """The service that is killed again and again."""

    def __init__(self, database: Path, port: int) -> None:
        self._arguments = ["serve", "--db", str(database), "--port", str(port), "--quiet"]
        self._port = port
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOADED)
        first = self._context.Process(target=do_nothing)
        first.start()
        first.join()
        self._process: ForkServerProcess | subprocess.Popen[bytes] | None = None
        self.cold_processor = 0.0
        """The most processor seconds that a cold start has taken: what it needs, whatever else is running."""

    def start(self, *, is_cold: bool) -> float:
        """Start it, and return after how many seconds it took requests."""
        begin = time.monotonic()
        if is_cold:
            command = [sys.executable, "-c", _COMMAND, *self._arguments]
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        else:
            self._process = self._context.Process(target=serve_quietly, args=(self._arguments,))
            self._process.start()
        wait_until_ready(_HOST, self._port, 60.0)
        seconds = time.monotonic() - begin
        if isinstance(self._process, subprocess.Popen):
            self.cold_processor = max(self.cold_processor, processor_seconds(self._process.pid))
        return seconds

    def kill(self) -> None:
        """Kill it without a warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it gracefully."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        assert process is not None
        if isinstance(process, subprocess.Popen):
            process.send_signal(number)
            process.wait()
        else:
            if number == signal.SIGKILL:
                process.kill()
            else:
                process.terminate()
            process.join()


def processor_seconds(pid: int) -> float:
    """Return how much processor time a process has used; 0 where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    # The name of the process may hold blanks and parentheses; what counts follows its last one.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve_quietly(arguments: list[str]) -> None:
    """Run the command in a forked process."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        code = run(arguments)
    sys.exit(code)


def do_nothing() -> None:
    """Make the process from which the others fork, with all that it imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it."""

    instants: int
    seed: int
    clients: int
    acknowledged: int
    lost_replies: int
    repeated: int
    entries: int
    restart_seconds_max: float
    cold_every: int
    cold_starts: int
    cold_seconds_max: float
    cold_processor_seconds_max: float
    load_average: float
    """Of the machine over the last minutes; two processors are busy at 2."""
    seconds: float
    faults: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """Return the result for a report."""
        return {
            "command": f"python tools/crash_test.py --instants {self.instants} --seed {self.seed}"
            f" --clients {self.clients} --cold {self.cold_every}",
            "date": datetime.now(UTC).date().isoformat(),
            "instants": self.instants,
            "seed": self.seed,
            "clients": self.clients,
            "acknowledged_events": self.acknowledged,
            "lost_replies": self.lost_replies,
            "repeated_keys": self.repeated,
            "ledger_entries": self.entries,
            "restart_seconds_max": round(self.restart_seconds_max, 2),
            "cold_starts": self.cold_starts,
            "cold_start_seconds_max": round(self.cold_seconds_max, 2),
            "cold_start_processor_seconds_max": round(self.cold_processor_seconds_max, 2),
            "load_average": round(self.load_average, 1),
            "processors": os.cpu_count(),
            "seconds": round(self.seconds),
            "faults": list(self.faults),
            "verdict": "FAILED" if self.faults else "HELD",
        }


def judge(database: Path, promises: dict[str, str]) -> list[str]:
    """Compare a ledger with what was promised: each key once, with its receipt, and nothing else.

    Args:
        database: The store, with nobody serving it.
        promises: The receipt that was handed out for each key.
    """
    found: dict[str, list[str]] = {}
    with reading_store(database) as connection:
        for receipt in read_receipts(connection, database):
            found.setdefault(receipt.entry.key, []).append(receipt.jws)
    faults = []
    for key, jws in promises.items():
        held = found.pop(key, [])
        if len(held) != 1:
            faults.append(f"key {key} was acknowledged and is {len(held)} times in the ledger")
        elif held[0] != jws:
            faults.append(f"key {key} has another receipt in the ledger than was handed out")
    left = [key for key in found if not key.startswith("open")]
    faults += [f"key {key} is in the ledger and was never acknowledged" for key in left]
    report = audit(database, AuditOptions(jobs=Count(2)))
    if report.verdict.value != "VALID":
        first = "" if report.first is None else report.first.reason
        faults.append(f"the audit says {report.verdict.value}: {first} {report.unchecked}")
    return faults


def torment(
    directory: Path, *, instants: int, seed: int, clients: int, cold_every: int, patience: float
) -> Result:
    """Kill a service at so many instants while clients use it, and judge what is left."""
    begin = time.monotonic()
    database = directory / "ledger.db"
    terms = terms_of(Tier.ENTERPRISE, AccountKind.CREDIT, Amount(10**9 * UNITS))
    account = NewAccount(
        customer=CustomerId("victim"), plan=Tier.ENTERPRISE, currency=check_currency("USD"), terms=terms
    )
    token = create_account(database, account, Instant(time.time_ns() // 1_000))
    with socket.create_server((_HOST, 0)) as chosen:
        port: int = chosen.getsockname()[1]
    draw = random.Random(seed)  # noqa: S311 - a seeded sequence is wanted
    stop = threading.Event()
    customers = [Customer(number, seed, port, token, stop) for number in range(clients)]
    victim = Victim(database, port)
    warm: list[float] = []
    cold = [victim.start(is_cold=True)]
    for customer in customers:
        customer.start()
    for number in range(1, instants + 1):
        time.sleep(draw.random() * ALIVE_SECONDS_MAX)
        victim.kill()
        is_cold = number % cold_every == 0
        (cold if is_cold else warm).append(victim.start(is_cold=is_cold))
        if number % 50 == 0:
            print(f"{number} of {instants} instants, {time.monotonic() - begin:.0f} s", file=sys.stderr)
    stop.set()
    for customer in customers:
        customer.join()
    victim.stop()
    promises: dict[str, str] = {}
    faults: list[str] = []
    for customer in customers:
        promises |= customer.promises.receipts
        faults += customer.promises.faults
    faults += judge(database, promises)
    slowest = max((*warm, *cold))
    if slowest > patience:
        faults.append(f"a restart took {slowest:.1f} s")
    return Result(
        instants=instants, seed=seed, clients=clients, acknowledged=len(promises),
        lost_replies=sum(customer.promises.unknown for customer in customers),
        repeated=sum(customer.promises.repeated for customer in customers),
        entries=len(promises) + OPENINGS, restart_seconds_max=slowest, cold_every=cold_every,
        cold_starts=len(cold),
        cold_seconds_max=max(cold), cold_processor_seconds_max=victim.cold_processor,
        load_average=os.getloadavg()[1], seconds=time.monotonic() - begin, faults=tuple(faults),
    )  # fmt: skip


def main() -> int:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--instants", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--cold", type=int, default=10, help="every so many-th start is a cold one")
    parser.add_argument("--patience", type=float, default=RESTART_SECONDS_MAX, help="seconds of a restart")
    parser.add_argument("--report", type=Path, help="write the result to this file too")
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.instants} instants", file=sys.stderr)
    with TemporaryDirectory() as directory:
        result = torment(
            Path(directory),
            instants=given.instants,
            seed=given.seed,
            clients=given.clients,
            cold_every=given.cold,
            patience=given.patience,
        )
    text = json.dumps(result.document(), indent=2)
    print(text)
    if given.report is not None:
        given.report.write_text(text + "\n", encoding="utf-8")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
