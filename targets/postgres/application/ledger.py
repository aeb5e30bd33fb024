"""The ledger: accounts, and the one function that appends an entry and moves what is derived from it.

Everything here runs within a transaction of its caller and reads what it needs in that transaction.

Source: ``system.md`` section 4, step 3.
"""

from dataclasses import dataclass
from typing import Final

from targets.postgres.application.database import Transaction
from targets.postgres.application.keys import SigningKeys
from targets.postgres.application.receipts import GENESIS, Entry, Terms, body_digest
from targets.postgres.application.requests import Request

LOWERS_BALANCE: Final = frozenset({"debit", "adjustment"})
"""The kinds that charge (an adjustment may be negative and then returns)."""

RAISES_BALANCE: Final = frozenset({"refund", "void", "chargeback", "credit", "top_up"})
"""The kinds that return or pay in."""

RETURNS: Final = frozenset({"refund", "void", "chargeback", "credit"})
"""The kinds that count against the debit that they name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as this transaction sees it."""

    customer: str
    currency: str
    balance: int
    terms: Terms
    first_period: str
    closed_through: str
    holds: int
    head_seq: int
    head_digest: str
    head_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An entry as it is answered."""

    seq: int
    kind: str
    status: str
    fingerprint: str
    jws: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What later entries have made of one."""

    returned: int
    disputed: int
    ended: bool


def find_account(tx: Transaction, customer: str) -> Account | None:
    """Return an account, or None."""
    row = tx.execute(
        "SELECT currency, balance, account_kind, credit_limit, quota, usage_limit, first_period,"
        " closed_through, holds, head_seq, head_digest, head_time FROM accounts WHERE customer = %s",
        (customer,),
    ).fetchone()
    if row is None:
        return None
    currency, balance, kind, credit, quota, limit, first, closed, holds, seq, head, at = row
    return Account(
        customer=customer,
        currency=str(currency),
        balance=whole(balance),
        terms=Terms(
            account_kind=str(kind), credit_limit=whole(credit), quota=whole(quota), usage_limit=whole(limit)
        ),
        first_period=str(first),
        closed_through=str(closed),
        holds=whole(holds),
        head_seq=whole(seq),
        head_digest=str(head),
        head_time=whole(at),
    )


def find_outcome(tx: Transaction, customer: str, key: str) -> Stored | None:
    """Return the entry that is stored under an idempotency key, or None."""
    row = tx.execute(
        "SELECT seq, kind, status, fingerprint, jws FROM entries"
        " WHERE customer = %s AND idempotency_key = %s",
        (customer, key),
    ).fetchone()
    if row is None:
        return None
    seq, kind, status, fingerprint, jws = row
    return Stored(
        seq=whole(seq), kind=str(kind), status=str(status), fingerprint=str(fingerprint), jws=str(jws)
    )


def find_standing(tx: Transaction, customer: str, seq: int) -> Standing:
    """Return what has been returned and is disputed of an entry."""
    row = tx.execute(
        "SELECT returned, disputed, ended FROM standings WHERE customer = %s AND seq = %s", (customer, seq)
    ).fetchone()
    if row is None:
        return Standing(returned=0, disputed=0, ended=False)
    return Standing(returned=whole(row[0]), disputed=whole(row[1]), ended=bool(row[2]))


def commit_time(account: Account | None, now: int) -> int:
    """Return the time of the next entry: the clock, but never before the entry before it."""
    return now if account is None else max(now, account.head_time)


def append(
    tx: Transaction,
    keys: SigningKeys,
    request: Request,
    account: Account | None,
    *,
    kind: str,
    status: str,
    amount: int,
    period: str,
    terms: Terms,
    now: int,
) -> Stored:
    """Append an entry and move balance, usage, holds and standings with it.

    Args:
        tx: The transaction.
        keys: Sign the receipt.
        request: What was asked.
        account: As read in this transaction; None to open it.
        kind: Of the entry.
        status: The outcome that it records.
        amount: In units.
        period: The month that it counts in.
        terms: In force from this entry on.
        now: The clock.
    """
    before = account.balance if account else 0
    at = commit_time(account, now)
    entry = Entry(
        customer=request.customer,
        seq=account.head_seq + 1 if account else 1,
        kind=kind,
        status=status,
        idempotency_key=request.key,
        fingerprint=request.fingerprint,
        amount=amount,
        currency=account.currency if account else request.currency,
        entitlement=request.entitlement,
        usage=request.usage,
        price_plan_hash=request.price_plan_hash,
        event_time=at if request.event_time is None else request.event_time,
        commit_time=at,
        period=period,
        balance_before=before,
        balance_after=before + balance_effect(kind, amount),
        refers_to=request.refers_to,
        terms=terms,
        issuer="customer" if request.operation == "charge" else "operator",
        key_id=keys.receipt_id,
        prev=account.head_digest if account else GENESIS,
    )
    body = entry.body()
    stored = Stored(
        seq=entry.seq, kind=kind, status=status, fingerprint=entry.fingerprint, jws=keys.sign(body)
    )
    _write_account(tx, entry, account, body_digest(body))
    _write_entry(tx, entry, stored, body)
    _move_derived(tx, entry)
    return stored


