"""The operations: what is checked, in which order, and which entry results.

Theory of operation. ``perform`` runs one request in one transaction. The key is looked up in it first: a
known one answers what is stored, whatever the state has become. Then the request is judged on what this
transaction reads, and what it comes to is appended, a refusal that depends on balance, quota or a hold
included. Everything else is refused without a trace.

Source: ``system.md`` sections 4 and 6.
"""

from dataclasses import dataclass
from typing import Final

from targets.postgres.application.calendar import LATE_WINDOW, SKEW, month_of
from targets.postgres.application.database import Database, Transaction
from targets.postgres.application.keys import SigningKeys
from targets.postgres.application.ledger import (
    Account,
    Stored,
    append,
    commit_time,
    find_account,
    find_outcome,
    find_standing,
    whole,
)
from targets.postgres.application.receipts import Terms
from targets.postgres.application.requests import Request

ENTRY_KINDS: Final = {
    "top_up": "top_up",
    "refund": "refund",
    "void": "void",
    "chargeback": "chargeback",
    "credit": "credit",
    "hold": "hold",
    "release": "release",
    "change_terms": "tier_change",
    "close_period": "period_close",
}
"""The kind of entry that an operation makes, where it is always the same."""

STORED_REFUSALS: Final = frozenset(
    {"period_closed", "account_held", "quota_exceeded", "insufficient_balance"}
)
"""The refusals that depend on state and are final under their key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an operation came to."""

    is_accepted: bool
    code: str
    """The status in lower case; a refusal is no error of the service."""
    stored: Stored | None = None
    """The entry, where there is one."""
    is_replayed: bool = False


def perform(database: Database, keys: SigningKeys, request: Request, now: int) -> Reply:
    """Perform a request in one transaction; it is committed when this returns.

    Raises:
        BusyError, OutcomeUnknownError, UnavailableError: As ``Database.run``.
    """

    def work(tx: Transaction) -> Reply:
        return _perform(tx, keys, request, now)

    return database.run(work)


def _perform(tx: Transaction, keys: SigningKeys, request: Request, now: int) -> Reply:
    stored = find_outcome(tx, request.customer, request.key)
    if stored is not None:
        if stored.fingerprint != request.fingerprint:
            return _refused("key_reused")
        return _answered(stored, is_replayed=True)
    account = find_account(tx, request.customer)
    if request.operation == "open_account":
        return _open(tx, keys, request, account, now)
    if account is None:
        return _refused("unknown_customer")
    if request.operation == "charge":
        return _charge(tx, keys, request, account, now)
    if request.currency and request.currency != account.currency:
        return _refused("bad_currency")
    if request.operation == "adjustment":
        return _adjust(tx, keys, request, account, now)
    amount = _amount_of(tx, request)
    problem = _judge(tx, request, account, amount, now)
    if problem:
        return _refused(problem)
    stored = append(
        tx,
        keys,
        request,
        account,
        kind=ENTRY_KINDS[request.operation],
        status="accepted",
        amount=amount,
        period=request.period or month_of(commit_time(account, now)),
        terms=request.terms or account.terms,
        now=now,
    )
    return _answered(stored)


def _open(tx: Transaction, keys: SigningKeys, request: Request, account: Account | None, now: int) -> Reply:
    if account is not None:
        return _refused("account_exists")
    if request.terms is None or not _is_sound(request.terms):
        return _refused("bad_amount")
    stored = append(
        tx,
        keys,
        request,
        None,
        kind="tier_change",
        status="accepted",
        amount=0,
        period=request.period,
        terms=request.terms,
        now=now,
    )
    return _answered(stored)


def _charge(tx: Transaction, keys: SigningKeys, request: Request, account: Account, now: int) -> Reply:
    assert request.event_time is not None
    if request.amount < 0:
        return _refused("bad_amount")
    if request.currency != account.currency:
        return _refused("bad_currency")
    at = commit_time(account, now)
    if request.event_time > at + SKEW:
        return _refused("bad_period")
    timely = _judge_time(request, account, at)
    status = _judge_charge(tx, request, account)
    kind = "refusal" if status in STORED_REFUSALS else "debit"
    if timely == "period_closed":
        kind, status = "refusal", timely
    elif timely == "accepted_late" and kind == "debit":
        kind, status = "adjustment", timely
    stored = append(
        tx,
        keys,
        request,
        account,
        kind=kind,
        status=status,
        amount=request.amount,
        period=request.period,
        terms=account.terms,
        now=now,
    )
    return _answered(stored)


def _judge_time(request: Request, account: Account, at: int) -> str:
    assert request.event_time is not None
    if request.period < account.first_period:
        return "period_closed"
    if request.period > account.closed_through:
        return "accepted"
    return "period_closed" if at - request.event_time > LATE_WINDOW else "accepted_late"


