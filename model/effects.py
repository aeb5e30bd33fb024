"""What one entry adds to each thing that is a sum over the ledger.

Balance, usage, what was returned, what a dispute holds, the holds on an account, the invoice: each is the
sum of one of these functions over the committed entries. A commit adds the same numbers (``posting``), an
audit adds them up again, and the theorems say that the two agree.

Source: ``system.md`` sections 4 to 6 and 8; rules R1.5, R5.1, R5.3, R5.5 of ``claims.md``.
"""

from billproof.model.identifiers import NO_SEQUENCE, Amount, CustomerId
from billproof.model.outcomes import EntryKind, Status
from billproof.model.state import ChainName, Entry, RowName


def balance_effect(entry: Entry, customer: CustomerId) -> Amount:
    """Return what an entry adds to the balance of ``customer``, in units.

    post: _ in (0, entry.amount, -entry.amount)
    post: entry.customer == customer or _ == 0
    post: entry.customer != customer or not is_charge_bearing(entry) or _ == -entry.amount
    post: entry.kind not in (EntryKind.REFUSAL, EntryKind.TIER_CHANGE, EntryKind.HOLD) or _ == 0
    post: entry.kind not in (EntryKind.RELEASE, EntryKind.PERIOD_OPEN, EntryKind.PERIOD_CLOSE) or _ == 0
    post: entry.customer != customer or entry.kind == EntryKind.TOP_UP or _ == -invoice_effect(entry)
    """
    if entry.customer != customer:
        return Amount(0)
    if entry.kind == EntryKind.DEBIT or entry.kind == EntryKind.ADJUSTMENT:
        return Amount(-entry.amount)
    if entry.kind == EntryKind.CREDIT or entry.kind == EntryKind.TOP_UP or is_return(entry):
        return entry.amount
    return Amount(0)


def usage_effect(entry: Entry, name: RowName) -> Amount:
    """Return what an entry adds to the usage of one calendar period, in units; only charges do.

    post: _ in (0, entry.amount)
    post: _ == 0 or entry.kind == EntryKind.DEBIT or entry.status == Status.ACCEPTED_LATE
    post: _ == 0 or (entry.customer, entry.entitlement) == (name.customer, name.entitlement)
    post: _ == 0 or entry.period == name.period
    post: _ == entry.amount or entry.kind or name != RowName(**{a: getattr(entry, a) for a in name.__slots__})
    """
    if entry.customer != name.customer or not is_usage(entry):
        return Amount(0)
    if entry.entitlement != name.entitlement or entry.period != name.period:
        return Amount(0)
    return entry.amount


def return_effect(entry: Entry, name: ChainName) -> Amount:
    """Return what an entry gives back of the debit ``name``, in units; only those that name it do.

    post: _ in (0, entry.amount)
    post: _ == 0 or entry.kind in (EntryKind.REFUND, EntryKind.VOID, EntryKind.CHARGEBACK, EntryKind.CREDIT)
    post: _ == 0 or _ == balance_effect(entry, name.customer)
    post: _ == 0 or (entry.customer, entry.refers_to) == (name.customer, name.sequence)
    """
    if not is_about(entry, name):
        return Amount(0)
    if is_return(entry) or entry.kind == EntryKind.CREDIT:
        return entry.amount
    return Amount(0)


def dispute_effect(entry: Entry, name: ChainName) -> Amount:
    """Return how much more of the debit ``name`` an entry keeps from being returned, in units."""
    if not is_about(entry, name):
        return Amount(0)
    if entry.kind == EntryKind.HOLD:
        return entry.amount
    if entry.kind == EntryKind.RELEASE:
        return Amount(-entry.amount)
    return Amount(0)


def hold_effect(entry: Entry, customer: CustomerId) -> Amount:
    """Return how many more holds there are on the charges of ``customer`` after an entry."""
    if entry.customer != customer or entry.amount != 0:
        return Amount(0)
    if entry.kind == EntryKind.HOLD:
        return Amount(1)
    if entry.kind == EntryKind.RELEASE:
        return Amount(-1)
    return Amount(0)


def release_effect(entry: Entry, name: ChainName) -> Amount:
    """Return how often an entry ends the hold ``name`` on charges: once, or not at all."""
    if not is_about(entry, name):
        return Amount(0)
    if entry.kind == EntryKind.RELEASE and entry.amount == 0:
        return Amount(1)
    return Amount(0)


def invoice_effect(entry: Entry) -> Amount:
    """Return what an entry adds to its customer's invoice, in units; payments add nothing.

    post: _ in (0, entry.amount, -entry.amount)
    post: entry.kind == EntryKind.TOP_UP or _ == -balance_effect(entry, entry.customer)
    """
    if entry.kind == EntryKind.DEBIT or entry.kind == EntryKind.ADJUSTMENT:
        return entry.amount
    if entry.kind == EntryKind.CREDIT or is_return(entry):
        return Amount(-entry.amount)
    return Amount(0)


def is_about(entry: Entry, name: ChainName) -> bool:
    """Tell whether an entry names the entry ``name``; one that names none is about nothing."""
    if entry.customer != name.customer or entry.refers_to == NO_SEQUENCE:
        return False
    return entry.refers_to == name.sequence


def is_return(entry: Entry) -> bool:
    """Tell whether an entry returns part of a debit by its kind; a credit does so if it names one."""
    if entry.kind == EntryKind.REFUND or entry.kind == EntryKind.VOID:
        return True
    return entry.kind == EntryKind.CHARGEBACK


def is_usage(entry: Entry) -> bool:
    """Tell whether an entry charges for usage: a debit, or the adjustment of a late event."""
    return entry.kind == EntryKind.DEBIT or entry.status == Status.ACCEPTED_LATE


def is_charge_bearing(entry: Entry) -> bool:
    """Tell whether an entry charges its customer: a debit, or a positive adjustment (T1).

    post: _ == (entry.kind == EntryKind.DEBIT or (entry.kind == EntryKind.ADJUSTMENT and entry.amount > 0))
    post: not _ or invoice_effect(entry) == entry.amount
    """
    if entry.kind == EntryKind.DEBIT:
        return True
    return entry.kind == EntryKind.ADJUSTMENT and entry.amount > 0
