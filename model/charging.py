"""One charge: look up, commit, second write, reply.

Theory of operation. Under the repaired design a charge is one commit: it checks key, hold, quota and
balance and writes everything, and nothing read before it counts. Under the documented design an instance
looks up first (``LookUp``), commits on what it read (``Charge``), and writes ledger and derived state in
two steps (``Complete``); a crash between any two of them leaves what it leaves.

Source: ``system.md`` section 4; schedules T1-S1, T1-S4, T2-S1, T2-S3, T5-S1, T6-S2; rules R1.1, R1.2, R1.6,
R2.1, R5.2, R5.6.
"""

from dataclasses import replace

from billproof.model.commands import Acknowledge, Charge, Complete, LookUp
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import NO_DIGEST, NO_POSITION, Amount, Digest, Instant, Position
from billproof.model.outcomes import AttemptPhase, EntryKind, Status
from billproof.model.posting import (
    apply_entry,
    apply_to_ledger,
    apply_to_state,
    billing_period,
    commit_time,
    draft,
    floor_of,
    head_of,
    refuse,
    row_name,
    row_of,
    site_of,
    with_site,
)
from billproof.model.screening import is_admitted, is_bound, key_name, stored_outcome
from billproof.model.state import (
    NO_ENTRY,
    Account,
    Acknowledgement,
    ChainName,
    Entry,
    KeyName,
    QuotaRow,
    Request,
    Site,
    Snapshot,
    State,
    Terms,
)
from billproof.model.switches import (
    AckPoint,
    AmountRule,
    BalanceRule,
    ChainHead,
    KeyCheck,
    Overflow,
    PeriodOf,
    QuotaCheck,
    QuotaLimit,
    Replication,
    WriteOrder,
)


def is_held(row: QuotaRow, terms: Terms) -> bool:
    """Tell whether a quota hold is active: one was placed, and the limit has not been raised since (R5.5).

    post: _ == (row.held and not terms.limit > row.held_at_limit)
    """
    return row.held and terms.limit <= row.held_at_limit


def judge_time(account: Account, request: Request, at: Instant, context: Context) -> Status:
    """Decide what the time of an event permits: a debit, a late adjustment, or nothing.

    pre: context.design.period_of == PeriodOf.EVENT_TIME_WHILE_OPEN
    post: (_ == Status.BAD_PERIOD) == (request.event_time - at > context.design.skew_micros)
    post: _ != Status.ACCEPTED or max(account.first_period, account.closed_through + 1) <= request.period
    post: _ != Status.ACCEPTED_LATE or account.first_period <= request.period <= account.closed_through
    post: _ != Status.ACCEPTED_LATE or at - request.event_time <= context.design.late_window_micros
    post: _ != Status.PERIOD_CLOSED or request.period < max(account.first_period, account.closed_through + 1)
    post: _ in (Status.ACCEPTED, Status.ACCEPTED_LATE, Status.PERIOD_CLOSED, Status.BAD_PERIOD)

    Args:
        account: Which months it bills, and which are closed.
        request: The event.
        at: The commit time.
        context: The design.

    Returns:
        ``ACCEPTED`` while the month of the event is open; ``ACCEPTED_LATE`` within the late window after it
        was closed; ``PERIOD_CLOSED`` later, and for months before the account's first; ``BAD_PERIOD`` for an
        event from further in the future than the skew allowance.
    """
    if context.design.period_of == PeriodOf.PROCESSING_TIME:
        return Status.ACCEPTED
    if request.event_time > at + context.design.skew_micros:
        return Status.BAD_PERIOD
    if request.period < account.first_period:
        return Status.PERIOD_CLOSED
    if request.period > account.closed_through:
        return Status.ACCEPTED
    if at - request.event_time > context.design.late_window_micros:
        return Status.PERIOD_CLOSED
    return Status.ACCEPTED_LATE


