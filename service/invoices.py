"""Invoices of a store: shown from ledger entries only, and cut by an entry that closes the month.

Showing and cutting go the same way (``model.invoicing``): an invoice that has not been cut is shown as it
would be if it were cut now, and takes no number.

Source: ``system.md`` sections 3, 6 and 8; known-bugs rules R21, R22, R24.
"""

import difflib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from billproof.model.access import ActorId
from billproof.model.audit_log import AuditAction, AuditRecord
from billproof.model.commands import ClosePeriod
from billproof.model.identifiers import Amount, Count, CurrencyCode, CustomerId, Instant, IssuerId, Period
from billproof.model.identifiers import Sequence as ChainSequence
from billproof.model.invoicing import (
    INVOICED_KINDS,
    Cut,
    InvoiceLine,
    cut_of,
    cuts_of,
    due_periods,
    statement,
    supposed_cuts,
)
from billproof.model.outcomes import Status
from billproof.model.periods import render_period
from billproof.model.state import Entry
from billproof.service.errors import PeriodNotClosedError, UnknownCustomerError, UnreadableEntryError
from billproof.service.numbering import number_of
from billproof.service.operations import HOME
from billproof.service.reading import read_receipts
from billproof.service.schema import reading_store
from billproof.service.store import Store
from billproof.service.usage import Signature, period_request

INVOICE_ISSUER: Final = IssuerId("invoice")
"""The actor of entries that close months."""

_NEAR_NAMES: Final = 3


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
    number: Count | None
    """Its number, once it is cut; None for a preview, and for a month closed together with a later one."""
    last: ChainSequence
    """The last entry of the chain that it can cover."""
    is_closed: bool
    """Whether the month is closed, so that nothing changes this any more."""


def invoice(connection: sqlite3.Connection, path: Path, customer: CustomerId, period: Period) -> Invoice:
    """Show the invoice of a customer for a month: as it was cut, or as it would be if it were cut now.

    Args:
        connection: The store.
        path: Its file, for messages.
        customer: Whose.
        period: Which month.

    Raises:
        UnknownCustomerError: The store has no entry of this customer.
        UnreadableEntryError: A receipt does not read as one, or the invoice has entries in two currencies.
    """
    entries = _chain(connection, path, customer)
    currency = entries[0].currency
    cuts = supposed_cuts(entries, period)
    is_closed = not due_periods(entries, period)
    # A month that was closed together with a later one has an invoice without lines: they are on that one.
    around = next(cut for cut in cuts if cut.period >= period)
    cut = Cut(period=period, sequence=around.sequence)
    for entry in entries:
        if entry.currency != currency and entry.kind in INVOICED_KINDS and cut_of(entry, cuts) == cut:
            # Only a design without the currency rule commits this; amounts of two currencies never add.
            raise UnreadableEntryError(
                str(path), f"customer {customer}, seq {entry.sequence}",
                f"is in {entry.currency}, the account in {currency}", "invoice it by hand",
            )  # fmt: skip
    made = statement(entries, cut, cuts, currency)
    return Invoice(
        customer=customer,
        period=period,
        currency=currency,
        lines=made.lines,
        total=made.total,
        residue=made.residue,
        number=number_of(connection, customer, cut.sequence) if cut in cuts_of(entries) else None,
        last=ChainSequence(min(cut.sequence - 1, entries[-1].sequence)),
        is_closed=is_closed,
    )


def issue(database: Path, customer: CustomerId, period: Period, at: Instant) -> tuple[Period, ...]:
    """Cut the invoice of a month, after those of earlier months that are due, in one transaction.

    A month that is closed already is left as it is, so that a second run changes nothing. What another
    process bills between the reading and the commit is on the invoice as well: the entry is the cut.

    Args:
        database: The store.
        customer: Whose.
        period: Which month; it must be over.
        at: When.

    Returns:
        The months that were closed, in order.

    Raises:
        UnknownCustomerError, UnreadableEntryError: As ``invoice``.
        PeriodNotClosedError: The month is not over, or lies before the first one of the account, or the
            design closes no months.
        RimError: The store cannot be used.
    """
    with reading_store(database) as connection:
        entries = _chain(connection, database, customer)
    due = due_periods(entries, period)
    if not due:
        return ()
    with Store.open(database) as store:
        by = Signature(issuer=INVOICE_ISSUER, signing_key=store.signing_key)
        with store.transaction(at) as transaction:
            for month in due:
                body = period_request(
                    "period_close", customer, entries[0].currency, period=month, at=at, by=by
                )
                status = transaction.execute(ClosePeriod(region=HOME, request=body)).status
                transaction.records.append(
                    AuditRecord(
                        actor=ActorId(INVOICE_ISSUER),
                        action=AuditAction.PERIOD_CLOSE,
                        resource=f"{customer} {render_period(month)}",
                        before="open",
                        after="closed",
                        result="done",
                        at=at,
                    )
                )
                if status != Status.ACCEPTED:
                    raise PeriodNotClosedError(
                        str(database), f"customer {customer}, month {render_period(month)}",
                        f"cannot be closed now: {status.name}; nothing was changed",
                        "close a month that is over and that the account bills, or give a later --as-of",
                    )  # fmt: skip
        store.settle_all()
    return due


def _chain(connection: sqlite3.Connection, path: Path, customer: CustomerId) -> tuple[Entry, ...]:
    entries = tuple(receipt.entry for receipt in read_receipts(connection, path, customer))
    if not entries:
        raise _unknown(connection, path, customer)
    return entries


def _unknown(connection: sqlite3.Connection, path: Path, customer: CustomerId) -> UnknownCustomerError:
    names = [str(row[0]) for row in connection.execute("SELECT DISTINCT customer FROM log ORDER BY customer")]
    near = difflib.get_close_matches(customer, names, n=_NEAR_NAMES, cutoff=0.5) or names[:_NEAR_NAMES]
    remedy = f"near names: {', '.join(near)}" if near else "the ledger has no customers yet"
    return UnknownCustomerError(str(path), "", f"has no customer {customer!r}", remedy)
