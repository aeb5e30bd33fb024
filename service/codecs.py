"""How the derived records of the model lie in rows: one codec per table, both ways.

Amounts are the canonical decimal strings of the wire, times RFC 3339, periods ``YYYY-MM``, statuses their
names, so that any SQLite tool shows what the model means and no column can overflow.

Source: ``system.md`` sections 3 and 9.
"""

from typing import Final

from billproof.model.identifiers import (
    NO_PERIOD,
    Amount,
    Count,
    CurrencyCode,
    CustomerId,
    Digest,
    Fingerprint,
    Period,
    Position,
    Sequence,
)
from billproof.model.money import TOTAL_MAX, parse_amount, render_amount
from billproof.model.outcomes import AccountKind, Status
from billproof.model.periods import parse_instant, period_of_text, render_instant, render_period
from billproof.model.portable import PortableError
from billproof.model.receipts import ACCOUNT_NAMES, STATUS_NAMES
from billproof.model.state import (
    Account,
    ChainName,
    Head,
    KeyName,
    KeyRecord,
    QuotaRow,
    RowName,
    Standing,
    Terms,
)
from billproof.service.tables import Cell, Row, RowCodec

ACCOUNT_KINDS: Final = {name: kind for kind, name in ACCOUNT_NAMES.items()}
"""The kinds of accounts by name."""

STATUSES: Final = {name: status for status, name in STATUS_NAMES.items()}
"""The stored statuses by name."""


class AccountCodec(RowCodec[CustomerId, Account]):
    """Table ``accounts``."""

    name = "accounts"
    select = (
        "SELECT currency, balance, kind, credit_limit, quota, usage_limit, first_period, closed_through,"
        " holds FROM accounts WHERE customer = ?"
    )
    upsert = "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    delete = "DELETE FROM accounts WHERE customer = ?"

    def key_cells(self, key: CustomerId) -> Row:
        """Return the cells of a key."""
        return (key,)

    def cells(self, key: CustomerId, value: Account) -> Row:
        """Return the cells of a row."""
        terms = value.terms
        return (
            key, value.currency, render_amount(value.balance), ACCOUNT_NAMES[terms.kind],
            render_amount(terms.credit_limit), render_amount(terms.quota), render_amount(terms.limit),
            _period_text(value.first_period), _period_text(value.closed_through), value.holds,
        )  # fmt: skip

    def value(self, row: Row) -> Account:
        """Return the value of a selected row."""
        currency, balance, kind, credit_limit, quota, limit, first_period, closed_through, holds = row
        return Account(
            currency=CurrencyCode(str(currency)),
            balance=_amount(balance),
            terms=Terms(
                kind=_account_kind(kind),
                credit_limit=_amount(credit_limit),
                quota=_amount(quota),
                limit=_amount(limit),
            ),
            first_period=_period(first_period),
            closed_through=_period(closed_through),
            holds=Count(_integer(holds)),
        )


class QuotaRowCodec(RowCodec[RowName, QuotaRow]):
    """Table ``quota_rows``."""

    name = "quota_rows"
    select = (
        "SELECT used, held, held_at_limit FROM quota_rows"
        " WHERE customer = ? AND entitlement = ? AND period = ?"
    )
    upsert = "INSERT OR REPLACE INTO quota_rows VALUES (?, ?, ?, ?, ?, ?)"
    delete = "DELETE FROM quota_rows WHERE customer = ? AND entitlement = ? AND period = ?"

    def key_cells(self, key: RowName) -> Row:
        """Return the cells of a key."""
        return (key.customer, key.entitlement, render_period(key.period))

    def cells(self, key: RowName, value: QuotaRow) -> Row:
        """Return the cells of a row."""
        return (
            *self.key_cells(key), render_amount(value.used), int(value.held),
            render_amount(value.held_at_limit),
        )  # fmt: skip

    def value(self, row: Row) -> QuotaRow:
        """Return the value of a selected row."""
        used, held, held_at_limit = row
        return QuotaRow(used=_amount(used), held=held == 1, held_at_limit=_amount(held_at_limit))


