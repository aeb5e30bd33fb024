"""What an entry does: the one place where a ledger entry moves balance, usage, keys and heads.

A commit drafts an entry and applies it; a replica applies the same entry by the same function; replay adds
up the same effects. That balance and usage are folds of the ledger is therefore not a convention but a
theorem about this file.

Source: ``system.md`` section 4, step 3; rules R1.1, R1.5, R5.1, R6.1, R6.2 of ``claims.md``.
"""

from dataclasses import replace

from billproof.model.context import Context, Outcome
from billproof.model.design import Design
from billproof.model.effects import (
    balance_effect,
    dispute_effect,
    hold_effect,
    is_usage,
    return_effect,
)
from billproof.model.identifiers import (
    NO_DIGEST,
    NO_PERIOD,
    NO_SEQUENCE,
    Amount,
    Count,
    CustomerId,
    EntitlementId,
    Instant,
    Period,
    Position,
    Sequence,
)
from billproof.model.outcomes import AccountKind, EntryKind, Region, Status
from billproof.model.state import (
    NO_HEAD,
    Account,
    ChainName,
    Entry,
    Head,
    KeyName,
    KeyRecord,
    QuotaRow,
    Request,
    RowName,
    Site,
    Standing,
    State,
    Terms,
)
from billproof.model.switches import OrderBy, PeriodAccounting, PeriodOf

NO_ROW = QuotaRow(used=Amount(0), held=False, held_at_limit=Amount(0))
"""A quota row before its first use."""

NO_STANDING = Standing(returned=Amount(0), disputed=Amount(0), ended=False)
"""The standing of an entry that no later one names."""

RESET_JOB_PERIOD = Period(0)
"""The period under which a design with a reset job keeps its only row."""


def site_of(state: State, region: Region) -> Site:
    """Return the site of a region."""
    if region == Region.PRIMARY:
        return state.primary
    return state.standby


def other_region(region: Region) -> Region:
    """Return the region that is not ``region``.

    post: _ != region
    """
    if region == Region.PRIMARY:
        return Region.STANDBY
    return Region.PRIMARY


def with_site(state: State, region: Region, site: Site) -> State:
    """Return the state in which ``region`` holds ``site``."""
    if region == Region.PRIMARY:
        return replace(state, primary=site)
    return replace(state, standby=site)


def refuse(state: State, status: Status) -> Outcome:
    """Return the outcome that changes nothing."""
    return Outcome(state=state, status=status)


def head_of(site: Site, customer: CustomerId) -> Head:
    """Return the end of a customer's chain, ``NO_HEAD`` for an empty one."""
    return site.heads.get_or(customer, NO_HEAD)


def row_of(site: Site, name: RowName) -> QuotaRow:
    """Return a quota row, ``NO_ROW`` before its first use."""
    return site.rows.get_or(name, NO_ROW)


def standing_of(site: Site, name: ChainName) -> Standing:
    """Return what later entries have made of an entry, ``NO_STANDING`` without any."""
    return site.standings.get_or(name, NO_STANDING)


def returned_of(site: Site, name: ChainName) -> Amount:
    """Return how much of a debit has been returned, in units."""
    return standing_of(site, name).returned


def floor_of(terms: Terms) -> Amount:
    """Return the lowest balance that these terms permit, in units (rule R5.6).

    pre: terms.credit_limit >= 0
    post: _ <= 0
    post: _ == (-terms.credit_limit if terms.kind == AccountKind.CREDIT else 0)
    """
    if terms.kind == AccountKind.CREDIT:
        return Amount(-terms.credit_limit)
    return Amount(0)


def row_name(customer: CustomerId, entitlement: EntitlementId, period: Period, design: Design) -> RowName:
    """Return the quota row that counts an event of ``period``.

    post: (_.customer, _.entitlement) == (customer, entitlement)
    post: _.period == period or design.period_accounting == PeriodAccounting.RESET_JOB
    post: _.period == RESET_JOB_PERIOD or design.period_accounting != PeriodAccounting.RESET_JOB
    """
    if design.period_accounting == PeriodAccounting.RESET_JOB:
        return RowName(customer=customer, entitlement=entitlement, period=RESET_JOB_PERIOD)
    return RowName(customer=customer, entitlement=entitlement, period=period)


def billing_period(state: State, request: Request, design: Design) -> Period:
    """Return the period that an event belongs to."""
    if design.period_of == PeriodOf.PROCESSING_TIME:
        return state.period
    return request.period


def commit_time(state: State, head: Head, design: Design) -> Instant:
    """Return the commit time of an entry that follows ``head``: the clock, but never before that head's."""
    # Rule R6.2: a clock that went back must not take the order of the chain with it.
    if design.order_by == OrderBy.SEQUENCE and state.now < head.commit_time:
        return head.commit_time
    return state.now


