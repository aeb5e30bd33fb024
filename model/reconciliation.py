"""Documents, readers and reconciliation: projections of the log, and what may be said of their balances.

Theory of operation. The ledger documents are fed from the outbox, one durable entry after another, in log
order; ``projected`` says how far they are. Reconciliation compares the balance that a document shows with
the replay of the log up to that index, raises an alarm where they differ, and repairs the document by a
correction, never the log (R2.4). A region answers a reader with the balance that its own log comes to, and
says up to which index and of what time.

Choices. By the wall clock (``reconcile_cut``) the document is held against the balance of this moment: every
entry on its way is then a false alarm, and its repair is applied twice (T4-S4). The as-of time of an answer
is the commit time of the last entry applied: the age that follows from it is never too small. A reader asks
under the arbiter's epoch, so a region that has left the quorum refuses by its own older epoch.

Source: rules R4.2, R4.3, R2.4; known-bugs rule R19; schedules T4-S4, T4-S6.
"""

from dataclasses import replace

from billproof.model.charging import is_durable
from billproof.model.context import Context, Outcome
from billproof.model.effects import balance_effect
from billproof.model.exhibits import Answer, Exhibits
from billproof.model.identifiers import Amount, CustomerId, Instant, Position
from billproof.model.outcomes import Status
from billproof.model.outside_commands import CompareDocument, CorruptDocument, Project, ReadBalance
from billproof.model.posting import refuse, site_of
from billproof.model.state import State
from billproof.model.switches import ReconcileCut, ReplicaReads


def shown_balance(exhibits: Exhibits, customer: CustomerId) -> Amount:
    """Return the balance that a customer's document shows, in units; 0 where there is none."""
    if exhibits.documents.contains(customer):
        return exhibits.documents.get(customer)
    return Amount(0)


def replayed_balance(state: State, customer: CustomerId) -> Amount:
    """Return what the leader's log comes to up to the index of the documents, in units.

    A leader that was promoted without the whole log may have less than the documents were made from; then
    there is nothing to hold them against but all that it has.
    """
    ledger = site_of(state, state.leader).ledger
    if state.exhibits.projected > ledger.length:
        return ledger.total(balance_effect, customer)
    return ledger.first(state.exhibits.projected).total(balance_effect, customer)


def project(state: State, command: Project, context: Context) -> Outcome:
    """Apply the next entry to the document of its customer, once it is durable."""
    del command
    site = site_of(state, state.leader)
    position = state.exhibits.projected
    if position >= site.ledger.length or not is_durable(site, position, context):
        return refuse(state, Status.NOT_POSSIBLE)
    entry = site.ledger.at(position)
    moved = Amount(shown_balance(state.exhibits, entry.customer) + balance_effect(entry, entry.customer))
    return _exhibited(
        state,
        replace(
            state.exhibits,
            projected=Position(position + 1),
            documents=state.exhibits.documents.put(entry.customer, moved),
        ),
    )


def corrupt_document(state: State, command: CorruptDocument, context: Context) -> Outcome:
    """Move what a document shows, by a fault."""
    del context
    if not state.exhibits.documents.contains(command.customer):
        return refuse(state, Status.NOT_POSSIBLE)
    moved = Amount(shown_balance(state.exhibits, command.customer) + command.amount)
    return _exhibited(
        state,
        replace(state.exhibits, documents=state.exhibits.documents.put(command.customer, moved)),
    )


def compare_document(state: State, command: CompareDocument, context: Context) -> Outcome:
    """Compare a document with the ledger at one cut, raise or clear the alarm, and repair the document."""
    customer = command.customer
    owed = owed_balance(state, customer, context)
    if shown_balance(state.exhibits, customer) == owed:
        if not state.exhibits.alarms.contains(customer):
            return refuse(state, Status.DONE)
        return _exhibited(state, replace(state.exhibits, alarms=state.exhibits.alarms.without(customer)))
    return _exhibited(
        state,
        replace(
            state.exhibits,
            documents=state.exhibits.documents.put(customer, owed),
            alarms=state.exhibits.alarms.put(customer, state.exhibits.projected),
        ),
    )


def owed_balance(state: State, customer: CustomerId, context: Context) -> Amount:
    """Return the balance that a document is held against, by the cut that the design takes."""
    if context.design.reconcile_cut == ReconcileCut.SEQUENCE_INDEX:
        return replayed_balance(state, customer)
    site = site_of(state, state.leader)
    if site.accounts.contains(customer):
        return site.accounts.get(customer).balance
    return Amount(0)


def read_balance(state: State, command: ReadBalance, context: Context) -> Outcome:
    """Answer with the balance of a region's own log and, if the design says so, of which index and age."""
    site = site_of(state, command.region)
    if not site.accounts.contains(command.customer):
        return refuse(state, Status.UNKNOWN_CUSTOMER)
    is_labelled = context.design.replica_reads == ReplicaReads.INDEX_AND_AGE
    if is_labelled and site.epoch < state.epoch:
        return refuse(state, Status.NOT_LEADER)
    answer = Answer(
        is_given=True,
        is_labelled=is_labelled,
        region=command.region,
        customer=command.customer,
        balance=site.accounts.get(command.customer).balance,
        index=site.ledger.length,
        as_of=_as_of(state, command),
    )
    return _exhibited(state, replace(state.exhibits, answer=answer))


def _as_of(state: State, command: ReadBalance) -> Instant:
    ledger = site_of(state, command.region).ledger
    if ledger.length == 0:
        return Instant(0)
    return ledger.at(Position(ledger.length - 1)).commit_time


def _exhibited(state: State, exhibits: Exhibits) -> Outcome:
    return Outcome(state=replace(state, exhibits=exhibits), status=Status.DONE)
