"""Variants about usage, balances, holds and returns: theorem T5."""

from typing import Final

from targets.postgres.broken.variant import Edit, Variant

OPERATIONS: Final = "application/operations.py"
LEDGER: Final = "application/ledger.py"
REQUESTS: Final = "application/requests.py"

_WORK: Final = "    def work(tx: Transaction) -> Reply:\n        return _perform(tx, keys, request, now)\n\n"
_LIMIT: Final = "if used + request.amount > terms.usage_limit:"
_FLOOR: Final = "if account.balance - request.amount < terms.floor:"
_BOUND: Final = "if standing.returned + amount > captured:"

LIMITS: Final = (
    Variant(
        name="limit_off_by_one",
        case="reach-the-limit",
        rule="usage may pass the limit by the smallest amount",
        violates="T5",
        edits=(Edit(file=OPERATIONS, old=_LIMIT, new="if used + request.amount > terms.usage_limit + 1:"),),
    ),
    Variant(
        name="limit_looks_back",
        case="reach-the-limit",
        rule="the limit is compared with the usage before the charge",
        violates="T5",
        edits=(Edit(file=OPERATIONS, old=_LIMIT, new="if used >= terms.usage_limit:"),),
    ),
    Variant(
        name="usage_read_outside_transaction",
        case="contend-for-the-limit",
        rule="usage is read in a transaction before the one that charges",
        violates="T5",
        also=("T1",),
        edits=(
            Edit(
                file=OPERATIONS,
                old=_WORK,
                new=(
                    "    asked = (request.customer, request.entitlement, request.period)\n"
                    '    query = "SELECT used FROM usage_rows"\n'
                    '    query += " WHERE (customer, entitlement, period) = (%s, %s, %s)"\n'
                    "    row = database.run(lambda tx: tx.execute(query, asked).fetchone())\n"
                    "    _READ.used = whole(row[0]) if row else 0\n\n"
                    "    def work(tx: Transaction) -> Reply:\n"
                    "        return _perform(tx, keys, request, now)\n\n"
                ),
            ),
            Edit(file=OPERATIONS, old=_LIMIT, new="if _READ.used + request.amount > terms.usage_limit:"),
            Edit(
                file=OPERATIONS,
                old="STORED_REFUSALS: Final",
                new="import threading\n\n_READ = threading.local()\n\nSTORED_REFUSALS: Final",
            ),
        ),
    ),
    Variant(
        name="refund_gives_usage_back",
        case="reach-the-limit",
        rule="what is refunded may be used again",
        violates="T1",
        also=("T5",),
        edits=(
            Edit(
                file=LEDGER,
                old="        standing = find_standing(tx, entry.customer, entry.refers_to)\n",
                new=(
                    "        standing = find_standing(tx, entry.customer, entry.refers_to)\n"
                    '        tx.execute("UPDATE usage_rows SET used = greatest(used - %s, 0)'
                    ' WHERE customer = %s", (returned, entry.customer))\n'
                ),
            ),
        ),
    ),
    Variant(
        name="no_floor",
        case="reach-the-floor",
        rule="a charge may take the balance below what the account may owe",
        violates="T5",
        edits=(Edit(file=OPERATIONS, old=_FLOOR, new="if False:"),),
    ),
    Variant(
        name="prepaid_on_credit",
        case="reach-the-floor",
        rule="a prepaid account may owe ten units",
        violates="T5",
        edits=(
            Edit(
                file=OPERATIONS, old=_FLOOR, new="if account.balance - request.amount < terms.floor - 10**13:"
            ),
        ),
    ),
    Variant(
        name="month_of_another_zone",
        case="wait-long",
        rule="the month of an event is that of a clock nine hours ahead of UTC",
        violates="T5",
        also=("T1",),
        edits=(
            Edit(
                file=REQUESTS,
                old='period = month_of(event_time) if event_time is not None else ""',
                new='period = month_of(event_time + 32_400_000_000) if event_time is not None else ""',
            ),
        ),
    ),
    Variant(
        name="hold_ignored",
        case="stop-and-go-on",
        rule="an account that is held can be charged",
        violates="T5",
        edits=(Edit(file=OPERATIONS, old="if account.holds > 0 or (", new="if ("),),
    ),
    Variant(
        name="release_ends_every_hold",
        case="stop-and-go-on",
        rule="the release of one hold ends all of them",
        violates="T5",
        edits=(
            Edit(
                file=LEDGER,
                old='holds += 1 if entry.kind == "hold" else -1',
                new='holds = holds + 1 if entry.kind == "hold" else 0',
            ),
        ),
    ),
    Variant(
        name="refund_above_charge",
        case="return-charges",
        rule="refunds are not compared with the charge",
        violates="T5",
        edits=(
            Edit(file=OPERATIONS, old=_BOUND, new="if False:"),
            Edit(
                file=OPERATIONS,
                old="if standing.returned + standing.disputed + amount > captured:",
                new="if False:",
            ),
        ),
    ),
    Variant(
        name="each_refund_within_charge",
        case="return-charges",
        rule="each refund is compared with the charge, and not all of them together",
        violates="T5",
        edits=(
            Edit(file=OPERATIONS, old=_BOUND, new="if amount > captured:"),
            Edit(
                file=OPERATIONS,
                old="if standing.returned + standing.disputed + amount > captured:",
                new="if standing.disputed + amount > captured:",
            ),
        ),
    ),
    Variant(
        name="chargeback_after_void",
        case="return-charges",
        rule="a chargeback does not look at what was returned before",
        violates="T5",
        edits=(
            Edit(
                file=OPERATIONS,
                old="    if standing.returned + amount > captured:\n",
                new="    if request.operation != 'chargeback' and standing.returned + amount > captured:\n",
            ),
        ),
    ),
)
"""Usage, balance and returns stay within their bounds."""
