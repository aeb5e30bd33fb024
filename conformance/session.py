"""A session with an adapter: messages sent, recorded and read; names and amounts drawn from one seed.

Names of customers, entitlements and keys are new in every world and carry nothing of the check that uses
them, so an implementation cannot know what is asked of it or why.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from billproof.conformance.documents import Document, MemberError, Value, number_of, text_of
from billproof.conformance.errors import AdapterError, Fault
from billproof.conformance.history import Recorder
from billproof.conformance.messages import (
    Declaration,
    OutcomeKind,
    Reply,
    breach,
    hello_message,
    read_declaration,
    read_reply,
)
from billproof.conformance.transports.transport import REPLY_SECONDS, Transport
from billproof.model.identifiers import Amount, Instant
from billproof.model.money import render_amount
from billproof.model.periods import parse_instant, render_instant

UNIT: Final = 10**12
"""Units of an amount in one major unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of a world."""

    customer: str
    currency: str
    kind: str
    credit_limit: int
    quota: int
    limit: int
    balance: int
    """The opening balance; all amounts in units."""

    def document(self) -> Document:
        """Return it as ``reset`` sends it."""
        return {
            "customer": self.customer, "currency": self.currency, "account": self.kind,
            "credit_limit": render_amount(Amount(self.credit_limit)),
            "quota": render_amount(Amount(self.quota)), "limit": render_amount(Amount(self.limit)),
            "balance": render_amount(Amount(self.balance)),
        }  # fmt: skip


class Names:
    """Draws names that say nothing."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._lock = threading.Lock()
        self._used: set[str] = set()

    def draw(self, letter: str) -> str:
        """Return a new name."""
        with self._lock:
            while True:
                name = f"{letter}{self._random.randrange(16**10):010x}"
                if name not in self._used:
                    self._used.add(name)
                    return name


