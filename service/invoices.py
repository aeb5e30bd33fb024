"""Invoices: one customer, one month, from ledger entries only.

One line per entitlement and kind; each line is rounded once, half-even to the minor unit, and keeps what
rounding took away as its residue. So the rounded total and the residue add up to the exact sum of the
receipts. Payments, refusals and changes of terms are no lines of an invoice.

Source: ``system.md`` sections 3 and 8.
"""

import difflib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from billproof.model.identifiers import Amount, Count, CurrencyCode, CustomerId, EntitlementId, Period
from billproof.model.money import round_to_minor
from billproof.model.outcomes import EntryKind
from billproof.model.posting import invoice_effect
from billproof.service.errors import UnknownCustomerError, UnreadableEntryError
from billproof.service.reading import read_receipts

INVOICED_KINDS: Final = (EntryKind.DEBIT, EntryKind.ADJUSTMENT, EntryKind.CREDIT, EntryKind.REFUND)
"""The kinds that have lines, in the order of the lines of one entitlement."""

_NEAR_NAMES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """What one entitlement comes to in entries of one kind."""

    entitlement: EntitlementId
    kind: EntryKind
    entries: Count
    exact: Amount
    """In units; credits and refunds are negative."""
    rounded: Amount
    """A whole number of minor units, in units."""
    residue: Amount
    """``exact - rounded``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What a customer owes for a month, payments aside."""

    customer: CustomerId
    period: Period
    currency: CurrencyCode
    lines: tuple[InvoiceLine, ...]
    total: Amount
    """The sum of the rounded lines, in units."""
    residue: Amount
    """The sum of their residues, in units."""


def invoice(connection: sqlite3.Connection, path: Path, customer: CustomerId, period: Period) -> Invoice:
    """Make the invoice of a customer for a month; a month without entries has an empty one.

    Args:
        connection: The store.
        path: Its file, for messages.
        customer: Whose.
        period: Which month; entries belong to the one that they name.

    Raises:
        UnknownCustomerError: The store has no entry of this customer.
        UnreadableEntryError: A receipt does not read as one, or the month has entries in two currencies.
    """
    sums: dict[tuple[EntitlementId, EntryKind], tuple[Amount, Count]] = {}
    currency: CurrencyCode | None = None
    for receipt in read_receipts(connection, path, customer):
        entry = receipt.entry
        if currency is None:
            currency = entry.currency
        if entry.period != period or entry.kind not in INVOICED_KINDS:
            continue
        if entry.currency != currency:
            # Only a design without the currency rule commits this; amounts of two currencies never add.
            raise UnreadableEntryError(
                str(path), f"customer {customer}, seq {entry.sequence}",
                f"is in {entry.currency}, the account in {currency}", "invoice it by hand",
            )  # fmt: skip
        exact, count = sums.get((entry.entitlement, entry.kind), (Amount(0), Count(0)))
        sums[entry.entitlement, entry.kind] = (Amount(exact + invoice_effect(entry)), Count(count + 1))
    if currency is None:
        raise _unknown(connection, path, customer)
    lines = tuple(
        _line(entitlement, kind, *sums[entitlement, kind], currency)
        for entitlement, kind in sorted(sums, key=lambda name: (name[0], INVOICED_KINDS.index(name[1])))
    )
    return Invoice(
        customer=customer,
        period=period,
        currency=currency,
        lines=lines,
        total=Amount(sum(line.rounded for line in lines)),
        residue=Amount(sum(line.residue for line in lines)),
    )


def _line(
    entitlement: EntitlementId, kind: EntryKind, exact: Amount, count: Count, currency: CurrencyCode
) -> InvoiceLine:
    parts = round_to_minor(exact, currency)
    return InvoiceLine(
        entitlement=entitlement,
        kind=kind,
        entries=count,
        exact=exact,
        rounded=parts.rounded,
        residue=parts.residue,
    )


def _unknown(connection: sqlite3.Connection, path: Path, customer: CustomerId) -> UnknownCustomerError:
    names = [str(row[0]) for row in connection.execute("SELECT DISTINCT customer FROM log ORDER BY customer")]
    near = difflib.get_close_matches(customer, names, n=_NEAR_NAMES, cutoff=0.5) or names[:_NEAR_NAMES]
    remedy = f"near names: {', '.join(near)}" if near else "the ledger has no customers yet"
    return UnknownCustomerError(str(path), "", f"has no customer {customer!r}", remedy)
