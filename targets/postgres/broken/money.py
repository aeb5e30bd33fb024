"""Variants about keys and amounts: theorem T1, and amounts that T5 forbids."""

from typing import Final

from targets.postgres.broken.variant import Edit, Variant

OPERATIONS: Final = "application/operations.py"
LEDGER: Final = "application/ledger.py"
REQUESTS: Final = "application/requests.py"
SCHEMA: Final = "application/schema.sql"

_ANY_KEY: Final = Edit(
    file=SCHEMA,
    old=",\n    CONSTRAINT one_entry_per_key UNIQUE (customer, idempotency_key)",
    new="",
)
"""Takes the constraint away that would stop a second entry under a key; a rule can have two guards."""

_BY_KEY: Final = '" WHERE customer = %s AND idempotency_key = %s",\n        (customer, key),'
_WORK: Final = "    def work(tx: Transaction) -> Reply:\n        return _perform(tx, keys, request, now)\n\n"
_FOUND: Final = "    stored = find_outcome(tx, request.customer, request.key)\n"

KEYS: Final = (
    Variant(
        name="no_key",
        case="retry-keys",
        rule="the idempotency key is not looked up",
        violates="T1",
        edits=(
            _ANY_KEY,
            Edit(
                file=OPERATIONS,
                old="if stored is not None:",
                new="if stored is not None and request.operation == 'open_account':",
            ),
        ),
    ),
    Variant(
        name="key_check_outside_transaction",
        case="share-keys",
        rule="the key is looked up in a transaction before the one that charges",
        violates="T1",
        edits=(
            _ANY_KEY,
            Edit(
                file=OPERATIONS,
                old=_WORK,
                new=(
                    "    known = database.run(lambda tx: find_outcome(tx, request.customer, request.key))\n\n"
                    "    def work(tx: Transaction) -> Reply:\n"
                    "        return _perform(tx, keys, request, now, known)\n\n"
                ),
            ),
            Edit(
                file=OPERATIONS,
                old=f"request: Request, now: int) -> Reply:\n{_FOUND}",
                new="request: Request, now: int, stored: Stored | None) -> Reply:\n",
            ),
        ),
    ),
    Variant(
        name="key_expires",
        case="wait-long",
        rule="a key is forgotten after thirty days",
        violates="T1",
        edits=(
            _ANY_KEY,
            Edit(
                file=LEDGER,
                old=_BY_KEY,
                new=(
                    '" WHERE customer = %s AND idempotency_key = %s AND commit_time >"\n'
                    '        " (SELECT head_time FROM accounts WHERE customer = %s) - 2592000000000",\n'
                    "        (customer, key, customer),"
                ),
            ),
            Edit(
                file=OPERATIONS,
                old=_FOUND,
                new=(
                    '    tx.execute("UPDATE accounts SET head_time = greatest(head_time, %s)'
                    ' WHERE customer = %s", (now, request.customer))\n'
                    "    stored = find_outcome(tx, request.customer, request.key)\n"
                ),
            ),
        ),
    ),
    Variant(
        name="key_in_memory",
        case="survive-crashes",
        rule="what was seen is remembered by the process and not by the store",
        violates="T1",
        edits=(
            _ANY_KEY,
            Edit(
                file=OPERATIONS,
                old="    if stored is not None:\n",
                new=(
                    "    is_seen = (request.customer, request.key) in _SEEN\n"
                    "    _SEEN.add((request.customer, request.key))\n"
                    "    if stored is not None and is_seen:\n"
                ),
            ),
            Edit(
                file=OPERATIONS,
                old="STORED_REFUSALS: Final",
                new="_SEEN: set[tuple[str, str]] = set()\n\nSTORED_REFUSALS: Final",
            ),
        ),
    ),
    Variant(
        name="key_per_operation",
        case="reuse-keys",
        rule="a key that has charged can also refund and top up",
        violates="T1",
        edits=(
            _ANY_KEY,
            Edit(
                file=OPERATIONS,
                old="    if stored is not None:\n",
                new=(
                    "    made = ENTRY_KINDS.get(request.operation, 'debit')\n"
                    "    others = {'refusal', 'tier_change', 'adjustment'}\n"
                    "    if stored is not None and stored.kind in {made, *others}:\n"
                ),
            ),
        ),
    ),
    Variant(
        name="key_shared_by_customers",
        case="same-key-elsewhere",
        rule="a key names one request of the whole system: another customer gets the first one's receipt",
        violates="T2",
        also=("T1",),
        edits=(
            Edit(file=LEDGER, old=_BY_KEY, new='" WHERE idempotency_key = %s AND seq > 2",\n        (key,),'),
            Edit(file=REQUESTS, old='"customer": customer, "operation"', new='"operation"'),
        ),
    ),
    Variant(
        name="no_fingerprint",
        case="reuse-keys",
        rule="another request under a key is answered with what is stored, as if it had been done",
        violates="T1",
        edits=(
            Edit(
                file=OPERATIONS,
                old="if stored.fingerprint != request.fingerprint:",
                new="if False:",
            ),
        ),
    ),
    Variant(
        name="fingerprint_without_amount",
        case="reuse-keys",
        rule="the key is bound to everything but the amount",
        violates="T1",
        edits=(Edit(file=REQUESTS, old='"amount": render_amount(amount),', new='"amount": "",'),),
    ),
    Variant(
        name="refusal_frees_the_key",
        case="reach-the-limit",
        rule="a refused charge leaves nothing under its key, so a retry may be accepted",
        violates="T1",
        edits=(
            _ANY_KEY,
            Edit(
                file=OPERATIONS,
                old="if stored is not None:",
                new="if stored is not None and stored.status not in STORED_REFUSALS:",
            ),
        ),
    ),
    Variant(
        name="retry_is_signed_again",
        case="retry-keys",
        rule="a retry is answered with a receipt that was made for it",
        violates="T1",
        edits=(
            Edit(
                file="application/web.py",
                old='document["receipt"] = reply.stored.jws',
                new=(
                    'document["receipt"] = reply.stored.jws\n'
                    "            if reply.is_replayed:\n"
                    '                document["receipt"] = self.service.keys.sign('
                    "canonical_bytes({'replayed': reply.stored.jws}))"
                ),
            ),
        ),
    ),
    Variant(
        name="retry_is_an_error",
        case="retry-keys",
        rule="a retry of a charge that was made ends in an error of the service",
        violates="T1",
        edits=(
            Edit(
                file=OPERATIONS,
                old="        return _answered(stored, is_replayed=True)",
                new="        raise OutcomeUnknownError('duplicate key')",
            ),
            Edit(
                file=OPERATIONS,
                old="import Database, Transaction",
                new="import Database, OutcomeUnknownError, Transaction",
            ),
        ),
    ),
)
"""One key, one request, one effect."""