def _judge_charge(tx: Transaction, request: Request, account: Account) -> str:
    row = tx.execute(
        "SELECT used, held_at_limit FROM usage_rows WHERE customer = %s AND entitlement = %s AND period = %s",
        (request.customer, request.entitlement, request.period),
    ).fetchone()
    used, held_at_limit = (whole(row[0]), row[1]) if row else (0, None)
    terms = account.terms
    # A hold that a passed limit has placed ends when the limit is raised above what it was then.
    if account.holds > 0 or (held_at_limit is not None and terms.usage_limit <= whole(held_at_limit)):
        return "account_held"
    if request.amount == 0:
        return "accepted"
    if used + request.amount > terms.usage_limit:
        return "quota_exceeded"
    if account.balance - request.amount < terms.floor:
        return "insufficient_balance"
    return "accepted_with_warning" if used + request.amount > terms.quota else "accepted"


def _adjust(tx: Transaction, keys: SigningKeys, request: Request, account: Account, now: int) -> Reply:
    short = request.amount > 0 and account.balance - request.amount < account.terms.floor
    stored = append(
        tx,
        keys,
        request,
        account,
        kind="refusal" if short else "adjustment",
        status="insufficient_balance" if short else "accepted",
        amount=request.amount,
        period=month_of(commit_time(account, now)),
        terms=account.terms,
        now=now,
    )
    return _answered(stored)


def _amount_of(tx: Transaction, request: Request) -> int:
    """Return the amount of an entry: for a void without one, all that the debit captured."""
    if request.operation != "void" or request.amount != 0:
        return request.amount
    row = tx.execute(
        "SELECT amount FROM entries WHERE customer = %s AND seq = %s", (request.customer, request.refers_to)
    ).fetchone()
    return whole(row[0]) if row else 0


def _judge(tx: Transaction, request: Request, account: Account, amount: int, now: int) -> str:
    """Return why an operation that is no charge is refused, or an empty text."""
    match request.operation:
        case "top_up":
            return "bad_amount" if amount <= 0 else ""
        case "refund" | "void" | "chargeback":
            # A void names no amount: what it returns is known only once the debit is found.
            if amount <= 0 and request.operation != "void":
                return "bad_amount"
            return _judge_return(tx, request, amount) or ("bad_amount" if amount <= 0 else "")
        case "credit":
            if amount < 0:
                return "bad_amount"
            return _judge_return(tx, request, amount) if request.refers_to is not None else ""
        case "hold":
            if request.refers_to is None:
                return "bad_amount" if amount != 0 else ""
            return "bad_amount" if amount <= 0 else _judge_return(tx, request, amount)
        case "release":
            return _judge_release(tx, request, amount)
        case "change_terms":
            return "" if request.terms is not None and _is_sound(request.terms) else "bad_amount"
        case _:
            is_next = max(account.first_period, account.closed_through) <= request.period
            is_new = request.period > account.closed_through
            return "" if is_next and is_new and request.period < month_of(now) else "bad_period"


def _judge_return(tx: Transaction, request: Request, amount: int) -> str:
    """All that is returned of a charge stays within what it captured, and within what no dispute holds."""
    row = tx.execute(
        "SELECT kind, amount FROM entries WHERE customer = %s AND seq = %s",
        (request.customer, request.refers_to),
    ).fetchone()
    if row is None or row[0] not in {"debit", "adjustment"} or whole(row[1]) < 0:
        return "unknown_receipt"
    if row[0] == "adjustment" and whole(row[1]) == 0:
        return "unknown_receipt"
    assert request.refers_to is not None
    captured, standing = whole(row[1]), find_standing(tx, request.customer, request.refers_to)
    if standing.returned + amount > captured:
        return "refund_above_capture"
    if request.operation == "chargeback":
        return ""
    if standing.returned + standing.disputed + amount > captured:
        return "receipt_disputed"
    return "refund_above_capture" if request.operation == "void" and amount != captured else ""


def _judge_release(tx: Transaction, request: Request, amount: int) -> str:
    row = tx.execute(
        "SELECT kind, amount FROM entries WHERE customer = %s AND seq = %s",
        (request.customer, request.refers_to),
    ).fetchone()
    if row is None or request.refers_to is None:
        return "unknown_receipt"
    standing = find_standing(tx, request.customer, request.refers_to)
    if amount == 0:
        is_hold = row[0] == "hold" and whole(row[1]) == 0 and not standing.ended
        return "" if is_hold else "unknown_receipt"
    return "bad_amount" if amount < 0 or amount > standing.disputed else ""


def _is_sound(terms: Terms) -> bool:
    return terms.credit_limit >= 0 and 0 <= terms.quota <= terms.usage_limit


def _refused(code: str) -> Reply:
    return Reply(is_accepted=False, code=code)


def _answered(stored: Stored, *, is_replayed: bool = False) -> Reply:
    return Reply(
        is_accepted=stored.status not in STORED_REFUSALS,
        code=stored.status,
        stored=stored,
        is_replayed=is_replayed,
    )
