"""Variants about transactions, durability, copies and order: theorems T2, T4 and T6."""

from typing import Final

from targets.postgres.broken.variant import Edit, Variant

DATABASE: Final = "application/database.py"
LEDGER: Final = "application/ledger.py"
READS: Final = "application/reads.py"
SCHEMA: Final = "application/schema.sql"


def _dropping(condition: str) -> tuple[Edit, ...]:
    """Return the edits after which requests that meet a condition are answered and rolled back."""
    return (
        Edit(
            file="application/operations.py",
            old="    return database.run(work)\n",
            new=(
                f"    if not ({condition}):\n"
                "        return database.run(work)\n\n"
                "    def decide(tx: Transaction) -> Reply:\n"
                "        raise _DecidedError(work(tx))\n\n"
                "    try:\n"
                "        return database.run(decide)\n"
                "    except _DecidedError as decided:\n"
                "        reply: Reply = decided.args[0]\n"
                "        return reply\n"
            ),
        ),
        Edit(
            file="application/operations.py",
            old="STORED_REFUSALS: Final",
            new=(
                "import itertools\n\n_NUMBERS = itertools.count(1)\n\n\n"
                "class _DecidedError(Exception):\n    pass\n\n\n"
                "STORED_REFUSALS: Final"
            ),
        ),
    )


DURABILITY: Final = (
    Variant(
        name="reply_before_commit",
        case="survive-crashes",
        rule="a charge is answered when it is decided, and written a moment later",
        violates="T2",
        also=("T1", "T4", "T5", "T6"),
        edits=(
            Edit(
                file="application/operations.py",
                old="    return database.run(work)\n",
                new=(
                    "    if request.operation != 'charge':\n"
                    "        return database.run(work)\n\n"
                    "    def decide(tx: Transaction) -> Reply:\n"
                    "        raise _DecidedError(work(tx))\n\n"
                    "    try:\n"
                    "        return database.run(decide)\n"
                    "    except _DecidedError as decided:\n"
                    "        threading.Timer(1.5, database.run, (work,)).start()\n"
                    "        reply: Reply = decided.args[0]\n"
                    "        return reply\n"
                ),
            ),
            Edit(
                file="application/operations.py",
                old="STORED_REFUSALS: Final",
                new=(
                    "import threading\n\n\n"
                    "class _DecidedError(Exception):\n    pass\n\n\n"
                    "STORED_REFUSALS: Final"
                ),
            ),
        ),
    ),
    Variant(
        name="commit_before_disk",
        case="survive-crashes",
        rule="the server acknowledges a commit whose record it still holds in its own memory",
        violates="T2",
        also=("T1",),
        edits=(
            Edit(
                file="cluster.py",
                old='"synchronous_commit=on",',
                new='"synchronous_commit=off",\n    "wal_writer_delay=10000",\n    "bgwriter_delay=10000",',
            ),
        ),
    ),
    Variant(
        name="unlogged_entries",
        case="survive-crashes",
        rule="entries are kept in a table that the server empties after a crash",
        violates="T2",
        also=("T1", "T6"),
        edits=(Edit(file=SCHEMA, old="CREATE TABLE entries (", new="CREATE UNLOGGED TABLE entries ("),),
    ),
    Variant(
        name="acknowledged_and_dropped",
        case="reconcile",
        rule="every third charge is acknowledged and rolled back",
        violates="T2",
        also=("T1",),
        edits=_dropping("request.operation == 'charge' and next(_NUMBERS) % 3 == 0"),
    ),
    Variant(
        name="top_up_not_written",
        case="retry-keys",
        rule="a payment is acknowledged and rolled back",
        violates="T2",
        also=("T1",),
        edits=_dropping("request.operation == 'top_up' and request.key != 'opening-balance'"),
    ),
)
"""What is acknowledged is stored."""

