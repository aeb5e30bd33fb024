"""What scenarios are written with: a fresh world, operations with new keys, retries, readings.

A scenario only does things. What they mean is judged afterwards from the history, by rules that do not know
which scenario it was.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from billproof.conformance.documents import Document
from billproof.conformance.messages import OutcomeKind, Reply
from billproof.conformance.session import UNIT, Account, Session
from billproof.model.identifiers import Amount, Instant
from billproof.model.money import render_amount
from billproof.model.periods import (
    MICROS_PER_DAY,
    MICROS_PER_SECOND,
    period_of,
    render_instant,
    render_period,
)

PLENTY: Final = 10**9 * UNIT
"""A bound that nothing in a scenario reaches."""

START: Final = Instant(1_773_144_000 * MICROS_PER_SECOND)
"""2026-03-10T12:00:00Z: where worlds with a clock of their own begin, give or take some days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An operation that was sent."""

    operation: str
    args: Document
    key: str
    reply: Reply

    @property
    def is_ok(self) -> bool:
        """Whether it was acknowledged."""
        return self.reply.outcome == OutcomeKind.OK

    @property
    def is_unknown(self) -> bool:
        """Whether it may have taken effect."""
        return self.reply.outcome == OutcomeKind.UNKNOWN

    @property
    def id(self) -> str:
        """The id that it got."""
        value = self.reply.value
        found = value.get("id") if isinstance(value, dict) else None
        return found if isinstance(found, str) else ""


class Scene:
    """One world and what is done in it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.random = session.random
        self.accounts: tuple[Account, ...] = ()
        self.entitlements: tuple[str, ...] = ()
        self.now = START
        self._patience = 3

    def can(self, *operations: str) -> bool:
        """Tell whether all of these operations are declared."""
        return set(operations) <= self.session.declaration.capabilities.operations

    def shows(self, *observations: str) -> bool:
        """Tell whether all of these observations are declared."""
        return set(observations) <= self.session.declaration.capabilities.observations

    def units(self, major: int) -> int:
        """Return an amount of about so many major units, with as many decimals as are taken, in units."""
        unit = max(self.session.unit, UNIT // 100)
        return major * UNIT + (self.random.randrange(1, 50) * unit if unit < UNIT else 0)

    def account(self, balance: int, *, limit: int = PLENTY, quota: int | None = None) -> Account:
        """Return a new prepaid account; amounts in units."""
        return Account(
            customer=self.session.names.draw("c"), currency="USD", kind="prepaid", credit_limit=0,
            quota=limit if quota is None else quota, limit=limit, balance=balance,
        )  # fmt: skip

    def credit_account(self, credit: int) -> Account:
        """Return a new credit account with nothing in it."""
        return replace(self.account(0), kind="credit", credit_limit=credit)

    def begin(self, *accounts: Account) -> tuple[Account, ...]:
        """Make a world of accounts and read how it begins."""
        if self.session.declaration.capabilities.is_clock_controllable:
            self.now = Instant(START + self.random.randrange(5) * MICROS_PER_DAY)
        else:
            self.now = Instant(time.time_ns() // 1_000_000_000 * MICROS_PER_SECOND)
        self.accounts = accounts
        self.entitlements = (self.session.names.draw("e"), self.session.names.draw("e"))
        self.session.reset(accounts, self.entitlements, self.now)
        for account in accounts:
            self.read(account)
        return accounts

    def read(self, account: Account) -> None:
        """Read ledger and balance of an account."""
        for what in ("ledger", "balance"):
            if self.shows(what):
                self.session.observe(what, {"customer": account.customer})

    def peek(self, account: Account) -> None:
        """Read the balance of an account, or its ledger where there is no balance."""
        what = "balance" if self.shows("balance") else "ledger"
        if self.shows(what):
            self.session.observe(what, {"customer": account.customer})

    def usage(self, account: Account, entitlement: str | None = None) -> None:
        """Read the usage of an account."""
        if self.shows("quota"):
            named = self.entitlements[0] if entitlement is None else entitlement
            month = render_period(period_of(self.now))
            self.session.observe(
                "quota", {"customer": account.customer, "entitlement": named, "period": month}
            )

    def finish(self) -> None:
        """Read everything once more, ledgers before and after all else."""
        for account in self.accounts:
            customer: Document = {"customer": account.customer}
            if self.shows("ledger"):
                self.session.observe("ledger", customer)
            if self.shows("balance"):
                self.session.observe("balance", customer)
            for entitlement in self.entitlements:
                self.usage(account, entitlement)
            if self.shows("invoice"):
                self.session.observe("invoice", customer)
            if self.shows("ledger"):
                self.session.observe("ledger", customer)

    def charge(self, account: Account, units: int, *, client: str = "c0", key: str = "", **more: str) -> Sent:
        """Charge an amount."""
        args: Document = {
            "customer": account.customer, "entitlement": self.entitlements[0],
            "amount": render_amount(Amount(units)), "currency": account.currency,
            "event_time": render_instant(self.now), **more,
        }  # fmt: skip
        return self.send("charge", args, key or self.session.names.draw("k"), client)

    def give(
        self, operation: str, account: Account, units: int, *, client: str = "c0", key: str = ""
    ) -> Sent:
        """Send a top-up, credit or adjustment."""
        args: Document = {
            "customer": account.customer, "amount": render_amount(Amount(units)),
            "currency": account.currency,
        }  # fmt: skip
        return self.send(operation, args, key or self.session.names.draw("k"), client)

    def back(
        self, operation: str, account: Account, charge: str, units: int | None = None, *, client: str = "c0"
    ) -> Sent:
        """Send a refund, chargeback or void of a charge."""
        args: Document = {"customer": account.customer, "charge": charge}
        if units is not None:
            args.update({"amount": render_amount(Amount(units)), "currency": account.currency})
        return self.send(operation, args, self.session.names.draw("k"), client)

    def send(self, operation: str, args: Document, key: str, client: str = "c0") -> Sent:
        """Send an operation under a key."""
        return Sent(
            operation=operation, args=args, key=key, reply=self.session.op(operation, args, key, client)
        )

    def again(self, sent: Sent, client: str = "c0", **changed: str) -> Sent:
        """Send the same request under the same key, or another one where members are changed."""
        return self.send(sent.operation, {**sent.args, **changed}, sent.key, client)

    def settle(self, sent: Sent, client: str = "c0", tries: int = 20) -> Sent:
        """Send a request again until its reply is definite."""
        for _ in range(tries if self._patience > 0 else 1):
            if not sent.is_unknown and sent.reply.code != "BUSY":
                return sent
            time.sleep(0.02)
            sent = self.again(sent, client)
        # Who never answers is not waited for again and again.
        self._patience -= 1
        return sent

    def together(self, actions: Sequence[Callable[[], object]]) -> None:
        """Do things at the same time, as many as the adapter takes."""
        width = max(1, self.session.declaration.limits.in_flight)
        for start in range(0, len(actions), width):
            some = actions[start : start + width]
            self.session.together([_silenced(action) for action in some])


def _silenced(action: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        action()

    return run


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Something to do to a product."""

    name: str
    level: int
    """The strength of evidence that it gives."""
    profiles: frozenset[str]
    needs: Callable[[Scene], bool]
    run: Callable[[Scene], None]
    title: str