def balance_effect(kind: str, amount: int) -> int:
    """Return what an entry adds to the balance, in units."""
    if kind in LOWERS_BALANCE:
        return -amount
    return amount if kind in RAISES_BALANCE else 0


def whole(value: object) -> int:
    """Return a number of the database as the integer that it is.

    Raises:
        ValueError: It has a fraction; amounts are whole units.
    """
    return int(str(value))


def _write_account(tx: Transaction, entry: Entry, account: Account | None, head: str) -> None:
    terms = entry.terms
    values = (
        entry.balance_after, terms.account_kind, terms.credit_limit, terms.quota, terms.usage_limit,
        entry.seq, head, entry.commit_time,
    )  # fmt: skip
    if account is None:
        tx.execute(
            "INSERT INTO accounts (balance, account_kind, credit_limit, quota, usage_limit, head_seq,"
            " head_digest, head_time, customer, currency, first_period)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (*values, entry.customer, entry.currency, entry.period),
        )
        return
    holds = account.holds
    if entry.kind in {"hold", "release"} and entry.amount == 0:
        holds += 1 if entry.kind == "hold" else -1
    closed = entry.period if entry.kind == "period_close" else account.closed_through
    tx.execute(
        "UPDATE accounts SET balance = %s, account_kind = %s, credit_limit = %s, quota = %s,"
        " usage_limit = %s, head_seq = %s, head_digest = %s, head_time = %s, holds = %s, closed_through = %s"
        " WHERE customer = %s",
        (*values, holds, closed, entry.customer),
    )


def _write_entry(tx: Transaction, entry: Entry, stored: Stored, body: bytes) -> None:
    tx.execute(
        "INSERT INTO entries (customer, seq, kind, status, idempotency_key, fingerprint, amount, currency,"
        " entitlement, period, refers_to, commit_time, balance_after, digest, body, jws)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            entry.customer, entry.seq, entry.kind, entry.status, entry.idempotency_key, entry.fingerprint,
            entry.amount, entry.currency, entry.entitlement, entry.period, entry.refers_to,
            entry.commit_time, entry.balance_after, body_digest(body), body.decode("utf-8"), stored.jws,
        ),
    )  # fmt: skip


def _move_derived(tx: Transaction, entry: Entry) -> None:
    if entry.kind == "debit" or entry.status == "accepted_late":
        tx.execute(
            "INSERT INTO usage_rows (customer, entitlement, period, used) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (customer, entitlement, period)"
            " DO UPDATE SET used = usage_rows.used + excluded.used",
            (entry.customer, entry.entitlement, entry.period, entry.amount),
        )
    elif entry.status == "quota_exceeded":
        tx.execute(
            "INSERT INTO usage_rows (customer, entitlement, period, used, held_at_limit)"
            " VALUES (%s, %s, %s, 0, %s) ON CONFLICT (customer, entitlement, period)"
            " DO UPDATE SET held_at_limit = excluded.held_at_limit",
            (entry.customer, entry.entitlement, entry.period, entry.terms.usage_limit),
        )
    elif entry.refers_to is not None:
        returned = entry.amount if entry.kind in RETURNS else 0
        disputed = {"hold": entry.amount, "release": -entry.amount}.get(entry.kind, 0)
        ended = entry.kind == "release" and entry.amount == 0
        standing = find_standing(tx, entry.customer, entry.refers_to)
        tx.execute(
            "INSERT INTO standings (customer, seq, returned, disputed, ended) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (customer, seq) DO UPDATE SET returned = excluded.returned,"
            " disputed = excluded.disputed, ended = excluded.ended",
            (
                entry.customer, entry.refers_to, standing.returned + returned,
                standing.disputed + disputed, standing.ended or ended,
            ),
        )  # fmt: skip