AMOUNTS: Final = (
    Variant(
        name="float_money",
        case="retry-keys",
        rule="amounts are read as floating point numbers",
        violates="T1",
        also=("T5",),
        edits=(
            Edit(
                file="application/money.py",
                old='    units = int(whole) * UNITS + int(decimals.rstrip("0").ljust(SCALE, "0"))\n',
                new='    units = int(float(f"{whole}.{decimals}") * UNITS)\n',
            ),
        ),
    ),
    Variant(
        name="rounded_to_whole_units",
        case="retry-keys",
        rule="charges are rounded to whole units of the currency before they are written",
        violates="T1",
        also=("T5",),
        edits=(
            Edit(
                file=REQUESTS,
                old='amount = 0 if no_amount else parse_amount(members.get("amount", default_amount))',
                new=(
                    'amount = 0 if no_amount else parse_amount(members.get("amount", default_amount))\n'
                    "    if operation == 'charge':\n"
                    "        amount = (amount + 500_000_000_000) // 10**12 * 10**12"
                ),
            ),
        ),
    ),
    Variant(
        name="charged_twice_in_the_balance",
        case="reach-the-limit",
        rule="a charge with a warning is taken from the balance twice",
        violates="T1",
        also=("T5",),
        edits=(
            Edit(
                file=LEDGER,
                old="balance_after=before + balance_effect(kind, amount),",
                new=(
                    "balance_after=before + balance_effect(kind, amount)"
                    " * (2 if status == 'accepted_with_warning' else 1),"
                ),
            ),
        ),
    ),
    Variant(
        name="negative_charge",
        case="not-taken",
        rule="a charge of a negative amount pays its customer",
        violates="T5",
        also=("T1",),
        edits=(
            Edit(
                file=OPERATIONS,
                old="    if request.amount < 0:\n        return _refused",
                new="    if False:\n        return _refused",
            ),
            Edit(file=SCHEMA, old="numeric NOT NULL CHECK (used >= 0)", new="numeric NOT NULL"),
        ),
    ),
    Variant(
        name="currency_ignored",
        case="not-taken",
        rule="a charge in another currency is taken as if it were the account's",
        violates="T5",
        also=("T1",),
        edits=(
            Edit(
                file=OPERATIONS,
                old=(
                    "    if request.currency != account.currency:\n"
                    '        return _refused("bad_currency")\n    at ='
                ),
                new="    at =",
            ),
        ),
    ),
)
"""What is asked is what is charged."""

MONEY: Final = (*KEYS, *AMOUNTS)
"""All of them."""
