"""Backups, restores, and leaving the quorum.

Theory of operation. A region that has lost its storage, or whose storage nobody trusts, leaves the quorum by
a committed event: the leader goes on alone in a new epoch. It is then restored to nothing and returns like
any other region: it replays the leader's log, which contains the witnessed head, before it may take part.

Choices. Under ``replace`` a restore puts the backup in the place of the log, at the leader too, as the
documents do: what was committed after the backup is gone, and the published head names entries that no
longer exist (T2-S7, T3-S7). A backup of a log that only grows is known by its length.

Source: rules R2.5, R2.6, R4.2; schedules T2-S7, T3-S6, T3-S7.
"""

from dataclasses import replace

from billproof.model.containers import Log
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import Epoch, Position
from billproof.model.outcomes import Status
from billproof.model.outside_commands import LeaveQuorum, RestoreBackup, TakeBackup
from billproof.model.posting import apply_entry, refuse, site_of, with_site
from billproof.model.state import Entry, Site, State
from billproof.model.switches import Restore


def take_backup(state: State, command: TakeBackup, context: Context) -> Outcome:
    """Copy the leader's log as far as it goes."""
    del command, context
    length = site_of(state, state.leader).ledger.length
    if state.exhibits.backup == length:
        return refuse(state, Status.NOT_POSSIBLE)
    return Outcome(state=replace(state, exhibits=replace(state.exhibits, backup=length)), status=Status.DONE)


def leave_quorum(state: State, command: LeaveQuorum, context: Context) -> Outcome:
    """Let the leader go on alone in a new epoch; the other region stays behind in the old one."""
    del command, context
    if not state.joined:
        return refuse(state, Status.NOT_POSSIBLE)
    epoch = Epoch(state.epoch + 1)
    leader = replace(site_of(state, state.leader), epoch=epoch, solo=True)
    return Outcome(
        state=replace(with_site(state, state.leader, leader), epoch=epoch, joined=False), status=Status.DONE
    )


def restore_backup(state: State, command: RestoreBackup, context: Context) -> Outcome:
    """Restore a region: empty, to replay the log, or to what the backup holds."""
    site = site_of(state, command.region)
    if context.design.restore == Restore.REPLAY_TO_WITNESSED_HEAD:
        if state.joined or command.region == state.leader:
            # The log of a quorum is never put back; a region that lost it leaves the quorum first.
            return refuse(state, Status.NOT_POSSIBLE)
        empty = replace(emptied_site(site), leading=False, solo=False)
        return Outcome(state=with_site(state, command.region, empty), status=Status.DONE)
    kept = state.exhibits.backup
    if kept == 0 or kept >= site.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    rebuilt = replayed_site(emptied_site(site), site.ledger, kept, context)
    confirmed = site.confirmed
    if confirmed > kept:
        confirmed = kept
    return Outcome(
        state=with_site(state, command.region, replace(rebuilt, confirmed=confirmed)), status=Status.DONE
    )


def emptied_site(site: Site) -> Site:
    """Return a site without any content, in the role and epoch that it has."""
    return replace(
        site,
        accounts=site.accounts.emptied(),
        rows=site.rows.emptied(),
        keys=site.keys.emptied(),
        heads=site.heads.emptied(),
        chain=site.chain.emptied(),
        returned=site.returned.emptied(),
        ledger=site.ledger.first(Position(0)),
        attempts=site.attempts.emptied(),
        confirmed=Position(0),
    )


def replayed_site(empty: Site, ledger: Log[Entry], count: Position, context: Context) -> Site:
    """Return the site that the first ``count`` entries of a log come to."""
    if count == 0:
        return empty
    before = replayed_site(empty, ledger, Position(count - 1), context)
    return apply_entry(before, ledger.at(Position(count - 1)), context)
