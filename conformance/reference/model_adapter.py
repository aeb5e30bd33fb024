"""The reference in this process: the core's own ``step`` behind the adapter's six methods.

Theory of operation. Each operation runs the commands that a service would run, in the order that the
design prescribes: look up, commit, second write, ship to the standby, confirm, reply. Between them the
lock is given up, so that operations of different clients interleave as they would on instances of a
service, and a design that reads before it commits shows its races. What a design acknowledges before it
commits is kept in memory and committed with the next message; a crash loses it.

Two regions, ``n1`` and ``n2``, can be cut from each other, crash, and be promoted. The clock is the
kit's.

The step function is a parameter: the trivial systems of ``invariants.trivial`` are step functions.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric import rsa

from billproof.conformance.adapter import BaseAdapter, ok, rejected, unknown, unsupported
from billproof.conformance.documents import Document, MemberError, inner_of, list_of, text_of
from billproof.conformance.reference.faults import Regions
from billproof.conformance.reference.observing import Observer
from billproof.conformance.reference.requests import MAKERS, amount_of, instant_of, request_of, terms_of
from billproof.conformance.vectors.ops import VECTOR_FAMILIES, answer_vector
from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.context import Context, Outcome
from billproof.model.core import step as core_step
from billproof.model.design import REPAIRED, Design
from billproof.model.identifiers import (
    NO_DIGEST,
    NO_POSITION,
    AttemptId,
    CurrencyCode,
    CustomerId,
    Instant,
)
from billproof.model.money import render_amount
from billproof.model.outcomes import STORED_REFUSALS, Region, Status
from billproof.model.periods import period_of, render_instant
from billproof.model.receipts import digest_of, receipt_id
from billproof.model.screening import key_name
from billproof.model.state import Request, Site, State, initial_state

Step: TypeAlias = Callable[[State, Command, Context], Outcome]

NODES: Final = ("n1", "n2")
"""The names of the two regions."""

CODES: Final = {
    Status.NOT_LEADER: "BUSY", Status.UNKNOWN_CUSTOMER: "NOT_FOUND", Status.UNKNOWN_RECEIPT: "NOT_FOUND",
    Status.KEY_REUSED: "KEY_REUSED", Status.BAD_AMOUNT: "BAD_AMOUNT", Status.BAD_CURRENCY: "BAD_CURRENCY",
    Status.BAD_PERIOD: "BAD_PERIOD", Status.REFUND_ABOVE_CAPTURE: "REFUND_ABOVE_CAPTURE",
    Status.RECEIPT_DISPUTED: "RECEIPT_DISPUTED", Status.BACKLOG_FULL: "BUSY", Status.ACCOUNT_EXISTS: "OTHER",
    Status.PERIOD_CLOSED: "PERIOD_CLOSED", Status.ACCOUNT_HELD: "ACCOUNT_HELD",
    Status.QUOTA_EXCEEDED: "QUOTA_EXCEEDED", Status.INSUFFICIENT_BALANCE: "INSUFFICIENT_BALANCE",
    Status.NOT_POSSIBLE: "OTHER",
}  # fmt: skip
"""The code of each refusal of the core."""

TAKEN: Final = frozenset({Status.ACCEPTED, Status.ACCEPTED_LATE, Status.ACCEPTED_WITH_WARNING})
"""The statuses of what took effect."""

OBSERVED: Final = ("balance", "ledger", "receipts", "export", "quota", "invoice", "checkpoint", "health")

_RACE_SECONDS: Final = 0.002
"""How long an instance takes between two of its own steps, where the design has it look before it commits."""


class ReferenceAdapter(BaseAdapter):
    """The model as a product."""

    name = "billproof-model"
    concurrent = 16

    def __init__(
        self, design: Design = REPAIRED, step: Step | None = None, private: rsa.RSAPrivateKey | None = None
    ) -> None:
        self._design = design
        self._step = core_step if step is None else step
        self._lock = threading.RLock()
        self._context = Context(design=design, digest=digest_of(design))
        self._attempts = 0
        self._pending: list[tuple[Region, AttemptId, Request]] = []
        self._private = private or rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.state = initial_state(regions=2)
        self.regions = Regions(self)
        self._observer = Observer(self, self._private)

    # --- what the parts of the adapter share ---

    @property
    def context(self) -> Context:
        """Design and digest oracle."""
        return self._context

    @property
    def design(self) -> Design:
        """The design."""
        return self._design

    def execute(self, command: Command) -> Outcome:
        """Execute one command of the core."""
        with self._lock:
            outcome = self._step(self.state, command, self._context)
            self.state = outcome.state
            return outcome

    def leader(self) -> Region:
        """Return the region that takes operations: the one to which the arbiter has granted the epoch."""
        return self.state.leader

    def site(self, region: Region | None = None) -> Site:
        """Return what a region holds, the leader without one."""
        region = self.leader() if region is None else region
        return self.state.primary if region == Region.PRIMARY else self.state.standby

    # --- the protocol ---

    def hello(self, message: Document) -> Document:
        """Declare everything that the core has."""
        del message
        return {
            "protocol": 1,
            "implementation": {"name": self.name, "version": "1", "language": "Python"},
            "capabilities": {
                "operations": ["charge", *MAKERS, "reconcile", "dispute", "audit"],
                "observations": list(OBSERVED),
                "vectors": list(VECTOR_FAMILIES),
                "clock": "controllable",
                "concurrent": True,
                "faults": ["crash", "restart", "partition", "heal", "failover", "skew", "tamper", "diverge"],
                "nodes": list(NODES),
                "receipts": "billproof/v1",
                "quota": "hard",
                "balance": "floor",
            },
            "choices": {},
            "limits": {"max_in_flight": self.concurrent, "money_scale": 12},
        }

    def reset(self, message: Document) -> Document:
        """Begin anew with the accounts of the world."""
        with self._lock:
            world, now = inner_of(message, "world"), instant_of(message, "now")
            self._pending.clear()
            self.regions = Regions(self)
            self.state = initial_state(regions=2, now=now, period=period_of(now))
            for item in list_of(world, "accounts"):
                assert isinstance(item, dict)
                self._open(item, now)
            self.settle()
            return {"ok": True, "world": world.get("id")}

    def _open(self, account: Document, now: Instant) -> None:
        customer = {"customer": account["customer"], "currency": account["currency"]}
        made = self._request("open", customer, "world-open", now)
        opening = commands.OpenAccount(region=self.leader(), request=_with_terms(made, account))
        self.execute(opening)
        balance = amount_of(account, "balance", "0")
        if balance > 0:
            args: Document = {**customer, "amount": render_amount(balance)}
            self.execute(
                commands.TopUp(region=self.leader(), request=self._request("top_up", args, "world-pay", now))
            )

    def op(self, message: Document) -> Document:
        """Run the commands of an operation and reply as the design replies."""
        operation, args = text_of(message, "op"), inner_of(message, "args")
        if operation not in ("charge", "reconcile", "dispute", "audit", *MAKERS):
            return answer_vector(operation, args) or unsupported()
        if self.regions.is_down(self.leader()):
            return unknown("no instance answers")
        self.flush()
        try:
            if operation == "reconcile":
                return self._observer.reconcile(CustomerId(text_of(args, "customer")))
            if operation == "audit":
                return self._observer.audit(args)
            if operation == "dispute":
                return self._observer.dispute(args)
            request = self._request(operation, args, text_of(message, "idem", ""), self.state.now)
        except MemberError as error:
            return rejected("MALFORMED", detail=str(error))
        return self._perform(operation, request)

    def observe(self, message: Document) -> Document:
        """Show something of the leader, or of the node that is asked."""
        what, at = text_of(message, "what"), text_of(message, "at", "")
        if what not in OBSERVED or (at and at not in NODES):
            return unsupported()
        region = Region(NODES.index(at)) if at else self.leader()
        if what == "health":
            return ok(self.regions.health(region))
        if self.regions.is_down(region):
            return unknown("no instance answers")
        if not at or region == self.leader():
            self.flush()
        with self._lock:
            return self._observer.show(what, inner_of(message, "args"), region, is_replica=bool(at))

    def clock(self, message: Document) -> Document:
        """Set the clock; nothing says that it goes forward."""
        now = (
            instant_of(message, "set")
            if "set" in message
            else Instant(self.state.now + int(text_of(message, "advance_ms")) * 1_000)
        )
        self.flush()
        self.execute(commands.AdvanceTime(now=now, period=period_of(now)))
        self.regions.run_jobs()
        return {"ok": True, "now": render_instant(now)}

    def fault(self, message: Document) -> Document:
        """Cause a fault in one region or between them."""
        with self._lock:
            return self.regions.cause(message)

    # --- performing ---

    def _request(self, operation: str, args: Document, key: str, now: Instant) -> Request:
        return request_of(operation, args, key, site=self.site(), now=now, signer=self._observer.key_id)

    def _perform(self, operation: str, request: Request) -> Document:
        region = self.leader()
        with self._lock:
            self._attempts += 1
            attempt = AttemptId(f"a{self._attempts}")
        if operation != "charge":
            outcome = self.execute(MAKERS[operation](region, request))
            self.settle()
            return self._reply(request, outcome, region, attempt)
        if self._design.reads_before_commit:
            self.execute(commands.LookUp(region=region, attempt=attempt, request=request))
            time.sleep(_RACE_SECONDS)
            told = self.execute(commands.Acknowledge(region=region, attempt=attempt, request=request))
            if told.status in TAKEN and not self._is_known(request, region):
                with self._lock:
                    self._pending.append((region, attempt, request))
                return ok({"id": f"pending-{attempt}"})
        return self._commit(region, attempt, request)

    def _commit(self, region: Region, attempt: AttemptId, request: Request) -> Document:
        with self._lock:
            outcome = self.execute(commands.Charge(region=region, attempt=attempt, request=request))
        if self._design.reads_before_commit and outcome.position != NO_POSITION and not outcome.replayed:
            time.sleep(_RACE_SECONDS)
            self.execute(commands.Complete(region=region, attempt=attempt))
        self.settle()
        return self._reply(request, outcome, region, attempt)

    def _reply(self, request: Request, outcome: Outcome, region: Region, attempt: AttemptId) -> Document:
        with self._lock:
            status = outcome.status
            if status not in TAKEN and status not in STORED_REFUSALS:
                return rejected(CODES.get(status, "OTHER"))
            told = self.execute(commands.Acknowledge(region=region, attempt=attempt, request=request))
            if told.status == Status.NOT_POSSIBLE and self._step is core_step:
                return unknown("committed, and not yet durable")
            receipt = self._receipt(outcome, region)
            if status in STORED_REFUSALS:
                return rejected(CODES[status], receipt=receipt)
            return ok(self._value(outcome, region), receipt=receipt)

    def _value(self, outcome: Outcome, region: Region) -> Document:
        ledger = self.site(region).ledger
        if not 0 <= outcome.position < ledger.length:
            return {"id": f"receipt-{outcome.receipt[:32]}"}
        entry = ledger.at(outcome.position)
        return {
            "id": receipt_id(entry.customer, entry.sequence),
            "seq": str(entry.sequence),
            "status": outcome.status.name.lower(),
            "balance_after": render_amount(entry.balance_after),
        }

    def _receipt(self, outcome: Outcome, region: Region) -> str:
        ledger = self.site(region).ledger
        if outcome.receipt == NO_DIGEST:
            return ""
        if 0 <= outcome.position < ledger.length and ledger.at(outcome.position).digest == outcome.receipt:
            return self._observer.jws(ledger.at(outcome.position))
        return f"unsigned.{outcome.receipt}"

    def _is_known(self, request: Request, region: Region) -> bool:
        return self.site(region).keys.contains(key_name(request))

    def flush(self) -> None:
        """Commit what was acknowledged from memory."""
        with self._lock:
            waiting, self._pending = self._pending, []
        for region, attempt, request in waiting:
            self._commit(region, attempt, request)

    def forget(self) -> None:
        """Lose what was acknowledged from memory, as a crash does."""
        self._pending.clear()

    def settle(self) -> None:
        """Ship and confirm what can be shipped, then publish a checkpoint and feed the documents."""
        with self._lock:
            self.regions.ship()
            self.execute(commands.PublishCheckpoint(region=self.leader()))


def _with_terms(request: Request, account: Document) -> Request:
    return replace(request, terms=terms_of(account), currency=CurrencyCode(text_of(account, "currency")))
