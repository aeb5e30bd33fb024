"""What a reader concludes from a presented ledger, and what was committed: shared by T3, T6 and T7.

Source: rules R3.4, R6.4, R6.5; ``system.md`` section 5.
"""

from billproof.invariants.theorem import Money
from billproof.model.containers import FrozenMap
from billproof.model.context import Context
from billproof.model.identifiers import Amount, CustomerId, Position
from billproof.model.outcomes import Status
from billproof.model.posting import invoice_effect, site_of
from billproof.model.state import Entry, Head, Presented, State
from billproof.model.switches import HeadPublication
from billproof.model.verification import Finding, first_finding


def committed_entries(state: State) -> tuple[Entry, ...]:
    """Return the log of the leader."""
    ledger = site_of(state, state.leader).ledger
    return tuple(ledger.at(Position(index)) for index in range(ledger.length))


def presented_items(state: State) -> tuple[Presented, ...]:
    """Return what the reader is shown."""
    return tuple(state.presented.at(Position(index)) for index in range(state.presented.length))


def witnessed_heads(state: State) -> dict[CustomerId, Head]:
    """Return the heads that the reader knows from the published checkpoint; empty without one."""
    heads = state.checkpoint.heads
    if not state.checkpoint.published or not isinstance(heads, FrozenMap):
        return {}
    return dict(heads.items())


def reader_finding(state: State, context: Context) -> Finding | None:
    """Return what the reader finds wrong, with whatever checkpoint there is."""
    return first_finding(presented_items(state), witnessed_heads(state), context)


def claimed_heads(state: State, context: Context) -> dict[CustomerId, int]:
    """Return, per customer, up to which sequence number the design claims to detect a change.

    A design that publishes heads claims it up to the witnessed head. The documents publish none and claim it
    for the whole ledger (T3-D), so that is what they are judged by.
    """
    if context.design.head_publication == HeadPublication.WITNESSED_CHECKPOINT:
        return {customer: head.sequence for customer, head in witnessed_heads(state).items()}
    claimed: dict[CustomerId, int] = {}
    for entry in committed_entries(state):
        claimed[entry.customer] = max(claimed.get(entry.customer, 0), entry.sequence)
    return claimed


def agrees_with_the_log(state: State, claimed: dict[CustomerId, int]) -> bool:
    """Tell whether the presented chains equal the committed ones up to the claimed sequence numbers."""
    for customer, size in claimed.items():
        committed = [entry for entry in committed_entries(state) if entry.customer == customer]
        shown = [item.entry for item in presented_items(state) if item.entry.customer == customer]
        if shown[:size] != committed[:size]:
            return False
    return True


def presentation_money(state: State) -> Money:
    """State tampering: owed is what the committed ledger bills, billed is what is presented."""
    owed = sum(_billed(entry) for entry in committed_entries(state))
    billed = sum(_billed(item.entry) for item in presented_items(state))
    return Money(owed=Amount(owed), billed=Amount(billed if state.presenting else owed))


def _billed(entry: Entry) -> int:
    return invoice_effect(entry) if entry.status <= Status.ACCEPTED_WITH_WARNING else 0
