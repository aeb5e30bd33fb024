"""Invoices: which entries are on which, what their lines are, and what is previewed.

Theory of operation. An invoice is cut by an entry, the close of its month, and is a function of the chain up
to that entry: nothing that happens later alters it, and nothing is stored that could. An entry is on the
first invoice that is cut after it and whose month is not before its own. So every entry is on exactly one
invoice, and one that comes late is on the next, on a line that names its own month.

A preview is the same function with a cut that is only supposed. It takes no number and changes nothing, and
the document that the cut then makes differs in nothing but its number.

Months that were never cut are caught up in order: ``due_periods`` says which closes lead to the invoice of a
month. A run that was missed therefore makes the documents that a timely one would have made of the same
entries, and a second run finds nothing due.

Laws. Every line: ``exact == rounded + residue``, and ``rounded`` is a whole number of minor units. The lines
of all invoices add up, exactly, to the effects of all entries that were on one. At one cut, preview and bill
are the same.

Not here: reading the chain, and numbering (``service``).

Source: ``system.md`` sections 3, 6 and 8; known-bugs rules R13, R14, R21, R22, R24 and rows B42, B76, B116.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from billproof.model.effects import invoice_effect
from billproof.model.identifiers import NO_PERIOD, Amount, Count, CurrencyCode, EntitlementId, Period
from billproof.model.identifiers import Sequence as ChainSequence
from billproof.model.money import round_to_minor
from billproof.model.outcomes import EntryKind
from billproof.model.state import Entry

INVOICED_KINDS: Final = (
    EntryKind.DEBIT,
    EntryKind.ADJUSTMENT,
    EntryKind.CREDIT,
    EntryKind.REFUND,
    EntryKind.VOID,
    EntryKind.CHARGEBACK,
)
"""The kinds that have lines, in the order of the lines of one entitlement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where an invoice ends."""

    period: Period
    """The month that it is for."""
    sequence: ChainSequence
    """The close of the month; entries before it are on this invoice or an earlier one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """What one entitlement comes to in entries of one kind and month."""

    period: Period
    """The month of the entries: that of the invoice, or an older one for what came late."""
    entitlement: EntitlementId
    kind: EntryKind
    entries: Count
    exact: Amount
    """In units; credits and other returns are negative."""
    rounded: Amount
    """A whole number of minor units, in units."""
    residue: Amount
    """``exact - rounded``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a customer owes for a month, payments aside."""

    cut: Cut
    lines: tuple[InvoiceLine, ...]
    total: Amount
    """The sum of the rounded lines, in units."""
    residue: Amount
    """The sum of their residues, in units."""


def cuts_of(entries: Iterable[Entry]) -> tuple[Cut, ...]:
    """Return the cuts of a chain, in order; months and sequence numbers both rise."""
    return tuple(
        Cut(period=entry.period, sequence=entry.sequence)
        for entry in entries
        if entry.kind == EntryKind.PERIOD_CLOSE
    )


def cut_of(entry: Entry, cuts: Sequence[Cut]) -> Cut | None:
    """Return the cut of the invoice that an entry is on, or None while none has been made.

    Law: at most one cut is returned, whatever the order in which invoices are asked for.
    """
    for cut in cuts:
        if entry.sequence < cut.sequence and entry.period <= cut.period:
            return cut
    return None


def due_periods(entries: Sequence[Entry], period: Period) -> tuple[Period, ...]:
    """Return the months to be closed for the invoice of ``period``, in order; none if it is cut already.

    Args:
        entries: The chain so far.
        period: The month whose invoice is asked for.

    Returns:
        The open months before it that have something to bill, and ``period`` itself.
    """
    cuts = cuts_of(entries)
    closed_through = cuts[-1].period if cuts else NO_PERIOD
    if period <= closed_through:
        return ()
    open_months = {
        entry.period
        for entry in entries
        if entry.kind in INVOICED_KINDS and closed_through < entry.period < period
    }
    return (*sorted(open_months), period)


def supposed_cuts(entries: Sequence[Entry], period: Period) -> tuple[Cut, ...]:
    """Return the cuts of a chain as they would be if the months that are due were closed now."""
    end = entries[-1].sequence if entries else ChainSequence(0)
    due = due_periods(entries, period)
    supposed = tuple(
        Cut(period=month, sequence=ChainSequence(end + 1 + place)) for place, month in enumerate(due)
    )
    return (*cuts_of(entries), *supposed)


def statement(entries: Sequence[Entry], cut: Cut, cuts: Sequence[Cut], currency: CurrencyCode) -> Statement:
    """Return the statement of a month, from the entries of a chain alone.

    Args:
        entries: The chain, at least up to the cut.
        cut: Which invoice, one of ``cuts``.
        cuts: Committed and supposed ones, in order.
        currency: Of the account; gives the minor unit that lines are rounded to.
    """
    sums: dict[tuple[Period, EntitlementId, EntryKind], tuple[Amount, Count]] = {}
    for entry in entries:
        if entry.kind not in INVOICED_KINDS or cut_of(entry, cuts) != cut:
            continue
        name = (entry.period, entry.entitlement, entry.kind)
        exact, count = sums.get(name, (Amount(0), Count(0)))
        sums[name] = (Amount(exact + invoice_effect(entry)), Count(count + 1))

    def order(name: tuple[Period, EntitlementId, EntryKind]) -> tuple[bool, Period, EntitlementId, int]:
        period, entitlement, kind = name
        return period != cut.period, period, entitlement, INVOICED_KINDS.index(kind)

    lines = tuple(_line(name, *sums[name], currency) for name in sorted(sums, key=order))
    return Statement(
        cut=cut,
        lines=lines,
        total=Amount(sum(line.rounded for line in lines)),
        residue=Amount(sum(line.residue for line in lines)),
    )


def _line(
    name: tuple[Period, EntitlementId, EntryKind], exact: Amount, count: Count, currency: CurrencyCode
) -> InvoiceLine:
    period, entitlement, kind = name
    parts = round_to_minor(exact, currency)
    return InvoiceLine(
        period=period,
        entitlement=entitlement,
        kind=kind,
        entries=count,
        exact=exact,
        rounded=parts.rounded,
        residue=parts.residue,
    )
