"""One transaction of a store: the state as the commands so far have made it, on tables.

What the commands of one commit have changed is kept beside the tables and written by the store at the end;
a step that fails has changed nothing.

Source: ``verification.md`` "The central idea"; ``system.md`` section 4.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from billproof.model.audit_log import AuditRecord
from billproof.model.commands import AdvanceTime, Command, Crash
from billproof.model.containers import PartialMap
from billproof.model.context import Context, Outcome
from billproof.model.core import step
from billproof.model.effects import is_charge_bearing
from billproof.model.governors.entitlement import State as EntitlementState
from billproof.model.identifiers import Amount, CustomerId, EntitlementId, Instant, Position, Sequence
from billproof.model.outcomes import Region
from billproof.model.periods import period_of
from billproof.model.posting import standing_of
from billproof.model.state import Account, ChainName, Entry, KeyName, Site, initial_state
from billproof.service.access import find_entitlement_state
from billproof.service.signing import Chunk
from billproof.service.tables import LogTable, Row, TableLog, TableMap

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables behind the site of one transaction."""

    site: Site
    maps: tuple[Callable[[], None], ...]
    """Writes each of the maps."""
    log: LogTable
    connection: sqlite3.Connection
    """Whose transaction this is."""


class Transaction:
    """One commit: the state as the commands so far have made it."""

    def __init__(self, tables: Tables, now: Instant, context: Context, *, is_journaling: bool) -> None:
        self.base = tables.log.length
        """How many entries the log had before."""
        self.journal: list[tuple[Command, Outcome]] = []
        """Every command and what it came to, in order; empty where nobody asked for it."""
        self.chunks: tuple[Chunk, ...] = ()
        """The signatures of what was committed, as they are being made; empty before the commit."""
        self.attached: list[tuple[str, Row]] = []
        """What is to be written beside the ledger in the same commit: a statement and its cells."""
        self.records: list[AuditRecord] = []
        """What the audit log is to say of this commit."""
        self.publics: dict[str, bytes] = {}
        """Public keys that this commit registers, PEM, by their thumbprints."""
        self._is_journaling = is_journaling
        self._connection = tables.connection
        self._log = tables.log
        self._context = context
        alone = initial_state(regions=1)
        self._state = replace(alone, primary=replace(tables.site, epoch=alone.primary.epoch))
        self.execute(AdvanceTime(now=now, period=period_of(now)))

    def execute(self, command: Command) -> Outcome:
        """Execute one command of the model; nothing is durable before the transaction ends."""
        outcome = step(self._state, command, self._context)
        if outcome.state is not self._state:
            self._state = replace(outcome.state, primary=_absorbed(outcome.state.primary))
        if self._is_journaling:
            self.journal.append((command, outcome))
        return outcome

    def entry(self, position: Position) -> Entry:
        """Return a committed or just appended entry."""
        return self._log.at(position)

    def forget_attempts(self) -> None:
        """Forget what this instance has looked up, as an instance does that has its answer."""
        self.execute(Crash(region=Region.PRIMARY))

    def account(self, customer: CustomerId) -> Account | None:
        """Return the account of a customer as the commands so far have made it, or None without one."""
        accounts = self._state.primary.accounts
        return accounts.get(customer) if accounts.contains(customer) else None

    def refundable(self, customer: CustomerId, sequence: Sequence) -> Amount:
        """Return what of a charge is neither returned nor held by a dispute, in units; 0 for no charge."""
        site = self._state.primary
        name = ChainName(customer=customer, sequence=sequence)
        if not site.chain.contains(name):
            return Amount(0)
        captured = site.ledger.at(site.chain.get(name))
        if not is_charge_bearing(captured):
            return Amount(0)
        standing = standing_of(site, name)
        return Amount(max(0, captured.amount - standing.returned - standing.disputed))

    def entitlement_state(self, customer: CustomerId, entitlement: EntitlementId) -> EntitlementState:
        """Return what is in force of an entitlement in this very transaction: nothing is cached (XA-70)."""
        return find_entitlement_state(self._connection, customer, entitlement)

    def is_known(self, name: KeyName) -> bool:
        """Tell whether a key has a stored outcome."""
        return self._state.primary.keys.contains(name)


def _absorbed(site: Site) -> Site:
    return replace(
        site,
        accounts=_absorbed_map(site.accounts),
        rows=_absorbed_map(site.rows),
        keys=_absorbed_map(site.keys),
        heads=_absorbed_map(site.heads),
        chain=_absorbed_map(site.chain),
        standings=_absorbed_map(site.standings),
        ledger=site.ledger.absorbed() if isinstance(site.ledger, TableLog) else site.ledger,
    )


def _absorbed_map(given: PartialMap[K, V]) -> PartialMap[K, V]:
    return given.absorbed() if isinstance(given, TableMap) else given
