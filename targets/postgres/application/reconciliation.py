"""Reconciliation: what is kept beside the ledger, compared with the ledger, and set right from it.

The direction is always from the ledger to what is derived; an entry is never written or removed.

Source: ``system.md`` section 4, step 7.
"""

from targets.postgres.application.canonical import Json
from targets.postgres.application.database import Database, Transaction
from targets.postgres.application.ledger import LOWERS_BALANCE, RAISES_BALANCE, whole
from targets.postgres.application.money import render_amount


def reconcile(database: Database, *, is_repair: bool) -> Json:
    """Return every difference of one snapshot; with ``is_repair`` set them right in the same transaction."""

    def work(tx: Transaction) -> Json:
        balances, usages = _wrong_balances(tx), _wrong_usages(tx)
        if is_repair:
            for customer, _, right in balances:
                tx.execute("UPDATE accounts SET balance = %s WHERE customer = %s", (right, customer))
            for customer, entitlement, period, _, right in usages:
                tx.execute(
                    "INSERT INTO usage_rows (customer, entitlement, period, used) VALUES (%s, %s, %s, %s)"
                    " ON CONFLICT (customer, entitlement, period) DO UPDATE SET used = excluded.used",
                    (customer, entitlement, period, right),
                )
        found: list[Json] = [
            {
                "customer": customer,
                "found": render_amount(kept),
                "of": "balance",
                "right": render_amount(right),
            }
            for customer, kept, right in balances
        ]
        found += [
            {"customer": customer, "found": render_amount(kept), "of": "usage", "right": render_amount(right)}
            for customer, _, _, kept, right in usages
        ]
        return {"differences": found, "repaired": is_repair}

    return database.run(work)


def _wrong_balances(tx: Transaction) -> list[tuple[str, int, int]]:
    rows = tx.execute(
        "SELECT customer, balance, coalesce(summed.right_balance, 0) FROM accounts LEFT JOIN ("
        " SELECT customer, sum(CASE WHEN kind = ANY(%s) THEN -amount"
        " WHEN kind = ANY(%s) THEN amount ELSE 0 END)"
        " AS right_balance FROM entries GROUP BY customer) AS summed USING (customer)"
        " WHERE balance <> coalesce(summed.right_balance, 0)",
        (sorted(LOWERS_BALANCE), sorted(RAISES_BALANCE)),
    ).fetchall()
    return [(str(customer), whole(kept), whole(right)) for customer, kept, right in rows]


def _wrong_usages(tx: Transaction) -> list[tuple[str, str, str, int, int]]:
    rows = tx.execute(
        "SELECT customer, entitlement, period, coalesce(usage_rows.used, 0), coalesce(summed.used, 0) FROM ("
        " SELECT customer, entitlement, period, sum(amount) AS used FROM entries"
        " WHERE kind = 'debit' OR status = 'accepted_late' GROUP BY customer, entitlement, period) AS summed"
        " FULL JOIN usage_rows USING (customer, entitlement, period)"
        " WHERE coalesce(summed.used, 0) <> coalesce(usage_rows.used, 0)"
    ).fetchall()
    return [
        (str(customer), str(entitlement), str(period), whole(kept), whole(right))
        for customer, entitlement, period, kept, right in rows
    ]
