"""A ledger as beancount text: an independent program checks the double entry.

Every receipt is a transaction. A customer owes on ``Assets:Receivable``; a debit earns on ``Income:Usage``,
credits, refunds and adjustments go to accounts of their own, a payment comes in on ``Assets:Payments``. A
receipt that moves nothing - a refusal, a change of terms - is a transaction of zero. At the end the balance
of every customer is asserted, negated, as the ledger's own table of accounts has it, without tolerance.

Account names are a readable beginning and a piece of the SHA-256 of the name, so that different names are
different accounts; the exact names are in the metadata.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from billproof.model.effects import balance_effect
from billproof.model.identifiers import Amount, CustomerId, Instant
from billproof.model.money import render_amount
from billproof.model.outcomes import EntryKind
from billproof.model.periods import MICROS_PER_DAY, render_instant
from billproof.model.receipts import KIND_NAMES, STATUS_NAMES, receipt_id
from billproof.model.state import Account, Entry
from billproof.service.reading import StoredReceipt

OPENING_DATE: Final = "1970-01-01"
"""When all beancount accounts open: before any instant of the model."""

_READABLE_MAX: Final = 40
_COUNTER_ACCOUNTS: Final = {
    EntryKind.DEBIT: "Income:Usage",
    EntryKind.CREDIT: "Income:Corrections:Credits",
    EntryKind.REFUND: "Income:Corrections:Refunds",
    EntryKind.VOID: "Income:Corrections:Voids",
    EntryKind.CHARGEBACK: "Income:Corrections:Chargebacks",
    EntryKind.ADJUSTMENT: "Income:Corrections:Adjustments",
}


def beancount_lines(
    receipts: Iterable[StoredReceipt], accounts: Mapping[CustomerId, Account]
) -> Iterator[str]:
    """Return the beancount text of a ledger, piece by piece.

    Args:
        receipts: All of it, in log order.
        accounts: The derived accounts, whose balances are asserted.
    """
    # Tolerance zero: what differs by one unit of 10^-12 is different.
    yield 'option "title" "billproof ledger"\n'
    yield 'option "inferred_tolerance_default" "*:0"\n'
    yield 'option "tolerance_multiplier" "0"\n\n'
    yield f"{OPENING_DATE} open Assets:Payments\n"
    opened: set[str] = set()
    latest = Instant(0)
    for receipt in receipts:
        entry = receipt.entry
        latest = max(latest, entry.commit_time)
        names = [customer_account(entry.customer)]
        counter = counter_account(entry)
        if counter is not None:
            names.append(counter)
        for name in names:
            if name not in opened and name != "Assets:Payments":
                opened.add(name)
                yield f"{OPENING_DATE} open {name}\n"
        yield _transaction(entry, names)
    # A balance is asserted for the beginning of a day: that after the last entry.
    day = render_instant(Instant(latest + MICROS_PER_DAY))[:10]
    for customer, account in sorted(accounts.items()):
        owed = render_amount(Amount(-account.balance))
        yield f"{day} balance {customer_account(customer)} {owed} ~ 0 {account.currency}\n"


def customer_account(customer: CustomerId) -> str:
    """Return the beancount account of a customer."""
    return f"Assets:Receivable:{_component(customer)}"


def counter_account(entry: Entry) -> str | None:
    """Return the beancount account that an entry moves besides the customer's, or None if it moves none."""
    if entry.kind == EntryKind.TOP_UP:
        return "Assets:Payments"
    if entry.kind not in _COUNTER_ACCOUNTS:
        return None
    return f"{_COUNTER_ACCOUNTS[entry.kind]}:{_component(entry.entitlement)}"


def _transaction(entry: Entry, names: list[str]) -> str:
    owed = Amount(-balance_effect(entry, entry.customer))
    day = render_instant(entry.commit_time)[:10]
    lines = [
        f"\n{day} * {_text(KIND_NAMES[entry.kind])} {_text(entry.entitlement)}",
        f"  customer: {_text(entry.customer)}",
        f'  seq: "{entry.sequence}"',
        f'  receipt: "{receipt_id(entry.customer, entry.sequence)}"',
        f'  digest: "{entry.digest}"',
        f'  status: "{STATUS_NAMES[entry.status]}"',
        f'  event-time: "{render_instant(entry.event_time)}"',
        f"  {names[0]}  {render_amount(owed)} {entry.currency}",
    ]
    lines += [f"  {name}  {render_amount(Amount(-owed))} {entry.currency}" for name in names[1:]]
    return "\n".join(lines) + "\n"


def _component(name: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:_READABLE_MAX].strip("-")
    digest = hashlib.sha256(name.encode("utf-8")).hexdigest()[:16]
    return f"N-{readable}-{digest}" if readable else f"N-{digest}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