class KeyCodec(RowCodec[KeyName, KeyRecord]):
    """Table ``keys``."""

    name = "keys"
    select = "SELECT fingerprint, status, position, digest FROM keys WHERE customer = ? AND key = ?"
    upsert = "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)"
    delete = "DELETE FROM keys WHERE customer = ? AND key = ?"

    def key_cells(self, key: KeyName) -> Row:
        """Return the cells of a key."""
        return (key.customer, key.key)

    def cells(self, key: KeyName, value: KeyRecord) -> Row:
        """Return the cells of a row."""
        return (
            key.customer, key.key, value.fingerprint, STATUS_NAMES[value.status], value.position,
            value.digest,
        )  # fmt: skip

    def value(self, row: Row) -> KeyRecord:
        """Return the value of a selected row."""
        fingerprint, status, position, digest = row
        return KeyRecord(
            fingerprint=Fingerprint(str(fingerprint)),
            status=_status(status),
            position=Position(_integer(position)),
            digest=Digest(str(digest)),
        )


class HeadCodec(RowCodec[CustomerId, Head]):
    """Table ``heads``."""

    name = "heads"
    select = "SELECT seq, digest, commit_time FROM heads WHERE customer = ?"
    upsert = "INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)"
    delete = "DELETE FROM heads WHERE customer = ?"

    def key_cells(self, key: CustomerId) -> Row:
        """Return the cells of a key."""
        return (key,)

    def cells(self, key: CustomerId, value: Head) -> Row:
        """Return the cells of a row."""
        return (key, value.sequence, value.digest, render_instant(value.commit_time))

    def value(self, row: Row) -> Head:
        """Return the value of a selected row."""
        sequence, digest, commit_time = row
        return Head(
            sequence=Sequence(_integer(sequence)),
            digest=Digest(str(digest)),
            commit_time=parse_instant(str(commit_time)),
        )


class ChainCodec(RowCodec[ChainName, Position]):
    """The unique index of table ``log``: the position of a link of a chain.

    Nothing is written through it: the row is the log's own, appended with the entry.
    """

    name = "log"
    select = "SELECT position FROM log WHERE customer = ? AND seq = ?"
    upsert = ""
    delete = ""

    def key_cells(self, key: ChainName) -> Row:
        """Return the cells of a key."""
        return (key.customer, key.sequence)

    def cells(self, key: ChainName, value: Position) -> Row:
        """Return the cells of a row."""
        return (*self.key_cells(key), value)

    def value(self, row: Row) -> Position:
        """Return the value of a selected row."""
        return Position(_integer(row[0]))


class StandingCodec(RowCodec[ChainName, Standing]):
    """Table ``standings``."""

    name = "standings"
    select = "SELECT returned, disputed, ended FROM standings WHERE customer = ? AND seq = ?"
    upsert = "INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?)"
    delete = "DELETE FROM standings WHERE customer = ? AND seq = ?"

    def key_cells(self, key: ChainName) -> Row:
        """Return the cells of a key."""
        return (key.customer, key.sequence)

    def cells(self, key: ChainName, value: Standing) -> Row:
        """Return the cells of a row."""
        return (
            key.customer, key.sequence, render_amount(value.returned), render_amount(value.disputed),
            int(value.ended),
        )  # fmt: skip

    def value(self, row: Row) -> Standing:
        """Return the value of a selected row."""
        returned, disputed, ended = row
        return Standing(returned=_amount(returned), disputed=_amount(disputed), ended=ended == 1)


class StoredValueError(PortableError, ValueError):
    """A cell of a derived table that holds no value of its kind; the store has been damaged.

    Args:
        cell: What it holds.
        wanted: What it should hold.
    """

    def __init__(self, cell: Cell, wanted: str) -> None:
        super().__init__(f"{cell!r} is not {wanted}; run billproof audit on the database")
        self.cell = cell
        self.wanted = wanted


def _amount(cell: Cell) -> Amount:
    if not isinstance(cell, str):
        raise StoredValueError(cell, "the text of an amount")
    return parse_amount(cell, TOTAL_MAX)


def _period_text(period: Period) -> str:
    return "" if period == NO_PERIOD else render_period(period)


def _period(cell: Cell) -> Period:
    text = str(cell)
    return NO_PERIOD if not text else period_of_text(text)


def _integer(cell: Cell) -> int:
    if not isinstance(cell, int):
        raise StoredValueError(cell, "an integer")
    return cell


def _status(cell: Cell) -> Status:
    status = STATUSES.get(str(cell))
    if status is None:
        raise StoredValueError(cell, "a stored status")
    return status


def _account_kind(cell: Cell) -> AccountKind:
    kind = ACCOUNT_KINDS.get(str(cell))
    if kind is None:
        raise StoredValueError(cell, "a kind of account")
    return kind