def draft(
    state: State,
    head: Head,
    request: Request,
    context: Context,
    *,
    region: Region,
    account: Account,
    kind: EntryKind,
    status: Status,
) -> Entry:
    """Return the entry that a request comes to, linked to ``head``, with its digest.

    Args:
        state: The state before the commit.
        head: The chain head that the design reads, in the commit or before.
        request: The operation.
        context: Design and digest oracle.
        region: Where the commit happens.
        account: The account before the commit, with the terms to record.
        kind: The kind of entry.
        status: The outcome that it records.
    """
    body = Entry(
        customer=request.customer,
        sequence=Sequence(head.sequence + 1),
        epoch=site_of(state, region).epoch,
        previous=head.digest,
        digest=NO_DIGEST,
        kind=kind,
        status=status,
        key=request.key,
        fingerprint=request.fingerprint,
        amount=request.amount,
        currency=request.currency,
        entitlement=request.entitlement,
        usage=request.usage,
        price_plan=request.price_plan,
        event_time=request.event_time,
        commit_time=commit_time(state, head, context.design),
        period=billing_period(state, request, context.design),
        balance_before=account.balance,
        balance_after=account.balance,
        refers_to=request.refers_to,
        terms=account.terms,
        issuer=request.issuer,
        signing_key=request.signing_key,
    )
    moved = replace(body, balance_after=Amount(account.balance + balance_effect(body, request.customer)))
    return replace(moved, digest=context.digest(moved))


def apply_to_ledger(site: Site, entry: Entry) -> Site:
    """Append an entry and advance its customer's head."""
    return replace(
        site,
        ledger=site.ledger.append(entry),
        chain=site.chain.put(ChainName(customer=entry.customer, sequence=entry.sequence), site.ledger.length),
        heads=site.heads.put(
            entry.customer,
            Head(sequence=entry.sequence, digest=entry.digest, commit_time=entry.commit_time),
        ),
    )


def apply_to_state(site: Site, entry: Entry, position: Position, context: Context) -> Site:
    """Move account, usage, key record and standings by an entry that lies at ``position``."""
    moved = replace(
        site,
        accounts=site.accounts.put(entry.customer, _moved_account(site, entry)),
        keys=site.keys.put(
            KeyName(customer=entry.customer, key=entry.key),
            KeyRecord(
                fingerprint=entry.fingerprint, status=entry.status, position=position, digest=entry.digest
            ),
        ),
    )
    if is_usage(entry) or entry.status == Status.QUOTA_EXCEEDED:
        return _with_row(moved, entry, context.design)
    if entry.refers_to != NO_SEQUENCE:
        return _with_standing(moved, entry)
    return moved


def apply_entry(site: Site, entry: Entry, context: Context) -> Site:
    """Apply an entry whole: what a commit does, and what a replica does with the same entry."""
    return apply_to_ledger(apply_to_state(site, entry, site.ledger.length, context), entry)


def post(
    state: State,
    request: Request,
    context: Context,
    *,
    region: Region,
    account: Account,
    kind: EntryKind,
    status: Status,
) -> Outcome:
    """Commit one entry at a site in one transaction and return its outcome."""
    site = site_of(state, region)
    head = head_of(site, request.customer)
    entry = draft(state, head, request, context, region=region, account=account, kind=kind, status=status)
    return Outcome(
        state=with_site(state, region, apply_entry(site, entry, context)),
        status=status,
        position=site.ledger.length,
        receipt=entry.digest,
    )


def _moved_account(site: Site, entry: Entry) -> Account:
    effect = balance_effect(entry, entry.customer)
    account = Account(
        currency=entry.currency,
        balance=Amount(0),
        terms=entry.terms,
        first_period=entry.period,
        closed_through=NO_PERIOD,
        holds=Count(0),
    )
    if site.accounts.contains(entry.customer):
        account = site.accounts.get(entry.customer)
    first_period, closed_through = account.first_period, account.closed_through
    if entry.kind == EntryKind.PERIOD_OPEN:
        first_period = entry.period
    if entry.kind == EntryKind.PERIOD_CLOSE:
        closed_through = entry.period
    return Account(
        currency=account.currency,
        balance=Amount(account.balance + effect),
        terms=entry.terms,
        first_period=first_period,
        closed_through=closed_through,
        holds=Count(account.holds + hold_effect(entry, entry.customer)),
    )


def _with_row(site: Site, entry: Entry, design: Design) -> Site:
    name = row_name(entry.customer, entry.entitlement, entry.period, design)
    row = row_of(site, name)
    if is_usage(entry):
        row = replace(row, used=Amount(row.used + entry.amount))
    else:
        row = replace(row, held=True, held_at_limit=entry.terms.limit)
    return replace(site, rows=site.rows.put(name, row))


def _with_standing(site: Site, entry: Entry) -> Site:
    name = ChainName(customer=entry.customer, sequence=entry.refers_to)
    before = standing_of(site, name)
    ended = before.ended
    if entry.kind == EntryKind.RELEASE and entry.amount == 0:
        ended = True
    standing = Standing(
        returned=Amount(before.returned + return_effect(entry, name)),
        disputed=Amount(before.disputed + dispute_effect(entry, name)),
        ended=ended,
    )
    return replace(site, standings=site.standings.put(name, standing))