def judge_charge(account: Account, row: QuotaRow, used: Amount, amount: Amount, context: Context) -> Status:
    """Decide a charge from the account, its quota row and the usage that the design reads.

    pre: context.design.balance_rule == BalanceRule.PER_ACCOUNT_TYPE
    pre: context.design.quota_limit == QuotaLimit.TIER_TABLE
    post: (_ == Status.ACCOUNT_HELD) == (account.holds > 0 or is_held(row, account.terms))
    post: _ > Status.ACCEPTED_WITH_WARNING or amount == 0 or account.terms.limit - used >= amount
    post: _ != Status.ACCEPTED or amount == 0 or account.terms.quota - used >= amount
    post: _ >= Status.ACCOUNT_HELD or amount == 0 or account.balance - floor_of(account.terms) >= amount
    post: _ != Status.ACCEPTED_WITH_WARNING or account.terms.quota - used < amount
    post: _ != Status.QUOTA_EXCEEDED or account.terms.limit - used < amount
    post: _ != Status.INSUFFICIENT_BALANCE or account.balance - floor_of(account.terms) < amount
    post: account.holds > 0 or is_held(row, account.terms) or amount != 0 or _ == Status.ACCEPTED

    Args:
        account: Balance and terms.
        row: The quota row, for its hold.
        used: Usage of the period in units: from the commit, or from an earlier read.
        amount: The charge in units.
        context: The design.
    """
    if account.holds > 0 or is_held(row, account.terms):
        return Status.ACCOUNT_HELD
    if amount == 0:
        return Status.ACCEPTED
    if context.design.quota_limit == QuotaLimit.GLOBAL_1_1X:
        # One factor for everybody, also where the tier grants more, or less.
        if 10 * (used + amount) > 11 * account.terms.quota:
            return Status.QUOTA_EXCEEDED
    elif used + amount > account.terms.limit:
        return Status.QUOTA_EXCEEDED
    if context.design.balance_rule == BalanceRule.PER_ACCOUNT_TYPE:
        if account.balance - amount < floor_of(account.terms):
            return Status.INSUFFICIENT_BALANCE
    if used + amount > account.terms.quota:
        return Status.ACCEPTED_WITH_WARNING
    return Status.ACCEPTED


def is_durable(site: Site, position: Position, context: Context) -> bool:
    """Tell, from the site's own knowledge, whether an entry survives the loss of its region (R2.1).

    pre: context.design.replication != Replication.ASYNC
    post: _ == (site.solo or position + 1 <= site.confirmed)
    """
    if context.design.replication == Replication.ASYNC or site.solo:
        return True
    return position < site.confirmed


def look_up(state: State, command: LookUp, context: Context) -> Outcome:
    """Read key, usage and head outside the commit and keep them in an instance's memory."""
    site = site_of(state, command.region)
    request = command.request
    if not context.design.reads_before_commit or not site.leading:
        return refuse(state, Status.NOT_POSSIBLE)
    if not site.accounts.contains(request.customer) or site.attempts.contains(command.attempt):
        return refuse(state, Status.NOT_POSSIBLE)
    snapshot = Snapshot(
        request=request,
        phase=AttemptPhase.LOOKED_UP,
        known=site.keys.contains(key_name(request)),
        used=_row(state, site, request, context).used,
        head=head_of(site, request.customer),
        entry=NO_ENTRY,
    )
    kept = replace(site, attempts=site.attempts.put(command.attempt, snapshot))
    return Outcome(state=with_site(state, command.region, kept), status=Status.DONE)


def charge(state: State, command: Charge, context: Context) -> Outcome:
    """Commit a charge on what the design permits it to rely on."""
    site = site_of(state, command.region)
    request = command.request
    design = context.design
    if not site.leading:
        return refuse(state, Status.NOT_LEADER)
    if not site.accounts.contains(request.customer):
        return refuse(state, Status.UNKNOWN_CUSTOMER)
    account = site.accounts.get(request.customer)
    row = _row(state, site, request, context)
    known = site.keys.contains(key_name(request))
    used = row.used
    head = head_of(site, request.customer)
    if design.reads_before_commit:
        if not site.attempts.contains(command.attempt):
            return refuse(state, Status.NOT_POSSIBLE)
        snapshot = site.attempts.get(command.attempt)
        if snapshot.phase != AttemptPhase.LOOKED_UP or snapshot.request != request:
            return refuse(state, Status.NOT_POSSIBLE)
        if design.key_check == KeyCheck.LOOKUP_THEN_COMMIT:
            known = snapshot.known and known
        if design.quota_check == QuotaCheck.READ_THEN_WRITE:
            used = snapshot.used
        if design.chain_head == ChainHead.READ_THEN_WRITE:
            head = snapshot.head
    if known:
        return stored_outcome(state, site, request, context)
    if design.amount_rule == AmountRule.TYPED_NON_NEGATIVE_OWN_CURRENCY:
        if request.amount < 0:
            return refuse(state, Status.BAD_AMOUNT)
        if request.currency != account.currency:
            return refuse(state, Status.BAD_CURRENCY)
    timely = judge_time(account, request, commit_time(state, head, design), context)
    if timely == Status.BAD_PERIOD:
        return refuse(state, Status.BAD_PERIOD)
    if not is_admitted(site, context):
        if design.overflow == Overflow.DROP_OR_BUFFER:
            # The client hears that it is accepted; nothing that lasts has it (T2-S5).
            return _told(state, request, Status.ACCEPTED, NO_DIGEST)
        return refuse(state, Status.BACKLOG_FULL)
    status = judge_charge(account, row, used, request.amount, context)
    kind = EntryKind.DEBIT if status <= Status.ACCEPTED_WITH_WARNING else EntryKind.REFUSAL
    if timely == Status.PERIOD_CLOSED:
        status, kind = timely, EntryKind.REFUSAL
    if timely == Status.ACCEPTED_LATE and kind == EntryKind.DEBIT:
        status, kind = timely, EntryKind.ADJUSTMENT
    entry = draft(
        state, head, request, context, region=command.region, account=account, kind=kind, status=status
    )
    return Outcome(
        state=with_site(state, command.region, _write(site, command, entry, context)),
        status=status,
        position=site.ledger.length,
        receipt=entry.digest,
    )