COPIES: Final = (
    Variant(
        name="reconciliation_is_blind",
        case="reconcile",
        rule="reconciliation compares balances with themselves",
        violates="T4",
        edits=(
            Edit(
                file="application/reconciliation.py",
                old='" WHERE balance <> coalesce(summed.right_balance, 0)",',
                new='" WHERE balance <> balance AND summed.right_balance > 0",',
            ),
        ),
    ),
    Variant(
        name="reconciliation_cries_wolf",
        case="reconcile",
        rule="reconciliation leaves payments out and so finds differences in healthy accounts",
        violates="T4",
        also=("T1",),
        edits=(
            Edit(
                file="application/reconciliation.py",
                old="(sorted(LOWERS_BALANCE), sorted(RAISES_BALANCE)),",
                new="(sorted(LOWERS_BALANCE), sorted(RAISES_BALANCE - {'top_up'})),",
            ),
            Edit(
                file="application/web.py",
                old='is_repair=body.get("repair") is True',
                new="is_repair=False",
            ),
        ),
    ),
    Variant(
        name="reconciliation_only_reports",
        case="reconcile",
        rule="reconciliation reports a difference and leaves it",
        violates="T4",
        edits=(
            Edit(
                file="application/web.py",
                old='is_repair=body.get("repair") is True',
                new="is_repair=False",
            ),
        ),
    ),
    Variant(
        name="stale_balance",
        case="retry-keys",
        rule="balances are told from a copy that is up to a second old",
        violates="T4",
        also=("T1", "T2"),
        edits=(
            Edit(
                file=READS,
                old='    """Return an account, or None."""\n\n    def work(tx: Transaction) -> Json:\n',
                new=(
                    '    """Return an account, or None."""\n'
                    "    import time\n"
                    "    kept = _KEPT.get(customer)\n"
                    "    if kept is not None and time.monotonic() - kept[0] < 1.0:\n"
                    "        return kept[1]\n"
                    "    told = _read_balance(database, customer)\n"
                    "    _KEPT[customer] = (time.monotonic(), told)\n"
                    "    return told\n\n\n"
                    "_KEPT: dict[str, tuple[float, Json]] = {}\n\n\n"
                    "def _read_balance(database: Database, customer: str) -> Json:\n"
                    "    def work(tx: Transaction) -> Json:\n"
                ),
            ),
        ),
    ),
)
"""Copies follow the ledger, and reconciliation says where they do not."""

ORDER: Final = (
    Variant(
        name="read_committed",
        case="mix",
        rule="transactions run at READ COMMITTED, and nothing else keeps two writers of a chain apart",
        violates="T6",
        also=("T1", "T2", "T3", "T4", "T5"),
        edits=(
            Edit(file=DATABASE, old="IsolationLevel.SERIALIZABLE", new="IsolationLevel.READ_COMMITTED"),
            Edit(
                file=SCHEMA,
                old="    PRIMARY KEY (customer, seq),\n    CONSTRAINT one",
                new="    CONSTRAINT one",
            ),
        ),
    ),
    Variant(
        name="repeatable_read_fork",
        case="mix",
        rule="the head of a chain is read in a transaction before the one that appends",
        violates="T6",
        also=("T1", "T2", "T3", "T4", "T5"),
        edits=(
            Edit(file=DATABASE, old="IsolationLevel.SERIALIZABLE", new="IsolationLevel.READ_COMMITTED"),
            Edit(
                file=SCHEMA,
                old="    PRIMARY KEY (customer, seq),\n    CONSTRAINT one",
                new="    CONSTRAINT one",
            ),
            Edit(
                file="application/operations.py",
                old="    account = find_account(tx, request.customer)\n",
                new=("    account = find_account(tx, request.customer)\n    tx.commit()\n"),
            ),
        ),
    ),
    Variant(
        name="sequence_with_gaps",
        case="retry-keys",
        rule="entries are numbered by a SEQUENCE of the database, which skips",
        violates="T6",
        also=("T3",),
        edits=(
            Edit(
                file=SCHEMA,
                old="CREATE TABLE entries (",
                new="CREATE SEQUENCE numbers;\n\nCREATE TABLE entries (",
            ),
            Edit(
                file=LEDGER,
                old="seq=account.head_seq + 1 if account else 1,",
                new=(
                    "seq=account.head_seq + 1 if account and request.operation != 'charge' else"
                    " (account.head_seq + 1 + whole("
                    "tx.execute(\"SELECT nextval('numbers')\").fetchone()[0]) % 5"
                    " if account else 1),"
                ),
            ),
        ),
    ),
    Variant(
        name="ledger_by_amount",
        case="retry-keys",
        rule="the ledger is told in the order of amounts",
        violates="T6",
        also=("T1", "T3"),
        edits=(
            Edit(
                file=READS,
                old='f"{_LINES} WHERE customer = %s ORDER BY seq"',
                new='f"{_LINES} WHERE customer = %s ORDER BY kind, amount"',
            ),
        ),
    ),
    Variant(
        name="unlinked_entries",
        case="retry-keys",
        rule="every entry names the beginning of the chain as the one before it",
        violates="T6",
        also=("T3",),
        edits=(
            Edit(
                file=LEDGER,
                old="prev=account.head_digest if account else GENESIS,",
                new="prev=GENESIS,",
            ),
        ),
    ),
    Variant(
        name="old_entry_is_deleted",
        case="retry-keys",
        rule="an older charge is deleted when a new one is written",
        violates="T6",
        also=("T1", "T2", "T3"),
        edits=(
            Edit(
                file=LEDGER,
                old="    _write_account(tx, entry, account, body_digest(body))\n",
                new=(
                    "    _write_account(tx, entry, account, body_digest(body))\n"
                    "    if kind == 'debit':\n"
                    '        tx.execute("DELETE FROM entries WHERE customer = %s AND seq = %s"\n'
                    '                   " AND kind = %s",\n'
                    "                   (entry.customer, entry.seq - 4, 'debit'))\n"
                ),
            ),
        ),
    ),
)
"""One order, without gaps."""

STORAGE: Final = (*DURABILITY, *COPIES, *ORDER)
"""All of them."""
