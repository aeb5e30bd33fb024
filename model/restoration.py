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

from billproof.model.context import Context, Outcome
from billproof.model.identifiers import Epoch, Position
from billproof.model.outcomes import Status
from billproof.model.outside_commands import LeaveQuorum, RestoreBackup, TakeBackup
from billproof.model.posting import refuse, site_of, with_site
from billproof.model.state import Site, State
from billproof.model.switches import Restore


def take_backup(state: State, command: TakeBackup, context: Context) -> Outcome:
    """Copy what the leader holds on disk."""
    del command, context
    leader = site_of(state, state.leader)
    if state.backup.ledger.length == leader.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    copied = replace(leader, attempts=leader.attempts.emptied())
    return Outcome(state=replace(state, backup=copied), status=Status.DONE)


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
    backup = state.backup
    if backup.ledger.length == 0 or backup.ledger.length >= site.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    confirmed = site.confirmed
    if confirmed > backup.ledger.length:
        confirmed = backup.ledger.length
    restored = replace(backup, epoch=site.epoch, leading=site.leading, solo=site.solo, confirmed=confirmed)
    return Outcome(state=with_site(state, command.region, restored), status=Status.DONE)


def emptied_site(site: Site) -> Site:
    """Return a site without any content, in the role and epoch that it has."""
    return replace(
        site,
        accounts=site.accounts.emptied(),
        rows=site.rows.emptied(),
        keys=site.keys.emptied(),
        heads=site.heads.emptied(),
        chain=site.chain.emptied(),
        standings=site.standings.emptied(),
        ledger=site.ledger.first(Position(0)),
        attempts=site.attempts.emptied(),
        confirmed=Position(0),
    )