def complete(state: State, command: Complete, context: Context) -> Outcome:
    """Make the second write of a half-written charge."""
    site = site_of(state, command.region)
    if not site.attempts.contains(command.attempt):
        return refuse(state, Status.NOT_POSSIBLE)
    snapshot = site.attempts.get(command.attempt)
    if snapshot.phase != AttemptPhase.HALF_WRITTEN:
        return refuse(state, Status.NOT_POSSIBLE)
    entry = snapshot.entry
    forgotten = replace(site, attempts=site.attempts.without(command.attempt))
    written = _second_write(forgotten, entry, context)
    return Outcome(state=with_site(state, command.region, written), status=Status.DONE, receipt=entry.digest)


def acknowledge(state: State, command: Acknowledge, context: Context) -> Outcome:
    """Give the client its definite reply, if the design lets this site give it now (R2.1, R2.2)."""
    site = site_of(state, command.region)
    request = command.request
    name = key_name(request)
    if site.keys.contains(name):
        record = site.keys.get(name)
        if not is_bound(record, request, context) or not is_durable(site, record.position, context):
            return refuse(state, Status.NOT_POSSIBLE)
        return _told(state, request, record.status, record.digest)
    if context.design.ack_point == AckPoint.QUORUM_COMMIT or not site.attempts.contains(command.attempt):
        return refuse(state, Status.NOT_POSSIBLE)
    if site.attempts.get(command.attempt).request != request:
        return refuse(state, Status.NOT_POSSIBLE)
    return _told(state, request, Status.ACCEPTED, NO_DIGEST)


def _row(state: State, site: Site, request: Request, context: Context) -> QuotaRow:
    period = billing_period(state, request, context.design)
    return row_of(site, row_name(request.customer, request.entitlement, period, context.design))


def _write(site: Site, command: Charge, entry: Entry, context: Context) -> Site:
    if context.design.write_order == WriteOrder.ONE_COMMIT_WITH_OUTBOX:
        return apply_entry(replace(site, attempts=site.attempts.without(command.attempt)), entry, context)
    half = replace(site.attempts.get(command.attempt), phase=AttemptPhase.HALF_WRITTEN, entry=entry)
    kept = replace(site, attempts=site.attempts.put(command.attempt, half))
    if context.design.write_order == WriteOrder.LEDGER_FIRST:
        return apply_to_ledger(kept, entry)
    return apply_to_state(kept, entry, NO_POSITION, context)


def _second_write(site: Site, entry: Entry, context: Context) -> Site:
    name = ChainName(customer=entry.customer, sequence=entry.sequence)
    if context.design.write_order == WriteOrder.LEDGER_FIRST:
        if not site.chain.contains(name):
            # The ledger document was rolled back in the meantime; the state is written all the same.
            return apply_to_state(site, entry, NO_POSITION, context)
        return apply_to_state(site, entry, site.chain.get(name), context)
    written = apply_to_ledger(site, entry)
    name_of_key = KeyName(customer=entry.customer, key=entry.key)
    if not site.keys.contains(name_of_key):
        return written
    record = replace(site.keys.get(name_of_key), position=site.ledger.length)
    return replace(written, keys=site.keys.put(name_of_key, record))


def _told(state: State, request: Request, status: Status, digest: Digest) -> Outcome:
    reply = Acknowledgement(
        status=status, digest=digest, fingerprint=request.fingerprint, amount=request.amount
    )
    return Outcome(
        state=replace(state, acknowledged=state.acknowledged.put(key_name(request), reply)), status=status
    )
