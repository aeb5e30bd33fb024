"""What can be read: balance, chain, usage, invoice; each from one snapshot.

An invoice is computed from the entries each time, so that no second truth about a month is kept.

Source: ``system.md`` sections 6 and 8.
"""

import json
from typing import Final

from targets.postgres.application.canonical import Json
from targets.postgres.application.database import Database, Transaction
from targets.postgres.application.ledger import balance_effect, find_account, whole
from targets.postgres.application.money import render_amount, round_line

COLUMNS: Final = (
    "customer", "seq", "kind", "status", "idempotency_key", "amount", "currency", "entitlement", "period",
    "refers_to", "balance_after", "digest", "body", "jws",
)  # fmt: skip
"""What a line of a ledger is made of."""

_LINES: Final = f"SELECT {', '.join(COLUMNS)} FROM entries"  # noqa: S608 - constant names

LINES: Final = ("debit", "adjustment", "credit", "refund", "void", "chargeback")
"""The kinds that an invoice has lines for, in the order of its lines."""


def read_balance(database: Database, customer: str) -> Json:
    """Return an account, or None."""

    def work(tx: Transaction) -> Json:
        account = find_account(tx, customer)
        if account is None:
            return None
        return {
            "balance": render_amount(account.balance),
            "currency": account.currency,
            "holds": account.holds,
            "seq": account.head_seq,
        }

    return database.run(work)


def read_ledger(database: Database, customer: str) -> Json:
    """Return the chain of a customer, in order, with the columns that are kept beside each receipt."""

    def work(tx: Transaction) -> Json:
        lines: list[Json] = [*read_chain(tx, customer)]
        return {"lines": lines}

    return database.run(work)


def read_chain(tx: Transaction, customer: str) -> list[dict[str, Json]]:
    """Return the entries of a customer, in order."""
    rows = tx.execute(f"{_LINES} WHERE customer = %s ORDER BY seq", (customer,)).fetchall()
    return [_line(row) for row in rows]


def read_entries(tx: Transaction) -> list[dict[str, Json]]:
    """Return every entry, chain by chain."""
    return [_line(row) for row in tx.execute(f"{_LINES} ORDER BY customer, seq").fetchall()]


def read_receipt(database: Database, customer: str, seq: int) -> str:
    """Return the receipt of an entry, or an empty text."""

    def work(tx: Transaction) -> str:
        row = tx.execute(
            "SELECT jws FROM entries WHERE customer = %s AND seq = %s", (customer, seq)
        ).fetchone()
        return str(row[0]) if row else ""

    return database.run(work)


def read_usage(database: Database, customer: str, entitlement: str, period: str) -> Json:
    """Return usage, quota and limit of one row, or None where there is no such account."""

    def work(tx: Transaction) -> Json:
        account = find_account(tx, customer)
        if account is None:
            return None
        row = tx.execute(
            "SELECT used, held_at_limit FROM usage_rows"
            " WHERE customer = %s AND entitlement = %s AND period = %s",
            (customer, entitlement, period),
        ).fetchone()
        used, held = (whole(row[0]), row[1]) if row else (0, None)
        limit = account.terms.usage_limit
        return {
            "held": account.holds > 0 or (held is not None and limit <= whole(held)),
            "limit": render_amount(limit),
            "quota": render_amount(account.terms.quota),
            "used": render_amount(used),
        }

    return database.run(work)


def read_invoice(database: Database, customer: str, period: str) -> Json:
    """Return the invoice of a month, or its preview while the month is open; None for no such account."""

    def work(tx: Transaction) -> Json:
        account = find_account(tx, customer)
        if account is None:
            return None
        cut = _cut(tx, customer, period)
        sums = tx.execute(
            # An entry is on the first invoice that is cut after it and is not of an earlier month.
            "SELECT e.period, e.entitlement, e.kind, sum(e.amount), count(*) FROM entries e"
            " WHERE e.customer = %(customer)s AND e.kind = ANY(%(kinds)s) AND e.period <= %(period)s"
            " AND (%(cut)s::bigint IS NULL OR e.seq < %(cut)s) AND NOT EXISTS (SELECT 1 FROM entries c"
            "  WHERE c.customer = e.customer AND c.kind = 'period_close' AND c.seq > e.seq"
            "  AND c.period >= e.period AND c.seq < coalesce(%(cut)s, 9223372036854775807))"
            " GROUP BY e.period, e.entitlement, e.kind",
            {"customer": customer, "kinds": list(LINES), "period": period, "cut": cut},
        ).fetchall()
        lines = [
            _invoice_line(row, account.currency) for row in sorted(sums, key=lambda row: _order(row, period))
        ]
        total = sum(rounded for rounded, _, _ in lines)
        residue = sum(exact - rounded for rounded, exact, _ in lines)
        return {
            "currency": account.currency,
            "customer": customer,
            "is_cut": cut is not None,
            "lines": [line for _, _, line in lines],
            "period": period,
            "residue": render_amount(residue),
            "total": render_amount(total),
        }

    return database.run(work)


def read_total(database: Database, customer: str) -> Json:
    """Return all that was charged so far less what was returned, unrounded; None for no such account."""

    def work(tx: Transaction) -> Json:
        account = find_account(tx, customer)
        if account is None:
            return None
        rows = tx.execute(
            "SELECT kind, sum(amount) FROM entries WHERE customer = %s AND kind = ANY(%s) GROUP BY kind",
            (customer, list(LINES)),
        ).fetchall()
        total = sum(-balance_effect(str(kind), whole(amount)) for kind, amount in rows)
        return {"currency": account.currency, "lines": [], "total": render_amount(total)}

    return database.run(work)


def _cut(tx: Transaction, customer: str, period: str) -> int | None:
    row = tx.execute(
        "SELECT min(seq) FROM entries WHERE customer = %s AND kind = 'period_close' AND period >= %s",
        (customer, period),
    ).fetchone()
    return whole(row[0]) if row and row[0] is not None else None


def _order(row: tuple[object, ...], period: str) -> tuple[bool, str, str, int]:
    month, entitlement, kind = str(row[0]), str(row[1]), str(row[2])
    return month != period, month, entitlement, LINES.index(kind)


def _invoice_line(row: tuple[object, ...], currency: str) -> tuple[int, int, Json]:
    period, entitlement, kind, amount, count = row
    exact = -balance_effect(str(kind), whole(amount))
    rounded = round_line(exact, currency)
    line: Json = {
        "amount": render_amount(rounded),
        "entitlement": str(entitlement),
        "entries": whole(count),
        "exact": render_amount(exact),
        "kind": str(kind),
        "period": str(period),
        "residue": render_amount(exact - rounded),
    }
    return rounded, exact, line


def _line(row: tuple[object, ...]) -> dict[str, Json]:
    line: dict[str, Json] = {}
    for name, value in zip(COLUMNS, row, strict=True):
        if name in {"amount", "balance_after"}:
            line[name] = render_amount(whole(value))
        elif name in {"seq", "refers_to"}:
            line[name] = None if value is None else whole(value)
        elif name == "body":
            members = json.loads(str(value))
            line.update({told: members[told] for told in ("commit_time", "event_time", "prev")})
        else:
            line[name] = str(value)
    return line
