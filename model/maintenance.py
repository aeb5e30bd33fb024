"""What time and jobs do: the clock, the purge of keys, the monthly reset, reconciliation.

Source: schedules T1-S3, T1-S4, T2-S3, T5-S2; rules R1.3, R1.5, R2.4, R5.1.
"""

from dataclasses import replace

from billproof.model.commands import AdvanceTime, PurgeKey, Reconcile, ResetUsage
from billproof.model.context import Context, Outcome
from billproof.model.effects import balance_effect
from billproof.model.identifiers import NO_POSITION, Count, Position, Sequence
from billproof.model.outcomes import Status
from billproof.model.posting import NO_ROW, refuse, site_of, with_site
from billproof.model.state import ChainName, Head, Site, State
from billproof.model.switches import HoldRule, KeyRetention, PeriodAccounting, RepairDirection


def advance_time(state: State, command: AdvanceTime, context: Context) -> Outcome:
    """Set clock and calendar month; a clock may be arbitrarily wrong (C2)."""
    del context
    return Outcome(state=replace(state, now=command.now, period=command.period), status=Status.DONE)


def purge_key(state: State, command: PurgeKey, context: Context) -> Outcome:
    """Delete a key record whose entry is older than the retention."""
    site = site_of(state, command.region)
    if context.design.key_retention == KeyRetention.FOREVER or not site.keys.contains(command.name):
        return refuse(state, Status.NOT_POSSIBLE)
    position = site.keys.get(command.name).position
    if position == NO_POSITION or position >= site.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    if state.now - site.ledger.at(position).commit_time < context.design.key_retention_micros:
        return refuse(state, Status.NOT_POSSIBLE)
    purged = replace(site, keys=site.keys.without(command.name))
    return Outcome(state=with_site(state, command.region, purged), status=Status.DONE)


def reset_usage(state: State, command: ResetUsage, context: Context) -> Outcome:
    """Zero a quota row and clear its hold, as the monthly job does."""
    site = site_of(state, command.region)
    if context.design.hold_rule == HoldRule.STATUS_FLAG_CLEARED_BY_JOB:
        return _reset_status(state, command, context)
    if context.design.period_accounting == PeriodAccounting.ROW_PER_PERIOD:
        return refuse(state, Status.NOT_POSSIBLE)
    if not site.rows.contains(command.name):
        return refuse(state, Status.NOT_POSSIBLE)
    cleared = replace(site, rows=site.rows.put(command.name, NO_ROW))
    return Outcome(state=with_site(state, command.region, cleared), status=Status.DONE)


def reconcile(state: State, command: Reconcile, context: Context) -> Outcome:
    """Compare a balance with the replay of the ledger and repair the difference."""
    site = site_of(state, command.region)
    if not site.accounts.contains(command.customer):
        return refuse(state, Status.NOT_POSSIBLE)
    account = site.accounts.get(command.customer)
    replayed = site.ledger.total(balance_effect, command.customer)
    if account.balance == replayed:
        return refuse(state, Status.DONE)
    if command.roll_back:
        if context.design.repair_direction == RepairDirection.LOG_TO_PROJECTION:
            return refuse(state, Status.NOT_POSSIBLE)
        return _roll_back(state, site, command)
    repaired = replace(account, balance=replayed)
    return Outcome(
        state=with_site(
            state,
            command.region,
            replace(site, accounts=site.accounts.put(command.customer, repaired)),
        ),
        status=Status.DONE,
    )


def _reset_status(state: State, command: ResetUsage, context: Context) -> Outcome:
    """Set a customer to active, whatever has stopped it, and clear the row where there is only one."""
    site = site_of(state, command.region)
    customer = command.name.customer
    if not site.accounts.contains(customer):
        return refuse(state, Status.NOT_POSSIBLE)
    active = replace(site.accounts.get(customer), holds=Count(0))
    cleared = replace(site, accounts=site.accounts.put(customer, active))
    if context.design.period_accounting == PeriodAccounting.RESET_JOB:
        if site.rows.contains(command.name):
            cleared = replace(cleared, rows=cleared.rows.put(command.name, NO_ROW))
    return Outcome(state=with_site(state, command.region, cleared), status=Status.DONE)


def _roll_back(state: State, site: Site, command: Reconcile) -> Outcome:
    if site.ledger.length == 0:
        return refuse(state, Status.NOT_POSSIBLE)
    last = site.ledger.at(Position(site.ledger.length - 1))
    if last.customer != command.customer:
        return refuse(state, Status.NOT_POSSIBLE)
    shortened = replace(
        site,
        ledger=site.ledger.first(Position(site.ledger.length - 1)),
        chain=site.chain.without(ChainName(customer=last.customer, sequence=last.sequence)),
        heads=site.heads.put(
            last.customer,
            Head(sequence=Sequence(last.sequence - 1), digest=last.previous, commit_time=last.commit_time),
        ),
    )
    return Outcome(state=with_site(state, command.region, shortened), status=Status.DONE)
