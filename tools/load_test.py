"""Many clients at one running service: the same keys at once, up to the limit, and across customers.

64 clients send the same keys in seeded orders, more than the account may use. Afterwards: one effect per
key; every other answer the same status and bytes, marked as replayed; what was accepted reaches the limit and
never passes it; the same key with another body or for another operation is 422 and has no effect; the same
key of another customer is its own charge. Then a stranger tries to read and write what is not its own, and
the ledger must be the same afterwards.

python tools/load_test.py --clients 64 --keys 200 --attempts 10000 --seed 1
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from billproof.model.identifiers import Amount, CustomerId, Instant
from billproof.model.money import UNITS, check_currency, parse_amount, render_amount
from billproof.model.outcomes import AccountKind, EntryKind
from billproof.model.tiers import Tier, terms_of
from billproof.service.access import Role
from billproof.service.accounts import NewAccount, create_account, issue
from billproof.service.audit import AuditOptions, audit
from billproof.service.http.client import Client, Reply, event
from billproof.service.reading import read_receipts
from billproof.service.schema import reading_store

HOST: Final = "127.0.0.1"
COMMAND: Final = [sys.executable, "-c", "from billproof.cli.main import main; main()"]
UNIT_PRICE: Final = "8"
"""The amount of one event: it divides the limit."""

NAMES: Final = (
    "acme", "rival", "%61cme", "acme/", "acme%00", "ACME", "acme%2F..%2Fstranger", "../acme", "nobody",
)  # fmt: skip
"""Names of customers as a trespasser writes them."""

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=False, slots=True, kw_only=True)
class Findings:
    """What was seen, and what of it is wrong."""

    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def expect(self, name: str, fault: str, *, holds: bool) -> None:
        """Count a check, and keep the first faults."""
        self.counts[name] += 1
        if not holds and len(self.faults) < 20:
            self.faults.append(f"{name}: {fault}")


def open_account(database: Path, name: str, quota: str) -> str:
    """Open a credit account with this quota, and return its token."""
    terms = terms_of(Tier.ENTERPRISE, AccountKind.CREDIT, Amount(10**9 * UNITS), parse_amount(quota))
    account = NewAccount(
        customer=CustomerId(name), plan=Tier.ENTERPRISE, currency=check_currency("USD"), terms=terms
    )
    return create_account(database, account, Instant(time.time_ns() // 1_000))


def race(port: int, token: str, keys: list[str], clients: int, seed: int) -> dict[str, list[Reply]]:
    """Let clients send the same keys at the same time, each in an order of its own."""
    replies: dict[str, list[Reply]] = {key: [] for key in keys}
    begin = threading.Barrier(clients)

    def play(number: int) -> None:
        order = keys[:]
        random.Random(f"{seed}/{number}").shuffle(order)  # noqa: S311 - a seeded order is wanted
        client = Client(HOST, port)
        begin.wait()
        for key in order:
            replies[key].append(client.post("/v1/events", event(UNIT_PRICE), token, key))
        client.close()

    threads = [threading.Thread(target=play, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def judge_race(replies: dict[str, list[Reply]], found: Findings) -> None:
    """One effect per key; all other answers alike and marked."""
    for key, answers in replies.items():
        fresh = [answer for answer in answers if not answer.is_replayed]
        found.expect("one effect per key", f"{key} has {len(fresh)} first answers", holds=len(fresh) == 1)
        alike = {(answer.status, answer.body) for answer in answers}
        found.expect("same status and bytes", f"{key} has {len(alike)} answers", holds=len(alike) == 1)
        good = all(answer.status in {201, 403} for answer in answers)
        found.expect("charged or refused", f"{key}: {answers[0].status}", holds=good)


def judge_limit(database: Path, customer: str, limit: Amount, found: Findings) -> None:
    """What was accepted reaches the limit and never passes it; each key has one entry."""
    used, keys = 0, Counter[str]()
    with reading_store(database) as connection:
        for receipt in read_receipts(connection, database, CustomerId(customer)):
            keys[receipt.entry.key] += 1
            if receipt.entry.kind == EntryKind.DEBIT:
                used += receipt.entry.amount
    shown = f"{render_amount(Amount(used))} of {render_amount(limit)}"
    found.expect("the limit is reached and not passed", shown, holds=used == limit)
    twice = [key for key, count in keys.items() if count > 1]
    found.expect("one entry per key", f"{twice[:3]} have more", holds=not twice)


def judge_conflicts(
    port: int, database: Path, tokens: tuple[str, str, str], keys: list[str], found: Findings
) -> None:
    """Another body or operation under a used key is refused; another customer's key is its own.

    Args:
        port: Where the service is.
        database: Its ledger, which refusals must leave as it is.
        tokens: Of the customer, of another one, and of the issuer, who alone may refund.
        keys: Keys that the customer has used for charges.
        found: What is found.
    """
    token, rival, issuer = tokens
    client = Client(HOST, port)
    payment = event("1", kind="top_up", customer="acme")
    paid = [f"paid-{key}" for key in keys]
    for key in paid:
        reply = client.post("/v1/events", payment, issuer, key)
        found.expect("paid", f"{key}: {reply.status}", holds=reply.status == 201)
    before = digest_of_ledger(database)
    refund = json.dumps({"customer": "acme", "refers_to": 2, "amount": "1", "currency": "USD"}).encode()
    for key in keys:
        other = client.post("/v1/events", event("1"), token, key)
        found.expect("another body is 422", f"{key}: {other.status}", holds=other.status == 422)
        for asker, path, body in (
            (issuer, "/v1/refunds", refund), (token, "/v1/refunds", refund), (issuer, "/v1/events", payment),
        ):  # fmt: skip
            other = client.post(path, body, asker, key)
            found.expect("another operation is 422", f"{key}: {other.status}", holds=other.status == 422)
    for key in paid:
        other = client.post("/v1/events", event("1"), token, key)
        found.expect("a charge after another operation is 422", key, holds=other.status == 422)
    is_same = digest_of_ledger(database) == before
    found.expect("refusals have no effect", "the ledger has changed", holds=is_same)
    for key in keys:
        own = client.post("/v1/events", event("1"), rival, key)
        is_own = own.status == 201 and not own.is_replayed and json.loads(own.body)["customer"] == "rival"
        found.expect("another customer's key is its own", f"{key}: {own.status}", holds=is_own)
    client.close()


def trespass(port: int, stranger: str, secrets: list[str], attempts: int, seed: int) -> Findings:
    """Try to read and write what belongs to others, in every way that the interface has."""
    found = Findings()
    draw = random.Random(seed)  # noqa: S311 - a seeded sequence is wanted
    tokens = (stranger, stranger, stranger, stranger, stranger, "", stranger[:-1] + "-", "bpt__")
    client = Client(HOST, port)
    for number in range(attempts):
        method, path, body = draw_trespass(draw, secrets)
        reply = client.send(method, path, draw.choice(tokens), body, f"trespass-{number}" if body else None)
        found.counts[str(reply.status)] += 1
        # 403: a refund without a customer named is of one's own account, and only the issuer may.
        is_denied = reply.status in {400, 401, 403, 404, 405}
        found.expect("denied", f"{method} {path} gave {reply.status}", holds=is_denied)
        is_told = any(secret.encode() in reply.body for secret in secrets) or b"balance" in reply.body
        found.expect("nothing told", f"{method} {path} told something", holds=not is_told)
    client.close()
    return found


def draw_trespass(draw: random.Random, secrets: list[str]) -> tuple[str, str, bytes]:
    """Draw one request for what belongs to others: its method, path and body."""
    name = draw.choice(NAMES)
    owner: dict[str, object] = {"customer": draw.choice(("acme", "rival", "nobody"))}
    refund = {"receipt_id": draw.choice(secrets), "amount": "1", "currency": "USD"}
    view = draw.choice(("usage", "ledger", "ledger?after=0", "usage?period=2026-11"))
    return draw.choice(
        (
            ("GET", f"/v1/customers/{name}/{view}", b""),
            ("GET", f"/v1/receipts/{draw.choice(secrets)}", b""),
            ("GET", f"/v1/receipts/{draw.choice(secrets)}?customer={name}", b""),
            ("GET", f"/v1/invoices/{name}/2026-11", b""),
            ("POST", "/v1/events", event("1", customer=str(owner["customer"]))),
            ("POST", "/v1/refunds", json.dumps(refund).encode()),
            ("POST", "/v1/refunds", json.dumps(refund | owner).encode()),
            (draw.choice(METHODS[1:]), f"/v1/customers/{name}/usage", b""),
        )
    )


def digest_of_ledger(database: Path) -> str:
    """Return a digest over every entry and every derived row."""
    made = hashlib.sha256()
    with reading_store(database) as connection:
        for table in ("log", "accounts", "quota_rows", "keys", "heads", "standings", "invoices"):
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):  # noqa: S608 - fixed names
                made.update(repr(row).encode())
    return made.hexdigest()


def run_all(directory: Path, *, clients: int, keys: int, attempts: int, seed: int) -> Findings:
    """Run everything against one service."""
    database = directory / "ledger.db"
    # The limit is 1.5 times the quota, a whole number of events, and half of the keys fit below it.
    within = keys // 6 * 2
    limit = Amount(parse_amount(UNIT_PRICE) * (within + within // 2))
    token = open_account(database, "acme", render_amount(Amount(parse_amount(UNIT_PRICE) * within)))
    rival, stranger = (open_account(database, name, "100000") for name in ("rival", "stranger"))
    issuer = issue(database, CustomerId(""), Role.OPERATOR, Instant(time.time_ns() // 1_000))
    found = Findings()
    with served(database) as port:
        names = [f"key-{number}" for number in range(keys)]
        replies = race(port, token, names, clients, seed)
        judge_race(replies, found)
        judge_limit(database, "acme", limit, found)
        judge_conflicts(port, database, (token, rival, issuer), names[:50], found)
        ids = [json.loads(answers[0].body)["receipt_id"] for answers in replies.values()]
        digest = digest_of_ledger(database)
        tried = trespass(port, stranger, ids[:50], attempts, seed)
        found.faults += tried.faults
        found.counts += tried.counts
        unchanged = digest_of_ledger(database) == digest
        found.expect("trespassing changes nothing", "the ledger has changed", holds=unchanged)
    verdict = audit(database, AuditOptions()).verdict.value
    found.expect("the audit is VALID", verdict, holds=verdict == "VALID")
    return found


@contextmanager
def served(database: Path) -> Iterator[int]:
    """Run the service as a process of its own; yields its port."""
    service = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "serve", "--db", str(database), "--port", "0", "--quiet", "--format", "json"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert service.stdout is not None
        told = "".join(iter(service.stdout.readline, "}\n"))
        yield int(json.loads(told + "}")["url"].rpartition(":")[2])
    finally:
        service.terminate()
        service.wait()


def main() -> int:
    """Run it and print what was seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--keys", type=int, default=120)
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, help="write the result to this file too")
    given = parser.parse_args()
    print(f"seed {given.seed}", file=sys.stderr)
    with TemporaryDirectory() as directory:
        found = run_all(
            Path(directory), clients=given.clients, keys=given.keys, attempts=given.attempts, seed=given.seed
        )
    document = {
        "command": f"python tools/load_test.py --clients {given.clients} --keys {given.keys}"
        f" --attempts {given.attempts} --seed {given.seed}",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": given.seed,
        "counts": dict(sorted(found.counts.items())),
        "faults": found.faults,
        "verdict": "FAILED" if found.faults else "HELD",
    }
    text = json.dumps(document, indent=2)
    print(text)
    if given.report is not None:
        given.report.write_text(text + "\n", encoding="utf-8")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
