"""The derived state as a fold of receipts: what an audit holds the derived tables against.

Every part is a sum or the last of its kind, so folds of consecutive stretches of a log can be made apart
and put together (``merge``): that is how two processes share one audit. The sums are those of
``model.posting``; the tables were written by ``apply_entry`` of the same file. That the two agree is
checked on every audit, and in ``tests``.
"""

from dataclasses import dataclass, field

from billproof.model.design import Design
from billproof.model.effects import (
    balance_effect,
    dispute_effect,
    hold_effect,
    is_usage,
    release_effect,
    return_effect,
)
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    Count,
    CurrencyCode,
    CustomerId,
    CustomerKeyId,
    EntitlementId,
    Period,
    Sequence,
)
from billproof.model.outcomes import EntryKind, Status
from billproof.model.posting import RESET_JOB_PERIOD
from billproof.model.state import ChainName, Entry, Head, Terms
from billproof.model.switches import PeriodAccounting
from billproof.model.verification import head_after

RowKey = tuple[CustomerId, EntitlementId, Period]
"""Customer, entitlement and period of a quota row."""


@dataclass(frozen=False, slots=True, kw_only=True)
class AccountFold:
    """What the entries of one customer come to."""

    currency: CurrencyCode
    """Of the first entry, which opened the account."""
    balance: Amount
    """The sum of the effects, in units."""
    balance_after: Amount
    """What the last entry says of the whole, in units."""
    terms: Terms
    """Of the last entry."""
    head: Head
    """After the last entry."""
    first_period: Period | None = None
    """The first month that is billed; None where this stretch does not say."""
    closed_through: Period | None = None
    """The last month that was closed; None where this stretch closes none."""
    holds: Count = Count(0)
    """Holds placed on all charges, less those ended."""


@dataclass(frozen=False, slots=True, kw_only=True)
class RowFold:
    """What the entries of one quota row come to."""

    used: Amount = Amount(0)
    held_at_limit: Amount | None = None
    """The limit at the last refusal for quota; None without one."""
    sequence: Sequence = Sequence(0)
    """The last entry that touched the row, for naming it."""


@dataclass(frozen=False, slots=True, kw_only=True)
class StandingFold:
    """What the entries that name one entry come to."""

    returned: Amount = Amount(0)
    disputed: Amount = Amount(0)
    ended: bool = False

    def add(self, later: "StandingFold") -> None:
        """Take in what later entries come to."""
        self.returned = Amount(self.returned + later.returned)
        self.disputed = Amount(self.disputed + later.disputed)
        self.ended = self.ended or later.ended


@dataclass(frozen=False, slots=True, kw_only=True)
class Fold:
    """The derived state of a stretch of the log."""

    design: Design
    accounts: dict[CustomerId, AccountFold] = field(default_factory=dict)
    rows: dict[RowKey, RowFold] = field(default_factory=dict)
    standings: dict[tuple[CustomerId, Sequence], StandingFold] = field(default_factory=dict)
    invoices: list[tuple[CustomerId, Sequence, Period]] = field(default_factory=list)
    """The closes of months, in log order."""
    registrations: list[tuple[CustomerId, Sequence, CustomerKeyId, Sequence]] = field(default_factory=list)
    """Of keys: customer, entry, key and the registration that a revocation ends; in log order."""
    erased: set[CustomerId] = field(default_factory=set)
    """The customers whose data was erased at some time."""

    def add(self, entry: Entry) -> None:
        """Take in the next entry of the log."""
        customer = entry.customer
        effect = balance_effect(entry, customer)
        account = self.accounts.get(customer)
        if account is None:
            self.accounts[customer] = AccountFold(
                currency=entry.currency,
                balance=effect,
                balance_after=entry.balance_after,
                terms=entry.terms,
                head=head_after(entry),
                first_period=entry.period if entry.sequence == 1 else None,
                closed_through=None,
                holds=Count(hold_effect(entry, customer)),
            )
            account = self.accounts[customer]
        else:
            account.balance = Amount(account.balance + effect)
            account.balance_after = entry.balance_after
            account.terms = entry.terms
            account.head = head_after(entry)
            account.holds = Count(account.holds + hold_effect(entry, customer))
        if entry.kind == EntryKind.PERIOD_OPEN:
            account.first_period = entry.period
        if entry.kind == EntryKind.PERIOD_CLOSE:
            account.closed_through = entry.period
            self.invoices.append((customer, entry.sequence, entry.period))
        if entry.kind == EntryKind.ERASURE:
            self.erased.add(customer)
        if entry.kind == EntryKind.KEY_REGISTRATION:
            self.registrations.append((customer, entry.sequence, CustomerKeyId(entry.usage), entry.refers_to))
        if is_usage(entry):
            row = self._row(entry)
            row.used = Amount(row.used + entry.amount)
        elif entry.status == Status.QUOTA_EXCEEDED:
            self._row(entry).held_at_limit = entry.terms.limit
        elif entry.refers_to != NO_SEQUENCE:
            name = ChainName(customer=customer, sequence=entry.refers_to)
            standing = StandingFold(
                returned=return_effect(entry, name),
                disputed=dispute_effect(entry, name),
                ended=release_effect(entry, name) == 1,
            )
            self.standings.setdefault((customer, entry.refers_to), StandingFold()).add(standing)

    def merge(self, later: "Fold") -> None:
        """Take in the fold of the stretch that follows."""
        for customer, folded in later.accounts.items():
            account = self.accounts.get(customer)
            if account is None:
                self.accounts[customer] = folded
            else:
                account.balance = Amount(account.balance + folded.balance)
                account.balance_after = folded.balance_after
                account.terms = folded.terms
                account.head = folded.head
                account.holds = Count(account.holds + folded.holds)
                if folded.first_period is not None:
                    account.first_period = folded.first_period
                if folded.closed_through is not None:
                    account.closed_through = folded.closed_through
        for key, counted in later.rows.items():
            row = self.rows.setdefault(key, RowFold())
            row.used = Amount(row.used + counted.used)
            row.sequence = counted.sequence
            if counted.held_at_limit is not None:
                row.held_at_limit = counted.held_at_limit
        self.invoices += later.invoices
        self.registrations += later.registrations
        self.erased |= later.erased
        for name, standing in later.standings.items():
            self.standings.setdefault(name, StandingFold()).add(standing)

    def _row(self, entry: Entry) -> RowFold:
        period = entry.period
        if self.design.period_accounting == PeriodAccounting.RESET_JOB:
            period = RESET_JOB_PERIOD
        key = (entry.customer, entry.entitlement, period)
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = RowFold()
        row.sequence = entry.sequence
        return row