class Session:
    """One conversation with one adapter, by several clients."""

    def __init__(self, transport: Transport, kit: str, seed: int, seconds: float = REPLY_SECONDS) -> None:
        self._transport = transport
        self._seconds = seconds
        self.seed = seed
        # Seeded by the user's number, so that a run can be repeated; nothing here protects a secret.
        self.random = Random(seed)  # noqa: S311
        self.names = Names(Random(seed + 1))  # noqa: S311
        self.looks_left = 2
        """How often the kit will still wait and look again whether something was only old."""
        self.recorder = Recorder({})
        self.declaration = self._hello(kit)
        header: Document = {"kit": kit, "seed": seed, "transport": transport.name}
        header["hello"] = self.declaration.document
        self.recorder.header = header
        limits = self.declaration.limits
        transport.allow(limits.in_flight, limits.line_bytes)

    def reseed(self, name: str) -> None:
        """Draw from here on as a case of this name draws, whatever was run before it."""
        self.random = Random(f"{self.seed}:{name}")  # noqa: S311
        self.names = Names(Random(f"names:{self.seed}:{name}"))  # noqa: S311

    @property
    def unit(self) -> int:
        """The smallest amount that the implementation takes, in units."""
        return int(10 ** (12 - min(12, self.declaration.limits.money_scale)))

    def _hello(self, kit: str) -> Declaration:
        return read_declaration(self._transport.call(hello_message(kit), self._seconds))

    def call(self, client: str, message: Document) -> Document:
        """Send a message, record it and its reply, and return the reply."""
        call = self.recorder.begin(client, message)
        reply = self._transport.call(message, self._seconds)
        return self.recorder.end(call, reply).reply

    def reset(self, accounts: Sequence[Account], entitlements: Sequence[str], now: Instant) -> None:
        """Make a fresh world.

        Raises:
            AdapterError: It does not become ready.
        """
        world: Document = {
            "id": self.names.draw("w"),
            "currency": accounts[0].currency,
            "entitlements": list(entitlements),
            "accounts": [account.document() for account in accounts],
        }
        reply = self.call("kit", {"cmd": "reset", "world": world, "now": render_instant(now)})
        if reply.get("ok") is not True:
            raise AdapterError(
                Fault.UNTESTABLE, f"reset does not make a world: {reply.get('detail', 'no reason given')}",
                "open the accounts of the world and reply ok", self._transport.log(),
            )  # fmt: skip

    def op(self, operation: str, args: Document, key: str = "", client: str = "c0") -> Reply:
        """Ask for an operation.

        Raises:
            AdapterError: The adapter declares it and answers ``unsupported``.
        """
        message: Document = {"cmd": "op", "op": operation, "args": args, "client": client}
        if key:
            message["idem"] = key
        reply = read_reply(self.call(client, message), f"op {operation}")
        if reply.outcome == OutcomeKind.UNSUPPORTED and operation in self.declaration.capabilities.operations:
            raise self._untestable("operation", operation)
        return reply

    def observe(self, what: str, args: Document, at: str = "", client: str = "c0") -> Reply:
        """Ask for an observation.

        Raises:
            AdapterError: The adapter declares it and answers ``unsupported``.
        """
        message: Document = {"cmd": "observe", "what": what, "args": args, "client": client}
        if at:
            message["at"] = at
        reply = read_reply(self.call(client, message), f"observe {what}")
        if reply.outcome == OutcomeKind.UNSUPPORTED and what in self.declaration.capabilities.observations:
            raise self._untestable("observation", what)
        return reply

    def ask_vector(self, operation: str, args: Document) -> Reply:
        """Ask an operation of the vectors.

        Raises:
            AdapterError: Its family is declared and the adapter answers ``unsupported``.
        """
        message: Document = {"cmd": "op", "op": operation, "args": args, "client": "kit"}
        reply = read_reply(self._transport.call(message, self._seconds), f"op {operation}")
        if reply.outcome == OutcomeKind.UNSUPPORTED:
            raise self._untestable("operation", operation)
        return reply

    def set_clock(self, now: Instant) -> Instant:
        """Set the product's clock.

        Raises:
            AdapterError: It is declared controllable and does not move.
        """
        reply = self.call("kit", {"cmd": "clock", "set": render_instant(now)})
        try:
            return parse_instant(text_of(reply, "now"))
        except (MemberError, ValueError) as error:
            raise self._untestable("clock", str(reply.get("outcome", error))) from error

    def fault(self, fault: str, **members: Value) -> Document:
        """Cause a fault and return its reply."""
        return self.call("kit", {"cmd": "fault", "fault": fault, **members})

    def together(self, actions: Sequence[Callable[[], None]]) -> None:
        """Run actions at the same time, each in a thread, and wait for all of them.

        Raises:
            AdapterError: The first one that any of them met.
        """
        errors: list[BaseException] = []
        gate = threading.Barrier(len(actions))

        def run(action: Callable[[], None]) -> None:
            try:
                gate.wait()
                action()
            except BaseException as error:  # noqa: BLE001 - it is raised again below, on the caller's thread
                errors.append(error)

        threads = [threading.Thread(target=run, args=(action,), daemon=True) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

    def log(self) -> str:
        """Return the end of what the adapter wrote on stderr."""
        return self._transport.log()

    def _untestable(self, kind: str, name: str) -> AdapterError:
        return AdapterError(
            Fault.UNTESTABLE, f"{kind} {name} is declared and cannot be exercised",
            "declare only what the adapter can do", self._transport.log(),
        )  # fmt: skip


def members_of(reply: Reply, command: str) -> Document:
    """Return the value of a reply, which must be an object.

    Raises:
        AdapterError: It is none.
    """
    if not isinstance(reply.value, dict):
        raise breach(command, MemberError("value", "is no object"))
    return reply.value


def count_of(document: Document, name: str) -> int:
    """Return a count, a decimal string.

    Raises:
        MemberError: It is none.
    """
    value = document.get(name)
    if isinstance(value, int):
        return number_of(document, name)
    text = text_of(document, name)
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise MemberError(name, f"is {text[:40]!r}, not a count")
    return int(text)
